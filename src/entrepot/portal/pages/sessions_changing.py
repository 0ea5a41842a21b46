"""Opening a sales session, and changing its name, its times and what it sells.

Products are found among those that session rights open. Each press of a button draws the form again
with what was typed, so that all of it works without scripts: `step` says which button.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from entrepot import sales_sessions
from entrepot.infra.clock import utc_now
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Fault, Refusal
from entrepot.portal.forms import Typed
from entrepot.portal.pages.sessions import address_of, head_of, session_of
from entrepot.portal.paging import cut_at, page_at
from entrepot.portal.routes import Elsewhere, Outcome, Page, Shown, Visit, done, found, granted
from entrepot.sales_sessions import (
    NewSalesSession,
    OfferedGoods,
    SalesSessionChanges,
    SessionProduct,
    ShownSession,
)

ROWS_SHOWN: Final = 25
"""Products that a session sells, in one form."""
ROWS_MAX: Final = 35
"""Products in one form with those that were added; more are added in several goes."""
LASTS_USUAL: Final = timedelta(days=4)
_ROW_FIELDS: Final = (
    "variant",
    "quantity_max",
    "unit_price",
    "find",
    "add",
    "remove",
    "taken_out",
    "step",
)
_NUMBER_FIELDS: Final = ("quantity_max", "unit_price")


class Row(msgspec.Struct, frozen=True):
    """A product of the form as typed, and what is known of it; None where no right opens it."""

    variant: str
    quantity_max: str = ""
    unit_price: str = ""
    told: OfferedGoods | None = None


async def show_new(visit: Visit) -> Outcome:
    """Ask for a new session."""
    return await _new_page(visit, [])


async def do_new(visit: Visit) -> Outcome:
    """Open a session; or draw the form again, as the button says."""
    typed = visit.typed
    rows, is_done = _edited(typed)
    if not is_done:
        return await _new_page(visit, rows)
    name, reference = typed.needed("name"), typed.needed("reference")
    opens_at, closes_at = _needed_moment(visit, "opens_at"), _needed_moment(visit, "closes_at")
    products = _products(typed, rows)
    if typed.refusal is not None or opens_at is None or closes_at is None:
        return await _new_page(visit, rows, tuple(typed.faults))
    new = NewSalesSession(name, reference, opens_at, closes_at, products)
    services = visit.services
    opened = await sales_sessions.open_sales_session(
        services.database, services.desk.new_id, visit.caller, new, visit.sent("open_sales_session")
    )
    refusal = done(opened)
    if refusal is not None or isinstance(opened, Refusal):
        return await _new_page(visit, rows, () if refusal is None else refusal.faults)
    said = visit.words("The session is made. Customers can order in it as soon as it opens.")
    return Elsewhere(address=f"/sales-sessions/{opened.answer.id}", said=said)


async def show_change(visit: Visit) -> Outcome:
    """Ask what to change of a session."""
    shown = await _changeable(visit)
    return await _change_page(visit, shown, _rows_of(visit, shown))


async def do_change(visit: Visit) -> Outcome:
    """Change the name and the times of a session."""
    shown, typed, services = await _changeable(visit), visit.typed, visit.services
    name = typed.needed("name")
    opens_at, closes_at = _needed_moment(visit, "opens_at"), _needed_moment(visit, "closes_at")
    faults = tuple(typed.faults)
    if not faults and opens_at is not None and closes_at is not None:
        was = shown.session
        changes = SalesSessionChanges(
            name, _kept(visit, opens_at, was.opens_at), _kept(visit, closes_at, was.closes_at)
        )
        changed = await sales_sessions.change_sales_session(
            services.database,
            services.desk.new_id,
            visit.caller,
            was.inner_id,
            changes,
            visit.sent("change_sales_session"),
        )
        refusal = done(changed)
        if refusal is None:
            return Elsewhere(
                address=address_of(was.inner_id), said=visit.words("The session is changed.")
            )
        faults = refusal.faults
    return await _change_page(visit, shown, _rows_of(visit, shown), faults)


async def do_products(visit: Visit) -> Outcome:
    """Change what a session sells; or draw the form again, as the button says."""
    shown, typed, services = await _changeable(visit), visit.typed, visit.services
    rows, is_done = _edited(typed)
    if not is_done:
        return await _change_page(visit, shown, rows)
    products = _products(typed, rows)
    if typed.refusal is not None:
        return await _change_page(visit, shown, rows, tuple(typed.faults))
    session = shown.session.inner_id
    changed = await sales_sessions.set_session_products(
        services.database,
        services.desk.new_id,
        visit.caller,
        session,
        products,
        visit.sent("set_session_products"),
    )
    refusal = done(changed)
    if refusal is not None:
        return await _change_page(visit, shown, rows, refusal.faults)
    said = visit.words("What the session sells is changed.")
    return Elsewhere(address=address_of(session), said=said)


async def do_remove(visit: Visit) -> Outcome:
    """Take one product out of a session that nobody ordered."""
    shown, typed, services = await _changeable(visit), visit.typed, visit.services
    session = shown.session.inner_id
    variant = ids.from_wire(ids.VARIANT, typed.text("taken_out")) or ""
    changed = await sales_sessions.remove_session_products(
        services.database,
        services.desk.new_id,
        visit.caller,
        session,
        (variant,),
        visit.sent("remove_session_products"),
    )
    refusal = done(changed)
    if refusal is not None:
        rows, _ = _edited(typed)
        faults = [Fault(each.code, each.message, None, each.facts) for each in refusal.faults]
        return await _change_page(visit, shown, rows, tuple(faults))
    said = visit.words("The session no longer sells it.")
    return Elsewhere(address=f"{address_of(session)}/change", said=said)


async def _changeable(visit: Visit) -> ShownSession:
    return found(
        await sales_sessions.find_sales_session(visit.database, visit.caller, session_of(visit))
    )


def _edited(typed: Typed) -> tuple[list[Row], bool]:
    """The rows as typed, after what a button did to them; and whether it was the one that saves."""
    variants = typed.all("variant")[:ROWS_MAX]
    numbers = [[*typed.all(name), *[""] * len(variants)] for name in _NUMBER_FIELDS]
    rows = [Row(*each) for each in zip(variants, *numbers, strict=False)]
    added, removed = typed.text("add"), typed.text("remove")
    if added:
        is_new = added not in variants and len(rows) < ROWS_MAX
        return [*rows, *([Row(added)] if is_new else [])], False
    if removed:
        return [row for row in rows if row.variant != removed], False
    return rows, typed.text("step") == "save"


def _products(typed: Typed, rows: Sequence[Row]) -> tuple[SessionProduct, ...]:
    """The products that rows are of; faults are noted beside them."""
    return tuple(
        [
            SessionProduct(
                ids.from_wire(ids.VARIANT, row.variant) or "",
                typed.number_of(row.quantity_max, f"products[{number}].quantity_max"),
                typed.number_of(row.unit_price, f"products[{number}].unit_price"),
            )
            for number, row in enumerate(rows)
        ]
    )


def _needed_moment(visit: Visit, name: str) -> datetime | None:
    """A time that must be there, by the person's clock."""
    visit.typed.needed(name)
    return visit.typed.moment(name, visit.words.zone)


def _kept(visit: Visit, typed: datetime, was: datetime) -> datetime:
    """The time that was, unless another was typed: a form shows no seconds."""
    shown = visit.words.typed_moment
    return was if shown(typed) == shown(was) else typed


def _rows_of(visit: Visit, shown: ShownSession) -> list[Row]:
    """A page of what a session sells, as rows of its form."""
    language = visit.words.language

    def typed(number: str | None) -> str:
        return (number or "").replace(".", ",") if language == "nl" else number or ""

    page = page_at(visit.query.text("cursor"), tuple[int], ROWS_SHOWN)
    after = 0 if page.after is None else max(int(page.after[0]), 0)
    return [
        Row(each.variant, typed(each.quantity_max), typed(each.session_price))
        for each in shown.products[after : after + ROWS_SHOWN]
    ]


async def _new_page(visit: Visit, rows: Sequence[Row], faults: Sequence[Fault] = ()) -> Shown:
    typed, words = visit.typed, visit.words
    now = utc_now()
    begins = now.astimezone(words.zone).replace(minute=0, second=0) + timedelta(hours=1)
    context = {
        **await _goods(visit, rows, faults),
        "name": typed.text("name"),
        "reference": typed.text("reference", f"{begins:%G-W%V}"),
        "opens_at": typed.text("opens_at", words.typed_moment(begins)),
        "closes_at": typed.text("closes_at", words.typed_moment(begins + LASTS_USUAL)),
    }
    status = 422 if faults else 200
    return Shown(template="sessions/new.html.jinja", context=context, status=status)


async def _change_page(
    visit: Visit, shown: ShownSession, rows: Sequence[Row], faults: Sequence[Fault] = ()
) -> Shown:
    typed, words, session = visit.typed, visit.words, shown.session
    page = page_at(visit.query.text("cursor"), tuple[int], ROWS_SHOWN)
    after = 0 if page.after is None else max(int(page.after[0]), 0)
    numbered = list(enumerate(shown.products, 1))[after:]
    _, following = cut_at(numbered, page, lambda row: (row[0],))
    context = {
        **head_of(visit, session),
        **await _goods(visit, rows, faults),
        "name": typed.text("name", session.name),
        "opens_at": typed.text("opens_at", words.typed_moment(session.opens_at)),
        "closes_at": typed.text("closes_at", words.typed_moment(session.closes_at)),
        "sold": {each.variant: each for each in shown.products},
        "following": None if visit.typed.fields else following,
        "is_first": page.after is None,
        "is_possible": session.state in {"planned", "open"},
    }
    status = 422 if faults else 200
    return Shown(template="sessions/change.html.jinja", context=context, status=status)


async def _goods(visit: Visit, rows: Sequence[Row], faults: Sequence[Fault]) -> dict[str, object]:
    """What the part of the form with the products speaks of."""
    database, caller, text = visit.database, visit.caller, visit.typed.text("find")[:100]
    results = granted(await sales_sessions.search_offered_goods(database, caller, text))
    inner = [ids.from_wire(ids.VARIANT, row.variant) for row in rows]
    offered = granted(
        await sales_sessions.find_offered_goods(database, caller, [each for each in inner if each])
    )
    known = {each.variant: each for each in offered}
    chosen = {row.variant for row in rows}
    return {
        "rows": [msgspec.structs.replace(row, told=known.get(row.variant)) for row in rows],
        "find": text,
        "results": [each for each in results if each.variant not in chosen],
        "faults": faults,
        "sold": {},
        "zone": visit.words.time_zone,
        "currency": visit.guest.me.organisation.currency,
        "belongs_to": "/sales-sessions",
    }


_TIMES: Final = ("name", "opens_at", "closes_at")

PAGES: Final = (
    Page(
        method="GET",
        path="/sales-sessions/new",
        summary="Ask for a new sales session",
        handler=show_new,
        scope=Scope.ORDERS_WRITE,
    ),
    Page(
        method="POST",
        path="/sales-sessions/new",
        summary="Open a sales session",
        handler=do_new,
        scope=Scope.ORDERS_WRITE,
        fields=("reference", *_TIMES, *_ROW_FIELDS),
    ),
    Page(
        method="GET",
        path="/sales-sessions/{sales_session}/change",
        summary="Ask what to change of a sales session",
        handler=show_change,
        scope=Scope.ORDERS_WRITE,
        query=("cursor",),
    ),
    Page(
        method="POST",
        path="/sales-sessions/{sales_session}/change",
        summary="Change the name and the times of a sales session",
        handler=do_change,
        scope=Scope.ORDERS_WRITE,
        fields=_TIMES,
    ),
    Page(
        method="POST",
        path="/sales-sessions/{sales_session}/products",
        summary="Change what a sales session sells, how much of it and at what price",
        handler=do_products,
        scope=Scope.ORDERS_WRITE,
        fields=_ROW_FIELDS,
    ),
    Page(
        method="POST",
        path="/sales-sessions/{sales_session}/products/remove",
        summary="Take a product out of a sales session",
        handler=do_remove,
        scope=Scope.ORDERS_WRITE,
        fields=_ROW_FIELDS,
    ),
)
