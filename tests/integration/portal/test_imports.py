"""A sheet is sent once, looked at, tried and imported; and sheets are taken along."""

from __future__ import annotations

import pytest

from entrepot.catalogue import PRODUCTS, SUPPLIERS
from entrepot.infra.keeping import purge_sheets
from entrepot.infra.pool import Pool
from entrepot.kernel.ids import Id
from entrepot.orders import STOCK
from tests.factories.counter import Counter
from tests.factories.network import Network
from tests.factories.pages import Pages, Seen, Visitor
from tests.factories.wholesale import goods

DUTCH = (
    b"\xef\xbb\xbfArtikelcode;Omschrijving;Verkoopprijs;Schap\r\n"
    b"KAAS-1;Oude kaas;12,50;A1\r\n"
    b"KAAS-2;Jonge kaas;9,95;A2\r\n"
)


@pytest.fixture
async def owner(network: Network) -> Id:
    return await network.organisation("shop")


@pytest.fixture
async def visitor(pages: Pages, owner: Id) -> Visitor:
    return await pages.log_in_as(owner)


async def sent(visitor: Visitor, content: bytes, kind: str = "products") -> Seen:
    """The page of a sheet that was just sent."""
    page = await visitor.get("/import")
    return await visitor.send(page.form("Look at it"), kind=kind, file=("sheet.csv", content))


def figures(page: Seen) -> list[str]:
    """What became of the rows: new, changed, as they were, failed."""
    return [each.to_text().strip() for each in page.all("#result .number")]


async def test_columns_are_guessed_and_the_first_rows_shown(visitor: Visitor) -> None:
    page = await sent(visitor, DUTCH)
    assert page.heading == "Products: sheet.csv"
    form = page.form("Import")
    assert form.fields["column"] == ["sku", "name", "retail_price", ""]
    assert page.rows("#preview table") == [
        ["2", "KAAS-1", "Oude kaas", "12.5"],
        ["3", "KAAS-2", "Jonge kaas", "9.95"],
    ]
    assert "Left out: Schap." in page.text


async def test_another_mapping_reads_the_same_file_otherwise(visitor: Visitor) -> None:
    page = await sent(visitor, DUTCH)
    columns = ["sku", "name", "purchase_price", "supplier_sku"]
    page = await visitor.send(page.form("Import"), column=columns, step="look")
    assert page.form("Import").fields["column"] == columns
    assert page.rows("#preview table")[0] == ["2", "KAAS-1", "Oude kaas", "12.5", "A1"]
    page = await visitor.send(page.form("Import"), column=["sku", "", "", ""], step="look")
    assert page.rows("#preview table")[0] == ["2", "KAAS-1"]
    page = await visitor.send(page.form("Import"), column=["", "name", "", ""], step="look")
    assert page.faults
    assert page.has_form("Import")


async def test_trying_says_what_would_happen_and_writes_nothing(visitor: Visitor) -> None:
    page = await sent(visitor, DUTCH)
    page = await visitor.send(page.form("Import"), step="try")
    assert "What would happen" in page.text
    assert figures(page) == ["2", "0", "0", "0"]
    assert "Every row can be imported." in page.text
    assert (await visitor.get("/products")).rows("#list table") == []


async def test_the_same_file_twice_changes_nothing(visitor: Visitor) -> None:
    page = await sent(visitor, DUTCH)
    form = page.form("Import")
    page = await visitor.send(form, step="do")
    assert "What was done" in page.text
    assert figures(page) == ["2", "0", "0", "0"]
    assert not page.has_form("Import")
    assert figures(await visitor.send(form, step="do")) == ["2", "0", "0", "0"]
    listed = await visitor.follow(page, "To products and stock")
    assert len(listed.rows("#list table")) == 2
    again = await sent(visitor, DUTCH)
    again = await visitor.send(again.form("Import"), step="do")
    assert figures(again) == ["0", "0", "2", "0"]


async def test_rows_that_fail_come_back_as_a_file_that_can_be_mended(visitor: Visitor) -> None:
    content = b"sku,name,gtin,retail_price\nA,Apple,123,1\nB,Pear,,2\n,Nameless,,3\n"
    page = await sent(visitor, content)
    page = await visitor.send(page.form("Import"), step="do")
    assert figures(page) == ["1", "0", "0", "2"]
    assert [row[0] for row in page.rows("#result table")] == ["2", "4"]
    assert "GTIN" in page.rows("#result table")[0][2]
    answer = await visitor.ask("GET", page.links()["Download the rows that failed"])
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "sheet-failed.csv" in answer.headers["content-disposition"]
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "sku,name,gtin,retail_price,error"
    assert lines[1].startswith("A,Apple,123,1,")
    mended = answer.content.replace(b",123,", b",,").replace(b"\n,Nameless", b"\nC,Nameless")
    page = await sent(visitor, mended)
    assert "error" not in [row[0] for row in page.rows("form table")]
    page = await visitor.send(page.form("Import"), step="do")
    assert figures(page) == ["2", "0", "0", "0"]


async def test_all_or_nothing_writes_nothing_when_a_row_fails(visitor: Visitor) -> None:
    page = await sent(visitor, b"sku,name,gtin\nA,Apple,123\nB,Pear,\n")
    page = await visitor.send(page.form("Import"), step="do", whole="1")
    assert "Nothing was written, as a row failed" in page.text
    assert page.form("Import").fields["whole"] == ["1"]
    assert (await visitor.get("/products")).rows("#list table") == []


async def test_stock_is_counted_and_received(
    visitor: Visitor, owner: Id, network: Network, counter: Counter
) -> None:
    variant = await goods(network, owner, "A", name="Apple")
    await counter.receive(owner, variant, 3)
    page = await sent(visitor, b"sku,location,on_hand\nA,main,7\nX,main,1\n", "stock")
    page = await visitor.send(page.form("Import"), step="try")
    assert figures(page) == ["0", "1", "0", "1"]
    page = await visitor.send(page.form("Import"), step="do")
    assert figures(page) == ["0", "1", "0", "1"]
    assert (await counter.figures(variant))[0] == 7


async def test_suppliers_are_imported(visitor: Visitor) -> None:
    page = await sent(visitor, b"naam;e-mail\nDe Boer;boer@example.com\n", "suppliers")
    page = await visitor.send(page.form("Import"), step="do")
    assert figures(page) == ["1", "0", "0", "0"]


async def test_decimals_that_may_be_either_are_asked_for(visitor: Visitor) -> None:
    page = await sent(visitor, b"sku;name;retail_price\nA;Apple;1.234\n")
    assert page.faults
    page = await visitor.send(page.form("Import"), decimal="point", step="look")
    assert page.rows("#preview table")[0][3] == "1.234"
    page = await visitor.send(page.form("Import"), decimal="comma", step="look")
    assert page.rows("#preview table")[0][3] == "1,234"


async def test_what_is_no_sheet_is_refused_beside_the_field(visitor: Visitor) -> None:
    form = (await visitor.get("/import")).form("Look at it")
    page = await visitor.refused(form, kind="stock", file=("empty.csv", b""))
    assert page.fault("file")
    assert page.form("Look at it").value("kind") == "stock"
    page = await visitor.refused(form, file=("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(64)))
    assert page.fault("file")


async def test_only_who_sent_a_sheet_sees_it_and_only_the_last(
    pages: Pages, visitor: Visitor, owner: Id, pool: Pool
) -> None:
    page = await sent(visitor, DUTCH)
    colleague = await pages.log_in_as(owner)
    await colleague.get(page.address, 404)
    await visitor.get("/import/nonsense", 404)
    await visitor.get(f"{page.address}/failed", 404)
    second = await sent(visitor, b"sku\nB\n")
    await visitor.get(page.address, 404)
    await visitor.send(page.form("Import"), 404, step="do")
    assert await purge_sheets(pool) == 0
    async with pool.acquire() as connection:
        await connection.execute("UPDATE kept_sheets SET kept_at = now() - interval '25 hours'")
    assert await purge_sheets(pool) == 1
    await visitor.get(second.address, 404)


async def test_a_clerk_imports_stock_and_nothing_else(pages: Pages, owner: Id) -> None:
    clerk = await pages.log_in_as(owner, "clerk")
    form = (await clerk.get("/import")).form("Look at it")
    assert form.choices["kind"] == ["stock"]
    form.choices["kind"].append("products")
    page = await clerk.refused(form, kind="products", file=("a.csv", DUTCH))
    assert page.fault("kind")
    reader = await pages.log_in_as(owner, "reader")
    await reader.get("/import", 403)


async def test_sheets_are_taken_along(
    pages: Pages, visitor: Visitor, owner: Id, network: Network
) -> None:
    await goods(network, owner, "A", name="=Apple")
    page = await visitor.get("/export")
    answer = await visitor.ask("GET", page.links()["Products"])
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("sku,name,product")
    assert lines[1].startswith("A,'=Apple,")
    dutch = await pages.log_in_as(owner, "reader", language="nl")
    answer = await dutch.ask("GET", "/export/stock")
    assert answer.content.decode("utf-8-sig").startswith("sku;name;location;")
    assert (await dutch.ask("GET", "/export/nonsense")).status_code == 404
    answer = await visitor.ask("GET", "/template/suppliers")
    assert answer.content.decode("utf-8-sig").startswith("name,email,")
    assert (await visitor.ask("GET", "/template/nonsense")).status_code == 404


async def test_every_column_can_be_chosen_by_a_name_that_people_read(
    pages: Pages, owner: Id
) -> None:
    visitor = await pages.log_in_as(owner, language="nl")
    for kind in (PRODUCTS, STOCK, SUPPLIERS):
        page = await visitor.get("/import")
        form = page.form("/import")
        page = await visitor.send(form, kind=kind.name, file=("a.csv", b"sku,name\n"))
        form = next(each for each in page.forms() if "step" in each.names)
        wanted = {"", *(each.name for each in kind.columns if each.is_read)}
        assert set(form.choices["column"]) == wanted
