"""People who can log in, made in no time: their passwords are hashed as cheaply as can be."""

from __future__ import annotations

from functools import cache
from itertools import count
from typing import Final, NamedTuple

from entrepot.identity import (
    Acceptance,
    Colleague,
    IssuedInvitation,
    ListedSession,
    LogIn,
    Membership,
    NewInvitation,
    NewPerson,
    OpenedSession,
    accept_invitation,
    add_person,
    find_caller,
    invite_colleague,
    list_colleagues,
    list_sessions,
    log_in,
)
from entrepot.infra.ids import new_id
from entrepot.infra.passwords import Cost, Passwords
from entrepot.infra.pool import Pool
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import caller_for

PASSWORD: Final = "seven purple carrots"

FIRST_PAGE: Final = Page()
_numbers = count(1)


@cache
def quick_passwords() -> Passwords:
    """Hashes that take no time, and protect nothing; by the same threads in every test."""
    return Passwords(Cost(memory=8, passes=1))


class Somebody(NamedTuple):
    """A person of an organisation."""

    organisation: Id
    id: Id
    email: str
    password: str = PASSWORD


async def somebody(
    pool: Pool,
    organisation: Id,
    role: str = "owner",
    *,
    name: str = "Ann Other",
    language: str = "nl",
) -> Somebody:
    """A person with a role in an organisation."""
    email = f"Person-{next(_numbers)}@example.com"
    made = await add_person(
        pool,
        new_id,
        quick_passwords(),
        caller_for(organisation),
        NewPerson(email, name, role, PASSWORD, language),
    )
    assert isinstance(made, Membership), made
    return Somebody(organisation, made.person.removeprefix(ids.PERSON), email)


async def opened_by(pool: Pool, person: Somebody, organisation: str | None = None) -> OpenedSession:
    """A log-in session of a person."""
    opened = await log_in(
        pool,
        new_id,
        quick_passwords(),
        LogIn(person.email, person.password, organisation),
    )
    assert isinstance(opened, OpenedSession), opened
    return opened


async def caller_of(pool: Pool, opened: OpenedSession) -> Caller:
    """Who asks with a session."""
    caller = await find_caller(pool, opened.secret)
    assert caller is not None
    return caller


async def joined(pool: Pool, person: Somebody, organisation: Id, role: str) -> Somebody:
    """The same person in a further organisation."""
    issued = await invite_colleague(
        pool, new_id, caller_for(organisation), NewInvitation(person.email, role)
    )
    assert isinstance(issued, IssuedInvitation), issued
    opened = await accept_invitation(
        pool, new_id, quick_passwords(), Acceptance(issued.key, person.password)
    )
    assert isinstance(opened, OpenedSession), opened
    return person._replace(organisation=organisation)


async def people_of(pool: Pool, organisation: Id) -> list[Colleague]:
    """Who belongs to an organisation."""
    found = await list_colleagues(pool, caller_for(organisation), FIRST_PAGE)
    assert not isinstance(found, Refusal), found
    return found


async def sessions_of(
    pool: Pool, caller: Caller, person: Id | None = None, page: Page = FIRST_PAGE
) -> list[ListedSession]:
    """Where somebody is logged in, as a caller is shown it."""
    found = await list_sessions(pool, caller, page, person)
    assert not isinstance(found, Refusal), found
    return found


def code_of(answer: object) -> str:
    """Why something was refused."""
    assert isinstance(answer, Refusal), answer
    return answer.code
