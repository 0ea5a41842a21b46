"""The portal in a browser: the wholesale link as two people walk it, and every page as it is shown.

Of each page: the rules of accessibility (axe), nothing to scroll sideways, no error in the console;
a picture of it is kept. Both are done in each combination of language, scripts, screen and colours.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from itertools import count
from typing import Any, Final, NamedTuple

import httpx
import pytest
from playwright.sync_api import Browser, FilePayload

from entrepot.identity import IssuedToken, NewToken, issue_token
from entrepot.infra.clock import utc_now
from entrepot.infra.ids import new_id
from entrepot.infra.pool import open_pool
from entrepot.infra.settings import Settings
from entrepot.kernel.caller import Scope
from entrepot.portal import PAGES
from tests.browser.looking import QUICK, Combination, Looker, Served, looking
from tests.factories.callers import caller_for
from tests.factories.network import Network
from tests.factories.people import Somebody, somebody

SHOWN: Final = tuple(
    sorted(
        page.path
        for page in PAGES
        if page.method == "GET"
        and not page.path.startswith(("/export/", "/template/"))
        and not page.path.endswith(("/csv", "/failed"))
    )
)
"""Every page but those that send files."""
FOR_NOBODY: Final = ("/log-in", "/new-password")
"""Pages for who has not logged in."""
PEOPLE: Final = (
    "winkel-noord",
    "de-groothandel",
    "hub-a",
    "jeans-farm",
    "marketplace",
    "seller-one",
)
"""A retailer and its wholesaler, a trader and its producer, a marketplace and its seller.

Each page is shown to one of them.
"""
SHOWN_TO: Final = {
    "/marketplace-orders": "marketplace",
    "/notices": "de-groothandel",
    "/partnerships/{partnership}/allocations": "de-groothandel",
    "/retailers": "de-groothandel",
    "/sales-sessions": "hub-a",
    "/sales-sessions/new": "hub-a",
    "/seller-invoices": "seller-one",
    "/session-demand": "jeans-farm",
    "/session-orders": "jeans-farm",
}
"""Pages that would show the first of them nothing yet: who has something there."""
GTIN: Final = "8712345678906"
_HOLE: Final = re.compile(r"\{(\w+)\}")
_numbers = count(1)


class Sights:
    """What one organisation of the demo has to show, by the names in paths."""

    def __init__(self, served: Served, slug: str) -> None:
        token = served.demo.organisation(slug).token
        headers = {"Authorization": f"Bearer {token}"}
        with closing(httpx.Client(base_url=f"{served.address}/api/v1", headers=headers)) as http:
            self.http = http
            partnership = self._first("/partnerships")
            trading = f"/partnerships/{partnership}"
            self.things = {
                "order": self._first("/orders"),
                "product": self._first("/products"),
                "variant": self._first("/variants"),
                "supplier": self._first("/suppliers"),
                "partnership": partnership,
                "match": self._first(f"{trading}/matches"),
                "allocation": self._first("/allocations"),
                "settlement": self._first("/settlements"),
                "line": "1",
                "sales_session": self._first("/sales-sessions", state="open"),
                "invoice": self._first("/seller-invoices", descending="true"),
            }
            self.session_order = self._first("/session-orders")
            self.marketplace_order = self._first("/marketplace-orders")
            self.moved = self._first(f"{trading}/open-settlement/lines", "variant")

    def _first(self, path: str, name: str = "id", **wanted: str) -> str | None:
        answer = self.http.get(path, params={"limit": "1", **wanted})
        rows = answer.json()["data"] if answer.status_code == 200 else []
        return str(rows[0][name]) if rows else None

    def address(self, path: str) -> str | None:
        """A page with what it needs; None where there is nothing that it could show."""
        things = self.things | ({"variant": self.moved} if "/open/" in path else {})
        if path.startswith("/session-orders/"):
            things["order"] = self.session_order
        if path.startswith("/marketplace-orders"):
            things["order"] = self.marketplace_order
        if any(things.get(name) is None for name in _HOLE.findall(path)):
            return None
        if path == "/search":
            return "/search?q=e"
        return _HOLE.sub(lambda match: str(things[match[1]]), path)


def order_in_a_session(served: Served) -> None:
    """Let a hub's sales session be over, so that its producer has a session order."""
    producer = httpx.Client(
        base_url=f"{served.address}/api/v1",
        headers={"Authorization": f"Bearer {served.demo.organisation('jeans-farm').token}"},
    )
    with closing(producer):
        leeks = producer.get("/variants", params={"sku": "LEEKS"}).json()["data"][0]["id"]
    trader = Trader(None, served.demo.organisation("hub-a").token, "LEEKS")
    now = utc_now()
    times = {
        "opens_at": (now - timedelta(days=1)).isoformat(),
        "closes_at": (now + timedelta(days=1)).isoformat(),
    }
    reference = f"over-{next(_numbers)}"
    body = {"name": "Over", "reference": reference, "products": [{"variant": leeks}], **times}
    session = trader.post(served, "/sales-sessions", body)["id"]
    line = {"variant": leeks, "quantity": "1"}
    order = {"reference": reference, "sales_session": session, "paid": True, "lines": [line]}
    trader.post(served, "/orders", order)
    trader.post(served, f"/sales-sessions/{session}/close", {})


def send_a_sheet(looker: Looker) -> str:
    """Send a file to import; what its page is called by."""
    looker.go("/import")
    sheet = FilePayload(name="a.csv", mimeType="text/csv", buffer=b"sku,name\r\nNEW-1,Carrots\r\n")
    looker.page.set_input_files("#file", files=[sheet])
    looker.press("main form button.main")
    return looker.path.removeprefix("/import/")


def test_every_page_can_be_read_by_everybody(
    browser: Browser,
    entrepot: Served,
    combination: Combination,
    full_size: bool,  # noqa: FBT001 - a fixture is given by name
) -> None:
    # At quick size each page is looked at in one of the two combinations.
    wanted = SHOWN if full_size else SHOWN[QUICK.index(combination) :: len(QUICK)]
    wrong: list[str] = []
    seen: set[str] = set()
    shutil.rmtree(combination.album, ignore_errors=True)  # pictures of another day mislead
    with looking(browser, entrepot, combination, inspects=True) as nobody:
        for path in FOR_NOBODY:
            nobody.go(f"{path}?language={combination.language}")
            wrong += nobody.look(path)
            seen.add(path)
    order_in_a_session(entrepot)
    for slug in PEOPLE:
        sights = Sights(entrepot, slug)
        login = entrepot.demo.organisation(slug).login
        with looking(browser, entrepot, combination, inspects=True) as looker:
            looker.log_in(login.email, login.password)
            if "/import/{sheet}" in set(wanted) - seen:
                sights.things["sheet"] = send_a_sheet(looker)
            for path in (each for each in wanted if each not in seen):
                if SHOWN_TO.get(path, slug) != slug:
                    continue
                address = sights.address(path)
                if address is not None and looker.go(address) == 200:
                    seen.add(path)
                    wrong += looker.look(path)
    wrong += [f"{path}: is shown to nobody" for path in wanted if path not in seen]
    assert not wrong, "\n".join(sorted(wrong))


class Trader(NamedTuple):
    """An organisation of the story: a person of it, and a program with its secret."""

    person: Somebody | None
    secret: str
    sku: str

    def post(self, served: Served, path: str, body: object) -> Any:  # noqa: ANN401 - JSON, as it is read
        """What its program does."""
        headers = {
            "Authorization": f"Bearer {self.secret}",
            "Idempotency-Key": f"key-{next(_numbers)}",
        }
        answer = httpx.post(f"{served.address}/api/v1{path}", json=body, headers=headers)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()


@pytest.fixture
def traders(entrepot: Served, settings: Settings) -> tuple[Trader, Trader]:
    """A wholesaler with ten of something on hand, and a shop that sells it and has none."""
    with ThreadPoolExecutor(1) as thread:  # the browser keeps this one's loop
        made = thread.submit(asyncio.run, _make_traders(entrepot, settings))
        wholesaler, shop = made.result()
    for trader in (wholesaler, shop):
        variant = {"sku": trader.sku, "name": "Vase", "gtin": GTIN, "wholesale_price": "4"}
        product = {"name": "Vase", "variants": [variant]}
        trader.post(entrepot, "/products", {"products": [product]})
    line = {"sku": wholesaler.sku, "quantity": "10"}
    wholesaler.post(entrepot, "/stock/receipts", {"lines": [line]})
    return wholesaler, shop


async def _make_traders(entrepot: Served, settings: Settings) -> tuple[Trader, Trader]:
    pool = await open_pool(entrepot.database, settings)
    network = Network(pool)
    made = []
    for name in ("groothandel", "winkel"):
        organisation = await network.organisation(f"{name}-{next(_numbers)}")
        token = await issue_token(
            pool,
            new_id,
            caller_for(organisation),
            NewToken("story", tuple(scope.value for scope in Scope)),
        )
        assert isinstance(token, IssuedToken), token
        person = await somebody(pool, organisation)
        made.append(Trader(person, token.secret, f"{name.upper()}-VASE"))
    await pool.close()
    return made[0], made[1]


def test_two_people_walk_the_wholesale_link(
    browser: Browser,
    entrepot: Served,
    combination: Combination,
    traders: tuple[Trader, Trader],
) -> None:
    wholesaler, shop = traders
    assert wholesaler.person is not None
    assert shop.person is not None
    with (
        looking(browser, entrepot, combination) as seller,
        looking(browser, entrepot, combination) as buyer,
    ):
        seller.log_in(wholesaler.person.email, wholesaler.person.password)
        buyer.log_in(shop.person.email, shop.person.password)

        # The wholesaler invites, and hands the key over.
        seller.go("/retailers")
        seller.follow("/retailers/invite")
        seller.page.fill("#note", "The shop on the corner")
        seller.press("main form button.main")
        key = seller.page.locator("#invite-key").inner_text().strip()
        assert key.startswith("ent_inv_")

        # The shop sees what is offered, and accepts.
        buyer.go("/wholesalers")
        buyer.follow("/wholesalers/accept")
        buyer.page.fill("#invite_key", key)
        buyer.press("main form button.main")
        assert "groothandel" in buyer.page.locator("main").inner_text()
        buyer.press('form[action="/wholesalers/accept"] button.main')
        partnership = re.search(r"/partnerships/(pts_\w+)", buyer.page.content())
        assert partnership is not None
        place = f"/partnerships/{partnership[1]}"

        # It matches what both sell, which has the same GTIN.
        buyer.go(f"{place}/matching")
        buyer.press(f'form[action="{place}/match-wholesale"] button')
        buyer.go(f"{place}/matches")
        assert shop.sku in buyer.page.locator("main").inner_text()

        # The wholesaler keeps six for it.
        seller.go(f"{place}/allocate?sku={wholesaler.sku}")
        seller.page.fill("#quantity", "6")
        seller.press('main form[method="post"] button.main')
        seller.go(f"{place}/allocations")
        assert wholesaler.sku in seller.page.locator("main").inner_text()

        # The shop sells four, of which it has none: they pass to it.
        buyer.go(f"/orders/new?sku={shop.sku}&quantity=4")
        buyer.page.fill("#reference", "WEB-1")
        buyer.page.click("details.folded:has(#policy) > summary")
        buyer.page.check('input[name="policy"][value="refuse_short"]')
        buyer.page.check('input[name="paid"][value="now"]')
        buyer.press('main button[name="step"][value="place"]')
        assert buyer.path.startswith("/orders/ord_"), buyer.page.locator("main").inner_text()

        # Both see it in the week that is open.
        for each, sku in ((seller, wholesaler.sku), (buyer, shop.sku)):
            each.go(f"/settlements/open{place.removeprefix('/partnerships')}")
            text = each.page.locator("main").inner_text()
            assert sku in text, text
            assert "16" in text, "four of four euros each"
            assert not each.complaints


def test_a_trader_and_its_producer_walk_a_sales_session(
    browser: Browser, entrepot: Served, combination: Combination
) -> None:
    """From the first product to the goods that leave: the session, its orders, its closing."""
    hub, farm = (entrepot.demo.organisation(slug).login for slug in ("hub-a", "jeans-farm"))
    with (
        looking(browser, entrepot, combination) as trader,
        looking(browser, entrepot, combination) as producer,
    ):
        trader.log_in(hub.email, hub.password)
        producer.log_in(farm.email, farm.password)

        # The hub makes a session in which it sells the farm's leeks, ten kilos at most.
        name = f"Walk {next(_numbers)} {combination}"
        trader.go("/sales-sessions")
        trader.follow("/sales-sessions/new")
        trader.page.fill("#find", "LEEKS")
        trader.press('main button[name="step"][value="find"]:not(.unseen)')
        trader.press('main button[name="add"]')
        trader.page.fill("#name", name)
        trader.page.fill("#reference", name.replace(" ", "-")[:28])
        trader.page.fill("#opens_at", "2026-01-01T10:00")
        trader.page.fill("#closes_at", f"{utc_now() + timedelta(days=2):%Y-%m-%dT%H:%M}")
        trader.page.fill("#products-0-quantity_max", "10")
        trader.press('main button[name="step"][value="save"]')
        place = trader.path
        assert place.startswith("/sales-sessions/sal_"), trader.page.locator("main").inner_text()

        # A customer at the counter takes two kilos, and pays.
        trader.follow(f"{place}/order")
        trader.page.fill("#lines-0-quantity", "2")
        trader.page.check('input[name="paid"][value="now"]')
        trader.press('main button[name="step"][value="place"]')
        assert trader.path.startswith("/orders/ord_"), trader.page.locator("main").inner_text()

        # The farm sees it at once.
        producer.go("/session-demand")
        assert "LEEKS" in producer.page.locator("main").inner_text()

        # The hub looks what would be ordered, and closes.
        trader.go(f"{place}/preview")
        assert "LEEKS" in trader.page.locator("main").inner_text()
        trader.page.check("#is_sure")
        trader.press(f'form[action="{place}/close"] button.bad')
        assert trader.page.locator(f'form[action="{place}/close"]').count() == 0

        # The farm has one session order of it, and ships it.
        producer.go("/session-orders")
        producer.follow("/session-orders/ord_")
        assert "2 kg" in producer.page.locator("main").inner_text()
        order = producer.path
        producer.follow(f"{order}/ship")
        producer.press(f'form[action="{order}/ship"] button.main')
        assert producer.page.locator("main .said").count() == 1
        assert producer.page.locator(f'main a[href="{order}/ship"]').count() == 0
        assert not trader.complaints
        assert not producer.complaints
