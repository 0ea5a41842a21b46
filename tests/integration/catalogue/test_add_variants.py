"""Adding variants to a product: all of them or none."""

from __future__ import annotations

import asyncio

from entrepot.catalogue import (
    NewProduct,
    NewVariant,
    add_variants,
    create_products,
    find_product,
)
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network


def variants(*skus: str) -> list[NewVariant]:
    return [NewVariant(sku, f"Mug {sku}") for sku in skus]


async def mug(pool: Pool, caller: Caller) -> str:
    new = NewProduct("Mug", tuple(variants("M")))
    made = await create_products(pool, new_id, caller, [new])
    assert isinstance(made, Written)
    return made.answer.products[0].inner_id


async def skus_of(pool: Pool, caller: Caller, product: str) -> list[str]:
    found = await find_product(pool, caller, product)
    assert found is not None
    assert not isinstance(found, Refusal)
    return [each.sku for each in found.variants]


async def test_variants_are_added(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    product = await mug(pool, caller)
    added = await add_variants(pool, new_id, caller, product, variants("Z", "A"))
    assert isinstance(added, Written)
    assert [each.sku for each in added.answer.variants] == ["A", "M", "Z"]
    assert await find_product(pool, caller, product) == added.answer
    acts = (await acts_of(pool, caller.organisation))[2:]
    assert [(act, answer.get("sku")) for act, _, answer in acts] == [
        ("catalogue.product_changed", None),
        ("catalogue.variant_created", "Z"),
        ("catalogue.variant_created", "A"),
    ]


async def test_additions_at_once_are_all_kept(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    product = await mug(pool, caller)
    answers = await asyncio.gather(
        *[add_variants(pool, new_id, caller, product, variants(f"N{n}")) for n in range(6)]
    )
    sizes = sorted(len(each.answer.variants) for each in answers if isinstance(each, Written))
    assert sizes == [2, 3, 4, 5, 6, 7]
    assert await skus_of(pool, caller, product) == ["M", *[f"N{n}" for n in range(6)]]


async def test_one_that_is_taken_keeps_all_of_them_out(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    product = await mug(pool, caller)
    refusal = await add_variants(pool, new_id, caller, product, variants("A", "M", "A"))
    assert isinstance(refusal, Refusal)
    assert [(each.code, each.field) for each in refusal.faults] == [
        ("catalogue.sku_taken", "variants[2].sku")
    ]
    refusal = await add_variants(pool, new_id, caller, product, variants("A", "M"))
    assert isinstance(refusal, Refusal)
    assert [(each.code, each.field) for each in refusal.faults] == [
        ("catalogue.sku_taken", "variants[1].sku")
    ]
    assert await skus_of(pool, caller, product) == ["M"]


async def test_none_and_bad_ones_are_refused(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    product = await mug(pool, caller)
    none = await add_variants(pool, new_id, caller, product, [])
    bad = await add_variants(pool, new_id, caller, product, [NewVariant("", "", gtin="1")])
    assert isinstance(none, Refusal)
    assert isinstance(bad, Refusal)
    assert none.code == "catalogue.no_variants"
    assert [each.field for each in bad.faults] == [
        "variants[0].sku",
        "variants[0].name",
        "variants[0].gtin",
    ]


async def test_sent_twice_they_are_added_once(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    product, sent = await mug(pool, caller), Sent("key", b"content")
    first = await add_variants(pool, new_id, caller, product, variants("A"), sent)
    again = await add_variants(pool, new_id, caller, product, variants("A"), sent)
    assert isinstance(first, Written)
    assert again == Written(first.answer, replayed=True)


async def test_a_foreign_product_is_answered_as_an_absent_one(pool: Pool, network: Network) -> None:
    owner = caller_for(await network.organisation())
    product = await mug(pool, owner)
    caller = caller_for(await network.organisation())
    for one in (product, new_id(), ""):
        refusal = await add_variants(pool, new_id, caller, one, variants("A"))
        assert isinstance(refusal, Refusal)
        assert refusal.code == "catalogue.unknown_product"
    assert await skus_of(pool, owner, product) == ["M"]


async def test_the_scope_is_needed(pool: Pool, network: Network) -> None:
    reader = caller_for(await network.organisation(), Scope.CATALOGUE_READ)
    refusal = await add_variants(pool, new_id, reader, new_id(), variants("A"))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "identity.scope_missing"
