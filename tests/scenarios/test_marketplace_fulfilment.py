"""The life of seller invoices after the order, over the REST door: shipped, cancelled, returned.

Marketplace-api.md, 7 and 8: any number of shipments, each of a part of an invoice; a cancellation
or return is a refund request that goes awaiting, returned, refunded, with no step skipped.
"""

from __future__ import annotations

import pytest

from tests.factories.counter import Counter
from tests.factories.mall import Mall
from tests.factories.network import Network
from tests.factories.web import Web

ABSENT = "0" * 32


@pytest.fixture
async def mall(network: Network, counter: Counter, web: Web) -> Mall:
    return await Mall.open(network, counter, web)


async def test_an_order_leaves_in_parts_invoice_by_invoice(mall: Mall) -> None:
    mugs, rugs = await mall.order(3, 2)
    assert (await mall.invoice(mugs))["status_flags"] == ["paid"]

    first = await mall.ship(mall.one, mugs, (1, 2), note="Fragile")
    assert first.status_code == 201, first.text
    shipment = first.json()
    assert shipment["legacy_id"] > 10_000
    assert shipment["invoice"] == mugs
    assert (shipment["carrier_name"], shipment["note"]) == ("Australia Post", "Fragile")
    assert shipment["tracking_link"] == "https://auspost.com.au/mypost/track/details/AP%201"
    invoice = await mall.invoice(mugs)
    assert (invoice["status_flags"], invoice["status"]) == (
        ["paid", "partially_sent"],
        "partially_sent",
    )
    assert invoice["shipments"] == [shipment]
    assert shipment["lines"][0]["line_legacy_id"] == invoice["lines"][0]["legacy_id"]
    assert invoice["lines"][0]["quantity_awaiting_dispatch"] == "1"
    assert await mall.figures(mall.mugs) == (8, 1)
    assert await mall.stands() == ("complete", "partly_fulfilled", "paid")

    too_many = await mall.ship(mall.one, mugs, (1, 1), (1, 1))
    (fault,) = too_many.json()["faults"]
    assert (too_many.status_code, fault["code"]) == (409, "orders.more_than_undispatched")
    assert (
        fault["message"]
        == "Shipped items quantity exceeds the maximum number of undispatched items."
    )

    assert (await mall.ship(mall.shop, mugs, (1, 1))).status_code == 201
    assert (await mall.ship(mall.two, rugs, (2, 2))).status_code == 201
    invoice = await mall.invoice(mugs)
    assert (invoice["status_flags"], len(invoice["shipments"])) == (["paid", "sent"], 2)
    assert (invoice["lines"][0]["status"], invoice["lines"][0]["status_full"]) == (
        "allocated",
        "shipped",
    )
    assert await mall.stands() == ("complete", "fulfilled", "paid")
    order = await mall.shop.get(f"/marketplace-orders/{mall.last}")
    assert order["aggregate_status"] == "sent"


async def test_a_cancellation_goes_awaiting_returned_refunded(mall: Mall) -> None:
    mugs, _ = await mall.order(3, 2)
    asked = await mall.ask(mall.one, mugs, (1, 2), reason="Changed my mind", notes=["By phone"])
    assert asked.status_code == 201, asked.text
    refund = asked.json()
    assert (refund["status"], refund["initiated_by"], refund["amount"]) == (
        "awaiting",
        "seller",
        2500,
    )
    assert refund["legacy_id"] > 10_000
    assert refund["lines"][0]["legacy_id"] > 10_000
    # Its goods stay set aside, and are not to be dispatched.
    assert await mall.figures(mall.mugs) == (10, 3)
    line = await mall.line(mugs)
    assert (line["quantity_awaiting_dispatch"], line["cancelled"]) == ("1", "0")
    assert (await mall.ship(mall.one, mugs, (1, 2))).status_code == 409

    skipped = await mall.step(mall.shop, refund["id"], "complete")
    assert (skipped.status_code, skipped.json()["code"]) == (409, "orders.refund_not_returned")
    (fault,) = skipped.json()["faults"]
    assert fault["message"] == "Can only mark a returned or processed RefundRequest as refunded"

    back = await mall.step(mall.one, refund["id"], "take-back", notes=["Back on the shelf"])
    assert (back.status_code, back.json()["status"]) == (200, "returned")
    assert back.json()["lines"][0]["status"] == "refund_accepted"
    assert (await mall.invoice(mugs))["status_flags"] == ["paid", "awaiting_refund"]
    done = await mall.step(mall.shop, refund["id"], "complete")
    assert done.status_code == 200, done.text
    assert (done.json()["status"], done.json()["cash_amount"]) == ("refunded", 2500)
    assert [(each["status"], each["note"]) for each in done.json()["notes"]] == [
        ("awaiting", "By phone"),
        ("returned", "Back on the shelf"),
    ]
    assert await mall.figures(mall.mugs) == (10, 1)
    assert (await mall.line(mugs))["cancelled"] == "2"
    assert (await mall.invoice(mugs))["status_flags"] == ["paid", "cancelled"]
    assert await mall.one.get(f"/refund-requests/{refund['id']}") == done.json()


async def test_an_order_of_which_everything_was_cancelled_is_cancelled(mall: Mall) -> None:
    mugs, rugs = await mall.order(3, 2)
    await mall.refunded(mugs, (1, 3))
    assert await mall.stands() == ("complete", "unfulfilled", "paid")
    await mall.refunded(rugs, (2, 2))
    assert await mall.stands() == ("cancelled", "cancelled", "refunded")
    assert await mall.figures(mall.rugs) == (10, 0)
    order = await mall.shop.get(f"/marketplace-orders/{mall.last}")
    assert order["aggregate_status"] == "cancelled"


async def test_a_return_does_not_restock_unless_somebody_says_so(mall: Mall) -> None:
    mugs, _ = await mall.order(3, 2)
    await mall.ship(mall.one, mugs, (1, 3))
    assert (await mall.line(mugs))["quantity_returnable"] == "3"
    asked = await mall.ask(mall.shop, mugs, (1, 1), dispatched=True)
    assert (await mall.invoice(mugs))["status_flags"] == ["paid", "sent", "awaiting_return"]
    assert (await mall.line(mugs))["quantity_returnable"] == "2"
    await mall.step(mall.one, asked.json()["id"], "take-back")
    await mall.step(mall.shop, asked.json()["id"], "complete")
    assert await mall.figures(mall.mugs) == (7, 0)
    assert (await mall.invoice(mugs))["status_flags"] == ["paid", "sent", "refunded"]
    await mall.refunded(mugs, (1, 2), dispatched=True, restock=True)
    assert await mall.figures(mall.mugs) == (9, 0)
    assert (await mall.line(mugs))["status"] == "refunded"
    assert (await mall.invoice(mugs))["status"] == "refunded"
    more = await mall.ask(mall.shop, mugs, (1, 1), dispatched=True)
    assert more.json()["code"] == "orders.more_than_refundable"


async def test_what_was_out_of_stock_is_not_on_the_shelf_again(mall: Mall) -> None:
    mugs, _ = await mall.order(3, 2)
    await mall.refunded(mugs, (1, 2), reason="Out of stock")
    assert await mall.figures(mall.mugs) == (8, 1)
    await mall.refunded(mugs, (1, 1), reason="Out of stock", restock=True)
    assert await mall.figures(mall.mugs) == (8, 0)


async def test_denied_it_is_to_be_dispatched_again(mall: Mall) -> None:
    mugs, _ = await mall.order(3, 2)
    refund = (await mall.ask(mall.one, mugs, (1, 3))).json()["id"]
    denied = await mall.step(mall.shop, refund, "deny", notes=["On its way"])
    assert (denied.status_code, denied.json()["status"]) == (200, "denied")
    assert (await mall.line(mugs))["quantity_awaiting_dispatch"] == "3"
    restored = await mall.step(mall.shop, refund, "restore")
    assert restored.json()["status"] == "awaiting"
    await mall.step(mall.shop, refund, "deny")
    assert (await mall.ship(mall.one, mugs, (1, 1))).status_code == 201
    late = await mall.step(mall.shop, refund, "restore")
    assert (late.status_code, late.json()["code"]) == (409, "orders.more_than_refundable")


async def test_a_seller_has_its_own_only_and_does_not_decide(mall: Mall) -> None:
    mugs, rugs = await mall.order(3, 2)
    assert (await mall.ship(mall.one, rugs, (2, 1))).status_code == 404
    absent = await mall.ship(mall.one, f"inv_{ABSENT}", (2, 1))
    assert absent.json()["code"] == "orders.unknown_invoice"
    foreign = await mall.ship(mall.one, mugs, (2, 1))
    (fault,) = foreign.json()["faults"]
    assert fault["code"] == "orders.line_of_another_invoice"
    assert (
        fault["message"]
        == "line items must be part of the same invoice for which you are raising a refund request."
    )
    refund = (await mall.ask(mall.two, rugs, (2, 1))).json()["id"]
    shipment = (await mall.ship(mall.two, rugs, (2, 1))).json()["id"]
    for step in ("take-back", "complete", "deny", "restore"):
        assert (await mall.step(mall.one, refund, step)).status_code == 404
    for step in ("complete", "deny", "restore"):
        decided = await mall.step(mall.two, refund, step)
        assert (decided.status_code, decided.json()["code"]) == (403, "orders.marketplace_decides")
    for what, ident in (("refund-requests", refund), ("shipments", shipment)):
        assert (await mall.one.send("GET", f"/api/v1/{what}/{ident}")).status_code == 404
        assert (await mall.one.get(f"/{what}"))["data"] == []
        (own,) = (await mall.two.get(f"/{what}"))["data"]
        (market,) = (await mall.shop.get(f"/{what}", side="marketplace", invoice=rugs))["data"]
        assert own == market
        assert own["id"] == ident
        assert (await mall.shop.get(f"/{what}"))["data"] == []


async def test_sent_twice_it_happens_once(mall: Mall) -> None:
    mugs, _ = await mall.order(3, 2)
    first = await mall.ship(mall.one, mugs, (1, 1), key="parcel")
    again = await mall.ship(mall.one, mugs, (1, 1), key="parcel")
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    other = await mall.ship(mall.one, mugs, (1, 2), key="parcel")
    assert (other.status_code, other.json()["code"]) == (409, "request.key_reused")
    asked = await mall.ask(mall.one, mugs, (1, 1), key="back")
    assert (await mall.ask(mall.one, mugs, (1, 1), key="back")).content == asked.content
    refund = asked.json()["id"]
    await mall.step(mall.shop, refund, "take-back")
    done = await mall.step(mall.shop, refund, "complete", key="paid")
    assert (await mall.step(mall.shop, refund, "complete", key="paid")).content == done.content
    assert await mall.figures(mall.mugs) == (9, 1)


async def test_an_invoiced_order_is_moved_by_its_invoices_only(mall: Mall) -> None:
    await mall.order(3, 2)
    for act, body in (
        ("cancel", {}),
        ("shipments", {}),
        ("returns", {"lines": [{"line": 1, "quantity": "1"}]}),
    ):
        refused = await mall.shop.try_post(f"/orders/{mall.last}/{act}", body)
        assert (refused.status_code, refused.json()["code"]) == (
            409,
            "orders.fulfilled_by_invoice",
        )
    line = {"variant": f"var_{mall.mugs}", "quantity": "1"}
    plain = {"reference": "plain", "kind": "marketplace", "lines": [line]}
    refused = await mall.shop.try_post("/orders", plain)
    assert (refused.status_code, refused.json()["code"]) == (422, "orders.needs_invoices")
