"""Binding whom an identity provider vouches for: to one organisation at a time, as a token."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from entrepot.identity import (
    NewBinding,
    Token,
    bind_subject,
    find_vouched_caller,
    list_tokens,
    revoke_token,
)
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network

NEW = NewBinding("hub", ("orders:read",), "https://login.example", "email:a@b.example")


async def bind(pool: Pool, caller: Caller, new: NewBinding = NEW) -> Token | str:
    """What a binding made, or the code of why it was refused."""
    answer = await bind_subject(pool, new_id, caller, new)
    return answer.code if isinstance(answer, Refusal) else answer.answer


async def test_a_subject_is_bound_by_a_token_without_a_secret(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    token = await bind(pool, caller)
    assert isinstance(token, Token)
    assert (token.shown, token.scopes) == ("a@b.example at https://login.example", ("orders:read",))
    assert await list_tokens(pool, caller) == [token]
    ((act, subject, answer),) = await acts_of(pool, caller.organisation)
    assert (act, subject, answer["id"]) == ("identity.subject_bound", token.id, token.id)


async def test_it_is_one_organisations_until_it_is_revoked(pool: Pool, network: Network) -> None:
    first = caller_for(await network.organisation())
    second = caller_for(await network.organisation())
    token = await bind(pool, first)
    assert isinstance(token, Token)
    assert await bind(pool, second) == "identity.already_bound"
    assert await bind(pool, first) == "identity.already_bound"
    await revoke_token(pool, new_id, first, token.id.removeprefix(ids.TOKEN))
    assert isinstance(await bind(pool, second), Token)
    found = await find_vouched_caller(pool, NEW.issuer, NEW.subject)
    assert found is not None
    assert found.organisation == second.organisation


async def test_of_several_at_once_one_gets_it(pool: Pool, network: Network) -> None:
    callers = [caller_for(await network.organisation()) for _ in range(5)]
    answers = await asyncio.gather(*(bind(pool, caller) for caller in callers))
    assert sum(isinstance(each, Token) for each in answers) == 1
    assert answers.count("identity.already_bound") == 4


async def test_sent_again_it_is_answered_as_before(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    sent = Sent("k", b"1" * 32)
    answers = [
        await bind_subject(pool, new_id, caller, NEW, sent=sent),
        await bind_subject(pool, new_id, caller, NEW, sent=sent),
    ]
    assert all(isinstance(each, Written) for each in answers)
    assert answers[1].replayed  # type: ignore[union-attr] # said above
    assert answers[0].answer == answers[1].answer  # type: ignore[union-attr] # said above


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"subject": "email:A@b.example"}, "identity.subject_not_valid"),
        ({"subject": "email:nobody"}, "identity.subject_not_valid"),
        ({"subject": "client:"}, "identity.subject_not_valid"),
        ({"subject": "phone:1"}, "identity.subject_not_valid"),
        ({"issuer": ""}, "identity.subject_not_valid"),
        ({"issuer": "x\0"}, "identity.subject_not_valid"),
        ({"name": ""}, "identity.name_not_valid"),
        ({"scopes": ()}, "identity.scope_not_valid"),
        ({"scopes": ("orders:eat",)}, "identity.scope_not_valid"),
    ],
)
async def test_what_is_wrong_is_refused(
    pool: Pool, network: Network, changes: dict[str, object], code: str
) -> None:
    caller = caller_for(await network.organisation())
    assert await bind(pool, caller, msgspec.structs.replace(NEW, **changes)) == code
    assert await acts_of(pool, caller.organisation) == []


async def test_nobody_binds_for_others_or_beyond_their_own_scopes(
    pool: Pool, network: Network
) -> None:
    organisation = await network.organisation()
    reader = caller_for(organisation, Scope.ORDERS_READ)
    assert await bind(pool, reader) == "identity.scope_missing"
    owner = caller_for(organisation, Scope.ORGANISATION_WRITE)
    assert await bind(pool, owner) == "identity.scope_missing"
    assert await bind(pool, caller_for(new_id())) == "identity.unknown_organisation"
