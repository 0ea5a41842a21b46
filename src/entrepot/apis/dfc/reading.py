"""Reads what clients send: orders, single lines, sales sessions, catalogue items and offers.

Every reader takes the bytes of a request and our addresses, and answers one frozen struct or a
refusal of all that is wrong with the document. Nothing is looked up: whether a product is there,
and whose it is, is for the areas to say.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from entrepot.apis.dfc import errors
from entrepot.apis.dfc.addresses import Addresses
from entrepot.apis.dfc.documents import LIMITS, Limits, expand
from entrepot.apis.dfc.graph import Graph, Node, Value, identity, merge
from entrepot.apis.dfc.parts import Reader, ReadLine, ReadPrice, is_quantity, shown
from entrepot.apis.dfc.values import is_iri, read_number
from entrepot.apis.dfc.vocabulary import (
    FULFILMENT_STATUSES,
    ORDER_STATUSES,
    PAYMENT_STATUSES,
    FulfilmentStatus,
    OrderStatus,
    PaymentStatus,
)
from entrepot.kernel.quantity import ZERO
from entrepot.kernel.refusal import Refusal, RefusedError, gather
from entrepot.kernel.text import is_plain

SKU_LENGTH_MAX: Final = 100

_LINE: Final = "orderline"

StockLimit: TypeAlias = Decimal | UnsetType | None
"""How much is offered: a quantity, None for no limit, UNSET where nothing is said of it."""


class ReadSession(msgspec.Struct, frozen=True):
    """A sales session as a client states it: times in UTC, and the addresses that it lists.

    One client uses one constant address for all its sessions, so sessions are told apart by their
    times. Either time may be missing.
    """

    id: str | None
    begins_at: datetime | None
    ends_at: datetime | None
    lists: tuple[str, ...] = ()


class ReadOrder(msgspec.Struct, frozen=True):
    """An order to open. `id` may be no order's address: clients send that of the collection.

    There is one line for each product, in the order in which products are first named; several
    lines of one product are one of their sum. A line of quantity zero is kept. `session_id` is the
    address that the order says it belongs to, with or without a session of which more is said.
    Fulfilment and payment are read for the record; both are ours to decide.
    """

    id: str | None
    status: OrderStatus | None
    lines: tuple[ReadLine, ...]
    ordered_by: str | None = None
    session_id: str | None = None
    session: ReadSession | None = None
    fulfilment_status: FulfilmentStatus | None = None
    payment_status: PaymentStatus | None = None


class ReadReplacement(msgspec.Struct, frozen=True):
    """What an order shall be from now on: its lines, all of them, and its status if one is said.

    Whatever else is in the document is what the client has read before, and it is not looked at.
    """

    id: str | None
    status: OrderStatus | None
    lines: tuple[ReadLine, ...]


class ReadItem(msgspec.Struct, frozen=True):
    """What a catalogue item shall say: what is UNSET stays as it is."""

    id: str | None
    product: str | None
    sku: str | UnsetType = UNSET
    stock: StockLimit = UNSET


class ReadOffer(msgspec.Struct, frozen=True):
    """What an offer shall say: what is UNSET stays as it is."""

    id: str | None
    price: ReadPrice | UnsetType = UNSET
    stock: StockLimit = UNSET


Read = TypeVar("Read")


def read_order(body: bytes, addresses: Addresses, limits: Limits = LIMITS) -> ReadOrder | Refusal:
    """Read an order to open, with its session."""
    return _read(body, addresses, limits, _order)


def read_replacement(
    body: bytes, addresses: Addresses, limits: Limits = LIMITS
) -> ReadReplacement | Refusal:
    """Read what replaces an order; one without lines has none from now on."""
    return _read(body, addresses, limits, _replacement)


def read_line(body: bytes, addresses: Addresses, limits: Limits = LIMITS) -> ReadLine | Refusal:
    """Read one line that comes alone."""
    return _read(body, addresses, limits, _line)


def read_session(
    body: bytes, addresses: Addresses, limits: Limits = LIMITS
) -> ReadSession | Refusal:
    """Read a sales session that comes alone."""
    return _read(body, addresses, limits, _alone_session)


def read_item(body: bytes, addresses: Addresses, limits: Limits = LIMITS) -> ReadItem | Refusal:
    """Read what a catalogue item shall say."""
    return _read(body, addresses, limits, _item)


def read_offer(body: bytes, addresses: Addresses, limits: Limits = LIMITS) -> ReadOffer | Refusal:
    """Read what an offer shall say."""
    return _read(body, addresses, limits, _offer)


def _read(
    body: bytes, addresses: Addresses, limits: Limits, read: Callable[[Reader], Read | None]
) -> Read | Refusal:
    try:
        reader = Reader(Graph(expand(body, limits)), addresses)
    except RefusedError as error:
        return error.refusal
    found = read(reader)
    refusal = gather(reader.faults, errors.PRECEDENCE)
    if refusal is not None:
        return refusal
    assert found is not None, "a document without fault has been read"
    return found


def _order(reader: Reader) -> ReadOrder | None:
    node = reader.only("Order")
    if node is None:
        return None
    session_id, session = _session_of(reader, node)
    return ReadOrder(
        id=_address(node),
        status=reader.word(
            node, "Order.hasOrderStatus", ORDER_STATUSES, "hasorderstatus", "hasorderstate"
        ),
        lines=_lines(reader, node),
        ordered_by=reader.iri(node, "Order.orderedBy", "orderedby"),
        session_id=session_id,
        session=session,
        fulfilment_status=reader.word(
            node,
            "Order.hasFulfilmentStatus",
            FULFILMENT_STATUSES,
            "hasfulfilmentstatus",
            "hasfulfilmentstate",
        ),
        payment_status=reader.word(
            node, "Order.hasPaymentStatus", PAYMENT_STATUSES, "haspaymentstatus", "haspaymentstate"
        ),
    )


def _replacement(reader: Reader) -> ReadReplacement | None:
    node = reader.only("Order")
    if node is None:
        return None
    status = reader.word(
        node, "Order.hasOrderStatus", ORDER_STATUSES, "hasorderstatus", "hasorderstate"
    )
    return ReadReplacement(_address(node), status, _lines(reader, node))


def _line(reader: Reader) -> ReadLine | None:
    node = reader.only("OrderLine")
    return None if node is None else reader.line(node, "OrderLine")


def _alone_session(reader: Reader) -> ReadSession | None:
    node = reader.only("SaleSession")
    return None if node is None else _session(reader, node)


def _item(reader: Reader) -> ReadItem | None:
    node = reader.only("CatalogItem")
    if node is None:
        return None
    sku = reader.one(node.all("sku"), "CatalogItem.sku", node)
    if sku is not None and not (isinstance(sku, str) and is_plain(sku, SKU_LENGTH_MAX)):
        reader.fault(
            errors.SKU_NOT_VALID,
            f"A sku is text of 1 to {SKU_LENGTH_MAX} printable characters without outer spaces.",
            "CatalogItem.sku",
            node,
            {"value": shown(sku)},
        )
    return ReadItem(
        _address(node),
        reader.iri(node, "CatalogItem.references", "references"),
        sku if isinstance(sku, str) else UNSET,
        _stock(reader, node, "CatalogItem.stockLimitation"),
    )


def _offer(reader: Reader) -> ReadOffer | None:
    node = reader.only("Offer")
    if node is None:
        return None
    price = reader.price(node, "Offer.hasPrice")
    stock = _stock(reader, node, "Offer.stockLimitation")
    return ReadOffer(_address(node), UNSET if price is None else price, stock)


def _session_of(reader: Reader, order: Node) -> tuple[str | None, ReadSession | None]:
    """The session that an order belongs to, or the only one that comes with it."""
    belongs = order.all("belongsto")
    if belongs:
        value = reader.one(map(identity, belongs), "Order.belongsTo", order)
    else:
        described = reader.graph.of_type("salesession")
        value = described[0] if len(described) == 1 else None
        if len(described) > 1:
            reader.only("SaleSession")
    if value is None:
        return None, None
    stated = reader.graph.at(value)
    address = reader.iri(order, "Order.belongsTo", "belongsto")
    return address, None if stated is None else _session(reader, stated)


def _session(reader: Reader, node: Node) -> ReadSession:
    begins_at = reader.instant(node, "SaleSession.beginDate", "begindate", "startdate")
    ends_at = reader.instant(node, "SaleSession.endDate", "enddate")
    if begins_at is not None and ends_at is not None and ends_at < begins_at:
        reader.fault(
            errors.DATES_NOT_IN_ORDER,
            "The sales session ends before it begins. Check beginDate and endDate.",
            "SaleSession.endDate",
            node,
            {"begins_at": begins_at.isoformat(), "ends_at": ends_at.isoformat()},
        )
    listed = dict.fromkeys(map(identity, node.all("lists")))
    lists = tuple(each for each in listed if isinstance(each, str) and is_iri(each))
    return ReadSession(_address(node), begins_at, ends_at, lists)


def _lines(reader: Reader, order: Node) -> tuple[ReadLine, ...]:
    """All lines of an order, one for each product."""
    by_product: dict[str, ReadLine] = {}
    for number, value in enumerate(_parts(reader, order)):
        path = f"Order.hasPart[{number}]"
        pieces = reader.graph.pieces(value)
        if not pieces:
            reader.fault(
                errors.NODE_MISSING,
                f"{path} names a node that is not in the document. Send the line in the same "
                "document, or leave it out to take it away.",
                path,
                order,
                {"missing": shown(value)},
            )
            continue
        for piece in _lines_in(reader, value, pieces):
            if piece.types and _LINE not in piece.types:
                reader.fault(
                    errors.TYPE_NOT_VALID,
                    f"{path} is no dfc-b:OrderLine. An order has lines as its parts.",
                    path,
                    piece,
                )
            elif (line := reader.line(piece, path)) is not None:
                known = by_product.get(line.product)
                by_product[line.product] = line if known is None else _sum(reader, known, line)
    return tuple(by_product.values())


def _parts(reader: Reader, order: Node) -> list[Value]:
    """What an order has as its parts, and the lines that say they are part of it.

    A line that no order has is a fault: taken for left out, it would be taken away.
    """
    named: dict[Value, None] = {}
    for value in order.all("haspart"):
        named.setdefault(identity(value))
    for line in reader.graph.of_type(_LINE):
        key = line if line.id is None else line.id
        if key in named:
            continue
        if order.id is not None and order.id in map(identity, line.all("partof")):
            named.setdefault(key)
        else:
            reader.fault(
                errors.LINE_OF_NO_ORDER,
                "A line is part of no order of this document. Name it in dfc-b:hasPart.",
                "OrderLine",
                line,
            )
    return list(named)


def _lines_in(reader: Reader, value: Value, pieces: list[Node]) -> list[Node]:
    """The lines behind one id: one, or several where a client numbered its lines anew.

    One that was added may have the id of one that was there. Then the pieces differ in what they
    concern, and each that concerns something else is a line; otherwise all speak of one.
    """
    whole = reader.graph.at(value)
    if whole is None or len(whole.all("concerns")) <= 1 or len(pieces) == 1:
        return pieces if whole is None else [whole]
    by_concern: dict[tuple[Value, ...], list[Node]] = {}
    for piece in pieces:
        if concerned := piece.all("concerns"):
            by_concern.setdefault(tuple(map(identity, concerned)), []).append(piece)
    return [merge(each) for each in by_concern.values()]


def _sum(reader: Reader, known: ReadLine, more: ReadLine) -> ReadLine:
    """One line of two of the same product."""
    quantity = known.quantity + more.quantity
    if not is_quantity(quantity):
        reader.fault(
            errors.QUANTITY_NOT_VALID,
            f"{known.path} and {more.path} together are more than a quantity can be.",
            more.path,
        )
    return msgspec.structs.replace(known, quantity=quantity, price=known.price or more.price)


def _stock(reader: Reader, node: Node, path: str) -> StockLimit:
    """What `stockLimitation` says: a number, or a negative one for no limit."""
    value = reader.one(node.all("stocklimitation"), path, node)
    if value is None:
        return UNSET
    number = read_number(value)
    if number is not None and number < ZERO:
        return None
    if number is None or not is_quantity(number):
        reader.fault(
            errors.STOCK_NOT_VALID,
            f"{path} is no quantity. Send zero or more, of at most three decimal places, or -1 "
            "for no limit.",
            path,
            node,
            {"value": shown(value)},
        )
        return UNSET
    return abs(number)


def _address(node: Node) -> str | None:
    """The address of a node; a blank one has none."""
    return node.id if node.id is not None and is_iri(node.id) else None
