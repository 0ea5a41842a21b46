"""The wholesale link, told as its source tells it (`wholesale-link.nl`): a step for each paragraph.

A wholesaler and two retailers: the shop may sell all that is free, the web shop what is allocated
to it. Their programs come by HTTP to a server that runs, their operator by the command line.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.factories.cli import CommandLine
from tests.factories.served import environ_of, served

SECONDS_MAX = 60.0
_keys = count(1)


class Program:
    """An organisation's program: it sends its token, and a key with every act."""

    def __init__(self, address: str, secret: str) -> None:
        headers = {"Authorization": f"Bearer {secret}"}
        self.http = httpx.Client(base_url=f"{address}/api/v1", headers=headers)

    def get(self, path: str, **query: str) -> Any:  # noqa: ANN401 - JSON, as it is read
        response = self.http.get(path, params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def send(self, path: str, body: object = None) -> httpx.Response:
        return self.http.post(path, json=body, headers={"Idempotency-Key": f"key-{next(_keys)}"})

    def post(self, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON, as it is read
        response = self.send(path, body)
        assert response.status_code in {200, 201}, response.text
        return response.json()

    def variant(self, sku: str) -> str:
        (found,) = self.get("/variants", sku=sku)["data"]
        return str(found["id"])

    def can_promise(self, sku: str) -> tuple[str, str, str]:
        """What it can promise of a variant: altogether, of its own, of its partners'."""
        (found,) = self.get("/availability", variant=self.variant(sku))["data"]
        return found["available_to_promise"], found["own"], found["offered"]

    def on_hand(self, sku: str) -> tuple[str, str]:
        """What is on hand of a variant, and what of it is held."""
        (found,) = self.get("/positions", variant=self.variant(sku))["data"]
        return found["on_hand"], found["held"]

    def order(self, reference: str, **quantities: int) -> Any:  # noqa: ANN401 - JSON, as it is read
        lines = [{"sku": sku.replace("_", "-"), "quantity": n} for sku, n in quantities.items()]
        return self.post("/orders", {"reference": reference, "paid": True, "lines": lines})

    def notices(self) -> list[str]:
        return [each["kind"] for each in self.get("/notices")["data"]]


class Story:
    """The three, and what they know of each other by now."""

    def __init__(self, entrepot: CommandLine, address: str) -> None:
        self.entrepot = entrepot
        self.address = address
        self.wholesaler = self.organisation("groothandel")
        self.shop = self.organisation("winkel")
        self.web_shop = self.organisation("webwinkel")
        self.partnerships: dict[str, str] = {}
        self.suppliers: dict[str, str] = {}

    def organisation(self, slug: str) -> Program:
        self.entrepot.done("organisation", "create", slug)
        self.entrepot.done("location", "create", slug, "magazijn")
        return Program(self.address, self.entrepot.done("token", "issue", slug)["secret"])

    def goods(self, slug: str, sku: str, *options: str) -> None:
        self.entrepot.done("variant", "create", slug, sku, "--whole-units", *options)

    def matches(self, side: Program, slug: str) -> dict[str, tuple[str, str | None]]:
        """The matches with a retailer: how each was made, and why it does not count."""
        page = side.get(f"/partnerships/{self.partnerships[slug]}/matches")
        return {
            each["variant"]["sku"]: (each["matched_by"], each["reason"])
            for each in page["data"]
            if each["ended_at"] is None
        }


@pytest.fixture
def story(
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Story]:
    data_dir = tmp_path / "data"
    entrepot = CommandLine(database, data_dir, monkeypatch, capsys)
    with served(environ_of(database, data_dir), "serve") as process:
        told = process.read_until("Entrepot is at ")
        story = Story(entrepot, told[-1].removeprefix("Entrepot is at "))
        for sku, gtin in (("MOK", "2000000000008"), ("BORD", "2000000000015")):
            priced = ("--gtin", gtin, "--wholesale-price", "4", "--vat-rate", "21")
            story.goods("groothandel", sku, *priced)
            story.goods("winkel", f"W-{sku}", "--gtin", gtin)
        story.goods("webwinkel", "S-MOK", "--gtin", "2000000000008")
        story.goods("groothandel", "SCHAAL")
        story.goods("winkel", "W-KAARS")
        entrepot.done("stock", "receive", "groothandel", "MOK=50", "BORD=20", "SCHAAL=6")
        yield story
        for program in (story.wholesaler, story.shop, story.web_shop):
            program.http.close()


def test_the_wholesale_link(story: Story) -> None:
    two_relations_are_joined(story)
    products_are_linked(story)
    a_link_fails_where_stock_is_allocated(story)
    inactive_products_end_their_link(story)
    stock_is_shared_as_was_chosen(story)
    web_shops_are_told(story)
    stock_is_rebooked_when_an_order_needs_it(story)
    nothing_is_reserved_while_another_product_is_missing(story)
    the_retailer_has_an_inbound_a_week(story)
    the_wholesaler_has_an_order_a_week_and_retailer(story)


def two_relations_are_joined(story: Story) -> None:
    """Relaties koppelen: the wholesaler invites, sends the key, the retailer enters it."""
    wholesaler, shop, web_shop = story.wholesaler, story.shop, story.web_shop
    invited = wholesaler.post("/partnership-invitations", {"sharing_policy": "all_stock"})
    key = {"invite_key": invited["invite_key"]}
    assert shop.post("/partnership-invitations/preview", key)["sharing_policy"] == "all_stock"
    begun = shop.post("/partnership-invitations/accept", key)
    assert (begun["role"], begun["partner"]["slug"]) == ("retailer", "groothandel")
    story.partnerships["winkel"], story.suppliers["winkel"] = begun["id"], begun["supplier"]
    used = web_shop.send("/partnership-invitations/accept", key)
    assert used.status_code == 422
    assert used.json()["code"] == "partnerships.invite_key_not_valid"

    terms = ("--policy", "allocated_only", "--percentage", "90")
    invited = story.entrepot.done("partnership", "invite", "groothandel", *terms)
    key = {"invite_key": invited["invite_key"]}
    begun = web_shop.post("/partnership-invitations/accept", key)
    story.partnerships["webwinkel"] = begun["id"]
    assert wholesaler.notices() == ["partnerships.invitation_accepted"] * 2
    mine = wholesaler.get("/partnerships", role="wholesaler")["data"]
    assert {each["partner"]["slug"] for each in mine} == {"winkel", "webwinkel"}
    # The relations are joined; the assortments have to be, too.
    assert shop.can_promise("W-MOK") == ("0", "0", "0")


def products_are_linked(story: Story) -> None:
    """Producten linken: the button on the supplier's page, or an allocation."""
    done = story.shop.post(f"/suppliers/{story.suppliers['winkel']}/match-wholesale")
    assert (done["matched"], done["none"]) == (2, 1)
    linked = {"W-MOK": ("gtin", None), "W-BORD": ("gtin", None)}
    assert story.matches(story.shop, "winkel") == linked
    made = story.entrepot.done("allocation", "make", "groothandel", "webwinkel", "MOK", "8")
    assert (made["remaining"], made["match_failure"]) == ("8", None)
    assert story.matches(story.web_shop, "webwinkel") == {"S-MOK": ("allocation", None)}


def a_link_fails_where_stock_is_allocated(story: Story) -> None:
    """Producten linken: that fails at the allocation, and both sides are told."""
    wholesaler, web_shop = story.wholesaler, story.web_shop
    body = {"variant": wholesaler.variant("SCHAAL"), "quantity": "3"}
    failed = wholesaler.post(
        "/allocations", {"partnership": story.partnerships["webwinkel"], **body}
    )
    assert (failed["status"], failed["match_failure"]) == ("open", "none")
    assert wholesaler.notices()[0] == "partnerships.match_failed"
    assert web_shop.notices() == ["partnerships.match_failed"]
    (notice,) = web_shop.get("/notices")["data"]
    assert notice["facts"] == {"reason": "none", "sku": "SCHAAL", "partner": "groothandel"}
    assert story.shop.notices() == []


def inactive_products_end_their_link(story: Story) -> None:
    """Inactieve producten: when one of the two is made inactive; then a new match can be made."""
    story.entrepot.done("variant", "deactivate", "groothandel", "BORD")
    inactive = ("gtin", "wholesaler_variant_deactivated")
    assert story.matches(story.shop, "winkel")["W-BORD"] == inactive
    assert story.shop.can_promise("W-BORD") == ("0", "0", "0")
    story.entrepot.done("variant", "activate", "groothandel", "BORD")
    assert story.matches(story.shop, "winkel")["W-BORD"] == inactive
    done = story.shop.post(f"/suppliers/{story.suppliers['winkel']}/match-wholesale")
    assert (done["matched"], done["already_matched"]) == (1, 1)
    assert story.matches(story.shop, "winkel")["W-BORD"] == ("gtin", None)
    assert story.shop.can_promise("W-BORD") == ("20", "0", "20")


def stock_is_shared_as_was_chosen(story: Story) -> None:
    """Voorraad delen: all of it, or only what was allocated."""
    assert story.shop.can_promise("W-MOK") == ("42", "0", "42")
    assert story.web_shop.can_promise("S-MOK") == ("8", "0", "8")
    shown = story.entrepot.done("availability", "show", "webwinkel", "S-MOK")
    assert shown["available_to_promise"] == "8"


def web_shops_are_told(story: Story) -> None:
    """Voorraad delen: as available stock, own and partner's in one number, by the feed."""
    expected = {"W-MOK": "42", "W-BORD": "20"}
    until, told = time.monotonic() + SECONDS_MAX, dict[str, str]()
    while told != expected and time.monotonic() < until:
        time.sleep(0.1)
        rows = story.shop.get("/feed")["data"]
        told = {row["sku"]: row["available_to_promise"] for row in rows if row["sku"] in expected}
    assert told == expected


def stock_is_rebooked_when_an_order_needs_it(story: Story) -> None:
    """Voorraad gebruiken: what is not in stock at the retailer, and is at the wholesaler."""
    story.entrepot.done("stock", "receive", "winkel", "W-MOK=1")
    order = story.shop.order("thuis", W_MOK=3)
    assert (order["status"], order["fulfilment_status"]) == ("complete", "unfulfilled")
    assert [each["quantity"] for each in order["transferred"]] == ["2"]
    assert story.shop.on_hand("W-MOK") == ("3", "3")
    assert story.wholesaler.on_hand("MOK") == ("48", "0")
    assert story.web_shop.order("online", S_MOK=5)["status"] == "complete"
    (allocation,) = story.wholesaler.get(
        "/allocations",
        partnership=story.partnerships["webwinkel"],
        variant=story.wholesaler.variant("MOK"),
    )["data"]
    assert (allocation["used"], allocation["remaining"]) == ("5", "3")


def nothing_is_reserved_while_another_product_is_missing(story: Story) -> None:
    """Voorraad gebruiken: only if the order can leave backorder by it, as it is consignment."""
    shop, before = story.shop, story.wholesaler.on_hand("MOK")
    order = shop.order("kado", W_MOK=3, W_KAARS=1)
    assert order["status"] == "waiting"
    assert story.wholesaler.on_hand("MOK") == before == ("43", "0")
    assert shop.can_promise("W-MOK") == ("40", "0", "40")
    why = shop.get(f"/orders/{order['id']}/waiting")
    lacking = {each["sku"]: each["lacking"] for each in why["missing"]}
    assert lacking == {"W-MOK": "0", "W-KAARS": "1"}
    shop.post("/stock/receipts", {"lines": [{"sku": "W-KAARS", "quantity": "1"}]})
    assert shop.get(f"/orders/{order['id']}")["status"] == "complete"
    assert story.wholesaler.on_hand("MOK") == ("40", "0")


def the_retailer_has_an_inbound_a_week(story: Story) -> None:
    """Bij de retailer een Inbound per week: how much was rebooked from each wholesaler."""
    partnership = story.partnerships["winkel"]
    running = story.shop.get(f"/partnerships/{partnership}/open-settlement")
    settled = story.entrepot.done("settle", "--as-of", running["ends_at"])["settled"]
    assert len(settled) == 2
    (inbound,) = story.shop.get("/settlements")["data"]
    assert (inbound["face"], inbound["partner_name"]) == ("inbound", "groothandel")
    assert (inbound["week"], inbound["net_minor"]) == (running["week"], 2000)
    (line,) = story.shop.get(f"/settlements/{inbound['id']}/lines")["data"]
    assert (line["sku"], line["net"], line["amount"]) == ("W-MOK", "5", "20")
    moved = story.shop.get(f"/settlements/{inbound['id']}/lines/1/transfers")["data"]
    assert [(each["reference"], each["quantity"]) for each in moved] == [
        ("thuis", "2"),
        ("kado", "3"),
    ]


def the_wholesaler_has_an_order_a_week_and_retailer(story: Story) -> None:
    """Bij de wholesaler een order per week per retailer; what comes later is in the next."""
    orders = story.wholesaler.get("/settlements", face="order")["data"]
    assert {each["partner_name"]: each["net_minor"] for each in orders} == {
        "winkel": 2000,
        "webwinkel": 1800,
    }
    (mine,) = [each for each in orders if each["partner_name"] == "winkel"]
    (line,) = story.wholesaler.get(f"/settlements/{mine['id']}/lines")["data"]
    assert (line["sku"], line["net"], line["amount"]) == ("MOK", "5", "20")
    moved = story.wholesaler.get(f"/settlements/{mine['id']}/lines/1/transfers")["data"]
    assert {(each["order"], each["reference"]) for each in moved} == {(None, None)}
    story.shop.order("later", W_MOK=1)
    later = story.shop.get(f"/partnerships/{story.partnerships['winkel']}/open-settlement")
    assert (later["begins_at"], later["net_minor"]) == (mine["ends_at"], 400)
    again = story.entrepot.done("settle", "--as-of", mine["ends_at"])["settled"]
    assert [each["settlements"] for each in again] == [[], []]
    early = story.entrepot("settle", "--as-of", mine["begins_at"])
    assert (early.code, "settlement.week_closed" in early.err) == (4, True)
