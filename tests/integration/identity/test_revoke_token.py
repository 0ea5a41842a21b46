"""Revoking a token: from now on, once, and only one's own."""

from __future__ import annotations

import asyncio

from entrepot.identity import IssuedToken, NewToken, holds, issue_token, revoke_token
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network


async def issued_to(pool: Pool, caller: Caller) -> tuple[Id, str]:
    issued = await issue_token(pool, new_id, caller, NewToken("shop", ("orders:read",)))
    assert isinstance(issued, IssuedToken)
    return issued.token.id.removeprefix(ids.TOKEN), issued.secret


async def test_a_revoked_token_holds_no_more(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    token, secret = await issued_to(pool, caller)
    revoked = await revoke_token(pool, new_id, caller, token)
    assert isinstance(revoked, Written)
    assert revoked.answer.revoked_at is not None
    assert not await holds(pool, caller, secret)


async def test_revoked_again_it_stays_as_it_is(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    token, _ = await issued_to(pool, caller)
    answers = await asyncio.gather(*[revoke_token(pool, new_id, caller, token) for _ in range(5)])
    assert all(answer == answers[0] for answer in answers)
    acts = [act for act, _, _ in await acts_of(pool, caller.organisation)]
    assert acts == ["identity.token_issued", "identity.token_revoked"]


async def test_a_foreign_token_is_answered_as_an_absent_one(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    other = caller_for(await network.organisation())
    token, secret = await issued_to(pool, caller)
    foreign = await revoke_token(pool, new_id, other, token)
    absent = await revoke_token(pool, new_id, other, new_id())
    unread = await revoke_token(pool, new_id, other, "")
    assert isinstance(foreign, Refusal)
    assert isinstance(absent, Refusal)
    assert isinstance(unread, Refusal)
    assert foreign.code == absent.code == unread.code == "identity.unknown_token"
    assert foreign.faults[0].message == absent.faults[0].message
    assert await holds(pool, caller, secret)


async def test_the_scope_is_needed(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation(), Scope.ORDERS_WRITE)
    refusal = await revoke_token(pool, new_id, caller, new_id())
    assert isinstance(refusal, Refusal)
    assert refusal.code == "identity.scope_missing"


async def test_sent_again_it_is_answered_as_before(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    token, _ = await issued_to(pool, caller)
    first = await revoke_token(pool, new_id, caller, token, Sent("k", b"c"))
    again = await revoke_token(pool, new_id, caller, token, Sent("k", b"c"))
    assert isinstance(first, Written)
    assert again == Written(first.answer, replayed=True)
