"""Products and stock: finding what there is, making and changing it, as people do."""

from __future__ import annotations

from decimal import Decimal

import pytest

from entrepot.infra.pool import Pool
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.portal.words import NOTHING
from tests.factories.counter import Counter, order_of
from tests.factories.network import Network
from tests.factories.pages import Pages, Seen, Visitor
from tests.factories.wholesale import goods, pair_of


@pytest.fixture
async def owner(network: Network) -> Id:
    return await network.organisation("shop")


@pytest.fixture
async def visitor(pages: Pages, owner: Id) -> Visitor:
    return await pages.log_in_as(owner)


def names(page: Seen) -> list[str]:
    """The first column of a list."""
    return [row[0] for row in page.rows("#list table")]


async def test_an_empty_list_offers_the_first_step(visitor: Visitor) -> None:
    page = await visitor.get("/products")
    assert page.heading == "Products and stock"
    page = await visitor.follow(page, "Import products")
    assert page.heading == "Import"


async def test_a_list_says_how_each_variant_stands(
    visitor: Visitor, owner: Id, network: Network, counter: Counter
) -> None:
    there = await goods(network, owner, "A", name="Olive oil", retail_price=Decimal("7.45"))
    await goods(network, owner, "B", name="Honey")
    await counter.receive(owner, there, 10)
    await counter.place(owner, order_of((there, 3), paid=True))
    page = await visitor.get("/products")
    assert page.rows("#list table") == [
        ["Olive oil A", NOTHING, "€7.45", "10", "7", NOTHING, "for sale"],
        ["Honey B", NOTHING, "€2.50", "0", "0", NOTHING, "sold out"],
    ]


async def test_prices_are_in_the_money_of_the_organisation(
    visitor: Visitor, owner: Id, network: Network, pool: Pool
) -> None:
    await pool.execute("UPDATE organisations SET currency = 'AUD' WHERE id = $1", owner)
    variant = await goods(
        network,
        owner,
        "A",
        retail_price=Decimal("7.45"),
        wholesale_price=Decimal(5),
        purchase_price=Decimal(4),
    )
    page = await visitor.get("/products")
    assert page.rows("#list table")[0][2] == "A$7.45"
    page = await visitor.get(f"/variants/{ids.VARIANT}{variant}")
    for price in ("A$7.45", "A$5.00", "A$4.00"):
        assert price in page.text
    assert "€" not in page.text
    product = next(link for link in page.links().values() if link.startswith("/products/"))
    assert "A$7.45" in (await visitor.get(product)).text


async def test_what_partners_offer_counts_beside_ones_own(
    pages: Pages, network: Network, counter: Counter
) -> None:
    pair = await pair_of(network)
    theirs = await goods(network, pair.wholesaler, "W1", name="Mug")
    ours = await goods(network, pair.retailer, "R1", name="Our mug")
    await counter.receive(pair.wholesaler, theirs, 9)
    await network.match(pair.partnership, (pair.wholesaler, theirs), (pair.retailer, ours))
    retailer = await pages.log_in_as(pair.retailer)
    page = await retailer.get("/products?stock=offered")
    assert page.rows("#list table")[0][3:] == ["0", "0", "9", "from partners only"]
    wholesaler = await pages.log_in_as(pair.wholesaler)
    assert names(await wholesaler.get("/products?stock=shared")) == ["Mug W1"]
    assert names(await wholesaler.get("/products?stock=offered")) == []
    assert "shared" in (await wholesaler.get("/products")).text


async def test_a_search_stands_in_the_address(
    visitor: Visitor, owner: Id, network: Network
) -> None:
    await goods(network, owner, "OIL-1", name="Olive oil", gtin="8712345678906")
    await goods(network, owner, "HON-1", name="Honey 100% pure")
    await goods(network, owner, "OLD-1", name="Old honey", state="deactivated")
    page = await visitor.get("/products")
    form = page.form("Filter")
    assert form.method == "GET"
    for text, expected in [
        ("olive", ["Olive oil OIL-1"]),
        ("oil-1", ["Olive oil OIL-1"]),
        ("8712345678906", ["Olive oil OIL-1"]),
        ("100%", ["Honey 100% pure HON-1"]),
        ("o_d", []),
        ("", ["Honey 100% pure HON-1", "Olive oil OIL-1", "Old honey OLD-1"]),
    ]:
        assert sorted(names(await visitor.send(form, q=text))) == sorted(expected), text
    page = await visitor.send(form, q="honey", state="active")
    assert names(page) == ["Honey 100% pure HON-1"]
    assert "q=honey" in page.address
    assert page.form("Filter").value("q") == "honey"
    page = await visitor.get("/products?q=nonsense")
    assert "No product fits these filters." in page.text


async def test_short_means_nothing_of_ones_own_is_available(
    visitor: Visitor, owner: Id, network: Network, counter: Counter
) -> None:
    full = await goods(network, owner, "FULL", name="Full")
    await goods(network, owner, "EMPTY", name="Empty")
    await network.variant(owner, "ENDLESS", unlimited=True)
    await counter.receive(owner, full, 1)
    assert names(await visitor.get("/products?stock=short")) == ["Empty EMPTY"]


async def test_pages_go_on_by_key(visitor: Visitor, owner: Id, network: Network) -> None:
    for number in range(60):
        await goods(network, owner, f"S{number:02}", name=f"Thing {number:02}")
    first = await visitor.get("/products?state=active")
    assert len(names(first)) == 50
    second = await visitor.follow(first, "Next page")
    assert names(second) == [f"Thing {number} S{number}" for number in range(50, 60)]
    assert "state=active" in second.address
    again = await visitor.follow(second, "First page")
    assert names(again) == names(first)
    await visitor.get("/products?cursor=nonsense", 400)


async def test_what_is_named_in_full_is_found_beyond_what_a_page_looks_through(
    visitor: Visitor, owner: Id, network: Network, pool: Pool
) -> None:
    last = await goods(network, owner, "ZZZ", name="The last one")
    async with pool.acquire() as connection:
        await connection.execute(
            "INSERT INTO variants (organisation, id, product, sku, name, created_at)"
            " SELECT v.organisation, uuidv7(), v.product, 'A' || g, 'Filler', now()"
            " FROM variants AS v, generate_series(1, 2000) AS g WHERE v.id = $1",
            last,
        )
    page = await visitor.get("/products?q=ZZZ")
    assert page.links()["ZZZ · The last one"] == f"/variants/{ids.VARIANT}{last}"
    assert names(page) == []
    page = await visitor.follow(page, "Search on")
    assert names(page) == ["The last one ZZZ"]


async def test_a_foreign_supplier_is_like_an_absent_one(
    pages: Pages, visitor: Visitor, network: Network
) -> None:
    pair = await pair_of(network)
    own = await pages.log_in_as(pair.retailer)
    address = f"/products?supplier={ids.SUPPLIER}"
    assert (await own.get(f"{address}{pair.supplier}")).heading == "Products and stock"
    absent = await visitor.get(f"{address}{'0' * 32}", 404)
    for foreign in (pair.supplier, "x"):
        assert (await visitor.get(f"{address}{foreign}", 404)).text == absent.text


async def test_a_product_is_made_with_its_variants(visitor: Visitor) -> None:
    page = await visitor.get("/new-product")
    form = page.form("Make the product")
    page = await visitor.send(
        form,
        product="Honey",
        sku_0="HON-1",
        retail_price_0="4.25",
        sku_1="HON-2",
        name_1="Honey, large",
        vat_rate="9",
        prices="include_vat",
        unit="jar",
    )
    assert page.heading == "Honey"
    assert page.said.startswith("2 variants are there.")
    assert [row[0] for row in page.rows()] == ["Honey HON-1", "Honey, large HON-2"]
    page = await visitor.follow(page, "Honey")
    assert "€3.8991" in page.text
    again = await visitor.send(
        form,
        product="Honey",
        sku_0="HON-1",
        retail_price_0="4.25",
        sku_1="HON-2",
        name_1="Honey, large",
        vat_rate="9",
        prices="include_vat",
        unit="jar",
    )
    assert again.heading == "Honey"
    assert len((await visitor.get("/products")).rows("#list table")) == 2


async def test_each_fault_stands_beside_its_field(
    visitor: Visitor, owner: Id, network: Network
) -> None:
    await goods(network, owner, "TAKEN", name="There already")
    form = (await visitor.get("/new-product")).form("Make the product")
    page = await visitor.refused(
        form, product="", sku_0="TAKEN", retail_price_1="12,5x", sku_1="B", gtin_1="123"
    )
    assert page.fault("retail_price_1")
    assert page.form("Make the product").value("sku_0") == "TAKEN"
    page = await visitor.refused(
        page.form("Make the product"), product="X", retail_price_1="", sku_1="B", gtin_1="123"
    )
    assert page.fault("gtin_1")
    page = await visitor.refused(page.form("Make the product"), gtin_1="", sku_2="B")
    assert page.fault("sku_2")
    page = await visitor.refused(page.form("Make the product"), sku_2="")
    assert page.fault("sku_0")
    page = await visitor.send(page.form("Make the product"), sku_0="FREE")
    assert page.heading == "X"


async def test_rows_are_added_without_losing_what_was_typed(visitor: Visitor) -> None:
    form = (await visitor.get("/new-product")).form("Make the product")
    page = await visitor.send(form, product="Cups", sku_0="CUP-1", more="1")
    form = page.form("Make the product")
    assert "sku_5" in form.names
    assert (form.value("product"), form.value("sku_0")) == ("Cups", "CUP-1")


async def test_further_variants_join_a_product(visitor: Visitor) -> None:
    form = (await visitor.get("/new-product")).form("Make the product")
    page = await visitor.send(form, product="Cups", sku_0="CUP-1")
    assert page.heading == "Cups"
    page = await visitor.follow(await visitor.follow(page, "Cups"), "Add variants")
    page = await visitor.send(page.form("Add the variants"), sku_0="CUP-2", name_0="Big cup")
    assert [row[0] for row in page.rows()] == ["Cups CUP-1", "Big cup CUP-2"]
    page = await visitor.send(page.form("Rename the product"), name="Mugs")
    assert page.heading == "Mugs"
    page = await visitor.refused(page.form("Rename the product"), name="x" * 201)
    assert page.fault("name")


async def test_a_variant_is_changed(visitor: Visitor, owner: Id, network: Network) -> None:
    variant = await goods(network, owner, "A", name="Oil", retail_price=Decimal("1234.5"))
    await goods(network, owner, "B", name="Honey")
    address = f"/variants/{ids.VARIANT}{variant}/change"
    form = (await visitor.get(address)).form("Save the change")
    assert form.value("retail_price") == "1,234.5"
    page = await visitor.refused(form, sku="B", units_per_case="six", retail_price="9.95")
    assert page.fault("units_per_case")
    assert page.form("Save the change").value("retail_price") == "9.95"
    page = await visitor.refused(page.form("Save the change"), units_per_case="6")
    assert page.fault("sku")
    page = await visitor.send(page.form("Save the change"), sku="C", is_orderable=None)
    assert page.said == "The change is made."
    assert "€9.95" in page.text
    assert "not orderable" in page.text


async def test_numbers_are_read_as_the_language_writes_them(
    pages: Pages, owner: Id, network: Network
) -> None:
    variant = await goods(network, owner, "A", name="Olie", retail_price=Decimal("1234.5"))
    visitor = await pages.log_in_as(owner, language="nl")
    address = f"/variants/{ids.VARIANT}{variant}/change"
    form = (await visitor.get(address)).form(address)
    assert form.value("retail_price") == "1.234,5"
    page = await visitor.send(form, purchase_price="2.345,67")
    assert "€ 2.345,67" in page.text.replace("\N{NO-BREAK SPACE}", " ")


async def test_a_variant_is_deactivated_and_says_what_that_affects(
    visitor: Visitor, owner: Id, network: Network, counter: Counter
) -> None:
    variant = await goods(network, owner, "A", name="Oil")
    await counter.receive(owner, variant, 5)
    await counter.place(owner, order_of((variant, 2), paid=True))
    address = f"/variants/{ids.VARIANT}{variant}"
    page = await visitor.get(address)
    page = await visitor.send(page.form("Deactivate"))
    assert page.said == (
        "The variant takes no new orders. This affects: 1 order that holds it and still ships."
    )
    assert "deactivated" in page.text
    page = await visitor.send(page.form("Activate"))
    assert page.has_form("Deactivate")
    page = await visitor.send(page.form("Deactivate"))
    page = await visitor.send(page.form("Delete for ever"))
    assert page.said.startswith("The variant was deleted. Its history stays.")
    assert page.rows() == []
    for path in ("", "/change", "/count"):
        await visitor.get(f"{address}{path}", 404)


async def test_who_may_not_change_sees_no_buttons_and_is_refused(
    pages: Pages, owner: Id, network: Network
) -> None:
    variant = await goods(network, owner, "A", name="Oil")
    reader = await pages.log_in_as(owner, "reader")
    page = await reader.get("/products")
    assert not {"New product", "Import"} & set(page.links())
    address = f"/variants/{ids.VARIANT}{variant}"
    page = await reader.get(address)
    assert not {"Count", "Receive", "Correct", "Change"} & set(page.links())
    assert not page.has_form("Deactivate")
    await reader.get(f"{address}/change", 403)
    await reader.get("/new-product", 403)
    clerk = await pages.log_in_as(owner, "clerk")
    page = await clerk.get(address)
    assert {"Count", "Receive", "Correct"} <= set(page.links())
    assert "Change" not in page.links()


async def test_a_foreign_variant_is_like_an_absent_one(visitor: Visitor, network: Network) -> None:
    other = await network.organisation("other")
    foreign = await goods(network, other, "F", name="Foreign")
    absent = ids.VARIANT + "0" * 32
    for path in ("", "/change", "/count", "/receive", "/adjust"):
        there = await visitor.get(f"/variants/{ids.VARIANT}{foreign}{path}", 404)
        assert there.text == (await visitor.get(f"/variants/{absent}{path}", 404)).text
    await visitor.get("/variants/nonsense", 404)
    await visitor.get(f"/products/{ids.PRODUCT}{'0' * 32}", 404)
