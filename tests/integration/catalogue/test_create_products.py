"""Making products with their variants: all of them or none, every fault named by its field."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from entrepot.catalogue import (
    NewProduct,
    NewSupplier,
    NewVariant,
    SupplierChanges,
    change_supplier,
    create_products,
    create_supplier,
    find_product,
    find_variant,
    find_variants,
    list_variants,
)
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
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
    answer = await create_products(
        pool, new_id, caller, [mugs("BLUE", "GREEN"), NewProduct("Carrots", (carrots,))]
    )
    assert isinstance(answer, Written)
    made = answer.answer.products
    assert [len(product.variants) for product in made] == [2, 1]
    found = await find_variants(pool, caller, ["CARROTS", "BLUE", "NONE"])
    assert found == [made[0].variants[0], made[1].variants[0]]
    (variant,) = made[1].variants
    assert (variant.unit, variant.retail_price, variant.state) == ("kg", "2.4", "active")
    assert (variant.order_quantity_min, variant.product) == ("0.5", made[1].id)
    acts = await acts_of(pool, caller.organisation)
    assert [(act, subject) for act, subject, _ in acts] == [
        ("catalogue.products_created", f"org_{caller.organisation}"),
        *[("catalogue.product_created", product.id) for product in made],
    ]
    assert [each["name"] for each in acts[0][2]["products"]] == ["Mug", "Carrots"]
    assert [each["sku"] for each in acts[1][2]["variants"]] == ["BLUE", "GREEN"]


async def test_a_sku_is_given_once_by_each_organisation(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    other = caller_for(await network.organisation())
    assert isinstance(await create_products(pool, new_id, caller, [mugs("BLUE", "RED")]), Written)
    assert isinstance(await create_products(pool, new_id, other, [mugs("BLUE")]), Written)
    refusal = await create_products(
        pool, new_id, caller, [mugs("GREEN"), mugs("RED", "WHITE", "BLUE")]
    )
    assert isinstance(refusal, Refusal)
    assert [(fault.code, fault.field) for fault in refusal.faults] == [
        ("catalogue.sku_taken", "products[1].variants[0].sku"),
        ("catalogue.sku_taken", "products[1].variants[2].sku"),
    ]
    assert await skus_of(pool, caller.organisation) == ["BLUE", "RED"]
    assert len(await acts_of(pool, caller.organisation)) == 2
    async with pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM products") == 2


async def test_a_sku_named_twice_at_once_is_refused(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    refusal = await create_products(pool, new_id, caller, [mugs("BLUE"), mugs("RED", "BLUE")])
    assert isinstance(refusal, Refusal)
    assert [(fault.code, fault.field) for fault in refusal.faults] == [
        ("catalogue.sku_taken", "products[1].variants[1].sku")
    ]


async def test_a_gtin_stands_for_one_variant(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    other = caller_for(await network.organisation())
    first = NewProduct("Cola", (NewVariant("COLA", "Cola", gtin="036000291452"),))
    # The same number, and one that is named twice in this request.
    same = NewVariant("COLA-2", "Cola", gtin="0036000291452")
    ink = [NewVariant(f"INK-{each}", "Ink", gtin="4006381333931") for each in "AB"]
    for one in (caller, other):
        assert isinstance(await create_products(pool, new_id, one, [first]), Written)
    twice = await create_products(pool, new_id, caller, [NewProduct("Ink", tuple(ink))])
    taken = await create_products(pool, new_id, caller, [NewProduct("Cola", (ink[0], same))])
    for refusal, place in ((twice, 1), (taken, 1)):
        assert isinstance(refusal, Refusal)
        assert [(fault.code, fault.field) for fault in refusal.faults] == [
            ("catalogue.gtin_taken", f"products[0].variants[{place}].gtin")
        ]
    assert await skus_of(pool, caller.organisation) == ["COLA"]


async def test_everything_that_can_be_said_is_kept(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    supplier = await create_supplier(pool, new_id, caller, NewSupplier("Aardewerk"))
    assert isinstance(supplier, Written)
    mug = NewVariant(
        "MUG",
        "Mug",
        gtin="96385074",
        retail_price=Decimal("12.10"),
        wholesale_price=Decimal("6.05"),
        purchase_price=Decimal("0.01"),
        prices_include_vat=True,
        vat_rate=Decimal("21.0"),
        units_per_case=6,
        supplier=supplier.answer.inner_id,
        supplier_sku="AW-1",
        state="deactivated",
        legacy_id=5356,
    )
    made = await create_products(pool, new_id, caller, [NewProduct("Mug", (mug,), 12)])
    assert isinstance(made, Written)
    (product,) = made.answer.products
    (variant,) = product.variants
    assert product.legacy_id == 12
    assert (variant.retail_price, variant.wholesale_price) == ("10", "5")
    assert (variant.purchase_price, variant.vat_rate) == ("0.0083", "21")
    assert not variant.prices_include_vat
    assert (variant.gtin, variant.units_per_case, variant.legacy_id) == ("96385074", 6, 5356)
    assert (variant.supplier, variant.supplier_sku) == (supplier.answer.id, "AW-1")
    assert variant.state == "deactivated"
    assert await find_product(pool, caller, product.inner_id) == product
    assert await find_variant(pool, caller, variant.inner_id) == variant


async def test_legacy_ids_are_given_once_on_the_whole_network(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    other = caller_for(await network.organisation())

    def numbered(sku: str) -> NewProduct:
        return NewProduct("Mug", (NewVariant(sku, "Mug", legacy_id=5356),), 5356)

    first = await create_products(pool, new_id, caller, [numbered("A")])
    second = await create_products(pool, new_id, other, [mugs("X"), numbered("B")])
    given = await create_products(pool, new_id, other, [mugs("Y", "Z")])
    assert isinstance(first, Written)
    assert isinstance(second, Refusal)
    assert [(fault.code, fault.field) for fault in second.faults] == [
        ("catalogue.legacy_id_taken", "products[1].legacy_id"),
        ("catalogue.legacy_id_taken", "products[1].variants[0].legacy_id"),
    ]
    assert isinstance(given, Written)
    (product,) = given.answer.products
    numbers = [variant.legacy_id for variant in product.variants]
    assert len(set(numbers)) == 2
    assert min(*numbers, product.legacy_id) >= 10_000_000


async def test_a_foreign_and_a_deleted_supplier_are_refused(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    other = caller_for(await network.organisation())
    faults = []
    for one in (caller, other):
        supplier = await create_supplier(pool, new_id, one, NewSupplier("Aardewerk"))
        assert isinstance(supplier, Written)
        inner = supplier.answer.inner_id
        await change_supplier(pool, new_id, one, inner, SupplierChanges(state="deleted"))
        new = NewVariant("MUG", "Mug", supplier=inner)
        refusal = await create_products(pool, new_id, caller, [NewProduct("Mug", (new,))])
        assert isinstance(refusal, Refusal)
        faults += [(fault.code, fault.field) for fault in refusal.faults]
    field = "products[0].variants[0].supplier"
    assert faults == [
        ("catalogue.supplier_deleted", field),
        ("catalogue.unknown_supplier", field),
    ]


async def test_sent_twice_they_are_made_once(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    answers = await asyncio.gather(
        *[create_products(pool, new_id, caller, [mugs("BLUE")], Sent("k", b"c")) for _ in range(4)]
    )
    made = [answer for answer in answers if isinstance(answer, Written)]
    assert sorted(answer.replayed for answer in made) == [False, True, True, True]
    assert len({answer.answer.products[0].id for answer in made}) == 1
    other = await create_products(pool, new_id, caller, [mugs("RED")], Sent("k", b"other"))
    assert isinstance(other, Refusal)
    assert other.code == "request.key_reused"


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
    assert len([answer for answer in answers if isinstance(answer, Written)]) == 1
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
    ({"retail_price": Decimal("sNaN")}, "catalogue.price_not_valid", "retail_price"),
    ({"wholesale_price": Decimal(-1)}, "catalogue.price_not_valid", "wholesale_price"),
    ({"purchase_price": Decimal("1E-999999")}, "catalogue.price_not_valid", "purchase_price"),
    ({"vat_rate": Decimal(101)}, "catalogue.vat_rate_not_valid", "vat_rate"),
    ({"vat_rate": Decimal("5.125")}, "catalogue.vat_rate_not_valid", "vat_rate"),
    ({"prices_include_vat": True}, "catalogue.vat_rate_needed", "vat_rate"),
    ({"gtin": "4006381333932"}, "catalogue.gtin_not_valid", "gtin"),
    ({"gtin": ""}, "catalogue.gtin_not_valid", "gtin"),
    ({"supplier_sku": " x"}, "catalogue.sku_not_valid", "supplier_sku"),
    ({"supplier": ""}, "catalogue.unknown_supplier", "supplier"),
    ({"supplier": "0" * 32}, "catalogue.unknown_supplier", "supplier"),
    ({"units_per_case": 0}, "catalogue.units_per_case_not_valid", "units_per_case"),
    ({"units_per_case": 2**40}, "catalogue.units_per_case_not_valid", "units_per_case"),
    ({"legacy_id": 0}, "catalogue.legacy_id_not_valid", "legacy_id"),
    ({"legacy_id": 10_000_000}, "catalogue.legacy_id_not_valid", "legacy_id"),
    ({"state": "deleted"}, "catalogue.state_not_valid", "state"),
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
    assert isinstance(made, Written)
    assert [product.name for product in made.answer.products] == ["Mug"] * 3000
    page = await list_variants(pool, caller, "S02989", 100)
    assert isinstance(page, list)
    assert [variant.sku for variant in page] == [f"S{number:05d}" for number in range(2990, 3000)]


async def test_the_scopes_are_needed(pool: Pool, network: Network) -> None:
    organisation = await network.organisation()
    reader = caller_for(organisation, Scope.CATALOGUE_READ)
    writer = caller_for(organisation, Scope.CATALOGUE_WRITE)
    for answer in (
        await create_products(pool, new_id, reader, [mugs("BLUE")]),
        await find_product(pool, writer, new_id()),
        await list_variants(pool, writer),
        await find_variants(pool, writer, ["BLUE"]),
    ):
        assert isinstance(answer, Refusal)
        assert answer.code == "identity.scope_missing"
