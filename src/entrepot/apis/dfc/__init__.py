"""The DFC door under /api/dfc: orders and catalogues in the words of the Data Food Consortium.

Documents are JSON-LD with the terms of ontology 1.16. Clients differ in how they write them; what
is tolerated is said where it is read. `create_door` makes the ASGI application.
"""

from structlog.typing import FilteringBoundLogger

from entrepot.apis.dfc import catalogue, orders
from entrepot.apis.dfc.authenticator import Authenticator
from entrepot.apis.dfc.door import Door
from entrepot.apis.dfc.routes import Answered, Route, Services
from entrepot.infra.issuers import Issuers
from entrepot.infra.reading import Database
from entrepot.infra.settings import Settings
from entrepot.orders import Desk

__all__ = ["ROUTES", "Door", "create_door"]

ROUTES: tuple[Route, ...] = (*catalogue.ROUTES, *orders.ROUTES)
"""Every route of the door."""


def create_door(
    database: Database,
    desk: Desk,
    settings: Settings,
    log: FilteringBoundLogger,
    answered: Answered,
    issuers: Issuers,
) -> Door:
    """Make the ASGI application over a database and a desk whose intake has been started.

    `answered` is told of each answer, `issuers` are the identity providers whose tokens it takes.
    """
    tokens = Authenticator(database, issuers)
    return Door(Services(database, desk, settings, log, tokens, answered), ROUTES)
