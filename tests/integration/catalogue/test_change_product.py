"""Giving a product another name."""

from __future__ import annotations

import asyncio

from entrepot.catalogue import (
    NewProduct,
    NewVariant,
    change_product,
    create_products,
    find_product,
    list_products,
)
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network


async def mug(pool: Pool, caller: Caller, sku: str = "MUG") -> str:
    new = NewProduct("Mug", (NewVariant(f"{sku}-B", "Blue"), NewVariant(f"{sku}-A", "Amber")))
    made = await create_products(pool, new_id, caller, [new])
    assert isinstance(made, Written)
    return made.answer.products[0].inner_id


async def test_a_product_is_renamed_and_its_variants_are_not(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    product = await mug(pool, caller)
    changed = await change_product(pool, new_id, caller, product, "Stoneware mug")
    assert isinstance(changed, Written)
    assert changed.answer.name == "Stoneware mug"
    assert [each.name for each in changed.answer.variants] == ["Amber", "Blue"]
    assert await find_product(pool, caller, product) == changed.answer
    acts = await acts_of(pool, caller.organisation)
    assert [act for act, _, _ in acts[2:]] == ["catalogue.product_changed"]


async def test_products_are_listed_page_by_page(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    made = [await mug(pool, caller, f"M{number}") for number in range(5)]
    first = await list_products(pool, caller, Page(3))
    assert isinstance(first, list)
    assert [each.inner_id for each in first] == made[:4]
    assert [variant.sku for variant in first[1].variants] == ["M1-A", "M1-B"]
    rest = await list_products(pool, caller, Page(3, (first[2].inner_id,)))
    assert isinstance(rest, list)
    assert [each.inner_id for each in rest] == made[3:]
    assert await list_products(pool, caller_for(await network.organisation()), Page(3)) == []


async def test_what_changes_nothing_is_no_event(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    product = await mug(pool, caller)
    answers = await asyncio.gather(
        *[change_product(pool, new_id, caller, product, "Beaker") for _ in range(4)]
    )
    assert all(isinstance(answer, Written) for answer in answers)
    assert len(await acts_of(pool, caller.organisation)) == 3


async def test_sent_twice_it_is_changed_once(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    product, sent = await mug(pool, caller), Sent("key", b"content")
    first = await change_product(pool, new_id, caller, product, "Beaker", sent)
    await change_product(pool, new_id, caller, product, "Cup")
    again = await change_product(pool, new_id, caller, product, "Beaker", sent)
    assert isinstance(first, Written)
    assert again == Written(first.answer, replayed=True)
    found = await find_product(pool, caller, product)
    assert found is not None
    assert not isinstance(found, Refusal)
    assert found.name == "Cup"


async def test_a_foreign_product_is_answered_as_an_absent_one(pool: Pool, network: Network) -> None:
    product = await mug(pool, caller_for(await network.organisation()))
    caller = caller_for(await network.organisation())
    for one in (product, new_id(), ""):
        refusal = await change_product(pool, new_id, caller, one, "Mine")
        assert isinstance(refusal, Refusal)
        assert refusal.code == "catalogue.unknown_product"
        assert refusal.faults[0].message == "You have no such product. Check its id."
    assert await find_product(pool, caller, product) is None


async def test_a_bad_name_and_a_missing_scope(pool: Pool, network: Network) -> None:
    organisation = await network.organisation()
    product = await mug(pool, caller_for(organisation))
    reader = caller_for(organisation, Scope.CATALOGUE_READ)
    writer = caller_for(organisation, Scope.CATALOGUE_WRITE)
    answers = [
        await change_product(pool, new_id, writer, product, "\t"),
        await change_product(pool, new_id, reader, product, "Beaker"),
        await list_products(pool, writer, Page()),
    ]
    assert [answer.code for answer in answers if isinstance(answer, Refusal)] == [
        "catalogue.name_not_valid",
        "identity.scope_missing",
        "identity.scope_missing",
    ]
