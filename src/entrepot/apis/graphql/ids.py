"""Ids on the wire of this door: base64, with its padding, of a type's name, a hyphen and a number.

Clients are told not to look inside, and some make them all the same, so they stay what they are.
The number is an object's legacy id, or made of one where the object has none of its own.
"""

import base64
import binascii
from typing import Final, NamedTuple

ADJUSTMENT: Final = "Adjustment"
ADDRESS: Final = "Address"
ADVERT: Final = "Advert"
COUNTRY: Final = "Country"
EXTERNAL_ID: Final = "ExternalID"
INVENTORY: Final = "Inventory"
INVOICE: Final = "Invoice"
LINE_ITEM: Final = "LineItem"
ORDER: Final = "Order"
REFUND_LINE: Final = "RefundRequestLineItem"
REFUND_REQUEST: Final = "RefundRequest"
SELLER: Final = "Seller"
SHIPMENT: Final = "Shipment"
SHIPMENT_CARRIER: Final = "ShipmentCarrier"
SHIPPED_ITEM: Final = "ShippedItem"
STATE: Final = "State"
VARIANT: Final = "Variant"
WEBHOOK: Final = "Webhook"
WEBHOOK_EVENT: Final = "WebhookEvent"
RESPONSE: Final = "WebhookEventResponse"
TRIES_MAX: Final = 1000
"""Tries of one event that have an id of their own: its number times this, and theirs."""

INT_MAX: Final = 2**31 - 1
"""The highest whole number that GraphQL's Int holds."""
_LENGTH_MAX: Final = 200


class Named(NamedTuple):
    """What an id names: a type, and the number of one of them."""

    kind: str
    number: int


def write_id(kind: str, number: int) -> str:
    """Write the id of an object."""
    return base64.b64encode(f"{kind}-{number}".encode("ascii")).decode("ascii")


def read_id(text: str) -> Named | None:
    """Read an id; None when it is none."""
    try:
        raw = base64.b64decode(text[:_LENGTH_MAX], validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    kind, _, digits = raw.partition("-")
    if not kind.isalnum() or not digits.isdigit() or len(digits) > _LENGTH_MAX:
        return None
    number = int(digits)
    return Named(kind, number) if write_id(kind, number) == text else None


def number_in(text: str, kind: str) -> int | None:
    """The number in an id of this type, which a legacy id can be; else None."""
    named = read_id(text)
    if named is None or named.kind != kind or named.number > INT_MAX:
        return None
    return named.number
