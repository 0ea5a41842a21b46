"""A wholesaler invites a shop, hands the key over, and the two trade until one has had enough."""

from __future__ import annotations

from typing import Any, NamedTuple

import httpx
import pytest

from entrepot.infra.pool import Pool
from tests.factories.network import Network
from tests.factories.web import Asker, Web

OFFER = {
    "sharing_policy": "all_stock",
    "buffer": "5",
    "cap": "20",
    "price_percentage": "87.5",
    "terms": "Pay within 30 days.",
    "note": "Winkel Noord",
}
WRONG = "ent_inv_00000-00000-00000-00000-00000-00000"


class Two(NamedTuple):
    """A wholesaler and a shop, as programs of theirs."""

    wholesaler: Asker
    shop: Asker


@pytest.fixture
async def two(network: Network, web: Web) -> Two:
    wholesaler = await network.organisation("wholesale")
    shop = await network.organisation("shop")
    return Two(await web.asker(wholesaler), await web.asker(shop))


async def handed_over(wholesaler: Asker, **offer: object) -> dict[str, str]:
    """The body by which a shop shows the invite key of a new invitation."""
    made = await wholesaler.post("/partnership-invitations", OFFER | offer)
    return {"invite_key": made["invite_key"]}


def problem(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


async def kinds_of_notices(asker: Asker) -> list[str]:
    return [each["kind"] for each in (await asker.get("/notices"))["data"]]


async def test_from_the_invitation_to_the_end(two: Two) -> None:
    wholesaler, shop = two
    issued = await wholesaler.post("/partnership-invitations", OFFER, key="once")
    assert (issued["invitation"]["state"], issued["invitation"]["note"]) == ("open", "Winkel Noord")
    key = {"invite_key": issued["invite_key"].lower().replace("-", " ")}
    preview = await shop.post("/partnership-invitations/preview", key)
    assert preview["wholesaler"]["name"] == "wholesale"
    assert (preview["cap"], preview["price_percentage"]) == ("20", "87.5")
    assert not {"buffer", "note"} & preview.keys()

    begun = await shop.post("/partnership-invitations/accept", key)
    path = f"/partnerships/{begun['id']}"
    assert (begun["role"], begun["state"], begun["buffer"]) == ("retailer", "active", None)
    supplier = await shop.get(f"/suppliers/{begun['supplier']}")
    assert (supplier["name"], supplier["partnership"]) == ("wholesale", begun["id"])
    seen = await wholesaler.get(path)
    assert (seen["buffer"], seen["partner"]["name"], seen["supplier"]) == ("5", "shop", None)

    paused = await shop.post(f"{path}/pause")
    assert (paused["state"], paused["paused_by_you"]) == ("paused", True)
    still = await wholesaler.post(f"{path}/resume")
    assert (still["state"], still["paused_by_partner"]) == ("paused", True)
    assert (await shop.post(f"{path}/resume"))["state"] == "active"

    changed = await wholesaler.send(
        "PATCH", f"/api/v1{path}", {"sharing_policy": "allocated_only", "cap": None}, key="change"
    )
    assert (changed.json()["sharing_policy"], changed.json()["cap"]) == ("allocated_only", None)
    assert (await shop.get(path))["sharing_policy"] == "allocated_only"

    ending = await wholesaler.post(f"{path}/begin-ending")
    assert ending["state"] == "ending"
    late = await shop.try_post(f"{path}/resume")
    assert problem(late) == (409, "partnerships.partnership_ending")
    assert await kinds_of_notices(shop) == ["partnerships.ending", "partnerships.changed"]
    assert await kinds_of_notices(wholesaler) == [
        "partnerships.resumed",
        "partnerships.paused",
        "partnerships.invitation_accepted",
    ]


async def test_the_key_is_told_once_and_an_act_happens_once(two: Two, pool: Pool) -> None:
    wholesaler, shop = two
    first = await wholesaler.try_post("/partnership-invitations", OFFER, key="once")
    again = await wholesaler.try_post("/partnership-invitations", OFFER, key="once")
    assert (first.status_code, again.status_code) == (201, 201)
    assert "idempotent-replayed" in again.headers
    assert again.json() == {"invitation": first.json()["invitation"], "invite_key": None}
    body = {"invite_key": first.json()["invite_key"]}
    begun = await shop.try_post("/partnership-invitations/accept", body, key="accept")
    replayed = await shop.try_post("/partnership-invitations/accept", body, key="accept")
    assert (begun.status_code, replayed.status_code) == (201, 201)
    assert begun.json() == replayed.json()
    used = await shop.try_post("/partnership-invitations/accept", body)
    assert problem(used) == (422, "partnerships.invite_key_not_valid")
    assert await pool.fetchval("SELECT count(*) FROM partnerships") == 1
    other = await shop.try_post(
        "/partnership-invitations/accept", {"invite_key": WRONG}, key="accept"
    )
    assert problem(other) == (409, "request.key_reused")


async def test_bad_keys_are_answered_alike(
    two: Two, pool: Pool, web: Web, network: Network
) -> None:
    wholesaler, shop = two
    used = await handed_over(wholesaler)
    await shop.post("/partnership-invitations/accept", used)
    expired = await handed_over(wholesaler)
    await pool.execute(
        "UPDATE partnership_invitations SET expires_at = now() WHERE accepted_at IS NULL"
    )
    taken_back = await wholesaler.post("/partnership-invitations", OFFER)
    await wholesaler.post(f"/partnership-invitations/{taken_back['invitation']['id']}/revoke")
    own = await handed_over(shop)
    answers: list[Any] = []
    for body in (
        {"invite_key": WRONG},
        {"invite_key": "nonsense"},
        used,
        expired,
        {"invite_key": taken_back["invite_key"]},
        own,
    ):
        for path in ("preview", "accept"):
            response = await shop.try_post(f"/partnership-invitations/{path}", body)
            shown = response.json()
            del shown["instance"]
            answers.append((response.status_code, shown))
        await pool.execute("DELETE FROM invite_key_tries")
    assert answers[0][0] == 422
    assert answers[0][1]["code"] == "partnerships.invite_key_not_valid"
    assert all(answer == answers[0] for answer in answers)
    assert len((await shop.get("/partnerships"))["data"]) == 1
    # The key of one's own is still good for others.
    stranger = await web.asker(await network.organisation("stranger"))
    await stranger.post("/partnership-invitations/accept", own)


async def test_guessing_is_slowed_down_for_who_guesses(
    two: Two, web: Web, network: Network
) -> None:
    wholesaler, shop = two
    good = await handed_over(wholesaler)
    for number in range(10):
        path = ("preview", "accept")[number % 2]
        guess = {"invite_key": f"ent_inv_{number}"}
        response = await shop.try_post(f"/partnership-invitations/{path}", guess)
        assert problem(response) == (422, "partnerships.invite_key_not_valid")
    for path in ("preview", "accept"):
        response = await shop.try_post(f"/partnership-invitations/{path}", good)
        assert problem(response) == (429, "partnerships.too_many_tries")
        assert 0 < int(response.headers["retry-after"]) <= 3600
    # Others are not held up by it, nor is what the guesser does otherwise.
    other = await web.asker(await network.organisation("other"))
    await other.post("/partnership-invitations/accept", good)
    await handed_over(shop)


async def test_a_second_partnership_in_the_same_direction_is_refused(two: Two) -> None:
    """E20; and E19: the other direction is another partnership."""
    wholesaler, shop = two
    await shop.post("/partnership-invitations/accept", await handed_over(wholesaler))
    second = await handed_over(wholesaler)
    refused = await shop.try_post("/partnership-invitations/accept", second)
    assert problem(refused) == (409, "partnerships.already_partners")
    assert (await shop.post("/partnership-invitations/preview", second))["cap"] == "20"
    await wholesaler.post("/partnership-invitations/accept", await handed_over(shop))
    roles = {each["role"] for each in (await shop.get("/partnerships"))["data"]}
    assert roles == {"wholesaler", "retailer"}
    (one,) = (await shop.get("/partnerships", role="wholesaler"))["data"]
    assert one["role"] == "wholesaler"


async def test_what_is_wrong_is_named_at_once_and_changes_nothing(two: Two) -> None:
    wholesaler, shop = two
    bad = OFFER | {"buffer": "-1", "cap": "1.2345", "valid_days": 0, "time_zone": "Nowhere"}
    refused = await wholesaler.try_post("/partnership-invitations", bad)
    assert refused.status_code == 422
    assert {fault["field"] for fault in refused.json()["faults"]} == {
        "buffer",
        "cap",
        "valid_days",
        "time_zone",
    }
    assert (await wholesaler.get("/partnership-invitations"))["data"] == []
    begun = await shop.post("/partnership-invitations/accept", await handed_over(wholesaler))
    path = f"/api/v1/partnerships/{begun['id']}"
    mine = await shop.send("PATCH", path, {"cap": "1000"}, key="a")
    assert problem(mine) == (403, "partnerships.wholesaler_only")
    unknown = await wholesaler.send("PATCH", path, {"sharing_mode": "all"}, key="b")
    assert unknown.status_code == 422
    assert (await shop.get(f"/partnerships/{begun['id']}")) == begun


async def test_lists_are_ones_own_and_come_in_pages(two: Two, web: Web, network: Network) -> None:
    wholesaler, _ = two
    for number in range(3):
        asker = await web.asker(await network.organisation(f"shop-{number}"))
        await asker.post("/partnership-invitations/accept", await handed_over(wholesaler))
        assert len((await asker.get("/partnerships"))["data"]) == 1
    seen: list[str] = []
    for path in ("/partnerships", "/partnership-invitations"):
        cursor: dict[str, object] = {}
        while True:
            page = await wholesaler.get(path, limit=2, **cursor)
            seen += [each["id"] for each in page["data"]]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
    assert len(set(seen)) == 6


async def test_a_consignment_right_is_not_given_by_hand(two: Two) -> None:
    """A retailer sees the wholesaler it trades with, and orders nothing from it directly."""
    wholesaler, shop = two
    begun = await shop.post("/partnership-invitations/accept", await handed_over(wholesaler))
    known = (await shop.get("/organisations"))["data"]
    sellers = {each["id"]: each["sells_to_you"] for each in known}
    assert sellers[begun["partner"]["id"]] == ["consignment"]
    assert (await shop.get("/variants", seller=begun["partner"]["id"]))["data"] == []
