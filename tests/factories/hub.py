"""A hub that sells a producer's goods in sales sessions, over the database."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from entrepot.infra.ids import new_id
from entrepot.kernel.ids import Id
from entrepot.orders import PlaceOrder, ReturnGoods, ShipOrder, Submission
from entrepot.orders.model import CompleteSessionOrder, GatherOrders
from tests.factories.counter import Counter, body_of, order_of, parts, wanted
from tests.factories.network import Network


class Hub:
    """A trader, a producer with carrots and leeks, and the sessions between them."""

    trader: Id
    producer: Id
    carrots: Id
    leeks: Id

    def __init__(self, network: Network, counter: Counter) -> None:
        self.network = network
        self.counter = counter

    async def open(self, carrots: object = 10, leeks: object = 10) -> Hub:
        """Found both, with a right between them and so much on the shelf."""
        network = self.network
        self.trader = await network.organisation("hub")
        self.producer = await network.organisation("producer")
        self.carrots = await network.variant(self.producer, "CARROTS")
        self.leeks = await network.variant(self.producer, "LEEKS")
        await network.right(self.producer, self.trader)
        await self.counter.receive(self.producer, self.carrots, carrots)
        await self.counter.receive(self.producer, self.leeks, leeks)
        return self

    async def session(self, *, carrots: object = None, leeks: object = None) -> Id:
        """A session of the hub's own that is open, with limits (None: none)."""
        ident = new_id()
        await self.counter.rows(
            "INSERT INTO selling_windows (organisation, id, is_remote, opens_at, closes_at)"
            " VALUES ($1, $2, false, now() - interval '1 hour', now() + interval '1 day')",
            self.trader,
            ident,
        )
        for variant, most in ((self.carrots, carrots), (self.leeks, leeks)):
            await self.sell(ident, variant, most)
        return ident

    async def sell(self, session: Id, variant: Id, most: object = None) -> None:
        """Let a session sell a product of the producer's: at most so much of it."""
        await self.counter.rows(
            "INSERT INTO window_products (organisation, selling_window, variant, owner,"
            " quantity_max, unit_price, purchase_price) VALUES ($1, $2, $3, $4, $5, 3, 1.5)",
            self.trader,
            session,
            variant,
            self.producer,
            None if most is None else Decimal(str(most)),
        )

    async def remote_session(self, hours: int = 24) -> Id:
        """A session that lives on the trader's platform; what it holds ends in so many hours."""
        ident = new_id()
        await self.counter.rows(
            "INSERT INTO selling_windows (organisation, id, is_remote, hold_until)"
            " VALUES ($1, $2, true, now() + make_interval(hours => $3))",
            self.trader,
            ident,
            hours,
        )
        return ident

    def basket(self, session: Id, *lines: tuple[Id, object], **terms: Any) -> PlaceOrder:  # noqa: ANN401 - passed on
        """A customer's order in a session."""
        order = order_of(*lines, kind="session", **terms)
        return msgspec.structs.replace(order, window=session)

    def afar(self, session: Id, *lines: tuple[Id, object], **terms: Any) -> PlaceOrder:  # noqa: ANN401 - passed on
        """A session order as a platform posts it."""
        order = order_of(*lines, kind="session", **terms)
        return msgspec.structs.replace(order, window=session, producer=self.producer)

    async def held(self, session: Id, variant: Id) -> Decimal:
        """What the session is written to hold of a product."""
        ((held,),) = await self.counter.rows(
            "SELECT held FROM window_products WHERE selling_window = $1 AND variant = $2",
            session,
            variant,
        )
        assert isinstance(held, Decimal)
        return held

    async def close(self, session: Id) -> None:
        """From now on nothing is placed in the session."""
        await self.counter.rows(
            "UPDATE selling_windows SET state = 'closing', closed_at = now() WHERE id = $1", session
        )

    async def gather(self, session: Id, *orders: Id, last: bool = True) -> None:
        """Make customers' orders into the session order, as closing does in parts."""
        command = GatherOrders(session, orders, ((self.producer, f"{session}:p"),), last)
        (answer,) = await self.counter.batch(Submission(command, self.trader, new_id(), "", b""))
        body_of(answer)

    async def complete(self, order: Id, *lines: tuple[Id, object]) -> Any:  # noqa: ANN401 - JSON has any shape
        """Complete a remote session order, with final lines or as it stands."""
        final = wanted(*lines) if lines else None
        return await self.counter.done(self.trader, CompleteSessionOrder(order, final))

    async def ship(self, order: Id, *lines: tuple[int, object]) -> Any:  # noqa: ANN401 - JSON has any shape
        """The producer ships a session order."""
        some = parts(*lines) if lines else None
        return await self.counter.done(self.producer, ShipOrder(order, some, self.trader))

    async def take_back(self, order: Id, *lines: tuple[int, object]) -> Any:  # noqa: ANN401 - JSON has any shape
        """The producer takes back some of a session order."""
        command = ReturnGoods(order, parts(*lines), None, self.trader)
        return await self.counter.done(self.producer, command)

    async def session_orders(self, session: Id) -> list[tuple[str, str, str]]:
        """Session orders as (id, status, lines in words)."""
        rows = await self.counter.rows(
            "SELECT id, status FROM orders WHERE selling_window = $1 AND producer IS NOT NULL"
            " ORDER BY id",
            session,
        )
        return [
            (str(ident), str(status), "; ".join(await self.counter.lines(str(ident))))
            for ident, status in rows
        ]
