"""From a line to the transfers behind it: all of them, each side as much as it may know."""

from __future__ import annotations

import pytest

from entrepot.infra.ids import new_id
from entrepot.kernel.caller import Caller
from entrepot.kernel.paging import Page
from entrepot.settlement import (
    SettledTransfer,
    SettlementFilter,
    close_weeks,
    find_open_settlement,
    list_line_transfers,
    list_lines,
    list_open_transfers,
    list_settlements,
    write_settlements,
)
from tests.factories.callers import caller_for
from tests.factories.network import Network
from tests.factories.people import code_of
from tests.factories.transfers import Pair, Trade, monday, within


async def settle(trade: Trade, through: str) -> str:
    """Close and write weeks; the newest document's id."""
    await close_weeks(trade.pool, new_id, trade.seller, trade.id, monday(through))
    await write_settlements(trade.pool, new_id, trade.seller, trade.id)
    found = await list_settlements(trade.pool, trade.buyer, Page(1), SettlementFilter())
    assert isinstance(found, list), found
    return str(found[0].inner_id)


async def behind(trade: Trade, caller: Caller, document: str, line: int) -> list[SettledTransfer]:
    """All transfers behind a line, two at a time."""
    found: list[SettledTransfer] = []
    page = Page(2)
    while True:
        rows = await list_line_transfers(trade.pool, caller, document, line, page)
        assert isinstance(rows, list), rows
        found += rows[:2]
        if len(rows) < 3:
            return found
        page = Page(2, (rows[1].inner_id,))


async def order_of(trade: Trade, ident: str, organisation: str, reference: str) -> None:
    async with trade.pool.acquire() as connection:
        await connection.execute(
            "INSERT INTO orders (organisation, id, reference, kind, status, fulfilment_status,"
            " payment_status, policy, priority, queue_place, placed_at, next_hold_no)"
            " VALUES ($1, $2, $3, 'own', 'complete', 'unfulfilled', 'paid', 'ship_complete', 0,"
            " '', now(), 1)",
            organisation,
            ident,
            reference,
        )


async def test_each_transfer_is_behind_one_line(trade: Trade) -> None:
    """Invariant 3, over lines of one product at two prices and of two matched variants."""
    mug = await trade.pair(2)
    twin = mug._replace(variant=(await trade.pair(2)).variant)
    for number in range(5):
        await trade.move(mug, 1 + number, "2026-W12", price="2")
        await trade.move(mug, 1, "2026-W12", price="3")
        await trade.move(twin, 7, "2026-W12", price=None)
    await trade.reverse(trade.moved[0], "2026-W12")
    document = await settle(trade, "2026-W12")
    for caller, factor in ((trade.seller, 2), (trade.buyer, 1)):
        lines = await list_lines(trade.pool, caller, document, Page())
        assert isinstance(lines, list)
        seen: list[str] = []
        for line in lines:
            assert line.line is not None
            transfers = await behind(trade, caller, document, line.line)
            assert len(transfers) == line.transfers
            net = sum(int(each.quantity) * (-1 if each.reverses else 1) for each in transfers)
            assert str(net) == line.net
            assert {each.unit_price for each in transfers} == {line.unit_price}
            seen += [each.id for each in transfers]
        assert sorted(seen) == sorted(f"trf_{each.id}" for each in trade.moved)
        assert sum(int(line.transferred) for line in lines) == factor * (15 + 5 + 35)


async def test_a_reversal_names_its_transfer_and_the_week_of_it(trade: Trade) -> None:
    mug = await trade.pair()
    first = await trade.move(mug, 5, "2026-W12")
    await settle(trade, "2026-W12")
    trade.closed_through = monday("2026-W12")
    await trade.reverse(first, within("2026-W12", hours=150), 2)
    document = await settle(trade, "2026-W13")
    (reversal,) = await behind(trade, trade.seller, document, 1)
    assert (reversal.reverses, reversal.reverses_week) == (f"trf_{first.id}", "2026-W12")
    assert reversal.quantity == "2"


async def test_the_wholesaler_sees_no_order(trade: Trade) -> None:
    """E36: time, quantity, price and a mark; the retailer sees its own order."""
    mug, order = await trade.pair(), new_id()
    await order_of(trade, order, trade.retailer, "R-1001")
    await trade.move(mug, 1, "2026-W12", order=order)
    await trade.move(mug, 2, "2026-W12", order=order)
    await trade.move(mug, 3, "2026-W12")
    document = await settle(trade, "2026-W12")
    theirs = await behind(trade, trade.seller, document, 1)
    own = await behind(trade, trade.buyer, document, 1)
    for each in theirs:
        assert (each.order, each.reference, each.line) == (None, None, None)
        assert order not in repr(each)
    assert [each.order_mark for each in theirs] == [each.order_mark for each in own]
    first, second, third = (each.order_mark for each in own)
    assert first == second != third
    assert (own[0].order, own[0].reference, own[0].line) == (f"ord_{order}", "R-1001", 1)


async def test_an_order_of_somebody_else_is_not_shown_to_the_retailer(
    trade: Trade, network: Network
) -> None:
    """A marketplace's order on a seller, which draws on the seller's partner."""
    operator, order = await network.organisation(), new_id()
    await order_of(trade, order, operator, "M-1")
    await trade.move(await trade.pair(), 1, "2026-W12", order=order, organisation=operator)
    document = await settle(trade, "2026-W12")
    (seen,) = await behind(trade, trade.buyer, document, 1)
    assert (seen.order, seen.reference, seen.line) == (None, None, None)


async def test_the_open_week_is_drilled_by_product(trade: Trade) -> None:
    mug, bowl = await trade.pair(3), await trade.pair()
    await trade.move(mug, 2, "2026-W12")
    await trade.move(bowl, 9, "2026-W12")
    await trade.move(mug, 1, "2026-W12", price="7")
    await trade.move(mug, 1, "2026-W13")

    async def quantities(caller: Caller, variant: str, week: str = "2026-W12") -> list[str]:
        rows = await list_open_transfers(trade.pool, caller, trade.id, week, variant, Page())
        assert isinstance(rows, list), rows
        return [each.quantity for each in rows]

    assert await quantities(trade.buyer, mug.variant) == ["2", "1"]
    assert await quantities(trade.seller, mug.wholesaler_variant) == ["6", "3"]
    assert await quantities(trade.seller, mug.wholesaler_variant, "2026-W13") == ["3"]
    for foreign in (mug.wholesaler_variant, new_id(), ""):
        assert await quantities(trade.buyer, foreign) == []
    assert await quantities(trade.seller, mug.variant) == []


@pytest.mark.parametrize(
    ("week", "code"),
    [
        ("2026-W11", "settlement.week_closed"),
        ("2026-W54", "settlement.week_not_valid"),
        ("9999-W52", "settlement.week_not_valid"),
        ("last week", "settlement.week_not_valid"),
    ],
)
async def test_a_week_that_is_not_open_is_refused(trade: Trade, week: str, code: str) -> None:
    mug: Pair = await trade.pair()
    answer = await find_open_settlement(trade.pool, trade.buyer, trade.id, week)
    assert code_of(answer) == code
    rows = await list_open_transfers(trade.pool, trade.buyer, trade.id, week, mug.variant, Page())
    assert code_of(rows) == code


async def test_foreign_documents_are_answered_as_absent_ones(
    trade: Trade, network: Network
) -> None:
    mug = await trade.pair()
    await trade.move(mug, 1, "2026-W12")
    document = await settle(trade, "2026-W12")
    stranger = caller_for(await network.organisation())
    for each in (document, new_id(), ""):
        answer = await list_line_transfers(trade.pool, stranger, each, 1, Page())
        assert code_of(answer) == "settlement.unknown_settlement"
        assert code_of(await list_lines(trade.pool, stranger, each, Page())) == code_of(answer)
    for line in (0, 2):
        answer = await list_line_transfers(trade.pool, trade.buyer, document, line, Page())
        assert code_of(answer) == "settlement.unknown_line"
    for partnership in (trade.id, new_id(), ""):
        found = await find_open_settlement(trade.pool, stranger, partnership)
        assert code_of(found) == "partnerships.unknown_partnership"
