"""Orders of a marketplace over many sellers, for programs that do not speak GraphQL."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from entrepot import orders
from entrepot.apis.rest import errors
from entrepot.apis.rest.bodies import Moment, OrderLineBody, Text, as_named, moment, quiet, resolve
from entrepot.apis.rest.problems import CREATED, Reply
from entrepot.apis.rest.routes import (
    API,
    Call,
    NoQuery,
    PageQuery,
    Route,
    acted,
    do_once,
    granted,
    page_of,
    page_type,
    show,
    show_page,
)
from entrepot.apis.rest.wire import HexId, WireInt
from entrepot.infra.errors import KEY_REUSED
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, RefusedError, refuse
from entrepot.orders import (
    Address,
    Adjustment,
    AdjustmentKind,
    Buyer,
    BuyerChanges,
    DeliveryType,
    InvoiceTerms,
    KeyValue,
    Market,
    MarketLine,
    MarketOrderChanged,
    MarketOrderChanges,
    MarketOrderFilter,
    MarketStatus,
    Money,
    NewMarketplaceOrder,
    OrderAnswer,
    ShownMarketplaceOrder,
    WantedLine,
)

LegacyId = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
Note = Annotated[str, msgspec.Meta(max_length=5_000)]
Value = Annotated[str, msgspec.Meta(max_length=1_000)]


class MoneyBody(msgspec.Struct, forbid_unknown_fields=True):
    """An amount in whole minor units (cents), its tax in it; how much of it is tax, in percent."""

    amount: WireInt
    tax: WireInt | None = None
    tax_rate: Decimal | None = None


class KeyValueBody(msgspec.Struct, forbid_unknown_fields=True):
    """A name and what it stands for."""

    key: Text
    value: Value


class PriceAdjustmentBody(msgspec.Struct, forbid_unknown_fields=True):
    """A promotion (below zero) or a fee (above); the seller bears `withheld` of it, not all."""

    kind: AdjustmentKind
    amount: WireInt
    description: Text
    withheld: WireInt = 0
    source: Text | None = None


class AddressBody(msgspec.Struct, forbid_unknown_fields=True):
    """Where somebody is. `country` is its two capital letters; without it, the marketplace's."""

    address: Text | None = None
    subaddress: Text | None = None
    city: Text | None = None
    postcode: Text | None = None
    state: Text | None = None
    country: Text | None = None


class BuyerBody(msgspec.Struct, forbid_unknown_fields=True):
    """Who bought. What is not given for the bill is as it is for the goods."""

    first_name: Text | None = None
    surname: Text | None = None
    phone: Text | None = None
    email: Text | None = None
    business_name: Text | None = None
    address: AddressBody | None = None
    billing_first_name: Text | None = None
    billing_surname: Text | None = None
    billing_phone: Text | None = None
    billing_email: Text | None = None
    billing_business_name: Text | None = None
    billing_address: AddressBody | None = None
    billing_business_code: Text | None = None
    purchase_order_number: Text | None = None
    notes: Note | None = None
    message_to_seller: Note | None = None
    is_gift: bool = False
    message_to_gift_recipient: Note | None = None
    terms_accepted: bool | None = None


class MarketplaceLineBody(msgspec.Struct, forbid_unknown_fields=True):
    """A line: the variant by `variant`, or by `sku` and `seller`; whole units of it.

    `cost` is what the customer pays for all of it without postage, also where its seller sells at
    wholesale; without it, the variant's retail price counts.
    """

    quantity: Decimal
    variant: Text | None = None
    sku: Text | None = None
    seller: Text | None = None
    cost: MoneyBody | None = None
    postage: MoneyBody | None = None
    delivery_type: DeliveryType = "buy_online"
    adjustments: list[PriceAdjustmentBody] = []
    external_ids: list[KeyValueBody] = []
    metadata: list[KeyValueBody] = []


class InvoiceTermsBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is said of the invoice of some lines, which count from 0."""

    lines: list[WireInt]
    adjustments: list[PriceAdjustmentBody] = []
    external_ids: list[KeyValueBody] = []
    metadata: list[KeyValueBody] = []


class MarketplaceOrderBody(msgspec.Struct, forbid_unknown_fields=True):
    """An order over many sellers that was paid already.

    No two orders have the same external id. Without a `reference` it is named by its id.
    """

    lines: list[MarketplaceLineBody]
    reference: Text | None = None
    buyer: BuyerBody | None = None
    invoices: list[InvoiceTermsBody] = []
    external_ids: list[KeyValueBody] = []
    metadata: list[KeyValueBody] = []
    payment_details: dict[str, Any] | None = None


class BuyerChangesBody(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of who bought; what is left out stays, null takes away."""

    first_name: Text | UnsetType | None = UNSET
    surname: Text | UnsetType | None = UNSET
    phone: Text | UnsetType | None = UNSET
    email: Text | UnsetType | None = UNSET
    business_name: Text | UnsetType | None = UNSET
    address: AddressBody | UnsetType | None = UNSET
    billing_first_name: Text | UnsetType | None = UNSET
    billing_surname: Text | UnsetType | None = UNSET
    billing_phone: Text | UnsetType | None = UNSET
    billing_email: Text | UnsetType | None = UNSET
    billing_business_name: Text | UnsetType | None = UNSET
    billing_address: AddressBody | UnsetType | None = UNSET
    message_to_seller: Note | UnsetType | None = UNSET


class ChangeMarketplaceOrderBody(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of an order over many sellers; what is left out stays.

    While its status is `pending_review`, nothing of it can be shipped; `complete` ends that.
    """

    status: MarketStatus | UnsetType = UNSET
    buyer: BuyerChangesBody | UnsetType = UNSET
    payment_details: dict[str, Any] | UnsetType | None = UNSET


class MarketplaceOrdersQuery(PageQuery, kw_only=True):
    """Which orders to show. An external id is a key and a value."""

    created_since: Moment | None = None
    legacy_id: LegacyId | None = None
    external_id_key: Text | None = None
    external_id_value: Value | None = None


async def place(call: Call[NoQuery, MarketplaceOrderBody]) -> Reply:
    """Place an order over many sellers."""
    body = call.body
    named = [
        OrderLineBody(line.quantity, line.variant, line.sku, line.seller) for line in body.lines
    ]
    variants = await resolve(call.services.database, call.caller, named)
    new = NewMarketplaceOrder(
        tuple(
            [
                WantedLine(variant, quiet(line.quantity))
                for variant, line in zip(variants, body.lines, strict=True)
            ]
        ),
        _market(body),
        body.reference,
    )
    answer = await orders.place_marketplace_order(
        call.services.desk, call.caller, new, call.key, call.request
    )
    return acted(as_named(answer, named) if isinstance(answer, Refusal) else answer, CREATED)


async def list_marketplace_orders(call: Call[MarketplaceOrdersQuery, None]) -> Reply:
    """Show the caller's orders over many sellers."""
    query = call.query
    page = page_of(query, tuple[HexId])
    wanted = MarketOrderFilter(
        since(query.created_since, "created_since"),
        query.legacy_id,
        external_id(query.external_id_key, query.external_id_value),
    )
    rows = granted(
        await orders.list_marketplace_orders(call.services.database, call.caller, page, wanted)
    )
    return show_page(rows, page, lambda row: (row.id.removeprefix(ids.ORDER),))


async def find_marketplace_order(call: Call[NoQuery, None]) -> Reply:
    """Show one order over many sellers."""
    found = await orders.find_marketplace_order(call.services.database, call.caller, _order(call))
    return show(granted(found))


async def change(call: Call[NoQuery, ChangeMarketplaceOrderBody]) -> Reply:
    """Change an order over many sellers."""
    body = call.body
    details = body.payment_details
    changes = MarketOrderChanges(
        body.status,
        BuyerChanges() if body.buyer is UNSET else BuyerChanges(**_said_of_buyer(body.buyer)),
        msgspec.json.encode(details).decode() if isinstance(details, dict) else details,
    )
    return await do_once(
        call, "change_marketplace_order", orders.change_marketplace_order, _order(call), changes
    )


def since(given: Any, field: str) -> Any:  # noqa: ANN401 - a moment, or none
    """A moment of a query, if one was given."""
    return None if given is None else moment(given, field)


def external_id(key: str | None, value: str | None) -> tuple[str, str] | None:
    """What a query says that others call something. Refuses a key without a value."""
    if key is None and value is None:
        return None
    if key is None or value is None:
        field = "external_id_key" if key is None else "external_id_value"
        says = "Give an external id by its key and its value."
        raise RefusedError(refuse(errors.FIELD_MISSING, says, field=field))
    return key, value


def _order(call: Call[Any, Any]) -> Id:
    """The order that the path names; what is no id answers like an absent one."""
    text = call.path["order"]
    order = ids.from_wire(ids.ORDER, text)
    if order is None:
        says = "There is no such order. Check its id."
        raise RefusedError(refuse("orders.unknown_order", says, facts={"order": text}))
    return order


def _market(body: MarketplaceOrderBody) -> Market:
    """What a body says beside its lines."""
    details = body.payment_details
    return Market(
        tuple([_line(line) for line in body.lines]),
        _buyer(body.buyer or BuyerBody()),
        tuple(
            [
                InvoiceTerms(
                    tuple(terms.lines),
                    _adjustments(terms.adjustments),
                    _key_values(terms.external_ids),
                    _key_values(terms.metadata),
                )
                for terms in body.invoices
            ]
        ),
        _key_values(body.external_ids),
        _key_values(body.metadata),
        None if details is None else msgspec.json.encode(details).decode(),
    )


def _line(line: MarketplaceLineBody) -> MarketLine:
    return MarketLine(
        _money(line.cost),
        _money(line.postage),
        line.delivery_type,
        _adjustments(line.adjustments),
        _key_values(line.external_ids),
        _key_values(line.metadata),
    )


def _money(money: MoneyBody | None) -> Money | None:
    if money is None:
        return None
    rate = money.tax_rate
    return Money(money.amount, money.tax, None if rate is None else quiet(rate))


def _adjustments(some: Sequence[PriceAdjustmentBody]) -> tuple[Adjustment, ...]:
    return tuple(
        [
            Adjustment(each.kind, each.amount, each.withheld, each.description, each.source)
            for each in some
        ]
    )


def _key_values(some: Sequence[KeyValueBody]) -> tuple[KeyValue, ...]:
    return tuple([KeyValue(each.key, each.value) for each in some])


def _buyer(body: BuyerBody) -> Buyer:
    return Buyer(**_said_of_buyer(body))


def _said_of_buyer(body: BuyerBody | BuyerChangesBody) -> dict[str, Any]:
    fields = msgspec.structs.asdict(body)
    for name in ("address", "billing_address"):
        if isinstance(fields[name], AddressBody):
            fields[name] = Address(**msgspec.structs.asdict(fields[name]))
    return fields


_TOPIC: Final = "Marketplace"

ROUTES: Final = (
    Route(
        method="POST",
        path=f"{API}/marketplace-orders",
        topic=_TOPIC,
        summary="Place an order over many sellers",
        detail=(
            "It was paid already, takes its stock at once and is split into one invoice a seller"
            " and delivery type; or it is refused whole, with everything that is wrong. One seller"
            " sells at one pricing model in an order. Amounts are whole minor units (cents) with"
            " their tax in them. A cost that does not divide by its quantity is rounded to whole"
            " cents a unit."
        ),
        handler=place,
        body=MarketplaceOrderBody,
        is_act=True,
        status=CREATED,
        answer=OrderAnswer,
        scope=Scope.MARKETPLACE_WRITE,
        refusals=(
            "orders.reference_taken",
            "orders.external_id_taken",
            "orders.reference_not_valid",
            "orders.no_lines",
            "orders.too_many_lines",
            "orders.unknown_variant",
            "orders.variant_not_orderable",
            "orders.mixed_pricing_models",
            "orders.wholesale_not_offered",
            "orders.wholesale_price_needed",
            "orders.quantity_not_positive",
            "orders.quantity_too_large",
            "orders.quantity_too_precise",
            "orders.quantity_not_whole",
            "orders.quantity_below_min",
            "orders.quantity_not_multiple",
            "orders.cost_needed",
            "orders.money_not_valid",
            "orders.tax_incomplete",
            "orders.adjustment_not_valid",
            "orders.invoice_lines_not_valid",
            "orders.detail_not_valid",
            "orders.total_out_of_range",
            "stock.insufficient_available",
            KEY_REUSED,
        ),
    ),
    Route(
        method="GET",
        path=f"{API}/marketplace-orders",
        topic=_TOPIC,
        summary="List your orders over many sellers",
        detail="Newest first, with their invoices and lines.",
        handler=list_marketplace_orders,
        query=MarketplaceOrdersQuery,
        answer=page_type("MarketplaceOrder", ShownMarketplaceOrder),
        scope=Scope.MARKETPLACE_READ,
    ),
    Route(
        method="GET",
        path=f"{API}/marketplace-orders/{{order}}",
        topic=_TOPIC,
        summary="Show one order over many sellers with its invoices",
        handler=find_marketplace_order,
        answer=ShownMarketplaceOrder,
        scope=Scope.MARKETPLACE_READ,
        refusals=("orders.unknown_order",),
    ),
    Route(
        method="PATCH",
        path=f"{API}/marketplace-orders/{{order}}",
        topic=_TOPIC,
        summary="Change who bought an order over many sellers, or review its payment",
        detail=(
            "What is left out stays. While its status is `pending_review`, nothing of it can be"
            " shipped; `complete` ends that. Its invoices show what changed at once. The answer"
            " names what changed, not what it says now."
        ),
        handler=change,
        body=ChangeMarketplaceOrderBody,
        is_act=True,
        answer=MarketOrderChanged,
        scope=Scope.MARKETPLACE_WRITE,
        refusals=("orders.unknown_order", "orders.detail_not_valid", KEY_REUSED),
    ),
)
