"""Every action of the front doors, called at once from two intakes: safety lies below the routes.

Whatever happens, no call ends in a bug and (as after every test) figures, holds, rows and orders
tell one story.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import Counter as Tally
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import date
from decimal import Decimal
from random import Random
from typing import TypeAlias

import msgspec
import pytest

from entrepot import orders, stock
from entrepot.app import open_desk
from entrepot.infra.ground import read_clock
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Connection, open_pool
from entrepot.infra.settings import Settings
from entrepot.kernel.demand import Demand, DemandLine, PositionKey
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders import Accepted, Answer, Desk, StockLine
from tests.factories.bazaar import Bazaar
from tests.factories.callers import caller_for
from tests.factories.counter import order_of, parts, wanted
from tests.factories.network import pass_limit
from tests.factories.stall import Stall

Act: TypeAlias = Callable[["Crowd"], Awaitable[object]]
POLICIES = ("refuse_short", "line_by_line", "ship_complete", "allow_split", "no_backorder")


class Crowd:
    """Callers that do anything to a few variants and to each other's orders."""

    marketplace: Id

    def __init__(self, stall: Stall, desks: Sequence[Desk], goods: Sequence[Id], seed: int) -> None:
        self.stall = stall
        self.desks = desks
        self.goods = goods
        self.dice = Random(seed)
        self.caller = caller_for(stall.owner)
        self.known: list[Id] = [new_id()]
        self.drafts: list[Id] = [new_id()]
        self.sold: list[Id] = [new_id()]
        """Orders of the marketplace."""
        self.invoices: list[Id] = [new_id()]
        self.refunds: list[Id] = [new_id()]
        self.seen: Tally[str] = Tally()

    @property
    def desk(self) -> Desk:
        return self.dice.choice(self.desks)

    @property
    def key(self) -> str:
        return f"key {self.dice.getrandbits(60)}"

    @property
    def order(self) -> Id:
        """Any order, most often a young one."""
        return self.dice.choice(self.known[-self.dice.randint(1, 40) :])

    @property
    def draft(self) -> Id:
        return self.dice.choice(self.drafts[-5:])

    @property
    def quantity(self) -> Decimal:
        return Decimal(self.dice.randint(1, 4000)) / 1000

    def lines(self) -> list[tuple[Id, object]]:
        return [
            (self.dice.choice(self.goods), self.quantity) for _ in range(self.dice.randint(1, 3))
        ]

    def new(self) -> orders.PlaceOrder:
        dice = self.dice
        order = order_of(
            *self.lines(),
            policy=dice.choice(POLICIES),
            paid=dice.random() < 0.4,
            draft=dice.random() < 0.2,
        )
        (self.drafts if order.draft else self.known).append(order.order)
        return order

    async def one(self) -> None:
        """Do one thing; only a bug raises."""
        name = self.dice.choice(list(ACTS))
        answered = await ACTS[name](self)
        for each in answered if isinstance(answered, list) else [answered]:
            if isinstance(each, BaseException):
                raise each
            self.seen[f"{name}: {'no' if isinstance(each, Refusal) else 'yes'}"] += 1


async def place_many(crowd: Crowd) -> object:
    handed = [(crowd.new(), crowd.key) for _ in range(crowd.dice.randint(1, 6))]
    return await orders.place_orders(crowd.desk, crowd.caller, handed)


async def sell_on_a_marketplace(crowd: Crowd) -> object:
    """A marketplace orders whole units of the stall's goods."""
    goods = [(variant, crowd.dice.randint(1, 3)) for variant, _ in crowd.lines()]
    ways: tuple[orders.DeliveryType, ...] = ("buy_online", "click_and_collect")
    way = crowd.dice.choice(ways)
    said = tuple(orders.MarketLine(orders.Money(500), delivery_type=way) for _ in goods)
    new = orders.NewMarketplaceOrder(wanted(*goods), orders.Market(said))
    caller = caller_for(crowd.marketplace)
    answer = await orders.place_marketplace_order(crowd.desk, caller, new, crowd.key)
    if isinstance(answer, Accepted):
        made = msgspec.json.decode(answer.body)
        crowd.sold.append(made["id"].removeprefix("ord_"))
        invoices = made["marketplace"]["invoices"]
        crowd.invoices += [each["id"].removeprefix("inv_") for each in invoices]
    return answer


async def ship_an_invoice(crowd: Crowd) -> object:
    """A seller, or its marketplace, ships some unit of some invoice."""
    caller = caller_for(crowd.dice.choice((crowd.stall.owner, crowd.marketplace)))
    new = orders.NewShipment(
        crowd.dice.choice(crowd.invoices), parts((1, 1)), 1, "T1", date(2099, 1, 1)
    )
    return await orders.ship_invoice(crowd.desk, caller, new, crowd.key)


async def have_it_fetched(crowd: Crowd) -> object:
    """A customer has come for the goods of some invoice."""
    caller = caller_for(crowd.dice.choice((crowd.stall.owner, crowd.marketplace)))
    invoice = crowd.dice.choice(crowd.invoices)
    return await orders.hand_over_invoice(crowd.desk, caller, invoice, crowd.key)


async def keep_it_ready(crowd: Crowd) -> object:
    caller = caller_for(crowd.dice.choice((crowd.stall.owner, crowd.marketplace)))
    invoice = crowd.dice.choice(crowd.invoices)
    return await orders.mark_invoice_ready(crowd.desk.pool, new_id, caller, invoice)


async def review(crowd: Crowd) -> object:
    """A marketplace keeps an order from leaving, or lets it go."""
    statuses: tuple[orders.MarketStatus, ...] = ("pending_review", "complete", "complete")
    changes = orders.MarketOrderChanges(crowd.dice.choice(statuses))
    return await orders.change_marketplace_order(
        crowd.desk.pool,
        new_id,
        caller_for(crowd.marketplace),
        crowd.dice.choice(crowd.sold),
        changes,
    )


async def ask_for_a_refund(crowd: Crowd) -> object:
    """A seller, or its marketplace, cancels or takes back a unit of some invoice."""
    caller = caller_for(crowd.dice.choice((crowd.stall.owner, crowd.marketplace)))
    line = orders.RefundLine(1, Decimal(1), dispatched=crowd.dice.random() < 0.4)
    restock = crowd.dice.choice((None, True, False))
    new = orders.NewRefund(crowd.dice.choice(crowd.invoices), (line,), restock=restock)
    answer = await orders.request_refund(crowd.desk, caller, new, crowd.key)
    if isinstance(answer, Accepted):
        crowd.refunds.append(msgspec.json.decode(answer.body)["id"].removeprefix("rfr_"))
    return answer


def on_refund(
    action: Callable[..., Awaitable[Answer]], step: Callable[..., object] = orders.RefundStep
) -> Act:
    """The marketplace takes a step with some young refund request."""

    async def act(crowd: Crowd) -> object:
        refund = crowd.dice.choice(crowd.refunds[-5:])
        caller = caller_for(crowd.marketplace)
        return await action(crowd.desk, caller, step(refund), crowd.key)

    return act


async def count(crowd: Crowd) -> object:
    variant = crowd.dice.choice(crowd.goods)
    command = orders.CountStock(variant, Decimal(crowd.dice.randint(0, 12)), None)
    return await orders.count_stock(crowd.desk, crowd.caller, command, crowd.key)


async def sweep(crowd: Crowd) -> object:
    """Let the limit of some order pass, then sweep; in half of the cases others come first."""
    async with crowd.stall.pool.acquire() as connection:
        await pass_limit(connection, crowd.order)
    return await orders.sweep_expired(crowd.desk) if crowd.dice.random() < 0.5 else 0


def on_stock(
    action: Callable[..., Awaitable[Answer]], command: Callable[..., object], low: int
) -> Act:
    """An act on stock: some units of some variant."""

    async def act(crowd: Crowd) -> object:
        variant = crowd.dice.choice(crowd.goods)
        quantity = Decimal(crowd.dice.randint(low, 3) or 1)
        made = command((StockLine(variant, quantity),))
        return await action(crowd.desk, crowd.caller, made, crowd.key)

    return act


def on_order(action: Callable[..., Awaitable[Answer]], command: Callable[[Crowd], object]) -> Act:
    """An act on some order."""

    async def act(crowd: Crowd) -> object:
        return await action(crowd.desk, crowd.caller, command(crowd), crowd.key)

    return act


ACTS: dict[str, Act] = {
    "place_order": on_order(orders.place_order, lambda c: c.new()),
    "place_orders": place_many,
    "place_marketplace_order": sell_on_a_marketplace,
    "ship_invoice": ship_an_invoice,
    "hand_over_invoice": have_it_fetched,
    "mark_invoice_ready": keep_it_ready,
    "change_marketplace_order": review,
    "request_refund": ask_for_a_refund,
    "take_back_refund": on_refund(orders.take_back_refund),
    "complete_refund": on_refund(orders.complete_refund, orders.RefundCompletion),
    "deny_refund": on_refund(orders.deny_refund),
    "restore_refund": on_refund(orders.restore_refund),
    "place_draft": on_order(
        orders.place_draft, lambda c: orders.PlaceDraft(c.draft, paid=c.dice.random() < 0.5)
    ),
    "change_order": on_order(
        orders.change_order, lambda c: orders.ChangeOrder(c.order, wanted(*c.lines()))
    ),
    "record_payment": on_order(
        orders.record_payment,
        lambda c: orders.RecordPayment(c.order, succeeded=c.dice.random() < 0.8),
    ),
    "complete_session_order": on_order(
        orders.complete_session_order, lambda c: orders.CompleteSessionOrder(c.order)
    ),
    "cancel_order": on_order(
        orders.cancel_order,
        lambda c: orders.CancelOrder(
            c.order, parts((1, c.quantity)) if c.dice.random() < 0.5 else None
        ),
    ),
    "ship_order": on_order(
        orders.ship_order,
        lambda c: orders.ShipOrder(
            c.order, parts((1, c.quantity)) if c.dice.random() < 0.5 else None
        ),
    ),
    "return_goods": on_order(
        orders.return_goods, lambda c: orders.ReturnGoods(c.order, parts((1, c.quantity)))
    ),
    "prioritise_order": on_order(
        orders.prioritise_order, lambda c: orders.PrioritiseOrder(c.order, c.dice.randint(0, 99))
    ),
    "receive_stock": on_stock(orders.receive_stock, orders.ReceiveStock, 1),
    "adjust_stock": on_stock(orders.adjust_stock, orders.AdjustStock, -3),
    "count_stock": count,
    "sweep_expired": sweep,
    "recheck_waiting": lambda crowd: orders.recheck_waiting(crowd.desk),
}

OF_SESSIONS = {
    "change_window",
    "close_window",
    "complete_window",
    "end_unpaid",
    "gather_orders",
    "open_remote_window",
    "open_window",
}
"""Acts on sales sessions, whose races are in `test_closing_sessions.py`."""


def test_every_action_is_among_them() -> None:
    actions = {
        name
        for name in orders.__all__
        if inspect.iscoroutinefunction(each := getattr(orders, name))
        and "actions" in each.__module__
    }
    # The crowd calls the first by way of all the others; the second hands in receipts and counts,
    # which it calls; the next two are the operator's.
    of_others = {"decide_batch", "import_stock", "rebuild_orders", "rebuild_windows"}
    assert actions - of_others - OF_SESSIONS == ACTS.keys()


@pytest.fixture
async def desks(database: str, settings: Settings) -> AsyncIterator[list[Desk]]:
    """Two intakes that share nothing but the database."""
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(2):
            pool = await stack.enter_async_context(await open_pool(database, settings))
            desk = open_desk(pool, settings)
            desk.intake.start()
            stack.push_async_callback(desk.intake.close)
            opened.append(desk)
        yield opened


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_crowd_at_every_door(
    stall: Stall, desks: list[Desk], *, seed: int, full_size: bool
) -> None:
    goods = [await stall.goods(8) for _ in range(3)]
    crowd = Crowd(stall, desks, goods, seed)
    bazaar = await Bazaar(stall.network, stall.counter).open()
    crowd.marketplace = bazaar.marketplace
    await stall.network.right(stall.owner, bazaar.marketplace, "marketplace")
    await stall.counter.rows("UPDATE variants SET pricing_model = 'marketplace'")
    for _ in range(200 if full_size else 12):
        await asyncio.gather(*(crowd.one() for _ in range(32)))
    silent = [name for name in ACTS if not any(each.startswith(name) for each in crowd.seen)]
    assert not silent


async def take_directly(connection: Connection, key: PositionKey, owner: Id) -> bool:
    """Hold one unit through the ledger's own front door, without an intake."""
    async with connection.transaction():
        locked = await stock.lock_stock(connection, [(key.owner, key.variant)])
        now = await read_clock(connection)
        book = stock.Book([figures for figures, _ in locked], {})
        line = DemandLine(1, Decimal(1), (key,))
        outcome = stock.decide(book, Demand(new_id(), owner, new_id(), lines=(line,)))
        await stock.write_stock(connection, now, book)
        return outcome.accepted


@pytest.mark.damages_database("these holds have no orders")
async def test_the_ledger_needs_no_intake_to_be_safe(stall: Stall, *, full_size: bool) -> None:
    for units in (1, 5, 10) * (30 if full_size else 1):
        variant = await stall.goods(units)
        ((owner, location),) = await stall.counter.rows(
            "SELECT owner, location FROM positions WHERE variant = $1", variant
        )
        key = PositionKey(str(owner), variant, str(location))

        async def take(key: PositionKey = key) -> bool:
            async with stall.pool.acquire() as connection:
                return await take_directly(connection, key, stall.owner)

        took = await asyncio.gather(*(take() for _ in range(32)))
        assert sum(took) == units
        assert await stall.counter.figures(variant) == (units, units, 1 + units)
        held = "SELECT sum(quantity) FROM holds WHERE variant = $1 AND state = 'live'"
        assert await stall.counter.rows(held, variant) == [(units,)]
