"""Twenty ask for the last one at the same time, over three doors. One gets it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from tests.factories.bazaar import Bazaar
from tests.factories.counter import Counter
from tests.factories.dfc import WILL_END, open_dfc
from tests.factories.farm import plant
from tests.factories.graphql import Key, Mall, open_graphql
from tests.factories.network import Network
from tests.factories.web import Asker, Web

CREATE = """
mutation ($input: OrderCreateMutationInput!) {
  orderCreate(input: $input) { errors { field messages } order { id } }
}
"""
OF_EACH = (7, 7, 6)


async def by_graphql(key: Key, variant: str) -> bool:
    """Whether a marketplace's order got it."""
    line = {"variantId": variant, "quantity": 1, "cost": {"amount": 300}}
    given = {"input": {"order": {}, "lineItems": [line]}}
    made = (await key.data(CREATE, given))["orderCreate"]
    assert (made["order"] is None) is (made["errors"] is not None)
    return made["order"] is not None


async def by_rest(asker: Asker, variant: str) -> bool:
    body = {"lines": [{"variant": variant, "quantity": "1", "cost": {"amount": 300}}]}
    answer = await asker.try_post("/marketplace-orders", body)
    if answer.status_code != 201:
        (fault,) = answer.json()["faults"]
        assert fault["code"] == "stock.insufficient_available"
    return answer.status_code == 201


async def test_twenty_orders_over_graphql_rest_and_dfc(
    pool: Pool, settings: Settings, network: Network, counter: Counter, web: Web
) -> None:
    async with open_graphql(pool, settings) as graphql, open_dfc(pool, settings) as dfc:
        farm = await plant(dfc, network)
        bazaar = await Bazaar(network, counter).open()
        await network.right(farm.jean, bazaar.marketplace, "marketplace")
        last = await bazaar.goods(farm.jean, "LAST", stock=1)
        key = await graphql.key(bazaar.marketplace)
        shop = await web.asker(bazaar.marketplace)
        number = await Mall(graphql, network).wire(last)

        async def by_dfc(turn: int) -> bool:
            ends = (WILL_END + timedelta(minutes=turn)).isoformat()
            document = farm.basket.order({farm.basket.product(last): 1}, ends=ends)
            answer = await farm.hub.send("POST", farm.basket.orders, document)
            assert answer.status_code in {201, 409}, answer.text
            return answer.status_code == 201

        asked: list[list[Awaitable[bool]]] = [
            [by_graphql(key, number) for _ in range(OF_EACH[0])],
            [by_rest(shop, f"var_{last}") for _ in range(OF_EACH[1])],
            [by_dfc(turn) for turn in range(OF_EACH[2])],
        ]
        longest = max(OF_EACH)
        mixed = [some[turn] for turn in range(longest) for some in asked if turn < len(some)]
        answers = await asyncio.gather(*mixed)
    assert answers.count(True) == 1
    assert len(answers) == 20
    on_hand, held, _ = await counter.figures(last)
    assert (on_hand, held) == (1, 1)
    ((held,),) = await counter.rows(
        "SELECT count(*) FROM orders WHERE status IN ('held', 'complete')"
    )
    assert held == 1
