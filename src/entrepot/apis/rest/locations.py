"""Locations: where an organisation keeps stock."""

from typing import Final

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
from entrepot.catalogue import Location, LocationChanges, NewLocation
from entrepot.infra.errors import KEY_REUSED
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Page

_NOT_VALID: Final = (
    catalogue.CODE_NOT_VALID,
    catalogue.NAME_NOT_VALID,
    catalogue.RANK_NOT_VALID,
    catalogue.CODE_TAKEN,
    KEY_REUSED,
)


class LocationBody(msgspec.Struct, forbid_unknown_fields=True):
    """A location to make. Orders ship from the lowest `rank` first."""

    code: Text
    name: Text
    rank: WireInt = 0
    ships_orders: bool = True


class ChangeLocationBody(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of a location; what is left out stays."""

    code: Text | UnsetType = UNSET
    name: Text | UnsetType = UNSET
    rank: WireInt | UnsetType = UNSET
    ships_orders: bool | UnsetType = UNSET


async def list_locations(call: Call[PageQuery, None]) -> Reply:
    """Show the caller's locations, in the order in which orders ship from them."""
    page = page_of(call.query, tuple[int, HexId])
    found = granted(await catalogue.list_locations(call.services.database, call.caller))
    rows = [row for row in found if page.after is None or _place(row) > page.after]
    return show_page(rows[: page.rows_wanted], Page(page.limit), _place)


async def find_location(call: Call[NoQuery, None]) -> Reply:
    """Show one of the caller's locations."""
    text = call.path["location"]
    location = ids.from_wire(ids.LOCATION, text)
    found = None
    if location is not None:
        found = granted(
            await catalogue.find_location(call.services.database, call.caller, location)
        )
    return show_found(
        found, catalogue.UNKNOWN_LOCATION, "You have no such location. Check its id.", location=text
    )


async def create_location(call: Call[NoQuery, LocationBody]) -> Reply:
    """Make a location."""
    new = NewLocation(*msgspec.structs.astuple(call.body))
    return await do_once(call, "create_location", catalogue.create_location, new, status=CREATED)


async def change_location(call: Call[NoQuery, ChangeLocationBody]) -> Reply:
    """Change a location."""
    location = ids.from_wire(ids.LOCATION, call.path["location"]) or ""
    changes = LocationChanges(*msgspec.structs.astuple(call.body))
    return await do_once(call, "change_location", catalogue.change_location, location, changes)


def _place(row: Location) -> tuple[int, str]:
    return row.rank, row.inner_id


ROUTES: Final = (
    Route(
        method="GET",
        path=f"{API}/locations",
        topic="Catalogue",
        summary="List your locations",
        detail="In the order in which orders ship from them.",
        handler=list_locations,
        query=PageQuery,
        answer=page_type("Location", Location),
        scope=Scope.CATALOGUE_READ,
    ),
    Route(
        method="POST",
        path=f"{API}/locations",
        topic="Catalogue",
        summary="Make a location",
        handler=create_location,
        body=LocationBody,
        is_act=True,
        status=CREATED,
        answer=Location,
        scope=Scope.CATALOGUE_WRITE,
        refusals=_NOT_VALID,
    ),
    Route(
        method="GET",
        path=f"{API}/locations/{{location}}",
        topic="Catalogue",
        summary="Show one location",
        handler=find_location,
        answer=Location,
        scope=Scope.CATALOGUE_READ,
        refusals=(catalogue.UNKNOWN_LOCATION,),
    ),
    Route(
        method="PATCH",
        path=f"{API}/locations/{{location}}",
        topic="Catalogue",
        summary="Change a location",
        detail="Only the fields that are sent.",
        handler=change_location,
        body=ChangeLocationBody,
        is_act=True,
        answer=Location,
        scope=Scope.CATALOGUE_WRITE,
        refusals=(catalogue.UNKNOWN_LOCATION, *_NOT_VALID),
    ),
)
