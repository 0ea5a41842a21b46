"""Changing an allocation: up to what is available, down to what was used, for how long."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from entrepot.infra.ids import new_id
from entrepot.infra.writing import Sent, Written
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal
from entrepot.stock import Allocation, AllocationChanges, change_allocation
from tests.factories.callers import acts_of, caller_for
from tests.factories.counter import Counter, order_of
from tests.factories.network import Network
from tests.factories.sharing import Sharing, open_sharing

LATER = datetime(2040, 1, 1, tzinfo=UTC)


@pytest.fixture
async def shared(network: Network, counter: Counter) -> Sharing:
    return await open_sharing(network, counter)


def codes(answer: object) -> list[str]:
    assert isinstance(answer, Refusal), answer
    return [fault.code for fault in answer.faults]


async def change(
    shared: Sharing, allocation: Allocation, sent: Sent | None = None, **changes: object
) -> Written[Allocation] | Refusal:
    wanted = AllocationChanges(**changes)  # type: ignore[arg-type] # each by its name
    return await change_allocation(
        shared.pool, new_id, shared.seller, allocation.inner_id, wanted, sent
    )


async def changed(shared: Sharing, allocation: Allocation, **changes: object) -> Allocation:
    answer = await change(shared, allocation, None, **changes)
    assert isinstance(answer, Written), answer
    return answer.answer


async def test_larger_and_smaller(shared: Sharing) -> None:
    made = await shared.allocated(4)
    assert (await changed(shared, made, quantity=Decimal(7))).remaining == "7"
    assert (await changed(shared, made, quantity=Decimal(2))).remaining == "2"
    assert await shared.position() == (10, 0, 2, 4)
    assert await shared.ledger() == [
        ("receive", "0"),
        ("allocate", "4"),
        ("allocate", "3"),
        ("deallocate", "-5"),
    ]
    acts = [act for act, _, _ in await acts_of(shared.pool, shared.wholesaler)]
    assert acts[-2:] == ["stock.allocation_changed", "stock.allocation_changed"]


async def test_no_larger_than_what_is_available(shared: Sharing) -> None:
    made = await shared.allocated(4)
    await shared.counter.place(shared.wholesaler, order_of((shared.goods, 3)))
    refused = await change(shared, made, quantity=Decimal("7.001"))
    assert codes(refused) == ["stock.allocation_above_available"]
    assert (await changed(shared, made, quantity=Decimal(7))).quantity == "7"


async def test_no_smaller_than_what_was_used(shared: Sharing) -> None:
    made = await shared.allocated(4)
    bought = await shared.counter.place(
        shared.retailer, order_of((shared.variant, 3), paid=True, policy="ship_complete")
    )
    assert bought["status"] == "complete"
    refused = await change(shared, made, quantity=Decimal(2))
    assert codes(refused) == ["stock.allocation_below_used"]
    assert isinstance(refused, Refusal)
    assert refused.faults[0].facts == {"quantity": "2", "used": "3"}
    least = await changed(shared, made, quantity=Decimal(3))
    assert (least.used, least.remaining, least.status) == ("3", "0", "exhausted")
    again = await changed(shared, made, quantity=Decimal(5))
    assert (again.used, again.remaining, again.status) == ("3", "2", "open")


async def test_validity_and_note_change_no_figures(shared: Sharing) -> None:
    made = await shared.allocated(4)
    after = await changed(shared, made, valid_until=LATER, note="spring")
    assert (after.valid_until, after.note) == (LATER, "spring")
    assert (await changed(shared, made, valid_until=None)).valid_until is None
    assert await shared.position() == (10, 0, 4, 2)


async def test_what_is_the_same_already_is_no_act(shared: Sharing) -> None:
    made = await shared.allocated(4)
    before = await acts_of(shared.pool, shared.wholesaler)
    assert (await changed(shared, made, quantity=Decimal("4.0"), note="")).quantity == "4"
    assert await acts_of(shared.pool, shared.wholesaler) == before


async def test_everything_that_is_wrong_is_named_at_once(shared: Sharing) -> None:
    made = await shared.allocated(4)
    refused = await change(
        shared, made, quantity=Decimal(-1), valid_until=LATER - timedelta(days=9000), note="x" * 501
    )
    assert codes(refused) == [
        "stock.quantity_not_valid",
        "stock.validity_not_valid",
        "stock.note_not_valid",
    ]


async def test_one_that_has_ended_stays_ended(shared: Sharing) -> None:
    made = await shared.allocated(4, valid_until=LATER)
    await shared.pass_validity(made)
    refused = await change(shared, made, valid_until=LATER)
    assert codes(refused) == ["stock.allocation_ended"]


async def test_in_a_partnership_that_ends_it_only_shrinks(shared: Sharing) -> None:
    made = await shared.allocated(4)
    await shared.network.set_partnership_state(shared.partnership, "ending")
    assert codes(await change(shared, made, quantity=Decimal(5))) == [
        "partnerships.partnership_ending"
    ]
    assert (await changed(shared, made, quantity=Decimal(3))).quantity == "3"


async def test_of_goods_that_are_not_active_it_only_shrinks(shared: Sharing) -> None:
    made = await shared.allocated(4)
    await shared.set("UPDATE variants SET state = 'deactivated' WHERE id = $1", shared.goods)
    assert codes(await change(shared, made, quantity=Decimal(5))) == ["stock.variant_not_active"]
    assert (await changed(shared, made, quantity=Decimal(3))).quantity == "3"


async def test_foreign_is_as_absent(shared: Sharing) -> None:
    made = await shared.allocated(4)
    stranger = caller_for(await shared.network.organisation("stranger"))
    wanted = AllocationChanges(quantity=Decimal(1))
    for caller in (stranger, shared.buyer):
        foreign = await change_allocation(shared.pool, new_id, caller, made.inner_id, wanted)
        assert codes(foreign) == ["stock.unknown_allocation"]
    absent = await change_allocation(shared.pool, new_id, shared.seller, new_id(), wanted)
    assert codes(absent) == ["stock.unknown_allocation"]
    assert await shared.position() == (10, 0, 4, 2)


async def test_the_scope_is_needed(shared: Sharing) -> None:
    made = await shared.allocated(4)
    caller = caller_for(shared.wholesaler, Scope.PARTNERSHIPS_READ)
    refused = await change_allocation(
        shared.pool, new_id, caller, made.inner_id, AllocationChanges(note="x")
    )
    assert codes(refused) == ["identity.scope_missing"]


async def test_sent_twice_it_happens_once(shared: Sharing) -> None:
    made = await shared.allocated(4)
    sent = Sent("k", b"c")
    first = await change(shared, made, sent, quantity=Decimal(6))
    again = await change(shared, made, sent, quantity=Decimal(6))
    assert isinstance(first, Written)
    assert again == Written(first.answer, replayed=True)
    assert await shared.position() == (10, 0, 6, 3)


async def test_at_once_they_never_exceed_what_there_is(shared: Sharing) -> None:
    made = [await shared.allocated(2) for _ in range(3)]
    answers = await asyncio.gather(
        *[change(shared, each, quantity=Decimal(4)) for each in made],
        shared.counter.act(shared.wholesaler, order_of((shared.goods, 2))),
    )
    on_hand, held, allocated, _ = [Decimal(str(each)) for each in await shared.position()]
    assert on_hand == held + allocated == 10
    assert sum(isinstance(each, Refusal) for each in answers) == 2
