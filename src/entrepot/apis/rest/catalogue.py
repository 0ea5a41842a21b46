"""Organisations and variants: who there is, and what there is to sell."""

from typing import Annotated, Any, Final, Literal

import msgspec

from entrepot import catalogue, partnerships
from entrepot.apis.rest import errors
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
    show_found,
    show_page,
)
from entrepot.apis.rest.wire import HexId
from entrepot.identity import UNKNOWN_ORGANISATION
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Fault, Refusal, RefusedError
from entrepot.partnerships import KnownOrganisation, OpenedVariant

Sku = Annotated[str, msgspec.Meta(max_length=200)]


class VariantsQuery(PageQuery, kw_only=True):
    """Which variants to show: all that is given must fit."""

    sku: Annotated[str, msgspec.Meta(max_length=200, description="Only this sku.")] | None = None
    gtin: (
        Annotated[
            str,
            msgspec.Meta(
                max_length=200,
                description="Only this GTIN, with or without zeros before it. Deleted variants"
                " gave theirs back.",
            ),
        ]
        | None
    ) = None
    supplier: (
        Annotated[str, msgspec.Meta(max_length=200, description="Only this supplier's, by its id.")]
        | None
    ) = None
    state: (
        Annotated[
            Literal["active", "deactivated", "deleted"],
            msgspec.Meta(description="Only these; without it, all but deleted ones."),
        ]
        | None
    ) = None
    seller: (
        Annotated[
            str,
            msgspec.Meta(
                max_length=200,
                description="Another organisation (id or slug): what it opens to you.",
            ),
        ]
        | None
    ) = None


async def list_organisations(call: Call[PageQuery, None]) -> Reply:
    """Show the caller's organisation and those it trades with."""
    page = page_of(call.query, tuple[HexId])
    rows = granted(
        await partnerships.list_known_organisations(call.services.database, call.caller, page)
    )
    return show_page(rows, page, lambda row: (row.id.removeprefix(ids.ORGANISATION),))


async def find_organisation(call: Call[NoQuery, None]) -> Reply:
    """Show one organisation."""
    text = call.path["organisation"]
    organisation = ids.from_wire(ids.ORGANISATION, text)
    found = None
    if organisation is not None:
        found = granted(
            await partnerships.find_known_organisation(
                call.services.database, call.caller, organisation
            )
        )
    return show_found(
        found,
        UNKNOWN_ORGANISATION,
        "There is no such organisation for you. Check its id and your trading rights.",
        organisation=text,
    )


async def list_variants(call: Call[VariantsQuery, None]) -> Reply:
    """Show the caller's variants, or those that a seller opens to it."""
    database, caller, query = call.services.database, call.caller, call.query
    page = page_of(query, tuple[Sku])
    if query.seller is not None:
        _refuse_own_filters(query)
        opened = granted(
            await partnerships.list_opened_variants(database, caller, page, query.seller, query.sku)
        )
        return show_page(opened, page, lambda row: (row.sku,))
    supplier = None
    if query.supplier is not None:
        supplier = ids.from_wire(ids.SUPPLIER, query.supplier)
        if supplier is None:  # What is no id is no supplier's.
            return show_page([], page, lambda _: ())
    after = "" if page.after is None else str(page.after[0])
    wanted = catalogue.VariantFilter(query.sku, query.gtin, supplier, query.state)
    own = granted(await catalogue.list_variants(database, caller, after, page.rows_wanted, wanted))
    return show_page(own, page, lambda row: (row.sku,))


def _refuse_own_filters(query: VariantsQuery) -> None:
    """Refuse filters by what a seller does not show."""
    faults = [
        Fault(errors.FIELD_NOT_VALID, f"{name} is for your own variants, without seller.", name)
        for name in ("gtin", "supplier", "state")
        if getattr(query, name) is not None
    ]
    if faults:
        raise RefusedError(Refusal(tuple(faults)))


async def find_variant(call: Call[NoQuery, None]) -> Reply:
    """Show one of the caller's variants, or one that a right opens to it."""
    text = call.path["variant"]
    variant = ids.from_wire(ids.VARIANT, text)
    found: Any = None
    if variant is not None:
        database = call.services.database
        found = granted(await catalogue.find_variant(database, call.caller, variant))
        if found is None:
            found = granted(await partnerships.find_opened_variant(database, call.caller, variant))
    return show_found(
        found,
        catalogue.UNKNOWN_VARIANT,
        "There is no such variant for you. Check its id and your trading rights.",
        variant=text,
    )


ROUTES: Final = (
    Route(
        method="GET",
        path=f"{API}/organisations",
        topic="Organisations",
        summary="List your organisation and those you trade with",
        handler=list_organisations,
        query=PageQuery,
        answer=page_type("Organisation", KnownOrganisation),
        scope=Scope.CATALOGUE_READ,
    ),
    Route(
        method="GET",
        path=f"{API}/organisations/{{organisation}}",
        topic="Organisations",
        summary="Show one organisation",
        handler=find_organisation,
        answer=KnownOrganisation,
        scope=Scope.CATALOGUE_READ,
        refusals=(UNKNOWN_ORGANISATION,),
    ),
    Route(
        method="GET",
        path=f"{API}/variants",
        topic="Catalogue",
        summary="List your variants, or those that a seller opens to you",
        detail="Without `seller` your own, with prices; with it, what a trading right opens.",
        handler=list_variants,
        query=VariantsQuery,
        answer=(
            page_type("Variant", catalogue.Variant),
            page_type("OpenedVariant", OpenedVariant),
        ),
        scope=Scope.CATALOGUE_READ,
    ),
    Route(
        method="GET",
        path=f"{API}/variants/{{variant}}",
        topic="Catalogue",
        summary="Show one variant",
        handler=find_variant,
        answer=(catalogue.Variant, OpenedVariant),
        scope=Scope.CATALOGUE_READ,
        refusals=(catalogue.UNKNOWN_VARIANT,),
    ),
)
