"""What a marketplace changes of its order later: who bought it, whether its payment is reviewed.

What the buyer was called before and is called now stands in the order and nowhere else: the audit
names the fields that were changed, never what they say.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse
from entrepot.orders import errors
from entrepot.orders.model.market import Address, Buyer
from entrepot.orders.model.market_checks import buyer_faults, payment_details_fault
from entrepot.orders.model.market_rows import MarketOrderFacts, PickupRow

MarketStatus: TypeAlias = Literal["complete", "pending_review"]

_BUYER: Final = msgspec.json.Decoder(Buyer)


class BuyerChanges(msgspec.Struct, frozen=True):
    """What to change of a buyer; what is UNSET stays, None takes away."""

    first_name: str | UnsetType | None = UNSET
    surname: str | UnsetType | None = UNSET
    phone: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    business_name: str | UnsetType | None = UNSET
    address: Address | UnsetType | None = UNSET
    billing_first_name: str | UnsetType | None = UNSET
    billing_surname: str | UnsetType | None = UNSET
    billing_phone: str | UnsetType | None = UNSET
    billing_email: str | UnsetType | None = UNSET
    billing_business_name: str | UnsetType | None = UNSET
    billing_address: Address | UnsetType | None = UNSET
    message_to_seller: str | UnsetType | None = UNSET


class MarketOrderChanges(msgspec.Struct, frozen=True):
    """What to change of a marketplace's order; what is UNSET stays.

    `status` is `pending_review` while its payment is looked at, else `complete`. `payment_details`
    is a JSON document, as its text; None takes it away.
    """

    status: MarketStatus | UnsetType = UNSET
    buyer: BuyerChanges = BuyerChanges()
    payment_details: str | UnsetType | None = UNSET


class MarketOrderChanged(msgspec.Struct, frozen=True):
    """What was changed of an order: the names of its fields, in their order, not what they say."""

    id: str
    legacy_id: int
    status: MarketStatus
    changed: list[str]


class ChangedOrder(msgspec.Struct, frozen=True):
    """An order of a marketplace as it is to be written; `changed` are the names of what differs."""

    buyer: Buyer
    payment_details: str | None
    is_under_review: bool
    changed: list[str]


def change_market_order(
    stands: MarketOrderFacts, changes: MarketOrderChanges
) -> ChangedOrder | Refusal:
    """An order with what is given changed. Refuses texts that are not as they should be."""
    given = {
        name: value
        for name, value in _fields(changes.buyer)
        if value is not UNSET  # what is None is taken away
    }
    faults = [*buyer_faults(msgspec.structs.replace(Buyer(), **given))]
    details = changes.payment_details
    if isinstance(details, str):
        faults += payment_details_fault(details)
    if faults:
        return Refusal(tuple(faults))
    before = _BUYER.decode(stands.buyer)
    buyer = msgspec.structs.replace(before, **given)
    changed = [name for name in given if getattr(buyer, name) != getattr(before, name)]
    paid_with = None if stands.payment_details is None else stands.payment_details.decode()
    if details is not UNSET and _read(details) != _read(paid_with):
        paid_with = details
        changed.append("payment_details")
    is_under_review = stands.is_under_review
    if changes.status is not UNSET and (changes.status == "pending_review") != is_under_review:
        is_under_review = not is_under_review
        changed.append("status")
    return ChangedOrder(buyer, paid_with, is_under_review, changed)


def status_of_order(order: MarketOrderFacts | ChangedOrder) -> MarketStatus:
    """The one word for an order of a marketplace, which was paid when it came."""
    return "pending_review" if order.is_under_review else "complete"


def under_review() -> Refusal:
    """Refuse to ship goods whose payment is looked at; who sells them is told no more."""
    return refuse(
        errors.UNDER_REVIEW,
        "The payment of this order is under review: nothing of it can leave until the marketplace"
        " says that it is complete.",
    )


class InvoiceReady(msgspec.Struct, frozen=True):
    """An invoice whose customer may fetch it, from a moment on."""

    id: str
    legacy_id: int
    ready_at: datetime


def ready_from(invoice: Id, stands: PickupRow, now: datetime) -> datetime | Refusal:
    """From when on an invoice can be fetched: now, unless it was ready before."""
    if stands.is_under_review:
        return under_review()
    refusal = refuse_not_fetched(invoice, stands.delivery_type)
    if refusal is not None:
        return refusal
    if not stands.has_left_over:
        return nothing_to_fetch(invoice)
    return stands.ready_at or now


def refuse_not_fetched(invoice: Id, delivery_type: str) -> Refusal | None:
    """Refuse an invoice that is delivered otherwise."""
    if delivery_type == "click_and_collect":
        return None
    return refuse(
        errors.NOT_FETCHED,
        "The customer does not fetch this invoice's goods: ship them.",
        facts={"invoice": ids.INVOICE + invoice, "delivery_type": delivery_type},
    )


def nothing_to_fetch(invoice: Id) -> Refusal:
    """Refuse an invoice of which nothing is there to go."""
    return refuse(
        errors.NOTHING_TO_FETCH,
        "Nothing of this invoice is left to fetch: it is gone, or was cancelled or is to be.",
        facts={"invoice": ids.INVOICE + invoice},
    )


def _fields(changes: BuyerChanges) -> Iterator[tuple[str, Any]]:
    for name in changes.__struct_fields__:
        yield name, getattr(changes, name)


def _read(document: str | None) -> Any:  # noqa: ANN401 - JSON has any shape
    """What a document says, whatever its spaces."""
    return None if document is None else msgspec.json.decode(document)
