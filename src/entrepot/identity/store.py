"""Loading and saving organisations, tokens, people and sessions, and reading the audit.

No other code runs the statements beside it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from entrepot.identity.model import (
    AuditFilter,
    AuditRow,
    Colleague,
    InvitationRow,
    ListedInvitation,
    ListedSession,
    LiveSessionRow,
    LiveTokenRow,
    MembershipRow,
    NewOrganisation,
    Organisation,
    OrganisationRow,
    PersonRow,
    Place,
    ResetRow,
    SessionRow,
    Token,
    TokenRow,
    Whence,
    lowered,
)
from entrepot.infra.checks import Broken, Watch, load_checks, run_checks
from entrepot.infra.ground import Act, write_ground
from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.infra.writing import Happening
from entrepot.kernel import ids
from entrepot.kernel.ids import Id, IdSource

SQL = load_statements("entrepot.identity")
CHECKS = load_checks("entrepot.identity")
VIEWS = load_statements("entrepot.identity", "views.sql")

FIRST: Final = "0" * 32
"""Sorts before every id."""


ROWS: Mapping[str, type] = {
    "find_token": LiveTokenRow,
    "find_bound_token": LiveTokenRow,
    "list_organisations": OrganisationRow,
    "find_organisations": OrganisationRow,
    "find_organisation_by_id": OrganisationRow,
    "lock_token": TokenRow,
    "list_tokens": TokenRow,
    "find_person_by_email": PersonRow,
    "find_person": PersonRow,
    "lock_person": PersonRow,
    "list_places": Place,
    "lock_memberships": MembershipRow,
    "find_invitation": InvitationRow,
    "lock_invitation": InvitationRow,
    "find_session": LiveSessionRow,
    "lock_session": SessionRow,
    "find_reset": ResetRow,
    "lock_reset": ResetRow,
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
    return [OrganisationRow(*row).to_show() for row in rows]


async def find_organisations(connection: Connection, slugs: Sequence[str]) -> list[Organisation]:
    """Read the organisations with these slugs."""
    rows = await connection.fetch(SQL["find_organisations"], slugs)
    return [OrganisationRow(*row).to_show() for row in rows]


async def find_organisation_by_id(connection: Connection, id_: Id) -> Organisation | None:
    """Read one organisation; an id that could not be read is nobody's."""
    if not id_:
        return None
    row = await connection.fetchrow(SQL["find_organisation_by_id"], id_)
    return None if row is None else OrganisationRow(*row).to_show()


async def insert_token(
    connection: Connection,
    organisation: Id,
    token: Token,
    hash_: bytes,
    bound: tuple[str | None, str | None] = (None, None),
) -> bool:
    """Keep a new token by its hash; False when another is `bound` to that issuer's subject."""
    row = await connection.fetchrow(
        SQL["insert_token"],
        token.id.removeprefix(ids.TOKEN),
        hash_,
        organisation,
        token.name,
        token.scopes,
        token.shown,
        token.created_at,
        token.expires_at,
        *bound,
    )
    return row is not None


async def find_bound_token(connection: Connection, issuer: str, of: str) -> LiveTokenRow | None:
    """Read the live token of a subject of an issuer."""
    row = await connection.fetchrow(SQL["find_bound_token"], issuer, of)
    return None if row is None else LiveTokenRow(*row)


async def lock_token(connection: Connection, organisation: Id, id_: Id) -> Token | None:
    """Lock and read one token of an organisation; an id that could not be read is nobody's."""
    if not id_:
        return None
    row = await connection.fetchrow(SQL["lock_token"], organisation, id_)
    return None if row is None else TokenRow(*row).to_show()


async def revoke_token(connection: Connection, organisation: Id, id_: Id, at: datetime) -> None:
    """Revoke a token that was locked and is not revoked yet."""
    await _the_row(connection, "revoke_token", organisation, id_, at)


async def list_tokens(
    connection: Connection, organisation: Id, after: Id, limit: int
) -> list[Token]:
    """Read an organisation's tokens, oldest first."""
    rows = await connection.fetch(SQL["list_tokens"], organisation, after, limit)
    return [TokenRow(*row).to_show() for row in rows]


async def find_token(connection: Connection, secret_hash: bytes) -> LiveTokenRow | None:
    """Read the live token with this hash."""
    row = await connection.fetchrow(SQL["find_token"], secret_hash)
    return None if row is None else LiveTokenRow(*row)


async def holds(connection: Connection, organisation: Id, secret_hash: bytes) -> bool:
    """Whether a token of an organisation with this hash holds now."""
    held: bool = await connection.fetchval(SQL["token_holds"], organisation, secret_hash)
    return held


async def insert_person(connection: Connection, row: PersonRow) -> bool:
    """Make a person; False when the e-mail address is taken."""
    inserted = await connection.fetchrow(
        SQL["insert_person"], row.id, row.email, lowered(row.email), *row[2:]
    )
    return inserted is not None


async def find_person_by_email(connection: Connection, email: str) -> PersonRow | None:
    """Read the person with an e-mail address, however it is capitalised."""
    row = await connection.fetchrow(SQL["find_person_by_email"], lowered(email))
    return None if row is None else PersonRow(*row)


async def find_person(connection: Connection, person: Id) -> PersonRow:
    """Read a person whom a session or key names."""
    return PersonRow(*await _the_row(connection, "find_person", person))


async def lock_person(connection: Connection, person: Id) -> PersonRow:
    """Lock and read a person whom a session or key names."""
    return PersonRow(*await _the_row(connection, "lock_person", person))


async def set_password(
    connection: Connection, person: Id, password_hash: str, set_at: datetime
) -> None:
    """Keep the hash of a locked person's password."""
    await _the_row(connection, "set_password", person, password_hash, set_at)


async def set_preferences(connection: Connection, person: Id, language: str, zone: str) -> None:
    """Keep a locked person's language and time zone."""
    await _the_row(connection, "set_preferences", person, language, zone)


async def list_places(connection: Connection, person: Id) -> list[Place]:
    """Read where a person belongs, by slug."""
    return [Place(*row) for row in await connection.fetch(SQL["list_places"], person)]


async def share_membership(connection: Connection, organisation: Id, person: Id) -> str | None:
    """A person's role in an organisation, which cannot change until the transaction ends."""
    role: str | None = await connection.fetchval(SQL["share_membership"], organisation, person)
    return role


async def lock_memberships(connection: Connection, organisation: Id) -> dict[Id, MembershipRow]:
    """Lock and read all memberships of an organisation, ended ones too, by person."""
    rows = await connection.fetch(SQL["lock_memberships"], organisation)
    return {row[0]: MembershipRow(*row) for row in rows}


async def start_membership(
    connection: Connection, organisation: Id, person: Id, role: str, at: datetime
) -> bool:
    """Let a person belong to an organisation; False when they do already."""
    row = await connection.fetchrow(SQL["start_membership"], organisation, person, role, at)
    return row is not None


async def change_membership(connection: Connection, organisation: Id, row: MembershipRow) -> None:
    """Write a locked membership's role and end."""
    values = organisation, row.person, row.role, row.ended_at
    await _the_row(connection, "change_membership", *values)


async def is_colleague(connection: Connection, organisation: Id, email: str) -> bool:
    """Whether somebody with an e-mail address belongs to an organisation."""
    found: bool = await connection.fetchval(SQL["is_colleague"], organisation, lowered(email))
    return found


async def insert_invitation(
    connection: Connection, row: InvitationRow, key_hash: bytes, invited_by: Id | None
) -> None:
    """Keep an invitation, by the hash of its key; open ones of the same address are replaced."""
    await connection.execute(
        SQL["replace_invitations"], row.organisation, lowered(row.email), row.created_at
    )
    await connection.execute(
        SQL["insert_invitation"],
        row.organisation,
        row.id,
        key_hash,
        row.email,
        row.role,
        invited_by,
        row.created_at,
        row.expires_at,
    )


async def find_invitation(connection: Connection, key_hash: bytes) -> InvitationRow | None:
    """Read the invitation with a key."""
    row = await connection.fetchrow(SQL["find_invitation"], key_hash)
    return None if row is None else InvitationRow(*row)


async def lock_invitation(
    connection: Connection, organisation: Id, id_: Id
) -> InvitationRow | None:
    """Lock and read one invitation; an id that could not be read is nobody's."""
    if not id_:
        return None
    row = await connection.fetchrow(SQL["lock_invitation"], organisation, id_)
    return None if row is None else InvitationRow(*row)


async def end_invitation(connection: Connection, row: InvitationRow) -> None:
    """Write how a locked, open invitation ended."""
    values = row.organisation, row.id, row.accepted_at, row.revoked_at
    await _the_row(connection, "end_invitation", *values)


async def insert_session(
    connection: Connection, row: SessionRow, secret_hash: bytes, whence: Whence
) -> None:
    """Keep a log-in session just opened, by the hash of its secret."""
    await connection.execute(
        SQL["insert_session"],
        row.id,
        secret_hash,
        row.organisation,
        row.person,
        row.created_at,
        row.expires_at,
        whence.address,
        whence.program,
    )


async def find_session(
    connection: Connection, secret_hash: bytes, idle_max: timedelta
) -> LiveSessionRow | None:
    """Read the live session with a secret."""
    row = await connection.fetchrow(SQL["find_session"], secret_hash, idle_max)
    return None if row is None else LiveSessionRow(*row)


async def touch_session(connection: Connection, id_: Id, seen_at: datetime) -> None:
    """Write down when a session was used."""
    await connection.execute(SQL["touch_session"], id_, seen_at)


async def lock_session(connection: Connection, id_: Id) -> SessionRow | None:
    """Lock and read one session; an id that could not be read is nobody's."""
    if not id_:
        return None
    row = await connection.fetchrow(SQL["lock_session"], id_)
    return None if row is None else SessionRow(*row)


async def revoke_session(connection: Connection, id_: Id, at: datetime) -> None:
    """Revoke a session that was locked and is not revoked yet."""
    await _the_row(connection, "revoke_session", id_, at)


async def revoke_sessions(
    connection: Connection,
    person: Id,
    at: datetime,
    organisation: Id | None = None,
    but: Id | None = None,
) -> None:
    """Revoke a person's sessions, of one organisation or of all, but for one that may stay."""
    await connection.execute(SQL["revoke_sessions"], person, organisation, but, at)


async def insert_reset(
    connection: Connection, row: ResetRow, key_hash: bytes, at: datetime
) -> None:
    """Keep a key for a new password, by its hash; the person's open ones are revoked."""
    await connection.execute(SQL["revoke_resets"], row.person, at)
    await connection.execute(SQL["insert_reset"], row.id, key_hash, row.person, at, row.expires_at)


async def find_reset(connection: Connection, key_hash: bytes) -> ResetRow | None:
    """Read the password reset with a key."""
    row = await connection.fetchrow(SQL["find_reset"], key_hash)
    return None if row is None else ResetRow(*row)


async def lock_reset(connection: Connection, id_: Id) -> ResetRow:
    """Lock and read a password reset that was found."""
    return ResetRow(*await _the_row(connection, "lock_reset", id_))


async def use_reset(connection: Connection, id_: Id, at: datetime) -> None:
    """Use a locked password reset."""
    await _the_row(connection, "use_reset", id_, at)


async def lock_tries(connection: Connection, email_hash: bytes, at: datetime) -> list[datetime]:
    """Lock and read the tries that were made with an e-mail address."""
    tried: list[datetime] = await connection.fetchval(SQL["lock_tries"], email_hash, at)
    return tried


async def set_tries(
    connection: Connection, email_hash: bytes, tried_at: Sequence[datetime]
) -> None:
    """Keep which tries with an e-mail address count."""
    await connection.execute(SQL["set_tries"], email_hash, tried_at)


async def purge_tries(connection: Connection, before: datetime) -> None:
    """Forget some addresses that were last tried before a time."""
    await connection.execute(SQL["purge_tries"], before)


async def record_everywhere(
    connection: Connection, at: datetime, new_id: IdSource, token: Id | None, happening: Happening
) -> None:
    """Write what happened to a person into the audit of every organisation they belong to."""
    person = happening.subject.removeprefix(ids.PERSON)
    answer = msgspec.json.encode(happening.answer)
    acts = [
        Act(place.id, new_id(), token, happening.act, happening.subject, answer, None)
        for place in await list_places(connection, person)
    ]
    await write_ground(connection, at, acts)


async def list_colleagues(
    connection: Connection, organisation: Id, after: Id, limit: int
) -> list[Colleague]:
    """Read the people of an organisation."""
    rows = await connection.fetch(VIEWS["list_colleagues"], organisation, after, limit)
    return [Colleague(ids.PERSON + row[0], *row[1:]) for row in map(tuple, rows)]


async def find_colleague(
    connection: Connection, organisation: Id, person: Id | None, email: str | None = None
) -> Colleague | None:
    """Read one person of an organisation, by id or by e-mail address."""
    row = await connection.fetchrow(
        VIEWS["find_colleague"], organisation, person, None if email is None else lowered(email)
    )
    return None if row is None else Colleague(ids.PERSON + row[0], *tuple(row)[1:])


async def list_invitations(
    connection: Connection, organisation: Id, before: Id, limit: int
) -> list[ListedInvitation]:
    """Read an organisation's invitations of colleagues, newest first."""
    rows = await connection.fetch(VIEWS["list_invitations"], organisation, before, limit)
    return [
        ListedInvitation(
            ids.COLLEAGUE_INVITATION + row[0],
            *row[1:6],
            email=row[6],
            invited_by=None if row[7] is None else ids.PERSON + row[7],
        )
        for row in map(tuple, rows)
    ]


async def list_sessions(
    connection: Connection,
    organisation: Id,
    person: Id,
    idle_max: timedelta,
    before: Id,
    limit: int,
) -> list[ListedSession]:
    """Read a person's live sessions in an organisation, newest first."""
    rows = await connection.fetch(
        VIEWS["list_sessions"], organisation, person, before, idle_max, limit
    )
    return [
        ListedSession(
            ids.SESSION + row[0],
            ids.ORGANISATION + row[1],
            ids.PERSON + row[2],
            *row[3:6],
            seen_at=row[6],
            address=row[7],
            program=row[8],
        )
        for row in map(tuple, rows)
    ]


async def show_token(connection: Connection, organisation: Id, id_: Id) -> Token:
    """Read the token that a caller has just shown."""
    row = await connection.fetchrow(VIEWS["show_token"], organisation, id_)
    assert row is not None, "tokens are never deleted"
    return TokenRow(*row).to_show()


async def list_audit(
    connection: Connection,
    organisation: Id,
    wanted: AuditFilter,
    bounds: tuple[Id, Id],
    window: int,
    limit: int,
) -> tuple[list[AuditRow], int, Id | None]:
    """Read acts newest first, below one id and from another on, looking through at most `window`.

    Returns those that match, how many were looked through, and the last of these.
    """
    rows = await connection.fetch(
        VIEWS["list_audit"],
        organisation,
        *bounds,
        window,
        wanted.act,
        wanted.subject,
        wanted.token,
        wanted.person,
        wanted.from_,
        wanted.until,
        limit,
    )
    *found, last = [AuditRow(*row) for row in rows]
    return found, last.looked_through, last.id


async def find_acts(connection: Connection, organisation: Id, acts: Sequence[Id]) -> list[AuditRow]:
    """Read acts of an organisation, with their answers."""
    rows = await connection.fetch(VIEWS["find_acts"], organisation, acts)
    return [AuditRow(*row) for row in rows]


async def _the_row(connection: Connection, name: str, *values: object) -> Sequence[Any]:
    """Run a statement on one row that is there, as it was locked or is never deleted."""
    row = await connection.fetchrow(SQL[name], *values)
    assert row is not None, f"{name} finds the one row it is for"
    return tuple(row)


async def check_identity(connection: Connection, watch: Watch | None = None) -> list[Broken]:
    """Check the invariants of people: who works where, and what is open to whom."""
    return await run_checks(connection, CHECKS, watch)
