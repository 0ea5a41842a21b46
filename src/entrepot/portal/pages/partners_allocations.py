"""Allocations: what a wholesaler keeps for one retailer, and what a retailer was given so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET

from entrepot import catalogue, partnerships, stock
from entrepot.catalogue import Location, Variant
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Page as ListPage
from entrepot.kernel.refusal import Fault, Refusal
from entrepot.partnerships import MatchFilter, Partnership
from entrepot.portal.forms import Typed
from entrepot.portal.pages.partners_found import about, act, partnership_here, renamed, wire_id
from entrepot.portal.paging import HexId, cut_at, page_at
from entrepot.portal.routes import (
    Elsewhere,
    NothingHereError,
    Outcome,
    Page,
    Shown,
    Visit,
    found,
    granted,
)
from entrepot.stock import (
    Allocation,
    AllocationChanges,
    GoodsFilter,
    NewAllocation,
    OfferedNow,
    Position,
)

ALLOCATIONS_SHOWN: Final = 40
FOUND_SHOWN: Final = 12
NEW_FIELDS: Final = ("sku", "quantity", "location", "valid_until", "note")
CHANGE_FIELDS: Final = ("quantity", "valid_until", "note")
_DAY: Final = timedelta(days=1)


class Made(msgspec.Struct, frozen=True):
    """An allocation of one's own, and what its product shows to the partner now, if matched.

    That is of the product, whatever allocations it has: it `is_told` at one of them.
    """

    allocation: Allocation
    offered: OfferedNow | None
    is_told: bool


class Pick(msgspec.Struct, frozen=True):
    """A product that may be allocated: whether the retailer has matched it, what is available.

    `available` is None where that was not asked for, `unlimited` where there is no end to it.
    """

    sku: str
    name: str
    is_matched: bool
    available: str | None = None
    unlimited: bool = False


class Place(msgspec.Struct, frozen=True):
    """A location that orders ship from, and what one product has there."""

    location: Location
    position: Position | None


async def show_allocations(visit: Visit) -> Outcome:
    """The allocations of a partnership: those one made, or those one received."""
    shown = await partnership_here(visit)
    page = page_at(visit.query.text("cursor"), tuple[HexId], ALLOCATIONS_SHOWN)
    context = {**about(visit, shown), "is_first": page.after is None}
    if shown.role == "retailer":
        received = granted(
            await stock.list_received_allocations(
                visit.database, visit.caller, page, partnership=shown.inner_id
            )
        )
        rows, following = cut_at(received, page, lambda row: (row.inner_id,))
        context |= {"rows": rows, "following": following}
        return Shown(template="partners/received.html.jinja", context=context)
    made = granted(
        await stock.list_allocations(visit.database, visit.caller, page, partnership=shown.inner_id)
    )
    allocations, following = cut_at(made, page, lambda row: (row.inner_id,))
    offered = await _offered_of(visit, shown, allocations)
    named = granted(
        await catalogue.find_variants(
            visit.database, visit.caller, sorted({row.sku for row in allocations})
        )
    )
    context |= {
        "names": {each.sku: each.name for each in named},
        "rows": _each_told_once(allocations, offered),
        "following": following,
    }
    return Shown(template="partners/allocations.html.jinja", context=context)


async def _offered_of(
    visit: Visit, shown: Partnership, rows: Sequence[Allocation]
) -> dict[str, OfferedNow]:
    """What the products of some allocations show to the partner now, by product."""
    variants = sorted({each.variant.removeprefix(ids.VARIANT) for each in rows})
    if not variants:
        return {}
    offered = granted(
        await stock.list_offered(visit.database, visit.caller, shown.inner_id, variants=variants)
    )
    return {each.wholesaler_variant: each for each in offered}


def _each_told_once(rows: Sequence[Allocation], offered: dict[str, OfferedNow]) -> list[Made]:
    """Allocations with what their products show now, each product's at its first open one."""
    first: dict[str, str] = {}
    for row in rows:
        if row.status == "open":
            first.setdefault(row.variant, row.id)
    return [
        Made(row, offered.get(row.variant), first.get(row.variant) in {None, row.id})
        for row in rows
    ]


async def show_new(visit: Visit) -> Outcome:
    """Ask which product, and how much of it, to keep for the retailer."""
    shown = await _as_wholesaler(visit)
    values = dict.fromkeys(NEW_FIELDS, "") | {"sku": visit.query.text("sku")[:100]}
    return await _new_form(visit, shown, values, ())


async def do_allocate(visit: Visit) -> Outcome:
    """Keep units for the retailer; its product is matched with it by the way."""
    shown, typed = await _as_wholesaler(visit), visit.typed
    values = {name: typed.text(name) for name in NEW_FIELDS}
    sku = typed.needed("sku")
    variant = await _variant_of(visit, sku)
    if sku and variant is None:
        typed.find(
            "catalogue.unknown_variant", "You have no product with this sku.", "sku", sku=sku
        )
    quantity = typed.number("quantity") if typed.needed("quantity") else None
    valid_until = _end_of(typed, shown.time_zone)
    if typed.refusal is not None or variant is None or quantity is None:
        return await _new_form(visit, shown, values, tuple(typed.faults))
    location = ids.from_wire(ids.LOCATION, typed.text("location"))
    if typed.text("location") and location is None:
        location = ""
    new = NewAllocation(
        shown.inner_id, variant.inner_id, quantity, location, valid_until, typed.text("note")
    )
    made = await act(visit, "allocate", stock.allocate_stock, new)
    if isinstance(made, Refusal):
        names = {name: name for name in NEW_FIELDS} | {"variant": "sku"}
        return await _new_form(visit, shown, values, renamed(made, names))
    words, answer = visit.words, made.answer
    said = words(
        "%(quantity)s of %(sku)s kept for %(partner)s.",
        quantity=words.quantity(answer.quantity),
        sku=answer.sku,
        partner=answer.partner_name,
    )
    if answer.match_failure is not None:
        said += " " + words("The retailer's product was not found: see below why.")
    return Elsewhere(address=f"/partnerships/{shown.id}/allocations", said=said)


async def _as_wholesaler(visit: Visit) -> Partnership:
    """The partnership, for the side that allocates."""
    shown = await partnership_here(visit)
    if shown.role != "wholesaler":
        raise NothingHereError
    return shown


async def _variant_of(visit: Visit, sku: str) -> Variant | None:
    if not sku:
        return None
    rows = granted(await catalogue.find_variants(visit.database, visit.caller, [sku]))
    return rows[0] if rows else None


def _end_of(typed: Typed, zone: str) -> datetime | None:
    """The end of the day that was typed, by the partnership's clock."""
    day = typed.day("valid_until")
    return None if day is None else datetime.combine(day + _DAY, time(), ZoneInfo(zone))


def _last_day(until: datetime | None, zone: str) -> str:
    """The last day on which something holds, as a date field has it."""
    if until is None:
        return ""
    last: date = (until - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()
    return last.isoformat()


async def _new_form(
    visit: Visit, shown: Partnership, values: dict[str, str], faults: tuple[Fault, ...]
) -> Shown:
    text = visit.query.text("q")[:100]
    picks: tuple[Pick, ...] = ()
    goes_on = False
    if text:
        picks, goes_on = await _picks_found(visit, shown, text)
    elif not values["sku"]:
        picks, goes_on = await _picks_matched(visit, shown)
    if not values["sku"] and len(picks) == 1:
        values = values | {"sku": picks[0].sku}
    variant = await _variant_of(visit, values["sku"])
    places = await _places(visit, variant)
    return Shown(
        template="partners/allocate.html.jinja",
        context={
            **about(visit, shown),
            "here": f"/partnerships/{shown.id}/allocations",
            "values": values,
            "faults": list(faults),
            "variant": variant,
            "offered": await _offer_of(visit, shown, variant),
            "stands": places,
            "locations": [(each.location.id, each.location.name) for each in places],
            "q": text,
            "picks": picks,
            "goes_on": goes_on,
        },
        status=422 if faults else 200,
    )


async def _offer_of(visit: Visit, shown: Partnership, variant: Variant | None) -> OfferedNow | None:
    """What one product shows to the partner now, if it is matched."""
    if variant is None:
        return None
    offered = granted(
        await stock.list_offered(
            visit.database, visit.caller, shown.inner_id, variants=[variant.inner_id]
        )
    )
    return offered[0] if offered else None


async def _picks_found(
    visit: Visit, shown: Partnership, text: str
) -> tuple[tuple[Pick, ...], bool]:
    """One's own active products that fit a text, those matched first, and if there are more."""
    stretch = granted(
        await stock.list_goods(
            visit.database, visit.caller, ListPage(FOUND_SHOWN), GoodsFilter(text, "active")
        )
    )
    goods = stretch.rows
    variants = [each.variant.removeprefix(ids.VARIANT) for each in goods]
    matched: set[str] = set()
    if variants:
        offered = granted(
            await stock.list_offered(
                visit.database, visit.caller, shown.inner_id, variants=variants
            )
        )
        matched = {each.wholesaler_variant for each in offered}
    picks = [
        Pick(each.sku, each.name, each.variant in matched, each.available, each.unlimited)
        for each in goods
    ]
    picks.sort(key=lambda pick: not pick.is_matched)
    return tuple(picks), stretch.following is not None


async def _picks_matched(visit: Visit, shown: Partnership) -> tuple[tuple[Pick, ...], bool]:
    """The first products that the retailer has matched, and if there are more.

    They come first because an allocation of others helps nobody yet.
    """
    stretch = granted(
        await partnerships.search_matches(
            visit.database,
            visit.caller,
            shown.inner_id,
            ListPage(FOUND_SHOWN),
            MatchFilter("active"),
        )
    )
    goods = {each.wholesaler_variant.sku: each.wholesaler_variant.name for each in stretch.rows}
    picks = tuple([Pick(sku, name, is_matched=True) for sku, name in goods.items()])
    return picks, stretch.following is not None


async def _places(visit: Visit, variant: Variant | None) -> list[Place]:
    """Where orders ship from, and what a product has there."""
    locations = granted(await catalogue.list_locations(visit.database, visit.caller))
    positions: dict[str, Position] = {}
    if variant is not None:
        rows = granted(
            await stock.list_positions(
                visit.database, visit.caller, ListPage(), variant=variant.inner_id
            )
        )
        positions = {row.location: row for row in rows}
    return [Place(each, positions.get(each.id)) for each in locations if each.ships_orders]


async def show_allocation(visit: Visit) -> Outcome:
    """One allocation of one's own, and what may be changed of it."""
    allocation = await _allocation_here(visit)
    shown = await _partnership_of(visit, allocation)
    values = {
        "quantity": visit.words.quantity(allocation.quantity),
        "valid_until": _last_day(allocation.valid_until, shown.time_zone),
        "note": allocation.note,
    }
    return await _allocation_page(visit, shown, allocation, values, ())


async def _allocation_here(visit: Visit) -> Allocation:
    allocation = wire_id(visit, ids.ALLOCATION, "allocation")
    return granted(await stock.find_allocation(visit.database, visit.caller, allocation))


async def _partnership_of(visit: Visit, allocation: Allocation) -> Partnership:
    partnership = allocation.partnership.removeprefix(ids.PARTNERSHIP)
    return found(await partnerships.find_partnership(visit.database, visit.caller, partnership))


async def _allocation_page(
    visit: Visit,
    shown: Partnership,
    allocation: Allocation,
    values: dict[str, str],
    faults: tuple[Fault, ...],
) -> Shown:
    offered = await _offered_of(visit, shown, [allocation])
    return Shown(
        template="partners/allocation.html.jinja",
        context={
            **about(visit, shown),
            "here": f"/partnerships/{shown.id}/allocations",
            "allocation": allocation,
            "offered": offered.get(allocation.variant),
            "values": values,
            "faults": list(faults),
        },
        status=422 if faults else 200,
    )


async def do_change(visit: Visit) -> Outcome:
    """Change how much is kept, until when, or the note."""
    allocation, typed = await _allocation_here(visit), visit.typed
    shown = await _partnership_of(visit, allocation)
    values = {name: typed.text(name) for name in CHANGE_FIELDS}
    quantity = typed.number("quantity") if typed.needed("quantity") else None
    valid_until = _end_of(typed, shown.time_zone)
    if typed.refusal is not None or quantity is None:
        return await _allocation_page(visit, shown, allocation, values, tuple(typed.faults))
    is_same_day = typed.text("valid_until") == _last_day(allocation.valid_until, shown.time_zone)
    changes = AllocationChanges(
        UNSET if quantity == Decimal(allocation.quantity) else quantity,
        UNSET if is_same_day else valid_until,
        typed.text("note"),
    )
    changed = await act(
        visit, "change_allocation", stock.change_allocation, allocation.inner_id, changes
    )
    if isinstance(changed, Refusal):
        faults = renamed(changed, {name: name for name in CHANGE_FIELDS})
        return await _allocation_page(visit, shown, allocation, values, faults)
    said = visit.words("The allocation is changed.")
    return Elsewhere(address=f"/allocations/{allocation.id}", said=said)


async def do_close(visit: Visit) -> Outcome:
    """Take back what is left of an allocation."""
    allocation = await _allocation_here(visit)
    granted(await act(visit, "close_allocation", stock.close_allocation, allocation.inner_id))
    said = visit.words("The allocation is closed; what was left of it is free again.")
    return Elsewhere(address=f"/partnerships/{allocation.partnership}/allocations", said=said)


PAGES: Final = (
    Page(
        method="GET",
        path="/partnerships/{partnership}/allocations",
        summary="The allocations of a partnership",
        handler=show_allocations,
        scope=Scope.PARTNERSHIPS_READ,
        query=("cursor",),
    ),
    Page(
        method="GET",
        path="/partnerships/{partnership}/allocate",
        summary="Ask what to keep for a retailer",
        handler=show_new,
        scope=Scope.PARTNERSHIPS_WRITE,
        query=("sku", "q"),
    ),
    Page(
        method="POST",
        path="/partnerships/{partnership}/allocate",
        summary="Keep units for a retailer",
        handler=do_allocate,
        scope=Scope.PARTNERSHIPS_WRITE,
        query=("sku", "q"),
        fields=NEW_FIELDS,
    ),
    Page(
        method="GET",
        path="/allocations/{allocation}",
        summary="One allocation of one's own",
        handler=show_allocation,
        scope=Scope.PARTNERSHIPS_READ,
    ),
    Page(
        method="POST",
        path="/allocations/{allocation}",
        summary="Change an allocation",
        handler=do_change,
        scope=Scope.PARTNERSHIPS_WRITE,
        fields=CHANGE_FIELDS,
    ),
    Page(
        method="POST",
        path="/allocations/{allocation}/close",
        summary="Take back what is left of an allocation",
        handler=do_close,
        scope=Scope.PARTNERSHIPS_WRITE,
    ),
)
