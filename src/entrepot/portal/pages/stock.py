"""A variant's page: what can be promised of it and why, down to the rows of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Final

import msgspec

from entrepot import catalogue, identity, orders, partnerships, stock
from entrepot.catalogue import Location, Product, Supplier, Variant
from entrepot.identity import AuditRecord
from entrepot.infra.clock import utc_now
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Page as Part
from entrepot.partnerships import ProductMatch
from entrepot.portal.charts import Chart, Points, Series, draw_steps
from entrepot.portal.paging import cut_at, page_at
from entrepot.portal.routes import (
    NothingHereError,
    Outcome,
    Page,
    Shown,
    Visit,
    found,
    granted,
)
from entrepot.portal.words import Words
from entrepot.stock import (
    Allocation,
    Hold,
    LedgerEntry,
    Position,
    ShownToPartner,
)

Number = Annotated[int, msgspec.Meta(ge=0, le=2**62)]

WEEKS: Final = 8
"""How far back the chart goes."""
LEDGER_ROWS: Final = 20
LISTED_MAX: Final = 50
"""Holds, allocations, matches and partners that a page shows."""


REASONED: Final = frozenset({"stock.received", "stock.adjusted", "stock.counted"})
"""Acts that come with a reason, which their answer repeats."""


class At(msgspec.Struct, frozen=True):
    """A position and the location it is at."""

    position: Position
    location: Location


class Told(msgspec.Struct, frozen=True):
    """A ledger row as it is told: who did it and why, where that is known and may be."""

    entry: LedgerEntry
    available: Decimal
    reference: str | None
    by: str | None
    reason: str


class Some(msgspec.Struct, frozen=True):
    """The first rows of a list, and whether there are more than are shown."""

    rows: Sequence[object]
    is_cut: bool


async def show_variant(visit: Visit) -> Outcome:
    """Explain a variant's number: own stock, partners, holds, and what happened to it."""
    variant = await variant_of(visit)
    places = await positions_of(visit, variant)
    chosen = _chosen(visit, places)
    product, supplier = await _around(visit, variant)
    context = {
        "variant": variant,
        "product": product,
        "supplier": supplier,
        "availability": granted(
            await stock.find_availability(visit.database, visit.caller, variant.inner_id)
        ),
        "positions": places,
        "shown": await _shown(visit, variant),
        **await _promises(visit, variant),
        "chosen": chosen,
        "history": None if chosen is None else await _history(visit, chosen),
        "chart": None if chosen is None else await _chart(visit, chosen),
    }
    return Shown(template="stock/variant.html.jinja", context=context)


async def variant_of(visit: Visit) -> Variant:
    """The variant that the address names."""
    variant = ids.from_wire(ids.VARIANT, visit.path["variant"])
    if variant is None:
        raise NothingHereError
    return found(await catalogue.find_variant(visit.database, visit.caller, variant))


async def positions_of(visit: Visit, variant: Variant) -> list[At]:
    """A variant's positions with their locations: those that orders ship from first."""
    locations = granted(await catalogue.list_locations(visit.database, visit.caller))
    known = {each.id: (number, each) for number, each in enumerate(locations)}
    rows = granted(
        await stock.list_positions(
            visit.database, visit.caller, Part(max(1, len(known))), variant=variant.inner_id
        )
    )
    there = [At(row, known[row.location][1]) for row in rows if row.location in known]
    return sorted(there, key=lambda at: (not at.location.ships_orders, known[at.location.id][0]))


def _chosen(visit: Visit, places: Sequence[At]) -> At | None:
    """The position whose history is shown: the one asked for, else the first."""
    wanted = visit.query.text("location")
    if not wanted:
        return places[0] if places else None
    for at in places:
        if at.location.id == wanted:
            return at
    raise NothingHereError


async def _around(visit: Visit, variant: Variant) -> tuple[Product | None, Supplier | None]:
    """The product that a variant is of, and who supplies it."""
    product = variant.product.removeprefix(ids.PRODUCT)
    whole = granted(await catalogue.find_product(visit.database, visit.caller, product))
    if variant.supplier is None:
        return whole, None
    supplier = variant.supplier.removeprefix(ids.SUPPLIER)
    return whole, granted(await catalogue.find_supplier(visit.database, visit.caller, supplier))


async def _shown(visit: Visit, variant: Variant) -> Some:
    """What each retailer is shown of it, as far as one may see partnerships."""
    rows: Sequence[ShownToPartner] = ()
    if visit.guest.may(Scope.PARTNERSHIPS_READ):
        rows = granted(
            await stock.list_shown(visit.database, visit.caller, Part(LISTED_MAX), variant.inner_id)
        )
    return _some(rows)


async def _promises(visit: Visit, variant: Variant) -> dict[str, object]:
    """Who has something of it: holds with their orders' names, allocations, matches."""
    database, caller, part = visit.database, visit.caller, Part(LISTED_MAX)
    id_ = variant.inner_id
    holds: Sequence[Hold] = granted(await stock.list_holds(database, caller, part, variant=id_))
    allocations: Sequence[Allocation] = ()
    matches: Sequence[ProductMatch] = ()
    if visit.guest.may(Scope.PARTNERSHIPS_READ):
        allocations = granted(await stock.list_allocations(database, caller, part, variant=id_))
        matches = granted(await partnerships.list_matches_of_variant(database, caller, id_, part))
    return {
        "holds": _some(holds),
        "allocations": _some(allocations),
        "matches": _some(matches),
        "references": await _references(visit, [each.order for each in holds]),
    }


async def _references(visit: Visit, named: Sequence[str]) -> dict[str, str]:
    """What one's own orders are called, by their ids; others' orders have no name here."""
    if not named or not visit.guest.may(Scope.ORDERS_READ):
        return {}
    wanted = sorted({each.removeprefix(ids.ORDER) for each in named})
    return granted(await orders.find_references(visit.database, visit.caller, wanted))


async def _history(visit: Visit, at: At) -> dict[str, object]:
    """A page of the ledger rows behind a position's figures, newest first."""
    page = page_at(visit.query.text("cursor"), tuple[Number], LEDGER_ROWS)
    rows = granted(
        await stock.list_ledger(
            visit.database,
            visit.caller,
            page,
            at.position.variant.removeprefix(ids.VARIANT),
            at.location.inner_id,
        )
    )
    shown, following = cut_at(rows, page, lambda row: (row.version,))
    return {
        "rows": await tell_entries(visit, shown),
        "following": following,
        "is_first": page.after is None,
        "here": f"/variants/{at.position.variant}?location={at.location.id}",
    }


async def tell_entries(visit: Visit, entries: Sequence[LedgerEntry]) -> list[Told]:
    """Ledger rows with the names of orders, who did each and why."""
    references = await _references(visit, [each.order for each in entries if each.order])
    acts: dict[str, AuditRecord] = {}
    if entries and visit.guest.may(Scope.AUDIT_READ):
        wanted = sorted({each.act.removeprefix(ids.ACT) for each in entries})
        acts = granted(await identity.find_acts(visit.database, visit.caller, wanted))
    return [_told(visit.words, each, references, acts.get(each.act)) for each in entries]


class _Reasoned(msgspec.Struct):
    """All that is read of an act's answer here."""

    reason: str = ""


def _told(
    words: Words, entry: LedgerEntry, references: dict[str, str], act: AuditRecord | None
) -> Told:
    available = Decimal(entry.on_hand) - Decimal(entry.held) - Decimal(entry.allocated)
    by, reason = None, ""
    if act is not None:
        by = act.who.name or words("the operator")
        if act.act in REASONED:
            reason = msgspec.json.decode(act.answer, type=_Reasoned).reason
    return Told(entry, available, references.get(entry.order or ""), by, reason)


async def _chart(visit: Visit, at: At) -> Chart | None:
    """How a position stood at the end of each day of the last weeks; the last is today so far."""
    zone = visit.words.zone
    today = utc_now().astimezone(zone).date()
    days = [today - timedelta(days=back) for back in range(WEEKS * 7 - 1, -1, -1)]
    moments = [_end_of(day, visit) for day in days]
    then = granted(
        await stock.list_figures_then(
            visit.database,
            visit.caller,
            at.position.variant.removeprefix(ids.VARIANT),
            at.location.inner_id,
            moments,
        )
    )
    if not any(each.on_hand is not None for each in then):
        return None
    words = visit.words
    series = (
        Series(words("on hand"), "in", tuple([each.on_hand for each in then])),
        Series(words("held"), "held", tuple([each.held for each in then])),
        Series(
            words("available"),
            "moved",
            tuple(
                [
                    None
                    if each.on_hand is None or each.held is None or each.allocated is None
                    else max(each.on_hand - each.held - each.allocated, Decimal(0))
                    for each in then
                ]
            ),
        ),
    )
    title = words(
        "At %(location)s, at the end of each day of the last %(weeks)s weeks",
        location=at.location.name,
        weeks=words.quantity(WEEKS),
    )
    labels = tuple([words.short_day(day) for day in days])
    return draw_steps(title, Points(words("Day"), labels, 7), series, words)


def _end_of(day: date, visit: Visit) -> datetime:
    """The moment at which a day ends where the visitor is."""
    return datetime.combine(day + timedelta(days=1), time(), visit.words.zone).astimezone(UTC)


def _some(rows: Sequence[object]) -> Some:
    return Some(rows[:LISTED_MAX], len(rows) > LISTED_MAX)


PAGES: Final = (
    Page(
        method="GET",
        path="/variants/{variant}",
        summary="A variant, and what its number is made of",
        handler=show_variant,
        scope=Scope.CATALOGUE_READ,
        query=("location", "cursor"),
    ),
)
