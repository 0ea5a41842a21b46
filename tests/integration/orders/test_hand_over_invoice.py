"""Handing an invoice's goods over to the customer who fetches them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders import Desk, MarketLine, Money, hand_over_invoice
from tests.factories.bazaar import Bazaar
from tests.factories.callers import caller_for
from tests.factories.counter import Counter
from tests.factories.network import Network

FETCHED = MarketLine(Money(300), delivery_type="click_and_collect")


async def hand_over(desk: Desk, who: Id, invoice: Id, key: str) -> Any:  # noqa: ANN401 - JSON, or a code
    caller = caller_for(who, Scope.MARKETPLACE_WRITE)
    answer = await hand_over_invoice(desk, caller, invoice, key)
    return answer.code if isinstance(answer, Refusal) else msgspec.json.decode(answer.body)


@pytest.fixture
async def bazaar(network: Network, counter: Counter) -> Bazaar:
    return await Bazaar(network, counter).open()


async def test_all_that_is_there_to_go_is_handed_over_once(
    bazaar: Bazaar, desk: Desk, network: Network
) -> None:
    seller, stranger = await bazaar.seller(), await network.organisation("stranger")
    mugs, rugs = await bazaar.goods(seller, "MUGS"), await bazaar.goods(seller, "RUGS")
    placing = bazaar.order((mugs, 3, FETCHED), (rugs, 2, FETCHED), (rugs, 1, 100))
    await bazaar.counter.place(bazaar.marketplace, placing)
    pickup = await bazaar.invoice(placing.order, 1)
    parcel = await bazaar.invoice(placing.order, 3)
    assert await hand_over(desk, stranger, pickup, "a") == "orders.unknown_invoice"
    assert await hand_over(desk, seller, parcel, "b") == "orders.not_fetched"
    await bazaar.refund(placing.order, (1, 1))
    made = await hand_over(desk, seller, pickup, "c")
    assert [(each["line"], each["quantity"]) for each in made["lines"]] == [(1, "2"), (2, "2")]
    assert (made["carrier_name"], made["tracking_number"]) == ("Other", "Collected")
    assert await hand_over(desk, seller, pickup, "c") == made
    assert await hand_over(desk, bazaar.marketplace, pickup, "d") == "orders.nothing_to_fetch"
    assert (await bazaar.counter.figures(mugs))[:2] == (8, 0)
    assert (await bazaar.counter.figures(rugs))[:2] == (8, 1)
