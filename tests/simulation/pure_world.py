"""The pure core in a world of its own: no database, a clock that tests turn, effects applied here.

It does for the core what the batch and PostgreSQL do together: it looks up what a batch needs,
keeps what was decided, and runs the house-keeping. It decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from entrepot import stock
from entrepot.kernel.demand import HoldKey, LiveHold, PositionKey
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import ZERO
from entrepot.kernel.refusal import Refusal
from entrepot.orders.model import (
    Decision,
    Facts,
    LocationFacts,
    Order,
    Postponed,
    RecheckWaiting,
    Submission,
    SweepExpired,
    VariantFacts,
    decide_batch_purely,
    survey_submissions,
    waiting_rows,
)
from entrepot.stock.model import LedgerRow

OrderKey = tuple[Id, Id]
Result = Decision | Refusal | Postponed

YES_NO = (True, False)
"""Orderable, and not in whole units only."""

BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class CountingIds:
    """Ids that rise by one, so that every run of a seed is the same."""

    def __init__(self) -> None:
        self.last = 0

    def __call__(self) -> Id:
        self.last += 1
        return f"{self.last:032x}"


@dataclass
class Kept:
    """A hold as the world keeps it."""

    hold: LiveHold
    opened_version: int
    state: str = "live"
    ended_quantity: Decimal | None = None
    ended_version: int | None = None


@dataclass
class PureWorld:
    """Everything that outlives a batch."""

    new_id: CountingIds = field(default_factory=CountingIds)
    now: datetime = BEGIN
    variants: dict[Id, VariantFacts] = field(default_factory=dict)
    locations: dict[Id, dict[Id, LocationFacts]] = field(default_factory=dict)
    rights: set[tuple[Id, Id, str]] = field(default_factory=set)
    waits_holding: dict[Id, bool] = field(default_factory=dict)
    positions: dict[PositionKey, stock.Figures] = field(default_factory=dict)
    ledger: list[LedgerRow] = field(default_factory=list)
    holds: dict[HoldKey, Kept] = field(default_factory=dict)
    orders: dict[OrderKey, Order] = field(default_factory=dict)
    considered: list[Id] = field(default_factory=list)
    """The waiting orders that the last batch looked at."""

    def organisation(self, *, waits_holding: bool = True) -> Id:
        ident = self.new_id()
        self.locations[ident] = {}
        self.waits_holding[ident] = waits_holding
        return ident

    def location(self, owner: Id, rank: int, *, ships_orders: bool = True) -> Id:
        ident = self.new_id()
        self.locations[owner][ident] = LocationFacts(ident, rank, ships_orders)
        return ident

    def variant(self, owner: Id, sku: str, *, unlimited: bool = False) -> Id:
        """A variant with a position at every location that its owner has by now."""
        ident = self.new_id()
        self.variants[ident] = VariantFacts(owner, ident, sku, "piece", *YES_NO, ZERO, ZERO, None)
        for location in self.locations[owner]:
            key = PositionKey(owner, ident, location)
            self.positions[key] = stock.Figures(key, ZERO, ZERO, ZERO, 0, unlimited=unlimited)
        return ident

    def decide(self, submissions: Sequence[Submission]) -> list[Result | None]:
        """Decide a batch and keep what it did; None answers house-keeping."""
        named = survey_submissions(submissions, {key: v.owner for key, v in self.variants.items()})
        looked = {(owner, variant) for owner, variant, _ in named.gaining}
        looked |= self._line_variants((org, order) for org, order, _ in named.acted)
        candidates = self._waiting_for(looked)
        known = {(org, order) for org, order, _ in named.acted} | set(candidates)
        known |= {key for key in self.orders if self._holds_one_of(key, looked)}
        locked = set(named.variants) | looked | self._line_variants(known)
        freeing = {
            kept.hold.position[:2]
            for kept in self.holds.values()
            if self._is_due(kept) and kept.hold.position[:2] in locked
        }
        facts, book = self._open(locked, known)
        stock.expire(book, self._end_due(facts, freeing), self.new_id())
        waiting = [key for key in self._waiting_for(looked | freeing) if key in facts.orders]
        self.considered = [order for _, order in waiting]
        decided = decide_batch_purely(
            facts,
            list(enumerate(submissions)),
            waiting,
            lambda demand: stock.decide(book, demand),
            self.new_id,
        )
        decisions = [each.decision for each in decided.besides]
        decisions += [each for each in decided.results.values() if isinstance(each, Decision)]
        self._keep(book, decisions, facts)
        self.now += timedelta(milliseconds=1)
        return [decided.results.get(number) for number in range(len(submissions))]

    def keep_house(self) -> list[list[Id]]:
        """What the jobs do: write passed limits, and look again at everybody who waits.

        Returns whom each of the two looked at.
        """
        due = tuple(key for key, order in self.orders.items() if order.is_past_limit(self.now))
        every = tuple(sorted({key[:2] for key in self.positions}))
        looked = []
        for command in (SweepExpired(due), RecheckWaiting(every)):
            self.decide([Submission(command, self.new_id(), self.new_id(), "", b"")])
            looked.append(self.considered)
        return looked

    def open_all(self) -> tuple[Facts, stock.Book]:
        """What a batch over everything would read."""
        return self._open({(key.owner, key.variant) for key in self.positions}, set(self.orders))

    def _is_due(self, kept: Kept) -> bool:
        limit = kept.hold.expires_at
        return kept.state == "live" and limit is not None and limit <= self.now

    def _line_variants(self, keys: Iterable[OrderKey]) -> set[tuple[Id, Id]]:
        orders = [self.orders[key] for key in keys if key in self.orders]
        return {(line.owner, line.variant) for order in orders for line in order.lines}

    def _holds_one_of(self, key: OrderKey, variants: set[tuple[Id, Id]]) -> bool:
        return any(
            kept.state == "live"
            and (kept.hold.organisation, kept.hold.key.order) == key
            and kept.hold.position[:2] in variants
            for kept in self.holds.values()
        )

    def _waiting_for(self, variants: set[tuple[Id, Id]]) -> list[OrderKey]:
        rows = [
            (row.place, key)
            for key, order in self.orders.items()
            for row in waiting_rows(order)
            if (row.owner, row.variant) in variants
        ]
        return [key for _, key in sorted(rows)]

    def _open(self, locked: set[tuple[Id, Id]], known: set[OrderKey]) -> tuple[Facts, stock.Book]:
        """What the batch reads: copies, so that nothing but written effects can last."""
        keys: dict[tuple[Id, Id], list[PositionKey]] = {}
        figures = []
        for key, each in sorted(self.positions.items()):
            if key[:2] in locked:
                keys.setdefault((key.owner, key.variant), []).append(key)
                figures.append(
                    stock.Figures(
                        key,
                        each.on_hand,
                        each.held,
                        each.allocated,
                        each.version,
                        unlimited=each.unlimited,
                    )
                )
        orders = {key: self._with_holds(self.orders[key]) for key in known if key in self.orders}
        references = {(o.organisation, o.reference): o.id for o in self.orders.values()}
        facts = Facts(
            self.now,
            dict(self.variants),
            set(self.rights),
            self.locations,
            keys,
            set(),
            references,
            self.waits_holding,
            orders,
        )
        numbers = {order.id: order.next_hold_no for order in orders.values()}
        return facts, stock.Book(figures, numbers)

    def _with_holds(self, order: Order) -> Order:
        """An order as it is read: its holds and what left come from the kept holds."""
        read = deepcopy(order)
        read.is_new = False
        mine = [
            kept
            for _, kept in sorted(self.holds.items())
            if (kept.hold.organisation, kept.hold.key.order) == (order.organisation, order.id)
        ]
        read.holds = [kept.hold for kept in mine if kept.state == "live"]
        read.shipped_from = [
            (kept.hold.line_no, kept.hold.position, kept.ended_quantity or ZERO)
            for kept in mine
            if kept.state == "converted"
        ]
        return read

    def _end_due(self, facts: Facts, freeing: set[tuple[Id, Id]]) -> list[LiveHold]:
        """Holds past their limit on what is locked; their orders' lines no longer have them."""
        due = [
            kept.hold
            for kept in self.holds.values()
            if self._is_due(kept) and kept.hold.position[:2] in freeing
        ]
        for order in facts.orders.values():
            for hold in due:
                if hold in order.holds:
                    order.holds.remove(hold)
                    line = next(each for each in order.lines if each.line_no == hold.line_no)
                    line.held -= hold.quantity
        return due

    def _keep(self, book: stock.Book, decisions: list[Decision], facts: Facts) -> None:
        """Apply what a batch wrote."""
        self.ledger += book.effects.ledger
        for figures in book.changed():
            assert self.positions[figures.key].version == figures.version_before
            figures.version_before = figures.version
            self.positions[figures.key] = figures
        for row in book.effects.ledger:
            if row.kind == "hold":
                self._open_hold(row)
        for ended in book.effects.ended:
            kept = self.holds[HoldKey(ended.owner, ended.order, ended.hold_no)]
            assert kept.state == "live", "a hold ends once"
            kept.state, kept.ended_quantity = ended.state, ended.ended_quantity
            kept.ended_version = ended.ended_version
            self._succeed(book, kept)
        for decision in decisions:
            for order in (*decision.placed, *decision.changed):
                self.orders[order.organisation, order.id] = deepcopy(
                    facts.orders[order.organisation, order.id]
                )
                self.orders[order.organisation, order.id].next_hold_no = book.hold_numbers.get(
                    order.id, 1
                )
            for key in decision.lifted:
                kept = self.holds[key]
                if kept.state == "live":
                    kept.hold = msgspec.structs.replace(kept.hold, expires_at=None)

    def _open_hold(self, row: LedgerRow) -> None:
        assert row.order is not None
        assert row.hold_no is not None
        assert row.organisation is not None
        assert row.line_no is not None
        key = HoldKey(row.position.owner, row.order, row.hold_no)
        assert key not in self.holds, "a hold's number is used once"
        hold = LiveHold(
            key, row.position, row.organisation, row.line_no, row.held_change, row.expires_at
        )
        self.holds[key] = Kept(hold, row.version)

    def _succeed(self, book: stock.Book, ended: Kept) -> None:
        """Open the successor of a hold that ended in part, if this one did."""
        for opened in book.effects.successors:
            key = HoldKey(opened.owner, opened.order, opened.hold_no)
            place = PositionKey(opened.owner, opened.variant, opened.location)
            if key not in self.holds and (opened.opened_version, place) == (
                ended.ended_version,
                ended.hold.position,
            ):
                hold = LiveHold(
                    key,
                    place,
                    opened.organisation,
                    opened.line_no,
                    opened.quantity,
                    opened.expires_at,
                )
                self.holds[key] = Kept(hold, opened.opened_version)
