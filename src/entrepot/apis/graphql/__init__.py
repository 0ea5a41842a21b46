"""The GraphQL door at /graphql: adverts, variants and sellers as marketplaces' programs know them.

The contract is `schema.graphql` beside this. `create_door` makes the ASGI application;
`open_asking` runs the queries of webhooks.
"""

from structlog.typing import FilteringBoundLogger

from entrepot.apis.graphql.asking import Asking
from entrepot.apis.graphql.context import Answered, Services
from entrepot.apis.graphql.door import PATH, Door
from entrepot.apis.graphql.schema import open_schema, read_contract
from entrepot.connectors.webhooks import Ask
from entrepot.infra.reading import Database
from entrepot.infra.settings import Settings
from entrepot.orders import Desk

__all__ = ["PATH", "Door", "create_door", "open_asking", "open_schema", "read_contract"]


def create_door(
    database: Database,
    desk: Desk,
    settings: Settings,
    log: FilteringBoundLogger,
    answered: Answered,
) -> Door:
    """Make the ASGI application over a database and a desk whose intake has been started.

    `answered` is told of each answer.
    """
    return Door(Services(database, desk, settings, log, answered), open_schema())


def open_asking(
    database: Database, desk: Desk, settings: Settings, log: FilteringBoundLogger
) -> Ask:
    """Run the queries of webhooks over a database, for whoever delivers them."""
    return Asking(Services(database, desk, settings, log, _count_nothing), open_schema()).ask


def _count_nothing(method: str, route: str, status: int, seconds: float) -> None:
    """No request came, so none is counted."""
