"""Allocating: units kept for one partner, never more than there are, told once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.counter import Counter, body_of, order_of
from tests.factories.network import Network, pass_limit
from tests.factories.sharing import Sharing, open_sharing


@pytest.fixture
async def shared(network: Network, counter: Counter) -> Sharing:
    return await open_sharing(network, counter)


def codes(answer: object) -> list[str]:
    assert isinstance(answer, Refusal), answer
    return [fault.code for fault in answer.faults]


async def test_units_leave_what_is_available(shared: Sharing) -> None:
    made = await shared.allocated(4, note="spring")
    assert (made.quantity, made.used, made.remaining, made.status) == ("4", "0", "4", "open")
    assert (made.note, made.match_failure) == ("spring", None)
    assert await shared.position() == (10, 0, 4, 2)
    assert await shared.ledger() == [("receive", "0"), ("allocate", "4")]
    own = await shared.counter.act(
        shared.wholesaler, order_of((shared.goods, 7), policy="refuse_short")
    )
    assert codes(own) == ["stock.insufficient_available"]


async def test_the_act_stands_in_the_audit_under_the_id_of_its_ledger_row(shared: Sharing) -> None:
    made = await shared.allocated(4)
    acts = await acts_of(shared.pool, shared.wholesaler)
    assert acts[-1][:2] == ("stock.allocated", made.id)
    assert acts[-1][2]["quantity"] == "4"
    rows = await shared.counter.rows(
        "SELECT a.act, o.variants FROM ledger AS l"
        " INNER JOIN audit AS a ON l.act = a.id INNER JOIN outbox AS o ON a.id = o.id"
        " WHERE l.kind = 'allocate'"
    )
    assert list(rows) == [("stock.allocated", [shared.goods])]


async def test_one_may_stand_beside_another(shared: Sharing) -> None:
    first, second = await shared.allocated(4), await shared.allocated("5.5")
    assert first.id != second.id
    assert await shared.position() == (10, 0, Decimal("9.5"), 3)


async def test_above_what_is_available_it_is_refused_with_the_figures(shared: Sharing) -> None:
    await shared.allocated(4)
    await shared.counter.place(shared.wholesaler, order_of((shared.goods, 3)))
    refused = await shared.allocate(4)
    assert codes(refused) == ["stock.allocation_above_available"]
    assert isinstance(refused, Refusal)
    facts = refused.faults[0].facts
    assert (facts["quantity"], facts["available"]) == ("4", "3")
    assert (facts["on_hand"], facts["held"], facts["allocated"]) == ("10", "3", "4")
    assert await shared.position() == (10, 3, 4, 3)


async def test_everything_that_is_wrong_is_named_at_once(shared: Sharing) -> None:
    refused = await shared.allocate(
        -1,
        partnership=new_id(),
        variant=new_id(),
        note="\n",
        valid_until=datetime(2020, 1, 1, tzinfo=UTC),
    )
    assert codes(refused) == [
        "partnerships.unknown_partnership",
        "catalogue.unknown_variant",
        "stock.quantity_not_valid",
        "stock.validity_not_valid",
        "stock.note_not_valid",
    ]
    assert await shared.position() == (10, 0, 0, 1)


@pytest.mark.parametrize("quantity", ["0", "0.0001", "NaN", "Infinity", "1000000000000"])
async def test_a_quantity_that_is_none_is_refused(shared: Sharing, quantity: str) -> None:
    assert codes(await shared.allocate(quantity)) == ["stock.quantity_not_valid"]


async def test_whole_units_are_not_cut(shared: Sharing) -> None:
    await shared.set("UPDATE variants SET whole_units = true WHERE id = $1", shared.goods)
    assert codes(await shared.allocate("1.5")) == ["stock.quantity_not_valid"]
    assert (await shared.allocated(2)).quantity == "2"


async def test_goods_that_cannot_be_sold_or_need_no_keeping(shared: Sharing) -> None:
    endless = await shared.network.variant(shared.wholesaler, unlimited=True)
    asleep = await shared.network.variant(shared.wholesaler, state="deactivated")
    assert codes(await shared.allocate(1, variant=endless)) == ["stock.unlimited_not_allocated"]
    assert codes(await shared.allocate(1, variant=asleep)) == ["stock.variant_not_active"]


async def test_a_location_that_ships_nothing_is_refused(shared: Sharing) -> None:
    quarantine = await shared.network.location(shared.wholesaler, "q", ships_orders=False)
    foreign = await shared.network.location(shared.retailer, "f")
    assert codes(await shared.allocate(1, location=quarantine)) == ["stock.location_ships_nothing"]
    for location in (foreign, new_id()):
        refused = await shared.allocate(1, location=location)
        assert codes(refused) == ["catalogue.unknown_location"]


async def test_at_a_location_only_what_is_there_counts(shared: Sharing) -> None:
    second = await shared.network.location(shared.wholesaler, "second", rank=1)
    assert codes(await shared.allocate(1, location=second)) == ["stock.allocation_above_available"]
    await shared.counter.receive(shared.wholesaler, shared.goods, 2, second)
    made = await shared.allocated(2, location=second)
    assert made.location.endswith(second)


@pytest.mark.parametrize("state", ["ending", "ended"])
async def test_a_partnership_that_ends_takes_no_more(shared: Sharing, state: str) -> None:
    await shared.network.set_partnership_state(shared.partnership, state)
    assert codes(await shared.allocate(1)) == ["partnerships.partnership_ending"]


async def test_a_paused_partnership_still_takes_allocations(shared: Sharing) -> None:
    await shared.network.set_partnership_state(shared.partnership, "paused")
    assert (await shared.allocated(1)).status == "open"


async def test_foreign_is_as_absent(shared: Sharing) -> None:
    """The retailer, a stranger and a wholesaler naming another's variant learn the same nothing."""
    stranger = caller_for(await shared.network.organisation("stranger"))
    foreign = await shared.allocate(1, caller=stranger, variant=shared.goods)
    absent = await shared.allocate(1, caller=stranger, partnership=new_id(), variant=new_id())
    assert codes(foreign) == codes(absent)
    assert codes(foreign) == ["partnerships.unknown_partnership", "catalogue.unknown_variant"]
    assert codes(await shared.allocate(1, caller=shared.buyer, variant=shared.variant)) == [
        "partnerships.unknown_partnership"
    ]
    assert codes(await shared.allocate(1, variant=shared.variant)) == ["catalogue.unknown_variant"]


async def test_the_scope_is_needed(shared: Sharing) -> None:
    caller = caller_for(shared.wholesaler, Scope.STOCK_WRITE, Scope.PARTNERSHIPS_READ)
    assert codes(await shared.allocate(1, caller=caller)) == ["identity.scope_missing"]


async def test_sent_twice_it_happens_once(shared: Sharing) -> None:
    sent = Sent("k", b"c")
    first, again = await asyncio.gather(
        shared.allocate(4, sent=sent), shared.allocate(4, sent=sent)
    )
    assert isinstance(first, Written)
    assert isinstance(again, Written)
    assert first.answer == again.answer
    assert {first.replayed, again.replayed} == {False, True}
    assert await shared.position() == (10, 0, 4, 2)
    assert codes(await shared.allocate(5, sent=Sent("k", b"d"))) == ["request.key_reused"]


async def test_a_refused_one_may_be_sent_again_under_its_key(shared: Sharing) -> None:
    sent = Sent("k", b"c")
    assert codes(await shared.allocate(11, sent=sent)) == ["stock.allocation_above_available"]
    await shared.counter.receive(shared.wholesaler, shared.goods, 1)
    assert isinstance(await shared.allocate(11, sent=sent), Written)


async def test_two_at_once_never_take_the_last_units_twice(shared: Sharing) -> None:
    answers = await asyncio.gather(*[shared.allocate(4) for _ in range(6)])
    made = [each for each in answers if isinstance(each, Written)]
    refused = [each for each in answers if isinstance(each, Refusal)]
    assert (len(made), len(refused)) == (2, 4)
    assert {code for each in refused for code in codes(each)} == {
        "stock.allocation_above_available"
    }
    assert await shared.position() == (10, 0, 8, 3)


async def test_against_racing_orders_nothing_is_promised_twice(shared: Sharing) -> None:
    """R1: orders and allocations fight for ten units; what is promised never exceeds them."""
    place = order_of
    fights = [shared.allocate(3) for _ in range(4)]
    orders = [shared.counter.act(shared.wholesaler, place((shared.goods, 2))) for _ in range(4)]
    answers = await asyncio.gather(*fights, *orders)
    figures = [Decimal(str(each)) for each in await shared.position()]
    on_hand, held, allocated, version = figures
    accepted = sum(not isinstance(each, Refusal) for each in answers)
    assert on_hand == 10
    assert held + allocated <= 10
    assert held + allocated > 7, "what is left is less than the smallest that was refused"
    assert version == 1 + accepted


async def test_holds_past_their_limit_do_not_count(shared: Sharing) -> None:
    placed = body_of(await shared.counter.act(shared.wholesaler, order_of((shared.goods, 8))))
    assert codes(await shared.allocate(5)) == ["stock.allocation_above_available"]
    async with shared.pool.acquire() as connection:
        await pass_limit(connection, placed["id"].removeprefix("ord_"))
    assert (await shared.allocated(5)).status == "open"
    assert await shared.position() == (10, 0, 5, 4)


async def test_allocations_past_their_validity_do_not_count(shared: Sharing) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    old = await shared.allocated(8, valid_until=soon)
    assert codes(await shared.allocate(5)) == ["stock.allocation_above_available"]
    await shared.pass_validity(old)
    await shared.allocated(5)
    assert await shared.position() == (10, 0, 5, 4)
    rows = await shared.counter.rows(
        "SELECT state, close_reason, quantity FROM allocations WHERE id = $1", old.inner_id
    )
    assert list(rows) == [("closed", "expired", 0)]


async def test_a_partner_without_the_product_is_told_and_so_is_the_wholesaler(
    network: Network, counter: Counter
) -> None:
    shared = await open_sharing(network, counter, is_matched=False)
    made = await shared.allocated(4)
    assert made.match_failure == "none"
    assert await shared.position() == (10, 0, 4, 2), "the allocation stands"
    told = await counter.rows(
        "SELECT organisation, kind, subject, facts->>'reason', facts->>'partner' FROM notices"
        " ORDER BY organisation"
    )
    assert set(told) == {
        (shared.wholesaler, "partnerships.match_failed", made.id, "none", "retailer"),
        (shared.retailer, "partnerships.match_failed", made.id, "none", "wholesaler"),
    }


async def test_the_partners_product_is_matched_by_its_gtin(
    network: Network, counter: Counter, pool: Pool
) -> None:
    shared = await open_sharing(network, counter, is_matched=False)
    for variant, gtin in ((shared.goods, "4006381333931"), (shared.variant, "04006381333931")):
        await shared.set("UPDATE variants SET gtin = $2 WHERE id = $1", variant, gtin)
    made = await shared.allocated(4)
    assert made.match_failure is None
    matched = await counter.rows(
        "SELECT variant, wholesaler_variant, matched_by FROM product_matches"
    )
    assert list(matched) == [(shared.variant, shared.goods, "allocation")]
    acts = [act for act, _, _ in await acts_of(pool, shared.wholesaler)]
    assert acts[-2:] == ["stock.allocated", "partnerships.match_made"]
    assert not await counter.rows("SELECT 1 FROM notices")


async def test_whoever_waits_is_looked_at_again(shared: Sharing) -> None:
    await shared.allocated(4)
    rows = await shared.counter.rows("SELECT recheck_after FROM positions")
    assert list(rows) == [("",)]
