"""Placing an order by hand, and changing the lines of one: skus are typed, or found by a search.

Each press of a button draws the form again with what was typed, so that all of it works without
scripts: `step` says which button. Only `place`, `draft` and `change` do something.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Final

import msgspec

from entrepot import orders, sales_sessions
from entrepot.infra.clock import utc_now
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Page as ListPage
from entrepot.kernel.refusal import Fault, Refusal
from entrepot.orders import (
    ChangeOrder,
    Orderable,
    OrderAnswer,
    PlaceOrder,
    Policy,
    ShownOrder,
    WantedLine,
)
from entrepot.portal.forms import FIELD_MISSING, read_number
from entrepot.portal.pages.orders import order_of
from entrepot.portal.pages.orders_acts import (
    HOLD_MINUTES,
    renumbered,
    shown_after,
)
from entrepot.portal.routes import Outcome, Page, Shown, Visit, done, found, granted
from entrepot.sales_sessions import SalesSessionFilter

ROWS_USUAL: Final = 3
SESSIONS_SHOWN: Final = 8
"""Open sales sessions that are offered to order in, at most: the newest."""
ROWS_MAX: Final = 60
"""Rows of the form; an order of more lines comes in by a program."""
POLICIES: Final[tuple[Policy, ...]] = (
    "ship_complete",
    "allow_split",
    "no_backorder",
    "line_by_line",
    "refuse_short",
)
DOING: Final = frozenset({"place", "draft", "change"})
_LINE_FIELDS: Final = ("sku", "quantity", "price", "step", "add", "remove", "find")
_ANSWER: Final = msgspec.json.Decoder(OrderAnswer)


class Row(msgspec.Struct, frozen=True):
    """A row of the form as typed, with what is known of its variant."""

    sku: str = ""
    quantity: str = ""
    price: str = ""
    told: Orderable | None = None
    here: Decimal = Decimal(0)
    """What the order itself holds of it, which a change may use again."""
    beyond: Decimal | None = None
    """How much more was asked for than there is now; None where there is enough."""
    waits_for_payment: bool = False
    """Whether there is enough, but only with what partners give once the order is paid."""
    is_unpaid: bool = False
    """Whether partners give nothing yet, so that only one's own counts."""
    is_added: bool = False
    """Whether it was just picked among what was found, so that its quantity is the least."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands in it."""
        return not (self.sku or self.quantity)


class Total(msgspec.Struct, frozen=True):
    """What the lines come to, ex VAT: of so many that have a price, beside those that have none."""

    amount: Decimal = Decimal(0)
    lines: int = 0
    unpriced: int = 0


async def show_new(visit: Visit) -> Outcome:
    """Ask for a new order; an address may name what it begins with."""
    query = visit.query
    texts = zip(query.all("sku"), [*query.all("quantity"), *[""] * ROWS_MAX], strict=False)
    rows = [Row(sku, quantity) for sku, quantity in texts][:ROWS_MAX]
    return await _new_page(visit, rows)


async def do_new(visit: Visit) -> Outcome:
    """Place a new order or save it as a draft; or draw the form again, as the button says."""
    typed, services = visit.typed, visit.services
    rows, is_done = _edited(visit)
    if not is_done:
        return await _new_page(visit, rows)
    reference = typed.needed("reference")
    policy = typed.choice("policy", POLICIES, POLICIES[0])
    is_paid = typed.choice("paid", ("later", "now"), "later") == "now"
    minutes = typed.whole("hold_minutes")
    numbers, lines = await _wanted(visit, rows)
    if typed.refusal is not None:
        return await _new_page(visit, rows, typed.refusal)
    is_draft = typed.text("step") == "draft"
    command = PlaceOrder(
        services.desk.new_id(),
        reference,
        "own",
        next(each for each in POLICIES if each == policy),
        lines,
        is_paid and not is_draft,
        is_draft,
        HOLD_MINUTES[0] if minutes is None else minutes,
    )
    key = visit.sent("place_order").key
    answer = await orders.place_order(services.desk, visit.caller, command, key, visit.request)
    refusal = done(answer)
    if refusal is not None or isinstance(answer, Refusal):
        faults = () if refusal is None else refusal.faults
        return await _new_page(visit, rows, _at_rows(faults, numbers))
    order = _ANSWER.decode(answer.body).id.removeprefix(ids.ORDER)
    return shown_after(visit, order, answer)


async def show_change(visit: Visit) -> Outcome:
    """Ask for the lines that an order shall have."""
    shown = await _changeable(visit)
    words = visit.words
    rows = [
        Row(
            line.sku,
            words.quantity(line.open),
            "" if line.unit_price is None else _price(visit, line.unit_price),
        )
        for line in shown.lines
        if line.open != "0"
    ]
    return await _change_page(visit, shown, rows)


async def do_change(visit: Visit) -> Outcome:
    """Replace the lines of an order; or draw the form again, as the button says."""
    shown, services = await _changeable(visit), visit.services
    rows, is_done = _edited(visit)
    if not is_done:
        return await _change_page(visit, shown, rows)
    numbers, lines = await _wanted(visit, rows)
    if visit.typed.refusal is not None:
        return await _change_page(visit, shown, rows, visit.typed.refusal)
    order = order_of(visit)
    key = visit.sent("change_order").key
    answer = await orders.change_order(
        services.desk, visit.caller, ChangeOrder(order, lines), key, visit.request
    )
    refusal = done(answer)
    if refusal is not None:
        return await _change_page(visit, shown, rows, _at_rows(refusal.faults, numbers))
    return shown_after(visit, order, answer, visit.words("Its lines are changed."))


async def _changeable(visit: Visit) -> ShownOrder:
    return found(await orders.show_order(visit.database, visit.caller, order_of(visit)))


def _edited(visit: Visit) -> tuple[list[Row], bool]:
    """The rows as typed, after what a button did to them; and whether it was one that does it."""
    typed = visit.typed
    skus = typed.all("sku")[:ROWS_MAX]
    quantities = [*typed.all("quantity"), *[""] * len(skus)]
    prices = [*typed.all("price"), *[""] * len(skus)]
    rows = [Row(*each) for each in zip(skus, quantities, prices, strict=False)]
    added, removed, step = typed.text("add"), typed.text("remove"), typed.text("step")
    if added:
        place = next((n for n, row in enumerate(rows) if row.is_empty), len(rows))
        rows[place : place + 1] = [Row(added, is_added=True)]
        return rows, False
    if removed.isdecimal() and len(removed) < 4:  # noqa: PLR2004 - there are at most 60 rows
        del rows[int(removed) : int(removed) + 1]
        return rows, False
    if step == "more":
        return [*rows, *[Row()] * ROWS_USUAL][:ROWS_MAX], False
    return rows, step in DOING


async def _wanted(visit: Visit, rows: Sequence[Row]) -> tuple[list[int], tuple[WantedLine, ...]]:
    """The lines that rows ask for, and the number of each one's row; faults are noted."""
    typed = visit.typed
    skus = sorted({row.sku for row in rows if row.sku})
    known = {each.sku: each for each in await _orderable(visit, skus)}
    numbers: list[int] = []
    lines: list[WantedLine] = []
    for number, row in enumerate(rows):
        if row.is_empty:
            continue
        before = f"lines[{number}]"
        quantity = typed.number_of(row.quantity, f"{before}.quantity")
        price = typed.number_of(row.price, f"{before}.price")
        variant = known.get(row.sku)
        if not row.sku:
            typed.find(FIELD_MISSING, "Fill this in.", f"{before}.sku")
        elif variant is None:
            says = "There is no such variant for you to order."
            typed.find("orders.unknown_variant", says, f"{before}.sku", sku=row.sku)
        if not row.quantity:
            typed.find(FIELD_MISSING, "Fill this in.", f"{before}.quantity")
        if variant is not None and quantity is not None:
            numbers.append(number)
            inner = variant.variant.removeprefix(ids.VARIANT)
            lines.append(WantedLine(inner, quantity, price))
    if not lines and not typed.faults:
        typed.find("orders.no_lines", "An order needs at least one line.", "lines")
    return numbers, tuple(lines)


async def _orderable(visit: Visit, skus: Sequence[str]) -> tuple[Orderable, ...]:
    if not skus:
        return ()
    return granted(await orders.find_orderable(visit.database, visit.caller, skus))


async def _told(
    visit: Visit, rows: Sequence[Row], holds: Mapping[str, Decimal], *, is_paid: bool
) -> list[Row]:
    """Rows with what is known of their variants: names, rules, and what can be promised now."""
    skus = sorted({row.sku for row in rows if row.sku})
    known = {each.sku: each for each in await _orderable(visit, skus)}
    asked: dict[str, Decimal] = {}
    told: list[Row] = []
    for row in rows:
        variant, here = known.get(row.sku), holds.get(row.sku, Decimal(0))
        text = row.quantity
        if row.is_added and variant is not None:
            text = visit.words.quantity(_least(variant))
        quantity = read_number(text, visit.words.language) if text else None
        asked[row.sku] = asked.get(row.sku, Decimal(0)) + (quantity or 0)
        beyond: Decimal | None = None
        there = None
        if variant is not None:
            there = variant.available_to_promise if is_paid else variant.own
        waits = False
        if variant is not None and there is not None:
            over = asked[row.sku] - here - Decimal(there)
            beyond = over if over > 0 else None
            whole = variant.available_to_promise
            waits = over > 0 and (whole is None or asked[row.sku] - here <= Decimal(whole))
        told.append(
            msgspec.structs.replace(
                row,
                quantity=text,
                told=variant,
                here=here,
                beyond=beyond,
                waits_for_payment=waits and not is_paid,
                is_unpaid=not is_paid,
            )
        )
    return told


def _least(variant: Orderable) -> Decimal:
    """The least that may be ordered of a variant: one, or its minimum, up to a multiple of it."""
    least = max(Decimal(variant.order_quantity_min), Decimal(1))
    multiple = Decimal(variant.order_quantity_multiple)
    if not multiple:
        return least
    return (least / multiple).to_integral_value(ROUND_CEILING) * multiple


def _total(rows: Sequence[Row], language: str) -> Total:
    """What the rows come to: at the price that was typed, else at what the variant costs."""
    total = Total()
    for row in rows:
        quantity = read_number(row.quantity, language) if row.quantity else None
        if row.told is None or not quantity:
            continue
        price = read_number(row.price, language) if row.price else row.told.retail_price
        if price is None:
            total = msgspec.structs.replace(total, unpriced=total.unpriced + 1)
            continue
        amount = total.amount + quantity * Decimal(price)
        total = Total(amount, total.lines + 1, total.unpriced)
    return total


def _at_rows(faults: Sequence[Fault], numbers: list[int]) -> Refusal:
    return Refusal(tuple([renumbered(fault, numbers) for fault in faults]))


async def _new_page(visit: Visit, rows: Sequence[Row], refusal: Refusal | None = None) -> Shown:
    typed = visit.typed
    shown = [*rows, *[Row()] * (ROWS_USUAL - len(rows))]
    moment = utc_now().astimezone(visit.words.zone)
    context = {
        **await _lines(visit, shown, {}, refusal, is_paid=typed.text("paid") == "now"),
        "sessions": granted(
            await sales_sessions.list_sales_sessions(
                visit.database, visit.caller, ListPage(SESSIONS_SHOWN), SalesSessionFilter("open")
            )
        )[:SESSIONS_SHOWN],
        "reference": typed.text("reference", f"{moment:%Y%m%d-%H%M%S}"),
        "policy": typed.text("policy", POLICIES[0]),
        "policies": POLICIES,
        "paid": typed.text("paid", "later"),
        "hold_minutes": typed.text("hold_minutes", str(HOLD_MINUTES[0])),
        "hold_choices": HOLD_MINUTES,
    }
    return Shown(template="orders/new.html.jinja", context=context, status=422 if refusal else 200)


async def _change_page(
    visit: Visit, order: ShownOrder, rows: Sequence[Row], refusal: Refusal | None = None
) -> Shown:
    holds: dict[str, Decimal] = {}
    for line in order.lines:
        holds[line.sku] = holds.get(line.sku, Decimal(0)) + Decimal(line.held)
    context = {
        **await _lines(
            visit, rows or [Row()], holds, refusal, is_paid=order.payment_status == "paid"
        ),
        "order": order,
        "is_possible": "change" in order.may and order.kind == "own",
        "is_too_long": len(order.lines) > ROWS_MAX,
        "most": ROWS_MAX,
    }
    return Shown(
        template="orders/change.html.jinja", context=context, status=422 if refusal else 200
    )


async def _lines(
    visit: Visit,
    rows: Sequence[Row],
    holds: Mapping[str, Decimal],
    refusal: Refusal | None,
    *,
    is_paid: bool,
) -> dict[str, object]:
    """What the part of the form with the lines speaks of."""
    is_done = visit.typed.text("step") in DOING
    text = "" if is_done else visit.typed.text("find")[:100]
    results = granted(await orders.search_orderable(visit.database, visit.caller, text))
    told = await _told(visit, rows, holds, is_paid=is_paid)
    return {
        "rows": told,
        "total": _total(told, visit.words.language),
        "find": text,
        "results": results,
        "faults": () if refusal is None else refusal.faults,
        "currency": visit.guest.me.organisation.currency,
    }


def _price(visit: Visit, price: str) -> str:
    """A price as it is typed in this language."""
    return price.replace(".", ",") if visit.words.language == "nl" else price


PAGES: Final = (
    Page(
        method="GET",
        path="/orders/new",
        summary="Ask for a new order",
        handler=show_new,
        scope=Scope.ORDERS_WRITE,
        query=("sku", "quantity"),
    ),
    Page(
        method="POST",
        path="/orders/new",
        summary="Place an order by hand, or save it as a draft",
        handler=do_new,
        scope=Scope.ORDERS_WRITE,
        fields=("reference", "policy", "paid", "hold_minutes", *_LINE_FIELDS),
    ),
    Page(
        method="GET",
        path="/orders/{order}/lines",
        summary="Ask for the lines that an order shall have",
        handler=show_change,
        scope=Scope.ORDERS_WRITE,
    ),
    Page(
        method="POST",
        path="/orders/{order}/lines",
        summary="Replace the lines of an order",
        handler=do_change,
        scope=Scope.ORDERS_WRITE,
        fields=_LINE_FIELDS,
    ),
)
