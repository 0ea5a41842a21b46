"""Closed weeks become documents: one a week, two faces, what moved and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from fractions import Fraction

import pytest

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Written
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.paging import Page
from entrepot.notices import list_notices
from entrepot.settlement import (
    OpenSettlement,
    Settlement,
    SettlementFilter,
    SettlementLine,
    close_weeks,
    find_open_settlement,
    list_lines,
    list_settlements,
    write_settlements,
)
from tests.factories.callers import acts_of, caller_for
from tests.factories.documents import lines_of, open_lines_of, shown, totals_of, totals_shown
from tests.factories.network import Network
from tests.factories.people import code_of
from tests.factories.transfers import Trade, monday, open_trade, within


async def settle(trade: Trade, through: str) -> list[Settlement]:
    """Close weeks and write them, as the wholesaler."""
    closed = await close_weeks(trade.pool, new_id, trade.seller, trade.id, monday(through))
    assert isinstance(closed, Written), closed
    trade.closed_through = monday(through)
    written = await write_settlements(trade.pool, new_id, trade.seller, trade.id)
    assert isinstance(written, list), written
    return written


async def documents(trade: Trade, caller: Caller) -> list[Settlement]:
    found = await list_settlements(trade.pool, caller, Page(100), SettlementFilter())
    assert isinstance(found, list), found
    return found


async def lines(trade: Trade, caller: Caller, document: Settlement) -> Sequence[SettlementLine]:
    found = await list_lines(trade.pool, caller, document.inner_id, Page(1000))
    assert isinstance(found, list), found
    return found


async def opened(trade: Trade, caller: Caller, week: str | None = None) -> OpenSettlement:
    found = await find_open_settlement(trade.pool, caller, trade.id, week)
    assert isinstance(found, OpenSettlement), found
    return found


async def agree(trade: Trade) -> None:
    """Every document, closed or open, says what the transfers of its week do, to both sides."""
    weeks = {each.week for each in trade.moved}
    for caller, face in ((trade.seller, "order"), (trade.buyer, "inbound")):
        by_week = {each.monday: each for each in await documents(trade, caller)}
        assert set(by_week) == {week for week in weeks if week <= trade.closed_through}
        for week in weeks:
            expected = lines_of([each for each in trade.moved if each.week == week], face)
            if week in by_week:
                document: Settlement | OpenSettlement = by_week[week]
                assert isinstance(document, Settlement)
                found = await lines(trade, caller, document)
                assert [each.line for each in found] == list(range(1, document.lines + 1))
            else:
                label = f"{week.isocalendar().year}-W{week.isocalendar().week:02d}"
                document = await opened(trade, caller, label)
                found = await open_lines_of(trade.pool, caller, trade.id, label)
                assert document.lines == len(found)
            assert document.face == face
            assert sorted(map(repr, map(shown, found))) == sorted(map(repr, expected))
            assert totals_shown(document) == totals_of(expected)
            assert document.unpriced_lines == sum(each.amount is None for each in expected)


async def test_both_faces_in_their_own_units(trade: Trade) -> None:
    crate = await trade.pair(6, "CRATE")
    await trade.move(crate, 2, "2026-W12", price="1.25", vat="9")
    (document,) = await settle(trade, "2026-W12")
    order = (await lines(trade, trade.seller, document))[0]
    inbound = (await lines(trade, trade.buyer, document))[0]
    assert (order.transferred, order.unit_price, order.amount) == ("12", "1.25", "15")
    assert (inbound.transferred, inbound.unit_price, inbound.amount) == ("2", "7.5", "15")
    assert (order.variant, order.partner_sku) == (f"var_{crate.wholesaler_variant}", None)
    assert (inbound.variant, inbound.partner_sku) == (f"var_{crate.variant}", order.sku)
    assert (document.face, document.net_minor, document.vat_minor) == ("order", 1500, 135)
    assert document.gross_minor == 1635
    (mirror,) = await documents(trade, trade.buyer)
    assert (mirror.id, mirror.face, mirror.partner) == (
        document.id,
        "inbound",
        f"org_{trade.wholesaler}",
    )
    assert (mirror.net_minor, mirror.vat_minor) == (1500, 135)
    await agree(trade)


async def test_a_week_without_movement_makes_none_and_one_that_nets_to_zero_does(
    trade: Trade,
) -> None:
    mug = await trade.pair()
    first = await trade.move(mug, 3, "2026-W13")
    await trade.reverse(first, within("2026-W13", hours=80))
    written = await settle(trade, "2026-W15")
    assert [each.week for each in written] == ["2026-W13"]
    (line,) = await lines(trade, trade.buyer, written[0])
    assert (line.transferred, line.reversed, line.net, line.amount) == ("3", "3", "0", "0")
    assert (written[0].net_minor, written[0].gross_minor) == (0, 0)
    async with trade.pool.acquire() as connection:
        through = await connection.fetchval("SELECT written_through FROM partnerships")
    assert through == monday("2026-W15")
    await agree(trade)


async def test_prices_that_change_mid_week_make_two_lines(trade: Trade) -> None:
    """E34."""
    mug, bowl = await trade.pair(sku="A"), await trade.pair(sku="B")
    await trade.move(mug, 1, "2026-W12", price="2")
    await trade.move(bowl, 1, "2026-W12", price="9")
    await trade.move(mug, 4, "2026-W12", price="2.5")
    await trade.move(mug, 2, "2026-W12", price="2")
    (document,) = await settle(trade, "2026-W12")
    found = await lines(trade, trade.seller, document)
    assert [(each.sku[0], each.unit_price, each.net) for each in found] == [
        ("A", "2", "3"),
        ("A", "2.5", "4"),
        ("B", "9", "1"),
    ]
    await agree(trade)


async def test_a_line_without_a_price_is_flagged_and_leaves_no_total(
    trade: Trade, pool: Pool
) -> None:
    """E35."""
    mug, bowl = await trade.pair(), await trade.pair()
    await trade.move(mug, 1, "2026-W12", price=None)
    await trade.move(bowl, 1, "2026-W12", price="10", vat="21")
    await trade.move(bowl, 1, "2026-W13", price="10", vat=None)
    unpriced, unrated = await settle(trade, "2026-W13")
    assert (unpriced.unpriced_lines, unpriced.net_minor, unpriced.gross_minor) == (1, None, None)
    assert [(each.vat_rate, each.net_minor) for each in unpriced.totals] == [("21", 1000)]
    assert (unrated.net_minor, unrated.vat_minor, unrated.gross_minor) == (1000, None, None)
    notices = await list_notices(pool, trade.seller, Page())
    assert isinstance(notices, list), notices
    (notice,) = notices
    assert (notice.kind, notice.subject) == ("settlement.price_missing", unpriced.id)
    assert await list_notices(pool, trade.buyer, Page()) == []
    await agree(trade)


async def test_rounding_is_once_a_rate_and_half_goes_away_from_zero(trade: Trade) -> None:
    """Three lines of half a cent are one and a half cent, and its reversal mirrors it."""
    first = [
        await trade.move(await trade.pair(), 1, "2026-W12", price="0.005", vat="21")
        for _ in range(3)
    ]
    for each in first:
        await trade.reverse(each, "2026-W13")
    there, back = await settle(trade, "2026-W13")
    assert (there.net_minor, there.vat_minor) == (2, 0)
    assert (back.net_minor, back.vat_minor) == (-2, 0)
    await agree(trade)


@pytest.mark.parametrize(
    ("currency", "digits", "net"), [("JPY", 0, 25), ("KWD", 3, 24900), ("EUR", 2, 2490)]
)
async def test_totals_are_in_the_minor_unit_of_the_currency(
    network: Network, currency: str, digits: int, net: int
) -> None:
    trade = await open_trade(network, currency=currency)
    await trade.move(await trade.pair(), 1, "2026-W12", price="24.9")
    (document,) = await settle(trade, "2026-W12")
    assert (document.minor_digits, document.net_minor) == (digits, net)
    assert await trade.broken() == []


async def test_what_is_more_than_can_be_written_has_no_total(trade: Trade) -> None:
    mug = await trade.pair(1_000_000)
    await trade.move(mug, "900000000000.999", "2026-W12", price="99999999999.9999")
    (document,) = await settle(trade, "2026-W12")
    assert (document.net_minor, document.gross_minor, document.unpriced_lines) == (None, None, 0)
    (line,) = await lines(trade, trade.buyer, document)
    exact = Fraction("900000000000.999") * Fraction("99999999999.9999") * 1_000_000
    assert line.amount is not None
    assert Fraction(line.amount) == exact, "and its amount is exact, of whatever length"


async def test_a_cancellation_in_the_open_week_nets_in_the_same_document(trade: Trade) -> None:
    """E5."""
    mug = await trade.pair()
    first = await trade.move(mug, 5, within("2026-W12", hours=1))
    await trade.reverse(first, within("2026-W12", hours=100), 2)
    (document,) = await settle(trade, "2026-W12")
    (line,) = await lines(trade, trade.seller, document)
    assert (line.transferred, line.reversed, line.net, line.transfers) == ("5", "2", "3", 2)
    await agree(trade)


async def test_a_reversal_after_closing_comes_into_the_next_document(trade: Trade) -> None:
    """E6, and invariant 4: the closed document stays as it is."""
    mug = await trade.pair()
    first = await trade.move(mug, 5, "2026-W12", price="3")
    (before,) = await settle(trade, "2026-W12")
    told = await lines(trade, trade.seller, before)
    late = await trade.reverse(first, within("2026-W12", hours=160))
    assert late.week == monday("2026-W13"), "the clock went back; the closed week stays closed"
    await trade.move(mug, 1, "2026-W13", price="4")
    (correction,) = await settle(trade, "2026-W13")
    assert await lines(trade, trade.seller, before) == told
    credit, sold = await lines(trade, trade.seller, correction)
    assert (credit.transferred, credit.reversed, credit.amount) == ("0", "5", "-15")
    assert (sold.net, correction.net_minor) == ("1", -1100)
    await agree(trade)


async def test_late_closing_leaves_newer_weeks_open(trade: Trade) -> None:
    mug = await trade.pair()
    for week in ("2026-W12", "2026-W14", "2026-W13"):
        await trade.move(mug, 2, week)
    written = await settle(trade, "2026-W12")
    assert [each.week for each in written] == ["2026-W12"]
    await agree(trade)
    open_week = await opened(trade, trade.buyer)
    assert (open_week.week, open_week.state) == ("2026-W13", "open")
    await trade.move(mug, 1, "2026-W14")
    assert [each.week for each in await settle(trade, "2026-W14")] == ["2026-W13", "2026-W14"]
    assert await settle_again(trade) == []
    await agree(trade)


async def settle_again(trade: Trade) -> list[Settlement]:
    written = await write_settlements(trade.pool, new_id, trade.buyer, trade.id)
    assert isinstance(written, list)
    return written


async def test_weeks_of_the_year_with_53(network: Network) -> None:
    trade = await open_trade(network, "2020-W51")
    mug = await trade.pair()
    for week in ("2020-W53", "2021-W01"):
        await trade.move(mug, 1, week)
    assert [each.week for each in await settle(trade, "2021-W01")] == ["2020-W53", "2021-W01"]
    document = (await documents(trade, trade.buyer))[1]
    assert document.begins_at.isoformat() == "2020-12-27T23:00:00+00:00"
    await agree(trade)
    assert await trade.broken() == []


async def test_the_document_keeps_the_names_of_its_week(trade: Trade) -> None:
    mug = await trade.pair()
    await trade.move(mug, 1, "2026-W12")
    (document,) = await settle(trade, "2026-W12")
    before = await lines(trade, trade.buyer, document)
    async with trade.pool.acquire() as connection:
        await connection.execute("UPDATE variants SET sku = sku || '-new', name = 'New'")
    assert await lines(trade, trade.buyer, document) == before


async def test_two_at_once_write_once(trade: Trade) -> None:
    mug, bowl = await trade.pair(), await trade.pair(4)
    for week in ("2026-W12", "2026-W13", "2026-W14"):
        await trade.move(mug, 2, week)
        await trade.move(bowl, 3, week, price=None)
    await close_weeks(trade.pool, new_id, trade.seller, trade.id, monday("2026-W14"))
    trade.closed_through = monday("2026-W14")
    answers = await asyncio.gather(*[settle_again(trade) for _ in range(6)])
    assert sorted(each.week for answer in answers for each in answer) == [
        "2026-W12",
        "2026-W13",
        "2026-W14",
    ]
    acts = await acts_of(trade.pool, trade.wholesaler)
    assert [act for act, _, _ in acts].count("settlement.closed") == 3
    assert [act for act, _, _ in await acts_of(trade.pool, trade.retailer)] == [
        "settlement.closed"
    ] * 3
    await agree(trade)


async def test_both_sides_are_told_of_their_own_face(trade: Trade) -> None:
    await trade.move(await trade.pair(2), 1, "2026-W12")
    (document,) = await settle(trade, "2026-W12")
    for organisation, face in ((trade.wholesaler, "order"), (trade.retailer, "inbound")):
        acts = await acts_of(trade.pool, organisation)
        told = [answer for act, subject, answer in acts if subject == document.id]
        assert [(each["face"], each["lines"]) for each in told] == [(face, 1)]


async def test_a_foreign_partnership_is_unknown(trade: Trade, network: Network) -> None:
    stranger = caller_for(await network.organisation())
    for each in (trade.id, new_id(), ""):
        answer = await write_settlements(trade.pool, new_id, stranger, each)
        assert code_of(answer) == "partnerships.unknown_partnership"
    reader = caller_for(trade.wholesaler, Scope.SETTLEMENT_READ)
    answer = await write_settlements(trade.pool, new_id, reader, trade.id)
    assert code_of(answer) == "identity.scope_missing"
