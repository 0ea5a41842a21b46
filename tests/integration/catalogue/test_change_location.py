"""Changing a location: what is given is written, the rest stays."""

from __future__ import annotations

import asyncio

from entrepot.catalogue import (
    LocationChanges,
    NewLocation,
    change_location,
    create_location,
    find_location,
)
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network


async def barn(pool: Pool, caller: Caller) -> str:
    made = await create_location(pool, new_id, caller, NewLocation("barn", "The barn"))
    assert isinstance(made, Written)
    return made.answer.inner_id


async def test_concurrent_changes_do_not_lose_each_others_fields(
    pool: Pool, network: Network
) -> None:
    caller = caller_for(await network.organisation())
    location = await barn(pool, caller)
    changes = [
        LocationChanges(code="old-barn"),
        LocationChanges(name="The old barn"),
        LocationChanges(rank=7),
        LocationChanges(ships_orders=False),
    ]
    await asyncio.gather(
        *[change_location(pool, new_id, caller, location, each) for each in changes]
    )
    found = await find_location(pool, caller, location)
    assert found is not None
    assert not isinstance(found, Refusal)
    shown = (found.code, found.name, found.rank, found.ships_orders)
    assert shown == ("old-barn", "The old barn", 7, False)
    acts = await acts_of(pool, caller.organisation)
    assert [act for act, _, _ in acts[1:]] == ["catalogue.location_changed"] * 4


async def test_what_changes_nothing_is_no_event(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    location = await barn(pool, caller)
    for same in (LocationChanges(), LocationChanges(name="The barn", rank=0)):
        assert isinstance(await change_location(pool, new_id, caller, location, same), Written)
    assert len(await acts_of(pool, caller.organisation)) == 1


async def test_a_code_stays_ones_own(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    location = await barn(pool, caller)
    taken = await change_location(pool, new_id, caller, location, LocationChanges(code="main"))
    assert isinstance(taken, Refusal)
    assert [(each.code, each.field) for each in taken.faults] == [("catalogue.code_taken", "code")]


async def test_every_fault_is_named_at_once(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    location = await barn(pool, caller)
    wrong = LocationChanges(" ", "", 2_000_000)
    refusal = await change_location(pool, new_id, caller, location, wrong)
    assert isinstance(refusal, Refusal)
    assert [each.field for each in refusal.faults] == ["code", "name", "rank"]


async def test_sent_twice_it_is_changed_once(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    location = await barn(pool, caller)
    sent = Sent("key", b"content")
    first = await change_location(pool, new_id, caller, location, LocationChanges(rank=3), sent)
    await change_location(pool, new_id, caller, location, LocationChanges(rank=4))
    again = await change_location(pool, new_id, caller, location, LocationChanges(rank=3), sent)
    assert isinstance(first, Written)
    assert again == Written(first.answer, replayed=True)
    found = await find_location(pool, caller, location)
    assert found is not None
    assert not isinstance(found, Refusal)
    assert found.rank == 4


async def test_a_foreign_location_is_answered_as_an_absent_one(
    pool: Pool, network: Network
) -> None:
    location = await barn(pool, caller_for(await network.organisation()))
    caller = caller_for(await network.organisation())
    for one in (location, new_id(), ""):
        refusal = await change_location(pool, new_id, caller, one, LocationChanges(rank=1))
        assert isinstance(refusal, Refusal)
        assert refusal.code == "catalogue.unknown_location"
        assert refusal.faults[0].message == "You have no such location. Check its id."
    assert await find_location(pool, caller, location) is None


async def test_the_scopes_are_needed(pool: Pool, network: Network) -> None:
    organisation = await network.organisation()
    reader = caller_for(organisation, Scope.CATALOGUE_READ)
    writer = caller_for(organisation, Scope.CATALOGUE_WRITE)
    for answer in (
        await change_location(pool, new_id, reader, new_id(), LocationChanges()),
        await find_location(pool, writer, new_id()),
    ):
        assert isinstance(answer, Refusal)
        assert answer.code == "identity.scope_missing"
