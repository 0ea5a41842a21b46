"""Loading and saving organisations and tokens. No other code runs the statements beside it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from entrepot.identity.model import NewOrganisation, Organisation, Token
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel import ids
from entrepot.kernel.ids import Id

SQL = load_statements("entrepot.identity")

FIRST: Final = "0" * 32
"""Sorts before every id."""


class OrganisationRow(NamedTuple):
    """An organisation as it is stored."""

    id: Id
    slug: str
    name: str
    time_zone: str
    country: str
    currency: str
    created_at: datetime


class TokenRow(NamedTuple):
    """A token as it is stored, without its hash."""

    id: Id
    name: str
    scopes: list[str]
    shown: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class LiveTokenRow(NamedTuple):
    """A token that may be used now: whose it is, and what it may do."""

    id: Id
    organisation: Id
    scopes: list[str]


ROWS: Mapping[str, type] = {
    "find_token": LiveTokenRow,
    "list_organisations": OrganisationRow,
    "find_organisations": OrganisationRow,
    "find_organisation_by_id": OrganisationRow,
    "lock_token": TokenRow,
    "list_tokens": TokenRow,
}


async def insert_organisation(
    connection: Connection, organisation: Id, new: NewOrganisation, at: datetime
) -> bool:
    """Make an organisation; False when its slug is taken."""
    row = await connection.fetchrow(
        SQL["insert_organisation"], organisation, *msgspec.structs.astuple(new), at
    )
    return row is not None


async def list_organisations(connection: Connection, after: str, limit: int) -> list[Organisation]:
    """Read organisations by slug, from after `after` on."""
    rows = await connection.fetch(SQL["list_organisations"], after, limit)
    return [_organisation(OrganisationRow(*row)) for row in rows]


async def find_organisations(connection: Connection, slugs: Sequence[str]) -> list[Organisation]:
    """Read the organisations with these slugs."""
    rows = await connection.fetch(SQL["find_organisations"], slugs)
    return [_organisation(OrganisationRow(*row)) for row in rows]


async def find_organisation_by_id(connection: Connection, id_: Id) -> Organisation | None:
    """Read one organisation; an id that could not be read is nobody's."""
    if not id_:
        return None
    row = await connection.fetchrow(SQL["find_organisation_by_id"], id_)
    return None if row is None else _organisation(OrganisationRow(*row))


async def insert_token(
    connection: Connection, organisation: Id, token: Token, secret_hash: bytes
) -> None:
    """Keep a token just issued, by its hash."""
    await connection.execute(
        SQL["insert_token"],
        token.id.removeprefix(ids.TOKEN),
        secret_hash,
        organisation,
        token.name,
        token.scopes,
        token.shown,
        token.created_at,
        token.expires_at,
    )


async def lock_token(connection: Connection, organisation: Id, id_: Id) -> Token | None:
    """Lock and read one token of an organisation; an id that could not be read is nobody's."""
    if not id_:
        return None
    row = await connection.fetchrow(SQL["lock_token"], organisation, id_)
    return None if row is None else _token(TokenRow(*row))


async def revoke_token(connection: Connection, organisation: Id, id_: Id, at: datetime) -> None:
    """Revoke a token that was locked and is not revoked yet."""
    row = await connection.fetchrow(SQL["revoke_token"], organisation, id_, at)
    assert row is not None, "a locked token is revoked once"


async def list_tokens(
    connection: Connection, organisation: Id, after: Id, limit: int
) -> list[Token]:
    """Read an organisation's tokens, oldest first."""
    rows = await connection.fetch(SQL["list_tokens"], organisation, after, limit)
    return [_token(TokenRow(*row)) for row in rows]


async def find_token(connection: Connection, secret_hash: bytes) -> LiveTokenRow | None:
    """Read the live token with this hash."""
    row = await connection.fetchrow(SQL["find_token"], secret_hash)
    return None if row is None else LiveTokenRow(*row)


async def holds(connection: Connection, organisation: Id, secret_hash: bytes) -> bool:
    """Whether a token of an organisation with this hash holds now."""
    held: bool = await connection.fetchval(SQL["token_holds"], organisation, secret_hash)
    return held


def _organisation(row: OrganisationRow) -> Organisation:
    return Organisation(ids.ORGANISATION + row.id, *row[1:])


def _token(row: TokenRow) -> Token:
    return Token(
        ids.TOKEN + row.id,
        row.name,
        tuple(row.scopes),
        row.shown,
        row.created_at,
        row.expires_at,
        row.revoked_at,
    )
