"""Random lives of sales sessions on the pure core, and what must be true of them after every step.

Traders with customers and sessions of their own, a trader whose platform is elsewhere, and the
producers whose goods all of them sell. Acts that are decided alone are foretold from the shelves;
of all others it is checked what they left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Final, TypeAlias

from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import ZERO
from entrepot.kernel.refusal import Refusal
from entrepot.orders.model import (
    AdjustStock,
    CancelOrder,
    ChangeOrder,
    Command,
    CompleteSessionOrder,
    CountStock,
    Decision,
    GatherOrders,
    LineQuantity,
    Order,
    PlaceDraft,
    PlaceOrder,
    ReceiveStock,
    RecordPayment,
    ReturnGoods,
    ShipOrder,
    StockLine,
    Submission,
    WantedLine,
    Window,
    WindowProduct,
)
from tests.simulation.pure_sessions import WindowKey, held_by_customers
from tests.simulation.pure_world import PureWorld
from tests.simulation.soundness import unsound

UNITS: Final = ("1", "1", "2", "3", "0.5", "5")
SHORT: Final = "stock.insufficient_available"
Amounts: TypeAlias = dict[Id, Decimal]


class SessionLife:
    """One life: `step` does something, `check` says whether everything still adds up."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.world = PureWorld()
        self.places: dict[Id, list[Id]] = {}
        self.goods: dict[Id, list[Id]] = {}
        self.owner: dict[Id, Id] = {}
        self.sessions: list[WindowKey] = []
        self.remote: list[WindowKey] = []
        self.wanted_afar: dict[Id, Amounts | None] = {}
        """What each remote session order was accepted to have; None once a part was cancelled."""
        self.pending: list[tuple[Id, Command]] = []
        for number in range(2):
            self._open_producer(number)
        self.traders = [self.world.organisation() for _ in "AB"]
        self.platform = self.world.organisation()
        for producer in self.goods:
            for trader in (*self.traders, self.platform):
                self.world.rights.add((producer, trader, "session"))
        for trader in self.traders:
            self.open_session(trader)
        for _ in range(2):
            self.open_remote()
        for producer in self.goods:
            for variant in self.goods[producer][:2]:
                self.hand_in(producer, ReceiveStock((self._stock_line(variant, "8"),)))

    def _open_producer(self, number: int) -> None:
        world = self.world
        producer = world.organisation()
        self.places[producer] = [world.location(producer, 0), world.location(producer, 1)]
        self.goods[producer] = [
            world.variant(producer, f"carrots {number}"),
            world.variant(producer, f"leeks {number}"),
            world.variant(producer, f"air {number}", unlimited=True),
        ]
        for variant in self.goods[producer]:
            self.owner[variant] = producer

    def open_session(self, trader: Id) -> None:
        """A session with limits on most of what it sells, and without some of what there is."""
        chance, key = self.chance, (trader, self.world.new_id())
        products = {
            variant: WindowProduct(
                None if chance.random() < 0.3 else Decimal(chance.choice((2, 4, 6))),
                None,
                Decimal("1.50"),
                ZERO,
            )
            for variant in self.owner
            if chance.random() < 0.85
        }
        opens = self.world.now
        closes = opens + timedelta(minutes=chance.choice((60, 240)))
        self.world.sessions.windows[key] = Window(
            "open",
            is_remote=False,
            opens_at=opens,
            closes_at=closes,
            hold_until=None,
            products=products,
        )
        self.sessions.append(key)

    def open_remote(self) -> None:
        """A session that lives elsewhere: known by its times alone."""
        key = (self.platform, self.world.new_id())
        until = self.world.now + timedelta(minutes=self.chance.choice((120, 480)))
        self.world.sessions.windows[key] = Window(
            "open", is_remote=True, opens_at=None, closes_at=None, hold_until=until
        )
        self.remote.append(key)

    # What is done

    def step(self) -> None:
        """Something happens."""
        steps = [
            (12, self.place),
            (1, self.place_draft),
            (4, self.change),
            (6, self.pay),
            (4, self.cancel),
            (6, self.order_afar),
            (3, self.change_afar),
            (2, self.complete_afar),
            (3, self.goods_arrive),
            (3, self.count),
            (2, self.recount_and_harvest),
            (1, self.lose),
            (1, self.turn_clock),
            (1, self.close),
            (4, self.gather),
            (2, self.producer_ships),
            (1, self.producer_takes_back),
        ]
        weights = [weight for weight, _ in steps]
        self.chance.choices([act for _, act in steps], weights)[0]()

    def place(self, variant: Id | None = None) -> None:
        """A customer starts to check out, or pays at once; what is ordered may be given."""
        chance = self.chance
        trader, session = self._session()
        ident = self.world.new_id()
        order = PlaceOrder(
            ident,
            f"ref {ident}",
            "session",
            chance.choice(("refuse_short", "refuse_short", "line_by_line")),
            self._lines(self.owner if variant is None else [variant]),
            paid=chance.random() < 0.3,
            draft=chance.random() < 0.1,
            hold_minutes=chance.choice((10, 30)),
            window=session,
        )
        self.hand_in(trader, order)

    def place_draft(self) -> None:
        """A saved basket is checked out."""
        order = self._drawn(self._customers("draft"))
        if order is not None:
            paid = self.chance.random() < 0.4
            self.hand_in(order.organisation, PlaceDraft(order.id, paid, 30))

    def change(self) -> None:
        """A customer changes the basket."""
        order = self._drawn(self._customers("held", "draft", "complete"))
        if order is not None:
            self.hand_in(order.organisation, ChangeOrder(order.id, self._lines(self.owner)))

    def pay(self) -> None:
        """A payment ends, well or badly, in time or not."""
        order = self._drawn(self._customers("held", "held", "cancelled"))
        if order is not None:
            self.hand_in(order.organisation, RecordPayment(order.id, self.chance.random() < 0.75))

    def cancel(self) -> None:
        """An order is cancelled, whole or in part: a customer's, or a session order."""
        some = [order for order in self.world.orders.values() if order.status != "cancelled"]
        order = self._drawn(some)
        if order is not None:
            lines = None
            if self.chance.random() < 0.4:
                lines = (LineQuantity(self.chance.randint(1, 2), Decimal("0.5")),)
            self.hand_in(order.organisation, CancelOrder(order.id, lines))

    def order_afar(self) -> None:
        """A platform posts its session order, and sometimes the same once more."""
        chance = self.chance
        trader, session = chance.choice(self.remote[-3:])
        producer = chance.choice(list(self.goods))
        lines = self._lines(self.goods[producer])
        known = self._session_order(trader, session, producer)
        if known is not None and chance.random() < 0.4:
            lines = _lines_of(known)
        ident = self.world.new_id()
        order = PlaceOrder(
            ident,
            f"ref {ident}",
            "session",
            "refuse_short",
            lines,
            draft=chance.random() < 0.1,
            window=session,
            producer=producer,
        )
        self.hand_in(trader, order)

    def change_afar(self) -> None:
        """A platform replaces the lines of its session order, now and then by none."""
        order = self._drawn(self._afar())
        if order is not None and order.producer is not None:
            goods = self.goods[order.producer]
            lines = () if self.chance.random() < 0.2 else self._lines(goods)
            self.hand_in(order.organisation, ChangeOrder(order.id, lines))

    def complete_afar(self) -> None:
        """A platform completes its session order, with final lines or as it stands."""
        order = self._drawn(self._afar())
        if order is not None and order.producer is not None:
            lines = self._lines(self.goods[order.producer]) if self.chance.random() < 0.3 else None
            self.hand_in(order.organisation, CompleteSessionOrder(order.id, lines))

    def goods_arrive(self) -> None:
        """A producer harvests."""
        variant = self._tracked()
        line = self._stock_line(variant, self.chance.choice(UNITS))
        self.hand_in(self.owner[variant], ReceiveStock((line,)))

    def lose(self) -> None:
        """A producer corrects what is free downwards."""
        variant = self._tracked()
        line = self._stock_line(variant, "-1")
        self.hand_in(self.owner[variant], AdjustStock((line,)))

    def count(self) -> None:
        """A producer counts a shelf, and finds more or less than there should be."""
        variant = self._tracked()
        line = self._stock_line(variant, str(self.chance.randint(0, 7)))
        self.hand_in(self.owner[variant], CountStock(variant, line.quantity, None, line.location))

    def recount_and_harvest(self) -> None:
        """A count takes from somebody; others order meanwhile; then the goods come after all."""
        variant = self._tracked()
        producer = self.owner[variant]
        for place in self.places[producer]:
            self.hand_in(producer, CountStock(variant, Decimal(1), None, place))
        for line in ("2", "8"):
            self.hand_in(producer, ReceiveStock((self._stock_line(variant, line),)))
            self.place(variant)

    def turn_clock(self) -> None:
        """Time passes; the jobs may run."""
        self.decide()
        self.world.now += timedelta(minutes=self.chance.choice((5, 11, 31)))
        if self.chance.random() < 0.5:
            self.world.keep_house()
        if self.chance.random() < 0.5:
            self.open_session(self.chance.choice(self.traders))
            self.open_remote()

    def close(self) -> None:
        """A session closes: from now on nothing is placed in it."""
        self.decide()
        key = self.chance.choice(self.sessions)
        if self.world.sessions.windows[key].state == "open":
            self.world.sessions.set_state(key, "closing")

    def gather(self) -> None:
        """A part of a closing session is gathered; it may be said too early to be the last."""
        closing = [k for k in self.sessions if self.world.sessions.windows[k].state == "closing"]
        if closing:
            self.gather_some(self.chance.choice(closing), self.chance.randint(1, 3))

    def gather_some(self, key: WindowKey, most: int) -> None:
        """Gather at most so many orders, and see that what they held is the session orders'."""
        self.decide()
        trader, session = key
        paid = [
            order
            for order in self._customers("held")
            if (order.organisation, order.window) == key and order.payment_status == "paid"
        ][:most]
        before = self._gathered(key)
        held = _sum(
            (line.variant, line.held) for order in paid for line in order.lines if line.held
        )
        references = tuple((each, f"{session}:{each}") for each in self.goods)
        command = GatherOrders(
            session, tuple(order.id for order in paid), references, self.chance.random() < 0.8
        )
        self.world.decide([Submission(command, trader, self.world.new_id(), "", b"")])
        self.check()
        assert self._gathered(key) == _sum([*before.items(), *held.items()])
        for order in paid:
            now = self.world.orders[trader, order.id]
            assert now.status in {"complete", "cancelled"}
            assert [line.gathered for line in now.lines] == [line.held for line in order.lines]
        left = [o for o in self._customers("held") if (o.organisation, o.window) == key]
        done = [o for o in self._session_orders(key) if o.status == "complete"]
        assert not (done and any(not o.is_past_limit(self.world.now) for o in left))

    def producer_ships(self) -> None:
        """A producer ships a session order, or tries to."""
        order = self._drawn([o for o in self.world.orders.values() if o.producer is not None])
        if order is not None and order.producer is not None:
            self.hand_in(order.producer, ShipOrder(order.id, None, order.organisation))

    def producer_takes_back(self) -> None:
        """Something of a session order comes back to its producer."""
        order = self._drawn([o for o in self.world.orders.values() if o.producer is not None])
        if order is not None and order.producer is not None:
            lines = (LineQuantity(1, Decimal(1)),)
            command = ReturnGoods(order.id, lines, None, order.organisation)
            self.hand_in(order.producer, command)

    def finish(self) -> None:
        """All sessions close and are gathered to the end: nothing is left held in them."""
        self.decide()
        for key in self.sessions:
            if self.world.sessions.windows[key].state == "open":
                self.world.sessions.set_state(key, "closing")
        self.world.now += timedelta(hours=1)
        self.world.keep_house()
        for key in self.sessions:
            trader, session = key
            rest = [o for o in self._customers("held") if (o.organisation, o.window) == key]
            assert all(order.payment_status == "paid" for order in rest)
            references = tuple((each, f"{session}:{each}") for each in self.goods)
            command = GatherOrders(session, tuple(o.id for o in rest), references, last=True)
            for _ in range(2):  # the second finds nothing to do
                self.world.decide([Submission(command, trader, self.world.new_id(), "", b"")])
                self.check()
            assert all(o.status in {"complete", "cancelled"} for o in self._session_orders(key))
        held = held_by_customers(self.world.orders, self.world.live_holds())
        assert held == {}, "customers of closed sessions hold nothing"

    # How it is done

    def hand_in(self, organisation: Id, command: Command) -> None:
        """Hand an act in: alone, or with others in one batch."""
        self.pending.append((organisation, command))
        if self.chance.random() < 0.6 or len(self.pending) > 3:
            self.decide()

    def decide(self) -> None:
        """Decide what was handed in, and look at what became of it."""
        batch, self.pending = self.pending, []
        if not batch:
            return
        foretold = self._foretell(*batch[0]) if len(batch) == 1 else None
        before = {key: order.copy() for key, order in self.world.orders.items()}
        results = self.world.decide(
            [
                Submission(command, organisation, self.world.new_id(), "key", b"")
                for organisation, command in batch
            ]
        )
        if foretold is not None:
            (result,) = results
            assert (result.code if isinstance(result, Refusal) else "") in foretold, (batch, result)
        for asks in (False, True):
            for (_, command), result in zip(batch, results, strict=True):
                if isinstance(result, Decision) and _asks(command) is asks:
                    self._remember(command, result)
        acted = {getattr(command, "order", "") for _, command in batch}
        acted.update(each.subject for each in results if isinstance(each, Decision))
        if not any(isinstance(command, CountStock) for _, command in batch):
            self._nobody_lost(before, acted)
        self.check()

    def _foretell(self, who: Id, command: Command) -> set[str] | None:
        """The codes with which an act decided alone may be refused; `""` stands for accepted."""
        if isinstance(command, PlaceOrder) and not command.draft and command.producer is None:
            assert command.window is not None
            return self._foretell_basket((who, command.window), command.lines, command.policy, {})
        order = self.world.orders.get((who, getattr(command, "order", "")))
        if order is None or order.status != "held" or order.is_past_limit(self.world.now):
            return None
        own = _sum((line.variant, line.held) for line in order.lines)
        if isinstance(command, ChangeOrder) and order.producer is None:
            assert order.window is not None
            return self._foretell_basket((who, order.window), command.lines, order.policy, own)
        window = self.world.sessions.windows[who, order.window or ""]
        if window.is_remote and isinstance(command, ChangeOrder | CompleteSessionOrder):
            lines = _lines_of(order) if command.lines is None else command.lines
            return {""} if _fits(_amounts(lines), self._free(), own) else {SHORT}
        return None

    def _foretell_basket(
        self, key: WindowKey, lines: Sequence[WantedLine], policy: str, own: Amounts
    ) -> set[str]:
        """Whether a customer's lines are met, from what is on the shelves and the limits alone."""
        window = self.world.sessions.windows[key]
        assert window.opens_at is not None
        assert window.closes_at is not None
        if window.state != "open" or not window.opens_at <= self.world.now < window.closes_at:
            return {"orders.sales_session_not_open"}
        if any(line.variant not in window.products for line in lines):
            return {"orders.not_in_sales_session"}
        held = held_by_customers(
            self.world.orders, self.world.live_holds(not_due_by=self.world.now)
        )
        room = self._free()
        for variant, product in window.products.items():
            if product.quantity_max is not None:
                left = product.quantity_max - held.get((key, variant), ZERO)
                room[variant] = min(room.get(variant, left), left)
        if policy == "refuse_short":
            return {""} if _fits(_amounts(lines), room, own) else {SHORT}
        some = any(_fits({line.variant: line.quantity}, room, own) for line in lines)
        return {""} if some else {SHORT}

    def _free(self) -> Amounts:
        """What is free of each variant where orders ship from; unlimited ones are left out."""
        due = {hold.key for hold in self.world.live_holds()} - {
            hold.key for hold in self.world.live_holds(not_due_by=self.world.now)
        }
        expired = _sum(
            (h.position.variant, h.quantity) for h in self.world.live_holds() if h.key in due
        )
        free: Amounts = {}
        for key, figures in self.world.positions.items():
            if not figures.unlimited:
                free[key.variant] = free.get(key.variant, ZERO) + figures.on_hand - figures.held
        return _sum([*free.items(), *((v, q) for v, q in expired.items() if v in free)])

    def _remember(self, command: Command, decision: Decision) -> None:
        """Keep what a remote session order was accepted to have, by its requests alone."""
        afar = self.wanted_afar
        ident = decision.subject
        if isinstance(command, PlaceOrder) and command.producer is not None:
            more = _amounts(command.lines)
            there = afar.get(ident, {})
            if there is not None and there != more:
                afar[ident] = _sum([*there.items(), *more.items()])
        elif ident in afar and isinstance(command, ChangeOrder | CompleteSessionOrder):
            if command.lines:
                afar[ident] = _amounts(command.lines)
            elif isinstance(command, ChangeOrder):
                afar[ident] = {}
        elif ident in afar and isinstance(command, CancelOrder):
            afar[ident] = None

    def _nobody_lost(self, before: dict[tuple[Id, Id], Order], acted: set[Id]) -> None:
        """Whoever was not acted on, and is within the limit, still holds what was held."""
        for key, order in before.items():
            if order.id not in acted and not order.is_past_limit(self.world.now):
                now = self.world.orders[key]
                was = {line.line_no: line.held for line in order.lines}
                assert all(line.held >= was[line.line_no] for line in now.lines), key

    # What must be true

    def check(self) -> None:
        """Everything that is true after every step, whatever was done."""
        world = self.world
        assert unsound(world) == []
        held = held_by_customers(world.orders, world.live_holds(not_due_by=world.now))
        for (key, variant), units in held.items():
            most = world.sessions.limit(key, variant)
            assert most is None or units <= most, "a session holds more than its limit"
        for key in self.sessions:
            made = _sum(
                (line.variant, line.quantity)
                for order in self._session_orders(key)
                for line in order.lines
            )
            assert made == self._gathered(key), "session orders are what was gathered"
        live = [
            (order.organisation, order.window, order.producer)
            for order in world.orders.values()
            if order.producer is not None and order.status != "cancelled"
        ]
        assert len(live) == len(set(live)), "one order a trader, session and producer"
        for ident, wanted in self.wanted_afar.items():
            order = world.orders[self.platform, ident]
            if order.status in {"held", "draft"} and not order.is_past_limit(world.now):
                there = _amounts(_lines_of(order))
                assert wanted is None or there == wanted, "an order afar is what was asked"
                if order.status == "draft":
                    assert not any(line.held for line in order.lines)

    # Drawing and looking

    def _lines(self, variants: Iterable[Id]) -> tuple[WantedLine, ...]:
        some = list(variants)
        chance = self.chance
        return tuple(
            WantedLine(chance.choice(some), Decimal(chance.choice(UNITS)))
            for _ in range(chance.choice((1, 1, 2, 3)))
        )

    def _session(self) -> WindowKey:
        """A session, mostly one that is open."""
        windows = self.world.sessions.windows
        there = [k for k in self.sessions if windows[k].state == "open"][-3:]
        return self.chance.choice(there or self.sessions)

    def _tracked(self) -> Id:
        return self.chance.choice([v for some in self.goods.values() for v in some[:2]])

    def _stock_line(self, variant: Id, units: str) -> StockLine:
        place = self.chance.choice(self.places[self.owner[variant]])
        return StockLine(variant, Decimal(units), place)

    def _drawn(self, orders: list[Order]) -> Order | None:
        return self.chance.choice(orders[-8:]) if orders else None

    def _customers(self, *statuses: str) -> list[Order]:
        return [
            order
            for order in self.world.orders.values()
            if order.producer is None and order.status in statuses
        ]

    def _afar(self) -> list[Order]:
        return [
            order
            for order in self.world.orders.values()
            if order.producer is not None
            and (order.organisation == self.platform or self.chance.random() < 0.1)
        ]

    def _session_order(self, trader: Id, session: Id, producer: Id) -> Order | None:
        return next(
            (
                order
                for order in self._session_orders((trader, session))
                if order.producer == producer and order.status != "cancelled"
            ),
            None,
        )

    def _session_orders(self, key: WindowKey) -> list[Order]:
        return [
            order
            for order in self.world.orders.values()
            if order.producer is not None and (order.organisation, order.window) == key
        ]

    def _gathered(self, key: WindowKey) -> Amounts:
        return _sum(
            (line.variant, line.gathered)
            for order in self.world.orders.values()
            if order.producer is None and (order.organisation, order.window) == key
            for line in order.lines
            if line.gathered
        )


def _asks(command: Command) -> bool:
    return isinstance(command, PlaceOrder | PlaceDraft | ChangeOrder | CompleteSessionOrder)


def _amounts(lines: Iterable[WantedLine]) -> Amounts:
    return _sum((line.variant, line.quantity) for line in lines)


def _sum(pairs: Iterable[tuple[Id, Decimal]]) -> Amounts:
    sums: Amounts = {}
    for variant, units in pairs:
        sums[variant] = sums.get(variant, ZERO) + units
    return sums


def _fits(wanted: Amounts, room: Amounts, own: Amounts) -> bool:
    return all(
        units <= room[variant] + own.get(variant, ZERO)
        for variant, units in wanted.items()
        if variant in room
    )


def _lines_of(order: Order) -> tuple[WantedLine, ...]:
    return tuple(
        WantedLine(line.variant, line.quantity - line.cancelled)
        for line in order.lines
        if line.quantity > line.cancelled
    )
