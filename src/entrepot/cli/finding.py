"""Finds what a command names.

Organisations by slug or id, variants by sku, locations by code, suppliers by name, partnerships by
the partner's slug or their own id.
"""

from __future__ import annotations

from collections.abc import Sequence

from entrepot import app, catalogue, identity, partnerships
from entrepot.catalogue import Location, Supplier, Variant
from entrepot.cli.listing import every_row
from entrepot.cli.opening import accepted, operator_for
from entrepot.identity import Organisation
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Fault, Refusal, RefusedError, refuse
from entrepot.partnerships import Partnership


async def the_organisation(services: app.Services, slug_or_id: str) -> Organisation:
    """The organisation with this slug or id. Refuses `identity.unknown_organisation`."""
    found = await identity.find_organisation(services.pool, slug_or_id)
    if found is None:
        raise RefusedError(
            refuse(
                identity.UNKNOWN_ORGANISATION,
                f"There is no organisation {slug_or_id}. "
                "`entrepot organisation list` shows those there are.",
                facts={"organisation": slug_or_id},
            )
        )
    return found


async def operator_of(services: app.Services, slug_or_id: str) -> Caller:
    """The operator acting for the organisation with this slug or id.

    Refuses `identity.unknown_organisation`.
    """
    return operator_for((await the_organisation(services, slug_or_id)).inner_id)


async def the_variants(
    services: app.Services, caller: Caller, skus: Sequence[str]
) -> dict[str, Variant]:
    """The caller's variants with these skus. Refuses `catalogue.unknown_variant`."""
    found = accepted(await catalogue.find_variants(services.pool, caller, skus))
    by_sku = {variant.sku: variant for variant in found}
    faults = [
        Fault(
            catalogue.UNKNOWN_VARIANT,
            f"There is no variant with the sku {sku}. "
            "`entrepot variant list` shows those there are.",
            None,
            {"sku": sku},
        )
        for sku in dict.fromkeys(skus)
        if sku not in by_sku
    ]
    if faults:
        raise RefusedError(Refusal(tuple(faults)))
    return by_sku


async def the_location(services: app.Services, caller: Caller, code: str) -> Location:
    """The caller's location with this code. Refuses `catalogue.unknown_location`."""
    for location in accepted(await catalogue.list_locations(services.pool, caller)):
        if location.code == code:
            return location
    raise RefusedError(
        refuse(
            catalogue.UNKNOWN_LOCATION,
            f"There is no location {code}. `entrepot location list` shows those there are.",
            facts={"code": code},
        )
    )


async def the_supplier(services: app.Services, caller: Caller, name: str) -> Supplier:
    """The caller's supplier of this name. Refuses `catalogue.unknown_supplier`."""
    found = accepted(await catalogue.find_suppliers_by_name(services.pool, caller, [name]))
    if name not in found:
        raise RefusedError(
            refuse(
                catalogue.UNKNOWN_SUPPLIER,
                f"There is no supplier {name}. `entrepot supplier list` shows those there are.",
                facts={"name": name},
            )
        )
    return found[name]


async def the_partnership(
    services: app.Services, caller: Caller, partner_or_id: str
) -> Partnership:
    """The caller's partnership with this id, or the one with this partner that has not ended.

    Refuses `partnerships.unknown_partnership`, also where there is one in each direction.
    """
    id_ = ids.from_wire(ids.PARTNERSHIP, partner_or_id)
    if id_ is not None:
        one = accepted(await partnerships.find_partnership(services.pool, caller, id_))
        found = [] if one is None else [one]
    else:
        every = await every_row(
            lambda page: partnerships.list_partnerships(services.pool, caller, page),
            lambda row: (row.inner_id,),
        )
        found = [row for row in every if row.partner.slug == partner_or_id and row.state != "ended"]
    if len(found) == 1:
        return found[0]
    message = (
        f"There is no partnership with {partner_or_id}. "
        "`entrepot partnership list` shows those there are."
        if not found
        else f"There is a partnership with {partner_or_id} in each direction. Name one by its id: "
        f"{', '.join(row.id for row in found)}."
    )
    raise RefusedError(
        refuse(partnerships.UNKNOWN_PARTNERSHIP, message, facts={"partnership": partner_or_id})
    )


def product_id(text: str) -> Id:
    """Read a product's wire id; "" when it is none."""
    return ids.from_wire(ids.PRODUCT, text) or ""
