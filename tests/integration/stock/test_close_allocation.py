"""Closing an allocation: what is left comes back, once; what was used stays used."""

from __future__ import annotations

import asyncio

import pytest

from entrepot.infra.ids import new_id
from entrepot.infra.writing import Sent, Written
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.stock import Allocation, close_allocation
from tests.factories.callers import acts_of, caller_for
from tests.factories.counter import Counter, order_of
from tests.factories.network import Network
from tests.factories.sharing import Sharing, open_sharing


@pytest.fixture
async def shared(network: Network, counter: Counter) -> Sharing:
    return await open_sharing(network, counter)


async def close(
    shared: Sharing, allocation: Id, sent: Sent | None = None, caller: Caller | None = None
) -> Written[Allocation] | Refusal:
    return await close_allocation(shared.pool, new_id, caller or shared.seller, allocation, sent)


async def closed(shared: Sharing, allocation: Allocation) -> Allocation:
    answer = await close(shared, allocation.inner_id)
    assert isinstance(answer, Written), answer
    return answer.answer


async def test_what_is_left_is_free_again(shared: Sharing) -> None:
    made = await shared.allocated(4)
    after = await closed(shared, made)
    assert (after.status, after.close_reason) == ("closed", "closed")
    assert (after.quantity, after.used, after.remaining) == ("0", "0", "0")
    assert after.closed_at is not None
    assert await shared.position() == (10, 0, 0, 3)
    assert (await shared.ledger())[-1] == ("deallocate", "-4")
    acts = await acts_of(shared.pool, shared.wholesaler)
    assert acts[-1][:2] == ("stock.allocation_closed", made.id)


async def test_what_was_used_stays_used(shared: Sharing) -> None:
    made = await shared.allocated(4)
    await shared.counter.place(
        shared.retailer, order_of((shared.variant, 3), paid=True, policy="ship_complete")
    )
    after = await closed(shared, made)
    assert (after.quantity, after.used, after.remaining) == ("3", "3", "0")
    assert await shared.position() == (7, 0, 0, 4)


async def test_one_that_is_used_up_closes_without_a_ledger_row(shared: Sharing) -> None:
    made = await shared.allocated(4)
    await shared.counter.place(
        shared.retailer, order_of((shared.variant, 4), paid=True, policy="ship_complete")
    )
    before = await shared.position()
    assert (await closed(shared, made)).status == "closed"
    assert await shared.position() == before


async def test_closed_again_it_stays_as_it_is(shared: Sharing) -> None:
    made = await shared.allocated(4)
    first, *others = await asyncio.gather(*[closed(shared, made) for _ in range(4)])
    assert all(each == first for each in others)
    assert await shared.position() == (10, 0, 0, 3)


async def test_one_past_its_validity_is_shown_as_expired(shared: Sharing) -> None:
    made = await shared.allocated(4)
    await shared.pass_validity(made)
    after = await closed(shared, made)
    assert (after.status, after.remaining, after.close_reason) == ("expired", "0", "expired")


@pytest.mark.parametrize("state", ["ending", "ended"])
async def test_it_may_be_closed_whatever_became_of_the_partnership(
    shared: Sharing, state: str
) -> None:
    made = await shared.allocated(4)
    await shared.network.set_partnership_state(shared.partnership, state)
    assert (await closed(shared, made)).status == "closed"


async def test_foreign_is_as_absent(shared: Sharing) -> None:
    made = await shared.allocated(4)
    stranger = caller_for(await shared.network.organisation("stranger"))
    for caller, ident in (
        (stranger, made.inner_id),
        (shared.buyer, made.inner_id),
        (shared.seller, new_id()),
        (shared.seller, ""),
    ):
        refused = await close(shared, ident, caller=caller)
        assert isinstance(refused, Refusal)
        assert refused.code == "stock.unknown_allocation"
        assert refused.faults[0].message == "You have no such allocation. Check its id."
    assert await shared.position() == (10, 0, 4, 2)


async def test_the_scope_is_needed(shared: Sharing) -> None:
    caller = caller_for(shared.wholesaler, Scope.STOCK_WRITE)
    refused = await close(shared, new_id(), caller=caller)
    assert isinstance(refused, Refusal)
    assert refused.code == "identity.scope_missing"


async def test_sent_twice_it_happens_once(shared: Sharing) -> None:
    made = await shared.allocated(4)
    first = await close(shared, made.inner_id, Sent("k", b"c"))
    again = await close(shared, made.inner_id, Sent("k", b"c"))
    assert isinstance(first, Written)
    assert again == Written(first.answer, replayed=True)
