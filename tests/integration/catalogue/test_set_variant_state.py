"""Activating, deactivating and deleting a variant."""

from __future__ import annotations

import asyncio

from entrepot.catalogue import Variant, find_variants, list_variants, set_variant_state
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.counter import Counter, code_of, order_of
from tests.factories.network import Network


async def test_a_deactivated_variant_takes_no_orders(
    pool: Pool, network: Network, counter: Counter
) -> None:
    organisation = await network.organisation()
    variant = await network.variant(organisation)
    await counter.receive(organisation, variant, 10)
    placed = order_of((variant, 2), paid=True)
    await counter.place(organisation, placed)
    caller = caller_for(organisation)
    changed = await set_variant_state(pool, new_id, caller, variant, "deactivated")
    assert isinstance(changed, Variant)
    assert changed.state == "deactivated"
    refused = await counter.act(organisation, order_of((variant, 1)))
    assert code_of(refused) == "orders.variant_not_orderable"
    assert await counter.order(placed.order) == ("complete", "unfulfilled", "paid")
    await set_variant_state(pool, new_id, caller, variant, "active")
    await counter.place(organisation, order_of((variant, 1)))


async def test_put_there_again_nothing_happens(pool: Pool, network: Network) -> None:
    organisation = await network.organisation()
    variant = await network.variant(organisation)
    caller = caller_for(organisation)
    answers = await asyncio.gather(
        *[set_variant_state(pool, new_id, caller, variant, "deactivated") for _ in range(4)]
    )
    assert all(answer == answers[0] for answer in answers)
    ((act, subject, answer),) = await acts_of(pool, organisation)
    assert (act, subject) == ("catalogue.variant_deactivated", ids.VARIANT + variant)
    assert answer["state"] == "deactivated"


async def test_deleted_is_for_ever(pool: Pool, network: Network) -> None:
    organisation = await network.organisation()
    variant = await network.variant(organisation)
    caller = caller_for(organisation)
    deleted = await set_variant_state(pool, new_id, caller, variant, "deleted")
    assert isinstance(deleted, Variant)
    refusal = await set_variant_state(pool, new_id, caller, variant, "active")
    assert isinstance(refusal, Refusal)
    assert refusal.code == "catalogue.variant_deleted"
    assert await list_variants(pool, caller) == []
    assert await find_variants(pool, caller, [deleted.sku]) == []


async def test_a_foreign_variant_is_answered_as_an_absent_one(pool: Pool, network: Network) -> None:
    variant = await network.variant(await network.organisation())
    caller = caller_for(await network.organisation())
    for one in (variant, new_id(), ""):
        refusal = await set_variant_state(pool, new_id, caller, one, "deactivated")
        assert isinstance(refusal, Refusal)
        assert refusal.code == "catalogue.unknown_variant"
        assert refusal.faults[0].message == "You have no such variant. Check its id."


async def test_an_unknown_state_and_a_missing_scope(pool: Pool, network: Network) -> None:
    organisation = await network.organisation()
    variant = await network.variant(organisation)
    odd = await set_variant_state(pool, new_id, caller_for(organisation), variant, "sold")
    reader = caller_for(organisation, Scope.CATALOGUE_READ)
    unscoped = await set_variant_state(pool, new_id, reader, variant, "active")
    assert isinstance(odd, Refusal)
    assert isinstance(unscoped, Refusal)
    assert (odd.code, unscoped.code) == ("catalogue.state_not_valid", "identity.scope_missing")
