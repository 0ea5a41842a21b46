"""Changing a supplier, and taking leave of it."""

from __future__ import annotations

import asyncio

from entrepot.catalogue import (
    NewProduct,
    NewSupplier,
    NewVariant,
    SupplierChanges,
    change_supplier,
    create_products,
    create_supplier,
    find_supplier,
    find_variants,
)
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network


async def supplier_of(pool: Pool, caller: Caller, name: str = "Aardewerk") -> str:
    new = NewSupplier(name, "orders@aardewerk.example")
    made = await create_supplier(pool, new_id, caller, new)
    assert isinstance(made, Written)
    return made.answer.inner_id


async def test_concurrent_changes_do_not_lose_each_others_fields(
    pool: Pool, network: Network
) -> None:
    caller = caller_for(await network.organisation())
    supplier = await supplier_of(pool, caller)
    changes = [
        SupplierChanges(name="Keramiek"),
        SupplierChanges(email=None),
        SupplierChanges(backorders_allowed=True),
        SupplierChanges(backorder_threshold=1),
        SupplierChanges(state="deactivated"),
    ]
    await asyncio.gather(
        *[change_supplier(pool, new_id, caller, supplier, each) for each in changes]
    )
    found = await find_supplier(pool, caller, supplier)
    assert found is not None
    assert not isinstance(found, Refusal)
    assert (found.name, found.email, found.state) == ("Keramiek", None, "deactivated")
    assert (found.backorders_allowed, found.backorder_threshold) == (True, 1)
    acts = await acts_of(pool, caller.organisation)
    assert [act for act, _, _ in acts[1:]] == ["catalogue.supplier_changed"] * 5


async def test_what_changes_nothing_is_no_event(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    supplier = await supplier_of(pool, caller)
    for same in (SupplierChanges(), SupplierChanges(name="Aardewerk", state="active")):
        assert isinstance(await change_supplier(pool, new_id, caller, supplier, same), Written)
    assert len(await acts_of(pool, caller.organisation)) == 1


async def test_a_deleted_supplier_is_read_and_never_changed(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    supplier = await supplier_of(pool, caller)
    mug = NewVariant("MUG", "Mug", supplier=supplier)
    await create_products(pool, new_id, caller, [NewProduct("Mug", (mug,))])
    gone = SupplierChanges(state="deleted")
    assert isinstance(await change_supplier(pool, new_id, caller, supplier, gone), Written)
    assert isinstance(await change_supplier(pool, new_id, caller, supplier, gone), Written)
    for changes in (SupplierChanges(state="active"), SupplierChanges(name="Keramiek")):
        refusal = await change_supplier(pool, new_id, caller, supplier, changes)
        assert isinstance(refusal, Refusal)
        assert refusal.code == "catalogue.supplier_deleted"
    found = await find_supplier(pool, caller, supplier)
    variants = await find_variants(pool, caller, ["MUG"])
    assert found is not None
    assert not isinstance(found, Refusal)
    assert not isinstance(variants, Refusal)
    assert (found.state, variants[0].supplier) == ("deleted", found.id)
    # Its name may be given again.
    await supplier_of(pool, caller)


async def test_a_name_stays_ones_own(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    supplier = await supplier_of(pool, caller)
    await supplier_of(pool, caller, "Keramiek")
    taken = SupplierChanges(name="KERAMIEK")
    refusal = await change_supplier(pool, new_id, caller, supplier, taken)
    assert isinstance(refusal, Refusal)
    assert [(each.code, each.field) for each in refusal.faults] == [
        ("catalogue.name_taken", "name")
    ]


async def test_every_fault_is_named_at_once(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    supplier = await supplier_of(pool, caller)
    wrong = SupplierChanges(name=" ", email="x", backorder_threshold=-1, state="sold")
    refusal = await change_supplier(pool, new_id, caller, supplier, wrong)
    assert isinstance(refusal, Refusal)
    assert [each.field for each in refusal.faults] == [
        "name",
        "email",
        "backorder_threshold",
        "state",
    ]


async def test_sent_twice_it_is_changed_once(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    supplier = await supplier_of(pool, caller)
    changes, sent = SupplierChanges(name="Keramiek"), Sent("key", b"content")
    first = await change_supplier(pool, new_id, caller, supplier, changes, sent)
    again = await change_supplier(pool, new_id, caller, supplier, changes, sent)
    assert isinstance(first, Written)
    assert again == Written(first.answer, replayed=True)


async def test_a_foreign_supplier_is_answered_as_an_absent_one(
    pool: Pool, network: Network
) -> None:
    supplier = await supplier_of(pool, caller_for(await network.organisation()))
    caller = caller_for(await network.organisation())
    for one in (supplier, new_id(), ""):
        refusal = await change_supplier(pool, new_id, caller, one, SupplierChanges(name="x"))
        assert isinstance(refusal, Refusal)
        assert refusal.code == "catalogue.unknown_supplier"
        assert refusal.faults[0].message == "You have no such supplier. Check its id."
    assert await find_supplier(pool, caller, supplier) is None


async def test_the_scope_is_needed(pool: Pool, network: Network) -> None:
    reader = caller_for(await network.organisation(), Scope.CATALOGUE_READ)
    refusal = await change_supplier(pool, new_id, reader, new_id(), SupplierChanges())
    assert isinstance(refusal, Refusal)
    assert refusal.code == "identity.scope_missing"
