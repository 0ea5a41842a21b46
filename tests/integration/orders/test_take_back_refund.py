"""Saying that the goods of a refund request are back."""

from __future__ import annotations

from entrepot.kernel.caller import Scope
from tests.factories.counter import Counter
from tests.factories.mall import Mall
from tests.factories.network import Network
from tests.factories.web import Web


async def test_by_either_side_once_and_noted(network: Network, counter: Counter, web: Web) -> None:
    mall = await Mall.open(network, counter, web)
    mugs, rugs = await mall.order()
    refund = ""
    for who, invoice, line in ((mall.one, mugs, 1), (mall.shop, rugs, 2)):
        refund = (await mall.ask(who, invoice, (line, 1))).json()["id"]
        back = await mall.step(who, refund, "take-back", notes=["Seen"])
        assert (back.status_code, back.json()["status"]) == (200, "returned")
        assert [each["note"] for each in back.json()["notes"]] == ["Seen"]
        again = await mall.step(who, refund, "take-back")
        assert (again.status_code, again.json()["code"]) == (409, "orders.refund_not_awaiting")
    # Nothing has moved yet.
    assert await mall.figures(mall.mugs) == (10, 3)
    reader = await web.asker(mall.bazaar.marketplace, Scope.MARKETPLACE_READ)
    assert (await mall.step(reader, refund, "take-back")).status_code == 403
    assert (await mall.step(mall.shop, "rfr_nothing", "take-back")).status_code == 404
    wrong = await mall.step(mall.shop, refund, "take-back", notes=["\x07"])
    assert wrong.json()["code"] == "orders.detail_not_valid"
