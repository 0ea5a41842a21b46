"""My retailers and my wholesalers: inviting, accepting, what holds, changing it and ending it."""

from __future__ import annotations

import re

import pytest

from entrepot.infra.clock import utc_now
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel import ids
from entrepot.kernel.paging import Page as ListPage
from entrepot.kernel.refusal import Refusal
from entrepot.settlement import (
    SettlementFilter,
    close_due_weeks,
    dispute_settlement,
    list_settlements,
)
from tests.factories.counter import Counter
from tests.factories.linked import GTIN, Linked, link
from tests.factories.network import Network
from tests.factories.pages import HOST, Pages, Seen, Visitor
from tests.factories.partnerships import invite_key_of
from tests.factories.transfers import open_trade


@pytest.fixture
async def linked(pages: Pages, network: Network, counter: Counter) -> Linked:
    """Two partners, and somebody of each."""
    return await link(pages, network, counter)


def key_on(page: Seen) -> str:
    """The invite key that a page shows."""
    return page.one("#invite-key").to_text().strip()


async def invitation_of(visitor: Visitor, **typed: object) -> Seen:
    """The page after an invitation was made."""
    page = await visitor.get("/retailers/invite")
    return await visitor.send_typed(page.form("Make the invitation"), typed)


async def test_a_retailer_is_invited_and_accepts_by_the_key(pages: Pages, network: Network) -> None:
    wholesaler = await network.organisation("wholesale")
    retailer = await network.organisation("shop")
    seller, buyer = await pages.log_in_as(wholesaler), await pages.log_in_as(retailer)
    empty = await seller.get("/retailers")
    assert "Nobody sells your stock yet" in empty.text
    form = (await seller.follow(empty, "Invite your first retailer")).form("Make the invitation")
    made = await seller.send(
        form,
        sharing_policy="allocated_only",
        cap="50",
        price_percentage="90",
        terms="Pay within 30 days.",
        note="For the shop",
    )
    key = key_on(made)
    assert re.fullmatch(r"ent_inv_[0-9A-Z-]{35}", key)
    assert "it is not shown again" in made.text
    message = made.one("#message").to_text()
    assert key in message
    assert f"Entrepot ({HOST})" in message
    for said in (
        "units of the same week go back to you, of earlier weeks stay with the retailer",
        "Pay within 30 days.",
    ):
        assert said in made.text

    form = (await buyer.get("/wholesalers/accept")).form("See what it offers")
    offered = await buyer.send(form, invite_key=key.lower())
    assert offered.heading == "wholesale invites you"
    pasted = await buyer.send(form, invite_key=f"Log in to Entrepot: {key}The key works once.")
    assert pasted.heading == offered.heading  # a field of one line keeps no line breaks
    for said in ("Allocated stock only", "90%", "50 units", "Pay within 30 days."):
        assert said in offered.text
    accepted = await buyer.send(offered.form("Accept"))
    assert accepted.said.startswith("You are a retailer of wholesale now.")
    assert accepted.heading == "What wholesale offers"  # it has nothing to match yet

    listed = await buyer.get("/wholesalers")
    assert listed.rows()[0][:3] == ["wholesale", "Active", "Allocated stock only"]
    (row,) = (await seller.get("/retailers")).rows()
    assert row[0] == "shop"
    everything = await seller.get("/retailers/invitations")
    assert everything.rows()[0][1] == "Accepted"


async def test_the_key_is_shown_once(pages: Pages, network: Network) -> None:
    seller = await pages.log_in_as(await network.organisation())
    form = (await seller.get("/retailers/invite")).form("Make the invitation")
    first = await seller.send(form)
    again = await seller.send(form)
    assert key_on(first)
    assert "This form was sent before" in again.text
    assert not again.all("#invite-key")
    assert len((await seller.get("/retailers")).rows()) == 1
    back = await seller.send(again.form("Take this invitation back"))
    assert "taken back" in back.said
    assert back.rows() == []


async def test_each_mistake_of_an_invitation_stands_beside_its_field(
    pages: Pages, network: Network
) -> None:
    seller = await pages.log_in_as(await network.organisation(), language="nl")
    form = (await seller.get("/retailers/invite")).form("Uitnodiging maken")
    refused = await seller.refused(form, buffer="veel", cap="1,5,5", valid_days="14")
    assert "als je alleen toegewezen voorraad deelt" in refused.text
    assert refused.fault("buffer")
    assert refused.fault("cap")
    form = refused.form("Uitnodiging maken")
    assert form.value("buffer") == "veel"
    refused = await seller.refused(form, buffer="-1", cap="1,5", valid_days="91", note="x")
    assert {field for field in form.fields if refused.fault(field)} == {"buffer", "valid_days"}
    made = await seller.send(refused.form("Uitnodiging maken"), buffer="0,5", valid_days="90")
    assert made.heading == "De uitnodiging is gemaakt"
    assert "0,5" in made.text


async def test_an_invitation_that_expires_soon_says_so(
    pages: Pages, network: Network, pool: Pool
) -> None:
    wholesaler = await network.organisation()
    seller = await pages.log_in_as(wholesaler)
    await invitation_of(seller, valid_days="2", note="Soon")
    await invitation_of(seller, valid_days="14", note="Later")
    states = {row[0]: row[1] for row in (await seller.get("/retailers")).rows()}
    assert states == {"Soon": "Expiring soon", "Later": "Open"}
    async with pool.acquire() as connection:
        await connection.execute("UPDATE partnership_invitations SET expires_at = created_at")
    assert (await seller.get("/retailers")).rows() == []
    states = {row[0]: row[1] for row in (await seller.get("/retailers/invitations")).rows()}
    assert states == {"Soon": "Expired", "Later": "Expired"}


async def test_a_wrong_key_is_refused_with_what_was_typed(
    pages: Pages, network: Network, pool: Pool
) -> None:
    retailer = await network.organisation()
    buyer = await pages.log_in_as(retailer)
    form = (await buyer.get("/wholesalers/accept")).form("See what it offers")
    assert (await buyer.refused(form, invite_key="")).fault("invite_key")
    refused = await buyer.refused(form, invite_key="ent_inv_nothing")
    assert refused.form("See what it offers").value("invite_key") == "ent_inv_nothing"
    own = await invite_key_of(pool, retailer)
    assert (await buyer.refused(form, invite_key=own)).fault("invite_key")
    key = await invite_key_of(pool, await network.organisation())
    accept = (await buyer.send(form, invite_key=key)).form("Accept")
    first = await buyer.send(accept)
    again = await buyer.send(accept)  # the same form: the same partnership
    assert again.address == first.address
    assert (await buyer.refused(form, invite_key=key)).fault("invite_key")


async def test_a_page_says_what_holds_and_what_it_asks(linked: Linked) -> None:
    page = await linked.buyer.get(linked.address)
    assert page.heading == "wholesale"
    assert "Match your products: nothing can be sold before." in page.text
    assert "Buffer" not in page.text
    assert "Buffer" in (await linked.seller.get(linked.address)).text
    await linked.matched()
    page = await linked.buyer.get(linked.address)
    assert "Match your products" not in page.text
    assert "1 product" not in page.text
    (row,) = (await linked.seller.get("/retailers")).rows()
    assert row[3] == "1"


@pytest.mark.damages_database("transfers without their stock")
async def test_what_was_sold_stands_beside_each_partner(pages: Pages, network: Network) -> None:
    trade = await open_trade(network)
    pair = await trade.pair(factor=6)
    first = await trade.move(pair, 3, utc_now(), price="2.50")
    await trade.reverse(first, utc_now(), 1)
    seller = await pages.log_in_as(trade.wholesaler)
    buyer = await pages.log_in_as(trade.retailer, language="nl")
    (row,) = (await seller.get("/retailers")).rows()
    assert (row[3], row[4].split()) == ("1", ["12", "\N{EURO SIGN}30.00"])
    (row,) = (await buyer.get("/wholesalers")).rows()
    assert row[4].replace("\N{NO-BREAK SPACE}", " ").split() == ["2", "\N{EURO SIGN}", "30,00"]
    page = await buyer.get(f"/partnerships/{ids.PARTNERSHIP}{trade.id}")
    assert "2" in [each.to_text().strip() for each in page.all(".figures .number")]
    await trade.move(pair, 1, utc_now(), price=None)
    (row,) = (await seller.get("/retailers")).rows()
    assert row[4] == "18"  # what it is worth is not known without that price
    page = await seller.get(f"/partnerships/{ids.PARTNERSHIP}{trade.id}")
    assert "1 line has no price" in page.text


@pytest.mark.damages_database("transfers without their stock")
async def test_documents_to_answer_and_disputes_ask_for_attention(
    pages: Pages, network: Network, pool: Pool
) -> None:
    trade = await open_trade(network)
    await trade.move(await trade.pair(), 3, "2026-W12")
    await close_due_weeks(pool, new_id)
    seller = await pages.log_in_as(trade.wholesaler)
    buyer = await pages.log_in_as(trade.retailer)
    (row,) = (await buyer.get("/wholesalers")).rows()
    assert row[5] == "1 settlement waits for your answer."
    documents = await list_settlements(pool, trade.buyer, ListPage(), SettlementFilter())
    assert not isinstance(documents, Refusal)
    disputed = await dispute_settlement(
        pool, new_id, trade.buyer, documents[0].inner_id, "Two were broken."
    )
    assert not isinstance(disputed, Refusal)
    (row,) = (await buyer.get("/wholesalers")).rows()
    assert row[5] == "You dispute 1 settlement."
    partner = (await seller.get("/retailers")).rows()[0]
    said = f"{partner[0]} disputes a settlement."
    assert partner[5] == f"{said} 1 settlement waits for your answer."
    page = await seller.get(f"/partnerships/{ids.PARTNERSHIP}{trade.id}")
    assert said in page.text


async def test_it_is_paused_and_resumed_by_each_side(linked: Linked) -> None:
    page = await linked.buyer.get(linked.address)
    pause = page.form("Pause")
    paused = await linked.buyer.send(pause)
    assert paused.said.startswith("Paused")
    assert "Paused by you" in paused.text
    assert (await linked.buyer.send(pause)).said == paused.said  # sent twice
    seen = await linked.seller.get(linked.address)
    assert "Paused by shop" in seen.text
    both = await linked.seller.send(seen.form("Pause"))
    assert "Paused by both" in both.text
    resumed = await linked.buyer.send((await linked.buyer.get(linked.address)).form("Resume"))
    assert "wholesale pauses it too" in resumed.said
    resumed = await linked.seller.send((await linked.seller.get(linked.address)).form("Resume"))
    assert "can be sold again" in resumed.said


async def test_the_wholesaler_changes_the_terms(linked: Linked) -> None:
    page = await linked.seller.follow(
        await linked.seller.get(linked.address), "Change the agreement"
    )
    form = page.form("Change it")
    refused = await linked.seller.refused(form, cap="-1", terms="Pay at once.")
    assert refused.fault("cap")
    assert refused.form("Change it").value("terms").strip() == "Pay at once."
    changed = await linked.seller.send(
        refused.form("Change it"), cap="12", buffer="3", sharing_policy="allocated_only"
    )
    assert changed.said.startswith("Changed.")
    told = await linked.buyer.get(linked.address)
    assert "Allocated stock only" in told.text
    assert "The agreement was changed: what may be drawn on, the cap, the terms." in told.text
    own = await linked.seller.get(f"{linked.address}/activity")
    assert "what may be drawn on, the cap, the terms." in own.text
    # A change of the buffer alone is no business of the retailer's.
    form = (await linked.seller.get(f"{linked.address}/terms")).form("Change it")
    await linked.seller.send(form, buffer="4")
    told = await linked.buyer.get(f"{linked.address}/activity")
    assert told.text.count("The agreement was changed") == 1
    assert "buffer" not in told.text
    await linked.buyer.get(f"{linked.address}/terms", status=404)


async def test_it_ends_by_its_checklist(linked: Linked) -> None:
    await linked.matched(on_hand=10)
    form = (await linked.seller.get(f"{linked.address}/allocate")).form("Allocate")
    await linked.seller.send(form, sku="W-TEA", quantity="4")
    page = await linked.buyer.follow(await linked.buyer.get(linked.address), "End…")
    refused = await linked.buyer.refused(page.form("Begin to end the partnership"))
    assert refused.fault("is_sure")
    begun = await linked.buyer.send(refused.form("Begin to end the partnership"), is_sure="yes")
    assert "1 allocation is open, with 4 units." in begun.text
    assert not begun.has_form("End the partnership")
    mine = await linked.seller.get(f"{linked.address}/end")
    listed = await linked.seller.follow(mine, "Close them")
    allocation = await linked.seller.follow(listed, "W-Tea")
    await linked.seller.send(allocation.form("Close the allocation"))
    ready = await linked.seller.get(f"{linked.address}/end")
    end = ready.form("End the partnership")
    ended = await linked.seller.send(end)
    assert ended.said.startswith("The partnership has ended.")
    assert (await linked.seller.send(end)).said == ended.said
    told = await linked.buyer.get(linked.address)
    assert "Ended" in told.text
    assert not told.has_form("Pause")
    assert (await linked.buyer.get("/wholesalers")).rows()[0][1] == "Ended"


async def test_the_end_waits_for_what_appeared_since(linked: Linked) -> None:
    await linked.set("UPDATE partnerships SET state = 'ending' WHERE id = $1", linked.pair.id)
    form = (await linked.seller.get(f"{linked.address}/end")).form("End the partnership")
    await linked.set("UPDATE partnerships SET state = 'active' WHERE id = $1", linked.pair.id)
    refused = await linked.seller.refused(form)
    assert "Begin to end" in refused.faults[0]


async def test_the_activity_names_colleagues_to_those_who_may_know(
    linked: Linked, pages: Pages
) -> None:
    await linked.seller.send((await linked.seller.get(linked.address)).form("Pause"))
    own = await linked.seller.get(f"{linked.address}/activity")
    assert "Ann Other" in own.text
    assert "shop" in own.text  # who accepted the invitation
    reader = await pages.log_in_as(linked.pair.wholesaler, "reader")
    seen = await reader.get(f"{linked.address}/activity")
    assert "Ann Other" not in seen.text
    assert "wholesale" in seen.text
    theirs = await linked.buyer.get(f"{linked.address}/activity")
    lines = [each.to_text() for each in theirs.all(".timeline li")]
    assert any("wholesale" in line and "paused" in line for line in lines)
    assert not any("Ann Other" in line and "paused" in line for line in lines)


async def test_a_role_that_may_not_is_shown_no_button(linked: Linked, pages: Pages) -> None:
    reader = await pages.log_in_as(linked.pair.wholesaler, "reader")
    page = await reader.get(linked.address)
    assert not page.has_form("Pause")
    assert "Change the agreement" not in page.links()
    assert "Invite a retailer" not in (await reader.get("/retailers")).links()
    await reader.get("/retailers/invite", status=403)
    pause = (await linked.seller.get(linked.address)).form("Pause")
    token = (await reader.get(linked.address)).forms()[1].value("form_token")
    answer = await reader.ask(
        "POST", pause.action, {"form_token": [token], "key": [pause.value("key")]}
    )
    assert answer.status_code == 403
    assert "Active" in (await linked.seller.get(linked.address)).text


async def test_what_is_foreign_looks_like_what_is_absent(
    linked: Linked, pages: Pages, network: Network
) -> None:
    await linked.matched()
    stranger = await pages.log_in_as(await network.organisation())
    nobodys = f"/partnerships/{ids.PARTNERSHIP}{'0' * 32}"
    for path in (
        *("", "/matches", "/matching", "/match", "/offer"),
        *("/allocations", "/allocate", "/activity"),
    ):
        foreign = await stranger.get(linked.address + path, status=404)
        absent = await stranger.get(nobodys + path, status=404)
        assert foreign.text == absent.text
    for path in ("/terms", "/end"):
        await stranger.get(linked.address + path, status=404)
    await stranger.get("/partnerships/nonsense", status=404)


async def test_lists_go_on_where_a_page_ends(
    pages: Pages, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrepot.portal.pages.partners.PARTNERS_SHOWN", 2)
    wholesaler = await network.organisation("w")
    for name in ("a", "b", "c"):
        await network.partnership(wholesaler, await network.organisation(name))
    seller = await pages.log_in_as(wholesaler)
    first = await seller.get("/retailers")
    second = await seller.follow(first, "Next page")
    assert [row[0] for row in first.rows() + second.rows()] == ["a", "b", "c"]
    assert (await seller.get("/wholesalers")).rows() == []


async def test_it_is_all_there_in_dutch(pages: Pages, network: Network, counter: Counter) -> None:
    linked = await link(pages, network, counter, language="nl")
    await linked.both_have("TEA", GTIN)
    assert (await linked.seller.get("/retailers")).heading == "Mijn retailers"
    page = await linked.buyer.get(linked.address)
    assert "Koppel je producten" in page.text
    assert (await linked.buyer.get(f"{linked.address}/end")).heading == "Samenwerking beëindigen"
    timeline = await linked.seller.get(f"{linked.address}/activity")
    assert "De samenwerking is begonnen." in timeline.text
