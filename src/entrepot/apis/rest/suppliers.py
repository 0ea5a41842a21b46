"""Suppliers: whom an organisation buys from."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from entrepot import catalogue
from entrepot.apis.rest.bodies import Text
from entrepot.apis.rest.problems import CREATED, Reply
from entrepot.apis.rest.routes import (
    API,
    Call,
    NoQuery,
    PageQuery,
    Route,
    do_once,
    granted,
    page_of,
    page_type,
    show_found,
    show_page,
)
from entrepot.apis.rest.wire import HexId, WireInt
from entrepot.catalogue import NewSupplier, Supplier, SupplierChanges
from entrepot.infra.errors import KEY_REUSED
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope

State = Literal["active", "deactivated", "deleted"]
# A name in lower case may be longer than it was.
NameKey = Annotated[str, msgspec.Meta(max_length=700)]
Email = Annotated[str, msgspec.Meta(max_length=400, description="An e-mail address.")]
Threshold = Annotated[WireInt, msgspec.Meta(description="0 or 1.")]

_NOT_VALID: Final = (
    catalogue.NAME_NOT_VALID,
    catalogue.EMAIL_NOT_VALID,
    catalogue.BACKORDER_THRESHOLD_NOT_VALID,
    catalogue.NAME_TAKEN,
    KEY_REUSED,
)


class SuppliersQuery(PageQuery, kw_only=True):
    """Which suppliers to show."""

    state: (
        Annotated[State, msgspec.Meta(description="Only these; without it, all but deleted ones.")]
        | None
    ) = None


class SupplierBody(msgspec.Struct, forbid_unknown_fields=True):
    """A supplier to make.

    With `backorders_allowed`, purchases may be planned for negative stock.
    """

    name: Text
    email: Email | None = None
    backorders_allowed: bool = False
    backorder_threshold: Threshold = 0


class ChangeSupplierBody(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of a supplier; what is left out stays. `deleted` is for ever."""

    name: Text | UnsetType = UNSET
    email: Email | UnsetType | None = UNSET
    backorders_allowed: bool | UnsetType = UNSET
    backorder_threshold: Threshold | UnsetType = UNSET
    state: Text | UnsetType = UNSET


async def list_suppliers(call: Call[SuppliersQuery, None]) -> Reply:
    """Show the caller's suppliers by name."""
    page = page_of(call.query, tuple[NameKey, HexId])
    rows = granted(
        await catalogue.list_suppliers(call.services.database, call.caller, page, call.query.state)
    )
    return show_page(rows, page, lambda row: (row.name_key, row.inner_id))


async def find_supplier(call: Call[NoQuery, None]) -> Reply:
    """Show one of the caller's suppliers."""
    text = call.path["supplier"]
    supplier = ids.from_wire(ids.SUPPLIER, text)
    found = None
    if supplier is not None:
        found = granted(
            await catalogue.find_supplier(call.services.database, call.caller, supplier)
        )
    return show_found(
        found, catalogue.UNKNOWN_SUPPLIER, "You have no such supplier. Check its id.", supplier=text
    )


async def create_supplier(call: Call[NoQuery, SupplierBody]) -> Reply:
    """Make a supplier."""
    new = NewSupplier(*msgspec.structs.astuple(call.body))
    return await do_once(call, "create_supplier", catalogue.create_supplier, new, status=CREATED)


async def change_supplier(call: Call[NoQuery, ChangeSupplierBody]) -> Reply:
    """Change a supplier."""
    supplier = ids.from_wire(ids.SUPPLIER, call.path["supplier"]) or ""
    changes = SupplierChanges(*msgspec.structs.astuple(call.body))
    return await do_once(call, "change_supplier", catalogue.change_supplier, supplier, changes)


ROUTES: Final = (
    Route(
        method="GET",
        path=f"{API}/suppliers",
        topic="Catalogue",
        summary="List your suppliers",
        detail="By name.",
        handler=list_suppliers,
        query=SuppliersQuery,
        answer=page_type("Supplier", Supplier),
        scope=Scope.CATALOGUE_READ,
    ),
    Route(
        method="POST",
        path=f"{API}/suppliers",
        topic="Catalogue",
        summary="Make a supplier",
        handler=create_supplier,
        body=SupplierBody,
        is_act=True,
        status=CREATED,
        answer=Supplier,
        scope=Scope.CATALOGUE_WRITE,
        refusals=_NOT_VALID,
    ),
    Route(
        method="GET",
        path=f"{API}/suppliers/{{supplier}}",
        topic="Catalogue",
        summary="Show one supplier",
        detail="Also a deleted one, so that its variants still say who it was.",
        handler=find_supplier,
        answer=Supplier,
        scope=Scope.CATALOGUE_READ,
        refusals=(catalogue.UNKNOWN_SUPPLIER,),
    ),
    Route(
        method="PATCH",
        path=f"{API}/suppliers/{{supplier}}",
        topic="Catalogue",
        summary="Change a supplier",
        detail="Only the fields that are sent; `null` takes the e-mail address away.",
        handler=change_supplier,
        body=ChangeSupplierBody,
        is_act=True,
        answer=Supplier,
        scope=Scope.CATALOGUE_WRITE,
        refusals=(
            catalogue.UNKNOWN_SUPPLIER,
            *_NOT_VALID,
            catalogue.STATE_NOT_VALID,
            catalogue.SUPPLIER_DELETED,
        ),
    ),
)
