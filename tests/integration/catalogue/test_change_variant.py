"""Changing a variant: its fields, its state, and two who change it at once."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from entrepot.catalogue import (
    NewProduct,
    NewSupplier,
    NewVariant,
    SupplierChanges,
    Variant,
    VariantChanges,
    VariantFilter,
    change_supplier,
    change_variant,
    create_products,
    create_supplier,
    find_variant,
    find_variants,
    list_variants,
)
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.counter import Counter, code_of, order_of
from tests.factories.network import Network

DEACTIVATED = VariantChanges(state="deactivated")


async def variant_of(pool: Pool, caller: Caller, new: NewVariant) -> str:
    made = await create_products(pool, new_id, caller, [NewProduct(new.name, (new,))])
    assert isinstance(made, Written)
    return made.answer.products[0].variants[0].inner_id


async def changed(pool: Pool, caller: Caller, variant: str, changes: VariantChanges) -> Variant:
    answer = await change_variant(pool, new_id, caller, variant, changes)
    assert isinstance(answer, Written), answer
    assert await find_variant(pool, caller, variant) in {answer.answer, None}
    return answer.answer


async def refused(pool: Pool, caller: Caller, variant: str, changes: VariantChanges) -> Refusal:
    answer = await change_variant(pool, new_id, caller, variant, changes)
    assert isinstance(answer, Refusal)
    return answer


async def test_concurrent_changes_do_not_lose_each_others_fields(
    pool: Pool, network: Network
) -> None:
    caller = caller_for(await network.organisation())
    supplier = await create_supplier(pool, new_id, caller, NewSupplier("Aardewerk"))
    assert isinstance(supplier, Written)
    variant = await variant_of(pool, caller, NewVariant("MUG", "Mug"))
    changes = [
        VariantChanges(sku="BEAKER"),
        VariantChanges(name="Beaker"),
        VariantChanges(gtin="96385074"),
        VariantChanges(retail_price=Decimal("8.95"), vat_rate=Decimal(21)),
        VariantChanges(purchase_price=Decimal("3.1")),
        VariantChanges(whole_units=True),
        VariantChanges(order_quantity_min=Decimal(6)),
        VariantChanges(units_per_case=12),
        VariantChanges(supplier=supplier.answer.inner_id, supplier_sku="AW-1"),
        VariantChanges(state="deactivated"),
    ]
    await asyncio.gather(*[change_variant(pool, new_id, caller, variant, each) for each in changes])
    found = await find_variant(pool, caller, variant)
    assert isinstance(found, Variant)
    assert (found.sku, found.name, found.gtin) == ("BEAKER", "Beaker", "96385074")
    assert (found.retail_price, found.purchase_price, found.vat_rate) == ("8.95", "3.1", "21")
    assert (found.whole_units, found.order_quantity_min, found.units_per_case) == (True, "6", 12)
    assert (found.supplier, found.supplier_sku) == (supplier.answer.id, "AW-1")
    assert found.state == "deactivated"
    acts = [act for act, _, _ in (await acts_of(pool, caller.organisation))[3:]]
    assert sorted(acts) == ["catalogue.variant_changed"] * 9 + ["catalogue.variant_deactivated"]


async def test_what_is_none_is_taken_away(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    new = NewVariant(
        "MUG",
        "Mug",
        gtin="96385074",
        retail_price=Decimal(2),
        vat_rate=Decimal(9),
        supplier_sku="x",
    )
    variant = await variant_of(pool, caller, new)
    after = await changed(
        pool,
        caller,
        variant,
        VariantChanges(gtin=None, retail_price=None, vat_rate=None, supplier_sku=None),
    )
    assert (after.gtin, after.retail_price, after.vat_rate) == (None, None, None)
    assert after.supplier_sku is None


async def test_vat_is_taken_out_of_the_prices_that_are_given(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    new = NewVariant("MUG", "Mug", wholesale_price=Decimal(5), vat_rate=Decimal(21))
    variant = await variant_of(pool, caller, new)
    gross = VariantChanges(retail_price=Decimal("12.10"), prices_include_vat=True)
    after = await changed(pool, caller, variant, gross)
    assert (after.retail_price, after.wholesale_price) == ("10", "5")
    assert not after.prices_include_vat
    other = VariantChanges(
        retail_price=Decimal("10.90"), vat_rate=Decimal(9), prices_include_vat=True
    )
    after = await changed(pool, caller, variant, other)
    assert (after.retail_price, after.wholesale_price, after.vat_rate) == ("10", "5", "9")
    without = VariantChanges(retail_price=Decimal(1), vat_rate=None, prices_include_vat=True)
    refusal = await refused(pool, caller, variant, without)
    assert refusal.code == "catalogue.vat_rate_needed"


async def test_what_goes_together_is_checked_together(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    loose = NewVariant("CARROTS", "Carrots", order_quantity_multiple=Decimal("0.5"))
    variant = await variant_of(pool, caller, loose)
    refusal = await refused(pool, caller, variant, VariantChanges(whole_units=True))
    assert [(each.code, each.field) for each in refusal.faults] == [
        ("catalogue.quantity_not_valid", "order_quantity_multiple")
    ]
    both = VariantChanges(whole_units=True, order_quantity_multiple=Decimal(2))
    assert (await changed(pool, caller, variant, both)).order_quantity_multiple == "2"


async def test_whether_stock_is_counted_is_fixed(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    variant = await variant_of(pool, caller, NewVariant("GIFT", "Gift card", unlimited=True))
    refusal = await refused(pool, caller, variant, VariantChanges(unlimited=False))
    assert [(each.code, each.field) for each in refusal.faults] == [
        ("catalogue.unlimited_is_fixed", "unlimited")
    ]
    await changed(pool, caller, variant, VariantChanges(unlimited=True))


async def test_what_changes_nothing_is_no_event(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    variant = await variant_of(pool, caller, NewVariant("MUG", "Mug", retail_price=Decimal("2.5")))
    for same in (
        VariantChanges(),
        VariantChanges(name="Mug", retail_price=Decimal("2.5000"), state="active"),
    ):
        await changed(pool, caller, variant, same)
    assert len(await acts_of(pool, caller.organisation)) == 2


async def test_a_change_and_another_state_are_two_events(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    variant = await variant_of(pool, caller, NewVariant("MUG", "Mug"))
    both = VariantChanges(name="Old mug", state="deleted")
    await changed(pool, caller, variant, both)
    acts = (await acts_of(pool, caller.organisation))[2:]
    assert [(act, answer["name"], answer["state"]) for act, _, answer in acts] == [
        ("catalogue.variant_deleted", "Old mug", "deleted"),
        ("catalogue.variant_changed", "Old mug", "deleted"),
    ]


async def test_a_sku_and_a_gtin_stay_ones_own(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    gtin = "96385074"
    first = await variant_of(pool, caller, NewVariant("MUG", "Mug", gtin=gtin))
    second = await variant_of(pool, caller, NewVariant("CUP", "Cup"))
    refusal = await refused(pool, caller, second, VariantChanges(sku="MUG"))
    assert [(each.code, each.field) for each in refusal.faults] == [("catalogue.sku_taken", "sku")]
    taken = VariantChanges(gtin=gtin.rjust(13, "0"))
    refusal = await refused(pool, caller, second, taken)
    assert [(each.code, each.field) for each in refusal.faults] == [
        ("catalogue.gtin_taken", "gtin")
    ]
    # A deleted variant gives its GTIN back, and is not found by it any more.
    await changed(pool, caller, first, VariantChanges(state="deleted"))
    await changed(pool, caller, second, VariantChanges(gtin=gtin))
    found = await list_variants(pool, caller, wanted=VariantFilter(gtin="00000" + gtin))
    assert isinstance(found, list)
    assert [each.sku for each in found] == ["CUP"]


async def test_two_who_want_the_same_sku_at_once(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    variants = [await variant_of(pool, caller, NewVariant(f"S{n}", "Mug")) for n in range(4)]
    answers = await asyncio.gather(
        *[
            change_variant(pool, new_id, caller, variant, VariantChanges(sku="MUG"))
            for variant in variants
        ]
    )
    assert len([each for each in answers if isinstance(each, Written)]) == 1
    codes = {each.code for each in answers if isinstance(each, Refusal)}
    assert codes == {"catalogue.sku_taken"}


async def test_variants_are_found_by_supplier_and_state(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    suppliers = []
    for name in ("Aardewerk", "Keramiek"):
        supplier = await create_supplier(pool, new_id, caller, NewSupplier(name))
        assert isinstance(supplier, Written)
        suppliers.append(supplier.answer.inner_id)
    states = ("active", "deactivated", "deleted")
    for number in range(12):
        supplier_id = suppliers[number % 2]
        new = NewVariant(f"S{number:02d}", "Mug", supplier=supplier_id)
        variant = await variant_of(pool, caller, new)
        await changed(pool, caller, variant, VariantChanges(state=states[number % 3]))

    async def skus(wanted: VariantFilter, after: str = "", limit: int = 100) -> list[str]:
        found = await list_variants(pool, caller, after, limit, wanted)
        assert isinstance(found, list)
        return [each.sku for each in found]

    first = suppliers[0]
    assert await skus(VariantFilter(), "S03", 3) == ["S04", "S06", "S07"]
    assert await skus(VariantFilter(supplier=first)) == ["S00", "S04", "S06", "S10"]
    assert await skus(VariantFilter(supplier=first), "S00", 2) == ["S04", "S06"]
    assert await skus(VariantFilter(supplier=first, state="deleted")) == ["S02", "S08"]
    assert await skus(VariantFilter(state="deactivated")) == ["S01", "S04", "S07", "S10"]
    assert await skus(VariantFilter(sku="S02")) == []
    assert await skus(VariantFilter(sku="S02", state="deleted", supplier=first)) == ["S02"]
    assert await skus(VariantFilter(sku="S02", state="deleted", supplier=suppliers[1])) == []
    assert await skus(VariantFilter(supplier=new_id())) == []


async def test_a_deleted_supplier_can_be_kept_but_not_given(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    supplier = await create_supplier(pool, new_id, caller, NewSupplier("Aardewerk"))
    assert isinstance(supplier, Written)
    inner = supplier.answer.inner_id
    variant = await variant_of(pool, caller, NewVariant("MUG", "Mug", supplier=inner))
    other = await variant_of(pool, caller, NewVariant("CUP", "Cup"))
    await change_supplier(pool, new_id, caller, inner, SupplierChanges(state="deleted"))
    kept = await changed(pool, caller, variant, VariantChanges(name="Beaker", supplier=inner))
    assert kept.supplier == supplier.answer.id
    refusal = await refused(pool, caller, other, VariantChanges(supplier=inner))
    assert refusal.code == "catalogue.supplier_deleted"
    for unknown in (new_id(), ""):
        refusal = await refused(pool, caller, other, VariantChanges(supplier=unknown))
        assert [(each.code, each.field) for each in refusal.faults] == [
            ("catalogue.unknown_supplier", "supplier")
        ]


async def test_a_deactivated_variant_takes_no_orders(
    pool: Pool, network: Network, counter: Counter
) -> None:
    organisation = await network.organisation()
    variant = await network.variant(organisation)
    await counter.receive(organisation, variant, 10)
    placed = order_of((variant, 2), paid=True)
    await counter.place(organisation, placed)
    caller = caller_for(organisation)
    assert (await changed(pool, caller, variant, DEACTIVATED)).state == "deactivated"
    answer = await counter.act(organisation, order_of((variant, 1)))
    assert code_of(answer) == "orders.variant_not_orderable"
    assert await counter.order(placed.order) == ("complete", "unfulfilled", "paid")
    await changed(pool, caller, variant, VariantChanges(state="active"))
    await counter.place(organisation, order_of((variant, 1)))


async def test_put_into_its_state_again_nothing_happens(pool: Pool, network: Network) -> None:
    organisation = await network.organisation()
    variant = await network.variant(organisation)
    caller = caller_for(organisation)
    answers = await asyncio.gather(
        *[change_variant(pool, new_id, caller, variant, DEACTIVATED) for _ in range(4)]
    )
    assert all(answer == answers[0] for answer in answers)
    ((act, subject, answer),) = await acts_of(pool, organisation)
    assert (act, subject) == ("catalogue.variant_deactivated", ids.VARIANT + variant)
    assert answer["state"] == "deactivated"


async def test_deleted_is_for_ever(pool: Pool, network: Network) -> None:
    organisation = await network.organisation()
    variant = await network.variant(organisation)
    caller = caller_for(organisation)
    gone = VariantChanges(state="deleted")
    deleted = await changed(pool, caller, variant, gone)
    assert await changed(pool, caller, variant, gone) == deleted
    for changes in (VariantChanges(state="active"), VariantChanges(name="Mug")):
        refusal = await refused(pool, caller, variant, changes)
        assert refusal.code == "catalogue.variant_deleted"
    assert await list_variants(pool, caller) == []
    assert await find_variants(pool, caller, [deleted.sku]) == []


async def test_sent_twice_it_is_changed_once(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    variant = await variant_of(pool, caller, NewVariant("MUG", "Mug"))
    changes, sent = VariantChanges(name="Beaker"), Sent("key", b"content")
    first = await change_variant(pool, new_id, caller, variant, changes, sent)
    await changed(pool, caller, variant, VariantChanges(name="Cup"))
    again = await change_variant(pool, new_id, caller, variant, changes, sent)
    assert isinstance(first, Written)
    assert again == Written(first.answer, replayed=True)
    found = await find_variant(pool, caller, variant)
    assert isinstance(found, Variant)
    assert found.name == "Cup"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (VariantChanges(state="sold"), "catalogue.state_not_valid"),
        (VariantChanges(units_per_case=0), "catalogue.units_per_case_not_valid"),
        (VariantChanges(retail_price=Decimal("sNaN")), "catalogue.price_not_valid"),
        (VariantChanges(order_quantity_min=Decimal("NaN")), "catalogue.quantity_not_valid"),
        (VariantChanges(vat_rate=Decimal("Infinity")), "catalogue.vat_rate_not_valid"),
        (VariantChanges(gtin="12345678"), "catalogue.gtin_not_valid"),
    ],
)
async def test_a_bad_value_is_refused(
    pool: Pool, network: Network, changes: VariantChanges, code: str
) -> None:
    caller = caller_for(await network.organisation())
    variant = await variant_of(pool, caller, NewVariant("MUG", "Mug"))
    assert (await refused(pool, caller, variant, changes)).code == code


async def test_a_foreign_variant_is_answered_as_an_absent_one(pool: Pool, network: Network) -> None:
    variant = await network.variant(await network.organisation())
    caller = caller_for(await network.organisation())
    for one in (variant, new_id(), ""):
        refusal = await refused(pool, caller, one, DEACTIVATED)
        assert refusal.code == "catalogue.unknown_variant"
        assert refusal.faults[0].message == "You have no such variant. Check its id."


async def test_the_scope_is_needed(pool: Pool, network: Network) -> None:
    reader = caller_for(await network.organisation(), Scope.CATALOGUE_READ)
    refusal = await refused(pool, reader, new_id(), DEACTIVATED)
    assert refusal.code == "identity.scope_missing"
