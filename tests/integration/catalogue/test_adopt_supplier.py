"""A wholesaler becomes a supplier: one that is there, or a new one, never two."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from entrepot.catalogue import (
    NewSupplier,
    Supplier,
    SupplierChanges,
    adopt_supplier,
    change_supplier,
    create_supplier,
    list_suppliers,
)
from entrepot.infra.ground import read_clock
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Happening, writing
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import caller_for
from tests.factories.network import Network
from tests.factories.partnerships import done

NAMED = ("De Groothandel", "groothandel")


async def adopt(
    pool: Pool,
    caller: Caller,
    named: tuple[str, str] = NAMED,
    partnership: Id | None = None,
    former: Sequence[Id] = (),
) -> Happening:
    async with writing(pool) as connection:
        now = await read_clock(connection)
        return await adopt_supplier(
            connection, now, new_id, caller.organisation, named, partnership or new_id(), former
        )


async def names_of(pool: Pool, caller: Caller) -> list[str]:
    found = await list_suppliers(pool, caller, Page())
    assert not isinstance(found, Refusal)
    return [each.name for each in found]


async def test_one_is_made_that_points_at_the_partnership(pool: Pool, network: Network) -> None:
    caller, partnership = caller_for(await network.organisation()), new_id()
    happening = await adopt(pool, caller, NAMED, partnership)
    assert happening.act == "catalogue.supplier_created"
    found = await list_suppliers(pool, caller, Page())
    assert found == [happening.answer]
    assert isinstance(happening.answer, Supplier)
    assert happening.answer.partnership == ids.PARTNERSHIP + partnership


async def test_the_one_of_its_name_is_taken_also_when_it_was_deactivated(
    pool: Pool, network: Network
) -> None:
    caller = caller_for(await network.organisation())
    known = done(await create_supplier(pool, new_id, caller, NewSupplier("de groothandel")))
    asleep = SupplierChanges(state="deactivated")
    await change_supplier(pool, new_id, caller, known.inner_id, asleep)
    happening = await adopt(pool, caller)
    assert (happening.act, happening.subject) == ("catalogue.supplier_changed", known.id)
    assert isinstance(happening.answer, Supplier)
    assert (happening.answer.state, happening.answer.name) == ("active", "de groothandel")


async def test_a_deleted_one_is_left_alone(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    known = done(await create_supplier(pool, new_id, caller, NewSupplier(NAMED[0])))
    await change_supplier(pool, new_id, caller, known.inner_id, SupplierChanges(state="deleted"))
    assert (await adopt(pool, caller)).act == "catalogue.supplier_created"


async def test_another_partner_of_the_same_name_is_told_apart(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    last = new_id()
    for slug, partnership in (("one", new_id()), ("two", new_id()), ("two", last)):
        await adopt(pool, caller, (NAMED[0], slug), partnership)
    assert await names_of(pool, caller) == [
        "De Groothandel",
        f"De Groothandel (pts_{last})",
        "De Groothandel (two)",
    ]


async def test_a_long_name_keeps_what_tells_it_apart(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    for slug in ("one", "two"):
        await adopt(pool, caller, ("x" * 200, slug))
    assert await names_of(pool, caller) == ["x" * 194 + " (two)", "x" * 200]


async def test_the_supplier_of_a_former_partnership_goes_on(pool: Pool, network: Network) -> None:
    caller, old, new = caller_for(await network.organisation()), new_id(), new_id()
    made = await adopt(pool, caller, NAMED, old)
    assert isinstance(made.answer, Supplier)
    renamed = SupplierChanges(name="Our friends")
    await change_supplier(pool, new_id, caller, made.answer.inner_id, renamed)
    happening = await adopt(pool, caller, NAMED, new, [old])
    assert isinstance(happening.answer, Supplier)
    assert (happening.subject, happening.answer.name, happening.answer.partnership) == (
        made.subject,
        "Our friends",
        ids.PARTNERSHIP + new,
    )


async def test_two_at_once_get_a_supplier_each(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    made = await asyncio.gather(
        *[adopt(pool, caller, (NAMED[0], f"slug-{number}")) for number in range(4)]
    )
    assert len({each.subject for each in made}) == 4
    assert len(set(await names_of(pool, caller))) == 4
