"""Making products with their variants: all of them or none, every fault named by its field."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from entrepot.catalogue import (
    NewProduct,
    NewVariant,
    Product,
    create_products,
    find_variants,
    list_variants,
)
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network


def mugs(*skus: str) -> NewProduct:
    return NewProduct("Mug", tuple(NewVariant(sku, f"Mug {sku}") for sku in skus))


async def skus_of(pool: Pool, organisation: str) -> list[str]:
    listed = await list_variants(pool, caller_for(organisation))
    assert isinstance(listed, list)
    return [variant.sku for variant in listed]


async def test_products_are_made_with_their_variants(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    carrots = NewVariant(
        "CARROTS",
        "Carrots",
        unit="kg",
        retail_price=Decimal("2.40"),
        order_quantity_min=Decimal("0.5"),
        order_quantity_multiple=Decimal("0.5"),
    )
    made = await create_products(
        pool, new_id, caller, [mugs("BLUE", "GREEN"), NewProduct("Carrots", (carrots,))]
    )
    assert isinstance(made, list)
    assert [len(product.variants) for product in made] == [2, 1]
    found = await find_variants(pool, caller, ["CARROTS", "BLUE", "NONE"])
    assert found == [made[0].variants[0], made[1].variants[0]]
    (variant,) = made[1].variants
    assert (variant.unit, variant.retail_price, variant.state) == ("kg", "2.4", "active")
    assert (variant.order_quantity_min, variant.product) == ("0.5", made[1].id)
    acts = await acts_of(pool, caller.organisation)
    assert [(act, subject) for act, subject, _ in acts] == [
        ("catalogue.product_created", product.id) for product in made
    ]
    assert [each["sku"] for each in acts[0][2]["variants"]] == ["BLUE", "GREEN"]


async def test_a_sku_is_given_once_by_each_organisation(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    other = caller_for(await network.organisation())
    assert isinstance(await create_products(pool, new_id, caller, [mugs("BLUE", "RED")]), list)
    assert isinstance(await create_products(pool, new_id, other, [mugs("BLUE")]), list)
    refusal = await create_products(
        pool, new_id, caller, [mugs("GREEN"), mugs("RED", "WHITE", "BLUE")]
    )
    assert isinstance(refusal, Refusal)
    assert [(fault.code, fault.field) for fault in refusal.faults] == [
        ("catalogue.sku_taken", "products[1].variants[0].sku"),
        ("catalogue.sku_taken", "products[1].variants[2].sku"),
    ]
    assert await skus_of(pool, caller.organisation) == ["BLUE", "RED"]
    assert len(await acts_of(pool, caller.organisation)) == 1
    async with pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM products") == 2


async def test_a_sku_named_twice_at_once_is_refused(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    refusal = await create_products(pool, new_id, caller, [mugs("BLUE"), mugs("RED", "BLUE")])
    assert isinstance(refusal, Refusal)
    assert [(fault.code, fault.field) for fault in refusal.faults] == [
        ("catalogue.sku_taken", "products[1].variants[1].sku")
    ]


async def test_rivals_for_the_same_skus_do_not_deadlock(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    skus = [f"S{number}" for number in range(50)]
    answers = await asyncio.gather(
        *[
            create_products(pool, new_id, caller, [mugs(*order)])
            for order in (skus, skus[::-1], skus[25:] + skus[:25])
            for _ in range(3)
        ]
    )
    assert len([answer for answer in answers if isinstance(answer, list)]) == 1
    assert await skus_of(pool, caller.organisation) == sorted(skus)


FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"sku": ""}, "catalogue.sku_not_valid", "sku"),
    ({"sku": "x" * 65}, "catalogue.sku_not_valid", "sku"),
    ({"sku": "A\x00B"}, "catalogue.sku_not_valid", "sku"),
    ({"name": " Mug"}, "catalogue.name_not_valid", "name"),
    ({"unit": ""}, "catalogue.unit_not_valid", "unit"),
    ({"pricing_model": "retail"}, "catalogue.pricing_model_not_valid", "pricing_model"),
    ({"retail_price": Decimal(-1)}, "catalogue.price_not_valid", "retail_price"),
    ({"retail_price": Decimal("0.00001")}, "catalogue.price_not_valid", "retail_price"),
    ({"retail_price": Decimal("NaN")}, "catalogue.price_not_valid", "retail_price"),
    ({"retail_price": Decimal("1E+11")}, "catalogue.price_not_valid", "retail_price"),
    ({"order_quantity_min": Decimal(-1)}, "catalogue.quantity_not_valid", "order_quantity_min"),
    (
        {"order_quantity_multiple": Decimal("0.0005")},
        "catalogue.quantity_not_valid",
        "order_quantity_multiple",
    ),
    (
        {"order_quantity_multiple": Decimal("0.5"), "whole_units": True},
        "catalogue.quantity_not_valid",
        "order_quantity_multiple",
    ),
]


@pytest.mark.parametrize(("wrong", "code", "field"), FAULTS)
async def test_a_fault_is_named_by_its_field(
    pool: Pool, network: Network, wrong: dict[str, Any], code: str, field: str
) -> None:
    caller = caller_for(await network.organisation())
    variant = NewVariant(**({"sku": "MUG", "name": "Mug"} | wrong))
    refusal = await create_products(pool, new_id, caller, [NewProduct("Mug", (variant,))])
    assert isinstance(refusal, Refusal)
    assert [(fault.code, fault.field) for fault in refusal.faults] == [
        (code, f"products[0].variants[0].{field}")
    ]
    assert await skus_of(pool, caller.organisation) == []


async def test_faults_of_all_products_are_named_at_once(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    products = [NewProduct("", (NewVariant("", ""),)), NewProduct("Mug", ())]
    refusal = await create_products(pool, new_id, caller, products)
    assert isinstance(refusal, Refusal)
    assert [(fault.code, fault.field) for fault in refusal.faults] == [
        ("catalogue.no_variants", "products[1].variants"),
        ("catalogue.sku_not_valid", "products[0].variants[0].sku"),
        ("catalogue.name_not_valid", "products[0].name"),
        ("catalogue.name_not_valid", "products[0].variants[0].name"),
    ]


async def test_none_and_too_many_are_refused(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    none = await create_products(pool, new_id, caller, [])
    many = await create_products(
        pool, new_id, caller, [mugs(*[f"S{number}" for number in range(10_001)])]
    )
    assert isinstance(none, Refusal)
    assert isinstance(many, Refusal)
    assert none.code == "catalogue.no_products"
    assert many.code == "catalogue.too_many_variants"


async def test_thousands_are_made_at_once(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    products = [mugs(f"S{number:05d}") for number in range(3000)]
    made = await create_products(pool, new_id, caller, products)
    assert isinstance(made, list)
    assert all(isinstance(product, Product) for product in made)
    page = await list_variants(pool, caller, "S02989", 100)
    assert isinstance(page, list)
    assert [variant.sku for variant in page] == [f"S{number:05d}" for number in range(2990, 3000)]


async def test_the_scopes_are_needed(pool: Pool, network: Network) -> None:
    organisation = await network.organisation()
    reader = caller_for(organisation, Scope.CATALOGUE_READ)
    writer = caller_for(organisation, Scope.CATALOGUE_WRITE)
    for answer in (
        await create_products(pool, new_id, reader, [mugs("BLUE")]),
        await list_variants(pool, writer),
        await find_variants(pool, writer, ["BLUE"]),
    ):
        assert isinstance(answer, Refusal)
        assert answer.code == "identity.scope_missing"
