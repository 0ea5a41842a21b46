"""What clients say of an order, in the words of orders."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

import msgspec

from entrepot.apis.graphql.context import Context
from entrepot.apis.graphql.failures import ActRefusedError, not_found
from entrepot.apis.graphql.ids import COUNTRY, INVENTORY, STATE, VARIANT, number_in, read_id
from entrepot.apis.graphql.mutations.payload import Given
from entrepot.apis.graphql.types.address import STATES, country_numbered
from entrepot.kernel.ids import Id
from entrepot.orders import (
    Address,
    Adjustment,
    Buyer,
    BuyerChanges,
    DeliveryType,
    InvoiceTerms,
    KeyValue,
    Market,
    MarketLine,
    Money,
    NewMarketplaceOrder,
    WantedLine,
)

LINES_MAX: Final = 1_000
"""Lines whose variants are looked up; an order has fewer."""
_BUYER: Final = {
    "first_name": "firstName",
    "surname": "surname",
    "phone": "phone",
    "email": "emailAddress",
    "business_name": "companyName",
    "billing_first_name": "billingFirstName",
    "billing_surname": "billingSurname",
    "billing_phone": "billingPhone",
    "billing_email": "billingEmailAddress",
    "billing_business_name": "billingCompanyName",
    "billing_business_code": "billingBusinessRegistrationCode",
    "purchase_order_number": "purchaseOrderNumber",
    "notes": "notes",
    "message_to_seller": "messageToSeller",
    "message_to_gift_recipient": "messageToGiftRecipient",
    "terms_accepted": "termsAndConditionsAccepted",
}
"""The buyer's fields that are taken as they are, with what clients call them."""
_DELIVERIES: Final[Mapping[str, DeliveryType]] = {
    "BUY_ONLINE": "buy_online",
    "CLICK_AND_COLLECT": "click_and_collect",
    "NO_DISPATCH": "no_dispatch",
}
BUYER_NAMES: Final = {
    "address": "address",
    "billing_address": "billing_address",
    "billing_business_code": "billing_business_registration_code",
    "billing_business_name": "billing_company_name",
    "billing_email": "billing_email_address",
    "business_name": "company_name",
    "email": "email_address",
    "terms_accepted": "terms_and_conditions_accepted",
}
"""What clients call attributes of the buyer that have other names in orders."""


class SaidLine(NamedTuple):
    """A line as it was sent, and where."""

    place: str
    given: Given


def said_lines(given: Given) -> list[SaidLine]:
    """The lines of an order in either of its two forms. Refuses both at once."""
    flat, invoices = given.get("lineItems"), given.get("invoices")
    if flat and invoices:
        raise ActRefusedError([("line_items", "Give line items or invoices, not both.")])
    if not invoices:
        return [SaidLine(f"lineItems[{number}]", line) for number, line in enumerate(flat or ())]
    return [
        SaidLine(f"invoices[{invoice}].lineItems[{number}]", line)
        for invoice, each in enumerate(invoices)
        for number, line in enumerate(each["lineItems"])
    ]


async def new_order(
    context: Context, given: Given, lines: Sequence[SaidLine]
) -> NewMarketplaceOrder:
    """An order to place. Raises for variants, inventories, countries and states that are not there.

    Refuses an inventory of another variant than its line's.
    """
    if len(lines) > LINES_MAX:
        raise ActRefusedError(
            [("line_items", f"An order has at most {LINES_MAX} lines; split it.")]
        )
    variants = await _variants(context, lines)
    order: Given = given["order"]
    details = order.get("paymentGatewayDetails")
    market = Market(
        tuple([_line(each.given) for each in lines]),
        buyer_of(order),
        _terms(given.get("invoices") or ()),
        _key_values(order.get("externalIds")),
        _key_values(order.get("metadata")),
        None if details is None else msgspec.json.encode(details).decode(),
    )
    wanted = [
        WantedLine(variant, Decimal(each.given["quantity"]))
        for variant, each in zip(variants, lines, strict=True)
    ]
    return NewMarketplaceOrder(tuple(wanted), market)


async def _variants(context: Context, lines: Sequence[SaidLine]) -> list[Id]:
    """The variants of lines, all in one statement."""
    asked = [number_in(each.given["variantId"], VARIANT) for each in lines]
    from_ = [number_in(each.given.get("inventoryId") or "", INVENTORY) for each in lines]
    loading = {
        number: context.variants_numbered.load(number)
        for number in (*asked, *from_)
        if number is not None
    }
    found = {number: await variant for number, variant in loading.items()}
    wrong, variants = [], []
    for number, inventory, each in zip(asked, from_, lines, strict=True):
        variant = None if number is None else found[number]
        if variant is None:
            raise not_found("variantId", each.given["variantId"])
        variants.append(variant.id)
        named = each.given.get("inventoryId")
        if named is None:
            continue
        if inventory is None or found[inventory] is None:
            raise not_found("inventoryId", named)
        if inventory != number:
            wrong.append(("inventory_id", f"{each.place}: Inventory must belong to the variant."))
    if wrong:
        raise ActRefusedError(wrong)
    return variants


def buyer_of(order: Given) -> Buyer:
    """Who bought, by what is said of the order."""
    return Buyer(
        **{name: order[said] for name, said in _BUYER.items() if order.get(said) is not None},
        address=_address(order.get("address")),
        billing_address=_address(order.get("billingAddress")),
        is_gift=bool(order.get("isGift")),
    )


def changes_of(attributes: Given) -> BuyerChanges:
    """What to change of who bought; what is not given, or null, stays."""
    given: dict[str, Any] = {
        name: attributes[said]
        for name, said in _BUYER.items()
        if name in BuyerChanges.__struct_fields__ and attributes.get(said) is not None
    }
    for name, said in (("address", "address"), ("billing_address", "billingAddress")):
        if attributes.get(said) is not None:
            given[name] = _address(attributes[said])
    return BuyerChanges(**given)


def _address(given: Given | None) -> Address | None:
    if given is None:
        return None
    return Address(
        given.get("address"),
        given.get("subaddress"),
        given.get("city"),
        given.get("postcode"),
        _state(given.get("state") or {}),
        _country(given.get("country") or {}),
    )


def _country(given: Given) -> str | None:
    id_ = given.get("id")
    if id_ is None:
        code: str | None = given.get("code")
        return code and code.strip().upper()
    number = number_in(id_, COUNTRY)
    found = None if number is None else country_numbered(number)
    if found is None:
        raise not_found("countryId", id_)
    return found.code


def _state(given: Given) -> str | None:
    id_ = given.get("id")
    if id_ is None:
        name: str | None = given.get("name") or given.get("short")
        return name
    named = read_id(id_)
    found = STATES.get(named.number) if named is not None and named.kind == STATE else None
    if found is None:
        raise not_found("stateId", id_)
    return found.name


def _line(given: Given) -> MarketLine:
    return MarketLine(
        _money(given.get("cost"), given.get("totalCents")),
        _money(given.get("postage"), given.get("postageCents")),
        _DELIVERIES[given.get("deliveryType") or "BUY_ONLINE"],
        _adjustments(given.get("adjustments")),
        _key_values(given.get("externalIds")),
        _key_values(given.get("metadata")),
    )


def _money(given: Given | None, older: int | None) -> Money | None:
    """An amount; the older form of it counts where the newer is not given."""
    if given is None:
        return None if older is None else Money(older)
    rate = given.get("taxRate")
    return Money(given["amount"], given.get("tax"), None if rate is None else Decimal(str(rate)))


def _terms(invoices: Sequence[Given]) -> tuple[InvoiceTerms, ...]:
    terms, first = [], 0
    for each in invoices:
        count = len(each["lineItems"])
        terms.append(
            InvoiceTerms(
                tuple(range(first, first + count)),
                _adjustments(each.get("adjustments")),
                _key_values(each.get("externalIds")),
                _key_values(each.get("metadata")),
            )
        )
        first += count
    return tuple(terms)


def _adjustments(some: Sequence[Given] | None) -> tuple[Adjustment, ...]:
    return tuple(
        [
            Adjustment(
                each["adjustmentType"].lower(),
                each["amountCents"],
                each["amountToWithholdFromSellerRemittanceCents"],
                each["description"],
                each.get("sourceId"),
            )
            for each in some or ()
        ]
    )


def _key_values(some: Sequence[dict[str, Any]] | None) -> tuple[KeyValue, ...]:
    return tuple([KeyValue(each["key"], each.get("value") or "") for each in some or ()])
