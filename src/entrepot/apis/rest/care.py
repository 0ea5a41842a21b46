"""For those who run Entrepot: whether it lives, whether it is ready, and its counts."""

from typing import Any, Final, Literal

import msgspec

from entrepot.apis.rest.problems import UNAVAILABLE, Reply
from entrepot.apis.rest.routes import Call, Route, show
from entrepot.infra.migrate import is_migrated
from entrepot.infra.reach import DatabaseUnreachable

PROMETHEUS: Final = "text/plain; version=0.0.4"


class Health(msgspec.Struct, frozen=True):
    """Whether all is well, and if not, what is not."""

    status: Literal["ok", "not_ready"]
    reason: str | None = None


async def live(call: Call[Any, None]) -> Reply:
    """Say that the process answers; it asks nothing of the database."""
    del call
    return show(Health("ok"))


async def ready(call: Call[Any, None]) -> Reply:
    """Say whether requests can be served now."""
    try:
        migrated = await is_migrated(call.services.database)
    except DatabaseUnreachable:
        return _not_ready("The database cannot be reached.")
    return show(Health("ok")) if migrated else _not_ready("The database is not migrated.")


async def count(call: Call[Any, None]) -> Reply:
    """Show the counts."""
    return Reply(200, call.services.metrics.page(), PROMETHEUS.encode("ascii"))


def _not_ready(reason: str) -> Reply:
    return show(Health("not_ready", reason))._replace(status=UNAVAILABLE)


ROUTES: Final = (
    Route(
        method="GET",
        path="/healthz",
        topic="Care",
        summary="Whether the process answers",
        handler=live,
        answer=Health,
        scope=None,
    ),
    Route(
        method="GET",
        path="/readyz",
        topic="Care",
        summary="Whether requests can be served: the database is there and migrated",
        detail="503 while they cannot.",
        handler=ready,
        answer=Health,
        scope=None,
    ),
    Route(
        method="GET",
        path="/metrics",
        topic="Care",
        summary="Counts for Prometheus",
        handler=count,
        answer=str,
        scope=None,
        media_type=PROMETHEUS,
    ),
)
