"""A partnership ends once nothing of it is open; then every week of it is settled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from entrepot.infra.ids import new_id
from entrepot.infra.writing import Sent, Written
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal
from entrepot.kernel.weeks import WEEK, week_label, week_of
from entrepot.notices import list_notices
from entrepot.partnerships import begin_ending
from entrepot.settlement import (
    EndedPartnership,
    EndingChecklist,
    SettlementFilter,
    close_weeks,
    dispute_settlement,
    end_partnership,
    ending_checklist,
    list_settlements,
)
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.people import code_of
from tests.factories.transfers import AMSTERDAM, Moved, Trade, monday


@pytest.fixture
async def ending(trade: Trade) -> Trade:
    """A partnership that somebody began to end."""
    await begin_ending(trade.pool, new_id, trade.buyer, trade.id)
    return trade


async def end(
    trade: Trade, caller: Caller | None = None, sent: Sent | None = None
) -> Written[EndedPartnership] | Refusal:
    return await end_partnership(trade.pool, new_id, caller or trade.seller, trade.id, sent)


async def checklist(trade: Trade, caller: Caller | None = None) -> EndingChecklist:
    found = await ending_checklist(trade.pool, caller or trade.seller, trade.id)
    assert isinstance(found, EndingChecklist), found
    return found


async def weeks(trade: Trade) -> list[str]:
    found = await list_settlements(trade.pool, trade.buyer, Page(100), SettlementFilter())
    assert isinstance(found, list), found
    return [each.week for each in found]


async def order_behind(trade: Trade, moved: Moved, held: int, shipped: int = 0) -> None:
    """The order that a transfer was for, of which so much is still held."""
    async with trade.pool.acquire() as connection:
        await connection.execute(
            "INSERT INTO orders (organisation, id, reference, kind, status, fulfilment_status,"
            " payment_status, policy, priority, queue_place, placed_at, next_hold_no)"
            " VALUES ($1, $2, $3, 'own', 'complete', 'unfulfilled', 'paid', 'ship_complete', 0,"
            " '', now(), 1)",
            moved.organisation,
            moved.order,
            moved.order,
        )
        await connection.execute(
            "INSERT INTO order_lines (organisation, order_id, line_no, owner, variant, quantity,"
            " held, shipped) VALUES ($1, $2, 1, $3, $4, $5, $6, $7)",
            moved.organisation,
            moved.order,
            trade.retailer,
            moved.pair.variant,
            held + shipped,
            held,
            shipped,
        )


async def allocation(trade: Trade, remaining: int, valid_until: datetime | None = None) -> Id:
    ident = new_id()
    async with trade.pool.acquire() as connection:
        await connection.execute(
            "INSERT INTO allocations (owner, id, retailer, variant, location, quantity, remaining,"
            " valid_until, made_at, partnership)"
            " VALUES ($1, $2, $3, $4, $4, 9, $5, $6, now() - interval '1 day', $7)",
            trade.wholesaler,
            ident,
            trade.retailer,
            new_id(),
            remaining,
            valid_until,
            trade.id,
        )
    return ident


async def test_every_week_is_settled_the_current_one_too(ending: Trade) -> None:
    mug = await ending.pair()
    now = datetime.now(UTC)
    this_week = week_of(now, AMSTERDAM)
    await ending.move(mug, 2, "2026-W12")
    await ending.move(mug, 3, now)
    before = await checklist(ending)
    assert (before.open_week_has_movement, before.may_end) == (True, True)
    done = await end(ending)
    assert isinstance(done, Written), done
    assert done.answer == EndedPartnership(f"pts_{ending.id}", "ended", week_label(this_week))
    assert await weeks(ending) == [week_label(this_week), "2026-W12"]
    async with ending.pool.acquire() as connection:
        row = await connection.fetchrow(
            "SELECT state, ended_at IS NOT NULL, closed_through, written_through FROM partnerships"
        )
        right = await connection.fetchval("SELECT state FROM trading_rights")
        match = await connection.fetchrow("SELECT ended_at, end_reason FROM product_matches")
    assert row is not None
    assert tuple(row) == ("ended", True, this_week, this_week)
    assert right == "ended"
    assert match is not None
    assert match["ended_at"] is not None
    assert match["end_reason"] == "partnership_ended"
    notices = await list_notices(ending.pool, ending.buyer, Page())
    assert isinstance(notices, list)
    assert [each.kind for each in notices if each.kind.endswith("ended")] == ["partnerships.ended"]


async def test_again_it_stays_as_it_is(ending: Trade) -> None:
    sent = Sent("key", b"content")
    first = await end(ending, sent=sent)
    again = await end(ending, sent=sent)
    assert isinstance(first, Written)
    assert again == Written(first.answer, replayed=True)
    assert await end(ending, ending.buyer) == first
    acts = [act for act, _, _ in await acts_of(ending.pool, ending.wholesaler)]
    assert acts.count("partnerships.partnership_ended") == 1


async def test_ending_must_have_begun(trade: Trade) -> None:
    assert code_of(await end(trade)) == "settlement.not_ending"
    assert not (await checklist(trade)).may_end


async def test_what_is_open_is_named_all_at_once(ending: Trade) -> None:
    now = datetime.now(UTC)
    kept = await allocation(ending, 4)
    await allocation(ending, 0)
    await allocation(ending, 5, now - timedelta(hours=1))
    moved = await ending.move(await ending.pair(), 3, now)
    await order_behind(ending, moved, held=2, shipped=1)
    answer = await end(ending)
    assert isinstance(answer, Refusal)
    assert [(fault.code, fault.field) for fault in answer.faults] == [
        ("settlement.checklist_open", "open_allocations"),
        ("settlement.checklist_open", "reversible_lines"),
    ]
    found = await checklist(ending, ending.buyer)
    assert (found.open_allocations, found.allocated_units) == (1, "4")
    assert (found.reversible_lines, found.reversible_units) == (1, "2")
    assert not found.may_end
    assert await weeks(ending) == []
    async with ending.pool.acquire() as connection:
        assert await connection.fetchval("SELECT state FROM partnerships") == "ending"
        await connection.execute("DELETE FROM allocations WHERE id = $1", kept)
        await connection.execute("UPDATE order_lines SET held = 0, shipped = 3")
    assert isinstance(await end(ending), Written)


async def test_only_what_would_go_back_is_in_the_way(ending: Trade) -> None:
    """Reversals of the open week and of later: as the two agreed."""
    mug = await ending.pair()
    now = datetime.now(UTC)
    recent = await ending.move(mug, 3, now)
    older = await ending.move(mug, 4, now - 2 * WEEK)
    gone = await ending.move(mug, 5, now)
    await ending.reverse(gone, now)
    for each in (recent, older, gone):
        await order_behind(ending, each, held=3)

    async def units(open_week: str, later: str) -> str:
        await ending.set(on_cancel_open_week=open_week, on_cancel_later=later)
        return (await checklist(ending)).reversible_units

    assert await units("reverse", "keep") == "3"
    assert await units("keep", "reverse") == "3"
    assert await units("reverse", "reverse") == "6"
    assert await units("keep", "keep") == "0"
    assert isinstance(await end(ending), Written)


async def test_documents_that_are_disputed_or_unanswered_are_not_in_the_way(
    ending: Trade,
) -> None:
    mug = await ending.pair()
    for week in ("2026-W12", "2026-W13"):
        await ending.move(mug, 1, week)
    await close_weeks(ending.pool, new_id, ending.seller, ending.id, monday("2026-W12"))
    await end(ending)
    found = await list_settlements(ending.pool, ending.buyer, Page(), SettlementFilter())
    assert isinstance(found, list), found
    disputed = await dispute_settlement(
        ending.pool, new_id, ending.buyer, found[0].inner_id, "It was three."
    )
    assert isinstance(disputed, Written), "documents of an ended partnership are still answered"
    seen = await checklist(ending, ending.buyer)
    assert (seen.disputed, seen.unanswered, seen.state) == (1, 1, "ended")
    assert (await checklist(ending)).unanswered == 2


async def test_a_foreign_partnership_is_answered_as_an_absent_one(
    ending: Trade, network: Network
) -> None:
    stranger = caller_for(await network.organisation())
    for each in (ending.id, new_id(), ""):
        answer = await end_partnership(ending.pool, new_id, stranger, each)
        assert code_of(answer) == "partnerships.unknown_partnership"
        found = await ending_checklist(ending.pool, stranger, each)
        assert code_of(found) == "partnerships.unknown_partnership"
    reader = caller_for(ending.retailer, Scope.SETTLEMENT_READ)
    assert code_of(await end(ending, reader)) == "identity.scope_missing"
    assert (await checklist(ending)).partnership == ids.PARTNERSHIP + ending.id
