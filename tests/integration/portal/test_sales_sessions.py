"""A trader's sales sessions on pages: opened, changed, ordered in and closed by people."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from entrepot.infra.clock import utc_now
from entrepot.kernel.ids import Id
from entrepot.sales_sessions import SessionProduct
from tests.factories.fair import Fair
from tests.factories.network import Network
from tests.factories.pages import Pages, Seen, Visitor

ZONE = ZoneInfo("Europe/Amsterdam")


@pytest.fixture
async def trader(pages: Pages, fair: Fair) -> Visitor:
    return await pages.log_in_as(fair.hub.trader, "clerk")


def typed(at: datetime) -> str:
    """A time as a browser in Amsterdam fills it in."""
    return at.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")


def place_of(session: Id) -> str:
    return f"/sales-sessions/sal_{session}"


async def sku_of(fair: Fair, variant: Id) -> str:
    ((sku,),) = await fair.counter.rows("SELECT sku FROM variants WHERE id = $1", variant)
    return str(sku)


async def opened(visitor: Visitor, *variants: Id, **fields: object) -> Seen:
    """A session made by the form, with these products added one by one."""
    page = await visitor.get("/sales-sessions/new")
    for variant in variants:
        page = await visitor.send(page.form("/sales-sessions/new"), add=f"var_{variant}")
    wanted = {"name": "Groceries", "reference": "week", "step": "save", **fields}
    return await visitor.send_typed(page.form("/sales-sessions/new"), wanted)


async def test_a_session_is_made_with_times_of_ones_own_clock(fair: Fair, trader: Visitor) -> None:
    """What is typed is by the person's zone; the pages show it so again."""
    opens_at = utc_now().replace(second=0, microsecond=0) - timedelta(hours=1)
    closes_at = opens_at + timedelta(days=2)
    page = await opened(
        trader, fair.hub.carrots, opens_at=typed(opens_at), closes_at=typed(closes_at)
    )
    assert page.said == "The session is made. Customers can order in it as soon as it opens."
    assert page.heading == "Groceries"
    assert "in 2 days" in page.text
    ((stored_from, stored_to),) = await fair.counter.rows(
        "SELECT opens_at, closes_at FROM selling_windows WHERE organisation = $1", fair.hub.trader
    )
    assert (stored_from, stored_to) == (opens_at, closes_at)
    sku = await sku_of(fair, fair.hub.carrots)
    ((product, _, held, left, limit, _),) = page.rows("table.sold")
    assert sku in product
    assert (held, limit) == ("0", "none")
    assert left.startswith("10 producer has 10")


async def test_a_time_that_the_clock_skips_is_refused(trader: Visitor) -> None:
    """On the last Sunday of March there is no half past two; nothing that was typed is lost."""
    page = await trader.get("/sales-sessions/new")
    refused = await trader.refused(
        page.form("/sales-sessions/new"),
        name="Spring",
        reference="spring",
        opens_at="2027-03-28T02:30",
        closes_at="nonsense",
        step="save",
    )
    assert "does not exist" in refused.fault("opens_at")
    assert "2026-12-31T18:00" in refused.fault("closes_at")
    assert refused.form("/sales-sessions/new").value("name") == "Spring"
    assert refused.form("/sales-sessions/new").value("opens_at") == "2027-03-28T02:30"


async def test_every_mistake_stands_beside_its_field(fair: Fair, trader: Visitor) -> None:
    """A limit that is no number and a session that ends before it begins: nothing is made."""
    page = await trader.get("/sales-sessions/new")
    page = await trader.send(page.form("/sales-sessions/new"), add=f"var_{fair.hub.leeks}")
    form = page.form("/sales-sessions/new")
    wrong = await trader.refused(form, name="A", quantity_max="many", step="save")
    assert "many" in wrong.fault("products-0-quantity_max")
    wrong = await trader.refused(
        wrong.form("/sales-sessions/new"),
        name="A",
        quantity_max="-1",
        unit_price="0.12345",
        opens_at="2026-01-05T10:00",
        closes_at="2026-01-04T10:00",
        step="save",
    )
    assert wrong.fault("products-0-quantity_max")
    assert wrong.fault("products-0-unit_price")
    assert wrong.fault("closes_at") == "A session closes after it opens."
    assert await fair.counter.rows("SELECT id FROM sales_sessions") == []


async def test_only_products_of_ones_producers_are_found(
    fair: Fair, network: Network, trader: Visitor
) -> None:
    """By name or sku; what no right opens is not there, and not to be had by its id."""
    stranger = await network.organisation("stranger")
    hidden = await network.variant(stranger, "LEEKS-HIDDEN")
    page = await trader.get("/sales-sessions/new")
    found = await trader.send(page.form("/sales-sessions/new"), find="leek", step="find")
    assert await sku_of(fair, fair.hub.leeks) in found.text
    assert "HIDDEN" not in found.text
    assert await sku_of(fair, fair.hub.carrots) not in found.text
    form = found.form("/sales-sessions/new")
    fields, _ = form.filled({"name": "A", "step": "save"})
    answer = await trader.ask("POST", form.action, {**fields, "variant": [f"var_{hidden}"]})
    assert answer.status_code == 422
    refused = Seen(answer)
    assert refused.fault("products-0-variant")
    assert "HIDDEN" not in refused.html


async def test_a_form_sent_twice_makes_one_session(fair: Fair, trader: Visitor) -> None:
    page = await trader.get("/sales-sessions/new")
    form = page.form("/sales-sessions/new")
    wanted = {"name": "Once", "step": "save"}
    first, again = await trader.send_typed(form, wanted), await trader.send_typed(form, wanted)
    assert first.address == again.address
    assert len(await fair.counter.rows("SELECT id FROM sales_sessions")) == 1


async def test_the_list_and_the_calendar_tell_what_goes_on(fair: Fair, trader: Visitor) -> None:
    session = await fair.open()
    page = await trader.get("/sales-sessions")
    assert [row[0] for row in page.rows()] == ["This week week"]
    assert page.links()["This week"], "the calendar leads to it, too"
    pictures = [each for each in page.all("svg.gauge") if "Open now" in str(each.attrs)]
    assert len(pictures) == 1
    assert page.rows()[0][1].startswith("Open now closes")
    assert (await trader.get("/sales-sessions?state=open")).rows()
    assert not (await trader.get("/sales-sessions?state=complete")).rows()
    later = await trader.follow(page, "Later weeks")
    assert not later.all("svg.gauge rect")
    assert "No session goes on in these weeks." in later.text
    found = await trader.get("/search?q=week")
    assert found.address == place_of(session), "its reference leads straight to it"
    assert "The sales session This week closes in" in (await trader.get("/")).text


async def test_a_session_is_changed_until_it_closes(fair: Fair, trader: Visitor) -> None:
    """Name and times, limits and prices, and products that nobody ordered."""
    session = await fair.open()
    await fair.buy(session, 4)
    place = place_of(session)
    page = await trader.get(f"{place}/change")
    before = await fair.show(session)
    page = await trader.send(page.form(f"{place}/change"), name="Next week")
    assert (page.said, page.heading) == ("The session is changed.", "Next week")
    after = await fair.show(session)
    assert after.session.closes_at == before.session.closes_at, "a form shows no seconds"

    page = await trader.get(f"{place}/change")
    skus = [row[0].split()[0] for row in page.rows("table.entry")]
    number = next(n for n, sku in enumerate(skus) if sku.startswith("CARROTS"))
    limits = ["3" if n == number else "" for n in range(2)]
    refused = await trader.refused(page.form(f"{place}/products"), quantity_max=limits, step="save")
    assert "4" in refused.fault(f"products-{number}-quantity_max")
    limits[number] = "6"
    saved = await trader.send(
        refused.form(f"{place}/products"), quantity_max=limits, unit_price=["3.25", ""], step="save"
    )
    assert saved.said == "What the session sells is changed."
    limited = {each.sku: each for each in (await fair.show(session)).products}
    assert [each.quantity_max for each in limited.values()].count("6") == 1
    assert [each.session_price for each in limited.values()].count("3.25") == 1

    page = await trader.get(f"{place}/change")
    form = page.form(f"{place}/products")
    assert form.choices["taken_out"] == [f"var_{fair.hub.leeks}"], "ordered carrots must stay"
    fields, _ = form.filled({"taken_out": f"var_{fair.hub.leeks}"})
    gone = await trader.ask("POST", f"{place}/products/remove", fields)
    assert gone.status_code == 303, gone.text
    assert [each.variant for each in (await fair.show(session)).products] == [
        f"var_{fair.hub.carrots}"
    ]
    page = await trader.get(f"{place}/change")
    fields, _ = page.form(f"{place}/products").filled({})
    fields["taken_out"] = [f"var_{fair.hub.carrots}"]
    kept = await trader.ask("POST", f"{place}/products/remove", fields)
    assert kept.status_code == 422
    assert Seen(kept).faults

    await fair.end(session)
    page = await trader.get(f"{place}/change")
    assert "This session has closed" in page.text
    assert not page.has_form(f"{place}/products")


async def test_ordering_for_a_customer_tells_what_is_left(fair: Fair, trader: Visitor) -> None:
    """The way there begins at the new order; a shortage stands at its product."""
    session = await fair.open(SessionProduct(fair.hub.carrots), SessionProduct(fair.hub.leeks))
    await fair.buy(session, 8)
    place = place_of(session)
    page = await trader.follow(await trader.get("/orders/new"), "For a customer of This week")
    assert page.address == f"{place}/order"
    rows = page.rows("table.entry")
    number = next(n for n, row in enumerate(rows) if row[0].startswith("CARROTS"))
    wanted = ["3" if n == number else "1" for n in range(2)]
    refused = await trader.refused(
        page.form(f"{place}/order"), reference="ali", quantity=wanted, paid="now", step="place"
    )
    assert "2" in refused.fault(f"lines-{number}-quantity")
    assert not refused.fault(f"lines-{1 - number}-quantity")
    wanted[number] = "2"
    placed = await trader.send(
        refused.form(f"{place}/order"), reference="ali", quantity=wanted, paid="now", step="place"
    )
    assert placed.said == "All of it is held, and stays so until the session closes."
    assert placed.heading == "Order ali"
    assert placed.links()["This week"] == place
    page = await trader.get(place)
    assert "sold out" in page.text
    empty = await trader.refused(
        (await trader.get(f"{place}/order")).form(f"{place}/order"), reference="b", step="place"
    )
    assert empty.faults == ["Fill in how much, at one product at least."]


async def test_customers_orders_say_who_would_miss_what(fair: Fair, trader: Visitor) -> None:
    session = await fair.open()
    await fair.buy(session, 2)
    await fair.buy(session, 1, paid=False)
    place = place_of(session)
    page = await trader.get(f"{place}/orders")
    assert sorted(row[1] for row in page.rows()) == ["Being paid", "Paid"]
    page = await trader.get(f"{place}/orders?would_miss=yes")
    ((_, status, misses, _, _),) = page.rows()
    assert status == "Being paid"
    assert misses.startswith("everything: it is not paid yet")
    assert not (await trader.get(f"{place}/orders?status=cancelled")).rows()


async def test_closing_waits_for_payments_unless_told_not_to(fair: Fair, trader: Visitor) -> None:
    """The preview tells what each producer would get; closing is asked for twice."""
    session = await fair.open()
    await fair.buy(session, 2)
    await fair.buy(session, 1, paid=False)
    place = place_of(session)
    page = await trader.get(f"{place}/preview")
    ((product, ordered, unpaid, missing, amount),) = page.rows("section:nth-of-type(1) table")
    assert product.startswith("CARROTS")
    assert (ordered, unpaid, missing) == ("2", "1", "0")
    assert amount.startswith("€5.00")
    assert "Who would miss what" in page.text
    unsure = await trader.refused(page.form(f"{place}/close"))
    assert unsure.fault("is_sure") == "Tick this first: there is no way back."
    assert await fair.state(session) == "open"

    closed = await trader.send(unsure.form(f"{place}/close"), is_sure="yes")
    assert "1 order may still be paid" in closed.said
    assert await fair.state(session) == "closing"
    assert "is closing" in (await trader.get("/")).text
    done = await trader.send(closed.form(f"{place}/close"), is_sure="yes", cancel_unpaid="yes")
    assert done.said == "The session is closed, and its session orders are made."
    assert await fair.state(session) == "complete"
    assert not done.has_form(f"{place}/close")
    order = await trader.follow(
        done, next(each for each in done.links() if each.startswith("Session order "))
    )
    assert "Session order" in order.text
    assert "Ordered" in order.text


async def test_a_reader_sees_and_may_not(fair: Fair, pages: Pages) -> None:
    session = await fair.open()
    await fair.buy(session, 2)
    reader = await pages.log_in_as(fair.hub.trader, "reader")
    place = place_of(session)
    for address in (place, f"{place}/orders", f"{place}/preview", "/sales-sessions"):
        page = await reader.get(address)
        assert not page.has_form(f"{place}/close")
        assert f"{place}/order" not in page.links().values()
    await reader.get(f"{place}/change", 403)
    await reader.get("/sales-sessions/new", 403)


async def test_a_session_of_others_is_like_none(fair: Fair, network: Network, pages: Pages) -> None:
    session = await fair.open()
    other = await pages.log_in_as(await network.organisation("other"))
    for rest in ("", "/orders", "/preview", "/change", "/order"):
        theirs = await other.get(f"{place_of(session)}{rest}", 404)
        none = await other.get(f"/sales-sessions/sal_{'0' * 32}{rest}", 404)
        assert theirs.text == none.text
        await other.get(f"/sales-sessions/nonsense{rest}", 404)
    assert "week" not in (await other.get("/search?q=week")).text.lower().replace("“week”", "")


async def test_dutch_is_spoken_whole(fair: Fair, pages: Pages) -> None:
    session = await fair.open()
    await fair.buy(session, "1.5")
    dutch = await pages.log_in_as(fair.hub.trader, "owner", language="nl")
    page = await dutch.get(place_of(session))
    assert "Nu open" in page.text
    assert "sluit" in page.text
    assert page.rows("table.sold")[0][2] == "1,5"
    page = await dutch.get("/sales-sessions/new")
    page = await dutch.send(page.form("/sales-sessions/new"), add=f"var_{fair.hub.carrots}")
    made = await dutch.send(
        page.form("/sales-sessions/new"), name="Kerst", quantity_max="2,5", step="save"
    )
    assert made.said.startswith("De verkoopronde is gemaakt.")
    assert made.rows("table.sold")[0][4] == "2,5"


async def test_a_session_of_many_products_goes_on_page_by_page(
    fair: Fair, network: Network, trader: Visitor
) -> None:
    goods = [await network.variant(fair.hub.producer, f"G{n:03d}") for n in range(53)]
    session = await fair.open(*[SessionProduct(each) for each in goods])
    place = place_of(session)
    first = await trader.get(place)
    assert len(first.rows("table.sold")) == 50
    second = await trader.follow(first, "Next page")
    assert len(second.rows("table.sold")) == 3
    shown = {row[0] for page in (first, second) for row in page.rows("table.sold")}
    assert len(shown) == 53
    change = await trader.get(f"{place}/change")
    assert len(change.rows("table.entry")) == 25
    change = await trader.follow(await trader.follow(change, "Next page"), "Next page")
    assert len(change.rows("table.entry")) == 3
    order = await trader.get(f"{place}/order")
    assert len(order.rows("table.entry")) == 30
    found = await trader.send(order.form(f"{place}/order"), find="g052", step="find")
    assert len(found.rows("table.entry")) == 1
