"""Changing an agreement: the wholesaler's to do, effective at once, told to the retailer."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal
from entrepot.notices import list_notices
from entrepot.partnerships import (
    AgreementChanges,
    begin_ending,
    change_partnership,
    find_partnership,
)
from tests.factories.callers import acts_of, caller_for
from tests.factories.counter import Counter
from tests.factories.network import Network
from tests.factories.partnerships import done, paired

EVERYTHING = AgreementChanges(
    "allocated_only", Decimal("1.5"), None, "keep", "reverse", Decimal("87.5"), "New terms."
)


async def test_what_is_given_changes_and_the_rest_stays(pool: Pool, network: Network) -> None:
    pair = await paired(pool, network)
    caller = caller_for(pair.wholesaler)
    changes = AgreementChanges(cap=Decimal(20))
    one = done(await change_partnership(pool, new_id, caller, pair.id, changes))
    assert (one.cap, one.buffer, one.sharing_policy) == ("20", "3", "all_stock")
    every = done(await change_partnership(pool, new_id, caller, pair.id, EVERYTHING))
    assert (every.sharing_policy, every.buffer, every.cap, every.on_cancel_open_week) == (
        "allocated_only",
        "1.5",
        None,
        "keep",
    )
    assert (every.on_cancel_later, every.price_percentage, every.terms) == (
        "reverse",
        "87.5",
        "New terms.",
    )
    assert await find_partnership(pool, caller, pair.id) == every


async def test_it_holds_at_once(pool: Pool, network: Network, counter: Counter) -> None:
    """E21, E33: policy, buffer and cap show in the very next read of what is offered."""
    pair = await paired(pool, network)
    caller = caller_for(pair.wholesaler)
    theirs, ours = await network.variant(pair.wholesaler), await network.variant(pair.retailer)
    await network.match(pair.id, (pair.wholesaler, theirs), (pair.retailer, ours))
    await counter.receive(pair.wholesaler, theirs, 100)
    offered = []
    for changes in (
        AgreementChanges(),
        AgreementChanges(cap=None),
        AgreementChanges(buffer=Decimal(60)),
        AgreementChanges(sharing_policy="allocated_only"),
    ):
        await change_partnership(pool, new_id, caller, pair.id, changes)
        offered.append(await pool.fetchval("SELECT offered FROM partner_offers"))
    assert offered == [50, 97, 40, 0]


async def test_the_retailer_is_told_of_all_but_the_buffer(pool: Pool, network: Network) -> None:
    pair = await paired(pool, network)
    caller = caller_for(pair.wholesaler)
    for changes in (
        AgreementChanges(buffer=Decimal(9)),
        AgreementChanges(buffer=Decimal(8), cap=Decimal(7), price_percentage=Decimal(90)),
        AgreementChanges(cap=Decimal(7)),
    ):
        await change_partnership(pool, new_id, caller, pair.id, changes)
    (notice,) = await list_notices(pool, caller_for(pair.retailer), Page())  # type: ignore[misc] # the scope is there
    assert (notice.kind, notice.subject) == ("partnerships.changed", pair.shown.id)
    assert notice.facts["changed"] == "cap price_percentage"
    acts = [act for act, _, _ in await acts_of(pool, pair.wholesaler)]
    assert acts.count("partnerships.partnership_changed") == 2, "nothing changed the third time"
    seen = await find_partnership(pool, caller_for(pair.retailer), pair.id)
    assert b'"buffer":null' in msgspec.json.encode(seen)


async def test_sent_again_it_changes_nothing(pool: Pool, network: Network) -> None:
    pair = await paired(pool, network)
    caller, sent = caller_for(pair.wholesaler), Sent("k", b"c")
    changes = AgreementChanges(cap=Decimal(5))
    first = await change_partnership(pool, new_id, caller, pair.id, changes, sent)
    await change_partnership(pool, new_id, caller, pair.id, AgreementChanges(cap=Decimal(6)))
    again = await change_partnership(pool, new_id, caller, pair.id, changes, sent)
    assert done(again) == done(first)
    seen = await find_partnership(pool, caller, pair.id)
    assert seen is not None
    assert not isinstance(seen, Refusal)
    assert seen.cap == "6"


async def test_what_is_refused_changes_nothing(pool: Pool, network: Network) -> None:
    pair = await paired(pool, network)
    caller = caller_for(pair.wholesaler)
    before = await find_partnership(pool, caller, pair.id)
    wrong = AgreementChanges(
        "everything", Decimal(-1), Decimal("Infinity"), price_percentage=Decimal("1e9")
    )
    stranger = caller_for(await network.organisation())
    reader = caller_for(pair.wholesaler, Scope.PARTNERSHIPS_READ)
    answers = [
        await change_partnership(pool, new_id, each, pair.id, EVERYTHING)
        for each in (caller_for(pair.retailer), stranger, reader)
    ]
    answers.append(await change_partnership(pool, new_id, caller, pair.id, wrong))
    assert await find_partnership(pool, caller, pair.id) == before
    await begin_ending(pool, new_id, caller, pair.id)
    answers.append(await change_partnership(pool, new_id, caller, pair.id, EVERYTHING))
    codes = []
    for answer in answers:
        assert isinstance(answer, Refusal)
        codes.append([fault.code.partition(".")[2] for fault in answer.faults])
    assert codes == [
        ["wholesaler_only"],
        ["unknown_partnership"],
        ["scope_missing"],
        [
            "sharing_policy_not_valid",
            "buffer_not_valid",
            "cap_not_valid",
            "price_percentage_not_valid",
        ],
        ["partnership_ending"],
    ]
