"""Placing an order by hand and changing its lines, as a browser without scripts does it."""

from __future__ import annotations

import pytest

from tests.factories.counter import Counter
from tests.factories.looked_at import value_of
from tests.factories.network import Network
from tests.factories.pages import Form, Pages, Seen
from tests.integration.portal.test_orders import Shop, open_shop

NEW = "/orders/new"


@pytest.fixture
async def shop(network: Network, counter: Counter, pages: Pages) -> Shop:
    return await open_shop(network, counter, pages)


def form_of(page: Seen, address: str = NEW) -> Form:
    return page.form(address)


async def test_an_order_is_typed_and_placed(shop: Shop) -> None:
    a, b = await shop.sku("a"), await shop.sku("b")
    page = await shop.visitor.get(NEW)
    page = await shop.visitor.send(
        form_of(page),
        reference="HAND-1",
        sku=[a, b, ""],
        quantity=["2", "4", ""],
        price=["1.25", "", ""],
        paid="now",
        step="place",
    )
    assert page.heading == "Order HAND-1"
    assert page.said == ("All of it is held, and it can be shipped. 4 passed from partners for it.")
    own, moved = page.rows("table.lines")
    assert own[5] == "€2.50 €1.25 each"
    assert moved[5] == "€10.00 €2.50 each"


async def test_what_can_be_promised_stands_beside_each_line(shop: Shop) -> None:
    a, b = await shop.sku("a"), await shop.sku("b")
    page = await shop.visitor.get(f"{NEW}?sku={a}&quantity=5&sku={b}")
    assert "3 to promise" in page.one("#told-0").to_text()
    assert "2 more than there is" in page.one("#told-0").to_text()
    assert "5 to promise" in page.one("#told-1").to_text()
    assert "0 of your own, 5 from partners" in page.one("#told-1").to_text()
    page = await shop.visitor.send(form_of(page), quantity=["", "1", ""], step="check")
    assert "Partners give nothing before it is paid." in page.one("#told-1").to_text()
    page = await shop.visitor.send(
        form_of(page),
        sku=[b, b, "none"],
        quantity=["3", "3", ""],
        price=["", "", ""],
        paid="now",
        step="check",
    )
    assert "more than there is" not in page.one("#told-0").to_text()
    assert "1 more than there is" in page.one("#told-1").to_text()
    assert "You have no product with this sku." in page.one("#told-2").to_text()


async def test_a_product_is_found_by_name_and_added(shop: Shop) -> None:
    b = await shop.sku("b")
    await shop.street.counter.pool.execute("UPDATE variants SET name = 'Weckpot' WHERE sku = $1", b)
    page = await shop.visitor.get(NEW)
    page = await shop.visitor.send(form_of(page), reference="KEPT", find="weck", step="find")
    assert page.rows("#found table")[0][0] == f"{b} Weckpot"
    assert form_of(page).value("reference") == "KEPT"
    page = await shop.visitor.send(form_of(page), add=b)
    assert form_of(page).fields["sku"] == [b, "", ""]
    assert form_of(page).fields["quantity"] == ["1", "", ""]
    page = await shop.visitor.send(form_of(page), find="zzz", step="find")
    assert "Nothing found for zzz." in page.text


async def test_what_is_added_is_as_much_as_must_be_ordered(shop: Shop) -> None:
    """The minimum, up to a multiple."""
    await shop.street.counter.pool.execute(
        "UPDATE variants SET order_quantity_min = 5, order_quantity_multiple = 4 WHERE sku = $1",
        b := await shop.sku("b"),
    )
    page = await shop.visitor.send(form_of(await shop.visitor.get(NEW)), find="b", step="find")
    page = await shop.visitor.send(form_of(page), add=b)
    assert form_of(page).fields["quantity"] == ["8", "", ""]
    assert "8 more than there is" in page.one("#told-0").to_text()


async def test_what_the_order_comes_to_is_told_before_it_is_placed(shop: Shop) -> None:
    a, b, c = [await shop.sku(each) for each in "abc"]
    await shop.street.counter.pool.execute(
        "UPDATE variants SET retail_price = NULL WHERE sku = $1", c
    )
    page = await shop.visitor.get(NEW)
    assert not page.one("#total").to_text().strip()
    page = await shop.visitor.send(
        form_of(page), sku=[a, b, c], quantity=["2", "4", "1"], price=["1.25", "", ""], step="check"
    )
    assert " ".join(page.one("#total").to_text().split()) == (
        "Together €12.50 ex VAT 1 line has no price, so it does not count."
    )


async def test_payment_is_chosen_before_what_there_is_for_it(shop: Shop) -> None:
    """That partners are not drawn on stands beside the choice, above the lines it counts for."""
    html = (await shop.visitor.get(NEW)).html
    hint = html.index("Partners give nothing before it is paid: what only they have waits until")
    assert html.index('value="later"') < hint < html.index('id="lines"') < html.index('id="policy"')


async def test_rows_come_and_go(shop: Shop) -> None:
    page = await shop.visitor.get(NEW)
    page = await shop.visitor.send(
        form_of(page), sku=["x", "y", "z"], quantity=["1", "2", "3"], step="more"
    )
    assert form_of(page).fields["sku"] == ["x", "y", "z", "", "", ""]
    page = await shop.visitor.send(form_of(page), remove="1")
    assert form_of(page).fields["sku"][:3] == ["x", "z", ""]
    assert form_of(page).fields["quantity"][:3] == ["1", "3", ""]


async def test_all_that_is_wrong_is_said_at_once_beside_its_line(shop: Shop) -> None:
    a = await shop.sku("a")
    form = form_of(await shop.visitor.get(NEW))
    page = await shop.visitor.refused(
        form,
        reference="",
        sku=[a, "none", ""],
        quantity=["many", "1", "4"],
        price=["", "", ""],
        step="place",
    )
    for field in ("reference", "lines-0-quantity", "lines-1-sku", "lines-2-sku"):
        assert page.fault(field), field
    assert len(page.faults) == 4
    assert form_of(page).fields["quantity"] == ["many", "1", "4"]
    page = await shop.visitor.refused(form, reference="R", step="place")
    assert page.faults


async def test_all_shortages_stand_beside_their_lines_with_what_is_left(shop: Shop) -> None:
    a, b, c = [await shop.sku(each) for each in "abc"]
    form = form_of(await shop.visitor.get(NEW))
    page = await shop.visitor.refused(
        form,
        reference="SHORT",
        sku=["", a, c, b],
        quantity=["", "4", "1", "6"],
        price=["", "", "", ""],
        policy="refuse_short",
        paid="now",
        step="place",
    )
    assert "3" in page.fault("lines-1-quantity")
    assert not page.fault("lines-2-quantity")
    assert "5" in page.fault("lines-3-quantity")
    assert form_of(page).value("policy") == "refuse_short"
    assert form_of(page).value("paid") == "now"


@pytest.mark.parametrize(
    ("policy", "said", "badge", "tone"),
    [
        ("ship_complete", "It waits: below stands what is missing", "Waiting", "said wait"),
        ("allow_split", "the rest waits as an order of its own", "To ship", "said wait"),
        ("no_backorder", "All of it is held, and it can be shipped.", "To ship", "said"),
        ("line_by_line", "1 line was left out, because it was short.", "To ship", "said wait"),
    ],
)
async def test_each_policy_does_what_it_says(
    shop: Shop, policy: str, said: str, badge: str, tone: str
) -> None:
    a, c = await shop.sku("a"), await shop.sku("c")
    page = await shop.visitor.send(
        form_of(await shop.visitor.get(NEW)),
        reference="P",
        sku=[a, c, ""],
        quantity=["9", "1", ""],
        policy=policy,
        paid="now",
        step="place",
    )
    assert said in page.said
    assert value_of(page.one(".said"), "class") == tone
    assert page.all(".badge")[0].to_text() == badge


async def test_a_split_order_and_its_rest_lead_to_each_other(shop: Shop) -> None:
    page = await shop.visitor.send(
        form_of(await shop.visitor.get(NEW)),
        reference="P",
        sku=[await shop.sku("a"), "", ""],
        quantity=["9", "", ""],
        policy="allow_split",
        paid="now",
        step="place",
    )
    rest = await shop.visitor.follow(page, "waits as an order of its own")
    assert rest.heading == "Order P#2"
    assert "Split off from the order before it." in rest.text
    back = await shop.visitor.follow(rest, "from the order that left before it")
    assert back.heading == "Order P"


async def test_sent_twice_it_is_placed_once(shop: Shop) -> None:
    a = await shop.sku("a")
    form = form_of(await shop.visitor.get(NEW))
    typed = {"reference": "ONCE", "sku": [a, "", ""], "quantity": ["1", "", ""], "step": "place"}
    first = await shop.visitor.send_typed(form, typed)
    again = await shop.visitor.send_typed(form, typed)
    assert first.address == again.address
    assert await shop.street.shelf("shop", "a") == ("3", "1", "0")
    fresh = form_of(await shop.visitor.get(NEW))
    page = await shop.visitor.send_typed(fresh, typed, 422)
    assert page.fault("reference")


async def test_a_draft_is_saved_changed_and_found_again(shop: Shop) -> None:
    a, c = await shop.sku("a"), await shop.sku("c")
    page = await shop.visitor.send(
        form_of(await shop.visitor.get(NEW)),
        reference="DRAFT",
        sku=[a, "", ""],
        quantity=["9", "", ""],
        paid="now",
        step="draft",
    )
    assert page.said == "Saved as a draft; nothing is held for it yet."
    assert "Saved as a draft with 1 line" in page.text
    page = await shop.visitor.follow(page, "Change lines")
    address = page.address
    form = form_of(page, address)
    assert form.fields["quantity"] == ["9"]
    page = await shop.visitor.send(
        form, sku=[a, c], quantity=["2", "1"], price=["", ""], step="change"
    )
    assert page.said.startswith("Its lines are changed.")
    assert [row[1] for row in page.rows("table.lines")] == ["2", "1"]


async def test_a_waiting_order_goes_once_it_asks_less(shop: Shop) -> None:
    address = await shop.orders(("a", 5), ("b", 2))
    page = await shop.visitor.get(f"{address}/lines")
    assert "and 3 held by this order" in page.one("#told-0").to_text()
    form = form_of(page, f"{address}/lines")
    page = await shop.visitor.send(form, quantity=["3", "2"], step="change")
    assert page.all(".badge")[0].to_text() == "To ship"
    assert "2 passed from partners for it." in page.said


async def test_a_change_that_is_refused_leaves_the_order_as_it_was(shop: Shop) -> None:
    address = await shop.orders(("a", 2), policy="refuse_short")
    page = await shop.visitor.get(f"{address}/lines")
    form = form_of(page, f"{address}/lines")
    page = await shop.visitor.refused(form, quantity="9", step="change")
    assert "3" in page.fault("lines-0-quantity")
    assert form_of(page, f"{address}/lines").fields["quantity"] == ["9"]
    assert (await shop.visitor.get(address)).rows("table.lines")[0][1] == "2"
    page = await shop.visitor.refused(form, sku="none", step="change")
    assert page.fault("lines-0-sku")


async def test_more_lines_than_a_form_holds_are_not_changed_by_hand(shop: Shop) -> None:
    await shop.street.receives("shop", "a", 70)
    address = await shop.orders(*[("a", 1)] * 61)
    page = await shop.visitor.get(f"{address}/lines")
    assert "It has more than 60 lines" in page.text


async def test_what_has_left_can_no_longer_be_changed(shop: Shop) -> None:
    address = await shop.orders(("a", 2))
    form = form_of(await shop.visitor.get(f"{address}/lines"), f"{address}/lines")
    await shop.visitor.send((await shop.visitor.get(f"{address}/ship")).form("Ship this"))
    page = await shop.visitor.get(f"{address}/lines")
    assert "Its lines can no longer be changed" in page.text
    page = await shop.visitor.refused(form, quantity="1", step="change")
    assert "Its lines can no longer be changed" in page.text


async def test_numbers_are_read_as_the_person_writes_them(shop: Shop, pages: Pages) -> None:
    dutch = await pages.log_in_as(shop.id, "clerk", language="nl")
    a = await shop.sku("a")
    page = await dutch.send(
        form_of(await dutch.get(NEW)),
        reference="NL",
        sku=[a, "", ""],
        quantity=["2", "", ""],
        price=["1,25", "", ""],
        step="place",
    )
    assert "€ 2,50" in page.rows("table.lines")[0][5].replace("\N{NO-BREAK SPACE}", " ")
    page = await dutch.get(f"{page.address}/lines")
    assert form_of(page, page.address).fields["price"] == ["1,25"]
