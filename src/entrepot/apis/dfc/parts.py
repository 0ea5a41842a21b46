"""The parts that documents are read from: lines and the products they name, prices, statuses.

A reader collects what is wrong with a document as a whole, each fault with the path of properties
that leads to it (`Order.hasPart[2].quantity`) and the id of the node as a fact.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeVar

import msgspec

from entrepot.apis.dfc import errors
from entrepot.apis.dfc.addresses import Addresses
from entrepot.apis.dfc.documents import RELATIVE
from entrepot.apis.dfc.graph import Graph, Node, Value, identity
from entrepot.apis.dfc.values import is_iri, read_amount, read_instant, read_number
from entrepot.apis.dfc.vocabulary import currency_of, last_part, unit_of
from entrepot.kernel.quantity import QUANTITY_MAX, ZERO, is_too_precise
from entrepot.kernel.refusal import Fact, Fault

PRICE_MAX: Final = Decimal("99999999999.9999")
VAT_RATE_MAX: Final = Decimal(100)

_SHOWN_LENGTH_MAX: Final = 200
_FAULTS_MAX: Final = 100
_PRODUCTS: Final = frozenset(
    {"suppliedproduct", "technicalproduct", "definedproduct", "localizedproduct"}
)

Word = TypeVar("Word", bound=str)


class ReadPrice(msgspec.Struct, frozen=True):
    """A price as a client states it: per unit, without VAT; no currency when none is named."""

    value: Decimal
    currency: str | None = None
    vat_rate: Decimal | None = None


class ReadLine(msgspec.Struct, frozen=True):
    """How much of which product. `product` is an address, of ours or not; zero takes it away.

    `unit` is the unit of a quantity that came with one, in the catalogue's words. `path` and `node`
    say where the line stands, for faults that are found later. Ids of lines are not to be trusted:
    clients count them anew.
    """

    product: str
    quantity: Decimal
    offer: str | None = None
    unit: str | None = None
    price: ReadPrice | None = None
    path: str = "OrderLine"
    node: str | None = None


class Reader:
    """One document being read: its graph, our addresses, and what is wrong so far."""

    def __init__(self, graph: Graph, addresses: Addresses) -> None:
        """Start without faults."""
        self.graph = graph
        self.addresses = addresses
        self.faults: list[Fault] = []

    def fault(
        self,
        code: str,
        message: str,
        path: str,
        node: Node | None = None,
        facts: Mapping[str, Fact] | None = None,
    ) -> None:
        """Note what is wrong, and where. Of a document that is all wrong, a part says enough."""
        if len(self.faults) >= _FAULTS_MAX:
            return
        where: dict[str, Fact] = {}
        if node is not None and node.id is not None:
            where["node"] = shown(node.id)
        self.faults.append(Fault(code, message, path, where | dict(facts or {})))

    def only(self, name: str) -> Node | None:
        """The one thing of a type that the document has to be about."""
        found = self.graph.of_type(name.lower())
        if len(found) == 1:
            return found[0]
        if found:
            self.fault(
                errors.NODE_REPEATED,
                f"The document has {len(found)} nodes of type dfc-b:{name}. Send each in a "
                "document of its own.",
                name,
                facts={"type": name, "found": len(found)},
            )
        else:
            self.fault(
                errors.NODE_MISSING,
                f"The document has no node of type dfc-b:{name}. Check @type and @context.",
                name,
                facts={"type": name},
            )
        return None

    def one(self, values: Iterable[Value], path: str, node: Node) -> Value | None:
        """The one value there is; several that differ are a fault, and none is None."""
        distinct = list(dict.fromkeys(values))
        if len(distinct) > 1:
            self.fault(
                errors.VALUE_NOT_CLEAR,
                f"{path} has {len(distinct)} different values. Send one.",
                path,
                node,
            )
        return distinct[0] if len(distinct) == 1 else None

    def iri(self, node: Node, path: str, *names: str) -> str | None:
        """The address that a property holds as a reference, a text or a node in its place.

        A blank node has none.
        """
        value = self.one(map(identity, node.all(*names)), path, node)
        if value is None or isinstance(value, Node) or _is_blank(value):
            return None
        if isinstance(value, str) and is_iri(value):
            return value
        self.fault(
            errors.IRI_NOT_VALID,
            f'{path} is no absolute IRI. Send {{"@id": "https://..."}}.',
            path,
            node,
            {"value": shown(value)},
        )
        return None

    def word(self, node: Node, path: str, words: Mapping[str, Word], *names: str) -> Word | None:
        """A status by the last part of its concept, `dfc-v:Held` and `#held` alike."""
        value = self.one(map(identity, node.all(*names)), path, node)
        if value is None:
            return None
        found = words.get(last_part(value)) if isinstance(value, str) else None
        if found is None:
            listed = ", ".join("dfc-v:" + name.capitalize() for name in words)
            self.fault(
                errors.STATUS_NOT_VALID,
                f"{path} is none of {listed}.",
                path,
                node,
                {"value": shown(value)},
            )
        return found

    def instant(self, node: Node, path: str, *names: str) -> datetime | None:
        """A moment in UTC; a fault when there is one that cannot be read."""
        value = self.one(node.all(*names), path, node)
        if value is None:
            return None
        found = read_instant(value)
        if found is None:
            self.fault(
                errors.DATE_NOT_VALID,
                f"{path} is no date and time that is read here. Send ISO 8601 in UTC, such as "
                "2026-11-23T08:00:00Z.",
                path,
                node,
                {"value": shown(value)},
            )
        return found

    def price(self, node: Node, path: str) -> ReadPrice | None:
        """The price of a line or an offer: a node in place or elsewhere, or a plain number."""
        values = node.all("hasprice", "price")
        if not values or self.one(map(identity, values), path, node) is None:
            return None
        value = _in_place(values)
        stated = self.graph.at(value)
        if stated is not None:
            return self._stated_price(stated, path)
        amount = read_amount(value)
        if amount is not None and ZERO <= amount[0] <= PRICE_MAX:
            return ReadPrice(*amount)
        # A reference to a node that is not there states nothing.
        if not (isinstance(value, str) and (is_iri(value) or _is_blank(value))):
            self._bad_price(value, path, node)
        return None

    def _stated_price(self, stated: Node, path: str) -> ReadPrice | None:
        value = self.one(stated.all("value", "hasvalue"), f"{path}.value", stated)
        if value is None:
            return None
        amount = read_amount(value)
        if amount is None or not ZERO <= amount[0] <= PRICE_MAX:
            self._bad_price(value, f"{path}.value", stated)
            return None
        unit = self.one(map(identity, stated.all("hasunit")), f"{path}.hasUnit", stated)
        named = currency_of(unit) if isinstance(unit, str) else None
        rate = self.one(stated.all("vatrate"), f"{path}.VATrate", stated)
        percentage = None if rate is None else read_number(rate)
        if rate is not None and not (percentage is not None and ZERO <= percentage <= VAT_RATE_MAX):
            self._bad_price(rate, f"{path}.VATrate", stated)
        return ReadPrice(amount[0], named or amount[1], percentage)

    def _bad_price(self, value: Value, path: str, node: Node) -> None:
        self.fault(
            errors.PRICE_NOT_VALID,
            f"{path} is no number of a price. Send zero or more, with a point and no exponent; "
            "a rate is 0 to 100.",
            path,
            node,
            {"value": shown(value)},
        )

    def line(self, node: Node, path: str) -> ReadLine | None:
        """One line: its quantity, and the product that its offer or itself names."""
        quantity, unit = self._quantity(node, path)
        product, offer = self._product(node, path)
        price = self.price(node, f"{path}.hasPrice")
        stated = None if offer is None else self.graph.at(offer)
        if price is None and stated is not None:
            price = self.price(stated, f"{path}.concerns.hasPrice")
        if quantity is None or product is None:
            return None
        address = None if offer is None else identity(offer)
        named = address if isinstance(address, str) and is_iri(address) else None
        return ReadLine(product, quantity, named, unit, price, path, node.id)

    def _quantity(self, node: Node, path: str) -> tuple[Decimal | None, str | None]:
        """`quantity` is what connectors read and write; `hasQuantity` is what replaces it."""
        values, unit, where = node.all("quantity"), None, f"{path}.quantity"
        measures = [] if values else node.all("hasquantity")
        if measures:
            where = f"{path}.hasQuantity"
            value = self.one(map(identity, measures), where, node)
            measure = None if value is None else self.graph.at(_in_place(measures))
            values = measures if measure is None else measure.all("value", "hasvalue")
            named = [] if measure is None else measure.all("hasunit")
            unit = unit_of(str(identity(named[0]))) if named else None
        if not values:
            self.fault(
                errors.VALUE_MISSING,
                f"{path} says no quantity. Send dfc-b:quantity.",
                f"{path}.quantity",
                node,
            )
            return None, unit
        numbers = [read_number(each) for each in values]
        number = numbers[0] if len(set(numbers)) == 1 else None
        if number is None and None not in numbers:
            self.one(values, where, node)
            return None, unit
        if number is None or not is_quantity(number):
            self.fault(
                errors.QUANTITY_NOT_VALID,
                f"{where} is no quantity. Send zero or more, of at most three decimal places.",
                where,
                node,
                {"value": shown(values[0])},
            )
            return None, unit
        return abs(number), unit

    def _product(self, node: Node, path: str) -> tuple[str | None, Value | None]:
        """The address of the product that a line is about, and the offer in between.

        The product is what the offer offers, never what the offer's address looks like, unless
        that address is ours and nothing else is said.
        """
        where = f"{path}.concerns"
        concerned = node.all("concerns")
        if not concerned:
            self.fault(
                errors.VALUE_MISSING,
                f"{path} concerns nothing. Send dfc-b:concerns, an Offer or a SuppliedProduct.",
                where,
                node,
            )
            return None, None
        if self.one(map(identity, concerned), where, node) is None:
            return None, None
        value: Value = _in_place(concerned)
        offer: Value | None = None
        is_followed = False
        for names in (("offereditem", "offers"), ("references",)):
            target = self.graph.at(value)
            if target is None or target.types & _PRODUCTS:
                break
            if following := target.all(*names):
                if names[0] == "offereditem":
                    offer = value
                if self.one(map(identity, following), where, target) is None:
                    return None, None
                value, is_followed = _in_place(following), True
        product = self._named_product(value, is_followed=is_followed)
        if product is None:
            self.fault(
                errors.PRODUCT_NOT_NAMED,
                f"{where} does not lead to a product. Send the Offer with dfc-b:offeredItem, or "
                "the address of a product of this catalogue.",
                where,
                node,
                {"value": shown(value)},
            )
        if not is_followed and "/Offers/" in str(identity(value)):
            offer = value
        return product, offer

    def _named_product(self, value: Value, *, is_followed: bool) -> str | None:
        """The address of a product: what was led to, is described as one, or is ours."""
        named = identity(value)
        if not isinstance(named, str) or not is_iri(named):
            return None
        address = self.addresses.read_product(named)
        if address is not None:
            slug, variant, is_case = address
            return self.addresses.product(slug, variant, is_case=is_case)
        target = self.graph.at(value)
        is_product = target is not None and bool(target.types & _PRODUCTS)
        return named if is_followed or is_product else None


def is_quantity(number: Decimal) -> bool:
    """Whether a number can be a quantity: zero or more, of three places, within bounds."""
    return ZERO <= number <= QUANTITY_MAX and not is_too_precise(number)


def shown(value: Value) -> str:
    """A value of the document, short enough to be repeated in an answer."""
    text = (value.id or "a node") if isinstance(value, Node) else str(value)
    return text.removeprefix(RELATIVE)[:_SHOWN_LENGTH_MAX]


def _is_blank(value: Value) -> bool:
    """Whether a value is the id of a blank node, good inside one document alone."""
    return isinstance(value, str) and value.startswith("_:")


def _in_place(values: list[Value]) -> Value:
    """Of values that are one, the node itself where it stands in place."""
    return next((value for value in values if isinstance(value, Node)), values[0])
