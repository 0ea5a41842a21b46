"""Who may do what: one row a route, and a route without a row fails the build.

A row says which scope a route asks for, which identifiers it takes (in its path, its query and its
body) and what each of them answers when it names somebody else's. `test_matrix` tries every row
with every caller; `docs/reference/access.md` is written from it. Nothing here is read from the
code that it judges.

How to add a route: write its row, with an example or two in which every identifier stands as
`{name}`. A name that is new gets a maker in `world.py`. A field that names nothing gets a place in
`SAYS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from entrepot.kernel.caller import Scope


class Who(Enum):
    """Who may, where it is no scope that decides, in words for the docs."""

    ANYBODY = "anybody, without a token"
    ANY_CALLER = "any token or log-in session that holds"


READER = frozenset(
    {
        Scope.ORDERS_READ,
        Scope.STOCK_READ,
        Scope.CATALOGUE_READ,
        Scope.PARTNERSHIPS_READ,
        Scope.SETTLEMENT_READ,
        Scope.MARKETPLACE_READ,
    }
)
CLERK = READER | {Scope.ORDERS_WRITE, Scope.STOCK_WRITE, Scope.MARKETPLACE_WRITE}
MANAGER = CLERK | {
    Scope.CATALOGUE_WRITE,
    Scope.AUDIT_READ,
    Scope.PARTNERSHIPS_WRITE,
    Scope.SETTLEMENT_WRITE,
}
OWNER = MANAGER | {Scope.ORGANISATION_WRITE, Scope.WEBHOOKS_WRITE}

ROLES: Mapping[str, frozenset[Scope]] = MappingProxyType(
    {"owner": OWNER, "manager": MANAGER, "clerk": CLERK, "reader": READER}
)
"""What a person may do, by their role, the weightiest first."""


class Answer(Enum):
    """What an identifier answers that belongs to somebody else, in words for the docs."""

    ABSENT = "as if it did not exist"
    """404, byte for byte like the answer to an id that was never given out."""
    EACH = "that one is refused as if it did not exist, the others stand"
    EMPTY = "an empty list"
    OWN = "only what is yours"
    """A cursor of another's list: it is a place in one's own list and nothing else."""
    FREE = "yours to choose, whoever else uses it"
    """A name given by the caller, in a space of its own."""
    HIDDEN = "as one that nobody has"
    """What lets people in never says whether it is there."""
    ROW = "that row fails as if it did not exist, the others stand"
    SECRET = "a secret: it is for whoever was given it"


class Example(NamedTuple):
    """A request that shows what a route takes; `{name}` stands for an identifier of that kind.

    `using` says which kind a name of the path stands for, where that is not the name itself. `own`:
    it succeeds on one's own. `opened`: it succeeds for a partner, on what a trading right opens.
    `sheet` is a row of a CSV body, by column. `by_person`: only who has logged in may ask.
    """

    query: Mapping[str, str] = MappingProxyType({})
    body: object = None
    using: Mapping[str, str] = MappingProxyType({})
    own: bool = True
    opened: bool = False
    sheet: Mapping[str, str] = MappingProxyType({})
    by_person: bool = False


class Row(NamedTuple):
    """One route: the scope it asks for, or who else may, and what it takes.

    `names` maps each identifier, as `path.x`, `query.x`, `body.x[].y` or `sheet.column`, to what
    another's answers. `hands_out` are the scopes that its examples give to somebody, which one must
    have oneself.
    """

    route: str
    who: Scope | Who
    names: Mapping[str, Answer] = MappingProxyType({})
    examples: tuple[Example, ...] = (Example(),)
    hands_out: frozenset[Scope] = frozenset()


SAYS = frozenset(
    {
        "backorder_threshold",
        "expected_version",
        "face",
        "factor",
        "hold_minutes",
        "language",
        "limit",
        "line",
        "name",
        "new_password",
        "note",
        "old_password",
        "password",
        "pricing_model",
        "priority",
        "product",
        "rank",
        "reason",
        "scopes",
        # Where a webhook is, what it is told, and how it is recognised.
        "body.events[]",
        "body.description",
        "body.url",
        "state",
        "supplier_sku",
        "terms",
        "time_zone",
        "unit",
        "units_per_case",
        "valid_days",
        "valid_until",
        "version",
        "week",
        # The kind of act, such as `orders.placed`.
        "query.act",
        # Who bought from a marketplace, what it comes to, and what is noted beside it.
        "body.buyer.address.address",
        "body.buyer.address.city",
        "body.buyer.address.country",
        "body.buyer.address.postcode",
        "body.buyer.address.subaddress",
        "body.buyer.billing_address.address",
        "body.buyer.billing_address.city",
        "body.buyer.billing_address.country",
        "body.buyer.billing_address.postcode",
        "body.buyer.billing_address.subaddress",
        "body.buyer.billing_business_code",
        "body.buyer.billing_business_name",
        "body.buyer.billing_email",
        "body.buyer.billing_first_name",
        "body.buyer.billing_phone",
        "body.buyer.billing_surname",
        "body.buyer.business_name",
        "body.buyer.email",
        "body.buyer.first_name",
        "body.buyer.message_to_gift_recipient",
        "body.buyer.message_to_seller",
        "body.buyer.notes",
        "body.buyer.phone",
        "body.buyer.purchase_order_number",
        "body.buyer.surname",
        "body.invoices[].adjustments[].amount",
        "body.invoices[].adjustments[].description",
        "body.invoices[].adjustments[].source",
        "body.invoices[].adjustments[].withheld",
        "body.invoices[].external_ids[].key",
        "body.invoices[].external_ids[].value",
        "body.invoices[].lines[]",
        "body.invoices[].metadata[].key",
        "body.invoices[].metadata[].value",
        "body.lines[].adjustments[].amount",
        "body.lines[].adjustments[].description",
        "body.lines[].adjustments[].source",
        "body.lines[].adjustments[].withheld",
        "body.lines[].cost.amount",
        "body.lines[].cost.tax",
        "body.lines[].external_ids[].key",
        "body.lines[].external_ids[].value",
        "body.lines[].metadata[].key",
        "body.lines[].metadata[].value",
        "body.lines[].postage.amount",
        "body.lines[].postage.tax",
        "body.metadata[].key",
        "body.metadata[].value",
        # What leaves by whom, what is asked back for what, and why.
        "body.carrier",
        "body.cash_amount",
        "body.lines[].amount_per_item",
        "body.lines[].custom",
        "body.notes[]",
        "body.tracking_number",
        # Numbers are counted up over all, and each is sought among one's own.
        "query.legacy_id",
        # How columns of a sheet are called.
        "query.map",
        # Where somebody else is written to.
        "body.email",
        "sheet.email",
    }
)
"""Fields that name nothing: amounts, choices, plain text, and what only its owner knows.

A field by its name, or by its place where that name means something elsewhere. A row may still
list one that does name something in its route.
"""

PAGED = {"query.cursor": Answer.OWN}
LINES = [{"variant": "{variant}", "quantity": "1"}]
LINES_BY_SKU = [{"sku": "{sku}", "quantity": "1"}]
LINES_OF_SELLER = [{"sku": "{sku}", "seller": "{organisation}", "quantity": "1"}]
LINES_OF_SLUG = [{"sku": "{sku}", "seller": "{slug}", "quantity": "1"}]
LINES_AT = [{"variant": "{variant}", "location": "{location}", "quantity": "1"}]

ORDER_LINES = {
    "body.lines[].variant": Answer.ABSENT,
    "body.lines[].sku": Answer.ABSENT,
    "body.lines[].seller": Answer.ABSENT,
}
STOCK_LINES = {
    "body.lines[].variant": Answer.ABSENT,
    "body.lines[].sku": Answer.ABSENT,
    "body.lines[].location": Answer.ABSENT,
}
ORDER = {"path.order": Answer.ABSENT}
PERSON = {"path.person": Answer.ABSENT}
SUPPLIER = {"path.supplier": Answer.ABSENT}
LOCATION = {"path.location": Answer.ABSENT}
ALLOCATION = {"path.allocation": Answer.ABSENT}
WEBHOOK = {"path.webhook": Answer.ABSENT}
PARTNERSHIP = {"path.partnership": Answer.ABSENT}
SETTLEMENT = {"path.settlement": Answer.ABSENT}
MATCH = {"path.match": Answer.ABSENT}
VARIANT = {"sku": "{sku}", "name": "Carrots", "gtin": "{gtin}", "supplier": "{supplier}"}


SALES_SESSION = {"path.sales_session": Answer.ABSENT}
SESSION_PRODUCTS = {
    "body.products[].variant": Answer.ABSENT,
    "body.products[].sku": Answer.ABSENT,
    "body.products[].seller": Answer.ABSENT,
}
INVOICE = {"path.invoice": Answer.ABSENT}
REFUND = {"path.refund_request": Answer.ABSENT}
PARCEL = {
    "lines": [{"line": 1, "quantity": "1"}],
    "carrier": 2,
    "tracking_number": "3S1",
    "dispatched_on": "2099-01-01",
}
MARKET_LINES = [{"variant": "{market_variant}", "quantity": "1"}]
EXTERNAL_ID = {"key": "{external_key}", "value": "{external_value}"}
EXTERNAL_QUERY = {
    "external_id_key": "{external_key}",
    "external_id_value": "{external_value}",
}
BY_EXTERNAL_ID = {
    "query.external_id_key": Answer.EMPTY,
    "query.external_id_value": Answer.EMPTY,
}
MARKET_SKU = {"sku": "{market_sku}", "seller": "{market_seller}"}
SESSION_LINES = [{"variant": "{session_variant}", "quantity": "1"}]


def _session(product: Mapping[str, str]) -> dict[str, object]:
    """A session that can be opened whenever this is read."""
    now = datetime.now(UTC)
    return {
        "name": "Week",
        "reference": "{session_reference}",
        "opens_at": now.isoformat(),
        "closes_at": (now + timedelta(days=2)).isoformat(),
        "products": [product],
    }


def _order(lines: object, **fields: object) -> dict[str, object]:
    return {"reference": "{reference}", "lines": lines, **fields}


TABLE: tuple[Row, ...] = (
    # Organisations and what they have.
    Row("GET /api/v1/organisations", Scope.CATALOGUE_READ, PAGED),
    Row(
        "GET /api/v1/organisations/{organisation}",
        Scope.CATALOGUE_READ,
        {"path.organisation": Answer.ABSENT},
        (Example(opened=True),),
    ),
    Row(
        "GET /api/v1/variants",
        Scope.CATALOGUE_READ,
        {
            "query.seller": Answer.EMPTY,
            "query.sku": Answer.EMPTY,
            "query.gtin": Answer.EMPTY,
            "query.supplier": Answer.EMPTY,
            **PAGED,
        },
        (
            Example({"sku": "{sku}"}),
            Example({"gtin": "{gtin}"}),
            Example({"supplier": "{supplier}", "state": "active"}),
            Example({"seller": "{organisation}"}, own=False, opened=True),
            Example({"seller": "{slug}", "sku": "{sku}"}, own=False, opened=True),
        ),
    ),
    Row(
        "GET /api/v1/variants/{variant}",
        Scope.CATALOGUE_READ,
        {"path.variant": Answer.ABSENT},
        (Example(opened=True),),
    ),
    Row(
        "PATCH /api/v1/variants/{variant}",
        Scope.CATALOGUE_WRITE,
        {
            "path.variant": Answer.ABSENT,
            "body.supplier": Answer.ABSENT,
            "body.sku": Answer.FREE,
            "body.gtin": Answer.FREE,
        },
        (Example(body={"supplier": "{supplier}", "sku": "{sku}", "gtin": "{gtin}"}),),
    ),
    Row("GET /api/v1/products", Scope.CATALOGUE_READ, PAGED),
    Row(
        "POST /api/v1/products",
        Scope.CATALOGUE_WRITE,
        {
            "body.products[].variants[].supplier": Answer.ABSENT,
            "body.products[].variants[].sku": Answer.FREE,
            "body.products[].variants[].gtin": Answer.FREE,
        },
        (Example(body={"products": [{"name": "Carrots", "variants": [VARIANT]}]}),),
    ),
    Row("GET /api/v1/products/{product}", Scope.CATALOGUE_READ, {"path.product": Answer.ABSENT}),
    Row(
        "PATCH /api/v1/products/{product}",
        Scope.CATALOGUE_WRITE,
        {"path.product": Answer.ABSENT},
        (Example(body={"name": "Parsnips"}),),
    ),
    Row(
        "POST /api/v1/products/{product}/variants",
        Scope.CATALOGUE_WRITE,
        {
            "path.product": Answer.ABSENT,
            "body.variants[].supplier": Answer.ABSENT,
            "body.variants[].sku": Answer.FREE,
            "body.variants[].gtin": Answer.FREE,
        },
        (Example(body={"variants": [VARIANT]}),),
    ),
    Row("GET /api/v1/suppliers", Scope.CATALOGUE_READ, PAGED),
    Row(
        "POST /api/v1/suppliers",
        Scope.CATALOGUE_WRITE,
        {"body.name": Answer.FREE},
        (Example(body={"name": "{supplier_name}"}),),
    ),
    Row("GET /api/v1/suppliers/{supplier}", Scope.CATALOGUE_READ, SUPPLIER),
    Row(
        "PATCH /api/v1/suppliers/{supplier}",
        Scope.CATALOGUE_WRITE,
        {**SUPPLIER, "body.name": Answer.FREE},
        (Example(body={"name": "{supplier_name}"}),),
    ),
    Row("GET /api/v1/locations", Scope.CATALOGUE_READ, PAGED),
    Row(
        "POST /api/v1/locations",
        Scope.CATALOGUE_WRITE,
        {"body.code": Answer.FREE},
        (Example(body={"code": "{location_code}", "name": "Shed", "rank": 7}),),
    ),
    Row("GET /api/v1/locations/{location}", Scope.CATALOGUE_READ, LOCATION),
    Row(
        "PATCH /api/v1/locations/{location}",
        Scope.CATALOGUE_WRITE,
        {**LOCATION, "body.code": Answer.FREE},
        (Example(body={"code": "{location_code}"}),),
    ),
    # Product matches and price lists.
    Row(
        "POST /api/v1/suppliers/{supplier}/match-wholesale",
        Scope.PARTNERSHIPS_WRITE,
        SUPPLIER,
        (Example(using={"supplier": "buying_supplier"}),),
    ),
    Row(
        "GET /api/v1/suppliers/{supplier}/matching",
        Scope.PARTNERSHIPS_READ,
        {**SUPPLIER, **PAGED},
        (Example({"outcome": "none"}, using={"supplier": "buying_supplier"}),),
    ),
    Row(
        "POST /api/v1/matches",
        Scope.PARTNERSHIPS_WRITE,
        {
            "body.partnership": Answer.ABSENT,
            "body.variant": Answer.ABSENT,
            "body.wholesaler_variant": Answer.ABSENT,
        },
        (
            Example(
                body={
                    "partnership": "{buying}",
                    "variant": "{unmatched}",
                    "wholesaler_variant": "{offered}",
                }
            ),
        ),
    ),
    Row(
        "GET /api/v1/matches",
        Scope.PARTNERSHIPS_READ,
        {"query.variant": Answer.EMPTY, **PAGED},
        (Example({"variant": "{matched}"}),),
    ),
    Row(
        "GET /api/v1/partnerships/{partnership}/matches",
        Scope.PARTNERSHIPS_READ,
        {"path.partnership": Answer.ABSENT, **PAGED},
        (Example({"ended": "true"}, using={"partnership": "buying"}),),
    ),
    Row("GET /api/v1/matches/{match}", Scope.PARTNERSHIPS_READ, MATCH),
    Row(
        "PATCH /api/v1/matches/{match}",
        Scope.PARTNERSHIPS_WRITE,
        MATCH,
        (Example(body={"rank": 3}),),
    ),
    Row("POST /api/v1/matches/{match}/end", Scope.PARTNERSHIPS_WRITE, MATCH),
    Row(
        "GET /api/v1/partnerships/{partnership}/prices",
        Scope.PARTNERSHIPS_READ,
        {
            "path.partnership": Answer.ABSENT,
            "query.variant": Answer.EMPTY,
            "query.sku": Answer.EMPTY,
            "query.gtin": Answer.EMPTY,
            **PAGED,
        },
        (
            Example({"variant": "{offered}"}, using={"partnership": "buying"}),
            Example({"sku": "{sku}", "name": "carrots"}, using={"partnership": "selling"}),
            Example({"gtin": "{gtin}"}, using={"partnership": "selling"}),
        ),
    ),
    Row(
        "POST /api/v1/partnerships/{partnership}/prices",
        Scope.PARTNERSHIPS_WRITE,
        {
            "path.partnership": Answer.ABSENT,
            "body.prices[].variant": Answer.ABSENT,
            "body.prices[].sku": Answer.ABSENT,
        },
        (
            Example(
                body={"prices": [{"variant": "{variant}", "unit_price": "1.5"}]},
                using={"partnership": "selling"},
            ),
            Example(
                body={"prices": [{"sku": "{sku}", "unit_price": None}]},
                using={"partnership": "selling"},
            ),
        ),
    ),
    # Partnerships, and the invitations that they come from.
    Row("GET /api/v1/partnership-invitations", Scope.PARTNERSHIPS_READ, PAGED),
    Row(
        "POST /api/v1/partnership-invitations",
        Scope.PARTNERSHIPS_WRITE,
        {},
        (Example(body={"sharing_policy": "all_stock", "note": "a shop"}),),
    ),
    Row(
        "POST /api/v1/partnership-invitations/{invitation}/revoke",
        Scope.PARTNERSHIPS_WRITE,
        {"path.invitation": Answer.ABSENT},
        (Example(using={"invitation": "partnership_invitation"}),),
    ),
    Row(
        "POST /api/v1/partnership-invitations/preview",
        Scope.PARTNERSHIPS_WRITE,
        {"body.invite_key": Answer.SECRET},
        (Example(body={"invite_key": "{invite_key}"}),),
    ),
    Row(
        "POST /api/v1/partnership-invitations/accept",
        Scope.PARTNERSHIPS_WRITE,
        {"body.invite_key": Answer.SECRET},
        (Example(body={"invite_key": "{invite_key}"}),),
    ),
    Row("GET /api/v1/partnerships", Scope.PARTNERSHIPS_READ, PAGED),
    Row("GET /api/v1/partnerships/{partnership}", Scope.PARTNERSHIPS_READ, PARTNERSHIP),
    Row(
        "PATCH /api/v1/partnerships/{partnership}",
        Scope.PARTNERSHIPS_WRITE,
        PARTNERSHIP,
        (Example(body={"sharing_policy": "allocated_only", "cap": None}),),
    ),
    Row("POST /api/v1/partnerships/{partnership}/pause", Scope.PARTNERSHIPS_WRITE, PARTNERSHIP),
    Row("POST /api/v1/partnerships/{partnership}/resume", Scope.PARTNERSHIPS_WRITE, PARTNERSHIP),
    Row(
        "POST /api/v1/partnerships/{partnership}/begin-ending",
        Scope.PARTNERSHIPS_WRITE,
        PARTNERSHIP,
    ),
    # Orders.
    Row(
        "POST /api/v1/orders",
        Scope.ORDERS_WRITE,
        {**ORDER_LINES, "body.reference": Answer.FREE, "body.sales_session": Answer.ABSENT},
        (
            Example(body=_order(SESSION_LINES, sales_session="{sales_session}")),
            Example(body=_order(LINES)),
            Example(body=_order(LINES_BY_SKU)),
            Example(body=_order(LINES_OF_SELLER)),
            Example(body=_order(LINES, kind="session"), own=False, opened=True),
            Example(body=_order(LINES_OF_SELLER, kind="session"), own=False, opened=True),
            Example(body=_order(LINES_OF_SLUG, kind="session"), own=False, opened=True),
        ),
    ),
    Row(
        "POST /api/v1/orders/bulk",
        Scope.ORDERS_WRITE,
        {
            "body.orders[].lines[].variant": Answer.EACH,
            "body.orders[].lines[].sku": Answer.EACH,
            "body.orders[].lines[].seller": Answer.EACH,
            "body.orders[].reference": Answer.FREE,
            "body.orders[].key": Answer.FREE,
            "body.orders[].sales_session": Answer.EACH,
        },
        (
            Example(body={"orders": [_order(SESSION_LINES, sales_session="{sales_session}")]}),
            Example(body={"orders": [_order(LINES, key="{key}")]}),
            Example(body={"orders": [_order(LINES_OF_SLUG)]}),
            Example(body={"orders": [_order(LINES, kind="session")]}, own=False, opened=True),
        ),
    ),
    Row(
        "GET /api/v1/orders",
        Scope.ORDERS_READ,
        {"query.reference": Answer.EMPTY, **PAGED},
        (Example({"reference": "{reference}"}),),
    ),
    Row("GET /api/v1/orders/{order}", Scope.ORDERS_READ, ORDER),
    Row(
        "PUT /api/v1/orders/{order}",
        Scope.ORDERS_WRITE,
        {**ORDER, **ORDER_LINES},
        (
            Example(body={"lines": LINES}),
            Example(body={"lines": LINES_OF_SELLER}),
        ),
    ),
    Row(
        "POST /api/v1/orders/{order}/place",
        Scope.ORDERS_WRITE,
        ORDER,
        (Example(body={}, using={"order": "draft"}),),
    ),
    Row(
        "POST /api/v1/orders/{order}/payment",
        Scope.ORDERS_WRITE,
        ORDER,
        (Example(body={"succeeded": True}), Example(body={"succeeded": False})),
    ),
    Row(
        "POST /api/v1/orders/{order}/cancel",
        Scope.ORDERS_WRITE,
        ORDER,
        (Example(), Example(body={"lines": [{"line": 1, "quantity": "1"}]})),
    ),
    Row(
        "POST /api/v1/orders/{order}/shipments",
        Scope.ORDERS_WRITE,
        ORDER,
        (Example(using={"order": "paid"}),),
    ),
    Row(
        "POST /api/v1/orders/{order}/returns",
        Scope.ORDERS_WRITE,
        {**ORDER, "body.location": Answer.ABSENT},
        (
            Example(
                body={"lines": [{"line": 1, "quantity": "1"}], "location": "{location}"},
                using={"order": "shipped"},
            ),
        ),
    ),
    Row(
        "POST /api/v1/orders/{order}/priority",
        Scope.ORDERS_WRITE,
        ORDER,
        (Example(body={"priority": 5}, using={"order": "waiting"}),),
    ),
    # Sales sessions, and what they order of producers.
    Row("GET /api/v1/sales-sessions", Scope.ORDERS_READ, PAGED, (Example({"state": "open"}),)),
    Row(
        "POST /api/v1/sales-sessions",
        Scope.ORDERS_WRITE,
        {**SESSION_PRODUCTS, "body.reference": Answer.FREE},
        (
            Example(body=_session({"variant": "{session_variant}"})),
            Example(body=_session({"sku": "{session_sku}", "seller": "{producer}"})),
        ),
    ),
    Row("GET /api/v1/sales-sessions/{sales_session}", Scope.ORDERS_READ, SALES_SESSION),
    Row(
        "PATCH /api/v1/sales-sessions/{sales_session}",
        Scope.ORDERS_WRITE,
        SALES_SESSION,
        (Example(body={"name": "Another week"}),),
    ),
    Row(
        "PUT /api/v1/sales-sessions/{sales_session}/products",
        Scope.ORDERS_WRITE,
        {**SALES_SESSION, **SESSION_PRODUCTS},
        (
            Example(body={"products": [{"variant": "{session_variant}", "quantity_max": "9"}]}),
            Example(body={"products": [{"sku": "{session_sku}", "seller": "{producer}"}]}),
        ),
    ),
    Row(
        "POST /api/v1/sales-sessions/{sales_session}/products/remove",
        Scope.ORDERS_WRITE,
        {**SALES_SESSION, "body.variants[]": Answer.ABSENT},
        (Example(body={"variants": ["{unordered}"]}),),
    ),
    Row(
        "POST /api/v1/sales-sessions/{sales_session}/close",
        Scope.ORDERS_WRITE,
        SALES_SESSION,
        (Example(), Example(body={"cancel_unpaid": True})),
    ),
    Row(
        "GET /api/v1/sales-sessions/{sales_session}/orders",
        Scope.ORDERS_READ,
        {**SALES_SESSION, **PAGED},
        (Example(), Example({"would_miss": "true"})),
    ),
    Row("GET /api/v1/sales-sessions/{sales_session}/preview", Scope.ORDERS_READ, SALES_SESSION),
    Row("GET /api/v1/session-demand", Scope.ORDERS_READ, PAGED),
    Row("GET /api/v1/session-orders", Scope.ORDERS_READ, PAGED),
    Row(
        "GET /api/v1/session-orders/{order}",
        Scope.ORDERS_READ,
        ORDER,
        (Example(using={"order": "session_order"}),),
    ),
    Row(
        "POST /api/v1/session-orders/{order}/ship",
        Scope.ORDERS_WRITE,
        ORDER,
        (Example(using={"order": "session_order"}),),
    ),
    # Marketplaces and their sellers.
    Row(
        "POST /api/v1/marketplace-orders",
        Scope.MARKETPLACE_WRITE,
        {
            **ORDER_LINES,
            "body.reference": Answer.FREE,
            "body.external_ids[].key": Answer.FREE,
            "body.external_ids[].value": Answer.FREE,
        },
        (
            Example(body={"lines": MARKET_LINES, "reference": "{reference}"}),
            Example(body={"lines": MARKET_LINES, "external_ids": [EXTERNAL_ID]}, own=False),
            Example(body={"lines": [{**MARKET_SKU, "quantity": "1"}]}),
        ),
    ),
    Row(
        "GET /api/v1/marketplace-orders",
        Scope.MARKETPLACE_READ,
        {**PAGED, **BY_EXTERNAL_ID},
        (Example(), Example(EXTERNAL_QUERY)),
    ),
    Row(
        "GET /api/v1/marketplace-orders/{order}",
        Scope.MARKETPLACE_READ,
        ORDER,
        (Example(using={"order": "marketplace_order"}),),
    ),
    Row(
        "PATCH /api/v1/marketplace-orders/{order}",
        Scope.MARKETPLACE_WRITE,
        ORDER,
        (Example(body={"buyer": {"phone": "1"}}, using={"order": "marketplace_order"}),),
    ),
    Row(
        "GET /api/v1/seller-invoices",
        Scope.MARKETPLACE_READ,
        {**PAGED, **BY_EXTERNAL_ID},
        (
            Example(),
            Example({**EXTERNAL_QUERY, "side": "marketplace"}),
        ),
    ),
    Row(
        "GET /api/v1/seller-invoices/{invoice}",
        Scope.MARKETPLACE_READ,
        INVOICE,
        (Example(), Example({"side": "marketplace"}, using={"invoice": "market_invoice"})),
    ),
    Row("GET /api/v1/shipment-carriers", Scope.MARKETPLACE_READ),
    Row(
        "POST /api/v1/seller-invoices/{invoice}/shipments",
        Scope.MARKETPLACE_WRITE,
        INVOICE,
        (
            Example(body=PARCEL),
            Example(body=PARCEL, using={"invoice": "market_invoice"}),
        ),
    ),
    Row(
        "GET /api/v1/shipments",
        Scope.MARKETPLACE_READ,
        {**PAGED, "query.invoice": Answer.EMPTY},
        (
            Example({"invoice": "{invoice}"}),
            Example({"invoice": "{market_invoice}", "side": "marketplace"}),
        ),
    ),
    Row(
        "GET /api/v1/shipments/{shipment}",
        Scope.MARKETPLACE_READ,
        {"path.shipment": Answer.ABSENT},
        (Example(), Example({"side": "marketplace"}, using={"shipment": "market_shipment"})),
    ),
    Row(
        "POST /api/v1/seller-invoices/{invoice}/refund-requests",
        Scope.MARKETPLACE_WRITE,
        INVOICE,
        (
            Example(body={"lines": [{"line": 1, "quantity": "1"}]}),
            Example(
                body={"lines": [{"line": 1, "quantity": "1", "reason": "Changed my mind"}]},
                using={"invoice": "market_invoice"},
            ),
        ),
    ),
    Row(
        "GET /api/v1/refund-requests",
        Scope.MARKETPLACE_READ,
        {**PAGED, "query.invoice": Answer.EMPTY},
        (
            Example({"invoice": "{invoice}"}),
            Example({"invoice": "{market_invoice}", "side": "marketplace"}),
        ),
    ),
    Row(
        "GET /api/v1/refund-requests/{refund_request}",
        Scope.MARKETPLACE_READ,
        REFUND,
        (Example(), Example({"side": "marketplace"}, using={"refund_request": "market_refund"})),
    ),
    Row(
        "POST /api/v1/refund-requests/{refund_request}/take-back",
        Scope.MARKETPLACE_WRITE,
        REFUND,
        (
            Example(body={"notes": ["Seen"]}),
            Example(using={"refund_request": "market_refund"}),
        ),
    ),
    *(
        Row(
            f"POST /api/v1/refund-requests/{{refund_request}}/{step}",
            Scope.MARKETPLACE_WRITE,
            REFUND,
            (
                Example(using={"refund_request": kind}),
                # Only its marketplace decides; a seller is told so of its own.
                Example(body={"notes": ["Seen"]}, own=False),
            ),
        )
        for step, kind in (
            ("complete", "taken_back"),
            ("deny", "market_refund"),
            ("restore", "denied_refund"),
        )
    ),
    # Stock.
    Row("GET /api/v1/feed", Scope.STOCK_READ, PAGED),
    Row(
        "GET /api/v1/positions",
        Scope.STOCK_READ,
        {"query.variant": Answer.EMPTY, "query.location": Answer.EMPTY, **PAGED},
        (
            Example({"variant": "{variant}"}),
            Example({"location": "{location}"}),
            Example({"variant": "{variant}", "location": "{location}"}),
        ),
    ),
    Row(
        "GET /api/v1/positions/{variant}/{location}",
        Scope.STOCK_READ,
        {"path.variant": Answer.ABSENT, "path.location": Answer.ABSENT},
        (Example(), Example({"as_of": "2040-01-01T00:00:00Z"})),
    ),
    Row(
        "GET /api/v1/ledger",
        Scope.STOCK_READ,
        {"query.variant": Answer.ABSENT, "query.location": Answer.ABSENT, **PAGED},
        (Example({"variant": "{variant}", "location": "{location}"}),),
    ),
    Row(
        "GET /api/v1/holds",
        Scope.STOCK_READ,
        {"query.variant": Answer.EMPTY, "query.order": Answer.EMPTY, **PAGED},
        (
            Example({"variant": "{held_variant}"}),
            Example({"order": "{order}"}),
            Example({"variant": "{held_variant}", "order": "{order}"}),
        ),
    ),
    Row(
        "POST /api/v1/stock/receipts",
        Scope.STOCK_WRITE,
        STOCK_LINES,
        (Example(body={"lines": LINES_AT}), Example(body={"lines": LINES_BY_SKU})),
    ),
    Row(
        "POST /api/v1/stock/adjustments",
        Scope.STOCK_WRITE,
        STOCK_LINES,
        (Example(body={"lines": LINES_AT}), Example(body={"lines": LINES_BY_SKU})),
    ),
    Row(
        "POST /api/v1/stock/counts",
        Scope.STOCK_WRITE,
        {
            "body.variant": Answer.ABSENT,
            "body.sku": Answer.ABSENT,
            "body.location": Answer.ABSENT,
        },
        (
            Example(
                body={
                    "variant": "{variant}",
                    "location": "{location}",
                    "on_hand": "7",
                    "expected_version": 1,
                }
            ),
            Example(
                body={
                    "sku": "{sku}",
                    "location": "{location}",
                    "on_hand": "7",
                    "expected_version": 1,
                }
            ),
        ),
    ),
    # Allocations, and what can be promised.
    Row(
        "GET /api/v1/allocations",
        Scope.PARTNERSHIPS_READ,
        {"query.partnership": Answer.EMPTY, "query.variant": Answer.EMPTY, **PAGED},
        (
            Example({"partnership": "{allocating}"}),
            Example({"variant": "{allocated}"}),
            Example({"partnership": "{allocating}", "variant": "{allocated}"}),
        ),
    ),
    Row(
        "POST /api/v1/allocations",
        Scope.PARTNERSHIPS_WRITE,
        {
            "body.partnership": Answer.ABSENT,
            "body.variant": Answer.ABSENT,
            "body.location": Answer.ABSENT,
        },
        (
            Example(
                body={
                    "partnership": "{allocating}",
                    "variant": "{allocated}",
                    "location": "{location}",
                    "quantity": "1",
                }
            ),
        ),
    ),
    Row("GET /api/v1/allocations/{allocation}", Scope.PARTNERSHIPS_READ, ALLOCATION),
    Row(
        "PATCH /api/v1/allocations/{allocation}",
        Scope.PARTNERSHIPS_WRITE,
        ALLOCATION,
        (Example(body={"quantity": "2", "valid_until": None, "note": "spring"}),),
    ),
    Row("POST /api/v1/allocations/{allocation}/close", Scope.PARTNERSHIPS_WRITE, ALLOCATION),
    Row(
        "GET /api/v1/received-allocations",
        Scope.PARTNERSHIPS_READ,
        {"query.partnership": Answer.EMPTY, **PAGED},
        (Example({"partnership": "{receiving}"}),),
    ),
    Row(
        "GET /api/v1/received-allocations/{allocation}",
        Scope.PARTNERSHIPS_READ,
        ALLOCATION,
        (Example(using={"allocation": "received"}),),
    ),
    Row(
        "GET /api/v1/availability",
        Scope.STOCK_READ,
        {"query.variant": Answer.EMPTY, **PAGED},
        (Example({"variant": "{variant}"}),),
    ),
    Row(
        "GET /api/v1/availability/{variant}/partners",
        Scope.PARTNERSHIPS_READ,
        {"path.variant": Answer.ABSENT, **PAGED},
        (Example(using={"variant": "allocated"}),),
    ),
    Row(
        "GET /api/v1/orders/{order}/waiting",
        Scope.ORDERS_READ,
        ORDER,
        (Example(using={"order": "waiting"}),),
    ),
    # Notices.
    Row("GET /api/v1/notices", Scope.ORDERS_READ, PAGED),
    # Settlements, and the end of a partnership.
    Row(
        "GET /api/v1/settlements",
        Scope.SETTLEMENT_READ,
        {"query.partnership": Answer.EMPTY, **PAGED},
        (Example({"partnership": "{trading}"}), Example({"face": "order", "state": "closed"})),
    ),
    Row("GET /api/v1/settlements/{settlement}", Scope.SETTLEMENT_READ, SETTLEMENT),
    Row(
        "GET /api/v1/settlements/{settlement}/lines",
        Scope.SETTLEMENT_READ,
        {**SETTLEMENT, **PAGED},
    ),
    Row(
        "GET /api/v1/settlements/{settlement}/lines/{line}/transfers",
        Scope.SETTLEMENT_READ,
        {**SETTLEMENT, **PAGED},
    ),
    Row(
        "POST /api/v1/settlements/{settlement}/acknowledge",
        Scope.SETTLEMENT_WRITE,
        SETTLEMENT,
    ),
    Row(
        "POST /api/v1/settlements/{settlement}/dispute",
        Scope.SETTLEMENT_WRITE,
        SETTLEMENT,
        (Example(body={"reason": "It was one less."}),),
    ),
    Row("GET /api/v1/exports/settlements/{settlement}", Scope.SETTLEMENT_READ, SETTLEMENT),
    Row(
        "GET /api/v1/partnerships/{partnership}/open-settlement",
        Scope.SETTLEMENT_READ,
        PARTNERSHIP,
        (Example(using={"partnership": "trading"}),),
    ),
    Row(
        "GET /api/v1/partnerships/{partnership}/open-settlement/lines",
        Scope.SETTLEMENT_READ,
        {**PARTNERSHIP, **PAGED},
        (Example(using={"partnership": "trading"}),),
    ),
    Row(
        "GET /api/v1/partnerships/{partnership}/open-settlement/transfers",
        Scope.SETTLEMENT_READ,
        {**PARTNERSHIP, "query.variant": Answer.EMPTY, **PAGED},
        (Example({"variant": "{moved}"}, using={"partnership": "trading"}),),
    ),
    Row(
        "GET /api/v1/partnerships/{partnership}/ending-checklist",
        Scope.SETTLEMENT_READ,
        PARTNERSHIP,
        (Example(using={"partnership": "trading"}),),
    ),
    Row(
        "POST /api/v1/partnerships/{partnership}/end",
        Scope.SETTLEMENT_WRITE,
        PARTNERSHIP,
        (Example(using={"partnership": "ending"}),),
    ),
    # Sheets, in and out.
    Row(
        "POST /api/v1/imports/products",
        Scope.CATALOGUE_WRITE,
        {
            "sheet.sku": Answer.FREE,
            "sheet.gtin": Answer.FREE,
            "sheet.supplier": Answer.ROW,
        },
        (
            Example(
                sheet={
                    "sku": "{sku}",
                    "name": "Carrots",
                    "gtin": "{gtin}",
                    "supplier": "{supplier_name}",
                }
            ),
        ),
    ),
    Row(
        "POST /api/v1/imports/suppliers",
        Scope.CATALOGUE_WRITE,
        {"sheet.name": Answer.FREE},
        (Example(sheet={"name": "{supplier_name}", "email": "sales@example.com"}),),
    ),
    Row(
        "POST /api/v1/imports/stock",
        Scope.STOCK_WRITE,
        {"sheet.sku": Answer.ROW, "sheet.location": Answer.ROW},
        (
            Example(sheet={"sku": "{sku}", "location": "{location_code}", "receive": "5"}),
            Example(sheet={"sku": "{sku}", "location": "{location_code}", "on_hand": "5"}),
        ),
    ),
    Row("GET /api/v1/exports/products", Scope.CATALOGUE_READ),
    Row("GET /api/v1/exports/suppliers", Scope.CATALOGUE_READ),
    Row("GET /api/v1/exports/stock", Scope.STOCK_READ),
    # People, and what they and programs come in by.
    Row("GET /api/v1/people", Scope.ORGANISATION_WRITE, PAGED),
    Row(
        "POST /api/v1/people/{person}/role",
        Scope.ORGANISATION_WRITE,
        PERSON,
        (Example(body={"role": "reader"}),),
        READER,
    ),
    Row("POST /api/v1/people/{person}/remove", Scope.ORGANISATION_WRITE, PERSON),
    Row("GET /api/v1/colleague-invitations", Scope.ORGANISATION_WRITE, PAGED),
    Row(
        "POST /api/v1/colleague-invitations",
        Scope.ORGANISATION_WRITE,
        {"body.email": Answer.FREE},
        (Example(body={"email": "{email}", "role": "clerk"}),),
        CLERK,
    ),
    Row(
        "POST /api/v1/colleague-invitations/{invitation}/revoke",
        Scope.ORGANISATION_WRITE,
        {"path.invitation": Answer.ABSENT},
    ),
    Row(
        "POST /api/v1/colleague-invitations/accept",
        Who.ANYBODY,
        {"body.key": Answer.SECRET},
        (
            Example(
                body={
                    "key": "{invitation_key}",
                    "password": "seven orange parsnips",
                    "name": "New Colleague",
                }
            ),
        ),
    ),
    Row(
        "POST /api/v1/sessions",
        Who.ANYBODY,
        {"body.email": Answer.HIDDEN, "body.organisation": Answer.ABSENT},
        (
            Example(body={"email": "{email}", "password": "{password}"}),
            Example(
                body={
                    "email": "{email}",
                    "password": "{password}",
                    "organisation": "{organisation}",
                }
            ),
            Example(body={"email": "{email}", "password": "{password}", "organisation": "{slug}"}),
        ),
    ),
    Row(
        "GET /api/v1/sessions",
        Who.ANY_CALLER,
        {"query.person": Answer.EMPTY, **PAGED},
        (Example({"person": "{acting_person}"}), Example(by_person=True)),
    ),
    Row(
        "POST /api/v1/sessions/{session}/revoke",
        Who.ANY_CALLER,
        {"path.session": Answer.ABSENT},
    ),
    Row("POST /api/v1/sessions/current/revoke", Who.ANY_CALLER, {}, (Example(by_person=True),)),
    Row("GET /api/v1/me", Who.ANY_CALLER, {}, (Example(), Example(by_person=True))),
    Row(
        "PATCH /api/v1/me",
        Who.ANY_CALLER,
        {},
        (Example(body={"language": "en", "time_zone": "Europe/London"}, by_person=True),),
    ),
    Row(
        "POST /api/v1/me/password",
        Who.ANY_CALLER,
        {},
        (
            Example(
                body={"old_password": "{password}", "new_password": "seven orange parsnips"},
                by_person=True,
            ),
        ),
    ),
    Row(
        "POST /api/v1/password-resets/use",
        Who.ANYBODY,
        {"body.key": Answer.SECRET},
        (Example(body={"key": "{reset_key}", "password": "seven orange parsnips"}),),
    ),
    Row("GET /api/v1/tokens", Scope.ORGANISATION_WRITE, PAGED),
    Row(
        "POST /api/v1/tokens",
        Scope.ORGANISATION_WRITE,
        {},
        (Example(body={"name": "till", "scopes": ["organisation:write"]}),),
        frozenset({Scope.ORGANISATION_WRITE}),
    ),
    Row(
        "POST /api/v1/tokens/{token}/revoke",
        Scope.ORGANISATION_WRITE,
        {"path.token": Answer.ABSENT},
    ),
    # Webhooks: who is told what happened.
    Row("GET /api/v1/webhooks", Scope.WEBHOOKS_WRITE, PAGED),
    Row(
        "POST /api/v1/webhooks",
        Scope.WEBHOOKS_WRITE,
        {},
        (Example(body={"url": "https://93.184.216.34/hook", "events": ["orders.*"]}),),
        frozenset({Scope.ORDERS_READ}),
    ),
    Row("GET /api/v1/webhooks/{webhook}", Scope.WEBHOOKS_WRITE, WEBHOOK),
    Row(
        "PATCH /api/v1/webhooks/{webhook}",
        Scope.WEBHOOKS_WRITE,
        WEBHOOK,
        (
            Example(
                body={
                    "url": "https://93.184.216.34/hook",
                    "events": ["stock.*"],
                    "description": "till",
                }
            ),
        ),
        frozenset({Scope.STOCK_READ}),
    ),
    Row("POST /api/v1/webhooks/{webhook}/rotate-secret", Scope.WEBHOOKS_WRITE, WEBHOOK),
    Row("POST /api/v1/webhooks/{webhook}/ping", Scope.WEBHOOKS_WRITE, WEBHOOK),
    Row(
        "GET /api/v1/webhooks/{webhook}/deliveries",
        Scope.WEBHOOKS_WRITE,
        {**WEBHOOK, **PAGED},
        (Example(), Example({"state": "waiting"})),
    ),
    Row("GET /api/v1/webhooks/{webhook}/attempts", Scope.WEBHOOKS_WRITE, {**WEBHOOK, **PAGED}),
    Row(
        "POST /api/v1/webhooks/{webhook}/deliveries/{delivery}/redeliver",
        Scope.WEBHOOKS_WRITE,
        {**WEBHOOK, "path.delivery": Answer.ABSENT},
    ),
    # The audit.
    Row(
        "GET /api/v1/audit",
        Scope.AUDIT_READ,
        {
            "query.subject": Answer.EMPTY,
            "query.token": Answer.EMPTY,
            "query.person": Answer.EMPTY,
            **PAGED,
        },
        (
            Example({"subject": "{order}"}),
            Example({"token": "{acting_token}"}),
            Example({"person": "{acting_person}"}),
        ),
    ),
    Row("GET /api/v1/audit/{act}", Scope.AUDIT_READ, {"path.act": Answer.ABSENT}),
    # Care: nothing of anybody's business.
    Row("GET /healthz", Who.ANYBODY),
    Row("GET /readyz", Who.ANYBODY),
    Row("GET /metrics", Who.ANYBODY),
    Row("GET /openapi.json", Who.ANYBODY),
    Row("GET /docs", Who.ANYBODY),
    Row("GET /docs/style.css", Who.ANYBODY),
)
