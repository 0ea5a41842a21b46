"""Goods as marketplaces and their sellers see them: whose, page by page, and with which scope."""

from __future__ import annotations

import pytest

from entrepot.infra.pool import Pool
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.stock import (
    ProductsWanted,
    SellersWanted,
    VariantsWanted,
    count_market,
    list_market_changes,
    list_market_offers,
    list_market_products,
    list_market_sellers,
    list_market_variants,
    list_variants_in_products,
)
from tests.factories.callers import caller_for
from tests.factories.network import Network

Goods = dict[str, tuple[Id, Id]]
"""(seller, variant) by name."""


@pytest.fixture
async def goods(network: Network) -> Goods:
    """A market over two sellers and beside a third, and what each of them sells."""
    market = await network.organisation("market")
    found = {"market": (market, await network.variant(market, "OWN"))}
    for name in ("one", "two", "closed"):
        seller = await network.organisation(name)
        if name != "closed":
            await network.right(seller, market, "marketplace")
        found[name] = (seller, await network.variant(seller, name.upper()))
    await network.right(found["closed"][0], market, "session")
    return found


async def test_a_market_sees_its_own_and_its_sellers(pool: Pool, goods: Goods) -> None:
    caller = caller_for(goods["market"][0])
    variants = await list_market_variants(pool, caller, VariantsWanted())
    assert not isinstance(variants, Refusal)
    seen = {goods[name] for name in ("market", "one", "two")}
    assert {row.key for row in variants} == seen
    assert [row.key for row in variants] == sorted(seen)
    products = await list_market_products(pool, caller, ProductsWanted())
    assert not isinstance(products, Refusal)
    assert {row.id for row in products} == {row.product for row in variants}
    sellers = await list_market_sellers(pool, caller, SellersWanted())
    assert not isinstance(sellers, Refusal)
    assert {row.name for row in sellers if row.is_marketplace} == {"market"}
    for wanted in (VariantsWanted(), ProductsWanted(), SellersWanted()):
        assert await count_market(pool, caller, wanted) == 3


async def test_what_is_not_seen_is_left_out_by_every_key(pool: Pool, goods: Goods) -> None:
    caller = caller_for(goods["market"][0])
    closed, one = goods["closed"], goods["one"]
    wanted = VariantsWanted(ids=(closed[1], one[1]))
    variants = await list_market_variants(pool, caller, wanted)
    assert not isinstance(variants, Refusal)
    assert [row.key for row in variants] == [one]
    theirs = await list_market_variants(pool, caller_for(closed[0]), VariantsWanted())
    assert not isinstance(theirs, Refusal)
    keys = [(row.seller, row.product) for row in (*variants, *theirs)]
    inside = await list_variants_in_products(pool, caller, keys, 10)
    assert not isinstance(inside, Refusal)
    assert [row.key for row in inside] == [one]
    changes = await list_market_changes(pool, caller, "variant", [closed, one])
    assert not isinstance(changes, Refusal)
    assert set(changes) == {one[1]}
    assert await list_market_offers(pool, caller, [closed, one]) == {}


async def test_pages_follow_each_other_over_sellers(
    pool: Pool, network: Network, goods: Goods
) -> None:
    for name in ("one", "two", "one", "two"):
        await network.variant(goods[name][0], "MORE")
    caller = caller_for(goods["market"][0])
    found: list[tuple[Id, Id]] = []
    while True:
        after = found[-1] if found else VariantsWanted().after
        rows = await list_market_variants(pool, caller, VariantsWanted(after=after, limit=2))
        assert not isinstance(rows, Refusal)
        if not rows:
            break
        found += [row.key for row in rows]
    assert len(found) == len(set(found)) == 7
    assert found == sorted(found)


async def test_without_its_scope_nothing_is_read(pool: Pool, goods: Goods) -> None:
    caller = caller_for(goods["market"][0], Scope.STOCK_READ)
    for answer in (
        await list_market_sellers(pool, caller, SellersWanted()),
        await list_market_products(pool, caller, ProductsWanted()),
        await list_market_variants(pool, caller, VariantsWanted()),
        await count_market(pool, caller, SellersWanted()),
        await list_variants_in_products(pool, caller, [goods["one"]], 1),
        await list_market_offers(pool, caller, [goods["one"]]),
        await list_market_changes(pool, caller, "variant", [goods["one"]]),
    ):
        assert isinstance(answer, Refusal)
        assert answer.code == "identity.scope_missing"
