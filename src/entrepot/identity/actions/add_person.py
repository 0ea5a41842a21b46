"""Make a person with a role in an organisation, without an invitation."""

from collections.abc import Callable

from entrepot.identity import errors, store
from entrepot.identity.model import (
    Membership,
    MembershipRow,
    NewPerson,
    PersonRow,
    check_person,
    check_scope,
)
from entrepot.infra.ground import read_clock
from entrepot.infra.passwords import Passwords
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Happening, record, writing
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse


async def add_person(
    pool: Pool, new_id: Callable[[], Id], passwords: Passwords, caller: Caller, new: NewPerson
) -> Membership | Refusal:
    """Make a person who can log in to the caller's organisation at once.

    For the operator, who sets up the first owner of an organisation; colleagues invite each other.
    Refuses `identity.scope_missing`, `identity.unknown_organisation`, `identity.email_not_valid`,
    `identity.name_not_valid`, `identity.role_not_valid`, `identity.language_not_valid`,
    `identity.time_zone_not_valid`, `identity.password_not_valid`, `identity.password_guessable`
    and `identity.email_taken`.
    """
    refusal = check_scope(caller, Scope.ORGANISATION_WRITE) or check_person(caller, new)
    if refusal is not None:
        return refusal
    hashed = await passwords.hash(new.password)
    person = new_id()
    async with writing(pool) as connection:
        if await store.find_organisation_by_id(connection, caller.organisation) is None:
            return refuse(errors.UNKNOWN_ORGANISATION, "There is no such organisation.")
        now = await read_clock(connection)
        row = PersonRow(person, new.email, new.name, new.language, new.time_zone, hashed, now, now)
        if not await store.insert_person(connection, row):
            return refuse(
                errors.EMAIL_TAKEN,
                "There is a person with this e-mail address already; invite them instead.",
                field="email",
                facts={"email": new.email},
            )
        await store.start_membership(connection, caller.organisation, person, new.role, now)
        answer = MembershipRow(person, new.role, now, None).to_show()
        happening = Happening("identity.person_added", answer.person, answer)
        await record(connection, now, new_id, caller, [happening])
    return answer
