"""Random trade between partners, settled by two processes: each document is what moved, always.

The judge is a model of its own (`tests/factories/documents.py`), which adds the transfers up one by
one as fractions. The names of the tests are those of the invariants of documents, 1 to 5, in the
fulfilment reference, section 11.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest

from entrepot.infra.ids import new_id
from entrepot.infra.writing import Written
from entrepot.kernel.caller import Caller
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal
from entrepot.kernel.weeks import WEEK, week_begins, week_label
from entrepot.settlement import (
    OpenSettlement,
    Settlement,
    SettlementFilter,
    SettlementLine,
    close_weeks,
    find_open_settlement,
    list_line_transfers,
    list_lines,
    list_settlements,
    write_settlements,
)
from tests.factories.documents import lines_of, open_lines_of, shown, totals_of, totals_shown
from tests.factories.network import Network
from tests.factories.transfers import Moved, Pair, Trade, monday, open_trade

pytestmark = pytest.mark.damages_database("transfers without their stock")

SEEDS = (1, 2, 3)
SEEDS_FULL = range(40)
STEPS = 60
PRICES = (None, Decimal("0.0050"), Decimal("2.5"), Decimal("19.9999"), Decimal(0))
RATES = (None, Decimal(0), Decimal(9), Decimal(21))


class World:
    """A partnership in which anything that may happen does, week after week."""

    def __init__(self, dice: Random, trade: Trade) -> None:
        self.dice = dice
        self.trade = trade
        self.pairs: list[Pair] = []
        self.now = week_begins(monday("2026-W12"), trade.zone)
        self.kept: dict[tuple[str, date], tuple[object, ...]] = {}

    async def live(self, steps: int) -> None:
        """Trade, reverse, let time pass and settle, in any order."""
        self.pairs = [await self.trade.pair(factor) for factor in (1, 1, 6)]
        # The same goods under two variants of the retailer's, and in another unit.
        self.pairs.append(self.pairs[0]._replace(variant=(await self.trade.pair()).variant))
        for _ in range(steps):
            self.now += timedelta(hours=self.dice.choice((0, 1, 9, 30, 100)))
            act = self.dice.choice(
                (self._move, self._move, self._move, self._reverse, self._settle)
            )
            await act()
        await self._settle()

    async def _move(self) -> None:
        dice = self.dice
        await self.trade.move(
            dice.choice(self.pairs),
            Decimal(dice.randrange(1, 9000)) / dice.choice((1, 1000)),
            self.now,
            price=_text(dice.choice(PRICES)),
            vat=_text(dice.choice(RATES)),
        )

    async def _reverse(self) -> None:
        """Some of what passed goes back, in its own week or in any later one."""
        firsts = [each for each in self.trade.moved if each.reverses is None]
        if not firsts:
            return
        first = self.dice.choice(firsts)
        back = sum(
            (each.quantity for each in self.trade.moved if each.reverses == first.id), Decimal(0)
        )
        left = first.quantity - back
        if left:
            part = self.dice.choice((left, min(left, Decimal(1))))
            # The clock may have gone back over the end of a week meanwhile.
            at = self.now - timedelta(hours=self.dice.choice((0, 0, 50)))
            await self.trade.reverse(first, at, part)

    async def _settle(self) -> None:
        """Two processes close what is over, late or at once, and both write."""
        zone, clock = self.trade.zone, self.now
        over = self.trade.closed_through
        while week_begins(over + 2 * WEEK, zone) <= clock and self.dice.random() < 0.8:
            over += WEEK
        callers = (self.trade.seller, self.trade.buyer)
        if over > self.trade.closed_through:
            closed = await asyncio.gather(*[self._close(caller, over) for caller in callers])
            assert sorted(isinstance(each, Written) for each in closed) == [False, True]
            self.trade.closed_through = over
        written = await asyncio.gather(*[self._write(caller) for caller in callers])
        weeks = [each.week for answer in written for each in answer]
        assert len(weeks) == len(set(weeks)), "a week is written once"
        await self.check()

    async def _close(self, caller: Caller, over: date) -> object:
        return await close_weeks(
            self.trade.pool, new_id, caller, self.trade.id, over, lambda _: self.now
        )

    async def _write(self, caller: Caller) -> list[Settlement]:
        written = await write_settlements(self.trade.pool, new_id, caller, self.trade.id)
        assert isinstance(written, list), written
        return written

    async def check(self) -> None:
        """All five, for both sides, and the invariants of the database."""
        assert await self.trade.broken() == []
        weeks = {each.week for each in self.trade.moved}
        closed = {week for week in weeks if week <= self.trade.closed_through}
        faces = {}
        for caller, face in ((self.trade.seller, "order"), (self.trade.buyer, "inbound")):
            documents = await self.documents(caller)
            weeks_of_documents = [each.monday for each in documents]
            assert sorted(weeks_of_documents) == sorted(closed), "5: movement makes a document"
            for document in documents:
                lines = await self.lines(caller, document)
                self.check_lines(document, lines, face)
                self.check_kept(face, document, lines)
                await self.check_transfers(caller, document, lines)
                faces[face, document.monday] = (document.id, lines)
            for week in weeks - closed:
                found = await find_open_settlement(
                    self.trade.pool, caller, self.trade.id, week_label(week)
                )
                assert isinstance(found, OpenSettlement), found
                lines = await open_lines_of(self.trade.pool, caller, self.trade.id, found.week)
                assert found.lines == len(lines)
                self.check_lines(found, lines, face)
        for week in closed:
            self.check_faces(faces["order", week], faces["inbound", week])

    def of_week(self, week: str) -> list[Moved]:
        return [each for each in self.trade.moved if week_label(each.week) == week]

    def check_lines(
        self, document: Settlement | OpenSettlement, lines: Sequence[SettlementLine], face: str
    ) -> None:
        """1: the sum of the lines is the sum of what moved, line by line and in all."""
        expected = lines_of(self.of_week(document.week), face)
        assert sorted(map(repr, map(shown, lines))) == sorted(map(repr, expected))
        assert totals_shown(document) == totals_of(expected)

    def check_faces(
        self,
        order: tuple[str, Sequence[SettlementLine]],
        inbound: tuple[str, Sequence[SettlementLine]],
    ) -> None:
        """2: one document; line by line the same goods, the same amount and as many units."""
        assert order[0] == inbound[0]
        factors = {pair.wholesaler_variant: pair.factor for pair in self.pairs}
        for theirs, own in zip(order[1], inbound[1], strict=True):
            factor = factors[theirs.variant.removeprefix("var_")]
            assert (theirs.line, theirs.amount, theirs.vat_rate, theirs.transfers) == (
                own.line,
                own.amount,
                own.vat_rate,
                own.transfers,
            )
            assert Decimal(theirs.net) == factor * Decimal(own.net)
            assert theirs.sku == own.partner_sku

    async def check_transfers(
        self, caller: Caller, document: Settlement, lines: Sequence[SettlementLine]
    ) -> None:
        """3: each transfer of the week is behind exactly one line; a reversal names its first."""
        behind: list[str] = []
        for line in lines:
            assert line.line is not None
            found = await list_line_transfers(
                self.trade.pool, caller, document.inner_id, line.line, Page(10_000)
            )
            assert not isinstance(found, Refusal), found
            behind += [f"{each.id} {each.reverses}" for each in found]
        moved = self.of_week(document.week)
        assert sorted(behind) == sorted(
            f"trf_{each.id} {None if each.reverses is None else 'trf_' + each.reverses}"
            for each in moved
        )

    def check_kept(self, face: str, document: Settlement, lines: Sequence[SettlementLine]) -> None:
        """4: what is closed never changes."""
        now = (document, *lines)
        assert self.kept.setdefault((face, document.monday), now) == now

    async def documents(self, caller: Caller) -> list[Settlement]:
        found = await list_settlements(self.trade.pool, caller, Page(10_000), SettlementFilter())
        assert isinstance(found, list), found
        return found

    async def lines(self, caller: Caller, document: Settlement) -> list[SettlementLine]:
        found = await list_lines(self.trade.pool, caller, document.inner_id, Page(10_000))
        assert isinstance(found, list), found
        return found


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "America/New_York"])
async def test_document_invariants_1_to_5(network: Network, zone: str, *, full_size: bool) -> None:
    for seed in SEEDS_FULL if full_size else SEEDS:
        dice = Random(seed)
        world = World(dice, await open_trade(network, zone=zone))
        await world.live(STEPS)
        assert len(world.kept) > 2, "weeks were closed"
        assert {each.reverses is None for each in world.trade.moved} == {True, False}


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)
