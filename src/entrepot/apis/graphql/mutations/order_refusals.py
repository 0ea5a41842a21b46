"""Why an order was refused, in the words of marketplaces: by attribute, `base` for the whole."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NoReturn

from entrepot.apis.graphql.failures import BASE, ActRefusedError, done, not_found
from entrepot.apis.graphql.mutations.order_input import BUYER_NAMES, SaidLine
from entrepot.kernel.refusal import Fault, Refusal
from entrepot.orders import (
    EXTERNAL_ID_TAKEN,
    INSUFFICIENT,
    MIXED_PRICING_MODELS,
    NO_LINES,
    UNKNOWN_VARIANT,
)

MIXED: Final = (
    "Line items for a seller must all use the same pricing model (marketplace or wholesale)"
)
"""What a mixed order is refused with first; who mixed what follows it."""
TAKEN: Final = "order with same external id already exists"
SHORT: Final = "Quantity is greater than the number available for variant"
BLANK: Final = "Line items can't be blank"
_LINE: Final = re.compile(r"lines\[(\d+)\]\.")
_PART: Final = re.compile(r"(?:lines\[\d+\]\.|invoices\[\d+\]\.|buyer\.)?(\w+)")
_NAMES: Final[Mapping[str, str]] = {
    "adjustments": "adjustments",
    "cost": "cost",
    "delivery_type": "delivery_type",
    "external_ids": "external_ids",
    "invoices": "invoices",
    "metadata": "metadata",
    "payment_details": "payment_gateway_details",
    "postage": "postage",
    "quantity": "quantity",
    "variant": "variant_id",
}
"""What clients call the attributes of an order, by the first name in a fault's path."""


def refuse_order(refusal: Refusal, lines: Sequence[SaidLine]) -> NoReturn:
    """Raise what an order was refused for. A variant that may not be ordered is one not found."""
    for fault in refusal.faults:
        if fault.code == UNKNOWN_VARIANT:
            raise not_found("variantId", lines[_number(fault)].given["variantId"])
    if refusal.code.partition(".")[0] not in {"orders", "stock"}:
        done(refusal)
    raise ActRefusedError(wrong for fault in refusal.faults for wrong in _said(fault, lines))


def _number(fault: Fault) -> int:
    found = _LINE.match(fault.field or "")
    assert found is not None, "what a line asks for is a fault of that line"
    return int(found[1])


def _said(fault: Fault, lines: Sequence[SaidLine]) -> Iterator[tuple[str, str]]:
    """A fault as one sentence, or as one that clients know and what we add to it."""
    if fault.code == NO_LINES:
        yield "line_items", BLANK
        return
    if fault.code == MIXED_PRICING_MODELS:
        yield BASE, MIXED
    elif fault.code == EXTERNAL_ID_TAKEN:
        yield "external_ids", TAKEN
    elif fault.code == INSUFFICIENT:
        yield "quantity", f"{SHORT} {lines[_number(fault)].given['variantId']}"
    line = _LINE.match(fault.field or "")
    where = f"{lines[int(line[1])].place}: " if line is not None else ""
    yield attribute_of(fault), where + fault.message


def attribute_of(fault: Fault) -> str:
    """The attribute of an order, its buyer or one of its lines that a fault is about."""
    field = fault.field or ""
    part = _PART.match(field)
    if part is None:
        return BASE
    if field.startswith("buyer."):
        return BUYER_NAMES.get(part[1], part[1])
    if field.startswith("invoices[") and part[1] == "lines":
        return "invoices"
    return _NAMES.get(part[1], BASE)
