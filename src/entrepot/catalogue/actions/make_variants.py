"""Makes variants inside the transaction of an action: all of them, or every fault is named."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from entrepot.catalogue import errors, store
from entrepot.catalogue.model import (
    NewVariant,
    Variant,
    as_variant,
    gtin_key,
    gtin_taken,
    legacy_id_taken,
    sku_taken,
    supplier_faults,
)
from entrepot.catalogue.store import VariantToMake
from entrepot.infra.pool import Connection
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Fault, RefusedError, gather


async def make_variants(
    connection: Connection,
    organisation: Id,
    now: datetime,
    variants: Mapping[str, VariantToMake],
    known: Sequence[Fault] = (),
) -> dict[Id, Variant]:
    """Make checked variants, given by their paths in the request; returns them by their ids.

    A fixed number of statements whatever their number. `known` are faults that the action found
    already. Refuses, as `RefusedError`, with those and with `catalogue.unknown_supplier`,
    `catalogue.supplier_deleted`, `catalogue.legacy_id_taken`, `catalogue.sku_taken` and
    `catalogue.gtin_taken`.
    """
    faults = [*known, *await _supplier_faults(connection, organisation, variants)]
    faults += await give_out_legacy_ids(
        connection,
        "variant",
        {f"{path}.legacy_id": each.new.legacy_id for path, each in variants.items()},
    )
    numbers: dict[Id, int] = {}
    if not faults:
        numbers = await store.insert_variants(
            connection, organisation, now, list(variants.values())
        )
    missing = {path: each.new for path, each in variants.items() if each.id not in numbers}
    if missing:
        taken = await _taken_faults(connection, organisation, missing)
        # A rival that was in the way can have gone again since.
        faults += taken or ([] if faults else [_in_the_way(missing)])
    refusal = gather(faults, errors.PRECEDENCE)
    if refusal is not None:
        raise RefusedError(refusal)
    return {
        each.id: as_variant(each.id, each.product, numbers[each.id], now, each.new)
        for each in variants.values()
    }


async def give_out_legacy_ids(
    connection: Connection, kind: str, chosen: Mapping[str, int | None]
) -> list[Fault]:
    """Give out the numbers that were chosen for a product or variant, by their paths.

    Returns a fault for each that is taken.
    """
    numbers = {path: number for path, number in chosen.items() if number is not None}
    given = await store.insert_legacy_ids(connection, [(kind, each) for each in numbers.values()])
    return [
        legacy_id_taken(number, path)
        for path, number in numbers.items()
        if (kind, number) not in given
    ]


async def _supplier_faults(
    connection: Connection, organisation: Id, variants: Mapping[str, VariantToMake]
) -> list[Fault]:
    """Name suppliers that are none. One deleted just now might as well be deleted just after."""
    named = {
        f"{path}.supplier": each.new.supplier
        for path, each in variants.items()
        if each.new.supplier is not None
    }
    states = await store.read_supplier_states(connection, organisation, named.values())
    return list(supplier_faults(named, states))


async def _taken_faults(
    connection: Connection, organisation: Id, variants: Mapping[str, NewVariant]
) -> list[Fault]:
    taken = await store.read_taken(connection, organisation, list(variants.values()))
    faults = []
    for path, new in variants.items():
        if new.sku in taken.skus:
            faults.append(sku_taken(new.sku, f"{path}.sku"))
        if new.gtin is not None and gtin_key(new.gtin) in taken.gtins:
            faults.append(gtin_taken(new.gtin, f"{path}.gtin"))
    return faults


def _in_the_way(variants: Mapping[str, NewVariant]) -> Fault:
    path, new = next(iter(variants.items()))
    return sku_taken(new.sku, f"{path}.sku")
