"""The one place where the parts are wired together: which database, which doors, which worker.

The web framework and the job queue take half a second to load, so only `serve` and `work` do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from entrepot.app.errors import AddressTakenError
from entrepot.app.examining import (
    Progress,
    Repairs,
    examine,
    examine_database,
    examine_invariants,
    repair,
    repair_database,
)
from entrepot.app.services import Services, open_desk, open_services
from entrepot.infra.settings import Settings

__all__ = [
    "AddressTakenError",
    "Progress",
    "Repairs",
    "Services",
    "examine",
    "examine_database",
    "examine_invariants",
    "open_desk",
    "open_services",
    "repair",
    "repair_database",
    "serve",
    "work",
]


async def serve(
    settings: Settings,
    *,
    web_only: bool,
    worker: bool,
    started: Callable[[Services, str], Awaitable[None]] | None = None,
) -> None:
    """Serve until cancelled; see `serving.serve`."""
    from entrepot.app import serving  # noqa: PLC0415 - see above: what most commands never need

    await serving.serve(settings, web_only=web_only, worker=worker, started=started)


async def work(settings: Settings) -> None:
    """Do jobs until cancelled; see `serving.work`."""
    from entrepot.app import serving  # noqa: PLC0415 - see above: what most commands never need

    await serving.work(settings)
