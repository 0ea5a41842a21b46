"""What was done about a partnership, as each side is told it."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Written
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.paging import Page, Stretch
from entrepot.partnerships import (
    Activity,
    AgreementChanges,
    MatchChanges,
    NewMatch,
    change_match,
    change_partnership,
    list_activity,
    match_by_hand,
    pause_partnership,
    resume_partnership,
)
from entrepot.stock import NewAllocation, allocate_stock
from tests.factories.callers import caller_for
from tests.factories.counter import Counter
from tests.factories.network import Network
from tests.factories.partnerships import Pair, done, paired
from tests.factories.people import caller_of, code_of, opened_by, somebody


async def told(pool: Pool, caller: Caller, pair: Pair, page: Page | None = None) -> list[Activity]:
    """What a side is told, newest first."""
    stretch = await list_activity(pool, caller, pair.id, page or Page())
    assert isinstance(stretch, Stretch), stretch
    return list(stretch.rows)


async def change(pool: Pool, pair: Pair, **changes: object) -> None:
    """Change the agreement as the wholesaler."""
    answer = await change_partnership(
        pool,
        new_id,
        caller_for(pair.wholesaler),
        pair.id,
        AgreementChanges(**changes),  # type: ignore[arg-type] # by their names
    )
    assert isinstance(answer, Written)


async def test_both_sides_are_told_what_both_can_see(
    pool: Pool, network: Network, counter: Counter
) -> None:
    pair = await paired(pool, network)
    seller, buyer = caller_for(pair.wholesaler), caller_for(pair.retailer)
    theirs = await network.variant(pair.wholesaler, "TEA")
    mine = await network.variant(pair.retailer, "CHA")
    match = done(await match_by_hand(pool, new_id, buyer, NewMatch(pair.id, mine, theirs)))
    done(await change_match(pool, new_id, buyer, match.inner_id, MatchChanges(rank=3)))
    await counter.receive(pair.wholesaler, theirs, 5)
    new = NewAllocation(pair.id, theirs, Decimal(2), note="for them")
    done(await allocate_stock(pool, new_id, seller, new))
    done(await pause_partnership(pool, new_id, seller, pair.id))
    done(await resume_partnership(pool, new_id, seller, pair.id))
    seen = [(each.act.partition(".")[2], each.by) for each in await told(pool, buyer, pair)]
    assert seen == [
        ("partnership_resumed", "partner"),
        ("partnership_paused", "partner"),
        ("allocated", "partner"),
        ("match_changed", "you"),
        ("match_made", "you"),
        ("partnership_made", "you"),
    ]
    theirs_told = await told(pool, seller, pair)
    assert "partnerships.match_changed" not in {each.act for each in theirs_told}
    made = theirs_told[3]
    assert (made.facts["sku"], made.facts["wholesaler_sku"]) == (
        match.variant.sku,
        match.wholesaler_variant.sku,
    )
    assert made.facts["partner"] == "shop"
    allocated = theirs_told[2]
    assert (allocated.facts["quantity"], allocated.by) == ("2", "you")


async def test_a_change_says_what_changed_and_hides_the_buffer(
    pool: Pool, network: Network
) -> None:
    pair = await paired(pool, network)
    seller, buyer = caller_for(pair.wholesaler), caller_for(pair.retailer)
    await change(pool, pair, buffer=Decimal(9), cap=None)
    await change(pool, pair, buffer=Decimal(1))
    done(await pause_partnership(pool, new_id, buyer, pair.id))
    await change(pool, pair, terms="Pay now.", sharing_policy="allocated_only")
    own = [each.changed for each in await told(pool, seller, pair) if each.changed]
    assert own == [("sharing_policy", "terms"), ("buffer",), ("cap",)]
    theirs = await told(pool, buyer, pair)
    assert [each.changed for each in theirs if each.changed] == [
        ("sharing_policy", "terms"),
        ("cap",),
    ]
    assert len([each for each in theirs if each.act.endswith("partnership_changed")]) == 2
    assert b"buffer" not in msgspec.json.encode([each.changed for each in theirs])


async def test_people_are_named_to_their_own_side_alone(pool: Pool, network: Network) -> None:
    pair = await paired(pool, network)
    person = await somebody(pool, pair.wholesaler, "manager", name="Greet")
    greet = await caller_of(pool, await opened_by(pool, person))
    done(await pause_partnership(pool, new_id, greet, pair.id))
    assert (await told(pool, greet, pair))[0].person == "Greet"
    reader = caller_for(pair.wholesaler, Scope.PARTNERSHIPS_READ)
    seen = (await told(pool, reader, pair))[0]
    assert (seen.person, seen.by, seen.by_itself) == (None, "you", False)
    seen = (await told(pool, caller_for(pair.retailer), pair))[0]
    assert (seen.person, seen.by) == (None, "partner")


async def test_it_is_read_page_by_page(pool: Pool, network: Network) -> None:
    pair = await paired(pool, network)
    seller, buyer = caller_for(pair.wholesaler), caller_for(pair.retailer)
    for caller in (seller, buyer, seller, buyer):
        done(await pause_partnership(pool, new_id, caller, pair.id))
        done(await resume_partnership(pool, new_id, caller, pair.id))
    everything = [each.id for each in await told(pool, seller, pair)]
    assert len(everything) == 9
    seen: list[str] = []
    page: Page | None = Page(2)
    while page is not None:
        stretch = await list_activity(pool, seller, pair.id, page)
        assert isinstance(stretch, Stretch)
        seen += [each.id for each in stretch.rows]
        page = None if stretch.following is None else Page(2, stretch.following)
    assert seen == everything


async def test_strangers_and_the_blind_are_refused(pool: Pool, network: Network) -> None:
    pair = await paired(pool, network)
    stranger = caller_for(await network.organisation())
    refused = await list_activity(pool, stranger, pair.id, Page())
    assert code_of(refused) == "partnerships.unknown_partnership"
    blind = caller_for(pair.retailer, Scope.ORDERS_READ)
    assert code_of(await list_activity(pool, blind, pair.id, Page())) == "identity.scope_missing"
