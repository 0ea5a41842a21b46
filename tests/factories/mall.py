"""A marketplace with two sellers and an order over both, as its programs go on with it."""

from __future__ import annotations

from typing import Any

import httpx

from entrepot.kernel.ids import Id
from tests.factories.bazaar import Bazaar
from tests.factories.counter import Counter
from tests.factories.network import Network
from tests.factories.web import Asker, Web

TODAY = "2099-01-31"
"""A day on which everything has been ordered."""


class Mall:
    """Mugs of seller one, 10 on the shelf at 12.50; rugs of seller two, 10 at 30.00."""

    shop: Asker
    one: Asker
    two: Asker
    mugs: Id
    rugs: Id

    def __init__(self, web: Web, bazaar: Bazaar) -> None:
        self.web = web
        self.bazaar = bazaar

    @staticmethod
    async def open(network: Network, counter: Counter, web: Web) -> Mall:
        mall = Mall(web, await Bazaar(network, counter).open())
        first = await mall.bazaar.seller("seller-one")
        second = await mall.bazaar.seller("seller-two")
        mall.shop = await web.asker(mall.bazaar.marketplace)
        mall.one, mall.two = await web.asker(first), await web.asker(second)
        mall.mugs = await mall.bazaar.goods(first, "MUGS")
        mall.rugs = await mall.bazaar.goods(second, "RUGS", retail="30.00")
        return mall

    async def order(self, mugs: int = 3, rugs: int = 2, **more: object) -> Any:  # noqa: ANN401 - JSON, as it is read
        """The invoices of a new order: line 1 of seller one, line 2 of seller two."""
        lines = [
            {"variant": f"var_{self.mugs}", "quantity": str(mugs), **more},
            {"variant": f"var_{self.rugs}", "quantity": str(rugs)},
        ]
        answer = await self.shop.post("/marketplace-orders", {"lines": lines})
        self.last = answer["id"]
        return [each["id"] for each in answer["marketplace"]["invoices"]]

    async def ship(
        self,
        who: Asker,
        invoice: str,
        *lines: tuple[int, object],
        key: str | None = None,
        **more: object,
    ) -> httpx.Response:
        body = {
            "lines": [{"line": line, "quantity": str(quantity)} for line, quantity in lines],
            "carrier": 9,
            "tracking_number": "AP 1",
            "dispatched_on": TODAY,
            **more,
        }
        return await who.try_post(f"/seller-invoices/{invoice}/shipments", body, key=key)

    async def ask(
        self,
        who: Asker,
        invoice: str,
        *lines: tuple[int, object],
        dispatched: bool = False,
        reason: str | None = None,
        key: str | None = None,
        **more: object,
    ) -> httpx.Response:
        """Ask the money back for lines that are cancelled, or were dispatched."""
        body = {
            "lines": [
                {
                    "line": line,
                    "quantity": str(quantity),
                    "dispatched": dispatched,
                    "reason": reason,
                }
                for line, quantity in lines
            ],
            **more,
        }
        return await who.try_post(f"/seller-invoices/{invoice}/refund-requests", body, key=key)

    async def step(
        self, who: Asker, refund: str, step: str, *, key: str | None = None, **body: object
    ) -> httpx.Response:
        return await who.try_post(f"/refund-requests/{refund}/{step}", body, key=key)

    async def refunded(
        self,
        invoice: str,
        *lines: tuple[int, object],
        **more: Any,  # noqa: ANN401 - as `ask` takes it
    ) -> Any:  # noqa: ANN401 - JSON, as it is read
        """A refund request that went all the way."""
        asked = await self.ask(self.shop, invoice, *lines, **more)
        assert asked.status_code == 201, asked.text
        refund = asked.json()["id"]
        await self.step(self.shop, refund, "take-back")
        answer = await self.step(self.shop, refund, "complete")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def invoice(self, invoice: str) -> Any:  # noqa: ANN401 - JSON, as it is read
        return await self.shop.get(f"/seller-invoices/{invoice}", side="marketplace")

    async def line(self, invoice: str) -> Any:  # noqa: ANN401 - JSON, as it is read
        """The only line of an invoice."""
        (line,) = (await self.invoice(invoice))["lines"]
        return line

    async def figures(self, variant: Id) -> tuple[Any, ...]:
        """On hand and held."""
        return (await self.bazaar.counter.figures(variant))[:2]

    async def stands(self) -> tuple[str, str, str]:
        """Status, fulfilment and payment of the last order."""
        return await self.bazaar.counter.order(self.last.removeprefix("ord_"))
