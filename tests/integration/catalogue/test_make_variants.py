"""Making variants inside an action: what the database knows is named all at once too."""

from __future__ import annotations

from entrepot.catalogue import NewProduct, NewVariant, create_products
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Written
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import caller_for
from tests.factories.network import Network

GTINS = ("4006381333931", "96385074", "036000291452")


async def test_everything_that_is_taken_or_unknown_is_named_at_once(
    pool: Pool, network: Network
) -> None:
    caller = caller_for(await network.organisation())
    there = NewVariant("MUG", "Mug", gtin=GTINS[0], legacy_id=7)
    assert isinstance(
        await create_products(pool, new_id, caller, [NewProduct("Mug", (there,), 3)]), Written
    )
    wanted = (
        NewVariant("MUG", "Mug", gtin=GTINS[0], legacy_id=7, supplier=new_id()),
        NewVariant("CUP", "Cup", gtin=GTINS[1]),
        NewVariant("POT", "Pot", gtin="04006381333931"),
    )
    refusal = await create_products(pool, new_id, caller, [NewProduct("Cup", wanted[1:], 3)])
    assert isinstance(refusal, Refusal)
    assert [(each.code, each.field) for each in refusal.faults] == [
        ("catalogue.gtin_taken", "products[0].variants[1].gtin"),
        ("catalogue.legacy_id_taken", "products[0].legacy_id"),
    ]
    refusal = await create_products(pool, new_id, caller, [NewProduct("Cup", wanted[:2])])
    assert isinstance(refusal, Refusal)
    assert [(each.code, each.field) for each in refusal.faults] == [
        ("catalogue.unknown_supplier", "products[0].variants[0].supplier"),
        ("catalogue.sku_taken", "products[0].variants[0].sku"),
        ("catalogue.gtin_taken", "products[0].variants[0].gtin"),
        ("catalogue.legacy_id_taken", "products[0].variants[0].legacy_id"),
    ]


async def test_what_was_refused_takes_no_number(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    new = NewProduct("Mug", (NewVariant("MUG", "Mug", legacy_id=7, supplier=new_id()),), 3)
    assert isinstance(await create_products(pool, new_id, caller, [new]), Refusal)
    new = NewProduct("Mug", (NewVariant("MUG", "Mug", legacy_id=7),), 3)
    assert isinstance(await create_products(pool, new_id, caller, [new]), Written)
