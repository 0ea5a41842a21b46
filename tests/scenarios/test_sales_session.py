"""The carrots, told in full: two hubs' sales sessions at one producer, over the REST door.

Jean has ten kilos of carrots. Hub A sells them from Monday to Friday, Hub B from Tuesday to
Thursday. Each basket is held when its customer checks out; at its closing each hub orders from Jean
what its customers paid for (source text wholesale-order-processing, steps 1 to 11).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from entrepot.catalogue import NewVariant
from entrepot.infra.clock import utc_now
from entrepot.kernel.ids import Id
from tests.factories.network import Network
from tests.factories.web import Asker, Web
from tests.scenarios.test_carrots import offer


class Hub:
    """A trader with a session in which carrots are sold."""

    def __init__(self, asker: Asker, ident: Id, session: str, carrots: str) -> None:
        self.asker = asker
        self.ident = ident
        self.session = session
        self.carrots = carrots

    async def check_out(self, customer: str, kilos: str) -> httpx.Response:
        """A customer begins to pay for a basket of carrots."""
        basket = {
            "reference": customer,
            "sales_session": self.session,
            "lines": [{"variant": self.carrots, "quantity": kilos}],
        }
        return await self.asker.send("POST", "/api/v1/orders", basket)

    async def buy(self, customer: str, kilos: str) -> Any:  # noqa: ANN401 - JSON, as it is read
        """A customer checks out and pays."""
        held = await self.check_out(customer, kilos)
        assert held.status_code == 201, held.text
        return await self.pay(held.json()["id"])

    async def pay(self, order: str, *, succeeded: bool = True) -> Any:  # noqa: ANN401 - JSON, as it is read
        return await self.asker.post(f"/orders/{order}/payment", {"succeeded": succeeded})

    async def show(self) -> Any:  # noqa: ANN401 - JSON, as it is read
        return await self.asker.get(f"/sales-sessions/{self.session}")

    async def preview(self) -> Any:  # noqa: ANN401 - JSON, as it is read
        return await self.asker.get(f"/sales-sessions/{self.session}/preview")

    async def close(self, **how: object) -> Any:  # noqa: ANN401 - JSON, as it is read
        return await self.asker.post(f"/sales-sessions/{self.session}/close", how or None)


class Week:
    """Jean with ten kilos of carrots, and the two hubs."""

    def __init__(self, jean: Asker, hub_a: Hub, hub_b: Hub, carrots: str) -> None:
        self.jean = jean
        self.hub_a = hub_a
        self.hub_b = hub_b
        self.carrots = carrots

    async def in_stock(self) -> tuple[str, str, str]:
        """What Jean has: on hand, held, available."""
        (position,) = (await self.jean.get("/positions", variant=self.carrots))["data"]
        return position["on_hand"], position["held"], position["available"]

    async def demand(self) -> dict[str, str]:
        """What Jean sees that sessions hold, by hub."""
        rows = (await self.jean.get("/session-demand"))["data"]
        return {row["trader_name"]: row["quantity"] for row in rows}

    async def ordered(self) -> dict[str, tuple[str, str]]:
        """The session orders at Jean: the status and the kilos of each, by hub."""
        found = {}
        for row in (await self.jean.get("/session-orders"))["data"]:
            shown = await self.jean.get(f"/session-orders/{row['id']}")
            (line,) = shown["lines"]
            found[row["trader_name"]] = (row["status"], line["quantity"])
        return found


async def a_hub(web: Web, network: Network, jean: Id, name: str, carrots: str) -> Hub:
    """A hub with a right to Jean's goods and a session that goes on now."""
    ident = await network.organisation(name)
    await network.right(jean, ident, "session")
    asker = await web.asker(ident)
    now = utc_now()
    body = {
        "name": f"{name} this week",
        "reference": f"{name}-week",
        "opens_at": (now - timedelta(days=3)).isoformat(),
        "closes_at": (now + timedelta(days=1)).isoformat(),
        "products": [{"variant": carrots, "unit_price": "3.10"}],
    }
    opened = await asker.post("/sales-sessions", body)
    return Hub(asker, ident, opened["id"], carrots)


@pytest.fixture
async def week(network: Network, web: Web) -> Week:
    jean = await network.organisation("jean")
    carrots = await offer(
        web, jean, NewVariant("CARROTS", "Carrots", unit="kg", wholesale_price=None)
    )
    seller = await web.asker(jean)
    await seller.post("/stock/receipts", {"lines": [{"variant": carrots, "quantity": "10"}]})
    hub_a = await a_hub(web, network, jean, "hub-a", carrots)
    hub_b = await a_hub(web, network, jean, "hub-b", carrots)
    return Week(seller, hub_a, hub_b, carrots)


async def test_the_earliest_customers_keep_their_carrots(week: Week) -> None:
    """Steps 5 to 11: everybody who was told yes gets their carrots, and Michael knows at once."""
    hub_a, hub_b = week.hub_a, week.hub_b
    for hub, customer, kilos in ((hub_a, "Ali", "1"), (hub_a, "Paul", "5"), (hub_b, "David", "3")):
        paid = await hub.buy(customer, kilos)
        assert (paid["status"], paid["fulfilment_status"], paid["payment_status"]) == (
            "held",
            "held",
            "paid",
        )
        assert paid["sales_session"] == hub.session
        assert "hold_until" not in paid  # who has paid loses nothing to the clock

    refused = await hub_b.check_out("Michael", "2")
    assert refused.status_code == 409
    (fault,) = refused.json()["faults"]
    assert fault["code"] == "stock.insufficient_available"
    assert fault["facts"]["available"] == "1"  # he is told what is left
    assert await week.in_stock() == ("10", "9", "1")

    await hub_b.buy("Michael", "1")  # and takes it
    assert await week.in_stock() == ("10", "10", "0")
    assert await week.demand() == {"hub-a": "6", "hub-b": "4"}
    assert await week.ordered() == {}  # nothing is ordered before a session closes

    closed = await hub_b.close()
    assert closed["session"]["state"] == "complete"
    assert await week.ordered() == {"hub-b": ("complete", "4")}
    assert await week.demand() == {"hub-a": "6"}
    closed = await hub_a.close()
    assert closed["session"]["state"] == "complete"
    assert await week.ordered() == {"hub-b": ("complete", "4"), "hub-a": ("complete", "6")}
    assert await week.in_stock() == ("10", "10", "0")  # all of it is promised, none of it twice


async def test_what_is_not_paid_for_goes_to_who_comes_next(week: Week) -> None:
    """As the text has it: Hub B orders five kilos. Ali does not pay, so Hub A orders five too."""
    hub_a, hub_b = week.hub_a, week.hub_b
    ali = (await hub_a.check_out("Ali", "1")).json()
    await hub_a.buy("Paul", "5")
    await hub_b.buy("David", "3")
    assert (await hub_b.check_out("Michael", "2")).status_code == 409

    failed = await hub_a.pay(ali["id"], succeeded=False)
    assert failed["status"] == "cancelled"
    assert await week.in_stock() == ("10", "8", "2")
    again = await hub_b.check_out("Michael", "2")
    assert again.status_code == 201
    await hub_b.pay(again.json()["id"])

    await hub_b.close()
    await hub_a.close()
    assert await week.ordered() == {"hub-b": ("complete", "5"), "hub-a": ("complete", "5")}


async def test_a_cancelled_order_leaves_its_carrots_at_once(week: Week) -> None:
    paul = await week.hub_a.buy("Paul", "5")
    david = await week.hub_b.buy("David", "3")
    await week.hub_a.asker.post(f"/orders/{paul['id']}/cancel")
    assert await week.in_stock() == ("10", "3", "7")
    changed = await week.hub_b.asker.put(
        f"/orders/{david['id']}", {"lines": [{"variant": week.carrots, "quantity": "10"}]}
    )
    assert changed.status_code == 200
    assert await week.demand() == {"hub-b": "10"}


async def test_if_it_closed_now(week: Week) -> None:
    """Before closing, a hub sees what Jean would get, and whose order would go without."""
    hub = week.hub_a
    await hub.buy("Paul", "5")
    ali = (await hub.check_out("Ali", "1")).json()

    preview = await hub.preview()
    (producer,) = preview["producers"]
    (line,) = producer["lines"]
    assert (producer["producer_name"], line["quantity"], line["unpaid"]) == ("jean", "5", "1")
    assert preview["orders"] == {
        "paid": 1,
        "unpaid": 1,
        "short": 0,
        "unpaid_until": ali["hold_until"],
    }
    listed = await hub.asker.get(f"/sales-sessions/{hub.session}/orders", would_miss="true")
    assert [(row["reference"], row["would_miss"]) for row in listed["data"]] == [("Ali", "all")]


async def test_closing_waits_for_who_is_paying(week: Week) -> None:
    hub = week.hub_a
    await hub.buy("Paul", "5")
    ali = (await hub.check_out("Ali", "1")).json()

    closed = await hub.close()
    assert (closed["session"]["state"], closed["orders"]["unpaid"]) == ("closing", 1)
    assert await week.ordered() == {"hub-a": ("held", "5")}
    late = await hub.check_out("Late", "1")
    assert (late.status_code, late.json()["code"]) == (409, "orders.sales_session_not_open")

    await hub.pay(ali["id"])
    closed = await hub.close()
    assert closed["session"]["state"] == "complete"
    assert await week.ordered() == {"hub-a": ("complete", "6")}


async def test_closing_may_cancel_who_has_not_paid(week: Week) -> None:
    hub = week.hub_a
    await hub.buy("Paul", "5")
    ali = (await hub.check_out("Ali", "1")).json()

    closed = await hub.close(cancel_unpaid=True)
    assert closed["session"]["state"] == "complete"
    assert (await hub.asker.get(f"/orders/{ali['id']}"))["status"] == "cancelled"
    assert await week.ordered() == {"hub-a": ("complete", "5")}
    assert await week.in_stock() == ("10", "5", "5")


async def test_jean_ships_what_was_ordered(week: Week) -> None:
    """Jean learns that an order is final, ships a part and then the rest, and is told of nobody."""
    hub = week.hub_a
    await hub.buy("Paul", "5")
    await hub.buy("Ali", "1")
    await hub.close()
    (order,) = (await week.jean.get("/session-orders"))["data"]
    (notice,) = (await week.jean.get("/notices"))["data"]
    assert (notice["kind"], notice["subject"]) == ("session_order.completed", order["id"])

    part = {"lines": [{"line": 1, "quantity": "4"}]}
    shipped = await week.jean.post(f"/session-orders/{order['id']}/ship", part)
    assert shipped["fulfilment_status"] == "partly_fulfilled"
    shipped = await week.jean.post(f"/session-orders/{order['id']}/ship")
    assert shipped["fulfilment_status"] == "fulfilled"
    assert await week.in_stock() == ("4", "0", "4")
    own = await hub.asker.get(f"/orders/{order['id']}")
    assert (own["fulfilment_status"], own["producer"]) == ("fulfilled", order_producer(order, own))
    told = str(await week.jean.get(f"/session-orders/{order['id']}"))
    assert "Paul" not in told
    assert "Ali" not in told


def order_producer(order: dict[str, Any], own: dict[str, Any]) -> str:
    """The producer, as the trader's own view of its session order names it."""
    assert order["sales_session"] == own["sales_session"]
    return str(own["producer"])


async def test_a_session_limit_is_below_the_stock(week: Week) -> None:
    """Hub A gives out six kilos at most, though Jean has ten."""
    hub = week.hub_a
    limited = {"products": [{"variant": week.carrots, "quantity_max": "6"}]}
    assert (
        await hub.asker.put(f"/sales-sessions/{hub.session}/products", limited)
    ).status_code == 200
    await hub.buy("Paul", "5")
    refused = await hub.check_out("Ali", "2")
    assert refused.json()["faults"][0]["facts"]["available"] == "1"
    (product,) = (await hub.show())["products"]
    assert (product["held"], product["left"], product["available"]) == ("5", "1", "5")
    assert (await week.hub_b.check_out("David", "3")).status_code == 201


async def test_sessions_open_and_close_at_their_times(week: Week) -> None:
    """Nothing is ordered in a session before its time; its state says so."""
    now = datetime.now(UTC)
    body = {
        "name": "Next week",
        "reference": "next",
        "opens_at": (now + timedelta(days=1)).isoformat(),
        "closes_at": (now + timedelta(days=5)).isoformat(),
        "products": [{"seller": "nobody", "sku": "CARROTS"}],
    }
    hub = week.hub_a
    refused = await hub.asker.try_post("/sales-sessions", body)
    assert refused.json()["faults"][0]["code"] == "orders.unknown_variant"
    body["products"] = [{"variant": week.carrots}]
    opened = await hub.asker.post("/sales-sessions", body)
    assert opened["state"] == "planned"
    early = {
        "reference": "early",
        "sales_session": opened["id"],
        "lines": [{"variant": week.carrots, "quantity": "1"}],
    }
    told = await hub.asker.send("POST", "/api/v1/orders", early)
    assert told.json()["code"] == "orders.sales_session_not_open"
