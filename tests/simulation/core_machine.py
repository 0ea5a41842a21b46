"""Acts drawn at random, handed to the pure core and to the auditor, and all they say compared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders.model import (
    AdjustStock,
    CancelOrder,
    ChangeOrder,
    Command,
    CountStock,
    Decision,
    LineQuantity,
    PlaceDraft,
    PlaceOrder,
    PrioritiseOrder,
    ReceiveStock,
    RecordPayment,
    ReturnGoods,
    ShipOrder,
    StockLine,
    Submission,
    WantedLine,
)
from tests.simulation.auditor import Auditor
from tests.simulation.auditor_records import AuditedLine, AuditedOrder, Refused, Shelf
from tests.simulation.pure_world import PureWorld
from tests.simulation.soundness import unsound

QUANTITIES = st.sampled_from([Decimal(text) for text in ("1", "2", "3", "0.5", "5", "8")])
NUMBERS = st.integers(0, 10_000)
POLICIES = ("refuse_short", "line_by_line", "ship_complete", "allow_split", "no_backorder")
TERMS = st.sampled_from(
    [
        *(("own", policy) for policy in POLICIES * 2),
        *(("session", policy) for policy in POLICIES[:2]),
        *(("marketplace", policy) for policy in POLICIES[:2]),
        ("session", "ship_complete"),  # refused: only own orders wait
    ]
)
TOGETHER = st.sampled_from([False, False, True])
MINUTES = st.sampled_from([10, 30])
LINES = st.lists(st.tuples(NUMBERS, QUANTITIES), min_size=1, max_size=4)
PARTS = st.none() | st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from([Decimal("0.5"), Decimal(1), Decimal(2)])),
    min_size=1,
    max_size=3,
)

Act = Callable[[], None]


class CoreAgainstAuditor(RuleBasedStateMachine):
    """Hands the same acts to the core, in batches, and to the auditor, one by one."""

    def __init__(self) -> None:
        super().__init__()
        self.world = PureWorld()
        self.auditor = Auditor()
        self.pending: list[tuple[Submission, Act, bool]] = []
        self.mine: dict[Id, list[Id]] = {}
        self.quarantine: dict[Id, Id] = {}
        self.placed: list[tuple[Id, Id]] = []
        self.names: dict[Id, str] = {}
        self.touched: list[tuple[str, bool]] = []

    @initialize(waits_holding=st.booleans())
    def open_network(self, *, waits_holding: bool) -> None:
        """Two owners with two shipping locations and a quarantine each, and a buyer of both."""
        for number in range(2):
            owner = self.world.organisation(waits_holding=waits_holding or number == 0)
            first = self.world.location(owner, 1)
            second = self.world.location(owner, 0)
            self.quarantine[owner] = self.world.location(owner, 2, ships_orders=False)
            self.auditor.shipping[owner] = [second, first]
            if not self.world.waits_holding[owner]:
                self.auditor.holds_nothing.add(owner)
            self.mine[owner] = []
            for sku in ("carrots", "leeks", "air"):
                variant = self.world.variant(owner, sku, unlimited=sku == "air")
                self.mine[owner].append(variant)
                self.auditor.owner[variant] = owner
                if sku == "air":
                    self.auditor.unlimited.add(variant)
                for location in (first, second, self.quarantine[owner]):
                    self.auditor.shelves[variant, location] = Decimal(0)
        owners = list(self.mine)
        self.buyers = [*owners, self.world.organisation()]
        for owner in owners:
            for buyer in self.buyers:
                if buyer != owner:
                    for kind in ("session", "marketplace"):
                        if (kind, buyer) != ("session", owners[0]):
                            self.world.rights.add((owner, buyer, kind))
                            self.auditor.rights.add((owner, buyer, kind))
        for where, _ in enumerate(owners):
            self.receive([(0, Decimal(3)), (1, Decimal(2))], where, together=False)

    # Acts on orders

    @rule(
        who=NUMBERS,
        terms=TERMS,
        lines=LINES,
        paid=st.booleans(),
        draft=st.sampled_from([False, False, False, True]),
        minutes=MINUTES,
        together=TOGETHER,
    )
    def place(
        self,
        who: int,
        terms: tuple[str, str],
        lines: list[tuple[int, Decimal]],
        minutes: int,
        *,
        paid: bool,
        draft: bool,
        together: bool,
    ) -> None:
        """Somebody places an order or saves a draft."""
        kind, policy = terms
        buyers = list(self.mine) if kind == "own" else self.buyers
        buyer = buyers[who % len(buyers)]
        variants = self._variants(buyer, kind)
        wanted = [(variants[number % len(variants)], units) for number, units in lines]
        ident = self.world.new_id()
        command = PlaceOrder(
            ident,
            f"ref {ident}",
            kind,  # type: ignore[arg-type] # drawn from the kinds there are
            policy,  # type: ignore[arg-type] # drawn from the policies there are
            tuple(WantedLine(variant, units) for variant, units in wanted),
            paid=paid,
            draft=draft,
            hold_minutes=minutes,
        )
        audited = AuditedOrder(
            ident,
            buyer,
            kind,
            policy,
            int(ident, 16),
            {n: AuditedLine(variant, units) for n, (variant, units) in enumerate(wanted, 1)},
        )

        def act() -> None:
            self.auditor.orders[ident] = audited
            try:
                self.auditor.place(audited, self.world.now, minutes, paid=paid, draft=draft)
            except Refused:
                del self.auditor.orders[ident]
                raise
            self.placed.append((buyer, ident))

        self._hand_in(command, buyer, act, asks=True, together=together)

    @rule(which=NUMBERS, paid=st.booleans(), minutes=MINUTES, together=TOGETHER)
    def place_draft(self, which: int, minutes: int, *, paid: bool, together: bool) -> None:
        """A saved draft is placed."""
        drawn = self._order(which, "draft")
        if drawn is None:
            return
        buyer, ident = drawn
        command = PlaceDraft(ident, paid, minutes)
        self._hand_in(
            command,
            buyer,
            lambda: self.auditor.place_draft(
                self._audited(ident), self.world.now, minutes, paid=paid
            ),
            asks=True,
            together=together,
        )

    @rule(which=NUMBERS, lines=LINES, together=TOGETHER)
    def change(self, which: int, lines: list[tuple[int, Decimal]], *, together: bool) -> None:
        """All lines of an order are replaced."""
        drawn = self._order(which, "waiting", "held", "complete", "draft")
        if drawn is None:
            return
        buyer, ident = drawn
        variants = self._variants(buyer, self._audited(ident).kind)
        wanted = [(variants[number % len(variants)], units) for number, units in lines]
        command = ChangeOrder(ident, tuple(WantedLine(v, units) for v, units in wanted))
        self._hand_in(
            command,
            buyer,
            lambda: self.auditor.change(self._audited(ident), wanted),
            asks=True,
            together=together,
        )

    @rule(which=NUMBERS, succeeded=st.sampled_from([True, True, False]), together=TOGETHER)
    def pay(self, which: int, *, succeeded: bool, together: bool) -> None:
        """A payment ends, well or badly."""
        drawn = self._order(which, "held", "waiting", "cancelled")
        if drawn is None:
            return
        buyer, ident = drawn
        self._hand_in(
            RecordPayment(ident, succeeded),
            buyer,
            lambda: self.auditor.pay(self._audited(ident), succeeded=succeeded),
            asks=succeeded,
            together=together,
        )

    @rule(which=NUMBERS, parts=PARTS, together=TOGETHER)
    def cancel(
        self, which: int, parts: list[tuple[int, Decimal]] | None, *, together: bool
    ) -> None:
        """An order is cancelled, or parts of it."""
        drawn = self._order(which, "waiting", "held", "complete", "draft")
        if drawn is None:
            return
        buyer, ident = drawn
        self._hand_in(
            CancelOrder(ident, _quantities(parts)),
            buyer,
            lambda: self.auditor.cancel(self._audited(ident), parts),
            together=together,
        )

    @rule(which=NUMBERS, parts=PARTS, together=TOGETHER)
    def ship(self, which: int, parts: list[tuple[int, Decimal]] | None, *, together: bool) -> None:
        """Goods leave."""
        drawn = self._order(which, "complete")
        if drawn is None:
            return
        buyer, ident = drawn
        self._hand_in(
            ShipOrder(ident, _quantities(parts)),
            buyer,
            lambda: self.auditor.ship(self._audited(ident), parts),
            together=together,
        )

    @rule(
        which=NUMBERS,
        line=st.integers(1, 3),
        units=QUANTITIES,
        aside=st.booleans(),
        together=TOGETHER,
    )
    def take_back(
        self, which: int, line: int, units: Decimal, *, aside: bool, together: bool
    ) -> None:
        """Goods come back, to where they left from or into quarantine."""
        drawn = self._order(which, "complete")
        if drawn is None:
            return
        buyer, ident = drawn
        lines = self._audited(ident).lines
        location = None
        if aside and line in lines:
            location = self.quarantine[self.auditor.owner[lines[line].variant]]
        command = ReturnGoods(ident, (LineQuantity(line, units),), location)
        self._hand_in(
            command,
            buyer,
            lambda: self.auditor.take_back(self._audited(ident), [(line, units)], location),
            together=together,
        )

    @rule(which=NUMBERS, priority=st.integers(0, 2), together=TOGETHER)
    def prioritise(self, which: int, priority: int, *, together: bool) -> None:
        """An order moves in the queue."""
        drawn = self._order(which, "waiting")
        if drawn is None:
            return
        buyer, ident = drawn
        self._hand_in(
            PrioritiseOrder(ident, priority),
            buyer,
            lambda: self.auditor.prioritise(self._audited(ident), priority),
            together=together,
        )

    # Acts on stock

    @rule(lines=LINES, where=NUMBERS, together=TOGETHER)
    def goods_arrive(self, lines: list[tuple[int, Decimal]], where: int, *, together: bool) -> None:
        """Goods arrive."""
        self.receive(lines, where, together=together)

    def receive(self, lines: list[tuple[int, Decimal]], where: int, *, together: bool) -> None:
        owner, shelves = self._shelves(lines, where)
        self._hand_in(
            ReceiveStock(tuple(StockLine(s[0], units, s[1]) for s, units in shelves)),
            owner,
            lambda: self.auditor.receive(shelves),
            together=together,
        )

    @rule(lines=LINES, where=NUMBERS, down=st.booleans(), together=TOGETHER)
    def adjust(
        self, lines: list[tuple[int, Decimal]], where: int, *, down: bool, together: bool
    ) -> None:
        """Stock is corrected, up or down."""
        owner, shelves = self._shelves(lines, where)
        changes = [(shelf, -units if down else units) for shelf, units in shelves]
        self._hand_in(
            AdjustStock(tuple(StockLine(s[0], units, s[1]) for s, units in changes)),
            owner,
            lambda: self.auditor.adjust(changes),
            together=together,
        )

    @rule(variant=NUMBERS, units=st.integers(0, 6), where=NUMBERS, together=TOGETHER)
    def count(self, variant: int, units: int, where: int, *, together: bool) -> None:
        """A shelf is counted."""
        owner, ((shelf, _),) = self._shelves([(variant, Decimal(1))], where)
        self._hand_in(
            CountStock(shelf[0], Decimal(units), None, shelf[1]),
            owner,
            lambda: self.auditor.count(shelf, Decimal(units)),
            together=together,
        )

    @rule(minutes=st.sampled_from([10, 31]))
    def turn_clock(self, minutes: int) -> None:
        """Time passes; what lapsed is not swept before the next act."""
        self._decide()
        self.world.now += timedelta(minutes=minutes)

    # The two sides

    def _hand_in(
        self,
        command: Command,
        organisation: Id,
        act: Act,
        *,
        asks: bool = False,
        together: bool,
    ) -> None:
        """Hand an act in; unless it goes together with the next, decide what there is."""
        submission = Submission(command, organisation, self.world.new_id(), "key", b"")
        self.auditor.handed_in = int(submission.act, 16)
        self.pending.append((submission, act, asks))
        if not together or len(self.pending) > 3:
            self._decide()

    def _decide(self) -> None:
        """Decide what was handed in on both sides, compare, and let the jobs run."""
        batch, self.pending = self.pending, []
        if not batch:
            return
        now = self.world.now
        results = self.world.decide([submission for submission, _, _ in batch])
        assert self.world.now > now
        self.touched = []
        self.auditor.now = now
        self.auditor.let_lapse(now)
        self.world.now, after = now, self.world.now
        for asks in (False, True):
            for (submission, act, does_ask), result in zip(batch, results, strict=True):
                if does_ask is asks:
                    self._audit(submission, act, result)
            changed = any(isinstance(each.command, ChangeOrder) for each, _, _ in batch)
            if not asks or changed:
                self.auditor.serve([*self._named(self.world.considered), *self.touched])
        self.world.now = after
        self._keep_house(everyone=False)

    def _keep_house(self, *, everyone: bool = True) -> None:
        """Let the jobs run, and compare everything."""
        self.auditor.now = self.world.now
        self.auditor.let_lapse(self.world.now)
        for considered in self.world.keep_house(everyone=everyone):
            self.auditor.serve(self._named(considered))
        self._learn_followers()
        self._compare()

    def _audit(self, submission: Submission, act: Act, result: object) -> None:
        """Let the auditor judge one act, and compare the answers."""
        code = None
        try:
            act()
        except Refused as refused:
            code = str(refused)
        given = result.code if isinstance(result, Refusal) else None
        assert given == code, (submission.command, result)
        if not isinstance(result, Decision):
            return
        self._check(result)
        self._learn_followers()
        self.touched += [
            (self.names.get(order.id, order.id), False)
            for order in (*result.placed, *result.changed)
        ]

    def _check(self, decision: Decision) -> None:
        """Say more of what was decided, where there is more to say."""

    def _named(self, orders: list[tuple[Id, bool]]) -> list[tuple[str, bool]]:
        self._learn_followers()
        return [(self.names.get(ident, ident), is_partner) for ident, is_partner in orders]

    def _learn_followers(self) -> None:
        """Successors get their ids from the core; the auditor calls them by what they follow."""
        for buyer, ident in self.world.orders:
            follows = self.world.orders[buyer, ident].follows
            if follows is not None and ident not in self.names:
                self.names[ident] = f"{follows}#2"
                self.placed.append((buyer, ident))

    def _compare(self) -> None:
        """Every order and every shelf stand alike on both sides."""
        for (_, ident), order in self.world.orders.items():
            audited = self.auditor.orders[self.names.get(ident, ident)]
            theirs = {
                line.line_no: (
                    line.variant,
                    line.quantity,
                    line.held,
                    line.shipped,
                    line.returned,
                    line.cancelled,
                    line.short,
                )
                for line in order.lines
            }
            ours = {
                n: (
                    line.variant,
                    line.asked,
                    line.held,
                    line.shipped,
                    line.back,
                    line.cancelled,
                    line.short,
                )
                for n, line in audited.lines.items()
            }
            assert theirs == ours, ident
            assert (order.status, order.fulfilment_status, order.payment_status) == (
                audited.status,
                audited.fulfilment(),
                audited.payment,
            ), ident
        assert len(self.world.orders) == len(self.auditor.orders)
        for key, figures in self.world.positions.items():
            if not figures.unlimited:
                shelf = (key.variant, key.location)
                assert figures.on_hand == self.auditor.shelves[shelf], key
                assert figures.held == self.auditor.set_aside(shelf), key
        assert self.auditor.idle_beside_stock() == []

    @invariant()
    def is_sound(self) -> None:
        """The invariants that `doctor` checks hold after every step."""
        assert unsound(self.world) == []

    # Drawing

    def _variants(self, buyer: Id, kind: str) -> list[Id]:
        if kind == "own":
            return self.mine[buyer]
        return [v for owner, variants in self.mine.items() if owner != buyer for v in variants]

    def _order(self, which: int, *statuses: str) -> tuple[Id, Id] | None:
        """One order, mostly one with such a status; None if there are no orders."""
        some = [each for each in self.placed if self._audited(each[1]).status in statuses]
        if not some or which % 8 == 0:
            some = self.placed
        return some[which % len(some)] if some else None

    def _audited(self, ident: Id) -> AuditedOrder:
        return self.auditor.orders[self.names.get(ident, ident)]

    def _shelves(
        self, lines: list[tuple[int, Decimal]], where: int
    ) -> tuple[Id, list[tuple[Shelf, Decimal]]]:
        """Shelves of one owner, picked by numbers; the shipping ones more often."""
        owner = list(self.mine)[where % len(self.mine)]
        locations = [*self.auditor.shipping[owner]] * 2 + [self.quarantine[owner]]
        return owner, [
            (
                (
                    self.mine[owner][number % len(self.mine[owner])],
                    locations[(number + where) % len(locations)],
                ),
                units,
            )
            for number, units in lines
        ]


def _quantities(parts: list[tuple[int, Decimal]] | None) -> tuple[LineQuantity, ...] | None:
    return None if parts is None else tuple(LineQuantity(line, units) for line, units in parts)
