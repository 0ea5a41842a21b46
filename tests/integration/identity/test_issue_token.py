"""Issuing a token: its secret is told once, its scopes are at most those of the caller."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from entrepot.identity import (
    IssuedToken,
    NewToken,
    hash_secret,
    holds,
    is_well_formed,
    issue_token,
    list_tokens,
)
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network

READS = ("orders:read", "stock:read")


async def test_a_secret_is_told_once_and_kept_as_its_hash(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    issued = await issue_token(pool, new_id, caller, NewToken("shop", READS))
    assert isinstance(issued, IssuedToken)
    assert is_well_formed(issued.secret)
    assert issued.secret.startswith("ent_app_")
    assert issued.token.shown == f"ent_app_...{issued.secret[-4:]}"
    assert await list_tokens(pool, caller) == [issued.token]
    assert await holds(pool, caller, issued.secret)
    async with pool.acquire() as connection:
        stored = await connection.fetchval("SELECT hash FROM tokens")
        everything = str(await connection.fetch("SELECT * FROM tokens"))
    assert stored == hash_secret(issued.secret)
    assert issued.secret not in everything
    ((act, subject, answer),) = await acts_of(pool, caller.organisation)
    assert (act, subject) == ("identity.token_issued", issued.token.id)
    assert issued.secret not in str(answer)
    assert answer["scopes"] == ["orders:read", "stock:read"]


async def test_sent_again_it_is_answered_without_its_secret(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    new = NewToken("shop", READS)
    first = await issue_token(pool, new_id, caller, new, sent=Sent("k", b"c"))
    again = await issue_token(pool, new_id, caller, new, sent=Sent("k", b"c"))
    other = await issue_token(pool, new_id, caller, new, sent=Sent("k", b"other"))
    assert isinstance(first, IssuedToken)
    assert again == first.token
    assert isinstance(other, Refusal)
    assert other.code == "request.key_reused"
    assert await list_tokens(pool, caller) == [first.token]


async def test_scopes_are_kept_once_in_their_order(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    new = NewToken("shop", ("stock:read", "orders:read", "stock:read"))
    issued = await issue_token(pool, new_id, caller, new)
    assert isinstance(issued, IssuedToken)
    assert issued.token.scopes == READS


async def test_nobody_hands_out_more_than_they_have(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation(), Scope.ORGANISATION_WRITE, Scope.ORDERS_READ)
    refusal = await issue_token(pool, new_id, caller, NewToken("shop", READS))
    assert isinstance(refusal, Refusal)
    assert [(fault.code, fault.facts) for fault in refusal.faults] == [
        ("identity.scope_missing", {"scope": "stock:read"})
    ]


async def test_every_fault_is_named_at_once(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    past = datetime(2020, 1, 1, tzinfo=UTC)
    refusal = await issue_token(pool, new_id, caller, NewToken("", ("stock:eat",), past))
    assert isinstance(refusal, Refusal)
    assert [(fault.code, fault.field) for fault in refusal.faults] == [
        ("identity.name_not_valid", "name"),
        ("identity.scope_not_valid", "scopes"),
        ("identity.expiry_not_valid", "expires_at"),
    ]
    assert await acts_of(pool, caller.organisation) == []


async def test_a_token_without_scopes_is_refused(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    refusal = await issue_token(pool, new_id, caller, NewToken("shop", ()))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "identity.scope_not_valid"


async def test_a_token_that_expired_holds_no_more(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    soon = datetime.now(UTC) + timedelta(days=1)
    issued = await issue_token(pool, new_id, caller, NewToken("shop", READS, soon))
    assert isinstance(issued, IssuedToken)
    assert await holds(pool, caller, issued.secret)
    async with pool.acquire() as connection:
        await connection.execute("UPDATE tokens SET expires_at = now() - interval '1 second'")
    assert not await holds(pool, caller, issued.secret)


async def test_another_organisations_secret_does_not_hold(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    other = caller_for(await network.organisation())
    issued = await issue_token(pool, new_id, caller, NewToken("shop", READS))
    assert isinstance(issued, IssuedToken)
    assert not await holds(pool, other, issued.secret)


async def test_the_scope_is_needed(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation(), Scope.ORDERS_READ)
    for answer in (
        await issue_token(pool, new_id, caller, NewToken("shop", ("orders:read",))),
        await list_tokens(pool, caller),
    ):
        assert isinstance(answer, Refusal)
        assert answer.code == "identity.scope_missing"


async def test_an_organisation_that_is_not_there(pool: Pool) -> None:
    refusal = await issue_token(pool, new_id, caller_for(new_id()), NewToken("shop", READS))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "identity.unknown_organisation"


@pytest.mark.parametrize("damage", ["", "ent_app_", "é", "Bearer x", "ent_xyz_" + "0" * 36])
async def test_what_is_no_secret_asks_nothing_of_the_database(damage: str) -> None:
    assert not is_well_formed(damage)
