"""Allocations in the portal: made, changed and closed by the wholesaler, seen by both sides."""

from __future__ import annotations

from datetime import timedelta

import pytest

from entrepot.infra.clock import utc_now
from entrepot.kernel import ids
from tests.factories.counter import Counter
from tests.factories.linked import GTIN, Linked, link
from tests.factories.network import Network
from tests.factories.pages import Pages, Seen


@pytest.fixture
async def linked(pages: Pages, network: Network, counter: Counter) -> Linked:
    """Two partners that share allocated stock only, and somebody of each."""
    return await link(pages, network, counter, policy="allocated_only")


async def allocated(linked: Linked, **typed: object) -> Seen:
    """The wholesaler's list after it allocated."""
    form = (await linked.seller.get(f"{linked.address}/allocate")).form("Allocate")
    return await linked.seller.send_typed(form, typed)


async def test_stock_is_allocated_and_matched_by_the_way(linked: Linked) -> None:
    await linked.both_have("TEA", GTIN, 10)
    overview = await linked.seller.get(linked.address)
    assert "Allocate stock: the retailer is shown nothing before." in overview.text
    page = await linked.seller.get(f"{linked.address}/allocate")
    found = await linked.seller.send(page.form("Search"), q="tea")
    assert found.rows() == [["W-Tea W-TEA", "10", "Not matched", "chosen"]]
    assert "shop cannot sell it until it is matched" in found.text
    assert "10 available = 10 on hand" in found.text
    form = found.form("Allocate")
    assert form.value("sku") == "W-TEA"  # the only one found needs no choosing
    last_day = (utc_now() + timedelta(days=20)).date()
    done = await linked.seller.send(
        form, quantity="4", valid_until=last_day.isoformat(), note="For spring"
    )
    assert done.said == "4 of W-TEA kept for shop."
    assert (
        await linked.seller.send(
            form, quantity="4", valid_until=last_day.isoformat(), note="For spring"
        )
    ).said == done.said
    (row,) = done.rows()
    assert row[:5] == ["W-Tea W-TEA For spring", "4", "0", "4", "4"]
    assert row[6] == "Open"
    (row,) = (await linked.buyer.get(f"{linked.address}/allocations")).rows()
    assert row[0] == "W-Tea W-TEA"
    assert row[1:5] == ["4", "0", "4", "4"]
    assert "For spring" not in row[0]
    page = await linked.seller.get(
        (await linked.seller.get(f"{linked.address}/allocations")).links()["W-Tea"]
    )
    assert page.form("Change").value("valid_until") == last_day.isoformat()


async def test_matched_products_are_offered_to_choose_before_others(
    linked: Linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    await linked.goods(linked.pair.wholesaler, "W-APPLE", name="Tea of apples", on_hand=3)
    await linked.matched("TEA", GTIN, 10)
    page = await linked.seller.get(f"{linked.address}/allocate")
    assert page.rows() == [["W-Tea W-TEA", "chosen"]]  # there is no other
    assert page.form("Allocate").value("sku") == "W-TEA"
    found = await linked.seller.send(page.form("Search"), q="tea")
    assert found.rows() == [
        ["W-Tea W-TEA", "10", "Matched", "Choose"],
        ["Tea of apples W-APPLE", "3", "Not matched", "Choose"],
    ]
    assert found.form("Allocate").value("sku") == ""  # which of two is not ours to choose
    chosen = await linked.seller.follow(found, "Choose")
    assert chosen.form("Allocate").value("sku") == "W-APPLE"
    assert "until it is matched" in chosen.text
    assert "until it is matched" not in page.text
    nothing = await linked.seller.send(page.form("Search"), q="teapot")
    assert "You have no active product" in nothing.text
    assert "There are more" not in found.text
    monkeypatch.setattr("entrepot.portal.pages.partners_allocations.FOUND_SHOWN", 1)
    short = await linked.seller.send(page.form("Search"), q="tea")
    assert "There are more: search for them." in short.text


async def test_what_a_product_shows_is_told_once(linked: Linked) -> None:
    await linked.matched("TEA", GTIN, 10)
    await allocated(linked, sku="W-TEA", quantity="4")
    done = await allocated(linked, sku="W-TEA", quantity="5")
    assert sorted(row[4] for row in done.rows()) == ["9", "told above"]
    assert done.rows()[0][4] == "9"


async def test_an_allocation_without_a_match_leads_to_the_product_to_match(linked: Linked) -> None:
    await linked.goods(linked.pair.wholesaler, "W-TEA", name="Thee, groen", on_hand=5)
    await linked.goods(linked.pair.retailer, "R-TEA", name="Green tea")
    await allocated(linked, sku="W-TEA", quantity="2")
    page = await linked.buyer.get(f"{linked.address}/allocations")
    offer = await linked.buyer.follow(page, "Match by hand")
    step = await linked.buyer.follow(offer, "Match by hand")
    done = await linked.buyer.follow(step, "Green tea")
    assert (await linked.buyer.send(done.form("Match them"))).said == "Matched: R-TEA with W-TEA."


async def test_a_failed_match_is_told_to_both(linked: Linked) -> None:
    await linked.goods(linked.pair.wholesaler, "W-TEA", GTIN, on_hand=5)
    done = await allocated(linked, sku="W-TEA", quantity="2")
    assert "was not found: see below why" in done.said
    assert "The retailer has no product with this GTIN." in done.rows()[0][6]
    page = await linked.seller.follow(done, "W-Tea")
    assert "can match it by hand" in page.text
    assert "1 allocation has no matched product." in (await linked.seller.get("/retailers")).text
    (row,) = (await linked.buyer.get(f"{linked.address}/allocations")).rows()
    assert "You have no product with this GTIN." in row[6]
    assert "1 allocation has no matched product." in (await linked.buyer.get(linked.address)).text
    await linked.goods(linked.pair.retailer, "R-TEA", GTIN)
    page = await linked.buyer.get(f"{linked.address}/matching")
    await linked.buyer.send(page.form("Match all equal GTINs"))
    assert "Not matched" not in (await linked.seller.get(f"{linked.address}/allocations")).text
    assert "no matched product" not in (await linked.seller.get("/retailers")).text


async def test_each_mistake_stands_beside_its_field(linked: Linked) -> None:
    await linked.both_have("TEA", GTIN, 10)
    form = (await linked.seller.get(f"{linked.address}/allocate")).form("Allocate")
    refused = await linked.seller.refused(form, sku="TEAPOT", quantity="some")
    assert refused.fault("sku")
    assert refused.fault("quantity")
    form = refused.form("Allocate")
    assert form.value("quantity") == "some"
    refused = await linked.seller.refused(form, sku="W-TEA", quantity="11")
    assert "10 can be allocated" in refused.fault("quantity")
    past = (utc_now() - timedelta(days=3)).date().isoformat()
    refused = await linked.seller.refused(refused.form("Allocate"), quantity="5", valid_until=past)
    assert refused.fault("valid_until")
    done = await linked.seller.send(refused.form("Allocate"), valid_until="")
    assert done.rows()[0][5] == "no limit"


async def test_an_allocation_is_changed_and_closed(linked: Linked) -> None:
    await linked.both_have("TEA", GTIN, 10)
    page = await linked.seller.follow(await allocated(linked, sku="W-TEA", quantity="4"), "W-Tea")
    refused = await linked.seller.refused(page.form("Change"), quantity="12")
    assert refused.fault("quantity")
    assert refused.form("Change").value("quantity") == "12"
    changed = await linked.seller.send(refused.form("Change"), quantity="6", note="More")
    assert changed.said == "The allocation is changed."
    assert changed.form("Change").value("note") == "More"
    assert (await linked.buyer.get(f"{linked.address}/allocations")).rows()[0][1] == "6"
    close = changed.form("Close the allocation")
    closed = await linked.seller.send(close)
    assert closed.said.startswith("The allocation is closed")
    assert (await linked.seller.send(close)).said == closed.said
    assert closed.rows()[0][6] == "Closed"
    ended = await linked.seller.follow(closed, "W-Tea")
    assert not ended.has_form("Change")


async def test_allocating_belongs_to_the_wholesaler(linked: Linked, pages: Pages) -> None:
    await linked.both_have("TEA", GTIN, 10)
    page = await linked.seller.follow(await allocated(linked, sku="W-TEA", quantity="4"), "W-Tea")
    await linked.buyer.get(f"{linked.address}/allocate", status=404)
    foreign = await linked.buyer.get(page.address, status=404)
    absent = await linked.buyer.get(f"/allocations/{ids.ALLOCATION}{'0' * 32}", status=404)
    assert foreign.text == absent.text
    clerk = await pages.log_in_as(linked.pair.wholesaler, "clerk")
    assert not (await clerk.get(page.address)).has_form("Close the allocation")
    await clerk.get(f"{linked.address}/allocate", status=403)


async def test_a_location_is_chosen_where_there_are_several(
    linked: Linked, network: Network
) -> None:
    await linked.both_have("TEA", GTIN, 10)
    other = await network.location(linked.pair.wholesaler, "attic", rank=1)
    page = await linked.seller.get(f"{linked.address}/allocate?sku=W-TEA")
    refused = await linked.seller.refused(
        page.form("Allocate"), quantity="3", location=ids.LOCATION + other
    )
    assert refused.form("Allocate").value("location") == ids.LOCATION + other
    assert "attic: nothing" in refused.text
    done = await linked.seller.send(refused.form("Allocate"), location="")
    assert done.rows()[0][1] == "3"


async def test_an_empty_list_says_what_it_is_for(linked: Linked) -> None:
    assert (
        "it is shown nothing yet" in (await linked.seller.get(f"{linked.address}/allocations")).text
    )
    assert (
        "you are shown nothing yet"
        in (await linked.buyer.get(f"{linked.address}/allocations")).text
    )
