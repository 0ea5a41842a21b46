"""Acts on a seller invoice: ship it, ask the money back, and the steps of a refund request.

What of each line is said on a page of its own; the steps of a refund request are buttons on the
invoice. Each refusal stands beside its field, or at the top of the page that asked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Final, Literal, TypeAlias

import msgspec

from entrepot import orders
from entrepot.infra.clock import utc_now
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Fault, Refusal
from entrepot.orders import (
    NewRefund,
    NewShipment,
    RefundCompletion,
    RefundLine,
    RefundStep,
    ShownInvoice,
    ShownInvoiceLine,
    ShownRefundRequest,
)
from entrepot.portal.forms import NUMBER_NOT_VALID
from entrepot.portal.pages.market_words import carrier_name, name_of
from entrepot.portal.pages.orders_acts import all_renumbered, typed_parts
from entrepot.portal.pages.seller_invoices import SIDES, invoice_of, invoice_page
from entrepot.portal.routes import (
    Elsewhere,
    Handler,
    NothingHereError,
    Outcome,
    Page,
    Shown,
    Visit,
    done,
    granted,
)

Doing: TypeAlias = Literal["ship", "cancel", "return"]

LINES_SHOWN: Final = 50
"""Lines in one form; an invoice may have a thousand."""
_NO_CARRIER: Final = 0
"""No carrier has this number."""
RESTOCKS: Final[dict[Doing, str]] = {"cancel": "yes", "return": "no"}
"""Whether goods that were cancelled or came back can be sold again, if nothing else is said."""


class Share(msgspec.Struct, frozen=True):
    """A line of which a part may be named: how much at most, and what stands in its field."""

    number: int
    line: ShownInvoiceLine
    most: str
    typed: str


async def show_ship(visit: Visit) -> Outcome:
    """Ask what of an invoice leaves, and with whom."""
    return await _asking(visit, "ship")


async def do_ship(visit: Visit) -> Outcome:
    """Let goods of an invoice leave in one shipment."""
    invoice, _side = await invoice_of(visit)
    typed = visit.typed
    numbers, parts = typed_parts(visit)
    carrier = typed.text("carrier")
    day = typed.day("dispatched_on")
    if day is None and not typed.text("dispatched_on"):
        typed.needed("dispatched_on")
    tracking_number = typed.needed("tracking_number")
    if typed.refusal is not None or day is None:
        return await _asking(visit, "ship", typed.refusal)
    new = NewShipment(
        invoice.id.removeprefix(ids.INVOICE),
        parts,
        int(carrier) if carrier.isdecimal() and len(carrier) < 10 else _NO_CARRIER,  # noqa: PLR2004 - far more than there are
        tracking_number,
        day,
        typed.text("note") or None,
    )
    answer = await orders.ship_invoice(
        visit.services.desk, visit.caller, new, visit.sent("ship_invoice").key, visit.request
    )
    refusal = done(answer)
    if refusal is not None:
        return await _asking(visit, "ship", all_renumbered(refusal, numbers))
    return Elsewhere(address=f"/seller-invoices/{invoice.id}", said=visit.words("Shipped."))


async def show_cancel(visit: Visit) -> Outcome:
    """Ask what of an invoice is not to leave."""
    return await _asking(visit, "cancel")


async def do_cancel(visit: Visit) -> Outcome:
    """Ask to cancel goods that have not left, and for their money."""
    return await _request(visit, "cancel", visit.words("They are no longer to be shipped."))


async def show_return(visit: Visit) -> Outcome:
    """Ask what of an invoice comes back."""
    return await _asking(visit, "return")


async def do_return(visit: Visit) -> Outcome:
    """Ask for the money of goods that come back."""
    return await _request(visit, "return", visit.words("The return is written down."))


async def do_take_back(visit: Visit) -> Outcome:
    """Say that the goods of a refund request are back, or will not leave."""
    step = RefundStep(_refund_of(visit), _notes(visit))
    said = visit.words("The goods are there; the money can go back.")
    return await _step(visit, orders.take_back_refund, step, said)


async def do_complete(visit: Visit) -> Outcome:
    """Say that the money of a refund request went back."""
    refund = await _refund(visit)
    typed = visit.typed
    amount = typed.number("cash_amount")
    cash = None if amount is None else amount.scaleb(refund.minor_digits)
    if cash is not None and cash != cash.to_integral_value():
        typed.find(NUMBER_NOT_VALID, "Write it in whole cents.", "cash_amount", typed=str(amount))
    if typed.refusal is not None:
        return await _refused(visit, refund, typed.refusal)
    completion = RefundCompletion(
        _refund_of(visit), _notes(visit), None if cash is None else int(cash)
    )
    said = visit.words("The money went back.")
    return await _step(visit, orders.complete_refund, completion, said)


async def do_deny(visit: Visit) -> Outcome:
    """Deny a refund request."""
    step = RefundStep(_refund_of(visit), _notes(visit))
    said = visit.words("The refund is denied.")
    return await _step(visit, orders.deny_refund, step, said)


async def do_restore(visit: Visit) -> Outcome:
    """Take the denial of a refund request back."""
    step = RefundStep(_refund_of(visit), _notes(visit))
    said = visit.words("The refund request stands again.")
    return await _step(visit, orders.restore_refund, step, said)


async def _request(visit: Visit, doing: Doing, said: str) -> Outcome:
    """Make a refund request of what was filled in."""
    invoice, _side = await invoice_of(visit)
    typed = visit.typed
    numbers, parts = typed_parts(visit)
    restock = typed.choice("restock", ("yes", "no"), RESTOCKS[doing]) == "yes"
    if typed.refusal is not None:
        return await _asking(visit, doing, typed.refusal)
    reason = typed.text("reason") or None
    lines = tuple(
        [RefundLine(each.line, each.quantity, doing == "return", reason) for each in parts]
    )
    new = NewRefund(invoice.id.removeprefix(ids.INVOICE), lines, _notes(visit), restock=restock)
    key = visit.sent(f"{doing}_refund").key
    answer = await orders.request_refund(visit.services.desk, visit.caller, new, key, visit.request)
    refusal = done(answer)
    if refusal is not None:
        return await _asking(visit, doing, all_renumbered(refusal, numbers))
    return Elsewhere(address=f"/seller-invoices/{invoice.id}", said=said)


Act: TypeAlias = Callable[..., Awaitable[orders.Answer]]


async def _step(visit: Visit, act: Act, step: RefundStep | RefundCompletion, said: str) -> Outcome:
    """Take a step of a refund request; where it is refused, its invoice says why."""
    refund = await _refund(visit)
    key = visit.sent(act.__name__).key
    answer = await act(visit.services.desk, visit.caller, step, key, visit.request)
    refusal = done(answer)
    if refusal is not None:
        return await _refused(visit, refund, refusal)
    return Elsewhere(address=f"/seller-invoices/{refund.invoice}", said=said)


async def _refused(visit: Visit, refund: ShownRefundRequest, refusal: Refusal) -> Outcome:
    """The page of a refund request's invoice, with why a step was refused."""
    invoice, side = await invoice_of(visit, refund.invoice)
    faults = [
        Fault(each.code, each.message, f"cash_amount-{refund.id}", each.facts)
        if each.field == "cash_amount"
        else Fault(each.code, each.message, None, each.facts)
        for each in refusal.faults
    ]
    return invoice_page(visit, invoice, side, faults)


async def _refund(visit: Visit) -> ShownRefundRequest:
    """The refund request that the address names; a foreign one is like an absent one."""
    refund = _refund_of(visit)
    for side in SIDES:
        if side in visit.guest.sides:
            shown = await orders.find_refund_request(visit.database, visit.caller, refund, side)
            if not isinstance(shown, Refusal):
                return shown
    raise NothingHereError


def _refund_of(visit: Visit) -> Id:
    refund = ids.from_wire(ids.REFUND_REQUEST, visit.path["refund_request"])
    if refund is None:
        raise NothingHereError
    return refund


def _notes(visit: Visit) -> tuple[str, ...]:
    note = visit.typed.text("note")
    return (note,) if note else ()


async def _asking(visit: Visit, doing: Doing, refusal: Refusal | None = None) -> Shown:
    """The page that asks how much of each line; without anything to act on, it says so."""
    invoice, side = await invoice_of(visit)
    shares = _shares(visit, invoice, doing)
    carriers = []
    if doing == "ship":
        carriers = granted(orders.list_shipment_carriers(visit.caller))
    today = utc_now().astimezone(visit.words.zone).date().isoformat()
    typed = visit.typed
    context = {
        "invoice": invoice,
        "side": side,
        "buyer": name_of(invoice.buyer),
        "doing": doing,
        "shares": shares[:LINES_SHOWN],
        "is_cut": len(shares) > LINES_SHOWN,
        "carriers": [
            (str(each.legacy_id), carrier_name(visit.words, each.legacy_id, each.name))
            for each in carriers
        ],
        "carrier": typed.text("carrier"),
        "tracking_number": typed.text("tracking_number"),
        "dispatched_on": typed.text("dispatched_on", today),
        "reason": typed.text("reason"),
        "note": typed.text("note"),
        "restock": typed.text("restock", RESTOCKS.get(doing, "")),
        "faults": () if refusal is None else [_placed(each) for each in refusal.faults],
        "belongs_to": "/seller-invoices",
    }
    return Shown(
        template="market/parts.html.jinja", context=context, status=422 if refusal else 200
    )


def _placed(fault: Fault) -> Fault:
    """The same fault beside the field that the form has for it."""
    field = fault.field or ""
    if field.endswith(".reason"):
        field = "reason"
    elif field.startswith("notes"):
        field = "note"
    elif field.endswith(".line"):
        field = "lines"
    return Fault(fault.code, fault.message, field or None, fault.facts)


def _shares(visit: Visit, invoice: ShownInvoice, doing: Doing) -> list[Share]:
    """The lines that something may be taken of, with what was typed, or all of it to ship."""
    texts = dict(zip(visit.typed.all("line"), visit.typed.all("quantity"), strict=False))
    able = [(line, _most(line, doing)) for line in invoice.lines]
    return [
        Share(
            number,
            line,
            most,
            texts.get(str(line.line), visit.words.quantity(most) if doing == "ship" else ""),
        )
        for number, (line, most) in enumerate([each for each in able if Decimal(each[1]) > 0])
    ]


def _most(line: ShownInvoiceLine, doing: Doing) -> str:
    return line.quantity_returnable if doing == "return" else line.quantity_awaiting_dispatch


def _page(path: str, summary: str, handler: Handler) -> Page:
    return Page(
        method="GET", path=path, summary=summary, handler=handler, scope=Scope.MARKETPLACE_WRITE
    )


def _act(path: str, summary: str, handler: Handler, *fields: str) -> Page:
    return Page(
        method="POST",
        path=path,
        summary=summary,
        handler=handler,
        scope=Scope.MARKETPLACE_WRITE,
        fields=fields,
    )


_INVOICE: Final = "/seller-invoices/{invoice}"
_REFUND: Final = "/refund-requests/{refund_request}"
_ASKED: Final = ("line", "quantity", "reason", "note", "restock")
_SHIPPED: Final = ("line", "quantity", "carrier", "tracking_number", "dispatched_on", "note")

PAGES: Final = (
    _page(f"{_INVOICE}/ship", "Ask what of an invoice leaves, and with whom", show_ship),
    _act(f"{_INVOICE}/ship", "Let goods of an invoice leave", do_ship, *_SHIPPED),
    _page(f"{_INVOICE}/cancel", "Ask what of an invoice is not to leave", show_cancel),
    _act(f"{_INVOICE}/cancel", "Ask to cancel goods that have not left", do_cancel, *_ASKED),
    _page(f"{_INVOICE}/return", "Ask what of an invoice comes back", show_return),
    _act(f"{_INVOICE}/return", "Ask for the money of goods that come back", do_return, *_ASKED),
    _act(f"{_REFUND}/take-back", "Say that its goods are there", do_take_back, "note"),
    _act(f"{_REFUND}/complete", "Say that the money went back", do_complete, "cash_amount", "note"),
    _act(f"{_REFUND}/deny", "Deny a refund request", do_deny, "note"),
    _act(f"{_REFUND}/restore", "Take the denial of a refund request back", do_restore, "note"),
)
