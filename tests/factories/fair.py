"""A hub with real sales sessions, opened by the action, and customers who order in them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from entrepot.infra.clock import utc_now
from entrepot.infra.ids import new_id
from entrepot.infra.writing import Written
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.orders import Desk
from entrepot.sales_sessions import (
    NewSalesSession,
    SessionProduct,
    ShownSession,
    find_sales_session,
    open_sales_session,
)
from tests.factories.callers import caller_for
from tests.factories.counter import Counter
from tests.factories.hub import Hub
from tests.factories.network import Network


class Fair:
    """A trader, a producer, and the desk where sessions are closed."""

    def __init__(self, hub: Hub, network: Network, counter: Counter, desk: Desk) -> None:
        self.hub = hub
        self.network = network
        self.counter = counter
        self.desk = desk
        self.pool = desk.pool

    @property
    def trader(self) -> Caller:
        return caller_for(self.hub.trader)

    @property
    def producer(self) -> Caller:
        return caller_for(self.hub.producer)

    def new(self, *products: SessionProduct, reference: str = "week", **times: Any) -> Any:  # noqa: ANN401 - a session with any fault in it
        """A session from yesterday to tomorrow, of the hub's two products unless some are named."""
        now = utc_now()
        named = products or (SessionProduct(self.hub.carrots), SessionProduct(self.hub.leeks))
        opens_at = times.get("opens_at", now - timedelta(days=1))
        closes_at = times.get("closes_at", now + timedelta(days=1))
        return NewSalesSession("This week", reference, opens_at, closes_at, named)

    async def open(self, *products: SessionProduct, reference: str = "week") -> Id:
        """Open such a session."""
        made = await open_sales_session(
            self.pool, new_id, self.trader, self.new(*products, reference=reference)
        )
        assert isinstance(made, Written), made
        return made.answer.inner_id

    async def buy(self, session: Id, kilos: object, *, paid: bool = True) -> Id:
        """A customer orders carrots; paid for at once, or held until the payment."""
        answer = await self.counter.place(
            self.hub.trader, self.hub.basket(session, (self.hub.carrots, kilos), paid=paid)
        )
        return str(answer["id"]).removeprefix("ord_")

    async def end(self, session: Id) -> None:
        """Let the session's end have come."""
        await self.counter.rows(
            "UPDATE selling_windows SET closes_at = now() - interval '1 second' WHERE id = $1",
            session,
        )

    async def show(self, session: Id) -> ShownSession:
        """The session as its trader sees it."""
        shown = await find_sales_session(self.pool, self.trader, session)
        assert isinstance(shown, ShownSession), shown
        return shown

    async def state(self, session: Id) -> str:
        return (await self.show(session)).session.state
