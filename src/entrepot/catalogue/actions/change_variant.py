"""Change a variant: what it is, what it costs, how it is ordered, or the state it is in."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

import msgspec

from entrepot.catalogue import errors, store
from entrepot.catalogue.model import (
    NewVariant,
    Variant,
    VariantChanges,
    as_variant,
    changed_variant,
    check_changed,
    gtin_taken,
    sku_taken,
    supplier_faults,
    variant_deleted,
)
from entrepot.identity import check_scope
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Fault, Refusal, gather, refuse

ACTS: Final = {
    "active": "catalogue.variant_activated",
    "deactivated": "catalogue.variant_deactivated",
    "deleted": "catalogue.variant_deleted",
}


async def change_variant(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    variant: Id,
    changes: VariantChanges,
    sent: Sent | None = None,
    *,
    offers_wholesale: bool = True,
) -> Written[Variant] | Refusal:
    """Change what is given of a variant of the caller's organisation; the rest stays.

    `offers_wholesale` is what the door found out by `orders.offers_wholesale`.
    A deactivated variant takes no new orders and keeps those it has; deleted is for ever. Orders
    that were placed keep their prices. Refuses `identity.scope_missing`, `request.key_reused`,
    `catalogue.unknown_variant`, `catalogue.variant_deleted`, `catalogue.unlimited_is_fixed`,
    `catalogue.unknown_supplier`, `catalogue.supplier_deleted`, `catalogue.sku_taken`,
    `catalogue.gtin_taken`, `catalogue.wholesale_not_offered`, `catalogue.vat_rate_needed` and the
    `_not_valid` codes of variants.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_WRITE)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, _: datetime) -> Done[Variant] | Refusal:
        found = await store.lock_variant(connection, caller.organisation, variant)
        if found is None:
            return refuse(
                errors.UNKNOWN_VARIANT,
                "You have no such variant. Check its id.",
                field="variant",
                facts={"variant": ids.VARIANT + variant} if variant else {},
            )
        kept = found.kept
        faults = [
            *check_changed(kept, changes, offers_wholesale=offers_wholesale),
            *await _supplier_faults(connection, caller.organisation, kept, changes),
        ]
        refused = gather(faults, errors.PRECEDENCE)
        if refused is not None:
            return refused
        wanted = changed_variant(kept, changes)
        before = found.variant
        after = _shown(before, wanted)
        if after == before:
            return Done(before)
        if before.state == "deleted":
            return Refusal((variant_deleted(before),))
        broken = await store.update_variant(connection, caller.organisation, variant, wanted)
        if broken is not None:
            return Refusal((_taken(broken, wanted),))
        return Done(after, tuple(_happenings(before, after)))

    return await act_once(pool, new_id, caller, sent, Variant, work)


async def _supplier_faults(
    connection: Connection, organisation: Id, kept: NewVariant, changes: VariantChanges
) -> list[Fault]:
    """Name a supplier that is none. The one that a variant has may have been deleted."""
    supplier = changes.supplier
    if supplier is None or supplier is msgspec.UNSET or supplier == kept.supplier:
        return []
    states = await store.read_supplier_states(connection, organisation, [supplier])
    return list(supplier_faults({"supplier": supplier}, states))


def _shown(before: Variant, wanted: NewVariant) -> Variant:
    product = before.product.removeprefix(ids.PRODUCT)
    return as_variant(before.inner_id, product, before.legacy_id, before.created_at, wanted)


def _taken(constraint: str, wanted: NewVariant) -> Fault:
    """Say what another variant has already."""
    if constraint == "variants_sku_unique":
        return sku_taken(wanted.sku, "sku")
    assert constraint == "variants_gtin_unique", "a variant has nothing else to itself"
    assert wanted.gtin is not None, "a GTIN that is taken was given"
    return gtin_taken(wanted.gtin, "gtin")


def _happenings(before: Variant, after: Variant) -> Iterator[Happening]:
    """What happened: another state and anything else are told apart."""
    if after.state != before.state:
        yield Happening(ACTS[after.state], after.id, after)
    if msgspec.structs.replace(before, state=after.state) != after:
        yield Happening("catalogue.variant_changed", after.id, after)
