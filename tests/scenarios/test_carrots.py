"""Ten kilos of carrots, two hubs and four customers, told through the REST door.

Supplier Jean sells through Hub A (Monday to Friday) and Hub B (Tuesday to Thursday). Each basket is
held when its customer checks out, so nobody who ordered earlier is ever let down.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from entrepot.catalogue import NewProduct, NewVariant, create_products
from entrepot.infra.ids import new_id
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import caller_for
from tests.factories.network import Network
from tests.factories.web import Asker, Web


class Market:
    """Jean with ten kilos of carrots, and the two hubs that sell them."""

    def __init__(self, jean: Asker, hub_a: Asker, hub_b: Asker, carrots: str) -> None:
        self.jean = jean
        self.hub_a = hub_a
        self.hub_b = hub_b
        self.carrots = carrots

    async def check_out(self, hub: Asker, customer: str, kilos: str) -> httpx.Response:
        """A customer of a hub checks out a basket of carrots."""
        basket = {
            "reference": customer,
            "kind": "session",
            "lines": [{"variant": self.carrots, "quantity": kilos}],
        }
        return await hub.send("POST", "/api/v1/orders", basket)

    async def in_stock(self) -> tuple[str, str, str]:
        """What Jean has: on hand, held, available."""
        (position,) = (await self.jean.get("/positions", variant=self.carrots))["data"]
        return position["on_hand"], position["held"], position["available"]

    async def held_by(self, hub: Asker) -> dict[str, str]:
        """The baskets of a hub that stand, and how many kilos each holds."""
        baskets = {}
        for order in (await hub.get("/orders", status="held"))["data"]:
            (line,) = (await hub.get(f"/orders/{order['id']}"))["lines"]
            baskets[order["reference"]] = line["held"]
        return baskets


@pytest.fixture
async def market(network: Network, web: Web) -> Market:
    jean = await network.organisation("jean")
    hub_a = await network.organisation("hub-a")
    hub_b = await network.organisation("hub-b")
    carrots = await offer(web, jean, NewVariant("CARROTS", "Carrots", unit="kg"))
    for hub in (hub_a, hub_b):
        await network.right(jean, hub, "session")
    seller = await web.asker(jean)
    await seller.post("/stock/receipts", {"lines": [{"variant": carrots, "quantity": "10"}]})
    return Market(seller, await web.asker(hub_a), await web.asker(hub_b), carrots)


async def offer(web: Web, seller: Id, variant: NewVariant) -> str:
    """Put a variant into a seller's catalogue."""
    made = await create_products(
        web.pool, new_id, caller_for(seller), [NewProduct(variant.name, (variant,))]
    )
    assert not isinstance(made, Refusal), made
    return made.answer.products[0].variants[0].id


async def four_baskets(market: Market) -> list[httpx.Response]:
    return [
        await market.check_out(market.hub_a, "Ali", "1"),
        await market.check_out(market.hub_a, "Paul", "5"),
        await market.check_out(market.hub_b, "David", "3"),
        await market.check_out(market.hub_b, "Michael", "2"),
    ]


async def test_the_last_customer_is_told_what_is_left(market: Market) -> None:
    ali, paul, david, michael = await four_baskets(market)

    assert [ali.status_code, paul.status_code, david.status_code] == [201, 201, 201]
    assert michael.status_code == 409
    problem = michael.json()
    assert problem["code"] == "stock.insufficient_available"
    (fault,) = problem["faults"]
    assert fault["field"] == "lines[0].quantity"
    assert fault["facts"]["quantity"] == "2"
    assert fault["facts"]["available"] == "1"
    assert problem["detail"].startswith("You asked for 2 kg of CARROTS; 1")


async def test_every_earlier_basket_stands(market: Market) -> None:
    await four_baskets(market)

    assert await market.held_by(market.hub_a) == {"Ali": "1", "Paul": "5"}
    assert await market.held_by(market.hub_b) == {"David": "3"}
    assert await market.in_stock() == ("10", "9", "1")


async def test_michael_takes_the_last_kilo(market: Market) -> None:
    await four_baskets(market)
    second = await market.check_out(market.hub_b, "Michael", "1")

    assert second.status_code == 201
    assert await market.in_stock() == ("10", "10", "0")


async def test_a_basket_that_is_not_paid_for_goes_to_the_next(market: Market) -> None:
    _, paul, _, _ = await four_baskets(market)
    await market.hub_a.post(f"/orders/{paul.json()['id']}/payment", {"succeeded": False})

    assert await market.in_stock() == ("10", "4", "6")
    again = await market.check_out(market.hub_b, "Michael", "2")
    assert again.status_code == 201
    assert await market.held_by(market.hub_b) == {"David": "3", "Michael": "2"}


async def test_a_smaller_basket_frees_carrots_at_once(market: Market) -> None:
    _, paul, _, _ = await four_baskets(market)
    changed = await market.hub_a.put(
        f"/orders/{paul.json()['id']}", {"lines": [{"variant": market.carrots, "quantity": "4"}]}
    )
    assert changed.status_code == 200
    again = await market.check_out(market.hub_b, "Michael", "2")
    assert again.status_code == 201
    assert await market.in_stock() == ("10", "10", "0")


async def test_a_basket_too_large_leaves_the_old_one_untouched(market: Market) -> None:
    ali, _, _, _ = await four_baskets(market)
    changed = await market.hub_a.put(
        f"/orders/{ali.json()['id']}", {"lines": [{"variant": market.carrots, "quantity": "4"}]}
    )
    assert changed.status_code == 409
    assert changed.json()["faults"][0]["facts"]["available"] == "2"
    assert await market.held_by(market.hub_a) == {"Ali": "1", "Paul": "5"}


async def test_a_cancelled_basket_frees_what_it_held(market: Market) -> None:
    ali, _, _, _ = await four_baskets(market)
    cancelled: Any = await market.hub_a.post(f"/orders/{ali.json()['id']}/cancel")

    assert cancelled["status"] == "cancelled"
    assert await market.in_stock() == ("10", "8", "2")


async def test_the_rows_behind_the_number_tell_the_story(market: Market) -> None:
    await four_baskets(market)
    (position,) = (await market.jean.get("/positions"))["data"]
    rows = (
        await market.jean.get("/ledger", variant=position["variant"], location=position["location"])
    )["data"]

    assert [(row["version"], row["kind"], row["held_change"], row["held"]) for row in rows] == [
        (4, "hold", "3", "9"),
        (3, "hold", "5", "6"),
        (2, "hold", "1", "1"),
        (1, "receive", "0", "0"),
    ]
    assert position["version"] == 4
    monday = await market.jean.get(
        f"/positions/{position['variant']}/{position['location']}", as_of=rows[2]["at"]
    )
    assert (monday["held"], monday["version"]) == ("1", 2)


async def test_a_hub_does_not_see_what_jean_has(market: Market) -> None:
    assert (await market.hub_a.get("/positions"))["data"] == []
    assert (await market.hub_a.get("/holds"))["data"] == []
    (shown,) = (await market.hub_a.get("/variants", seller=await jean_id(market)))["data"]
    assert shown["id"] == market.carrots
    assert not {"on_hand", "available", "retail_price"} & shown.keys()


async def jean_id(market: Market) -> str:
    (jean,) = [
        each
        for each in (await market.hub_a.get("/organisations"))["data"]
        if each["sells_to_you"] == ["session"]
    ]
    found: str = jean["id"]
    return found
