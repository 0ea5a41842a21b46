"""Adopt a supplier: let a wholesaler be one, when a partnership with it begins."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from entrepot.catalogue import store
from entrepot.catalogue.model import (
    NewSupplier,
    Supplier,
    choose_supplier,
    make_supplier,
    name_key,
    partner_names,
)
from entrepot.infra.pool import Connection
from entrepot.infra.writing import Happening
from entrepot.kernel import ids
from entrepot.kernel.ids import Id

ATTEMPTS_MAX: Final = 10
"""How often another name is looked for, when somebody else takes the one that was free."""


async def adopt_supplier(
    connection: Connection,
    now: datetime,
    new_id: Callable[[], Id],
    organisation: Id,
    named: tuple[str, str],
    partnership: Id,
    former: Sequence[Id],
) -> Happening:
    """Let a supplier of an organisation point at a new partnership, in its transaction.

    `named` is the wholesaler's name and slug. The supplier of a `former` partnership with it goes
    on, or else the one of its name, unless that is another partner's; otherwise one is made, told
    apart by the slug where the name is taken. One that was deactivated is active again. Returns
    what happened, for the caller to record; its answer is the supplier.
    """
    names = partner_names(*named, partnership)
    keys = [name_key(name) for name in names]
    for _ in range(ATTEMPTS_MAX):
        found = await store.lock_likely_suppliers(connection, organisation, keys, former)
        chosen = choose_supplier(found, names, former)
        if isinstance(chosen, Supplier):
            changed = _pointing(chosen, partnership)
            is_free = await store.update_supplier(connection, organisation, changed)
            assert is_free, "a supplier's own name is free for it"
            return Happening("catalogue.supplier_changed", changed.id, changed)
        made = _pointing(make_supplier(new_id(), NewSupplier(chosen), now), partnership)
        if await store.insert_supplier(connection, organisation, made):
            return Happening("catalogue.supplier_created", made.id, made)
    raise AssertionError("the last of the names is nobody else's")


def _pointing(supplier: Supplier, partnership: Id) -> Supplier:
    return msgspec.structs.replace(
        supplier, state="active", partnership=ids.PARTNERSHIP + partnership
    )
