"""The random world of the oracle, in which some traders also sell in sales sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any

from entrepot.apis.rest import Metrics
from entrepot.app import open_desk
from entrepot.infra.clock import utc_now
from entrepot.infra.settings import Settings
from entrepot.kernel.ids import Id
from entrepot.orders import Desk
from entrepot.sales_sessions import Face, NewSessionOrder, WrittenOrder, place_session_order
from tests.access.random_world import RandomWorld
from tests.factories.callers import caller_for
from tests.factories.network import Network
from tests.factories.web import Web

BASKETS = 5
"""Customer orders of one session."""

_numbers = count(1)


class SellingWorld(RandomWorld):
    """A random world with sales sessions in all states, and session orders of remote traders."""

    def __init__(self, dice: Random, network: Network, web: Web, desk: Desk) -> None:
        super().__init__(dice, network, web)
        self.desk = desk

    async def _give_rights(self) -> None:
        """Those to whom producers' goods are opened sell them, here and elsewhere."""
        await super()._give_rights()
        for trader in self.organisations:
            goods = await self._opened(trader, "session")
            if goods:
                await self._supply(goods)
                for days in (-1, self.dice.choice((-1, 1))):
                    await self._sell(trader, goods, days)
                await self._order_from_afar(trader, goods)

    async def _supply(self, goods: list[Id]) -> None:
        """Something of most goods, so that baskets find some and not always all."""
        for producer, variants in self.variants.items():
            lines = [
                {
                    "variant": f"var_{variant}",
                    "location": f"loc_{self.dice.choice(self.locations[producer])}",
                    "quantity": str(self.dice.randint(1, 20) / 2),
                }
                for variant in variants
                if variant in goods
            ]
            if lines:
                await self.askers[producer].post("/stock/receipts", {"lines": lines})

    async def _sell(self, trader: Id, goods: list[Id], days: int) -> None:
        """A session, which begins in so many days; its customers' orders; its end, or not yet."""
        dice, asker, now = self.dice, self.askers[trader], utc_now()
        sold = dice.sample(goods, min(len(goods), dice.randint(1, 4)))
        body = {
            "name": "Week",
            "reference": f"week-{next(_numbers)}",
            "opens_at": (now + timedelta(days=days)).isoformat(),
            "closes_at": (now + timedelta(days=dice.randint(2, 5))).isoformat(),
            "products": [self._product(variant) for variant in sold],
        }
        session = (await asker.post("/sales-sessions", body))["id"]
        for _ in range(BASKETS):
            await self._fill_basket(trader, session, sold)
        fate = dice.choice(("goes on", "goes on", "ends", "closes", "closes", "closes at once"))
        if fate == "ends":
            # Its end has come, and nobody has closed it yet.
            await self._write(
                "UPDATE selling_windows SET opens_at = now() - interval '2 days',"
                " closes_at = now() - interval '1 hour' WHERE id = $1",
                session.removeprefix("sal_"),
            )
        elif fate != "goes on":
            closing = {"cancel_unpaid": fate == "closes at once"}
            await asker.post(f"/sales-sessions/{session}/close", closing)
            await self._ship(session.removeprefix("sal_"))

    def _product(self, variant: Id) -> dict[str, Any]:
        dice = self.dice
        return {
            "variant": f"var_{variant}",
            "quantity_max": dice.choice((None, str(dice.randint(4, 30) / 2))),
            "unit_price": dice.choice((None, "3.75")),
        }

    async def _fill_basket(self, trader: Id, session: str, sold: list[Id]) -> None:
        """A customer's order, of which some are refused, others never paid, and some in time."""
        dice = self.dice
        body = {
            "reference": f"basket-{next(_numbers)}",
            "sales_session": session,
            "paid": dice.random() < 0.6,
            "lines": [
                {"variant": f"var_{variant}", "quantity": str(dice.randint(1, 6) / 2)}
                for variant in dice.sample(sold, min(len(sold), dice.randint(1, 2)))
            ],
        }
        if not body["paid"] and dice.random() < 0.7:
            body["hold_minutes"] = 60
        answer = await self.askers[trader].try_post("/orders", body)
        if answer.status_code == 201:
            order = answer.json()["id"]
            self.orders.append((trader, order))
            if "hold_minutes" in body and dice.random() < 0.4:
                await self.network.set_clock_past(order.removeprefix("ord_"))

    async def _ship(self, session: Id) -> None:
        """Some producers let what a closed session ordered of them leave, in part or whole."""
        for producer, order in await self._rows(
            "SELECT producer, id FROM orders WHERE selling_window = $1 AND producer IS NOT NULL"
            " ORDER BY id",
            session,
        ):
            part = {"lines": [{"line": 1, "quantity": "0.5"}]}
            body = self.dice.choice((None, part))
            if self.dice.random() < 0.6:
                await self.askers[producer].try_post(f"/session-orders/ord_{order}/ship", body)

    async def _order_from_afar(self, trader: Id, goods: list[Id]) -> None:
        """Orders of a trader's own platform: a draft, held, over, or complete."""
        dice, now = self.dice, utc_now()
        rows = await self._rows(
            "SELECT g.slug, array_agg(v.id ORDER BY v.id) FROM variants AS v"
            " INNER JOIN organisations AS g ON v.organisation = g.id WHERE v.id = ANY($1::uuid[])"
            " GROUP BY g.slug ORDER BY g.slug",
            goods,
        )
        for slug, variants in rows:
            chosen = dice.sample(variants, min(len(variants), 2))
            faces = tuple(Face(variant, Decimal(dice.randint(1, 3))) for variant in chosen)
            fate = dice.choice(("draft", "held", "held", "over", "over", "complete"))
            ends = dice.choice((None, now + timedelta(days=1)))
            new = NewSessionOrder(now, ends, faces, fate == "draft", fate == "complete")
            key = f"afar-{next(_numbers)}"
            made = await place_session_order(self.desk, caller_for(trader), slug, new, key)
            if isinstance(made, WrittenOrder) and fate == "over":
                await self.network.set_clock_past(made.order.id)


@asynccontextmanager
async def open_world(
    dice: Random, network: Network, web: Web, settings: Settings
) -> AsyncIterator[SellingWorld]:
    """A world with a desk, which takes what comes from other platforms."""
    desk = open_desk(web.pool, settings, Metrics())
    desk.intake.start()
    try:
        yield SellingWorld(dice, network, web, desk)
    finally:
        await desk.intake.close()
