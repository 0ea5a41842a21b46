"""Loading and saving invitations, and how often wrong invite keys were tried.

No other code runs the statements beside it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id
from entrepot.partnerships.model.invitations import PartnershipInvitationRow

SQL = load_statements("entrepot.partnerships.store", "invitations.sql")


class WholesalerRow(NamedTuple):
    """What an organisation that invites is called, its currency, and where its weeks begin."""

    slug: str
    name: str
    currency: str
    time_zone: str


ROWS: Mapping[str, type] = {
    "find_invitation": PartnershipInvitationRow,
    "list_invitations": PartnershipInvitationRow,
    "read_wholesaler": WholesalerRow,
}


async def read_wholesaler(connection: Connection, organisation: Id) -> WholesalerRow:
    """Read what an invitation takes from the organisation that makes it."""
    row = await connection.fetchrow(SQL["read_wholesaler"], organisation)
    assert row is not None, "a caller has an organisation"
    return WholesalerRow(*row)


async def insert_invitation(
    connection: Connection, row: PartnershipInvitationRow, key_hash: bytes
) -> None:
    """Keep an open invitation, by the hash of its invite key."""
    await connection.execute(
        SQL["insert_invitation"],
        row.wholesaler,
        row.id,
        key_hash,
        row.note,
        row.sharing_policy,
        row.buffer,
        row.cap,
        row.on_cancel_open_week,
        row.on_cancel_later,
        row.price_percentage,
        row.time_zone,
        row.terms,
        row.created_at,
        row.expires_at,
    )


async def find_invitation(
    connection: Connection, key_hash: bytes
) -> PartnershipInvitationRow | None:
    """Read the invitation with an invite key."""
    row = await connection.fetchrow(SQL["find_invitation"], key_hash, None, None)
    return None if row is None else PartnershipInvitationRow(*row)


async def lock_invitation_by_key(
    connection: Connection, key_hash: bytes
) -> PartnershipInvitationRow | None:
    """Lock and read the invitation with an invite key."""
    found = await find_invitation(connection, key_hash)
    return None if found is None else await lock_invitation(connection, found.wholesaler, found.id)


async def lock_invitation(
    connection: Connection, wholesaler: Id, id_: Id
) -> PartnershipInvitationRow | None:
    """Lock and read one invitation; an id that could not be read is nobody's."""
    locked = await connection.fetchrow(SQL["lock_invitation"], wholesaler, id_) if id_ else None
    if locked is None:
        return None
    # Only now nobody else ends it; what a lock returns of other rows may be older.
    row = await connection.fetchrow(SQL["find_invitation"], None, wholesaler, id_)
    assert row is not None, "invitations are never deleted"
    return PartnershipInvitationRow(*row)


async def list_invitations(
    connection: Connection, wholesaler: Id, before: Id, limit: int
) -> list[PartnershipInvitationRow]:
    """Read a wholesaler's invitations, ended ones too, newest first."""
    rows = await connection.fetch(SQL["list_invitations"], wholesaler, before, limit)
    return [PartnershipInvitationRow(*row) for row in rows]


async def end_invitation(connection: Connection, row: PartnershipInvitationRow) -> None:
    """Write how a locked, open invitation ended."""
    values = row.wholesaler, row.id, row.accepted_at, row.revoked_at, row.partnership
    ended = await connection.fetchrow(SQL["end_invitation"], *values)
    assert ended is not None, "a locked invitation is there"


async def lock_tries(connection: Connection, organisation: Id) -> list[datetime]:
    """Lock and read the wrong tries of an organisation."""
    tried: list[datetime] = await connection.fetchval(SQL["lock_tries"], organisation)
    return tried


async def set_tries(connection: Connection, organisation: Id, tried_at: Sequence[datetime]) -> None:
    """Keep which tries of an organisation count."""
    await connection.execute(SQL["set_tries"], organisation, tried_at)


async def forgive_try(connection: Connection, organisation: Id, tried_at: datetime) -> None:
    """Count a try of an organisation no longer."""
    await connection.execute(SQL["forgive_try"], organisation, tried_at)
