"""Two processes at once in the same sales sessions, over the database.

Customers order, pay, change and cancel, goods come and are counted, limits pass, sessions close and
are gathered in parts by both; and platforms post their session orders. Afterwards every invariant
holds (the `database` fixture looks), no session ever held more than its limit, and what is closed
was gathered to the end.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from random import Random

import pytest

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool, open_pool
from entrepot.infra.settings import Settings
from entrepot.kernel.ids import Id
from entrepot.orders import (
    CancelOrder,
    ChangeOrder,
    CountStock,
    ReceiveStock,
    RecordPayment,
    StockLine,
    Submission,
)
from entrepot.orders.model import (
    Command,
    CompleteSessionOrder,
    GatherOrders,
    PlaceDraft,
    SweepExpired,
)
from tests.factories.counter import Counter, wanted
from tests.factories.hub import Hub
from tests.factories.network import Network

LIMITS = (None, 3, 6)


class Market:
    """A hub with its sessions, as both processes know them."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.sessions: list[Id] = []
        self.remote: list[Id] = []
        self.orders: list[Id] = []

    async def live(self, counter: Counter, chance: Random, steps: int) -> None:
        """One process: batches of acts, and now and then what jobs do."""
        for _ in range(steps):
            if chance.random() < 0.8:
                acts = [self._act(chance) for _ in range(chance.randint(1, 5))]
                for answer in await counter.batch(*acts):
                    if isinstance(answer, BaseException):
                        raise answer
            else:
                await chance.choice((self._gather, self._gather, self._close, self._lapse))(
                    counter, chance
                )

    def _act(self, chance: Random) -> tuple[Id, Command]:
        hub = self.hub
        lines = [
            (chance.choice((hub.carrots, hub.leeks)), chance.choice((1, 1, 2, "0.5")))
            for _ in range(chance.randint(1, 2))
        ]
        draw = chance.random()
        if draw < 0.4 or not self.orders:
            session = chance.choice(self.sessions)
            draft, paid = chance.random() < 0.1, chance.random() < 0.3
            order = hub.basket(session, *lines, paid=paid, draft=draft)
            self.orders.append(order.order)
            return hub.trader, order
        if draw < 0.5:
            order = hub.afar(chance.choice(self.remote), *lines)
            self.orders.append(order.order)
            return hub.trader, order
        if draw < 0.6:
            variant = chance.choice((hub.carrots, hub.leeks))
            if chance.random() < 0.5:
                return hub.producer, ReceiveStock((StockLine(variant, Decimal(2)),))
            return hub.producer, CountStock(variant, Decimal(chance.randint(0, 9)), None)
        ident = chance.choice(self.orders[-12:])
        some: tuple[Command, ...] = (
            RecordPayment(ident, chance.random() < 0.8),
            RecordPayment(ident, chance.random() < 0.8),
            ChangeOrder(ident, wanted(*lines)),
            CancelOrder(ident),
            PlaceDraft(ident, chance.random() < 0.5),
            CompleteSessionOrder(ident),
        )
        return hub.trader, chance.choice(some)

    async def _close(self, counter: Counter, chance: Random) -> None:
        """A session closes, and another opens."""
        await counter.rows(
            "UPDATE selling_windows SET state = 'closing', closed_at = now()"
            " WHERE id = $1 AND state = 'open'",
            chance.choice(self.sessions),
        )
        await self.open(chance)

    async def open(self, chance: Random) -> None:
        """One more session of either kind."""
        carrots, leeks = chance.choice(LIMITS), chance.choice(LIMITS)
        self.sessions.append(await self.hub.session(carrots=carrots, leeks=leeks))
        self.remote.append(await self.hub.remote_session())

    async def _gather(self, counter: Counter, chance: Random) -> None:
        """A part of a session that closes is gathered, by either process, maybe by both."""
        session = chance.choice(self.sessions)
        rows = await counter.rows(
            "SELECT id FROM orders WHERE selling_window = $1 AND status = 'held'"
            " AND producer IS NULL ORDER BY id LIMIT $2",
            session,
            chance.randint(1, 4),
        )
        await self.gather(counter, session, [str(ident) for (ident,) in rows])

    async def gather(self, counter: Counter, session: Id, orders: list[Id]) -> None:
        """Gather some orders, saying that they are the last."""
        hub = self.hub
        command = GatherOrders(session, tuple(orders), ((hub.producer, f"{session}:p"),), last=True)
        (answer,) = await counter.batch(Submission(command, hub.trader, new_id(), "", b""))
        if isinstance(answer, BaseException):
            raise answer

    async def _lapse(self, counter: Counter, chance: Random) -> None:
        """The limit of an order passes, and may be swept at once."""
        ident = chance.choice(self.orders) if self.orders else new_id()
        await Network(counter.pool).set_clock_past(ident)
        if chance.random() < 0.5:
            await counter.keep_house(SweepExpired(((self.hub.trader, ident),)))


@pytest.mark.parametrize("part", range(2))
async def test_two_processes_in_the_same_sessions(
    pool: Pool, database: str, settings: Settings, part: int, *, full_size: bool
) -> None:
    other = await open_pool(database, settings)
    counters = (Counter(pool), Counter(other))
    try:
        for number in range(20 if full_size else 2):
            chance = Random(f"{part} {number}")
            market = Market(await Hub(Network(pool), counters[0]).open(8, 8))
            for _ in range(2):
                await market.open(chance)
            await asyncio.gather(
                *(market.live(each, Random(chance.random()), 40) for each in counters)
            )
            await _is_sound(counters[0])
            await _finish(market, counters[0])
    finally:
        await other.close()


async def _is_sound(counter: Counter) -> None:
    beyond = await counter.rows(
        "SELECT selling_window, variant FROM window_products WHERE held > quantity_max"
    )
    assert beyond == []
    wrong = await counter.rows(
        "SELECT p.variant FROM window_products AS p WHERE p.held <> coalesce((SELECT"
        " sum(h.quantity) FROM holds AS h INNER JOIN orders AS o ON h.organisation ="
        " o.organisation AND h.order_id = o.id WHERE h.state = 'live' AND o.selling_window ="
        " p.selling_window AND o.producer IS NULL AND h.variant = p.variant), 0)"
    )
    assert wrong == []


async def _finish(market: Market, counter: Counter) -> None:
    """Everybody's limit passes and every session closes: its goods are in complete orders."""
    for ident in market.orders:
        await Network(counter.pool).set_clock_past(ident)
    for session in market.sessions:
        await counter.rows(
            "UPDATE selling_windows SET state = 'closing', closed_at = now()"
            " WHERE id = $1 AND state = 'open'",
            session,
        )
        rows = await counter.rows(
            "SELECT organisation, id FROM orders WHERE selling_window = $1 AND status = 'held'"
            " AND hold_until <= now()",
            session,
        )
        await counter.keep_house(SweepExpired(tuple((str(a), str(b)) for a, b in rows)))
        rows = await counter.rows(
            "SELECT id FROM orders WHERE selling_window = $1 AND status = 'held'"
            " AND producer IS NULL",
            session,
        )
        await market.gather(counter, session, [str(ident) for (ident,) in rows])
        left = await counter.rows(
            "SELECT id, producer FROM orders WHERE selling_window = $1 AND status = 'held'", session
        )
        assert left == []
    await _is_sound(counter)
