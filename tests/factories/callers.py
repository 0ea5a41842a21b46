"""Callers, and what the audit says they did."""

from __future__ import annotations

from typing import Any

import msgspec

from entrepot.infra.pool import Pool
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id


def caller_for(organisation: Id, *scopes: Scope) -> Caller:
    """A caller with these scopes; with every scope when none is named."""
    return Caller(organisation, frozenset(scope.value for scope in scopes or Scope))


async def acts_of(pool: Pool, organisation: Id) -> list[tuple[str, str, Any]]:
    """What the audit says of an organisation, oldest first: act, subject, answer.

    Every act was put into the outbox too.
    """
    async with pool.acquire() as connection:
        rows = await connection.fetch(
            "SELECT a.act, a.subject, a.answer FROM audit AS a"
            " INNER JOIN outbox AS o ON a.organisation = o.organisation AND a.id = o.id"
            " AND a.act = o.event AND a.subject = o.subject"
            " WHERE a.organisation = $1 ORDER BY a.id",
            organisation,
        )
        count = await connection.fetchval(
            "SELECT count(*) FROM audit WHERE organisation = $1", organisation
        )
    assert len(rows) == count, "every act has its outbox row"
    return [(act, subject, msgspec.json.decode(answer)) for act, subject, answer in rows]
