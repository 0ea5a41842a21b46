"""Taking the denial of a refund request back."""

from __future__ import annotations

from tests.factories.counter import Counter
from tests.factories.mall import Mall
from tests.factories.network import Network
from tests.factories.web import Web


async def test_it_stands_as_when_it_was_made_unless_its_goods_are_gone(
    network: Network, counter: Counter, web: Web
) -> None:
    mall = await Mall.open(network, counter, web)
    mugs, _ = await mall.order(3)
    refund = (await mall.ask(mall.one, mugs, (1, 2))).json()["id"]
    early = await mall.step(mall.shop, refund, "restore")
    assert (early.status_code, early.json()["code"]) == (409, "orders.refund_not_denied")
    await mall.step(mall.one, refund, "take-back")
    await mall.step(mall.shop, refund, "deny")
    restored = await mall.step(mall.shop, refund, "restore")
    assert (restored.status_code, restored.json()["status"]) == (200, "awaiting")
    assert (await mall.line(mugs))["quantity_awaiting_dispatch"] == "1"
    await mall.step(mall.shop, refund, "deny")
    other = (await mall.ask(mall.one, mugs, (1, 2))).json()
    assert other["status"] == "awaiting"
    late = await mall.step(mall.shop, refund, "restore")
    assert (late.status_code, late.json()["code"]) == (409, "orders.more_than_refundable")
    # A page looks through a bounded number of requests for those that fit.
    found = await mall.one.get("/refund-requests", status="denied", invoice=mugs)
    assert [each["id"] for each in found["data"]] == [refund]
    assert found["next"] is None
    both = await mall.shop.get("/refund-requests", side="marketplace", limit=1)
    assert [each["id"] for each in both["data"]] == [other["id"]]
    rest = await mall.shop.get("/refund-requests", side="marketplace", limit=1, cursor=both["next"])
    assert [each["id"] for each in rest["data"]] == [refund]
    number = rest["data"][0]["legacy_id"]
    assert (await mall.one.get("/refund-requests", legacy_id=number))["data"] == rest["data"]
    assert (await mall.two.get("/refund-requests", legacy_id=number))["data"] == []
