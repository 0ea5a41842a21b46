"""Making a supplier: its name is its organisation's own, capitals aside."""

from __future__ import annotations

import asyncio

import pytest

from entrepot.catalogue import (
    NewSupplier,
    SupplierChanges,
    change_supplier,
    create_supplier,
    find_supplier,
    find_suppliers_by_name,
    list_suppliers,
)
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network


async def names_of(pool: Pool, caller: Caller, page: Page, state: str | None = None) -> list[str]:
    found = await list_suppliers(pool, caller, page, state)
    assert isinstance(found, list)
    return [each.name for each in found]


async def test_a_supplier_is_made_and_found(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    new = NewSupplier("Aardewerk B.V.", "orders@aardewerk.example", True, 1)  # noqa: FBT003 - as its fields are named
    made = await create_supplier(pool, new_id, caller, new)
    assert isinstance(made, Written)
    supplier = made.answer
    assert (supplier.backorders_allowed, supplier.backorder_threshold) == (True, 1)
    assert supplier.state == "active"
    assert await find_supplier(pool, caller, supplier.inner_id) == supplier
    found = await find_suppliers_by_name(pool, caller, ["AARDEWERK b.v.", "none"])
    assert found == {"AARDEWERK b.v.": supplier}
    ((act, subject, answer),) = await acts_of(pool, caller.organisation)
    assert (act, subject) == ("catalogue.supplier_created", supplier.id)
    assert answer["email"] == "orders@aardewerk.example"


async def test_a_name_is_given_once_by_each_organisation(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    other = caller_for(await network.organisation())
    # One letter with its accent, and the letter and the accent apart.
    names = ["Café", "CAFÉ", "cafe\u0301"]
    answers = await asyncio.gather(
        *[create_supplier(pool, new_id, caller, NewSupplier(name)) for name in names],
        create_supplier(pool, new_id, other, NewSupplier("Café")),
    )
    refused = [answer for answer in answers if isinstance(answer, Refusal)]
    assert [refusal.code for refusal in refused] == ["catalogue.name_taken"] * 2
    assert isinstance(answers[-1], Written)


async def test_suppliers_are_listed_by_name_page_by_page(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    for name in ("cedar", "Birch", "alder", "Elm", "Dogwood"):
        made = await create_supplier(pool, new_id, caller, NewSupplier(name))
        assert isinstance(made, Written)
        if name == "Elm":
            changes = SupplierChanges(state="deactivated")
            await change_supplier(pool, new_id, caller, made.answer.inner_id, changes)
        if name == "Dogwood":
            changes = SupplierChanges(state="deleted")
            await change_supplier(pool, new_id, caller, made.answer.inner_id, changes)
    first = await list_suppliers(pool, caller, Page(2))
    assert isinstance(first, list)
    assert [each.name for each in first] == ["alder", "Birch", "cedar"]
    after = (first[1].name_key, first[1].inner_id)
    assert await names_of(pool, caller, Page(2, after)) == ["cedar", "Elm"]
    assert await names_of(pool, caller, Page(9), "deactivated") == ["Elm"]
    assert await names_of(pool, caller, Page(9), "deleted") == ["Dogwood"]
    assert await names_of(pool, caller_for(await network.organisation()), Page(9)) == []


@pytest.mark.parametrize(
    "email", ["", "x", "x@y", "@y.nl", "x@y..nl", "x y@z.nl", "x@y.nl\n", "a@b@c.nl", "x@y." * 80]
)
async def test_an_address_that_is_none_is_refused(pool: Pool, network: Network, email: str) -> None:
    caller = caller_for(await network.organisation())
    refusal = await create_supplier(pool, new_id, caller, NewSupplier("Aardewerk", email))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "catalogue.email_not_valid"


async def test_every_fault_is_named_at_once(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    new = NewSupplier("", "x", backorder_threshold=2)
    refusal = await create_supplier(pool, new_id, caller, new)
    assert isinstance(refusal, Refusal)
    assert [(fault.code, fault.field) for fault in refusal.faults] == [
        ("catalogue.name_not_valid", "name"),
        ("catalogue.email_not_valid", "email"),
        ("catalogue.backorder_threshold_not_valid", "backorder_threshold"),
    ]
    assert await acts_of(pool, caller.organisation) == []


async def test_sent_twice_it_is_made_once(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    new, sent = NewSupplier("Aardewerk"), Sent("key", b"content")
    first = await create_supplier(pool, new_id, caller, new, sent)
    again = await create_supplier(pool, new_id, caller, new, sent)
    assert isinstance(first, Written)
    assert again == Written(first.answer, replayed=True)


async def test_the_scopes_are_needed(pool: Pool, network: Network) -> None:
    organisation = await network.organisation()
    reader = caller_for(organisation, Scope.CATALOGUE_READ)
    writer = caller_for(organisation, Scope.CATALOGUE_WRITE)
    for answer in (
        await create_supplier(pool, new_id, reader, NewSupplier("Aardewerk")),
        await list_suppliers(pool, writer, Page()),
        await find_supplier(pool, writer, new_id()),
        await find_suppliers_by_name(pool, writer, ["Aardewerk"]),
    ):
        assert isinstance(answer, Refusal)
        assert answer.code == "identity.scope_missing"
