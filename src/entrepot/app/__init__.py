"""The one place where the parts are wired together: which database, which doors, which worker.

The web framework and the job queue take half a second to load, so only `serve` and `work` do. What
examines knows every area, so only who examines loads it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from entrepot.app.errors import AddressTakenError
from entrepot.app.services import Services, open_desk, open_services
from entrepot.infra.pool import Connection
from entrepot.infra.settings import Settings

if TYPE_CHECKING:
    from entrepot.app.examining import Progress, Repairs
    from entrepot.infra.checks import Broken, Watch
    from entrepot.infra.condition import Finding

__all__ = [
    "AddressTakenError",
    "Services",
    "examine",
    "examine_database",
    "open_desk",
    "open_services",
    "repair",
    "serve",
    "work",
]


async def examine(settings: Settings, progress: Progress) -> list[Finding]:
    """Examine the installation; see `examining.examine`."""
    from entrepot.app import examining  # noqa: PLC0415 - see above: what most commands never need

    return await examining.examine(settings, progress)


async def examine_database(connection: Connection, watch: Watch | None = None) -> list[Broken]:
    """Check every invariant; see `examining.examine_database`."""
    from entrepot.app import examining  # noqa: PLC0415 - see above: what most commands never need

    return await examining.examine_database(connection, watch)


async def repair(settings: Settings, progress: Progress, *, rehearsal: bool) -> Repairs:
    """Rebuild what can be derived; see `examining.repair`."""
    from entrepot.app import examining  # noqa: PLC0415 - see above: what most commands never need

    return await examining.repair(settings, progress, rehearsal=rehearsal)


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
