"""Stock by hand: count it, let goods arrive, or correct it with a reason."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Final, Literal, TypeAlias

import msgspec

from entrepot import catalogue, orders, stock
from entrepot.catalogue import Location, Variant
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import LIMIT_MAX
from entrepot.kernel.paging import Page as Part
from entrepot.kernel.refusal import Fault, Refusal
from entrepot.orders import (
    Accepted,
    AdjustStock,
    Answer,
    CountStock,
    ReceiveStock,
    StockAnswer,
    StockLine,
)
from entrepot.portal.pages.stock import At, positions_of, tell_entries, variant_of
from entrepot.portal.routes import (
    Elsewhere,
    NothingHereError,
    Outcome,
    Page,
    Shown,
    Visit,
    granted,
)
from entrepot.stock import Position

Act: TypeAlias = Literal["count", "receive", "adjust"]

ACTS: Final[tuple[Act, ...]] = ("count", "receive", "adjust")
REASON_MAX: Final = 200
MEANWHILE_MAX: Final = 20
"""Changes that are shown of what happened while somebody counted."""
VERSION_CHANGED: Final = "stock.version_changed"

_FIELDS: Final = {"on_hand": "quantity", "lines[0].quantity": "quantity"}
"""The form's names for the fields of the acts."""


class _Where(msgspec.Struct, frozen=True):
    """The position that an act is about: its figures, or none where nothing ever was."""

    variant: Variant
    location: Location
    position: Position | None
    locations: Sequence[Location]

    @property
    def version(self) -> int:
        """The version that a count is made against."""
        return 0 if self.position is None else self.position.version


async def _show(visit: Visit, act: Act) -> Outcome:
    return await _form(visit, act, await _where(visit, visit.query.text("location")), ())


async def _where(visit: Visit, wanted: str) -> _Where:
    """The location that is asked for, else the first that orders ship from."""
    variant = await variant_of(visit)
    locations = granted(await catalogue.list_locations(visit.database, visit.caller))
    fitting = [each for each in locations if each.id == wanted] if wanted else locations
    if not fitting:
        raise NothingHereError
    location = next((each for each in fitting if each.ships_orders), fitting[0])
    there: list[At] = await positions_of(visit, variant)
    position = next((at.position for at in there if at.location.id == location.id), None)
    return _Where(variant, location, position, locations)


async def _do(visit: Visit, act: Act) -> Outcome:
    """Hand the act in, and go back to the variant, which says what came of it."""
    typed = visit.typed
    where = await _where(visit, typed.text("location"))
    typed.needed("quantity")
    quantity = typed.number("quantity")
    if act == "adjust":
        typed.needed("reason")
    reason = typed.text("reason")[:REASON_MAX]
    version = typed.whole("version") if act == "count" else None
    if typed.faults or quantity is None:
        return await _form(visit, act, where, tuple(typed.faults))
    answer = await _hand_in(visit, act, where, (quantity, version, reason))
    if isinstance(answer, Refusal):
        faults = [_as_typed(each) for each in answer.faults]
        return await _form(visit, act, await _where(visit, where.location.id), tuple(faults))
    return Elsewhere(
        address=f"/variants/{where.variant.id}?location={where.location.id}",
        said=_say(visit, act, where, answer),
    )


async def _hand_in(
    visit: Visit, act: Act, where: _Where, said: tuple[Decimal, int | None, str]
) -> Answer:
    quantity, version, reason = said
    desk, caller = visit.services.desk, visit.caller
    variant, location = where.variant.inner_id, where.location.inner_id
    # Forms' keys are kept apart from those of programs by their first character.
    key, request = "~" + visit.typed.text("key"), visit.request
    if act == "count":
        count = CountStock(variant, quantity, version or 0, location, reason)
        return await orders.count_stock(desk, caller, count, key, request)
    lines = (StockLine(variant, quantity, location),)
    if act == "receive":
        received = ReceiveStock(lines, reason)
        return await orders.receive_stock(desk, caller, received, key, request)
    return await orders.adjust_stock(desk, caller, AdjustStock(lines, reason), key, request)


def _as_typed(fault: Fault) -> Fault:
    """A fault by the name that the form has for its field."""
    field = fault.field or ""
    named = "quantity" if field == "expected_version" else _FIELDS.get(field)
    return Fault(fault.code, fault.message, named, fault.facts)


def _say(visit: Visit, act: Act, where: _Where, answer: Accepted) -> str:
    """What was done, and what it took from whom."""
    words = visit.words
    made = msgspec.json.decode(answer.body, type=StockAnswer)
    after = made.positions[0]
    facts = {
        "on_hand": words.quantity(after.on_hand),
        "available": words.quantity(after.available),
        "location": where.location.name,
    }
    said = {
        "count": words("Counted."),
        "receive": words("The goods are in; orders that waited for them were served first."),
        "adjust": words("Corrected."),
    }[act]
    now = words(
        "At %(location)s there are now %(on_hand)s on hand, %(available)s of them available.",
        **facts,
    )
    parts = [said] if where.variant.unlimited else [said, now]
    if made.given_up:
        orders_cut = len({each.order for each in made.given_up})
        parts.append(
            words.ngettext(
                "%(num)s order has too little now; a notice names it.",
                "%(num)s orders have too little now; notices name them.",
                orders_cut,
            )
            % {"num": words.quantity(orders_cut)}
        )
    if made.shrunk:
        parts.append(
            words.ngettext(
                "%(num)s allocation was made smaller.",
                "%(num)s allocations were made smaller.",
                len(made.shrunk),
            )
            % {"num": words.quantity(len(made.shrunk))}
        )
    return " ".join(parts)


async def _form(visit: Visit, act: Act, where: _Where, faults: tuple[Fault, ...]) -> Shown:
    stale = next((each for each in faults if each.code == VERSION_CHANGED), None)
    meanwhile = [] if stale is None else await _meanwhile(visit, where, stale)
    return Shown(
        template="stock/act.html.jinja",
        context={
            "act": act,
            "where": where,
            "typed": visit.typed,
            "faults": faults,
            "meanwhile": meanwhile,
            "reason_max": REASON_MAX,
        },
        status=422 if faults else 200,
    )


async def _meanwhile(visit: Visit, where: _Where, stale: Fault) -> list[object]:
    """What happened to a position since the version that was counted."""
    counted = int(str(stale.facts["expected_version"]))
    rows = granted(
        await stock.list_ledger(
            visit.database,
            visit.caller,
            Part(min(MEANWHILE_MAX, LIMIT_MAX)),
            where.variant.inner_id,
            where.location.inner_id,
        )
    )
    since = [row for row in rows if row.version > counted][:MEANWHILE_MAX]
    return list(await tell_entries(visit, since))


def _shows(act: Act) -> Callable[[Visit], Awaitable[Outcome]]:
    async def show(visit: Visit) -> Outcome:
        return await _show(visit, act)

    return show


def _does(act: Act) -> Callable[[Visit], Awaitable[Outcome]]:
    async def do(visit: Visit) -> Outcome:
        return await _do(visit, act)

    return do


_SUMMARIES: Final[dict[Act, str]] = {
    "count": "Count a variant's stock",
    "receive": "Let goods of a variant arrive",
    "adjust": "Correct a variant's stock",
}

PAGES: Final = tuple(
    page
    for act in ACTS
    for page in (
        Page(
            method="GET",
            path=f"/variants/{{variant}}/{act}",
            summary=f"{_SUMMARIES[act]}: the form",
            handler=_shows(act),
            scope=Scope.STOCK_WRITE,
            query=("location",),
        ),
        Page(
            method="POST",
            path=f"/variants/{{variant}}/{act}",
            summary=_SUMMARIES[act],
            handler=_does(act),
            scope=Scope.STOCK_WRITE,
            fields=("location", "quantity", "version", "reason"),
        ),
    )
)
