"""Matching through the REST door: by GTIN, by hand, what deactivation does, and price lists."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from tests.factories.network import Network
from tests.factories.web import Asker, Web

GTINS = ("4006381333931", "96385074", "0012345600012", "5901234123457", "8711000000007")


class Side:
    """One side's program, and the variants that it has by sku."""

    def __init__(self, asker: Asker) -> None:
        self.asker = asker
        self.variants: dict[str, str] = {}

    async def stock(self, *variants: dict[str, Any]) -> None:
        """Make variants, each of a product of its own."""
        products = [
            {"name": each["sku"], "variants": [{"name": "Goods", **each}]} for each in variants
        ]
        made = await self.asker.post("/products", {"products": products})
        for product in made["products"]:
            for variant in product["variants"]:
                self.variants[variant["sku"]] = variant["id"]

    async def put(self, sku: str, state: str) -> None:
        """Put a variant into another state."""
        answer = await self.asker.patch(f"/variants/{self.variants[sku]}", {"state": state})
        assert answer.status_code == 200, answer.text


class Story:
    """A wholesaler, and a retailer that has accepted its invitation."""

    def __init__(self, wholesaler: Side, retailer: Side) -> None:
        self.wholesaler = wholesaler
        self.retailer = retailer
        self.partnership = ""
        self.supplier = ""

    async def begin(self) -> None:
        invited = await self.wholesaler.asker.post(
            "/partnership-invitations", {"sharing_policy": "all_stock", "price_percentage": "80"}
        )
        accepted = await self.retailer.asker.post(
            "/partnership-invitations/accept", {"invite_key": invited["invite_key"]}
        )
        self.partnership, self.supplier = accepted["id"], accepted["supplier"]

    async def match(self) -> Any:  # noqa: ANN401 - JSON, as it is read
        return await self.retailer.asker.post(f"/suppliers/{self.supplier}/match-wholesale")

    async def outcomes(self) -> dict[str, str]:
        """What matching makes of each of the retailer's variants, by sku."""
        page = await self.retailer.asker.get(f"/suppliers/{self.supplier}/matching", limit=200)
        return {row["variant"]["sku"]: row["outcome"] for row in page["data"]}

    async def matches(self, side: Side, **query: object) -> dict[str, Any]:
        """A partnership's matches as one side sees them, by the retailer's sku."""
        page = await side.asker.get(f"/partnerships/{self.partnership}/matches", **query)
        return {row["variant"]["sku"]: row for row in page["data"]}

    def by_hand(self, sku: str, wholesaler_sku: str, **terms: object) -> dict[str, Any]:
        return {
            "partnership": self.partnership,
            "variant": self.retailer.variants[sku],
            "wholesaler_variant": self.wholesaler.variants[wholesaler_sku],
            **terms,
        }


@pytest.fixture
async def story(network: Network, web: Web) -> Story:
    wholesaler = Side(await web.asker(await network.organisation("wholesaler")))
    retailer = Side(await web.asker(await network.organisation("retailer")))
    story = Story(wholesaler, retailer)
    await story.begin()
    return story


def codes(answer: httpx.Response) -> dict[str, str | None]:
    """The faults of a refused request, by code."""
    return {fault["code"]: fault["field"] for fault in answer.json()["faults"]}


async def test_match_wholesale_tells_a_reason_for_each_failure(story: Story) -> None:
    await story.wholesaler.stock(
        {"sku": "W-1", "gtin": "4006381333931"},
        {"sku": "W-2", "gtin": "00012345600012"},
        {"sku": "W-3", "gtin": "5901234123457", "unit": "kg"},
        {"sku": "W-4", "gtin": "8711000000007", "state": "deactivated"},
        {"sku": "SAME"},
        {"sku": "THERE-1"},
        {"sku": "THERE-2"},
        {"sku": "HERE"},
    )
    await story.retailer.stock(
        {"sku": "R-1", "gtin": "4006381333931"},
        {"sku": "R-2", "gtin": "012345600012"},  # The same number, without zeros before it.
        {"sku": "R-3", "gtin": "5901234123457"},
        {"sku": "R-4", "gtin": "8711000000007"},
        {"sku": "SAME"},
        {"sku": "THERE-1", "supplier": story.supplier, "supplier_sku": "THERE-2"},
        {"sku": "HERE"},
        {"sku": "HERE-TOO", "supplier": story.supplier, "supplier_sku": "HERE"},
        {"sku": "ALONE"},
        {"sku": "ASLEEP", "gtin": "96385074", "state": "deactivated"},
    )
    expected = {
        "R-1": "matchable",
        "R-2": "matchable",
        "R-3": "unit_mismatch",
        "R-4": "inactive",
        "SAME": "suggested",
        "THERE-1": "ambiguous_there",
        "HERE": "ambiguous_here",
        "HERE-TOO": "ambiguous_here",
        "ALONE": "none",
    }
    assert await story.outcomes() == expected

    done = await story.match()
    assert done == {
        "partnership": story.partnership,
        "matched": 2,
        "suggested": 1,
        "already_matched": 0,
        "none": 1,
        "ambiguous_here": 2,
        "ambiguous_there": 1,
        "inactive": 1,
        "unit_mismatch": 1,
    }
    assert await story.outcomes() == expected | {"R-1": "already_matched", "R-2": "already_matched"}
    made = await story.matches(story.wholesaler)
    assert {sku: row["wholesaler_variant"]["sku"] for sku, row in made.items()} == {
        "R-1": "W-1",
        "R-2": "W-2",
    }
    assert {row["state"] for row in made.values()} == {"active"}
    # Again, it finds nothing new.
    again = await story.match()
    assert (again["matched"], again["already_matched"]) == (0, 2)


async def test_a_suggestion_is_confirmed_by_hand_once(story: Story) -> None:
    await story.wholesaler.stock({"sku": "CRATE"})
    await story.retailer.stock({"sku": "CRATE", "unit": "crate"}, {"sku": "OTHER"})
    path = f"/suppliers/{story.supplier}/matching"
    page = await story.retailer.asker.get(path, outcome="suggested")
    (suggestion,) = page["data"]
    assert suggestion["candidate"]["id"] == story.wholesaler.variants["CRATE"]

    body = story.by_hand("CRATE", "CRATE", factor=6, rank=3)
    made = await story.retailer.asker.post("/matches", body, key="once")
    assert (made["factor"], made["rank"], made["matched_by"], made["state"]) == (
        6,
        3,
        "hand",
        "active",
    )
    again = await story.retailer.asker.try_post("/matches", body, key="once")
    assert again.json() == made
    assert again.headers["idempotent-replayed"] == "true"
    # Another act of the same content is a double match.
    refused = await story.retailer.asker.try_post("/matches", body)
    assert refused.status_code == 409
    assert codes(refused) == {"partnerships.already_matched": "variant"}
    assert refused.json()["faults"][0]["facts"] == {"match": made["id"]}
    # One of the wholesaler's may serve several of the retailer's.
    other = story.by_hand("OTHER", "CRATE")
    assert (await story.retailer.asker.post("/matches", other))["factor"] == 1


async def test_a_deactivated_product_ends_what_its_match_offers_for_good(story: Story) -> None:
    await story.wholesaler.stock({"sku": "W", "gtin": GTINS[0]})
    await story.retailer.stock({"sku": "R", "gtin": GTINS[0]})
    await story.match()
    first = (await story.matches(story.retailer))["R"]

    await story.wholesaler.put("W", "deactivated")
    asleep = (await story.matches(story.retailer))["R"]
    assert (asleep["state"], asleep["reason"]) == ("inactive", "wholesaler_variant_deactivated")
    assert await story.outcomes() == {"R": "inactive"}

    await story.wholesaler.put("W", "active")
    still = (await story.matches(story.retailer))["R"]
    assert (still["state"], still["reason"]) == ("inactive", "wholesaler_variant_deactivated")
    assert await story.outcomes() == {"R": "matchable"}

    # One act makes the new match and ends the old one.
    body = story.by_hand("R", "W")
    made = await story.retailer.asker.post("/matches", body)
    assert made["state"] == "active"
    old = await story.retailer.asker.get(f"/matches/{first['id']}")
    assert (old["state"], old["reason"]) == ("ended", "deactivated")

    # The retailer's own side does the same.
    await story.retailer.put("R", "deactivated")
    await story.retailer.put("R", "active")
    mine = (await story.matches(story.retailer))["R"]
    assert (mine["state"], mine["reason"]) == ("inactive", "variant_deactivated")
    assert (await story.match())["matched"] == 1
    assert (await story.matches(story.retailer))["R"]["state"] == "active"
    everything = await story.retailer.asker.get(
        f"/partnerships/{story.partnership}/matches", ended=True
    )
    assert [row["state"] for row in everything["data"]] == ["ended", "ended", "active"]


async def test_a_pause_makes_matches_inactive_and_lets_new_ones_be_made(story: Story) -> None:
    await story.wholesaler.stock({"sku": "W", "gtin": GTINS[0]})
    await story.retailer.stock({"sku": "R", "gtin": GTINS[0]})
    await story.wholesaler.asker.post(f"/partnerships/{story.partnership}/pause")
    assert (await story.match())["matched"] == 1
    paused = (await story.matches(story.retailer))["R"]
    assert (paused["state"], paused["reason"]) == ("inactive", "partnership_paused")
    await story.wholesaler.asker.post(f"/partnerships/{story.partnership}/resume")
    assert (await story.matches(story.retailer))["R"]["state"] == "active"

    await story.wholesaler.asker.post(f"/partnerships/{story.partnership}/begin-ending")
    await story.retailer.stock({"sku": "NEW"})
    refused = await story.retailer.asker.try_post("/matches", story.by_hand("NEW", "W"))
    assert codes(refused) == {"partnerships.partnership_ending": "partnership"}
    refused = await story.retailer.asker.try_post(f"/suppliers/{story.supplier}/match-wholesale")
    assert codes(refused) == {"partnerships.partnership_ending": "partnership"}


async def test_a_former_partner_sees_nothing_of_what_is_sold_now(story: Story) -> None:
    await story.wholesaler.stock({"sku": "W", "gtin": GTINS[0], "wholesale_price": "5"})
    await story.retailer.stock({"sku": "R", "gtin": GTINS[0]})
    prices, matching = (
        f"/partnerships/{story.partnership}/prices",
        f"/suppliers/{story.supplier}/matching",
    )
    await story.wholesaler.asker.post(f"/partnerships/{story.partnership}/begin-ending")
    assert [each["sku"] for each in (await story.retailer.asker.get(prices))["data"]] == ["W"]
    await story.wholesaler.asker.post(f"/partnerships/{story.partnership}/end")
    for path in (prices, matching):
        refused = await story.retailer.asker.send("GET", f"/api/v1{path}")
        assert codes(refused) == {"partnerships.partnership_ending": "partnership"}
    assert [each["sku"] for each in (await story.wholesaler.asker.get(prices))["data"]] == ["W"]


async def test_each_side_changes_and_sees_what_is_its_own(story: Story) -> None:
    await story.wholesaler.stock({"sku": "W", "gtin": GTINS[0]})
    await story.retailer.stock({"sku": "R", "gtin": GTINS[0]})
    await story.match()
    path = f"/matches/{(await story.matches(story.retailer))['R']['id']}"

    changed = await story.wholesaler.asker.patch(path, {"buffer": "2.5", "cap": "10"})
    assert changed.status_code == 200, changed.text
    told = changed.json()
    assert (told["buffer"], told["own_buffer"], told["cap"], told["rank"]) == (
        "2.5",
        True,
        "10",
        None,
    )
    ranked = await story.retailer.asker.patch(path, {"rank": 4})
    seen = ranked.json()
    assert (seen["buffer"], seen["own_buffer"], seen["cap"], seen["rank"]) == (None, None, "10", 4)

    wrong = await story.retailer.asker.patch(path, {"buffer": "0", "cap": None, "rank": 5})
    assert wrong.status_code == 403
    assert {fault["field"] for fault in wrong.json()["faults"]} == {"buffer", "cap"}
    wrong = await story.wholesaler.asker.patch(path, {"rank": 0, "buffer": "-1", "cap": "0.0001"})
    assert codes(wrong) == {
        "partnerships.partner_decides": "rank",
        "partnerships.buffer_not_valid": "buffer",
        "partnerships.cap_not_valid": "cap",
    }
    # The retailer cannot shake off the wholesaler's buffer by matching anew, nor lose its rank.
    ended = await story.retailer.asker.post(f"{path}/end")
    assert (ended["state"], ended["reason"]) == ("ended", "ended_by_retailer")
    assert (await story.match())["matched"] == 1
    anew = (await story.matches(story.wholesaler))["R"]
    assert (anew["buffer"], anew["cap"]) == ("2.5", "10")
    assert (await story.matches(story.retailer))["R"]["rank"] == 4
    # Taken away, the partnership's hold again.
    back = await story.wholesaler.asker.patch(f"/matches/{anew['id']}", {"buffer": None})
    assert (back.json()["buffer"], back.json()["own_buffer"]) == ("0", False)


async def test_a_wholesaler_that_ends_a_match_gives_notice(story: Story) -> None:
    await story.wholesaler.stock({"sku": "W", "gtin": GTINS[0]})
    await story.retailer.stock({"sku": "R", "gtin": GTINS[0]})
    await story.match()
    match = (await story.matches(story.wholesaler))["R"]["id"]
    ended = await story.wholesaler.asker.post(f"/matches/{match}/end")
    assert (ended["state"], ended["reason"]) == ("ended", "ended_by_wholesaler")
    notices = (await story.retailer.asker.get("/notices"))["data"]
    told = [each for each in notices if each["kind"] == "partnerships.match_ended"]
    assert [(each["subject"], each["facts"]["sku"]) for each in told] == [(match, "R")]
    # Ended again, it says the same and nobody is told twice.
    assert await story.retailer.asker.post(f"/matches/{match}/end") == ended | {
        "role": "retailer",
        "rank": 0,
        "buffer": None,
        "own_buffer": None,
    }
    assert len((await story.retailer.asker.get("/notices"))["data"]) == len(notices)
    refused = await story.wholesaler.asker.patch(f"/matches/{match}", {"cap": "1"})
    assert codes(refused) == {"partnerships.match_ended": "match"}
    assert await story.matches(story.retailer) == {}


async def test_what_is_chosen_badly_is_refused_all_at_once(story: Story) -> None:
    await story.wholesaler.stock({"sku": "W"}, {"sku": "OFF", "state": "deactivated"})
    await story.retailer.stock({"sku": "R"})
    asker = story.retailer.asker
    nobody = ids.VARIANT + "0" * 32
    body = {"partnership": story.partnership, "variant": nobody, "wholesaler_variant": "var_1"}
    answer = await asker.try_post("/matches", {**body, "factor": 0, "rank": 1000})
    assert answer.status_code == 404
    assert [(fault["code"], fault["field"]) for fault in answer.json()["faults"]] == [
        ("catalogue.unknown_variant", "variant"),
        ("catalogue.unknown_variant", "wholesaler_variant"),
        ("partnerships.factor_not_valid", "factor"),
        ("partnerships.rank_not_valid", "rank"),
    ]
    asleep = await asker.try_post("/matches", story.by_hand("R", "OFF"))
    assert codes(asleep) == {"partnerships.variant_not_active": "wholesaler_variant"}
    turned = {**story.by_hand("R", "W"), "partnership": "pts_1"}
    assert codes(await asker.try_post("/matches", turned)) == {
        "partnerships.unknown_partnership": "partnership"
    }
    # Matching is for the retailer.
    theirs = await story.wholesaler.asker.try_post("/matches", story.by_hand("R", "W"))
    assert (theirs.status_code, theirs.json()["code"]) == (403, "partnerships.retailer_only")
    plain = await asker.post("/suppliers", {"name": "Just a supplier"})
    refused = await asker.try_post(f"/suppliers/{plain['id']}/match-wholesale")
    assert codes(refused) == {"partnerships.supplier_not_partner": "supplier"}
    assert await story.matches(story.retailer) == {}


async def test_a_stranger_is_answered_as_if_there_were_nothing(
    story: Story, network: Network, web: Web
) -> None:
    await story.wholesaler.stock({"sku": "W", "gtin": GTINS[0]})
    await story.retailer.stock({"sku": "R", "gtin": GTINS[0]})
    await story.match()
    match = (await story.matches(story.retailer))["R"]["id"]
    stranger = await web.asker(await network.organisation("stranger"))
    for identifier in (match, ids.PRODUCT_MATCH + "0" * 32, "nothing"):
        shown = await stranger.send("GET", f"/api/v1/matches/{identifier}")
        ended = await stranger.try_post(f"/matches/{identifier}/end")
        changed = await stranger.patch(f"/matches/{identifier}", {"cap": "1"})
        assert {shown.status_code, ended.status_code, changed.status_code} == {404}
        assert shown.json()["code"] == ended.json()["code"] == "partnerships.unknown_match"
    for path in ("matches", "prices"):
        shown = await stranger.send("GET", f"/api/v1/partnerships/{story.partnership}/{path}")
        assert (shown.status_code, shown.json()["code"]) == (
            404,
            "partnerships.unknown_partnership",
        )
    listed = await stranger.get("/matches", variant=story.retailer.variants["R"])
    assert listed["data"] == []
    assert (await story.matches(story.retailer))["R"]["state"] == "active"
    # Who may only read may not match.
    reader = await web.asker(await network.organisation("reader"), Scope.PARTNERSHIPS_READ)
    refused = await reader.try_post(f"/suppliers/{story.supplier}/match-wholesale")
    assert refused.json()["code"] == "identity.scope_missing"


async def test_the_price_list_says_what_is_paid_and_why(story: Story) -> None:
    await story.wholesaler.stock(
        {"sku": "A", "name": "Red Carrots", "wholesale_price": "10", "vat_rate": "9"},
        {"sku": "B", "name": "Parsnips", "wholesale_price": "0.3331"},
        {"sku": "C", "name": "carrot juice"},
        {"sku": "D", "state": "deactivated", "wholesale_price": "1"},
    )
    path = f"/partnerships/{story.partnership}/prices"

    async def paid(side: Side, **query: object) -> dict[str, tuple[str | None, str | None]]:
        page = await side.asker.get(path, **query)
        return {row["sku"]: (row["unit_price"], row["basis"]) for row in page["data"]}

    by_percentage = {
        "A": ("8", "percentage"),
        "B": ("0.2665", "percentage"),
        "C": (None, None),
    }
    assert await paid(story.retailer) == by_percentage
    assert await paid(story.wholesaler) == by_percentage | {"D": ("0.8", "percentage")}

    later = "2999-01-04T00:00:00+01:00"
    prices = [
        {"sku": "A", "unit_price": "7.5"},
        {"variant": story.wholesaler.variants["A"], "unit_price": None, "valid_from": later},
        {"sku": "C", "unit_price": "0"},
    ]
    done = await story.wholesaler.asker.post(path, {"prices": prices}, key="prices")
    assert (done["currency"], len(done["prices"])) == ("EUR", 3)
    assert await story.wholesaler.asker.post(path, {"prices": prices}, key="prices") == done
    assert await paid(story.retailer) == by_percentage | {
        "A": ("7.5", "fixed"),
        "C": ("0", "fixed"),
    }
    (row,) = (await story.retailer.asker.get(path, sku="A"))["data"]
    assert (row["vat_rate"], row["currency"], row["next_price"]) == ("9", "EUR", None)
    assert row["next_from"] == "2999-01-03T23:00:00Z"
    # Found by what it is called, and by its number.
    assert set(await paid(story.retailer, name="CARROT")) == {"A", "C"}
    assert set(await paid(story.retailer, variant=story.wholesaler.variants["B"])) == {"B"}
    assert await paid(story.retailer, variant="nothing") == {}
    # Taken back from now on.
    await story.wholesaler.asker.post(path, {"prices": [{"sku": "A", "unit_price": None}]})
    assert (await paid(story.retailer))["A"] == ("8", "percentage")


async def test_prices_that_cannot_be_are_refused_with_their_places(story: Story) -> None:
    await story.wholesaler.stock({"sku": "A"}, {"sku": "B"})
    await story.retailer.stock({"sku": "MINE"})
    path = f"/partnerships/{story.partnership}/prices"
    prices = [
        {"sku": "A", "unit_price": "-1"},
        {"sku": "B", "unit_price": "0.00001"},
        {"sku": "B", "unit_price": "1", "valid_from": "2001-01-01T00:00:00Z"},
        {"sku": "A", "unit_price": "1"},
        {"sku": "nothing", "unit_price": "1"},
        {"variant": story.retailer.variants["MINE"], "unit_price": "1"},
    ]
    refused = await story.wholesaler.asker.try_post(path, {"prices": prices})
    assert [(fault["code"], fault["field"]) for fault in refused.json()["faults"]] == [
        ("catalogue.unknown_variant", "prices[4].sku"),
        ("catalogue.unknown_variant", "prices[5].variant"),
        ("partnerships.price_not_valid", "prices[0].unit_price"),
        ("partnerships.price_not_valid", "prices[1].unit_price"),
        ("partnerships.price_in_the_past", "prices[2].valid_from"),
        ("partnerships.price_given_twice", "prices[3].variant"),
    ]
    none = await story.wholesaler.asker.try_post(path, {"prices": []})
    assert codes(none) == {"partnerships.prices_not_valid": "prices"}
    theirs = await story.retailer.asker.try_post(
        path, {"prices": [{"sku": "MINE", "unit_price": "1"}]}
    )
    assert (theirs.status_code, theirs.json()["code"]) == (403, "partnerships.wholesaler_only")
    shown = (await story.wholesaler.asker.get(path))["data"]
    assert [row["unit_price"] for row in shown] == [None, None]
