"""The portal: server-rendered pages for people, over the same actions and views as all doors.

`create_portal` makes the ASGI application. Nothing else of this door is for others.
"""

from structlog.typing import FilteringBoundLogger

from entrepot.infra.passwords import Passwords
from entrepot.infra.reading import Database
from entrepot.infra.settings import Settings
from entrepot.orders import Desk
from entrepot.portal.door import Answered, Portal
from entrepot.portal.pages import PAGES
from entrepot.portal.routes import Page, Services

__all__ = ["PAGES", "Page", "Portal", "create_portal"]


def create_portal(
    pool: Database,
    desk: Desk,
    settings: Settings,
    log: FilteringBoundLogger,
    answered: Answered,
    passwords: Passwords | None = None,
) -> Portal:
    """Make the ASGI application over a pool and a desk whose intake has been started.

    `answered` counts answers.
    """
    services = Services(pool, desk, settings, log, passwords or Passwords())
    return Portal(services, PAGES, answered)
