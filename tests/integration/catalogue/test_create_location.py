"""Making a location: its code is its organisation's own."""

from __future__ import annotations

import asyncio

from entrepot.catalogue import NewLocation, create_location, list_locations
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network


async def test_a_location_is_made_and_listed_by_rank(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    back = await create_location(pool, new_id, caller, NewLocation("back", "Back room", 2))
    front = await create_location(pool, new_id, caller, NewLocation("front", "Shop floor", 1))
    assert isinstance(back, Written)
    assert isinstance(front, Written)
    listed = await list_locations(pool, caller)
    assert isinstance(listed, list)
    assert [each.code for each in listed] == ["main", "front", "back"]
    assert listed[1:] == [front.answer, back.answer]
    acts = await acts_of(pool, caller.organisation)
    assert [(act, subject) for act, subject, _ in acts] == [
        ("catalogue.location_created", back.answer.id),
        ("catalogue.location_created", front.answer.id),
    ]
    assert acts[0][2]["code"] == "back"


async def test_a_code_is_given_once_by_each_organisation(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    other = caller_for(await network.organisation())
    new = NewLocation("barn", "The barn")
    answers = await asyncio.gather(
        *[create_location(pool, new_id, caller, new) for _ in range(4)],
        create_location(pool, new_id, other, new),
    )
    refused = [answer for answer in answers if isinstance(answer, Refusal)]
    assert [refusal.code for refusal in refused] == ["catalogue.code_taken"] * 3
    assert isinstance(answers[-1], Written)


async def test_sent_twice_it_is_made_once(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    new, sent = NewLocation("barn", "The barn"), Sent("key", b"content")
    first = await create_location(pool, new_id, caller, new, sent)
    again = await create_location(pool, new_id, caller, new, sent)
    assert isinstance(first, Written)
    assert again == Written(first.answer, replayed=True)
    assert len(await acts_of(pool, caller.organisation)) == 1


async def test_every_fault_is_named_at_once(pool: Pool, network: Network) -> None:
    caller = caller_for(await network.organisation())
    refusal = await create_location(pool, new_id, caller, NewLocation(" ", "\t", -1))
    assert isinstance(refusal, Refusal)
    assert [(fault.code, fault.field) for fault in refusal.faults] == [
        ("catalogue.code_not_valid", "code"),
        ("catalogue.name_not_valid", "name"),
        ("catalogue.rank_not_valid", "rank"),
    ]
    assert await acts_of(pool, caller.organisation) == []


async def test_the_scopes_are_needed(pool: Pool, network: Network) -> None:
    organisation = await network.organisation()
    new = NewLocation("barn", "The barn")
    reader = caller_for(organisation, Scope.CATALOGUE_READ)
    writer = caller_for(organisation, Scope.CATALOGUE_WRITE)
    for answer in (
        await create_location(pool, new_id, reader, new),
        await list_locations(pool, writer),
    ):
        assert isinstance(answer, Refusal)
        assert answer.code == "identity.scope_missing"
