"""Adding a person: the operator's way to an organisation's first owner."""

from __future__ import annotations

import asyncio

from entrepot.identity import LogIn, Membership, NewPerson, OpenedSession, add_person, log_in
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.people import PASSWORD, code_of, people_of, quick_passwords

ANN = NewPerson("Ann@Example.com", "Ann", "owner", PASSWORD)


async def test_a_person_is_made_who_can_log_in(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    made = await add_person(pool, new_id, quick_passwords(), caller, ANN)
    assert isinstance(made, Membership)
    assert made.role == "owner"
    opened = await log_in(pool, new_id, quick_passwords(), LogIn("ann@example.COM", PASSWORD))
    assert isinstance(opened, OpenedSession)
    assert opened.session.person == made.person
    stored = str(await pool.fetch("SELECT * FROM people"))
    assert "$argon2id$" in stored
    assert PASSWORD not in stored
    act, subject, answer = (await acts_of(pool, caller.organisation))[0]
    assert (act, subject) == ("identity.person_added", made.person)
    assert answer.keys() == {"person", "role", "created_at", "ended_at"}


async def test_an_address_is_one_persons(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    other = caller_for(await network.organisation())
    answers = await asyncio.gather(
        *[add_person(pool, new_id, quick_passwords(), each, ANN) for each in (caller, other) * 2]
    )
    refused = [answer for answer in answers if isinstance(answer, Refusal)]
    assert [each.code for each in refused] == ["identity.email_taken"] * 3


async def test_every_fault_is_named_at_once(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    bad = NewPerson("ann", " ", "boss", "password12", "fr", "Mars")
    answer = await add_person(pool, new_id, quick_passwords(), caller, bad)
    assert isinstance(answer, Refusal)
    assert [(fault.code, fault.field) for fault in answer.faults] == [
        ("identity.email_not_valid", "email"),
        ("identity.name_not_valid", "name"),
        ("identity.role_not_valid", "role"),
        ("identity.language_not_valid", "language"),
        ("identity.time_zone_not_valid", "time_zone"),
        ("identity.password_guessable", "password"),
    ]
    assert "password12" not in str(answer.faults)


async def test_the_organisation_and_the_scope_are_needed(pool: Pool, network: Network) -> None:
    nowhere = await add_person(pool, new_id, quick_passwords(), caller_for(new_id()), ANN)
    assert code_of(nowhere) == "identity.unknown_organisation"
    caller = caller_for(await network.organisation(), Scope.ORDERS_READ)
    answer = await add_person(pool, new_id, quick_passwords(), caller, ANN)
    assert code_of(answer) == "identity.scope_missing"
    assert await people_of(pool, caller.organisation) == []
