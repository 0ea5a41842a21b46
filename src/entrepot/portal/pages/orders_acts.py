"""Acts on one order: pay, cancel, ship, take back, move in the queue. Each refusal beside its line.

Cancelling, shipping and taking back have a page of their own, where one says how much of each line.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

import msgspec

from entrepot import catalogue, orders
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import quantity_text
from entrepot.kernel.refusal import Fault, Refusal
from entrepot.orders import Answer as Answered
from entrepot.orders import (
    CancelOrder,
    LineQuantity,
    OrderAnswer,
    PlaceDraft,
    PrioritiseOrder,
    RecordPayment,
    ReturnGoods,
    ShipOrder,
    ShownLine,
    ShownOrder,
    ShownTransfer,
)
from entrepot.portal.pages.orders import LINES_SHOWN, order_of, order_page
from entrepot.portal.pages.orders_words import left_out
from entrepot.portal.routes import (
    Elsewhere,
    Handler,
    Outcome,
    Page,
    Shown,
    Visit,
    done,
    found,
    granted,
)
from entrepot.portal.words import Words

HOLD_MINUTES: Final = (30, 120, 1440, 10_080)
"""How long an unpaid order may hold goods, as offered."""
_ANSWER: Final = msgspec.json.Decoder(OrderAnswer)
_ZERO: Final = Decimal(0)
_FIELDS: Final = {".line": ".quantity", ".variant": ".sku", ".unit_price": ".price"}
"""The names that forms have for the fields of a line, where they differ."""


class Share(msgspec.Struct, frozen=True):
    """A line of which a part may be named: how much at most, and what stands in its field."""

    number: int
    line: ShownLine
    most: str
    typed: str


class Doing(msgspec.Struct, frozen=True):
    """One way to act on parts of lines: what it may take of each, and how much is usual."""

    may: str
    most: Callable[[ShownLine], str]
    is_usual_all: bool


CANCELLING: Final = Doing("cancel", lambda line: line.open, is_usual_all=True)
SHIPPING: Final = Doing("ship", lambda line: line.held, is_usual_all=True)
RETURNING: Final = Doing("return", lambda line: line.returnable, is_usual_all=False)


async def do_place(visit: Visit) -> Outcome:
    """Place a draft as it stands."""
    order, typed, services = order_of(visit), visit.typed, visit.services
    is_paid = typed.choice("paid", ("later", "now"), "later") == "now"
    minutes = typed.whole("hold_minutes")
    if typed.refusal is not None:
        return await order_page(visit, order, typed.refusal.faults, 422)
    command = PlaceDraft(order, is_paid, HOLD_MINUTES[0] if minutes is None else minutes)
    key = visit.sent("place_draft").key
    answer = await orders.place_draft(services.desk, visit.caller, command, key, visit.request)
    refusal = done(answer)
    if refusal is not None:
        return await order_page(visit, order, refusal.faults, 422)
    return shown_after(visit, order, answer)


async def do_pay(visit: Visit) -> Outcome:
    """Write how a payment ended."""
    order, services = order_of(visit), visit.services
    succeeded = visit.typed.choice("succeeded", ("yes", "no")) == "yes"
    if visit.typed.refusal is not None:
        return await order_page(visit, order, visit.typed.refusal.faults, 422)
    key = visit.sent("record_payment").key
    answer = await orders.record_payment(
        services.desk, visit.caller, RecordPayment(order, succeeded), key, visit.request
    )
    refusal = done(answer)
    if refusal is not None:
        return await order_page(visit, order, refusal.faults, 422)
    words = visit.words
    if not succeeded:
        said = words("The payment failed: the order is cancelled, and what it held is free again.")
        return Elsewhere(address=address_of(order), said=said)
    return shown_after(visit, order, answer, words("The payment is written down."))


async def do_prioritise(visit: Visit) -> Outcome:
    """Move an order in the queue of those that wait."""
    order, typed, services = order_of(visit), visit.typed, visit.services
    typed.needed("priority")
    priority = typed.whole("priority")
    if typed.refusal is not None or priority is None:
        return await order_page(visit, order, tuple(typed.faults), 422)
    key = visit.sent("prioritise_order").key
    answer = await orders.prioritise_order(
        services.desk, visit.caller, PrioritiseOrder(order, priority), key, visit.request
    )
    refusal = done(answer)
    if refusal is not None:
        return await order_page(visit, order, refusal.faults, 422)
    said = visit.words("Its priority is %(priority)s now.", priority=priority)
    return Elsewhere(address=address_of(order), said=said)


async def show_cancel(visit: Visit) -> Outcome:
    """Ask what of each line is to be cancelled, and say what becomes of it."""
    return await _parts_page(visit, CANCELLING)


async def do_cancel(visit: Visit) -> Outcome:
    """Cancel what was not shipped: all of it, or the quantities named."""
    order, services = order_of(visit), visit.services
    numbers, parts = _parts_or_all(visit)
    if visit.typed.refusal is not None:
        return await _parts_page(visit, CANCELLING, visit.typed.refusal)
    key = visit.sent("cancel_order").key
    answer = await orders.cancel_order(
        services.desk, visit.caller, CancelOrder(order, parts), key, visit.request
    )
    refusal = done(answer)
    if refusal is not None:
        return await _parts_page(visit, CANCELLING, all_renumbered(refusal, numbers))
    return Elsewhere(address=address_of(order), said=visit.words("Cancelled."))


async def show_ship(visit: Visit) -> Outcome:
    """Ask what of each line leaves."""
    return await _parts_page(visit, SHIPPING)


async def do_ship(visit: Visit) -> Outcome:
    """Let goods leave."""
    order, services = order_of(visit), visit.services
    numbers, parts = _parts_or_all(visit)
    if visit.typed.refusal is not None:
        return await _parts_page(visit, SHIPPING, visit.typed.refusal)
    key = visit.sent("ship_order").key
    answer = await orders.ship_order(
        services.desk, visit.caller, ShipOrder(order, parts), key, visit.request
    )
    refusal = done(answer)
    if refusal is not None:
        return await _parts_page(visit, SHIPPING, all_renumbered(refusal, numbers))
    return Elsewhere(address=address_of(order), said=visit.words("Shipped."))


async def show_return(visit: Visit) -> Outcome:
    """Ask what of each line came back, and where it lies now."""
    return await _parts_page(visit, RETURNING)


async def do_return(visit: Visit) -> Outcome:
    """Let shipped goods come back."""
    order, typed, services = order_of(visit), visit.typed, visit.services
    numbers, parts = typed_parts(visit)
    named = typed.text("location")
    location = ids.from_wire(ids.LOCATION, named)
    if named and location is None:
        typed.find("portal.choice_not_valid", "Choose one of these.", "location")
    if typed.refusal is not None:
        return await _parts_page(visit, RETURNING, typed.refusal)
    key = visit.sent("return_goods").key
    answer = await orders.return_goods(
        services.desk, visit.caller, ReturnGoods(order, parts, location), key, visit.request
    )
    refusal = done(answer)
    if refusal is not None:
        return await _parts_page(visit, RETURNING, all_renumbered(refusal, numbers))
    said = visit.words("The goods are back in stock.")
    return Elsewhere(address=address_of(order), said=said)


def address_of(order: Id) -> str:
    """The page of an order."""
    return f"/orders/{ids.ORDER}{order}"


def shown_after(visit: Visit, order: Id, answer: Answered, said: str = "") -> Elsewhere:
    """The page of an order that was placed, paid or changed, which says what became of it.

    Where a part of it waits or was left out, that is no plain success.
    """
    assert not isinstance(answer, Refusal), "a refusal is shown with its form"
    became = _ANSWER.decode(answer.body)
    is_pending = became.status == "waiting" or became.followed_by is not None
    return Elsewhere(
        address=address_of(order),
        said=f"{said} {_told(visit.words, became)}".strip(),
        is_pending=is_pending or bool(became.dropped_lines),
    )


def _told(words: Words, order: OrderAnswer) -> str:
    """What became of an order."""
    said = {
        "draft": words("Saved as a draft; nothing is held for it yet."),
        "held": words("All of it is held until it is paid."),
        "waiting": words("It waits: below stands what is missing, and what would release it."),
    }.get(order.status, words("All of it is held, and it can be shipped."))
    if order.followed_by is not None:
        said = words("What is there can be shipped; the rest waits as an order of its own.")
    dropped = len(order.dropped_lines)
    if dropped:
        said += " " + left_out(words, dropped)
    moved = sum((Decimal(each.quantity) for each in order.transferred if not each.reverses), _ZERO)
    if moved:
        said += " " + words("%(units)s passed from partners for it.", units=words.quantity(moved))
    return said


def _parts_or_all(visit: Visit) -> tuple[list[int], tuple[LineQuantity, ...] | None]:
    """The parts of lines that were filled in; None where all of the order was meant."""
    return ([], None) if visit.typed.ticked("all") else typed_parts(visit)


def typed_parts(visit: Visit) -> tuple[list[int], tuple[LineQuantity, ...]]:
    """The parts of lines that were filled in, and the number of the row of each."""
    typed = visit.typed
    numbers: list[int] = []
    parts: list[LineQuantity] = []
    texts = zip(typed.all("line"), typed.all("quantity"), strict=False)
    for number, (line, text) in enumerate(texts):
        quantity = typed.number_of(text, f"lines[{number}].quantity")
        if quantity is not None and quantity != 0 and line.isdecimal() and len(line) < 10:  # noqa: PLR2004 - lines have four digits at most
            numbers.append(number)
            parts.append(LineQuantity(int(line), quantity))
    if not typed.faults and not parts:
        typed.find("orders.no_lines", "Fill in how much, at one line at least.", "lines")
    return numbers, tuple(parts)


def all_renumbered(refusal: Refusal, numbers: list[int]) -> Refusal:
    """The same refusal, whose faults name the rows of the form."""
    return Refusal(tuple([renumbered(fault, numbers) for fault in refusal.faults]))


def renumbered(fault: Fault, numbers: list[int]) -> Fault:
    """The same fault at the row of the form that its line came from."""
    before, bracket, rest = (fault.field or "").partition("[")
    index, _, after = rest.partition("]")
    if before != "lines" or not bracket or not index.isdecimal() or int(index) >= len(numbers):
        return fault
    field = f"lines[{numbers[int(index)]}]{_FIELDS.get(after, after)}"
    return Fault(fault.code, fault.message, field, fault.facts)


async def _parts_page(visit: Visit, doing: Doing, refusal: Refusal | None = None) -> Shown:
    """The page that asks how much of each line; without anything to act on, it says so."""
    order = order_of(visit)
    shown = found(await orders.show_order(visit.database, visit.caller, order))
    locations = []
    if doing is RETURNING and visit.guest.may(Scope.CATALOGUE_READ):
        locations = granted(await catalogue.list_locations(visit.database, visit.caller))
    context = {
        "order": shown,
        "doing": doing.may,
        "is_possible": doing.may in shown.may,
        "shares": _shares(visit, shown, doing)[:LINES_SHOWN],
        "is_cut": len(_shares(visit, shown, doing)) > LINES_SHOWN,
        "goes_back": _goes_back(shown) if doing is CANCELLING else (),
        "locations": [(each.id, f"{each.code} {each.name}") for each in locations],
        "location": visit.typed.text("location"),
        "faults": () if refusal is None else refusal.faults,
    }
    return Shown(
        template="orders/parts.html.jinja", context=context, status=422 if refusal else 200
    )


def _goes_back(shown: ShownOrder) -> list[tuple[ShownLine, ShownTransfer, str]]:
    """What passed for the lines and is still here, so that cancelling concerns it: at most so much.

    The youngest transfer goes first, as cancelling has it.
    """
    found: list[tuple[ShownLine, ShownTransfer, str]] = []
    for line in shown.lines:
        here = Decimal(line.held)
        for each in reversed(line.transfers):
            units = min(here, Decimal(each.left))
            here -= units
            if units:
                found.append((line, each, quantity_text(units)))
    return found


def _shares(visit: Visit, shown: ShownOrder, doing: Doing) -> list[Share]:
    """The lines that something may be taken of, with what was typed, or what is usual."""
    texts = dict(zip(visit.typed.all("line"), visit.typed.all("quantity"), strict=False))
    able = [line for line in shown.lines if doing.most(line) != "0"]
    usual = doing.is_usual_all
    return [
        Share(
            number,
            line,
            doing.most(line),
            texts.get(str(line.line), visit.words.quantity(doing.most(line)) if usual else ""),
        )
        for number, line in enumerate(able)
    ]


def _act(path: str, summary: str, handler: Handler, *fields: str) -> Page:
    return Page(
        method="POST",
        path=f"/orders/{{order}}{path}",
        summary=summary,
        handler=handler,
        scope=Scope.ORDERS_WRITE,
        fields=fields,
    )


def _asking(path: str, summary: str, handler: Handler) -> Page:
    return Page(
        method="GET",
        path=f"/orders/{{order}}{path}",
        summary=summary,
        handler=handler,
        scope=Scope.ORDERS_WRITE,
    )


PAGES: Final = (
    _act("/place", "Place a draft", do_place, "paid", "hold_minutes"),
    _act("/payment", "Write how the payment of an order ended", do_pay, "succeeded"),
    _act("/priority", "Move a waiting order in the queue", do_prioritise, "priority"),
    _asking("/cancel", "Ask what of an order to cancel", show_cancel),
    _act("/cancel", "Cancel what was not shipped", do_cancel, "line", "quantity", "all"),
    _asking("/ship", "Ask what of an order leaves", show_ship),
    _act("/ship", "Let goods leave", do_ship, "line", "quantity", "all"),
    _asking("/return", "Ask what of an order came back", show_return),
    _act("/return", "Take shipped goods back", do_return, "line", "quantity", "location"),
)
