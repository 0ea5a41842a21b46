"""The REST door under /api/v1: orders, stock, catalogue; problems by RFC 9457; OpenAPI 3.1.

`create_app` makes the ASGI application. Nothing else of this door is for others.
"""

from structlog.typing import FilteringBoundLogger

from entrepot.apis.rest import (
    allocations,
    audit,
    availability,
    care,
    catalogue,
    exports,
    feed,
    imports,
    locations,
    marketplace_orders,
    matches,
    notices,
    orders,
    pages,
    partnerships,
    people,
    placing,
    price_lists,
    products,
    refund_requests,
    sales_sessions,
    seller_invoices,
    session_orders,
    sessions,
    settlements,
    shipments,
    stock,
    suppliers,
    tokens,
    webhooks,
)
from entrepot.apis.rest.authenticator import Authenticator
from entrepot.apis.rest.door import Door
from entrepot.apis.rest.metrics import Metrics
from entrepot.apis.rest.routes import Route, Services
from entrepot.infra.passwords import Passwords
from entrepot.infra.reading import Database
from entrepot.infra.settings import Settings
from entrepot.orders import Desk

__all__ = ["ROUTES", "Authenticator", "Door", "Metrics", "create_app"]

ROUTES: tuple[Route, ...] = (
    *catalogue.ROUTES,
    *products.ROUTES,
    *suppliers.ROUTES,
    *locations.ROUTES,
    *partnerships.ROUTES,
    *matches.ROUTES,
    *price_lists.ROUTES,
    *placing.ROUTES,
    *orders.ROUTES,
    *sales_sessions.ROUTES,
    *session_orders.ROUTES,
    *marketplace_orders.ROUTES,
    *seller_invoices.ROUTES,
    *shipments.ROUTES,
    *refund_requests.ROUTES,
    *stock.ROUTES,
    *allocations.ROUTES,
    *availability.ROUTES,
    *feed.ROUTES,
    *settlements.ROUTES,
    *imports.ROUTES,
    *exports.ROUTES,
    *notices.ROUTES,
    *people.ROUTES,
    *sessions.ROUTES,
    *tokens.ROUTES,
    *webhooks.ROUTES,
    *audit.ROUTES,
    *care.ROUTES,
)
"""Every route that the document describes."""


def create_app(
    pool: Database,
    desk: Desk,
    settings: Settings,
    log: FilteringBoundLogger,
    *,
    metrics: Metrics | None = None,
    tokens: Authenticator | None = None,
    passwords: Passwords | None = None,
) -> Door:
    """Make the ASGI application over a pool and a desk whose intake has been started.

    `metrics` is what also watches that intake (`open_desk(..., watcher=metrics)`).
    """
    metrics = metrics or Metrics()
    metrics.watch_queue(desk.intake.__len__)
    tokens = tokens or Authenticator(pool)
    services = Services(pool, desk, settings, log, tokens, metrics, passwords or Passwords())
    hot = {placing.PLACE: placing.place_one, placing.BULK: placing.place_many}
    return Door(services, (*ROUTES, *pages.make_routes(ROUTES)), hot)
