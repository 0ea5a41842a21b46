"""Allocations: what a wholesaler keeps for one partner, seen from either side."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from entrepot import catalogue, partnerships, stock
from entrepot.apis.rest.bodies import Moment, Text, location_id, moment, quiet, variant_id
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
    show,
    show_page,
)
from entrepot.apis.rest.wire import HexId
from entrepot.infra.errors import KEY_REUSED
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import LOWEST
from entrepot.stock import Allocation, AllocationChanges, NewAllocation, ReceivedAllocation

Note = Annotated[str, msgspec.Meta(max_length=2_000, description="For the wholesaler only.")]


class AllocationsQuery(PageQuery, kw_only=True):
    """Which allocations to show; with `variant`, those that are open."""

    partnership: Text | None = None
    variant: Text | None = None


class ReceivedQuery(PageQuery, kw_only=True):
    """Which received allocations to show."""

    partnership: Text | None = None


class AllocationBody(msgspec.Struct, forbid_unknown_fields=True):
    """Units of one's own variant to keep for a partner.

    Without `location`, at the first that orders ship from; without `valid_until`, without limit.
    """

    partnership: Text
    variant: Text
    quantity: Decimal
    location: Text | None = None
    valid_until: Moment | None = None
    note: Note = ""


class ChangeAllocationBody(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of an allocation; what is left out stays. `valid_until` null lifts it."""

    quantity: Decimal | UnsetType = UNSET
    valid_until: Moment | UnsetType | None = UNSET
    note: Note | UnsetType = UNSET


async def list_allocations(call: Call[AllocationsQuery, None]) -> Reply:
    """Show the allocations that the caller made."""
    query = call.query
    page = page_of(query, tuple[HexId])
    partnership = _named(ids.PARTNERSHIP, query.partnership)
    variant = _named(ids.VARIANT, query.variant)
    rows = granted(
        await stock.list_allocations(
            call.services.database, call.caller, page, partnership=partnership, variant=variant
        )
    )
    return show_page(rows, page, lambda row: (row.inner_id,))


async def find_allocation(call: Call[NoQuery, None]) -> Reply:
    """Show an allocation that the caller made."""
    found = await stock.find_allocation(call.services.database, call.caller, _allocation(call))
    return show(granted(found))


async def allocate(call: Call[NoQuery, AllocationBody]) -> Reply:
    """Keep units for a partner."""
    body = call.body
    new = NewAllocation(
        ids.from_wire(ids.PARTNERSHIP, body.partnership) or "",
        variant_id(body.variant),
        quiet(body.quantity),
        location_id(body.location, "location"),
        None if body.valid_until is None else moment(body.valid_until, "valid_until"),
        body.note,
    )
    return await do_once(call, "allocate", stock.allocate_stock, new, status=CREATED)


async def change(call: Call[NoQuery, ChangeAllocationBody]) -> Reply:
    """Change an allocation."""
    body = call.body
    valid_until = body.valid_until
    changes = AllocationChanges(
        body.quantity if body.quantity is UNSET else quiet(body.quantity),
        moment(valid_until, "valid_until") if isinstance(valid_until, datetime) else valid_until,
        body.note,
    )
    return await do_once(
        call, "change_allocation", stock.change_allocation, _allocation(call), changes
    )


async def close(call: Call[NoQuery, None]) -> Reply:
    """Close an allocation."""
    return await do_once(call, "close_allocation", stock.close_allocation, _allocation(call))


async def list_received(call: Call[ReceivedQuery, None]) -> Reply:
    """Show what partners allocated to the caller."""
    page = page_of(call.query, tuple[HexId])
    partnership = _named(ids.PARTNERSHIP, call.query.partnership)
    rows = granted(
        await stock.list_received_allocations(
            call.services.database, call.caller, page, partnership=partnership
        )
    )
    return show_page(rows, page, lambda row: (row.inner_id,))


async def find_received(call: Call[NoQuery, None]) -> Reply:
    """Show an allocation that a partner made to the caller."""
    found = await stock.find_received_allocation(
        call.services.database, call.caller, _allocation(call)
    )
    return show(granted(found))


def _allocation(call: Call[Any, Any]) -> Id:
    return ids.from_wire(ids.ALLOCATION, call.path["allocation"]) or ""


def _named(prefix: str, text: str | None) -> Id | None:
    """Read the id that a list is narrowed by; what is no id is nobody's, like the lowest id."""
    return None if text is None else ids.from_wire(prefix, text) or LOWEST


_TERMS: Final = (
    stock.QUANTITY_NOT_VALID,
    stock.VALIDITY_NOT_VALID,
    stock.NOTE_NOT_VALID,
    stock.VARIANT_NOT_ACTIVE,
    stock.UNLIMITED_NOT_ALLOCATED,
    stock.LOCATION_SHIPS_NOTHING,
    stock.ALLOCATION_ABOVE_AVAILABLE,
    partnerships.PARTNERSHIP_ENDING,
    KEY_REUSED,
)

ROUTES: Final = (
    Route(
        method="GET",
        path=f"{API}/allocations",
        topic="Allocations",
        summary="List what you allocated to partners",
        detail="Newest first; with `variant`, those that are open.",
        handler=list_allocations,
        query=AllocationsQuery,
        answer=page_type("Allocation", Allocation),
        scope=Scope.PARTNERSHIPS_READ,
    ),
    Route(
        method="POST",
        path=f"{API}/allocations",
        topic="Allocations",
        summary="Keep units of your stock for one partner",
        detail=(
            "They leave what is available to everybody else, your own orders included. Your"
            " partner's product is matched with yours by its GTIN if it was not; where that fails,"
            " the allocation stands, `match_failure` says why, and both of you get a notice."
        ),
        handler=allocate,
        body=AllocationBody,
        is_act=True,
        status=CREATED,
        answer=Allocation,
        scope=Scope.PARTNERSHIPS_WRITE,
        refusals=(
            partnerships.UNKNOWN_PARTNERSHIP,
            catalogue.UNKNOWN_VARIANT,
            catalogue.UNKNOWN_LOCATION,
            *_TERMS,
        ),
    ),
    Route(
        method="GET",
        path=f"{API}/allocations/{{allocation}}",
        topic="Allocations",
        summary="Show one of your allocations",
        detail="Also one that ended; its quantity is then what was used of it.",
        handler=find_allocation,
        answer=Allocation,
        scope=Scope.PARTNERSHIPS_READ,
        refusals=(stock.UNKNOWN_ALLOCATION,),
    ),
    Route(
        method="PATCH",
        path=f"{API}/allocations/{{allocation}}",
        topic="Allocations",
        summary="Change how much is allocated, until when, or your note",
        detail="Only the fields that are sent. What was used is the least that it can be.",
        handler=change,
        body=ChangeAllocationBody,
        is_act=True,
        answer=Allocation,
        scope=Scope.PARTNERSHIPS_WRITE,
        refusals=(
            stock.UNKNOWN_ALLOCATION,
            stock.ALLOCATION_ENDED,
            stock.ALLOCATION_BELOW_USED,
            *_TERMS,
        ),
    ),
    Route(
        method="POST",
        path=f"{API}/allocations/{{allocation}}/close",
        topic="Allocations",
        summary="Take back what is left of an allocation",
        detail="What was used of it stays used. One that has ended stays as it is.",
        handler=close,
        is_act=True,
        answer=Allocation,
        scope=Scope.PARTNERSHIPS_WRITE,
        refusals=(stock.UNKNOWN_ALLOCATION, KEY_REUSED),
    ),
    Route(
        method="GET",
        path=f"{API}/received-allocations",
        topic="Allocations",
        summary="List what partners allocated to you",
        detail="Newest first, in your partner's units, and in yours where the goods are matched.",
        handler=list_received,
        query=ReceivedQuery,
        answer=page_type("ReceivedAllocation", ReceivedAllocation),
        scope=Scope.PARTNERSHIPS_READ,
    ),
    Route(
        method="GET",
        path=f"{API}/received-allocations/{{allocation}}",
        topic="Allocations",
        summary="Show one allocation that a partner made to you",
        handler=find_received,
        answer=ReceivedAllocation,
        scope=Scope.PARTNERSHIPS_READ,
        refusals=(stock.UNKNOWN_ALLOCATION,),
    ),
)
