"""Orders over many sellers, at marketplace and wholesale prices, over the REST door.

The four rows of the table in the source text wholesale-orders-marketplace, and its example, in
which Trisha Connors orders a wholesale variant of one seller and a marketplace variant of another.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from entrepot.kernel.ids import Id
from tests.factories.bazaar import Bazaar
from tests.factories.counter import Counter
from tests.factories.network import Network
from tests.factories.web import Asker, Web

TRISHA = {
    "first_name": "Trisha",
    "surname": "Connors",
    "phone": "07944242424",
    "email": "trisha.connors@email.com",
    "address": {
        "address": "34 Casino Road",
        "city": "Melbourne",
        "country": "AU",
        "postcode": "3000",
        "state": "Victoria",
    },
}


TABLES = ("orders", "holds", "ledger", "seller_invoices", "audit", "outbox", "idempotency_keys")


class Fair:
    """A marketplace with two sellers, each with goods at both kinds of prices."""

    one: Id
    two: Id

    def __init__(self, web: Web, bazaar: Bazaar, shop: Asker) -> None:
        self.web = web
        self.bazaar = bazaar
        self.shop = shop
        self.goods: dict[tuple[int, str], Id] = {}

    async def order(self, *lines: tuple[int, str], key: str | None = None) -> httpx.Response:
        """Trisha orders one of each, by seller and pricing model."""
        body = {
            "buyer": TRISHA,
            "lines": [
                {"variant": f"var_{self.goods[line]}", "quantity": "1", "cost": {"amount": 1000}}
                for line in lines
            ],
        }
        return await self.shop.try_post("/marketplace-orders", body, key=key)

    async def rows(self) -> dict[str, object]:
        """How much of everything there is that an order could have changed."""
        found = {}
        for table in TABLES:
            ((found[table],),) = await self.bazaar.counter.rows(f"SELECT count(*) FROM {table}")
        return found

    async def held(self, line: tuple[int, str]) -> Any:  # noqa: ANN401 - a figure as the database has it
        return (await self.bazaar.counter.figures(self.goods[line]))[1]


@pytest.fixture
async def fair(network: Network, counter: Counter, web: Web) -> Fair:
    bazaar = await Bazaar(network, counter).open()
    fair = Fair(web, bazaar, await web.asker(bazaar.marketplace))
    fair.one, fair.two = await bazaar.seller("seller-one"), await bazaar.seller("seller-two")
    for number, seller in ((1, fair.one), (2, fair.two)):
        for model in ("marketplace", "wholesale"):
            fair.goods[number, model] = await bazaar.goods(seller, model.upper(), model=model)
    return fair


def created(answer: httpx.Response) -> list[tuple[str, int, int, list[int]]]:
    """The invoices of an order that was created: model, total, owed, lines."""
    assert answer.status_code == 201, answer.text
    assert answer.json()["status"] == "complete"
    assert answer.json()["payment_status"] == "paid"
    return [
        (each["pricing_model"], each["total"], each["owed"], each["lines"])
        for each in answer.json()["marketplace"]["invoices"]
    ]


async def test_one_seller_at_marketplace_prices(fair: Fair) -> None:
    answer = await fair.order((1, "marketplace"))
    assert created(answer) == [("marketplace", 1000, 1000, [1])]
    assert await fair.held((1, "marketplace")) == 1


async def test_one_seller_at_wholesale_prices(fair: Fair) -> None:
    # The customer pays the retail price; its seller is owed 7.125, in whole cents.
    answer = await fair.order((1, "wholesale"))
    assert created(answer) == [("wholesale", 1000, 713, [1])]


async def test_two_sellers_one_at_marketplace_one_at_wholesale_prices(fair: Fair) -> None:
    answer = await fair.order((1, "wholesale"), (2, "marketplace"))
    assert created(answer) == [("wholesale", 1000, 713, [1]), ("marketplace", 1000, 1000, [2])]
    order = await fair.shop.get(f"/marketplace-orders/{answer.json()['id']}")
    assert [each["seller_name"] for each in order["invoices"]] == ["seller-one", "seller-two"]
    assert order["buyer"]["billing_first_name"] == "Trisha"
    assert order["buyer"]["billing_address"] == TRISHA["address"]
    assert order["total"] == 2000
    first, second = order["invoices"]
    assert first["legacy_id"] != second["legacy_id"]
    assert first["paid_at"] == order["created_at"]
    (line,) = first["lines"]
    assert (line["cost"], line["wholesale_price"], line["owed"]) == (1000, "7.125", 713)


async def test_one_seller_at_both_prices_is_refused_whole(fair: Fair) -> None:
    before = await fair.rows()
    answer = await fair.order((1, "marketplace"), (1, "wholesale"))
    assert answer.status_code == 422
    (fault,) = answer.json()["faults"]
    assert fault["code"] == "orders.mixed_pricing_models"
    assert fault["facts"]["seller_name"] == "seller-one"
    assert fault["facts"]["wholesale"].startswith("WHOLESALE")
    assert fault["facts"]["marketplace"].startswith("MARKETPLACE")
    assert await fair.rows() == before
    assert await fair.held((1, "marketplace")) == 0


async def test_delivery_types_do_not_rescue_a_seller_of_both(fair: Fair) -> None:
    lines = [
        {"variant": f"var_{fair.goods[1, 'marketplace']}", "quantity": "1"},
        {
            "variant": f"var_{fair.goods[1, 'wholesale']}",
            "quantity": "1",
            "delivery_type": "click_and_collect",
        },
    ]
    answer = await fair.shop.try_post("/marketplace-orders", {"lines": lines})
    assert answer.json()["code"] == "orders.mixed_pricing_models"


async def test_sent_twice_it_is_one_order(fair: Fair) -> None:
    first = await fair.order((1, "wholesale"), (2, "marketplace"), key="trisha")
    after = await fair.rows()
    again = await fair.order((1, "wholesale"), (2, "marketplace"), key="trisha")
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert await fair.rows() == after


async def test_a_seller_sees_its_invoice_and_nothing_beyond(fair: Fair) -> None:
    answer = await fair.order((1, "wholesale"), (2, "marketplace"))
    one, two = await fair.web.asker(fair.one), await fair.web.asker(fair.two)
    (own,) = (await one.get("/seller-invoices"))["data"]
    assert own["seller_name"] == "seller-one"
    assert [line["line"] for line in own["lines"]] == [1]
    assert own["order"] is None
    assert own["buyer"]["address"]["city"] == "Melbourne"
    (others,) = (await two.get("/seller-invoices"))["data"]
    assert others["id"] != own["id"]
    foreign = await one.send("GET", f"/api/v1/seller-invoices/{others['id']}")
    absent = await one.send("GET", f"/api/v1/seller-invoices/inv_{'0' * 32}")
    assert (foreign.status_code, absent.status_code) == (404, 404)
    order = await one.send("GET", f"/api/v1/marketplace-orders/{answer.json()['id']}")
    assert order.status_code == 404
    assert (await one.get("/marketplace-orders"))["data"] == []


async def test_wholesale_is_marked_where_some_marketplace_offers_it(
    fair: Fair, network: Network, counter: Counter, web: Web
) -> None:
    abroad = await Bazaar(network, counter).open("NL", "EUR")
    seller = await abroad.seller()
    path = f"/variants/var_{await abroad.goods(seller, 'CUPS')}"
    asker = await web.asker(seller)
    marked = {"pricing_model": "wholesale"}
    refused = await asker.patch(path, marked)
    assert refused.status_code == 422
    assert refused.json()["code"] == "catalogue.wholesale_not_offered"
    await network.right(seller, fair.bazaar.marketplace, "marketplace")
    assert (await asker.patch(path, marked)).status_code == 200
    # What is wholesale already may be changed wherever it is sold.
    await counter.rows("DELETE FROM trading_rights WHERE buyer = $1", fair.bazaar.marketplace)
    assert (await asker.patch(path, {**marked, "name": "Beakers"})).status_code == 200


async def test_who_sells_on_no_marketplace_may_mark_wholesale(
    network: Network, counter: Counter, web: Web
) -> None:
    loner = await network.organisation("loner")
    cups = await Bazaar(network, counter).goods(loner, "CUPS")
    asker = await web.asker(loner)
    answer = await asker.patch(f"/variants/var_{cups}", {"pricing_model": "wholesale"})
    assert answer.status_code == 200
