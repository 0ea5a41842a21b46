"""A producer's side of sales sessions on pages: live demand, session orders, and shipping them."""

from __future__ import annotations

import pytest

from entrepot.kernel.ids import Id
from entrepot.sales_sessions import close_sales_session
from tests.factories.fair import Fair
from tests.factories.network import Network
from tests.factories.pages import Pages, Visitor


@pytest.fixture
async def producer(pages: Pages, fair: Fair) -> Visitor:
    return await pages.log_in_as(fair.hub.producer, "clerk")


async def ordered(fair: Fair, *kilos: object, reference: str = "week") -> str:
    """The address of a session order of so many carrots, once its session has closed."""
    session = await fair.open(reference=reference)
    for each in kilos:
        await fair.buy(session, each)
    await close_sales_session(fair.desk, fair.trader, session)
    ((order, _, _),) = await fair.hub.session_orders(session)
    return f"/session-orders/ord_{order}"


async def shipped(fair: Fair, address: str) -> list[str]:
    return await fair.counter.lines(address.removeprefix("/session-orders/ord_"))


async def test_demand_is_live_over_all_traders(fair: Fair, producer: Visitor) -> None:
    """By product against stock, by trader and session; nothing is told of customers."""
    assert (
        "No sales session holds any of your goods now."
        in (await producer.get("/session-demand")).text
    )
    first, second = await fair.open(), await fair.open(reference="other")
    await fair.buy(first, 2)
    await fair.buy(second, 3)
    remote = await fair.hub.remote_session()
    await fair.counter.place(fair.hub.trader, fair.hub.afar(remote, (fair.hub.carrots, 1)))
    page = await producer.get("/session-demand")
    assert "6 held by sessions, of 10 on hand; 4 still available." in page.text
    quantities = sorted(row[1] for row in page.rows())
    assert quantities == ["1", "2", "3"]
    assert {row[0] for row in page.rows()} == {"hub"}
    assert "LEEKS" not in page.text
    references = await fair.counter.rows("SELECT reference FROM orders")
    assert not any(str(reference) in page.html for (reference,) in references)
    trader = await producer.pages.log_in_as(fair.hub.trader)
    assert "No sales session holds" in (await trader.get("/session-demand")).text


async def test_demand_goes_on_page_by_page(fair: Fair, network: Network, producer: Visitor) -> None:
    """Each product once, by sku, with its own sessions."""
    session = await fair.open()
    goods = [await network.variant(fair.hub.producer, f"G{n:03d}") for n in range(27)]
    for each in goods:
        await fair.hub.sell(session, each)
    await fair.counter.rows(
        "UPDATE window_products SET held = 1 WHERE variant = ANY($1::uuid[])", goods
    )
    first = await producer.get("/session-demand")
    second = await producer.follow(first, "Next page")
    names = [
        [each.to_text().split()[0] for each in page.all("section h2")] for page in (first, second)
    ]
    assert [len(each) for each in names] == [25, 2]
    assert len({name for each in names for name in each}) == 27
    await fair.counter.rows(
        "UPDATE window_products SET held = 0 WHERE variant = ANY($1::uuid[])", goods
    )


async def test_session_orders_are_listed_and_found(fair: Fair, producer: Visitor) -> None:
    """To ship, still changing, or all; Home tells of those to ship, and a notice leads there."""
    assert "No session orders yet." in (await producer.get("/session-orders")).text
    address = await ordered(fair, 2, 3)
    remote = await fair.hub.remote_session()
    await fair.counter.place(fair.hub.trader, fair.hub.afar(remote, (fair.hub.carrots, 1)))
    page = await producer.get("/session-orders")
    assert [row[2].split(" until")[0] for row in page.rows()] == ["May still change", "To ship"]
    to_ship = await producer.follow(page, "To ship")
    ((trader, reference, status, lines, amount, _),) = to_ship.rows()
    assert (trader, status, lines, amount) == ("hub", "To ship", "1", "€12.50")
    assert reference.startswith("week:")
    assert len((await producer.get("/session-orders?status=held")).rows()) == 1
    assert not (await producer.get("/session-orders?status=cancelled")).rows()
    home = await producer.get("/")
    assert "A session order is to be shipped." in home.text
    assert home.links()["Ship it"] == address
    notices = await producer.get("/notices")
    assert address in notices.links().values()
    shown = await producer.get(address)
    assert shown.rows()[0][1:4] == ["5", "5", "0"]


async def test_a_session_order_is_shipped_in_parts(fair: Fair, producer: Visitor) -> None:
    """First a part, then the rest; a mistake stands beside its line."""
    address = await ordered(fair, 2, 3)
    page = await producer.follow(await producer.get(address), "Ship")
    form = page.form(f"{address}/ship")
    assert form.value("quantity") == "5"
    wrong = await producer.refused(form, quantity="many")
    assert "many" in wrong.fault("lines-0-quantity")
    too_much = await producer.refused(wrong.form(f"{address}/ship"), quantity="6")
    assert too_much.fault("lines-0-quantity")
    nothing = await producer.refused(too_much.form(f"{address}/ship"), quantity="0")
    assert nothing.faults
    form = nothing.form(f"{address}/ship")
    part = await producer.send(form, quantity="2")
    assert part.said == "Shipped."
    assert part.rows()[0][1:4] == ["5", "3", "2"]
    again = await producer.send(form, quantity="2")
    assert again.rows()[0][1:4] == ["5", "3", "2"], "sent twice it is done once"
    rest = await producer.get(f"{address}/ship")
    done = await producer.send(rest.form(f"{address}/ship"))
    assert done.rows()[0][1:4] == ["5", "0", "5"]
    assert "Shipped" in done.text
    assert not done.links().get("Ship")
    assert "There is nothing to ship" in (await producer.get(f"{address}/ship")).text


async def test_what_is_not_final_is_not_shipped(fair: Fair, producer: Visitor) -> None:
    remote = await fair.hub.remote_session()
    placed = await fair.counter.place(fair.hub.trader, fair.hub.afar(remote, (fair.hub.carrots, 1)))
    address = f"/session-orders/{placed['id']}"
    page = await producer.get(address)
    assert "This order is not final" in page.text
    assert "Ship" not in page.links()
    await fair.hub.complete(str(placed["id"]).removeprefix("ord_"))
    assert "Ship" in (await producer.get(address)).links()


async def test_it_is_printed_whole(fair: Fair, producer: Visitor) -> None:
    """Everything is on one page, with both names; links of the lines are not."""
    address = await ordered(fair, 1)
    page = await producer.follow(await producer.get(address), "Print")
    assert page.heading.startswith("Session order week:")
    assert "producer" in page.text
    assert "hub" in page.text
    assert not page.all("main table a")


async def test_others_see_none_of_it(fair: Fair, network: Network, pages: Pages) -> None:
    """The trader has pages of its own for it; a stranger's answer is that for no order."""
    address = await ordered(fair, 1)
    trader = await pages.log_in_as(fair.hub.trader)
    stranger = await pages.log_in_as(await network.organisation("stranger"))
    none: Id = "0" * 32
    for visitor in (trader, stranger):
        for rest in ("", "/print", "/ship"):
            theirs = await visitor.get(f"{address}{rest}", 404)
            nobodys = await visitor.get(f"/session-orders/ord_{none}{rest}", 404)
            assert theirs.text == nobodys.text
    await trader.get(address.replace("/session-orders", "/orders"))
    producer = await pages.log_in_as(fair.hub.producer, "reader")
    assert "Ship" not in (await producer.get(address)).links()
    await producer.get(f"{address}/ship", 403)
    assert await shipped(fair, address) == ["1: 1 = 1 held"]
