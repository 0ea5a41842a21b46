"""What a marketplace says of an order beside its lines: the buyer, money, delivery, adjustments.

Amounts are whole minor units of the marketplace's currency, with their tax in them, as shops in its
home country show them (reference marketplace-api.md, 4.1). Nothing here has been checked yet.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, Literal, TypeAlias, get_args

import msgspec

DeliveryType: TypeAlias = Literal["buy_online", "click_and_collect", "no_dispatch"]
AdjustmentKind: TypeAlias = Literal["promotion", "fee"]
PricingModel: TypeAlias = Literal["marketplace", "wholesale"]

DELIVERY_TYPES: Final[Sequence[DeliveryType]] = get_args(DeliveryType)
ADJUSTMENT_KINDS: Final[Sequence[AdjustmentKind]] = get_args(AdjustmentKind)

WHOLE_MAX: Final = 2**31 - 1
"""The highest number that the marketplace's programs can read (GraphQL's `Int`)."""


class Money(msgspec.Struct, frozen=True):
    """An amount, how much of it is tax (None: not said), and the rate in percent."""

    amount: int
    tax: int | None = None
    tax_rate: Decimal | None = None


class KeyValue(msgspec.Struct, frozen=True):
    """A name and what it stands for."""

    key: str
    value: str


class Adjustment(msgspec.Struct, frozen=True):
    """Something taken off (a promotion, below zero) or put on (a fee, above).

    `withheld` is the part of it that the seller bears; `source` says where it comes from.
    """

    kind: AdjustmentKind
    amount: int
    withheld: int
    description: str
    source: str | None = None


class MarketLine(msgspec.Struct, frozen=True):
    """What is said of one line: `cost` is what the customer pays for all of it, at retail.

    Also where it is sold at the wholesale price. Without a cost, the variant's retail price counts.
    """

    cost: Money | None = None
    postage: Money | None = None
    delivery_type: DeliveryType = "buy_online"
    adjustments: tuple[Adjustment, ...] = ()
    external_ids: tuple[KeyValue, ...] = ()
    metadata: tuple[KeyValue, ...] = ()


class InvoiceTerms(msgspec.Struct, frozen=True):
    """What is said of the invoice that some lines, by number from 0, have in common."""

    lines: tuple[int, ...]
    adjustments: tuple[Adjustment, ...] = ()
    external_ids: tuple[KeyValue, ...] = ()
    metadata: tuple[KeyValue, ...] = ()


class Address(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where somebody is; `country` is its two capital letters."""

    address: str | None = None
    subaddress: str | None = None
    city: str | None = None
    postcode: str | None = None
    state: str | None = None
    country: str | None = None


class Buyer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who bought, what they said, and where it goes.

    What is not given for the bill is as it is for the goods.
    """

    first_name: str | None = None
    surname: str | None = None
    phone: str | None = None
    email: str | None = None
    business_name: str | None = None
    address: Address | None = None
    billing_first_name: str | None = None
    billing_surname: str | None = None
    billing_phone: str | None = None
    billing_email: str | None = None
    billing_business_name: str | None = None
    billing_address: Address | None = None
    billing_business_code: str | None = None
    purchase_order_number: str | None = None
    notes: str | None = None
    message_to_seller: str | None = None
    is_gift: bool = False
    message_to_gift_recipient: str | None = None
    terms_accepted: bool | None = None


class Market(msgspec.Struct, frozen=True):
    """All that makes an order a marketplace's; `lines` are those of the order, in its order.

    `payment_details` is a JSON document, as its text.
    """

    lines: tuple[MarketLine, ...]
    buyer: Buyer = Buyer()
    invoices: tuple[InvoiceTerms, ...] = ()
    external_ids: tuple[KeyValue, ...] = ()
    metadata: tuple[KeyValue, ...] = ()
    payment_details: str | None = None


def with_billing(buyer: Buyer) -> Buyer:
    """A buyer whose billing fields are filled in from the others where they were not given."""
    return msgspec.structs.replace(
        buyer,
        billing_first_name=_or(buyer.billing_first_name, buyer.first_name),
        billing_surname=_or(buyer.billing_surname, buyer.surname),
        billing_phone=_or(buyer.billing_phone, buyer.phone),
        billing_email=_or(buyer.billing_email, buyer.email),
        billing_business_name=_or(buyer.billing_business_name, buyer.business_name),
        billing_address=buyer.billing_address or buyer.address,
    )


def _or(given: str | None, other: str | None) -> str | None:
    return other if given is None else given
