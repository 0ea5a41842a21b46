"""The search of the frame: by what people call things, by id, and only what one may see."""

from __future__ import annotations

import pytest

from entrepot.infra.pool import Pool
from entrepot.kernel.ids import Id
from tests.factories.network import Network
from tests.factories.pages import Pages, Seen, Visitor
from tests.factories.web import Web


@pytest.fixture
async def hub(network: Network) -> Id:
    return await network.organisation("hub")


@pytest.fixture
async def clerk(pages: Pages, hub: Id) -> Visitor:
    return await pages.log_in_as(hub, "clerk")


async def made(web: Web, organisation: Id, sku: str, name: str, gtin: str | None = None) -> str:
    """A variant by these names; its wire id."""
    asker = await web.asker(organisation)
    variant = {"sku": sku, "name": name, "gtin": gtin}
    answer = await asker.post("/products", {"products": [{"name": name, "variants": [variant]}]})
    ident: str = answer["products"][0]["variants"][0]["id"]
    return ident


async def ordered(web: Web, organisation: Id, variant: str, reference: str) -> str:
    """A draft of an order by this reference; its wire id."""
    asker = await web.asker(organisation)
    lines = [{"variant": variant, "quantity": "1"}]
    body = {"reference": reference, "lines": lines, "draft": True}
    ident: str = (await asker.post("/orders", body))["id"]
    return ident


def groups(page: Seen) -> dict[str, list[str]]:
    """What was found, by the heading it stands under."""
    return {
        str(each.query_one("h2").to_text()): [link.to_text() for link in each.query("a.row")]  # type: ignore[union-attr] # each has one
        for each in page.all("main section")
    }


async def test_things_are_found_by_what_people_call_them(
    network: Network, web: Web, hub: Id, clerk: Visitor
) -> None:
    carrots = await made(web, hub, "ROOT-1", "Purple carrots", "8712345678906")
    await made(web, hub, "ROOT-2", "Orange carrots")
    await ordered(web, hub, carrots, "ROOT-2026-17")
    partner = await network.organisation("rooted-ltd")
    await network.partnership(hub, partner)
    page = await clerk.get("/search?q=root")
    assert groups(page) == {
        "Products": ["Purple carrots", "Orange carrots"],
        "Partners": ["rooted-ltd"],
    }
    assert page.one("#search").attrs["value"] == "root"
    page = await clerk.get("/search?q=ROOT-2")
    assert groups(page)["Orders"] == ["ROOT-2026-17"]
    page = await clerk.get("/search?q=carrots")
    assert groups(page) == {"Products": ["Purple carrots", "Orange carrots"]}
    page = await clerk.get("/search?q=%25")
    assert page.text.count("carrots") == 0, "a wildcard is a sign like any other"


async def test_what_is_named_in_full_or_by_id_is_gone_to(web: Web, hub: Id, clerk: Visitor) -> None:
    carrots = await made(web, hub, "ROOT-1", "Purple carrots", "8712345678906")
    order = await ordered(web, hub, carrots, "2026-17")
    for text, address in (
        ("ROOT-1", f"/variants/{carrots}"),
        ("8712345678906", f"/variants/{carrots}"),
        ("2026-17", f"/orders/{order}"),
        (carrots, f"/variants/{carrots}"),
        (order, f"/orders/{order}"),
        (f" {order} ", f"/orders/{order}"),
    ):
        answer = await clerk.ask("GET", f"/search?q={text}")
        assert (answer.status_code, answer.headers["location"]) == (303, address), text


async def test_nothing_is_found_and_nothing_is_asked(clerk: Visitor) -> None:
    page = await clerk.get("/search")
    assert page.heading == "Search"
    for text in ("nothing%20here", "x" * 500, "%3Cscript%3E", "caf%C3%A9", "psn_nonsense"):
        page = await clerk.get(f"/search?q={text}")
        assert "Nothing is called so." in page.text
        assert page.all("main a.row") == []
    await clerk.get("/search?q=a%00b", 400)


async def test_nobody_finds_anothers(pages: Pages, network: Network, web: Web, hub: Id) -> None:
    carrots = await made(web, hub, "ROOT-1", "Purple carrots")
    order = await ordered(web, hub, carrots, "ROOT-1-A")
    await network.partnership(hub, await network.organisation("rooted-ltd"))
    stranger = await pages.log_in_as(await network.organisation("stranger"))
    for text in ("ROOT", "ROOT-1", "ROOT-1-A", "carrots", "Rooted"):
        assert (await stranger.get(f"/search?q={text}")).all("main a.row") == []
    await stranger.get(f"/search?q={order}", 404)


async def test_there_is_more_than_is_shown(
    pool: Pool, network: Network, hub: Id, clerk: Visitor
) -> None:
    del pool
    for _ in range(12):
        await network.variant(hub, "LEEK")
    page = await clerk.get("/search?q=leek")
    assert len(page.all("main a.row")) == 10
    page = await clerk.follow(page, "All products that fit")
    assert len(page.rows()) == 12
