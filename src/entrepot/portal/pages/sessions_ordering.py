"""Ordering for a customer in a sales session by hand: one says how much of each product it sells.

Each press of a button draws the form again with what was typed; only `place` does something.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from entrepot import orders, sales_sessions
from entrepot.infra.clock import utc_now
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Fault, Refusal
from entrepot.orders import OrderAnswer, PlaceOrder, WantedLine
from entrepot.portal.pages.orders_acts import HOLD_MINUTES, renumbered
from entrepot.portal.pages.sessions import head_of, session_of
from entrepot.portal.pages.sessions_words import Sold, draw_sold
from entrepot.portal.routes import Elsewhere, Outcome, Page, Shown, Visit, done, found
from entrepot.sales_sessions import ShownProduct, ShownSession

OFFERED_MAX: Final = 30
"""Products that one page offers; others are searched for."""
_ANSWER: Final = msgspec.json.Decoder(OrderAnswer)


class Wanted(msgspec.Struct, frozen=True):
    """A product of the form, and how much of it is typed in."""

    number: int
    sold: Sold
    quantity: str


async def show_order(visit: Visit) -> Outcome:
    """Ask what a customer orders in a session."""
    return _order_page(visit, await _session(visit))


async def do_order(visit: Visit) -> Outcome:
    """Place a customer's order in a session; or draw the form again, as the button says."""
    typed, services, shown = visit.typed, visit.services, await _session(visit)
    if typed.text("step") != "place":
        return _order_page(visit, shown)
    reference = typed.needed("reference")
    is_paid = typed.choice("paid", ("later", "now"), "later") == "now"
    minutes = typed.whole("hold_minutes")
    lines, numbers = [], []
    for number, each in enumerate(_rows(visit, shown)):
        quantity = typed.number_of(each.quantity, f"lines[{number}].quantity")
        if quantity is not None and quantity != 0:
            numbers.append(number)
            inner = each.sold.it.variant.removeprefix(ids.VARIANT)
            lines.append(WantedLine(inner, quantity))
    if not lines and not typed.faults:
        typed.find("orders.no_lines", "Fill in how much, at one product at least.", "lines")
    if typed.refusal is not None:
        return _order_page(visit, shown, typed.refusal)
    command = PlaceOrder(
        services.desk.new_id(),
        reference,
        "session",
        "refuse_short",
        tuple(lines),
        is_paid,
        hold_minutes=HOLD_MINUTES[0] if minutes is None else minutes,
        window=shown.session.inner_id,
    )
    key = visit.sent("place_session_order").key
    answer = await orders.place_order(services.desk, visit.caller, command, key, visit.request)
    refusal = done(answer)
    if refusal is not None or isinstance(answer, Refusal):
        faults = () if refusal is None else refusal.faults
        at_rows = Refusal(tuple([_at_row(renumbered(fault, numbers)) for fault in faults]))
        return _order_page(visit, shown, at_rows)
    placed = _ANSWER.decode(answer.body)
    said = visit.words("All of it is held until it is paid.")
    if placed.payment_status == "paid":
        said = visit.words("All of it is held, and stays so until the session closes.")
    return Elsewhere(address=f"/orders/{placed.id}", said=said)


async def _session(visit: Visit) -> ShownSession:
    return found(
        await sales_sessions.find_sales_session(visit.database, visit.caller, session_of(visit))
    )


def _rows(visit: Visit, shown: ShownSession) -> list[Wanted]:
    """What stands in the form: what was filled in, and the products that the search finds."""
    typed = visit.typed
    filled: Mapping[str, str] = {
        variant: quantity
        for variant, quantity in zip(typed.all("variant"), typed.all("quantity"), strict=False)
        if quantity
    }
    text = typed.text("find").lower()
    fitting = [each for each in shown.products if _fits(each, text)][:OFFERED_MAX]
    offered = {each.variant for each in fitting}
    shown_now = [each for each in shown.products if each.variant in offered | filled.keys()]
    return [
        Wanted(number, draw_sold(each), filled.get(each.variant, ""))
        for number, each in enumerate(shown_now)
    ]


def _fits(product: ShownProduct, text: str) -> bool:
    return text in f"{product.sku} {product.name} {product.producer_name}".lower()


def _at_row(fault: Fault) -> Fault:
    """The same fault beside the one field that a row has."""
    row, dot, _ = (fault.field or "").partition(".")
    return Fault(fault.code, fault.message, f"{row}.quantity", fault.facts) if dot else fault


def _order_page(visit: Visit, shown: ShownSession, refusal: Refusal | None = None) -> Shown:
    typed = visit.typed
    moment = utc_now().astimezone(visit.words.zone)
    context = {
        **head_of(visit, shown.session),
        "rows": _rows(visit, shown),
        "is_cut": len(shown.products) > OFFERED_MAX,
        "find": typed.text("find")[:100],
        "reference": typed.text("reference", f"{moment:%Y%m%d-%H%M%S}"),
        "paid": typed.text("paid", "later"),
        "hold_minutes": typed.text("hold_minutes", str(HOLD_MINUTES[0])),
        "faults": () if refusal is None else refusal.faults,
        "currency": visit.guest.me.organisation.currency,
    }
    return Shown(
        template="sessions/order.html.jinja", context=context, status=422 if refusal else 200
    )


PAGES: Final = (
    Page(
        method="GET",
        path="/sales-sessions/{sales_session}/order",
        summary="Ask what a customer orders in a sales session",
        handler=show_order,
        scope=Scope.ORDERS_WRITE,
    ),
    Page(
        method="POST",
        path="/sales-sessions/{sales_session}/order",
        summary="Place a customer's order in a sales session",
        handler=do_order,
        scope=Scope.ORDERS_WRITE,
        fields=("reference", "paid", "hold_minutes", "variant", "quantity", "find", "step"),
    ),
)
