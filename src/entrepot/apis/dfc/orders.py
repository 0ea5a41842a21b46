"""Session orders of the platforms that serve a trader's customers (reference dfc.md, 3, 4 and 11).

A POST opens the one order that there is of a trader, session and producer, or adds to it; the same
lines sent again add nothing. A PUT says all lines anew. Held holds the goods, Complete ends the
order for good, Cancelled gives everything back.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import Final, TypeVar

from entrepot import sales_sessions
from entrepot.apis.dfc import errors
from entrepot.apis.dfc.addresses import Addresses
from entrepot.apis.dfc.parts import ReadLine
from entrepot.apis.dfc.problems import CREATED, OK, Headers, Reply
from entrepot.apis.dfc.reading import read_line, read_order, read_replacement
from entrepot.apis.dfc.routes import Call, Route, granted, page_of, show, show_page, tag_of
from entrepot.apis.dfc.writing import (
    Document,
    ShortLine,
    WrittenLine,
    WrittenOrder,
    WrittenSession,
    document_of,
    encode,
    shortage,
)
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Page
from entrepot.kernel.quantity import ZERO
from entrepot.kernel.refusal import Fault, Refusal, RefusedError, gather, refuse
from entrepot.orders import UNKNOWN_LINE, UNKNOWN_SALES_SESSION, UNKNOWN_VARIANT
from entrepot.sales_sessions import (
    Amendment,
    Face,
    NewSessionOrder,
    PlacedLine,
    PlacedOrder,
    PlacedSession,
    PlacedStatus,
)

Read = TypeVar("Read")
Amend = Callable[[PlacedOrder], Amendment | Refusal]

# One thread: expanding takes a millisecond for ten nodes, during which others have their turn, and
# the library's memory of contexts is not for several threads.
_READER: Final = ThreadPoolExecutor(1, thread_name_prefix="json-ld")
_SHORT: Final = "stock.insufficient_available"
REPLAYED: Final[Headers] = ((b"idempotent-replayed", b"true"),)
_FIELDS: Final = {"quantity": "quantity", "variant": "concerns"}


async def list_orders(call: Call) -> Reply:
    """Show the caller's session orders at a producer, newest first."""
    page = page_of(call, ids.ORDER)
    found = granted(
        await sales_sessions.list_placed_orders(
            call.services.database, call.caller, call.slug, page
        )
    )

    def write(rows: Sequence[PlacedOrder]) -> Document:
        return call.writer.orders([_order(row) for row in rows])

    return show_page(found, page, write, lambda row: ids.ORDER + row.id)


async def place_order(call: Call) -> Reply:
    """Open a session order, or add to the one there is."""
    read = await _read(call, read_order)
    if read.status == "cancelled":
        raise RefusedError(
            refuse(
                errors.STATUS_NOT_VALID,
                "An order begins as dfc-v:Draft, dfc-v:Held or dfc-v:Complete.",
                field="Order.hasOrderStatus",
            )
        )
    lines = [line for line in read.lines if line.quantity > ZERO]
    new = NewSessionOrder(
        None if read.session is None else read.session.begins_at,
        None if read.session is None else read.session.ends_at,
        _faces(call, lines),
        is_draft=read.status == "draft",
        is_final=read.status == "complete",
    )
    services = call.services
    written = await sales_sessions.place_session_order(
        services.desk, call.caller, call.slug, new, call.key, call.request
    )
    if isinstance(written, Refusal):
        return _refused(call, written, lines)
    order = written.order
    address = call.addresses.order(call.slug, ids.ORDER + order.id).encode("ascii")
    shown = _shown(call, order, replayed=written.replayed)
    status = CREATED if written.is_new else OK
    return shown._replace(status=status, headers=(*shown.headers, (b"location", address)))


async def find_order(call: Call) -> Reply:
    """Show one of the caller's session orders, in whatever state."""
    order = granted(
        await sales_sessions.find_placed_order(
            call.services.database, call.caller, call.slug, call.id_at("order", ids.ORDER)
        )
    )
    return _shown(call, order)


async def replace_order(call: Call) -> Reply:
    """Set all lines of a session order, and its status; answer with what it is then."""
    read = await _read(call, read_replacement)
    named = None if read.id is None else call.addresses.read_order(read.id)
    if named is not None and (named.slug, named.order) != (call.slug, call.path["order"]):
        raise RefusedError(
            refuse(
                errors.ANOTHER_ORDER,
                "The document is about another order than its address. Send it there.",
                field="Order",
                facts={"node": read.id},
            )
        )
    lines = [line for line in read.lines if line.quantity > ZERO]
    faces = _faces(call, lines)

    def amend(order: PlacedOrder) -> Amendment:
        status: PlacedStatus | None = read.status
        if status is None:
            status = "draft" if order.status == "draft" else "held"
        return Amendment(faces, status)

    answer = await _amend(call, amend, lines)
    return answer if isinstance(answer, Reply) else _shown(call, answer[0], replayed=answer[1])


async def cancel_order(call: Call) -> Reply:
    """Cancel a session order, which gives back all that it holds; it can still be read."""
    answer = await _amend(call, lambda _: Amendment((), "cancelled"), ())
    return answer if isinstance(answer, Reply) else _shown(call, answer[0], replayed=answer[1])


async def find_line(call: Call) -> Reply:
    """Show one line of a session order."""
    order = granted(
        await sales_sessions.find_placed_order(
            call.services.database, call.caller, call.slug, call.id_at("order", ids.ORDER)
        )
    )
    return _show_line(call, order, granted(_line_at(call, order)))


async def add_line(call: Call) -> Reply:
    """Add a line to a session order, or set the one of the same product."""
    read = await _read(call, read_line)
    (face,) = _faces(call, [read])
    before: set[tuple[str, bool]] = set()

    def amend(order: PlacedOrder) -> Amendment:
        before.clear()
        before.update(_product_of(line.face) for line in order.lines)
        return _with_line(order, face, [line.face for line in order.lines])

    answer = await _amend(call, amend, (read,))
    if isinstance(answer, Reply):
        return answer
    order, replayed = answer
    line = _line_of(order, face)
    if line is None:  # it was taken away
        return _shown(call, order, replayed=replayed)
    is_new = _product_of(face) not in before
    address = call.addresses.line(call.slug, ids.ORDER + order.id, line.line).encode("ascii")
    return _show_line(call, order, line, CREATED if is_new else OK, ((b"location", address),))


async def replace_line(call: Call) -> Reply:
    """Set one line of a session order; with a quantity of zero it is taken away."""
    read = await _read(call, read_line)
    (face,) = _faces(call, [read])

    def amend(order: PlacedOrder) -> Amendment | Refusal:
        line = _line_at(call, order)
        if isinstance(line, Refusal):
            return line
        return _with_line(order, face, [each.face for each in order.lines if each is not line])

    answer = await _amend(call, amend, (read,))
    if isinstance(answer, Reply):
        return answer
    order, replayed = answer
    line = _line_of(order, face)
    if line is None:
        return _shown(call, order, replayed=replayed)
    return _show_line(call, order, line)


async def list_sessions(call: Call) -> Reply:
    """Show the sessions in which the caller ordered from a producer, newest first."""
    page = page_of(call, ids.SALES_SESSION)
    found = granted(
        await sales_sessions.list_placed_sessions(
            call.services.database, call.caller, call.slug, page
        )
    )

    def write(rows: Sequence[PlacedSession]) -> Document:
        nodes = [call.writer.session(_session(row)) for row in rows]
        return document_of([{k: v for k, v in node.items() if k != "@context"} for node in nodes])

    return show_page(found, page, write, lambda row: ids.SALES_SESSION + row.id)


async def find_session(call: Call) -> Reply:
    """Show one session in which the caller ordered from a producer."""
    session = call.id_at("session", ids.SALES_SESSION)
    found: Sequence[PlacedSession] = ()
    if session:
        page = Page(1)
        found = granted(
            await sales_sessions.list_placed_sessions(
                call.services.database, call.caller, call.slug, page, session
            )
        )
    if not found:
        raise RefusedError(
            refuse(
                UNKNOWN_SALES_SESSION,
                "You ordered in no such sales session here. Check its address.",
                facts={"sales_session": call.path["session"]},
            )
        )
    return show(call.writer.session(_session(found[0])))


async def _read(call: Call, read: Callable[[bytes, Addresses], Read | Refusal]) -> Read:
    """Read a document, away from the requests that wait."""
    loop = asyncio.get_running_loop()
    return granted(await loop.run_in_executor(_READER, partial(read, call.body, call.addresses)))


def _faces(call: Call, lines: Sequence[ReadLine]) -> tuple[Face, ...]:
    """The faces that lines are of. Refuses products of others, all at once."""
    faces, faults = [], []
    for line in lines:
        found = call.addresses.read_product(line.product)
        if found is None or found.slug != call.slug:
            faults.append(
                Fault(
                    UNKNOWN_VARIANT,
                    "This producer has no such product. Read its SuppliedProducts again.",
                    f"{line.path}.concerns",
                    {"product": line.product},
                )
            )
        else:
            faces.append(Face(found.variant, line.quantity, found.is_case))
    refusal = gather(faults, errors.PRECEDENCE)
    if refusal is not None:
        raise RefusedError(refusal)
    return tuple(faces)


async def _amend(
    call: Call, amend: Amend, lines: Sequence[ReadLine]
) -> tuple[PlacedOrder, bool] | Reply:
    """Amend the order of the path, if it still is what If-Match says."""
    wanted = call.heads.get(b"if-match", b"*")

    def amend_if_it_matches(order: PlacedOrder) -> Amendment | Refusal:
        if wanted.strip() == b"*":
            return amend(order)
        if tag_of(_written(call, order)) not in [each.strip() for each in wanted.split(b",")]:
            return refuse(
                errors.ORDER_CHANGED,
                "The order is not any more what If-Match says. Read it again, then send.",
                field="If-Match",
            )
        amendment = amend(order)
        if isinstance(amendment, Refusal):
            return amendment
        return Amendment(amendment.lines, amendment.status, is_based=True)

    written = await sales_sessions.amend_session_order(
        call.services.desk,
        call.caller,
        (call.slug, call.id_at("order", ids.ORDER)),
        amend_if_it_matches,
        call.key,
        call.request,
    )
    if isinstance(written, Refusal):
        return _refused(call, written, lines)
    return written.order, written.replayed


def _with_line(order: PlacedOrder, face: Face, others: Sequence[Face]) -> Amendment:
    """The lines of an order with one more, or another quantity of the same product."""
    kept = [each for each in others if _product_of(each) != _product_of(face)]
    lines = (*kept, face) if face.quantity > ZERO else tuple(kept)
    return Amendment(tuple(lines), order.status, is_based=True)


def _product_of(face: Face) -> tuple[str, bool]:
    return face.variant, face.is_case


def _line_at(call: Call, order: PlacedOrder) -> PlacedLine | Refusal:
    """The line of the path."""
    number = int(call.path["line"])
    for line in order.lines:
        if line.line == number:
            return line
    return refuse(
        UNKNOWN_LINE,
        "The order has no such line. Read it again: lines are numbered anew when they change.",
        facts={"line": number},
    )


def _line_of(order: PlacedOrder, face: Face) -> PlacedLine | None:
    """The line of an order that is of a product."""
    return next((line for line in order.lines if _product_of(line.face) == _product_of(face)), None)


def _refused(call: Call, refusal: Refusal, lines: Sequence[ReadLine]) -> Reply:
    """Answer with what was refused, each line by its place in the document."""
    places = {f"lines[{number}]": line for number, line in enumerate(lines)}
    faults, short = [], []
    for fault in refusal.faults:
        place, _, rest = (fault.field or "").partition(".")
        line = places.get(place)
        if line is not None:
            path = f"{line.path}.{_FIELDS[rest]}" if rest in _FIELDS else line.path
            facts = {**fault.facts, "product": line.product}
            fault = Fault(fault.code, fault.message, path, facts)  # noqa: PLW2901 - as the document names it
        faults.append(fault)
        if fault.code == _SHORT:
            short.append(_short_line(call, fault))
    if len(short) == len(faults):
        document = shortage(short, call.request)
        return Reply(document["status"], encode(document), b"application/problem+json")
    raise RefusedError(Refusal(tuple(faults)))


def _short_line(call: Call, fault: Fault) -> ShortLine:
    """A line that could not be held; one that the request did not name is of the order."""
    facts = fault.facts
    variant = ids.from_wire(ids.VARIANT, str(facts["variant"])) or ""
    product = facts.get("product") or call.addresses.product(call.slug, variant)
    return ShortLine(
        str(product),
        Decimal(str(facts["quantity"])),
        Decimal(str(facts["available"])),
        "Order" if fault.field in {None, "lines"} else str(fault.field),
    )


def _shown(call: Call, order: PlacedOrder, *, replayed: bool = False) -> Reply:
    """Answer with an order; its tag is a digest of what is answered."""
    body = _written(call, order)
    headers: Headers = ((b"etag", tag_of(body)),)
    return Reply(OK, body, headers=(*headers, *REPLAYED) if replayed else headers)


def _written(call: Call, order: PlacedOrder) -> bytes:
    return encode(call.writer.order(_order(order)))


def _show_line(
    call: Call, order: PlacedOrder, line: PlacedLine, status: int = OK, headers: Headers = ()
) -> Reply:
    document = call.writer.line(ids.ORDER + order.id, _line(order, line))
    return show(document, status, headers)


def _order(order: PlacedOrder) -> WrittenOrder:
    return WrittenOrder(
        ids.ORDER + order.id,
        order.reference,
        order.placed_at,
        order.status,
        order.fulfilment_status,
        # Session orders are on account: what is paid of them is settled outside of the standard.
        "cancelled" if order.status == "cancelled" else "unpaid",
        tuple([_line(order, line) for line in order.lines]),
        session=_session(order.session),
    )


def _line(order: PlacedOrder, line: PlacedLine) -> WrittenLine:
    face = line.face
    return WrittenLine(
        line.line,
        line.variant,
        face.quantity,
        face.is_case,
        line.face_price,
        order.currency,
        line.vat_rate,
    )


def _session(session: PlacedSession) -> WrittenSession:
    return WrittenSession(ids.SALES_SESSION + session.id, session.opens_at, session.closes_at)


_ORDERS: Final = "/Enterprises/{slug}/Orders"
_ORDER: Final = f"{_ORDERS}/{{order}}"
_LINE: Final = f"{_ORDER}/orderLines/{{line}}"

ROUTES: Final = (
    Route("GET", _ORDERS, Scope.ORDERS_READ, list_orders, "One's orders at an enterprise"),
    Route("POST", _ORDERS, Scope.ORDERS_WRITE, place_order, "Open an order, or add to it"),
    Route("GET", _ORDER, Scope.ORDERS_READ, find_order, "One order"),
    Route("PUT", _ORDER, Scope.ORDERS_WRITE, replace_order, "All lines and the status anew"),
    Route("DELETE", _ORDER, Scope.ORDERS_WRITE, cancel_order, "Cancel an order"),
    Route("GET", f"{_ORDER}/orderLines", Scope.ORDERS_READ, find_order, "The lines of an order"),
    Route("POST", f"{_ORDER}/orderLines", Scope.ORDERS_WRITE, add_line, "Add or set a line"),
    Route("GET", _LINE, Scope.ORDERS_READ, find_line, "One line of an order"),
    Route("PUT", _LINE, Scope.ORDERS_WRITE, replace_line, "Set one line of an order"),
    Route(
        "GET",
        "/Enterprises/{slug}/SaleSessions",
        Scope.ORDERS_READ,
        list_sessions,
        "The sessions in which one ordered from an enterprise",
    ),
    Route(
        "GET",
        "/Enterprises/{slug}/SaleSessions/{session}",
        Scope.ORDERS_READ,
        find_session,
        "One of these sessions",
    ),
)
