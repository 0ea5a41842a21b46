"""Which page is for whom: one row a page and a form's act, and one without a row fails the build.

`test_pages` tries every row without a session, with each role, and with what belongs to others;
`docs/reference/access.md` is written from it. Nothing here is read from the code that it judges.

How to add a page: write its row. Names of its path that are no kind of thing that `world.py` makes
get a place in `KINDS`, or in the row's `using` where the page needs a certain one.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, NamedTuple

from entrepot.kernel.caller import Scope


class Visitor(Enum):
    """Who may, where it is no scope that decides, in words for the docs."""

    EVERYBODY = "everybody, logged in or not"
    ANY_PERSON = "everybody who has logged in"


KINDS: Final[Mapping[str, str]] = {
    "invitation": "partnership_invitation",
    "partnership": "selling",
}
"""Which kind of thing a name in a path stands for, where that is not the name itself."""

FIXED: Final[Mapping[str, str]] = {"kind": "products", "line": "1"}
"""Names in a path that name nothing of anybody's."""


class PageRow(NamedTuple):
    """One page or act of a form, and the scope that it asks for.

    `query` and `fields` are what may stand in the address and in the form; `{name}` in them stands
    for a thing of that kind. What is another's answers like what is not there, wherever it stands.
    """

    page: str
    who: Scope | Visitor
    using: Mapping[str, str] = MappingProxyType({})
    query: Mapping[str, str] = MappingProxyType({})
    fields: Mapping[str, str] = MappingProxyType({})


ORDER: Final[Mapping[str, str]] = MappingProxyType(
    {"reference": "{free}", "policy": "refuse_short", "paid": "now", "step": "place"}
)
COUNT: Final[Mapping[str, str]] = MappingProxyType({"location": "{location}", "quantity": "7"})

TIMES: Final[Mapping[str, str]] = MappingProxyType(
    {"name": "Week", "opens_at": "2030-01-01T10:00", "closes_at": "2030-01-05T10:00"}
)
SESSION: Final[Mapping[str, str]] = MappingProxyType({**TIMES, "step": "save"})

PAGE_TABLE: Final[tuple[PageRow, ...]] = (
    PageRow("GET /log-in", Visitor.EVERYBODY),
    PageRow("POST /log-in", Visitor.EVERYBODY),
    PageRow("POST /log-out", Visitor.ANY_PERSON),
    PageRow("GET /new-password", Visitor.EVERYBODY),
    PageRow("POST /new-password", Visitor.EVERYBODY),
    PageRow("GET /", Visitor.ANY_PERSON),
    PageRow("GET /notices", Scope.ORDERS_READ),
    PageRow("GET /import", Scope.STOCK_WRITE),
    PageRow("POST /import", Scope.STOCK_WRITE),
    PageRow("GET /import/{sheet}", Scope.STOCK_WRITE),
    PageRow("POST /import/{sheet}", Scope.STOCK_WRITE),
    PageRow("GET /import/{sheet}/failed", Scope.STOCK_WRITE),
    PageRow("GET /export", Scope.CATALOGUE_READ),
    PageRow("GET /export/{kind}", Scope.CATALOGUE_READ),
    PageRow("GET /template/{kind}", Scope.CATALOGUE_READ),
    PageRow("GET /orders", Scope.ORDERS_READ, query={"variant": "{sku}"}),
    PageRow("GET /orders/{order}", Scope.ORDERS_READ),
    PageRow("POST /orders/{order}/place", Scope.ORDERS_WRITE, using={"order": "draft"}),
    PageRow("POST /orders/{order}/payment", Scope.ORDERS_WRITE),
    PageRow("POST /orders/{order}/priority", Scope.ORDERS_WRITE, fields={"priority": "3"}),
    PageRow("GET /orders/{order}/cancel", Scope.ORDERS_WRITE),
    PageRow("POST /orders/{order}/cancel", Scope.ORDERS_WRITE),
    PageRow("GET /orders/{order}/ship", Scope.ORDERS_WRITE, using={"order": "paid"}),
    PageRow("POST /orders/{order}/ship", Scope.ORDERS_WRITE, using={"order": "paid"}),
    PageRow("GET /orders/{order}/return", Scope.ORDERS_WRITE, using={"order": "shipped"}),
    PageRow(
        "POST /orders/{order}/return",
        Scope.ORDERS_WRITE,
        using={"order": "shipped"},
        fields={"line": "1", "quantity": "1", "location": "{location}"},
    ),
    PageRow("GET /orders/new", Scope.ORDERS_WRITE, query={"sku": "{sku}", "quantity": "1"}),
    PageRow(
        "POST /orders/new", Scope.ORDERS_WRITE, fields={**ORDER, "sku": "{sku}", "quantity": "1"}
    ),
    PageRow("GET /orders/{order}/lines", Scope.ORDERS_WRITE, using={"order": "draft"}),
    PageRow(
        "POST /orders/{order}/lines",
        Scope.ORDERS_WRITE,
        using={"order": "draft"},
        fields={"sku": "{sku}", "quantity": "1", "step": "change"},
    ),
    PageRow("GET /retailers", Scope.PARTNERSHIPS_READ),
    PageRow("GET /wholesalers", Scope.PARTNERSHIPS_READ),
    PageRow("GET /partnerships/{partnership}", Scope.PARTNERSHIPS_READ),
    PageRow("POST /partnerships/{partnership}/pause", Scope.PARTNERSHIPS_WRITE),
    PageRow("POST /partnerships/{partnership}/resume", Scope.PARTNERSHIPS_WRITE),
    PageRow("GET /partnerships/{partnership}/activity", Scope.PARTNERSHIPS_READ),
    PageRow("GET /partnerships/{partnership}/allocations", Scope.PARTNERSHIPS_READ),
    PageRow(
        "GET /partnerships/{partnership}/allocate", Scope.PARTNERSHIPS_WRITE, query={"sku": "{sku}"}
    ),
    PageRow(
        "POST /partnerships/{partnership}/allocate",
        Scope.PARTNERSHIPS_WRITE,
        fields={"sku": "{sku}", "quantity": "1", "location": "{location}"},
    ),
    PageRow("GET /allocations/{allocation}", Scope.PARTNERSHIPS_READ),
    PageRow("POST /allocations/{allocation}", Scope.PARTNERSHIPS_WRITE, fields={"quantity": "2"}),
    PageRow("POST /allocations/{allocation}/close", Scope.PARTNERSHIPS_WRITE),
    PageRow("GET /retailers/invite", Scope.PARTNERSHIPS_WRITE),
    PageRow("POST /retailers/invite", Scope.PARTNERSHIPS_WRITE),
    PageRow("GET /retailers/invitations", Scope.PARTNERSHIPS_READ),
    PageRow("POST /retailers/invitations/{invitation}/revoke", Scope.PARTNERSHIPS_WRITE),
    PageRow("GET /wholesalers/accept", Scope.PARTNERSHIPS_WRITE),
    PageRow("POST /wholesalers/preview", Scope.PARTNERSHIPS_WRITE),
    PageRow("POST /wholesalers/accept", Scope.PARTNERSHIPS_WRITE),
    PageRow("GET /partnerships/{partnership}/matches", Scope.PARTNERSHIPS_READ),
    PageRow("GET /matches/{match}", Scope.PARTNERSHIPS_READ),
    PageRow("POST /matches/{match}", Scope.PARTNERSHIPS_WRITE, fields={"rank": "1"}),
    PageRow("POST /matches/{match}/factor", Scope.PARTNERSHIPS_WRITE, fields={"factor": "2"}),
    PageRow("POST /matches/{match}/end", Scope.PARTNERSHIPS_WRITE),
    PageRow(
        "GET /partnerships/{partnership}/matching",
        Scope.PARTNERSHIPS_READ,
        using={"partnership": "buying"},
    ),
    PageRow(
        "POST /partnerships/{partnership}/match-wholesale",
        Scope.PARTNERSHIPS_WRITE,
        using={"partnership": "buying"},
    ),
    PageRow(
        "GET /partnerships/{partnership}/match",
        Scope.PARTNERSHIPS_WRITE,
        using={"partnership": "buying"},
        query={"variant": "{unmatched}"},
    ),
    PageRow(
        "GET /partnerships/{partnership}/offer",
        Scope.PARTNERSHIPS_READ,
        using={"partnership": "buying"},
    ),
    PageRow(
        "POST /partnerships/{partnership}/match",
        Scope.PARTNERSHIPS_WRITE,
        using={"partnership": "buying"},
        fields={"variant": "{unmatched}", "wholesaler_variant": "{offered}", "factor": "1"},
    ),
    PageRow("GET /suppliers", Scope.CATALOGUE_READ),
    PageRow("GET /suppliers/{supplier}", Scope.CATALOGUE_READ),
    PageRow(
        "POST /suppliers/{supplier}/match-wholesale",
        Scope.PARTNERSHIPS_WRITE,
        using={"supplier": "buying_supplier"},
    ),
    PageRow("GET /partnerships/{partnership}/terms", Scope.PARTNERSHIPS_WRITE),
    PageRow("POST /partnerships/{partnership}/terms", Scope.PARTNERSHIPS_WRITE),
    PageRow("GET /partnerships/{partnership}/end", Scope.SETTLEMENT_READ),
    PageRow(
        "POST /partnerships/{partnership}/begin-ending",
        Scope.PARTNERSHIPS_WRITE,
        fields={"is_sure": "yes"},
    ),
    PageRow(
        "POST /partnerships/{partnership}/end",
        Scope.SETTLEMENT_WRITE,
        using={"partnership": "ending"},
    ),
    PageRow("GET /preferences", Visitor.ANY_PERSON),
    PageRow(
        "POST /preferences",
        Visitor.ANY_PERSON,
        fields={"language": "nl", "time_zone": "Europe/Amsterdam"},
    ),
    PageRow("POST /preferences/password", Visitor.ANY_PERSON),
    PageRow("POST /preferences/sessions/{session}/revoke", Visitor.ANY_PERSON),
    PageRow("GET /products", Scope.CATALOGUE_READ, query={"supplier": "{supplier}"}),
    PageRow("GET /products/{product}", Scope.CATALOGUE_READ),
    PageRow("POST /products/{product}", Scope.CATALOGUE_WRITE, fields={"name": "Carrots"}),
    PageRow("GET /variants/{variant}/change", Scope.CATALOGUE_WRITE),
    PageRow(
        "POST /variants/{variant}/change",
        Scope.CATALOGUE_WRITE,
        fields={"sku": "{free}", "name": "Carrots", "supplier": "{supplier}"},
    ),
    PageRow(
        "POST /variants/{variant}/state", Scope.CATALOGUE_WRITE, fields={"state": "deactivated"}
    ),
    PageRow("GET /new-product", Scope.CATALOGUE_WRITE),
    PageRow("POST /new-product", Scope.CATALOGUE_WRITE),
    PageRow("GET /products/{product}/variants", Scope.CATALOGUE_WRITE),
    PageRow("POST /products/{product}/variants", Scope.CATALOGUE_WRITE),
    PageRow("GET /sales-sessions", Scope.ORDERS_READ),
    PageRow("GET /sales-sessions/new", Scope.ORDERS_WRITE),
    PageRow(
        "POST /sales-sessions/new",
        Scope.ORDERS_WRITE,
        fields={**SESSION, "reference": "{free}", "variant": "{session_variant}"},
    ),
    PageRow("GET /sales-sessions/{sales_session}", Scope.ORDERS_READ),
    PageRow("GET /sales-sessions/{sales_session}/orders", Scope.ORDERS_READ),
    PageRow("GET /sales-sessions/{sales_session}/preview", Scope.ORDERS_READ),
    PageRow(
        "POST /sales-sessions/{sales_session}/close",
        Scope.ORDERS_WRITE,
        fields={"is_sure": "yes"},
    ),
    PageRow("GET /sales-sessions/{sales_session}/change", Scope.ORDERS_WRITE),
    PageRow("POST /sales-sessions/{sales_session}/change", Scope.ORDERS_WRITE, fields=TIMES),
    PageRow(
        "POST /sales-sessions/{sales_session}/products",
        Scope.ORDERS_WRITE,
        fields={"variant": "{session_variant}", "quantity_max": "9", "step": "save"},
    ),
    PageRow(
        "POST /sales-sessions/{sales_session}/products/remove",
        Scope.ORDERS_WRITE,
        fields={"taken_out": "{unordered}"},
    ),
    PageRow("GET /sales-sessions/{sales_session}/order", Scope.ORDERS_WRITE),
    PageRow(
        "POST /sales-sessions/{sales_session}/order",
        Scope.ORDERS_WRITE,
        fields={
            "reference": "{free}",
            "variant": "{session_variant}",
            "quantity": "1",
            "step": "place",
        },
    ),
    PageRow("GET /marketplace-orders", Scope.MARKETPLACE_READ),
    PageRow(
        "GET /marketplace-orders/{order}",
        Scope.MARKETPLACE_READ,
        using={"order": "marketplace_order"},
    ),
    PageRow("GET /seller-invoices", Scope.MARKETPLACE_READ),
    PageRow("GET /seller-invoices/{invoice}", Scope.MARKETPLACE_READ),
    PageRow("GET /seller-invoices/{invoice}/print", Scope.MARKETPLACE_READ),
    PageRow("GET /seller-invoices/{invoice}/ship", Scope.MARKETPLACE_WRITE),
    PageRow(
        "POST /seller-invoices/{invoice}/ship",
        Scope.MARKETPLACE_WRITE,
        fields={
            "line": "1",
            "quantity": "1",
            "carrier": "1",
            "tracking_number": "T1",
            "dispatched_on": "2099-01-01",
        },
    ),
    PageRow("GET /seller-invoices/{invoice}/cancel", Scope.MARKETPLACE_WRITE),
    PageRow(
        "POST /seller-invoices/{invoice}/cancel",
        Scope.MARKETPLACE_WRITE,
        fields={"line": "1", "quantity": "1"},
    ),
    PageRow("GET /seller-invoices/{invoice}/return", Scope.MARKETPLACE_WRITE),
    PageRow(
        "POST /seller-invoices/{invoice}/return",
        Scope.MARKETPLACE_WRITE,
        fields={"line": "1", "quantity": "1"},
    ),
    PageRow("POST /refund-requests/{refund_request}/take-back", Scope.MARKETPLACE_WRITE),
    PageRow(
        "POST /refund-requests/{refund_request}/complete",
        Scope.MARKETPLACE_WRITE,
        using={"refund_request": "taken_back"},
    ),
    PageRow(
        "POST /refund-requests/{refund_request}/deny",
        Scope.MARKETPLACE_WRITE,
        using={"refund_request": "market_refund"},
    ),
    PageRow(
        "POST /refund-requests/{refund_request}/restore",
        Scope.MARKETPLACE_WRITE,
        using={"refund_request": "denied_refund"},
    ),
    PageRow("GET /session-demand", Scope.ORDERS_READ),
    PageRow("GET /session-orders", Scope.ORDERS_READ),
    PageRow("GET /session-orders/{order}", Scope.ORDERS_READ, using={"order": "session_order"}),
    PageRow(
        "GET /session-orders/{order}/print", Scope.ORDERS_READ, using={"order": "session_order"}
    ),
    PageRow(
        "GET /session-orders/{order}/ship", Scope.ORDERS_WRITE, using={"order": "session_order"}
    ),
    PageRow(
        "POST /session-orders/{order}/ship",
        Scope.ORDERS_WRITE,
        using={"order": "session_order"},
        fields={"all": "yes"},
    ),
    PageRow("GET /search", Visitor.ANY_PERSON, query={"q": "{sku}"}),
    PageRow("GET /settlements", Scope.SETTLEMENT_READ, query={"partnership": "{trading}"}),
    PageRow("GET /settlements/open", Scope.SETTLEMENT_READ),
    PageRow(
        "GET /settlements/open/{partnership}",
        Scope.SETTLEMENT_READ,
        using={"partnership": "trading"},
    ),
    PageRow(
        "GET /settlements/open/{partnership}/{variant}",
        Scope.SETTLEMENT_READ,
        using={"partnership": "trading", "variant": "moved"},
    ),
    PageRow("GET /settlements/{settlement}", Scope.SETTLEMENT_READ),
    PageRow("GET /settlements/{settlement}/lines/{line}", Scope.SETTLEMENT_READ),
    PageRow("GET /settlements/{settlement}/print", Scope.SETTLEMENT_READ),
    PageRow("GET /settlements/{settlement}/csv", Scope.SETTLEMENT_READ),
    PageRow("POST /settlements/{settlement}/acknowledge", Scope.SETTLEMENT_WRITE),
    PageRow(
        "POST /settlements/{settlement}/dispute",
        Scope.SETTLEMENT_WRITE,
        fields={"reason": "Too many."},
    ),
    PageRow("GET /variants/{variant}", Scope.CATALOGUE_READ, query={"location": "{location}"}),
    PageRow("GET /variants/{variant}/count", Scope.STOCK_WRITE, query={"location": "{location}"}),
    PageRow("POST /variants/{variant}/count", Scope.STOCK_WRITE, fields=COUNT),
    PageRow("GET /variants/{variant}/receive", Scope.STOCK_WRITE, query={"location": "{location}"}),
    PageRow("POST /variants/{variant}/receive", Scope.STOCK_WRITE, fields=COUNT),
    PageRow("GET /variants/{variant}/adjust", Scope.STOCK_WRITE, query={"location": "{location}"}),
    PageRow("POST /variants/{variant}/adjust", Scope.STOCK_WRITE, fields=COUNT),
)
