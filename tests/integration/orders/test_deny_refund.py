"""Denying a refund request: by the marketplace, before it is refunded."""

from __future__ import annotations

from tests.factories.counter import Counter
from tests.factories.mall import Mall
from tests.factories.network import Network
from tests.factories.web import Web


async def test_a_denied_request_keeps_nothing_from_leaving(
    network: Network, counter: Counter, web: Web
) -> None:
    mall = await Mall.open(network, counter, web)
    mugs, _ = await mall.order(3)
    refund = (await mall.ask(mall.one, mugs, (1, 2))).json()["id"]
    await mall.step(mall.one, refund, "take-back")
    denied = await mall.step(mall.shop, refund, "deny", key="no")
    assert (denied.json()["status"], denied.json()["lines"][0]["status"]) == (
        "denied",
        "refund_denied",
    )
    assert (await mall.step(mall.shop, refund, "deny", key="no")).content == denied.content
    again = await mall.step(mall.shop, refund, "deny")
    assert (again.status_code, again.json()["code"]) == (409, "orders.refund_ended")
    for step in ("take-back", "complete"):
        assert (await mall.step(mall.shop, refund, step)).status_code == 409
    assert (await mall.invoice(mugs))["status_flags"] == ["paid"]
    assert (await mall.ship(mall.one, mugs, (1, 3))).status_code == 201
