"""Partners in the random lives: four companies that share stock, allocate, pause, and part.

W and V sell to R; R and W sell to Q, so R is a wholesaler too and what it may have of W and V is
never shared on. Some are partners both ways. A crate is two of R's carrots.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import product
from random import Random

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from entrepot.kernel.demand import AllocationKey, PositionKey
from entrepot.kernel.ids import Id
from entrepot.orders.model import Decision, OrderAnswer
from tests.simulation.auditor_records import Agreement, Match, Passing, Refused, Reserve
from tests.simulation.core_machine import NUMBERS, QUANTITIES, CoreAgainstAuditor
from tests.simulation.pure_partners import decimal
from tests.simulation.soundness_partners import made_or_lost, unsound_partners

ALWAYS = (("W", "R"), ("V", "R"), ("R", "Q"), ("W", "Q"))
SOMETIMES = (("V", "W"), ("R", "V"), ("Q", "W"))
RULES = ("reverse", "keep")


class PartnersAgainstAuditor(CoreAgainstAuditor):
    """The same lives, with partners."""

    def __init__(self) -> None:
        super().__init__()
        self.agreements: dict[Id, Agreement] = {}
        self.agreed: dict[Id, Match] = {}
        self.reserves: dict[AllocationKey, Reserve] = {}
        self.weights: dict[Id, int] = {}

    @initialize(chance=st.randoms(use_true_random=False))
    def open_network(self, chance: Random) -> None:
        """Four companies with their shelves, who are partners, and what is the same goods."""
        self.names_of: dict[str, Id] = {}
        for name in "WVRQ":
            self._open_company(name, chance)
        self.buyers = [*self.mine, self.world.organisation()]
        for owner, buyer in product(self.mine, self.buyers):
            if buyer != owner:
                self.world.rights.add((owner, buyer, "marketplace"))
                self.auditor.rights.add((owner, buyer, "marketplace"))
        self.world.rights.add((self.names_of["R"], self.buyers[-1], "session"))
        self.auditor.rights.add((self.names_of["R"], self.buyers[-1], "session"))
        for pair in (*ALWAYS, *(pair for pair in SOMETIMES if chance.random() < 0.5)):
            self._become_partners(*pair, chance)
        for where, _ in enumerate(self.mine):
            self.receive([(0, Decimal(6)), (1, Decimal(3))], where, together=False)

    def _open_company(self, name: str, chance: Random) -> None:
        owner = self.world.organisation(waits_holding=chance.random() < 0.7)
        self.names_of[name] = owner
        first = self.world.location(owner, 1)
        second = self.world.location(owner, 0)
        self.quarantine[owner] = self.world.location(owner, 2, ships_orders=False)
        self.auditor.shipping[owner] = [second, first]
        if not self.world.waits_holding[owner]:
            self.auditor.holds_nothing.add(owner)
        self.mine[owner] = []
        for goods in ("carrots", "leeks", "air", *(("carrots crate",) if name == "R" else ())):
            unlimited = goods == "air" and name == "W"
            variant = self.world.variant(owner, goods, unlimited=unlimited)
            self.mine[owner].append(variant)
            self.auditor.owner[variant] = owner
            self.weights[variant] = 2 if goods == "carrots crate" else 1
            if goods == "leeks" and name in "RQ":
                self.weights[variant] = chance.choice((1, 1, 2))
            if unlimited:
                self.auditor.unlimited.add(variant)
            for location in self.world.locations[owner]:
                self.auditor.shelves[variant, location] = Decimal(0)

    def _become_partners(self, wholesaler: str, retailer: str, chance: Random) -> None:
        theirs, ours = self.names_of[wholesaler], self.names_of[retailer]
        shares_all = chance.random() < 0.6
        rules = (chance.choice(("reverse", "reverse", "keep")), chance.choice(RULES))
        ident = self.world.partnership(theirs, ours, is_all_stock=shares_all, on_cancel=rules)
        closed = self.world.partners.partnerships[ident].terms.closed_through
        self.agreements[ident] = Agreement(theirs, ours, shares_all, *rules, closed)
        for sold, bought in product(self.mine[theirs], self.mine[ours]):
            if self._product(sold) == self._product(bought) and chance.random() < 0.9:
                self._match(ident, sold, bought, chance)

    def _product(self, variant: Id) -> str:
        return self.world.variants[variant].sku.split()[0]

    def _match(self, partnership: Id, theirs: Id, ours: Id, chance: Random) -> None:
        if self.weights[ours] % self.weights[theirs]:
            return
        factor = self.weights[ours] // self.weights[theirs]
        step = "1" if factor > 1 else chance.choice(("0.001", "1"))
        buffer, cap = chance.choice((0, 0, 1)), chance.choice((None, None, 1, 3, "4.5"))
        rank = chance.choice((0, 0, 1))
        ident = self.world.match(
            partnership, theirs, ours, factor=factor, step=step, buffer=buffer, cap=cap, rank=rank
        )
        most = None if cap is None else decimal(cap)
        match = Match(
            self.agreements[partnership],
            theirs,
            ours,
            rank,
            factor,
            decimal(step),
            decimal(buffer),
            most,
        )
        self.agreed[ident] = match
        self.auditor.matches.append(match)

    # Acts between partners; each is done at once, whatever is pending before it

    @rule(which=NUMBERS, units=QUANTITIES, days=st.sampled_from([None, None, 2]))
    def allocate(self, which: int, units: Decimal, days: int | None) -> None:
        """A wholesaler keeps units for a partner."""
        self._come_to_rest()
        ident, match = self._drawn(which)
        location = self.auditor.shipping[self.auditor.owner[match.theirs]][which % 2]
        shelf = (match.theirs, location)
        until = None if days is None else self.world.now + timedelta(days=days)
        partnership = self.world.partners.matches[ident].partnership
        position = PositionKey(match.agreement.wholesaler, *shelf)
        try:
            if match.theirs in self.auditor.unlimited:
                return
            reserve = self.auditor.reserve(match.agreement, shelf, units, until)
        except Refused:
            assert self.world.allocate(partnership, position, units, days=days) is None
        else:
            key = self.world.allocate(partnership, position, units, days=days)
            assert key is not None, "what is free can be allocated"
            self.reserves[key] = reserve
        self._keep_house()

    @rule(which=NUMBERS)
    def open_up(self, which: int) -> None:
        """A wholesaler closes an allocation."""
        self._come_to_rest()
        found = [key for key, each in self.reserves.items() if not each.closed]
        if found:
            key = found[which % len(found)]
            self.auditor.open_up(self.reserves[key])
            self.world.close(key)
            self._keep_house()

    @rule(which=NUMBERS, state=st.sampled_from(["active", "paused", "active", "ending"]))
    def turn_partnership(self, which: int, state: str) -> None:
        """Partners pause, resume, or begin to part."""
        self._come_to_rest()
        ident = list(self.agreements)[which % len(self.agreements)]
        self._set_state(ident, state)
        self._keep_house()

    @rule(which=NUMBERS)
    def part(self, which: int) -> None:
        """A partnership ends, mostly one that was ending: what is kept for the partner is free."""
        self._come_to_rest()
        ident = list(self.agreements)[which % len(self.agreements)]
        if self.agreements[ident].state == "ending" or which % 5 == 0:
            self._set_state(ident, "ended")
            for key, reserve in self.reserves.items():
                if reserve.agreement is self.agreements[ident] and not reserve.closed:
                    self.auditor.open_up(reserve)
                    self.world.close(key)
            self._keep_house()

    def _set_state(self, ident: Id, state: str) -> None:
        if self.agreements[ident].state != "ended":
            self.agreements[ident].state = state
            self.world.partners.partnerships[ident].change(state=state)

    @rule(which=NUMBERS, shares_all=st.booleans(), rules=st.tuples(*[st.sampled_from(RULES)] * 2))
    def agree_anew(self, which: int, rules: tuple[str, str], *, shares_all: bool) -> None:
        """Partners change the sharing policy, and what becomes of cancelled goods."""
        self._come_to_rest()
        ident = list(self.agreements)[which % len(self.agreements)]
        agreement, kept = self.agreements[ident], self.world.partners.partnerships[ident]
        agreement.shares_all = kept.is_all_stock = shares_all
        agreement.in_same_week, agreement.later = rules
        kept.change(on_cancel_open_week=rules[0], on_cancel_later=rules[1])
        self._keep_house()

    @rule(days=st.integers(1, 5))
    def turn_days(self, days: int) -> None:
        """Days pass."""
        self._come_to_rest()
        self.world.now += timedelta(days=days)

    @rule(which=NUMBERS, is_early=st.booleans())
    def close_week(self, which: int, *, is_early: bool) -> None:
        """Last week's document is closed; or this week's already, as when a clock went back."""
        self._come_to_rest()
        ident = list(self.agreements)[which % len(self.agreements)]
        agreement = self.agreements[ident]
        local = self.world.now.date()
        monday = local - timedelta(days=local.weekday())
        closed = monday if is_early else monday - timedelta(days=7)
        agreement.closed_week = max(closed, agreement.closed_week)
        self.world.partners.partnerships[ident].change(closed_through=agreement.closed_week)

    def _drawn(self, which: int) -> tuple[Id, Match]:
        some = list(self.agreed.items())
        return some[which % len(some)]

    def _come_to_rest(self) -> None:
        """Decide what is pending, and write what time has ended."""
        self._decide()
        self._keep_house(everyone=False)

    # The two sides

    def _check(self, decision: Decision) -> None:
        answer = decision.answer
        if isinstance(answer, OrderAnswer) and answer.status == "waiting":
            forth = [each for each in answer.transferred if each.reverses is None]
            assert forth == [], "who waits takes nothing from partners"

    def _compare(self) -> None:
        """Allocations and transfers stand alike on both sides, too."""
        super()._compare()
        for key, reserve in self.reserves.items():
            each = self.world.partners.allocations[key]
            assert (each.quantity, each.remaining, each.is_closed) == (
                reserve.given,
                reserve.left,
                reserve.closed,
            ), key
        theirs = self._transfers()
        ours = [self._passing(each) for each in self.auditor.passings]
        for number, (core, audited) in enumerate(zip(theirs, ours, strict=False)):
            assert core == audited, number
        assert len(theirs) == len(ours)

    def _transfers(self) -> list[tuple[object, ...]]:
        rows = self.world.partners.transfers
        numbers = {row.id: number for number, row in enumerate(rows)}
        matches = {ident: number for number, ident in enumerate(self.agreed)}
        told: list[tuple[object, ...]] = []
        for row in rows:
            parts: dict[tuple[object, ...], Decimal] = {}
            for leg in self.world.partners.legs[row.id]:
                place = (leg.location, leg.allocation)
                parts[place] = parts.get(place, Decimal(0)) + leg.quantity
            told.append(
                (
                    matches[row.partner.match],
                    self.names.get(row.order, row.order),
                    row.line_no,
                    row.quantity,
                    row.week,
                    None if row.reverses is None else numbers[row.reverses],
                    parts,
                )
            )
        return told

    def _passing(self, passing: Passing) -> tuple[object, ...]:
        parts: dict[tuple[object, ...], Decimal] = {}
        for (_, location), reserve, units in passing.parts:
            keys = [key.allocation for key, each in self.reserves.items() if each is reserve]
            place = (location, keys[0] if keys else None)
            parts[place] = parts.get(place, Decimal(0)) + units
        undoes = passing.undoes
        return (
            self.auditor.matches.index(passing.match),
            passing.order,
            passing.line,
            passing.units,
            passing.week,
            None if undoes is None else self.auditor.passings.index(undoes),
            parts,
        )

    @invariant()
    def partners_are_sound(self) -> None:
        """No unit is made or lost between two owners, and nobody gets more than was agreed."""
        assert unsound_partners(self.world) == []
        assert made_or_lost(self.world, self.weights) == {}
