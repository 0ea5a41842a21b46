"""Price lists: what a retailer pays for a wholesaler's goods, and why."""

from typing import Annotated, Any, Final

import msgspec

from entrepot import catalogue, partnerships
from entrepot.apis.rest.bodies import FixedPriceBody, moment, quiet, resolve, variant_id
from entrepot.apis.rest.matches import Sku
from entrepot.apis.rest.problems import Reply
from entrepot.apis.rest.routes import (
    API,
    Call,
    NoQuery,
    PageQuery,
    Route,
    granted,
    page_of,
    page_type,
    sent_with,
    show_stretch,
    written,
)
from entrepot.infra.errors import KEY_REUSED
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import LOWEST
from entrepot.kernel.refusal import Fault, Refusal, RefusedError
from entrepot.partnerships import AgreedPrice, FixedPricesSet, NewFixedPrice, PriceFilter


class PricesQuery(PageQuery, kw_only=True):
    """Which prices to show: all that is given must fit."""

    variant: (
        Annotated[str, msgspec.Meta(max_length=200, description="Only this variant's.")] | None
    ) = None
    sku: (
        Annotated[str, msgspec.Meta(max_length=200, description="Only the wholesaler's sku.")]
        | None
    ) = None
    gtin: (
        Annotated[
            str,
            msgspec.Meta(
                max_length=200, description="Only this GTIN's, with or without zeros before it."
            ),
        ]
        | None
    ) = None
    name: (
        Annotated[
            str,
            msgspec.Meta(
                min_length=1,
                max_length=200,
                description="Only names that this is somewhere in, whatever its capitals.",
            ),
        ]
        | None
    ) = None


class FixedPricesBody(msgspec.Struct, forbid_unknown_fields=True):
    """Fixed prices to set, all or none of them."""

    prices: list[FixedPriceBody]


async def list_prices(call: Call[PricesQuery, None]) -> Reply:
    """Show what is paid for the wholesaler's variants."""
    query = call.query
    page = page_of(query, tuple[Sku])
    # What is no id is nobody's; nor is the lowest id.
    variant = None if query.variant is None else variant_id(query.variant) or LOWEST
    wanted = PriceFilter(variant, query.sku, query.gtin, query.name)
    found = await partnerships.list_prices(
        call.services.database, call.caller, _partnership(call), page, wanted
    )
    return show_stretch(granted(found))


async def set_fixed_prices(call: Call[NoQuery, FixedPricesBody]) -> Reply:
    """Set fixed prices."""
    services, lines = call.services, call.body.prices
    variants = await resolve(services.database, call.caller, lines, "prices")
    prices = [
        NewFixedPrice(
            variant,
            None if line.unit_price is None else quiet(line.unit_price),
            None
            if line.valid_from is None
            else moment(line.valid_from, f"prices[{number}].valid_from"),
        )
        for number, (variant, line) in enumerate(zip(variants, lines, strict=True))
    ]
    answer = await partnerships.set_fixed_prices(
        services.database,
        services.desk.new_id,
        call.caller,
        _partnership(call),
        prices,
        sent_with(call, "set_fixed_prices"),
    )
    if isinstance(answer, Refusal):
        raise RefusedError(_as_named(answer, lines))
    return written(answer)


def _as_named(refusal: Refusal, lines: list[FixedPriceBody]) -> Refusal:
    """Tell the caller of unknown variants by the sku that it sent, where it sent one."""
    by_sku = {
        f"prices[{number}].variant": (f"prices[{number}].sku", line.sku)
        for number, line in enumerate(lines)
        if line.sku is not None
    }
    faults = []
    for fault in refusal.faults:
        named = by_sku.get(fault.field or "") if fault.code == catalogue.UNKNOWN_VARIANT else None
        if named is None:
            faults.append(fault)
        else:
            faults.append(Fault(fault.code, fault.message, named[0], {"sku": named[1]}))
    return Refusal(tuple(faults))


def _partnership(call: Call[Any, Any]) -> Id:
    """The partnership that the path names; what is no id answers like an absent one."""
    return ids.from_wire(ids.PARTNERSHIP, call.path["partnership"]) or ""


ROUTES: Final = (
    Route(
        method="GET",
        path=f"{API}/partnerships/{{partnership}}/prices",
        topic="Product matches",
        summary="Show the price list of a partnership",
        detail=(
            "The wholesaler's variants by its sku, each with what the retailer pays for a unit now,"
            " ex VAT, and why: a fixed price, or the partnership's percentage of the wholesale"
            " price. Both sides see the same, but that the retailer sees active variants only; this"
            " is also where it looks for what to match, and nothing once the partnership has ended."
            " With `name`, a page may hold fewer rows"
            " than asked, or none, while `next` says that there is more to search."
        ),
        handler=list_prices,
        query=PricesQuery,
        answer=page_type("AgreedPrice", AgreedPrice),
        scope=Scope.PARTNERSHIPS_READ,
        refusals=(partnerships.UNKNOWN_PARTNERSHIP, partnerships.PARTNERSHIP_ENDING),
    ),
    Route(
        method="POST",
        path=f"{API}/partnerships/{{partnership}}/prices",
        topic="Product matches",
        summary="Set fixed prices",
        detail=(
            "The wholesaler sets them, up to 1,000 at once, from now or from later on; `null` lets"
            " the percentage decide again. What passed before keeps its price."
        ),
        handler=set_fixed_prices,
        body=FixedPricesBody,
        is_act=True,
        answer=FixedPricesSet,
        scope=Scope.PARTNERSHIPS_WRITE,
        refusals=(
            partnerships.UNKNOWN_PARTNERSHIP,
            catalogue.UNKNOWN_VARIANT,
            partnerships.WHOLESALER_ONLY,
            partnerships.PRICES_NOT_VALID,
            partnerships.PRICE_NOT_VALID,
            partnerships.PRICE_IN_THE_PAST,
            partnerships.PRICE_GIVEN_TWICE,
            partnerships.PARTNERSHIP_ENDING,
            KEY_REUSED,
        ),
    ),
)
