"""Reads of notices for doors."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from entrepot.identity import check_scope
from entrepot.infra.pool import Pool
from entrepot.infra.reading import reading
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.paging import HIGHEST, Page
from entrepot.kernel.refusal import Refusal
from entrepot.notices import store


class Notice(msgspec.Struct, frozen=True):
    """What happened (`kind`), to what (`subject`, a wire id), and the facts of it."""

    id: str
    at: datetime
    kind: str
    subject: str
    facts: dict[str, str]
    done_at: datetime | None = None


_FACTS = msgspec.json.Decoder(dict[str, str])


async def list_notices(pool: Pool, caller: Caller, page: Page) -> Sequence[Notice] | Refusal:
    """The notices of the caller's organisation, newest first. Refuses `identity.scope_missing`."""
    refusal = check_scope(caller, Scope.ORDERS_READ)
    if refusal is not None:
        return refusal
    before = HIGHEST if page.after is None else str(page.after[0])
    async with reading(pool) as connection:
        rows = await store.list_notices(connection, caller.organisation, before, page.rows_wanted)
    return [
        Notice(
            ids.NOTICE + row.id,
            row.at,
            row.kind,
            row.subject,
            _FACTS.decode(row.facts),
            row.done_at,
        )
        for row in rows
    ]
