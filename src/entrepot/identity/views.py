"""Reads of identity for doors.

Organisations are for the operator; tokens, people, sessions and audit for their organisation; and
who asks is told to whoever asks.
"""

from collections.abc import Sequence

import msgspec

from entrepot.identity import errors, store
from entrepot.identity.model import (
    SESSION_IDLE_MAX,
    WINDOW,
    AuditEntry,
    AuditFilter,
    AuditRecord,
    AuditRow,
    Colleague,
    ListedInvitation,
    ListedSession,
    Me,
    Organisation,
    Token,
    Who,
    check_scope,
    hash_secret,
    is_well_formed,
    unique_scopes,
)
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.reading import reading
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import HIGHEST, LOWEST, Key, Page, highest_id, lowest_id
from entrepot.kernel.refusal import Refusal, refuse


async def list_organisations(pool: Pool, after: str = "", limit: int = 100) -> list[Organisation]:
    """The network's organisations by slug, from after the slug `after` on. For the operator."""
    async with reading(pool) as connection:
        return await store.list_organisations(connection, after, limit)


async def find_organisations(pool: Pool, slugs: Sequence[str]) -> list[Organisation]:
    """The organisations with these slugs, by slug. For the operator."""
    async with reading(pool) as connection:
        return await store.find_organisations(connection, slugs)


async def find_organisation(pool: Pool, slug_or_id: str) -> Organisation | None:
    """The organisation with this slug or wire id, or None. For the operator."""
    async with reading(pool) as connection:
        found = await store.find_organisations(connection, [slug_or_id])
        if found:
            return found[0]
        id_ = ids.from_wire(ids.ORGANISATION, slug_or_id)
        return None if id_ is None else await store.find_organisation_by_id(connection, id_)


async def list_tokens(
    pool: Pool, caller: Caller, after: Id = store.FIRST, limit: int = 100
) -> list[Token] | Refusal:
    """The tokens of the caller's organisation, oldest first, from after `after` on.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.ORGANISATION_WRITE)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await store.list_tokens(connection, caller.organisation, after, limit)


async def organisation_exists(connection: Connection, organisation: Id) -> bool:
    """Whether there is an organisation with this id; for actions, in their transaction."""
    return await store.find_organisation_by_id(connection, organisation) is not None


async def holds(pool: Pool, caller: Caller, secret: str) -> bool:
    """Whether a secret is that of a token of the caller's organisation which holds now."""
    if not is_well_formed(secret):
        return False
    async with pool.acquire() as connection:
        return await store.holds(connection, caller.organisation, hash_secret(secret))


async def list_colleagues(pool: Pool, caller: Caller, page: Page) -> list[Colleague] | Refusal:
    """The people of the caller's organisation, by id. Refuses `identity.scope_missing`."""
    refusal = check_scope(caller, Scope.ORGANISATION_WRITE)
    if refusal is not None:
        return refusal
    after = LOWEST if page.after is None else str(page.after[0])
    async with reading(pool) as connection:
        return await store.list_colleagues(connection, caller.organisation, after, page.rows_wanted)


async def find_colleague(
    pool: Pool, caller: Caller, email_or_id: str
) -> Colleague | Refusal | None:
    """The person of the caller's organisation with this e-mail address or wire id, or None.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.ORGANISATION_WRITE)
    if refusal is not None:
        return refusal
    person = ids.from_wire(ids.PERSON, email_or_id)
    async with reading(pool) as connection:
        return await store.find_colleague(
            connection, caller.organisation, person, email_or_id if person is None else None
        )


async def list_invitations(
    pool: Pool, caller: Caller, page: Page
) -> list[ListedInvitation] | Refusal:
    """The invitations of colleagues, newest first, ended ones too.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.ORGANISATION_WRITE)
    if refusal is not None:
        return refusal
    before = HIGHEST if page.after is None else str(page.after[0])
    async with reading(pool) as connection:
        return await store.list_invitations(
            connection, caller.organisation, before, page.rows_wanted
        )


async def list_sessions(
    pool: Pool, caller: Caller, page: Page, person: Id | None = None
) -> list[ListedSession] | Refusal:
    """The live log-in sessions of a person in the caller's organisation, newest first.

    Without `person` the caller's own. Refuses `identity.person_needed`, and for others' sessions
    `identity.scope_missing`.
    """
    whose = caller.person if person is None else person
    if whose is None:
        return refuse(errors.PERSON_NEEDED, "A token logs in to nothing; say whose sessions.")
    if whose != caller.person:
        refusal = check_scope(caller, Scope.ORGANISATION_WRITE)
        if refusal is not None:
            return refusal
    before = HIGHEST if page.after is None else str(page.after[0])
    async with reading(pool) as connection:
        return await store.list_sessions(
            connection, caller.organisation, whose, SESSION_IDLE_MAX, before, page.rows_wanted
        )


async def describe_caller(pool: Pool, caller: Caller) -> Me:
    """Who asks, in which organisation, and what they may do. Nobody else's business is told."""
    scopes = unique_scopes(tuple(caller.scopes))
    async with reading(pool) as connection:
        organisation = await store.find_organisation_by_id(connection, caller.organisation)
        assert organisation is not None, "a caller has an organisation"
        assert caller.token is not None, "who comes by a door has shown a secret"
        if caller.person is None:
            token = await store.show_token(connection, caller.organisation, caller.token)
            return Me("token", organisation, scopes, token=token)
        person = await store.find_person(connection, caller.person)
        member = await store.find_colleague(connection, caller.organisation, caller.person)
    return Me(
        "person",
        organisation,
        scopes,
        None if member is None else member.role,
        person.to_show(),
        ids.SESSION + caller.token,
    )


async def list_audit(
    pool: Pool, caller: Caller, page: Page, wanted: AuditFilter
) -> tuple[list[AuditEntry], Key | None] | Refusal:
    """What the caller's organisation did, newest first, and the key of the page that follows.

    However rare what is wanted is, a page looks through a bounded number of acts: it may hold fewer
    than asked for, or none, and yet be followed by another. Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.AUDIT_READ)
    if refusal is not None:
        return refusal
    before = highest_id(wanted.until)
    if page.after is not None:
        before = min(before, str(page.after[0]))
    async with reading(pool) as connection:
        rows, looked_through, last = await store.list_audit(
            connection,
            caller.organisation,
            wanted,
            (before, lowest_id(wanted.from_)),
            WINDOW,
            page.rows_wanted,
        )
    shown = [_entry(row) for row in rows[: page.limit]]
    if len(rows) > page.limit:
        return shown, (str(rows[page.limit - 1].id),)
    return shown, (str(last),) if looked_through == WINDOW else None


async def find_act(pool: Pool, caller: Caller, act: Id) -> AuditRecord | Refusal:
    """One thing that the caller's organisation did, with what was answered.

    Refuses `identity.scope_missing` and `identity.unknown_act`.
    """
    refusal = check_scope(caller, Scope.AUDIT_READ)
    if refusal is not None:
        return refusal
    row = None
    if act:
        async with reading(pool) as connection:
            row = next(iter(await store.find_acts(connection, caller.organisation, [act])), None)
    if row is None:
        return refuse(
            errors.UNKNOWN_ACT,
            "Your organisation did no such thing. Check the id.",
            facts={"act": ids.ACT + act} if act else {},
        )
    return _record(row)


async def find_acts(
    pool: Pool, caller: Caller, acts: Sequence[Id]
) -> dict[str, AuditRecord] | Refusal:
    """Those of these acts that the caller's organisation did, by their ids as on the wire.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.AUDIT_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        rows = await store.find_acts(connection, caller.organisation, acts)
    found = [_record(row) for row in rows]
    return {each.id: each for each in found}


def _record(row: AuditRow) -> AuditRecord:
    entry = msgspec.structs.asdict(_entry(row))
    return AuditRecord(**entry, answer=msgspec.Raw(row.answer))


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(f"{ids.ACT}{row.id}", row.at, row.act, row.subject, _who(row), row.request)


def _who(row: AuditRow) -> Who:
    if row.token is None:
        return Who("operator")
    if row.person is not None:
        return Who("person", ids.PERSON + row.person, row.person_name, row.person_email)
    return Who("token", ids.TOKEN + row.token, row.token_name, shown=row.token_shown)
