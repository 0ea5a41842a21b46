"""The pure core in a world of its own: no database, a clock that tests turn, effects applied here.

It does for the core what the batch and PostgreSQL do together: it looks up what a batch needs,
keeps what was decided, and runs the house-keeping. It decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from entrepot import stock
from entrepot.kernel.demand import AllocationKey, HoldKey, LiveHold, PositionKey
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import ZERO
from entrepot.kernel.refusal import Refusal
from entrepot.kernel.weeks import WEEK, week_of
from entrepot.orders.model import (
    Decision,
    Facts,
    LocationFacts,
    MatchFacts,
    Order,
    Postponed,
    RecheckWaiting,
    Submission,
    SweepExpired,
    VariantFacts,
    Waiting,
    allocations_by_position,
    begin_counting,
    decide_batch_purely,
    partners_by_variant,
    survey_submissions,
    waiting_rows,
)
from entrepot.stock.model import LedgerRow
from entrepot.stock.model.allocations import allocate, end_allocation
from tests.simulation.pure_partners import ZONE, Goods, PurePartners, decimal
from tests.simulation.pure_sessions import PureSessions

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
    partners: PurePartners = field(default_factory=PurePartners)
    sessions: PureSessions = field(default_factory=PureSessions)
    considered: list[tuple[Id, bool]] = field(default_factory=list)
    """The waiting orders that the last batch looked at, and whether as a partner's only."""
    left_over: set[Goods] = field(default_factory=set)
    """Goods of which partners brought more than was wanted, until it is offered to who waits."""

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

    def partnership(
        self,
        wholesaler: Id,
        retailer: Id,
        *,
        is_all_stock: bool = True,
        on_cancel: tuple[str, str] = ("reverse", "keep"),
    ) -> Id:
        """Two organisations become partners; the week before this one is closed."""
        ident = self.new_id()
        closed = week_of(self.now, ZONE) - WEEK
        self.partners.add(
            ident, wholesaler, retailer, closed, is_all_stock=is_all_stock, on_cancel=on_cancel
        )
        return ident

    def match(
        self,
        partnership: Id,
        theirs: Id,
        ours: Id,
        *,
        factor: int = 1,
        step: object = "0.001",
        buffer: object = 0,
        cap: object = None,
        rank: int = 0,
    ) -> Id:
        """The wholesaler's variant and the retailer's become the same goods."""
        ident = self.new_id()
        agreed = self.partners.partnerships[partnership]
        self.partners.matches[ident] = MatchFacts(
            agreed.terms.retailer,
            ours,
            ident,
            partnership,
            agreed.wholesaler,
            theirs,
            factor,
            decimal(step),
            decimal(buffer),
            None if cap is None else decimal(cap),
            agreed.is_all_stock,
            rank,
            self.now + timedelta(microseconds=int(ident, 16)),
            None,
            None,
        )
        return ident

    def allocate(
        self, partnership: Id, position: PositionKey, quantity: Decimal, *, days: int | None = None
    ) -> AllocationKey | None:
        """Keep units for a partner; None where so many are not free."""
        _, book = self.open_all()
        key = AllocationKey(position.owner, self.new_id())
        if allocate(book, book.positions[position], quantity, self.new_id()) is not None:
            return None
        self._keep(book, [], None)
        self.partners.allocations[key] = stock.Allocated(
            key, partnership, position, quantity, quantity, self.now
        )
        if days is not None:
            self.partners.valid_until[key] = self.now + timedelta(days=days)
        self.now += timedelta(milliseconds=1)
        return key

    def close(self, key: AllocationKey) -> None:
        """Give back what is left of an open allocation."""
        _, book = self.open_all()
        end_allocation(book, book.allocations[key], self.new_id())
        self._keep(book, [], None)

    def decide(self, submissions: Sequence[Submission]) -> list[Result | None]:
        """Decide a batch and keep what it did; None answers house-keeping."""
        swept = self._sweep_allocations()
        named = survey_submissions(submissions, {key: v.owner for key, v in self.variants.items()})
        acted = set(named.acted) | self.sessions.session_orders(submissions, self.orders)
        looked = swept | set(named.variants) | self._line_variants(named.acted)
        looked |= self.partners.wholesale_for([order for _, order in named.undone])
        looked |= self.partners.wholesale_of(looked)
        known = acted | {(each.organisation, each.order) for each in self._behind(looked)}
        known |= self._holders_of(looked)
        locked = looked | self._line_variants(known)
        locked |= self.partners.wholesale_of(locked)
        freeing = {
            kept.hold.position[:2]
            for kept in self.holds.values()
            if self._is_due(kept) and kept.hold.position[:2] in locked
        }
        facts, book = self._open(locked, known, {order for _, order in named.undone})
        stock.expire(book, self._end_due(facts, freeing), self.new_id())
        self.sessions.tell(facts, submissions, self.orders, self.live_holds())
        begin_counting(facts)
        waiting = [
            each
            for each in self._behind(looked | freeing)
            if (each.organisation, each.order) in facts.orders
        ]
        self._consider(waiting)
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
        self.sessions.compare(facts, self.orders, self.live_holds(not_due_by=self.now))
        self.left_over = self.left_over - looked | {key[:2] for key in book.left_over}
        self.now += timedelta(milliseconds=1)
        return [decided.results.get(number) for number in range(len(submissions))]

    def keep_house(self, *, everyone: bool = True) -> list[list[tuple[Id, bool]]]:
        """What the jobs do: write passed limits, and look again at those who wait.

        At everybody, as after an agreement changed; or only where batches left something over, so
        that who else could have been served by them stays idle. Returns whom each look was at.
        """
        due = tuple(key for key, order in self.orders.items() if order.is_past_limit(self.now))
        looked = [self._look(SweepExpired(due))]
        again = {key[:2] for key in self.positions} if everyone else self.left_over
        while again:
            looked.append(self._look(RecheckWaiting(tuple(sorted(again)))))
            again = self.left_over
        return looked

    def _look(self, command: SweepExpired | RecheckWaiting) -> list[tuple[Id, bool]]:
        self.decide([Submission(command, self.new_id(), self.new_id(), "", b"")])
        return self.considered

    def open_all(self) -> tuple[Facts, stock.Book]:
        """What a batch over everything would read."""
        return self._open({key[:2] for key in self.positions}, set(self.orders), set())

    def live_holds(self, *, not_due_by: datetime | None = None) -> list[LiveHold]:
        """The holds that have not ended; without those that are due by a moment."""
        live = [kept.hold for kept in self.holds.values() if kept.state == "live"]
        if not_due_by is None:
            return live
        return [h for h in live if h.expires_at is None or h.expires_at > not_due_by]

    def _sweep_allocations(self) -> set[Goods]:
        """End the allocations whose validity has passed, as a batch that meets them has done."""
        past = self.partners.past(self.now)
        for key in past:
            self.close(key)
        return {self.partners.allocations[key].position[:2] for key in past}

    def _is_due(self, kept: Kept) -> bool:
        limit = kept.hold.expires_at
        return kept.state == "live" and limit is not None and limit <= self.now

    def _line_variants(self, keys: Iterable[OrderKey]) -> set[Goods]:
        orders = [self.orders[key] for key in keys if key in self.orders]
        return {(line.owner, line.variant) for order in orders for line in order.lines}

    def _holders_of(self, variants: set[Goods]) -> set[OrderKey]:
        return {
            (kept.hold.organisation, kept.hold.key.order)
            for kept in self.holds.values()
            if kept.state == "live" and kept.hold.position[:2] in variants
        }

    def _behind(self, goods: set[Goods]) -> list[Waiting]:
        """Who waits for goods: the owner's orders, then those that partners have for the same."""
        shared = self.partners.retail_of(goods)
        found = []
        for key, order in self.orders.items():
            for row in waiting_rows(order):
                if (row.owner, row.variant) in goods:
                    found.append(Waiting(row.place, *key))
                if (row.owner, row.variant) in shared:
                    place = row.place if row.place < "1" else "2" + row.place[1:]
                    found.append(Waiting(place, *key))
        return sorted(found)

    def _consider(self, waiting: list[Waiting]) -> None:
        """Remember who was looked at, each once, at the best of their places."""
        found: dict[Id, bool] = {}
        for each in waiting:
            found.setdefault(each.order, each.place >= "2")
        self.considered = list(found.items())

    def _open(
        self, locked: set[Goods], known: set[OrderKey], undone: set[Id]
    ) -> tuple[Facts, stock.Book]:
        """What the batch reads: copies, so that nothing but written effects can last."""
        keys: dict[Goods, list[PositionKey]] = {}
        figures = []
        for key, each in sorted(self.positions.items()):
            if key[:2] in locked:
                keys.setdefault((key.owner, key.variant), []).append(key)
                figures.append(copy(each))
        orders = {key: self._with_holds(self.orders[key]) for key in known if key in self.orders}
        for order in orders.values():
            order.transfers = self.partners.live_transfers(order.id) if order.id in undone else []
        references = {(o.organisation, o.reference): o.id for o in self.orders.values()}
        allocations = self.partners.open_at(locked)
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
            partnerships={ident: each.terms for ident, each in self.partners.partnerships.items()},
            allocations=allocations_by_position(allocations),
        )
        facts.partners = partners_by_variant(facts, self.partners.active())
        numbers = {order.id: order.next_hold_no for order in orders.values()}
        return facts, stock.Book(figures, numbers, allocations, self.new_id)

    def _with_holds(self, order: Order) -> Order:
        """An order as it is read: its holds and what left come from the kept holds."""
        read = order.copy()
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

    def _end_due(self, facts: Facts, freeing: set[Goods]) -> list[LiveHold]:
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

    def _keep(self, book: stock.Book, decisions: list[Decision], facts: Facts | None) -> None:
        """Apply what a batch wrote."""
        self.ledger += book.effects.ledger
        self.partners.keep(book)
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
                assert facts is not None, "only a batch decides on orders"
                kept_order = facts.orders[order.organisation, order.id].copy()
                kept_order.next_hold_no = book.hold_numbers.get(order.id, 1)
                self.orders[order.organisation, order.id] = kept_order
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
