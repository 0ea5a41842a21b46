"""Matching in the portal: by GTIN, by a suggestion, by hand; and what becomes of a match."""

from __future__ import annotations

import pytest

from entrepot.kernel import ids
from entrepot.portal.words import NOTHING
from tests.factories.counter import Counter
from tests.factories.linked import GTIN, OTHER_GTIN, Linked, link
from tests.factories.network import Network
from tests.factories.pages import Pages, Seen


@pytest.fixture
async def linked(pages: Pages, network: Network, counter: Counter) -> Linked:
    """Two partners, and somebody of each."""
    return await link(pages, network, counter)


async def outcomes(linked: Linked, query: str = "") -> dict[str, str]:
    """What matching makes of each of the retailer's products, by its name and sku."""
    page = await linked.buyer.get(f"{linked.address}/matching{query}")
    return {row[0]: row[2] for row in page.rows()}


async def match_page(linked: Linked, *, as_wholesaler: bool = False) -> Seen:
    """The page of the first match."""
    who = linked.seller if as_wholesaler else linked.buyer
    page = await who.get(f"{linked.address}/matches")
    return await who.get(str(page.all("tbody a.row")[0].attrs["href"]))


async def test_match_wholesale_tells_what_became_of_each_product(linked: Linked) -> None:
    seller, buyer = linked.pair.wholesaler, linked.pair.retailer
    await linked.both_have("TEA", GTIN, 10)
    await linked.goods(seller, "SAME")
    await linked.goods(buyer, "SAME")
    await linked.goods(buyer, "ALONE")
    await linked.goods(seller, "W-BOX", OTHER_GTIN, unit="box")
    await linked.goods(buyer, "R-BOX", OTHER_GTIN)
    before = await outcomes(linked)
    assert before["R-Tea R-TEA"].startswith("Can be matched")
    form = (await linked.buyer.get(f"{linked.address}/matching")).form("Match all equal GTINs")
    done = await linked.buyer.send(form)
    assert done.said == "1 product matched; to confirm: 1, other unit: 1, without counterpart: 1."
    assert "outcome=suggested" in done.address
    assert (await linked.buyer.send(form)).said == done.said  # sent twice
    found = await outcomes(linked)
    assert found["R-Tea R-TEA"].startswith("Matched")
    assert found["Alone ALONE"].startswith("No counterpart")
    assert "the unit is not (box, yours piece)" in found["R-Box R-BOX"]
    assert list(await outcomes(linked, "?outcome=unit_mismatch")) == ["R-Box R-BOX"]
    assert await outcomes(linked, "?outcome=inactive") == {}


async def test_a_suggestion_is_confirmed_with_one_press(linked: Linked) -> None:
    await linked.goods(linked.pair.wholesaler, "SAME", name="Ours", on_hand=3)
    await linked.goods(linked.pair.retailer, "SAME", name="Mine")
    page = await linked.buyer.get(f"{linked.address}/matching?outcome=suggested")
    done = await linked.buyer.send(page.form("Confirm"))
    assert done.said == "Matched: SAME with SAME."
    assert done.rows() == []
    (row,) = (await linked.buyer.get(f"{linked.address}/matches")).rows()
    assert row == ["Mine SAME", "Ours SAME", "1 = 1", "3", "Active"]


async def test_two_products_are_searched_and_matched_by_hand(linked: Linked) -> None:
    await linked.goods(linked.pair.wholesaler, "W-MUG", name="Mug blue", on_hand=13)
    await linked.goods(linked.pair.wholesaler, "W-CUP", name="Cup")
    await linked.goods(linked.pair.retailer, "R-MUGS", name="Mugs, six")
    page = await linked.buyer.get(f"{linked.address}/match")
    nothing = await linked.buyer.send(page.form("Search"), own="teapot")
    assert "You have no active product" in nothing.text
    found = await linked.buyer.send(page.form("Search"), own="r-mug")
    chosen = await linked.buyer.follow(found, "Mugs, six")
    assert len(chosen.form("Match them").choices["wholesaler_variant"]) == 2  # all there are
    assert chosen.form("Search").value("q") == ""
    theirs = await linked.buyer.send(chosen.form("Search"), q="MUG")
    form = theirs.form("Match them")
    assert len(form.choices["wholesaler_variant"]) == 1
    refused = await linked.buyer.refused(form, factor="6")
    assert "Fill this in" in refused.text
    choice = form.choices["wholesaler_variant"][0]
    refused = await linked.buyer.refused(
        refused.form("Match them"), wholesaler_variant=choice, factor="0"
    )
    assert refused.fault("factor")
    form = refused.form("Match them")
    assert form.value("wholesaler_variant") == choice
    matched = await linked.buyer.send(form, factor="6")
    assert matched.said == "Matched: R-MUGS with W-MUG."
    (row,) = (await linked.buyer.get(f"{linked.address}/matches")).rows()
    assert row[2:4] == ["1 = 6", "2"]
    by_sku = await linked.buyer.send(chosen.form("Search"), q="W-CUP")
    assert "It is matched with W-MUG now." in by_sku.text
    form = by_sku.form("Match them")
    moved = await linked.buyer.send(form, wholesaler_variant=form.choices["wholesaler_variant"][0])
    assert "W-CUP" in moved.said
    assert len((await linked.buyer.get(f"{linked.address}/matches")).rows()) == 1


async def test_an_empty_search_lists_what_both_have_page_by_page(
    linked: Linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrepot.portal.pages.partners_matching.FOUND_SHOWN", 2)
    for sku in ("W-1", "W-2", "W-3"):
        await linked.goods(linked.pair.wholesaler, sku, name=f"Theirs {sku}", on_hand=7)
    for sku in ("R-1", "R-2", "R-3"):
        await linked.goods(linked.pair.retailer, sku, name=f"Mine {sku}")
    first = await linked.buyer.get(f"{linked.address}/match")
    second = await linked.buyer.follow(first, "Next page")
    assert [each.to_text() for each in first.all(".picks a") + second.all(".picks a")] == [
        "Mine R-1",
        "Mine R-2",
        "Mine R-3",
    ]
    chosen = await linked.buyer.follow(second, "Mine R-3")
    nothing = await linked.buyer.send(chosen.form("Search"), q="teapot")
    assert "has no active product" in nothing.text
    emptied = await linked.buyer.send(nothing.form("Search"), q="")
    assert emptied.form("Search").value("q") == ""
    last = await linked.buyer.follow(emptied, "Next page")
    form = last.form("Match them")
    assert len(form.choices["wholesaler_variant"]) == 1
    refused = await linked.buyer.refused(form, factor="1")
    assert len(refused.form("Match them").choices["wholesaler_variant"]) == 1  # the same page
    done = await linked.buyer.send(
        refused.form("Match them"), wholesaler_variant=form.choices["wholesaler_variant"][0]
    )
    assert done.said == "Matched: R-3 with W-3."


async def test_a_retailer_sees_what_is_offered_and_begins_to_match_there(linked: Linked) -> None:
    await linked.goods(linked.pair.wholesaler, "W-MUG", GTIN, name="Mok blauw", on_hand=41)
    await linked.goods(linked.pair.wholesaler, "W-CUP", name="Kop")
    old = await linked.goods(linked.pair.wholesaler, "W-OLD", name="Oud")
    await linked.set(
        "UPDATE variants SET state = 'deactivated', withdrawals = 1 WHERE id = $1", old
    )
    await linked.goods(linked.pair.retailer, "R-MUG", name="Mug, blue")
    page = await linked.buyer.get(f"{linked.address}/matching")
    assert "None of your products has a GTIN or sku of wholesale." in page.text
    offer = await linked.buyer.follow(page, "Choose from the offer")
    assert [row[:2] for row in offer.rows()] == [["Kop W-CUP", NOTHING], ["Mok blauw W-MUG", GTIN]]
    assert "41" not in offer.text  # a partner sees what it may sell once it is matched
    for text in ("mok", "W-MUG", GTIN):
        offer = await linked.buyer.send(offer.form("Search"), q=text)
        assert [row[0] for row in offer.rows()] == ["Mok blauw W-MUG"], text
    step = await linked.buyer.follow(offer, "Match by hand")
    assert "Which product of yours is the same?" in step.text
    step = await linked.buyer.send(step.form("Search"), own="mug")
    step = await linked.buyer.follow(step, "Mug, blue")
    form = step.form("Match them")
    assert form.choices["wholesaler_variant"] == [form.value("wholesaler_variant")]
    assert (await linked.buyer.send(form)).said == "Matched: R-MUG with W-MUG."
    await linked.seller.get(f"{linked.address}/offer", status=404)


async def test_what_one_does_not_have_is_taken_over_from_the_offer(linked: Linked) -> None:
    """The product is made from the offer and matched; only one's own price is typed."""
    mug = await linked.goods(
        linked.pair.wholesaler, "W-MUG", GTIN, name="Mug blue", on_hand=41, unit="box"
    )
    buyer = linked.buyer
    offer = await buyer.get(f"{linked.address}/offer")
    page = await buyer.follow(offer, "Take into my products")
    assert page.heading == "Take Mug blue into your products"
    form = page.form("Make and match")
    values = [form.value(name) for name in ("product", "sku_0", "gtin_0", "unit")]
    assert values == ["Mug blue", "W-MUG", GTIN, "box"]
    refused = await buyer.refused(form, retail_price_0="dear")
    assert refused.fault("retail_price_0")
    assert refused.heading == page.heading
    form = refused.form("Make and match")
    made = await buyer.send(form, sku_0="R-MUG", retail_price_0="12.95")
    assert (
        made.said
        == "Mug blue is one of your products now, matched with wholesale: you can sell it."
    )
    assert made.heading == "Mug blue"
    again = await buyer.send(form, sku_0="R-MUG", retail_price_0="12.95")
    assert (again.address, again.said) == (made.address, made.said)
    (row,) = (await buyer.get(f"{linked.address}/matches")).rows()
    assert row[:4] == ["Mug blue R-MUG", "Mug blue W-MUG", "1 = 1", "41"]
    order = await buyer.follow(made, "New order")
    assert "only once it is paid" in order.text
    named = page.address.partition("?")[2]
    await linked.seller.get(f"/new-product?{named}", 404)  # it offers; it cannot take over
    await buyer.get(f"/new-product?{named.replace(mug, '0' * 32)}", 404)
    await buyer.get("/new-product?partnership=x&theirs=y", 404)


@pytest.mark.damages_database("a partnership that ended without its rights")
async def test_what_is_offered_goes_on_and_ends_with_the_partnership(
    linked: Linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrepot.portal.pages.partners_offer.OFFER_SHOWN", 1)
    for sku in ("W-1", "W-2"):
        await linked.goods(linked.pair.wholesaler, sku)
    first = await linked.buyer.get(f"{linked.address}/offer")
    second = await linked.buyer.follow(first, "Next page")
    assert [row[0] for row in first.rows() + second.rows()] == ["W-1 W-1", "W-2 W-2"]
    await linked.buyer.get(f"{linked.address}/match?theirs=nonsense", status=404)
    await linked.buyer.get(f"{linked.address}/match?theirs={ids.VARIANT}{'0' * 32}", status=404)
    await linked.set("UPDATE partnerships SET state = 'ended', ended_at = now()")
    await linked.buyer.get(f"{linked.address}/offer", status=404)


async def test_the_factor_of_a_match_is_changed_at_once(linked: Linked) -> None:
    await linked.matched(on_hand=13)
    form = (await match_page(linked)).form("Change the factor")
    refused = await linked.buyer.refused(form, factor="1.5")
    assert refused.fault("factor")
    changed = await linked.buyer.send(refused.form("Change the factor"), factor="6")
    assert changed.form("Change the factor").value("factor") == "6"
    (row,) = (await linked.seller.get(f"{linked.address}/matches")).rows()
    assert row[2:4] == ["1 = 6", "2"]
    (row,) = (await linked.buyer.get(f"{linked.address}/matches?state=ended")).rows()
    assert "Another match took its place." in row[4]


async def test_each_side_changes_what_is_its_own_to_decide(linked: Linked) -> None:
    await linked.matched(on_hand=10)
    mine = await match_page(linked)
    assert not mine.has_form("Change buffer and cap")
    ranked = await linked.buyer.send(mine.form("Change the rank"), rank="3")
    assert ranked.form("Change the rank").value("rank") == "3"
    theirs = await match_page(linked, as_wholesaler=True)
    assert not theirs.has_form("Change the rank")
    refused = await linked.seller.refused(theirs.form("Change buffer and cap"), buffer="-2")
    assert refused.fault("buffer")
    form = refused.form("Change buffer and cap")
    changed = await linked.seller.send(form, buffer="2.5", cap="5")
    assert changed.form("Change buffer and cap").value("buffer") == "2.5"
    (row,) = (await linked.buyer.get(f"{linked.address}/matches")).rows()
    assert row[3] == "5"
    assert "2.5" not in (await match_page(linked)).text


async def test_matches_are_filtered_and_say_why_they_do_not_count(linked: Linked) -> None:
    await linked.matched(on_hand=10)
    await linked.matched("MUG", OTHER_GTIN, 4)
    await linked.set(
        "UPDATE variants SET state = 'deactivated', withdrawals = 1 WHERE sku = 'W-MUG'"
    )
    page = await linked.buyer.get(f"{linked.address}/matches?state=inactive")
    ((ours, _, _, shown, why),) = page.rows()
    assert (ours, shown) == ("R-Mug R-MUG", NOTHING)
    assert "The wholesaler's product was deactivated." in why
    page = await linked.buyer.send(page.form("Show"), state="active", q="w-te")
    assert [row[0] for row in page.rows()] == ["R-Tea R-TEA"]
    page = await linked.buyer.send(page.form("Show"), state="", q="zzz")
    assert "No match fits." in page.text
    overview = await linked.buyer.get(linked.address)
    assert "1 match is inactive." in overview.text


async def test_a_match_is_ended_by_either_side(linked: Linked) -> None:
    await linked.matched()
    end = (await match_page(linked, as_wholesaler=True)).form("End the match")
    ended = await linked.seller.send(end)
    assert ended.said.startswith("The match has ended.")
    assert ended.rows() == []
    assert (await linked.seller.send(end)).said == ended.said
    (row,) = (await linked.buyer.get(f"{linked.address}/matches?state=ended")).rows()
    assert "The wholesaler ended it." in row[4]


async def test_matching_belongs_to_the_retailer(linked: Linked, pages: Pages) -> None:
    for path in ("/matching", "/match"):
        await linked.seller.get(linked.address + path, status=404)
    await linked.matched()
    clerk = await pages.log_in_as(linked.pair.retailer, "clerk")
    page = await clerk.get(f"{linked.address}/matching")
    assert not page.has_form("Match all equal GTINs")
    await clerk.get(f"{linked.address}/match", status=403)
    match = await match_page(linked)
    assert not (await clerk.get(match.address)).has_form("End the match")


async def test_a_foreign_match_is_like_an_absent_one(
    linked: Linked, pages: Pages, network: Network
) -> None:
    await linked.matched()
    stranger = await pages.log_in_as(await network.organisation())
    foreign = await stranger.get((await match_page(linked)).address, status=404)
    absent = await stranger.get(f"/matches/{ids.PRODUCT_MATCH}{'0' * 32}", status=404)
    assert foreign.text == absent.text
    other = await pages.log_in_as(await network.organisation())
    form = (await match_page(linked)).form("End the match")
    answer = await other.ask(
        "POST",
        form.action,
        {"form_token": [(await other.get("/suppliers")).forms()[1].value("form_token")]}
        | {"key": ["k"]},
    )
    assert answer.status_code == 404
    assert (await match_page(linked)).has_form("End the match")


async def test_lists_go_on_where_a_page_ends(
    linked: Linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrepot.portal.pages.partners_matches.MATCHES_SHOWN", 1)
    monkeypatch.setattr("entrepot.portal.pages.partners_matching.OUTCOMES_SHOWN", 1)
    await linked.matched()
    await linked.matched("MUG", OTHER_GTIN)
    for path in ("/matches?state=active", "/matching?outcome=already_matched"):
        first = await linked.buyer.get(linked.address + path)
        second = await linked.buyer.follow(first, "Next page")
        seen = [row[0] for row in first.rows() + second.rows()]
        assert sorted(seen) == ["R-Mug R-MUG", "R-Tea R-TEA"], path


async def test_match_wholesale_stands_on_the_suppliers_page(
    linked: Linked, pages: Pages, network: Network
) -> None:
    await linked.both_have("TEA", GTIN)
    suppliers = await linked.buyer.get("/suppliers")
    supplier = await linked.buyer.follow(suppliers, "wholesale")
    assert "It shares its stock with you" in supplier.text
    done = await linked.buyer.send(supplier.form("Match all equal GTINs"))
    assert done.said == "1 product matched."
    assert (await linked.buyer.get("/suppliers?state=deactivated")).rows() == []
    stranger = await pages.log_in_as(await network.organisation())
    foreign = await stranger.get(supplier.address, status=404)
    absent = await stranger.get(f"/suppliers/{ids.SUPPLIER}{'0' * 32}", status=404)
    assert foreign.text == absent.text
    await linked.set("UPDATE suppliers SET partnership = NULL")
    alone = await linked.buyer.get(supplier.address)
    assert "shares no stock with you here" in alone.text
    assert not alone.has_form("Match all equal GTINs")
