"""Reading what was done about partnerships. No other code runs the statement beside it."""

from collections.abc import Mapping

from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.partnerships.model.activity import OWN_ACTS, SHARED_ACTS, ActivityRow

SQL = load_statements("entrepot.partnerships.store", "activity.sql")

ROWS: Mapping[str, type] = {"list_activity": ActivityRow}


async def list_activity(
    connection: Connection, organisation: Id, partner: Id, partnership: Id, before: Id, limit: int
) -> list[ActivityRow]:
    """Read what the two sides did about a partnership, newest first, from before one on."""
    rows = await connection.fetch(
        SQL["list_activity"],
        organisation,
        partner,
        ids.PARTNERSHIP + partnership,
        before,
        OWN_ACTS,
        SHARED_ACTS,
        limit,
    )
    return [ActivityRow(*row) for row in rows]
