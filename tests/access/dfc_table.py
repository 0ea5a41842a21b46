"""Who may do what at the DFC door: one row a route, and a route without a row fails the build.

As in `table`, nothing here is read from the code that it judges. Every name in a path is somebody
else's or nobody's in turn, and is answered alike.
"""

from __future__ import annotations

from typing import NamedTuple

from entrepot.kernel.caller import Scope


class DfcRow(NamedTuple):
    """A route, the scope it asks for (None: any token that holds), and what a request carries."""

    route: str
    scope: Scope | None
    body: str | None = None
    """`order` or `line`."""


_AT = "/Enterprises/{slug}"

DFC_TABLE = (
    DfcRow("GET /Enterprises", None),
    DfcRow(f"GET {_AT}", None),
    DfcRow(f"GET {_AT}/SuppliedProducts", Scope.CATALOGUE_READ),
    DfcRow(f"GET {_AT}/SuppliedProducts/{{product}}", Scope.CATALOGUE_READ),
    DfcRow(f"GET {_AT}/CatalogItems", Scope.CATALOGUE_READ),
    DfcRow(f"GET {_AT}/CatalogItems/{{product}}", Scope.CATALOGUE_READ),
    DfcRow(f"GET {_AT}/Offers/{{product}}", Scope.CATALOGUE_READ),
    DfcRow(f"GET {_AT}/Orders", Scope.ORDERS_READ),
    DfcRow(f"POST {_AT}/Orders", Scope.ORDERS_WRITE, "order"),
    DfcRow(f"GET {_AT}/Orders/{{order}}", Scope.ORDERS_READ),
    DfcRow(f"PUT {_AT}/Orders/{{order}}", Scope.ORDERS_WRITE, "order"),
    DfcRow(f"GET {_AT}/Orders/{{order}}/orderLines", Scope.ORDERS_READ),
    DfcRow(f"POST {_AT}/Orders/{{order}}/orderLines", Scope.ORDERS_WRITE, "line"),
    DfcRow(f"GET {_AT}/Orders/{{order}}/orderLines/{{line}}", Scope.ORDERS_READ),
    DfcRow(f"PUT {_AT}/Orders/{{order}}/orderLines/{{line}}", Scope.ORDERS_WRITE, "line"),
    DfcRow(f"GET {_AT}/SaleSessions", Scope.ORDERS_READ),
    DfcRow(f"GET {_AT}/SaleSessions/{{session}}", Scope.ORDERS_READ),
    # Last, for it ends the order that the others are about.
    DfcRow(f"DELETE {_AT}/Orders/{{order}}", Scope.ORDERS_WRITE),
)
"""Every route of the DFC door."""
