"""Writes documents: catalogue, orders, enterprise, sales session, and the problem of a shortage.

Clients read less than the standard allows. So every node has one type, a class of the connectors;
whatever a node refers to stands in the document, if only as its id and type; an offer's product is
a reference; a quantity is a JSON number without exponent. A catalogue names products in both
directions, for one client reads `referencedBy` alone. Where connectors and ontology call a property
by two names, it is the connectors' that is written.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any, Final, TypeAlias

import msgspec

from entrepot.apis.dfc.addresses import Addresses
from entrepot.apis.dfc.contexts import CONTEXT
from entrepot.apis.dfc.vocabulary import (
    FULFILMENT_TERMS,
    ORDER_TERMS,
    PAYMENT_TERMS,
    currency_term,
    unit_term,
)
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import quantity_text
from entrepot.kernel.refusal import Fault

Document: TypeAlias = dict[str, Any]
"""A document or one of its nodes: keys with prefixes, values as `encode` writes them."""

JSON_LD: Final = b"application/ld+json"
PROBLEM: Final = b"application/problem+json"
UNLIMITED: Final = -1
"""What makes a client switch a product to unlimited. A number left out would change nothing."""

_SHORT: Final = "stock.insufficient_available"
_PIECE: Final = {"@id": "dfc-m:Piece"}
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


class WrittenEnterprise(msgspec.Struct, frozen=True):
    """An enterprise as its partners may see it."""

    slug: str
    name: str
    description: str | None = None
    vat_number: str | None = None


class WrittenProduct(msgspec.Struct, frozen=True):
    """A variant in the catalogue, as agreed with whoever reads it.

    `available` is in units of the variant, None for no limit. `unit_price` is without VAT, None
    when there is none. With more than one unit in a case the variant also has the face of a case,
    of as many whole cases as there are.
    """

    variant: Id
    name: str
    sku: str
    unit: str
    available: Decimal | None
    unit_price: Decimal | None = None
    currency: str = "EUR"
    vat_rate: Decimal | None = None
    units_per_case: int = 1
    description: str | None = None


class WrittenSession(msgspec.Struct, frozen=True):
    """A sales session by its id as in addresses, with its times in UTC where they are set."""

    id: str
    begins_at: datetime | None = None
    ends_at: datetime | None = None


class WrittenLine(msgspec.Struct, frozen=True):
    """A line of an order: its number, and how much of which face of a variant, in that face.

    `unit_price` is the agreed price of one of the face, without VAT.
    """

    number: int
    variant: Id
    quantity: Decimal
    is_case: bool = False
    unit_price: Decimal | None = None
    currency: str = "EUR"
    vat_rate: Decimal | None = None


class WrittenOrder(msgspec.Struct, frozen=True):
    """An order by its id as in addresses, with its three statuses in our own words.

    `ordered_by` is the address that the client gave.
    """

    id: str
    number: str
    placed_at: datetime
    status: str
    fulfilment_status: str
    payment_status: str
    lines: tuple[WrittenLine, ...] = ()
    ordered_by: str | None = None
    session: WrittenSession | None = None


class ShortLine(msgspec.Struct, frozen=True):
    """A line that could not be held: its product's address, and what there is instead.

    `path` is where the line stands in the request.
    """

    product: str
    requested: Decimal
    available: Decimal
    path: str


def encode(document: Document) -> bytes:
    """Write a document as JSON; a decimal is a number of just its digits."""
    return _ENCODER.encode(document)


def document_of(nodes: Iterable[Document]) -> Document:
    """One document of nodes, each of which stands in it once."""
    return {"@context": CONTEXT, "@graph": list(nodes)}


class Writer:
    """Writes what belongs to one enterprise, under the addresses of this server."""

    def __init__(self, addresses: Addresses, slug: str) -> None:
        """Write for the enterprise of this short name."""
        self._addresses = addresses
        self._slug = slug

    def enterprise(self, enterprise: WrittenEnterprise) -> Document:
        """The node of the enterprise."""
        node = {"@id": self._addresses.enterprise(self._slug), "@type": "dfc-b:Enterprise"}
        node["dfc-b:name"] = enterprise.name
        if enterprise.description is not None:
            node["dfc-b:hasDescription"] = enterprise.description
        if enterprise.vat_number is not None:
            node["dfc-b:VATnumber"] = enterprise.vat_number
        return node

    def catalogue(
        self, enterprise: WrittenEnterprise, products: Iterable[WrittenProduct]
    ) -> Iterator[Document]:
        """The nodes of a catalogue, one after the other, however many products there are.

        Enterprise and catalogue stand in every document: a client fails on an empty graph. Items
        name the catalogue and not the other way round, so that it need not know all of them.
        """
        yield self.enterprise(enterprise)
        yield {
            "@id": self._addresses.catalogue(self._slug),
            "@type": "dfc-b:Catalog",
            "dfc-b:maintainedBy": _ref(self._addresses.enterprise(self._slug)),
        }
        for product in products:
            yield from self._product_nodes(product)

    async def stream(
        self, enterprise: WrittenEnterprise, pages: AsyncIterator[Sequence[WrittenProduct]]
    ) -> AsyncIterator[bytes]:
        """One document of a catalogue, in a chunk for each page of products."""
        head, _, tail = encode(document_of(self.catalogue(enterprise, ()))).rpartition(b"]")
        yield head
        async for page in pages:
            nodes = [encode(node) for product in page for node in self._product_nodes(product)]
            if nodes:
                yield b"," + b",".join(nodes)
        yield b"]" + tail

    def product(self, product: WrittenProduct) -> Document:
        """The document of one variant: product, catalogue item and offer, and those of its case."""
        listed = _typed(self._addresses.catalogue(self._slug), "Catalog")
        return document_of((*self._product_nodes(product), listed))

    def order(self, order: WrittenOrder) -> Document:
        """The document of one order."""
        return self.orders((order,))

    def orders(self, orders: Iterable[WrittenOrder]) -> Document:
        """The document of any number of orders; what several refer to stands in it once."""
        nodes: dict[str, Document] = {}
        for order in orders:
            for node in self._order_nodes(order):
                nodes.setdefault(node["@id"], node)
        return document_of(nodes.values())

    def line(self, order: str, line: WrittenLine) -> Document:
        """The document of one line of an order."""
        whole = _typed(self._addresses.order(self._slug, order), "Order")
        return document_of((*self._line_nodes(order, line), whole))

    def session(self, session: WrittenSession) -> Document:
        """The document of one sales session."""
        return {"@context": CONTEXT, **self._session_node(session)}

    def _product_nodes(self, product: WrittenProduct) -> Iterator[Document]:
        yield from self._face(product, is_case=False)
        if product.units_per_case > 1:
            yield from self._face(product, is_case=True)
            yield from self._flows(product)

    def _face(self, product: WrittenProduct, *, is_case: bool) -> Iterator[Document]:
        """A variant as it is sold: by itself, or by the case."""
        slug, variant, addresses = self._slug, product.variant, self._addresses
        iri = addresses.product(slug, variant, is_case=is_case)
        item = addresses.item(slug, variant, is_case=is_case)
        offer = addresses.offer(slug, variant, is_case=is_case)
        units = product.units_per_case if is_case else 1
        stock = _stock(product.available, units)
        node: Document = {"@id": iri, "@type": "dfc-b:SuppliedProduct"}
        node["dfc-b:name"] = f"{product.name}, {units} x" if is_case else product.name
        if product.description is not None:
            node["dfc-b:description"] = product.description
        unit = _PIECE if is_case else {"@id": unit_term(product.unit)}
        node["dfc-b:hasQuantity"] = _measure(units, unit)
        node["dfc-b:referencedBy"] = _ref(item)
        yield node
        listed: Document = {"@id": item, "@type": "dfc-b:CatalogItem"}
        listed["dfc-b:references"] = _ref(iri)
        listed["dfc-b:listedIn"] = _ref(addresses.catalogue(slug))
        if not is_case:  # the sku names the variant; its case has none of its own
            listed["dfc-b:sku"] = product.sku
        listed["dfc-b:offeredThrough"] = _ref(offer)
        listed["dfc-b:stockLimitation"] = stock
        yield listed
        offered: Document = {"@id": offer, "@type": "dfc-b:Offer", "dfc-b:offeredItem": _ref(iri)}
        if product.unit_price is not None:
            price = product.unit_price * units
            offered["dfc-b:hasPrice"] = _price(price, product.currency, product.vat_rate)
        offered["dfc-b:stockLimitation"] = stock
        yield offered

    def _flows(self, product: WrittenProduct) -> Iterator[Document]:
        """How many of a variant one case takes, at the addresses that clients compute."""
        retail = self._addresses.product(self._slug, product.variant)
        case = self._addresses.product(self._slug, product.variant, is_case=True)
        taken, made = f"{retail}/AsPlannedConsumptionFlow", f"{retail}/AsPlannedProductionFlow"
        yield {
            "@id": taken,
            "@type": "dfc-b:AsPlannedConsumptionFlow",
            "dfc-b:consumes": _ref(retail),
            "dfc-b:hasQuantity": _measure(product.units_per_case, _PIECE),
        }
        yield {
            "@id": made,
            "@type": "dfc-b:AsPlannedProductionFlow",
            "dfc-b:produces": _ref(case),
            "dfc-b:hasQuantity": _measure(1, _PIECE),
        }
        yield {
            "@id": f"{retail}/AsPlannedTransformation",
            "@type": "dfc-b:AsPlannedTransformation",
            "dfc-b:hasInput": _ref(taken),
            "dfc-b:hasOutput": _ref(made),
            "dfc-b:hasTransformationType": _ref("dfc-v:combine"),
        }

    def _order_nodes(self, order: WrittenOrder) -> Iterator[Document]:
        seller = self._addresses.enterprise(self._slug)
        node: Document = {
            "@id": self._addresses.order(self._slug, order.id),
            "@type": "dfc-b:Order",
            "dfc-b:orderNumber": order.number,
            "dfc-b:date": _moment(order.placed_at),
        }
        if order.session is not None:
            session = self._addresses.session(self._slug, order.session.id)
            node["dfc-b:belongsTo"] = _ref(session)
        if order.ordered_by is not None:
            node["dfc-b:orderedBy"] = _ref(order.ordered_by)
        node["dfc-b:soldBy"] = _ref(seller)
        node["dfc-b:hasOrderStatus"] = _ref(ORDER_TERMS[order.status])
        node["dfc-b:hasFulfilmentStatus"] = _ref(FULFILMENT_TERMS[order.fulfilment_status])
        node["dfc-b:hasPaymentStatus"] = _ref(PAYMENT_TERMS[order.payment_status])
        if order.lines:
            node["dfc-b:hasPart"] = [
                _ref(self._addresses.line(self._slug, order.id, line.number))
                for line in order.lines
            ]
        yield node
        for line in order.lines:
            yield from self._line_nodes(order.id, line)
        if order.session is not None:
            yield self._session_node(order.session)
        # A reference without a typed node cannot be sent back by the client that reads it.
        if order.ordered_by is not None:
            yield _typed(order.ordered_by, "Enterprise")
        yield _typed(seller, "Enterprise")

    def _line_nodes(self, order: str, line: WrittenLine) -> Iterator[Document]:
        slug, addresses = self._slug, self._addresses
        product = addresses.product(slug, line.variant, is_case=line.is_case)
        offer = addresses.offer(slug, line.variant, is_case=line.is_case)
        node: Document = {
            "@id": addresses.line(slug, order, line.number),
            "@type": "dfc-b:OrderLine",
            "dfc-b:partOf": _ref(addresses.order(slug, order)),
            "dfc-b:quantity": _number(line.quantity),
            "dfc-b:concerns": _ref(offer),
        }
        if line.unit_price is not None:
            node["dfc-b:hasPrice"] = _price(line.unit_price, line.currency, line.vat_rate)
        yield node
        yield {"@id": offer, "@type": "dfc-b:Offer", "dfc-b:offeredItem": _ref(product)}
        yield _typed(product, "SuppliedProduct")

    def _session_node(self, session: WrittenSession) -> Document:
        node = _typed(self._addresses.session(self._slug, session.id), "SaleSession")
        if session.begins_at is not None:
            node["dfc-b:beginDate"] = _moment(session.begins_at)
        if session.ends_at is not None:
            node["dfc-b:endDate"] = _moment(session.ends_at)
        return node


def shortage(lines: Sequence[ShortLine], request: str) -> Document:
    """The problem (RFC 9457) that answers an order which cannot be held: every short line at once.

    `request` is the id of the request. The document is no JSON-LD: no class of the standard says
    what is missing.
    """
    faults = [
        Fault(
            _SHORT,
            f"{quantity_text(line.available)} of {quantity_text(line.requested)} are available.",
            line.path,
            {
                "product": line.product,
                "requested": quantity_text(line.requested),
                "available": quantity_text(line.available),
            },
        )
        for line in lines
    ]
    count = "1 line asks" if len(lines) == 1 else f"{len(lines)} lines ask"
    return {
        "type": f"/docs#{_SHORT}",
        "title": "Insufficient available",
        "status": 409,
        "code": _SHORT,
        "detail": f"Nothing was held: {count} for more than is available. Send the order again "
        "with at most what is available of each.",
        "instance": request,
        "faults": msgspec.to_builtins(faults),
    }


def _typed(iri: str, name: str) -> Document:
    return {"@id": iri, "@type": f"dfc-b:{name}"}


def _ref(iri: str) -> dict[str, str]:
    return {"@id": iri}


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _measure(value: int, unit: Mapping[str, str]) -> Document:
    return {"@type": "dfc-b:QuantitativeValue", "dfc-b:value": value, "dfc-b:hasUnit": unit}


def _price(value: Decimal, currency: str, vat_rate: Decimal | None) -> Document:
    """A price; the standard has terms for five currencies, and others go without one."""
    node: Document = {"@type": "dfc-b:Price", "dfc-b:value": _number(value)}
    if vat_rate is not None:
        node["dfc-b:VATrate"] = _number(vat_rate)
    unit = currency_term(currency)
    if unit is not None:
        node["dfc-b:hasUnit"] = _ref(unit)
    return node


def _stock(available: Decimal | None, units: int) -> Decimal | int:
    """What is left to order of a face: whole cases of a case, and nothing below zero."""
    if available is None:
        return UNLIMITED
    if units == 1:
        return _number(max(available, Decimal(0)))
    return max(int((available / units).to_integral_value(ROUND_FLOOR)), 0)


def _number(value: Decimal) -> Decimal | int:
    """A number that is written without exponent and trailing zeros."""
    text = quantity_text(value)
    return Decimal(text) if "." in text else int(text)
