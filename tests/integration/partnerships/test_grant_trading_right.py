"""Giving a trading right opens the seller's variants to the buyer."""

from __future__ import annotations

import asyncio

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal
from entrepot.partnerships import (
    TradingRight,
    end_trading_right,
    grant_trading_right,
    list_trading_rights,
)
from tests.factories.callers import acts_of, caller_for
from tests.factories.counter import Counter, code_of, order_of
from tests.factories.network import Network


async def test_a_right_opens_the_sellers_variants(
    pool: Pool, network: Network, counter: Counter
) -> None:
    seller, buyer = await network.organisation("farm"), await network.organisation("hub")
    variant = await network.variant(seller)
    await counter.receive(seller, variant, 10)
    before = await counter.act(buyer, order_of((variant, 1), kind="session"))
    assert code_of(before) == "orders.unknown_variant"
    right = await grant_trading_right(pool, new_id, caller_for(seller), buyer, "session")
    assert isinstance(right, TradingRight)
    await counter.place(buyer, order_of((variant, 1), kind="session"))
    other_kind = await counter.act(buyer, order_of((variant, 1), kind="marketplace"))
    assert code_of(other_kind) == "orders.unknown_variant"
    assert await list_trading_rights(pool, caller_for(seller)) == [right]
    assert await list_trading_rights(pool, caller_for(buyer)) == [right]
    assert await list_trading_rights(pool, caller_for(await network.organisation())) == []


async def test_given_again_a_right_that_holds_stays_as_it_is(pool: Pool, network: Network) -> None:
    seller, buyer = await network.organisation(), await network.organisation()
    caller = caller_for(seller)
    answers = await asyncio.gather(
        *[grant_trading_right(pool, new_id, caller, buyer, "session") for _ in range(5)]
    )
    assert all(answer == answers[0] for answer in answers)
    ((act, subject, answer),) = await acts_of(pool, seller)
    assert (act, subject) == ("partnerships.trading_right_granted", ids.ORGANISATION + buyer)
    assert (answer["kind"], answer["state"]) == ("session", "active")


async def test_a_right_that_was_ended_can_be_given_again(pool: Pool, network: Network) -> None:
    seller, buyer = await network.organisation(), await network.organisation()
    caller = caller_for(seller)
    first = await grant_trading_right(pool, new_id, caller, buyer, "marketplace")
    await end_trading_right(pool, new_id, caller, buyer, "marketplace")
    assert await grant_trading_right(pool, new_id, caller, buyer, "marketplace") == first
    assert [act for act, _, _ in await acts_of(pool, seller)] == [
        "partnerships.trading_right_granted",
        "partnerships.trading_right_ended",
        "partnerships.trading_right_granted",
    ]


async def test_what_is_refused(pool: Pool, network: Network) -> None:
    seller = await network.organisation()
    caller = caller_for(seller)
    unknown = await grant_trading_right(pool, new_id, caller, new_id(), "session")
    unread = await grant_trading_right(pool, new_id, caller, "", "session")
    both = await grant_trading_right(pool, new_id, caller, seller, "friendship")
    unscoped = await grant_trading_right(
        pool, new_id, caller_for(seller, Scope.ORDERS_WRITE), seller, "session"
    )
    assert isinstance(unknown, Refusal)
    assert isinstance(unread, Refusal)
    assert isinstance(both, Refusal)
    assert isinstance(unscoped, Refusal)
    assert unknown.code == unread.code == "identity.unknown_organisation"
    assert [fault.code for fault in both.faults] == [
        "partnerships.kind_not_valid",
        "partnerships.right_with_oneself",
    ]
    assert unscoped.code == "identity.scope_missing"
    assert await acts_of(pool, seller) == []


async def test_a_consignment_right_follows_its_partnership(pool: Pool, network: Network) -> None:
    seller, buyer = await network.organisation(), await network.organisation()
    caller = caller_for(seller)
    await network.partnership(seller, buyer)
    for act in (grant_trading_right, end_trading_right):
        answer = await act(pool, new_id, caller, buyer, "consignment")
        assert isinstance(answer, Refusal)
        assert answer.code == "partnerships.consignment_by_invitation"
    (right,) = await list_trading_rights(pool, caller)  # type: ignore[misc] # the scope is there
    assert (right.kind, right.state) == ("consignment", "active")


async def test_the_scope_to_list_is_needed(pool: Pool, network: Network) -> None:
    refusal = await list_trading_rights(
        pool, caller_for(await network.organisation(), Scope.ORDERS_READ)
    )
    assert isinstance(refusal, Refusal)
    assert refusal.code == "identity.scope_missing"
