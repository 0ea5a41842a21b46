"""Available to promise: one number, explained, and the same by an independent formula."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import pytest

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal
from entrepot.stock import Availability, find_availability, list_availability, list_shown
from entrepot.stock.store.availability import SQL
from tests.factories.callers import caller_for
from tests.factories.counter import Counter, order_of
from tests.factories.network import Network
from tests.factories.sharing import Sharing, open_sharing
from tests.factories.web import Web

PAST = datetime(2020, 1, 1, tzinfo=UTC)
FUTURE = datetime(2040, 1, 1, tzinfo=UTC)


async def promised(shared: Sharing, retailer: Id | None = None, variant: Id | None = None) -> Any:  # noqa: ANN401 - whatever the view answers
    caller = caller_for(retailer or shared.retailer)
    found = await find_availability(shared.pool, caller, variant or shared.variant)
    assert not isinstance(found, Refusal), found
    return found


async def another_retailer(shared: Sharing, policy: str) -> tuple[Id, Id, Id]:
    """A further partner of the wholesaler's: who, its variant, and the partnership."""
    retailer = await shared.network.organisation("other-retailer")
    partnership = await shared.network.partnership(shared.wholesaler, retailer, policy=policy)
    variant = await shared.network.variant(retailer, "OTHER")
    await shared.network.match(partnership, (shared.wholesaler, shared.goods), (retailer, variant))
    return retailer, variant, partnership


async def set_policy(shared: Sharing, policy: str) -> None:
    await shared.set("UPDATE partnerships SET sharing_policy = $1", policy)


async def test_worked_vector_1(network: Network, counter: Counter) -> None:
    """On hand 100, blocked 5, in transit 10, own holds 15, allocations R1 = 20 and R2 = 10."""
    shared = await open_sharing(network, counter, 85)
    for code, quantity in (("blocked", 5), ("transit", 10)):
        place = await network.location(shared.wholesaler, code, rank=9, ships_orders=False)
        await counter.receive(shared.wholesaler, shared.goods, quantity, place)
    r2 = await another_retailer(shared, "all_stock")
    r3 = await another_retailer(shared, "all_stock")
    await counter.place(shared.wholesaler, order_of((shared.goods, 15), paid=True))
    await shared.allocated(20)
    await shared.allocated(10, partnership=r2[2])

    for policy, r1_sees, r2_sees, r3_sees in (
        ("all_stock", "60", "50", "40"),
        ("allocated_only", "20", "10", "0"),
    ):
        await set_policy(shared, policy)
        assert (await promised(shared)).available_to_promise == r1_sees
        assert (await promised(shared, *r2[:2])).available_to_promise == r2_sees
        assert (await promised(shared, *r3[:2])).available_to_promise == r3_sees
        own = await promised(shared, shared.wholesaler, shared.goods)
        assert own.available_to_promise == "40"


async def test_the_number_is_told_with_its_parts(network: Network, counter: Counter) -> None:
    """Own stock at two places, and a partner with a buffer, a cap and pieces for a case."""
    shared = await open_sharing(network, counter, 31, buffer=3, cap=4, factor=6)
    second = await network.location(shared.retailer, "second", rank=1)
    await counter.receive(shared.retailer, shared.variant, 2)
    await counter.receive(shared.retailer, shared.variant, 1, second)
    found = await promised(shared)
    assert (found.available_to_promise, found.own, found.offered) == ("7", "3", "4")
    assert [(at.code, at.available) for at in found.locations] == [("main", "2"), ("second", "1")]
    (offer,) = found.partners
    assert (offer.partner_name, offer.factor, offer.cap, offer.offered) == (
        "wholesaler",
        6,
        "4",
        "4",
    )
    await shared.set("UPDATE partnerships SET cap = 9")
    assert (await promised(shared)).offered == "4", "28 pieces past the buffer are 4 whole cases"


async def test_the_wholesaler_sees_what_it_shows(network: Network, counter: Counter) -> None:
    shared = await open_sharing(network, counter, 31, buffer=3, factor=6)
    other = await another_retailer(shared, "all_stock")
    await shared.allocated(5)
    shown = await list_shown(shared.pool, shared.seller, Page(), shared.goods)
    assert not isinstance(shown, Refusal)
    rows = {
        row.partner: (row.allocated, row.pool, row.buffer, row.factor, row.cap, row.shown)
        for row in shown
    }
    assert rows == {
        f"org_{shared.retailer}": ("5", "31", "3", 6, None, "4"),
        f"org_{other[0]}": ("0", "26", "0", 1, None, "26"),
    }
    first = await list_shown(shared.pool, shared.seller, Page(1), shared.goods)
    assert not isinstance(first, Refusal)
    rest = await list_shown(shared.pool, shared.seller, Page(1, first[0].key), shared.goods)
    assert [*first[:1], *rest] == list(shown)  # type: ignore[misc] # neither is refused


async def test_unlimited_goods_show_the_cap_or_no_end(network: Network, counter: Counter) -> None:
    shared = await open_sharing(network, counter, 0, is_matched=False)
    shared.goods = await network.variant(shared.wholesaler, "AIR", unlimited=True)
    await network.match(
        shared.partnership,
        (shared.wholesaler, shared.goods),
        (shared.retailer, shared.variant),
    )
    found = await promised(shared)
    assert (found.available_to_promise, found.own, found.offered) == (None, "0", None)
    await shared.set("UPDATE partnerships SET cap = 7")
    assert (await promised(shared)).available_to_promise == "7"
    # Decisions use the same numbers, though nothing of it was ever received.
    for quantity, status in ((7, "complete"), (8, "waiting"), (2, "complete")):
        answer = await counter.place(
            shared.retailer,
            order_of((shared.variant, quantity), paid=True, policy="ship_complete"),
        )
        assert answer["status"] == status
    await shared.set("UPDATE locations SET ships_orders = false WHERE code = 'main'")
    assert (await promised(shared)).available_to_promise == "0"


@pytest.mark.parametrize("state", ["paused", "ending", "ended"])
async def test_a_partnership_that_is_not_active_offers_nothing(
    network: Network, counter: Counter, state: str
) -> None:
    """E13: what is shown falls to one's own at once."""
    shared = await open_sharing(network, counter)
    assert (await promised(shared)).available_to_promise == "10"
    await shared.network.set_partnership_state(shared.partnership, state)
    found = await promised(shared)
    assert (found.available_to_promise, found.partners) == ("0", ())


async def test_goods_that_cannot_be_ordered_promise_nothing(
    network: Network, counter: Counter
) -> None:
    shared = await open_sharing(network, counter)
    await counter.receive(shared.retailer, shared.variant, 3)
    await shared.set("UPDATE variants SET is_orderable = false WHERE id = $1", shared.variant)
    found = await promised(shared)
    assert (found.orderable, found.available_to_promise, found.own) == (False, "0", "3")


async def test_a_list_is_paged_by_variant(network: Network, counter: Counter) -> None:
    shared = await open_sharing(network, counter)
    for _ in range(4):
        await network.variant(shared.retailer)
    everything = await list_availability(shared.pool, shared.buyer, Page())
    assert not isinstance(everything, Refusal)
    assert len(everything) == 5
    found: list[Availability] = []
    after = None
    while True:
        rows = await list_availability(shared.pool, shared.buyer, Page(2, after))
        assert not isinstance(rows, Refusal)
        found += rows[:2]
        if len(rows) <= 2:
            break
        after = (rows[1].inner_id,)
    assert found == list(everything)


async def test_foreign_is_as_absent_and_scopes_are_needed(
    network: Network, counter: Counter
) -> None:
    shared = await open_sharing(network, counter)
    for variant in (shared.goods, new_id()):
        found = await find_availability(shared.pool, shared.buyer, variant)
        assert isinstance(found, Refusal)
        assert found.code == "catalogue.unknown_variant"
        shown = await list_shown(shared.pool, shared.buyer, Page(), variant)
        assert isinstance(shown, Refusal)
        assert shown.faults[0].message == found.faults[0].message
    nosy = caller_for(shared.retailer, Scope.ORDERS_WRITE)
    for refused in (
        await list_availability(shared.pool, nosy, Page()),
        await list_shown(shared.pool, nosy, Page(), shared.variant),
    ):
        assert isinstance(refused, Refusal)
        assert refused.code == "identity.scope_missing"


async def test_through_the_door_a_retailer_reads_no_more_than_was_agreed(
    network: Network, counter: Counter, web: Web
) -> None:
    """Neither the pool nor the buffer nor what is on hand is in any byte of the answer."""
    shared = await open_sharing(network, counter, "81273.5", buffer="4321.5", cap=9)
    shop, hub = await web.asker(shared.retailer), await web.asker(shared.wholesaler)
    answer = await shop.send(
        "GET", "/api/v1/availability", query={"variant": f"var_{shared.variant}"}
    )
    (found,) = answer.json()["data"]
    assert found["available_to_promise"] == "9"
    assert not [told for told in ("81273", "4321", "76952") if told in answer.text]
    partners = await hub.get(f"/availability/var_{shared.goods}/partners")
    (shown,) = partners["data"]
    assert (shown["pool"], shown["buffer"], shown["shown"]) == ("81273.5", "4321.5", "9")
    assert shared.variant not in str(partners)
    assert (await shop.get("/availability", variant="var_nonsense"))["data"] == []
    absent = await shop.send("GET", "/api/v1/availability/nonsense/partners")
    assert (absent.status_code, absent.json()["code"]) == (404, "catalogue.unknown_variant")


# The view against an independent formula, in random worlds.


@dataclass
class Place:
    """A wholesaler's position: what is on hand, held (alive, past) and allocated."""

    ships: bool
    on_hand: Decimal
    alive: Decimal
    past: Decimal
    allocations: list[tuple[int, Decimal, bool]] = field(default_factory=list)
    """(for whom, what remains, whether it is past its validity)."""

    @property
    def available(self) -> Decimal:
        valid = sum(left for _, left, is_past in self.allocations if not is_past)
        return max(self.on_hand - self.alive - valid, Decimal(0))

    def kept_for(self, partner: int) -> Decimal:
        return sum(
            (left for who, left, is_past in self.allocations if who == partner and not is_past),
            Decimal(0),
        )


@dataclass
class Terms:
    """What a partner agreed on."""

    policy: str
    buffer: Decimal
    cap: Decimal | None
    factor: int
    whole: bool


def offered_by_design(terms: Terms, places: list[Place], partner: int) -> Decimal:
    """Section 6.1 of the design, word by word."""
    shipping = [place for place in places if place.ships]
    kept = sum((place.kept_for(partner) for place in shipping), Decimal(0))
    ceiling = sum((place.on_hand - place.alive for place in shipping), Decimal(0))
    free = sum((place.available for place in shipping), Decimal(0))
    pool = min(ceiling, free + kept if terms.policy == "all_stock" else kept)
    most = max(pool - terms.buffer, Decimal(0)) / terms.factor
    if terms.cap is not None:
        most = min(most, terms.cap)
    step = Decimal(1) if terms.whole or terms.factor > 1 else Decimal("0.001")
    return (most / step).to_integral_value(ROUND_FLOOR) * step


def units(dice: random.Random, most: Decimal) -> Decimal:
    return (most * Decimal(dice.randrange(0, 1001)) / 1000).quantize(Decimal("0.001"))


def random_place(dice: random.Random, partners: int) -> Place:
    on_hand = Decimal(dice.randrange(0, 60_000)) / 1000
    left = on_hand
    alive = units(dice, left / 2)
    left -= alive
    past = units(dice, left / 2)
    left -= past
    place = Place(dice.random() < 0.75, on_hand, alive, past)
    for _ in range(dice.randrange(4)):
        part = units(dice, left / 2)
        left -= part
        place.allocations.append((dice.randrange(partners), part, dice.random() < 0.3))
    return place


def random_terms(dice: random.Random) -> Terms:
    return Terms(
        dice.choice(["all_stock", "allocated_only"]),
        Decimal(dice.choice([0, 0, 3, 7])) + units(dice, Decimal(1)),
        dice.choice([None, None, Decimal("2.5"), Decimal(4), Decimal("0.1")]),
        dice.choice([1, 1, 2, 6]),
        dice.random() < 0.3,
    )


async def write_place(shared: Sharing, place: Place, partnerships: list[Id], rank: int) -> None:
    """Write a position, its holds and its allocations as they would have come about."""
    location = await shared.network.location(
        shared.wholesaler, f"place-{rank}-{new_id()}", rank=rank, ships_orders=place.ships
    )
    owner = (shared.wholesaler, shared.goods, location)
    allocated = sum(left for _, left, _ in place.allocations)
    await shared.set(
        "INSERT INTO positions (owner, variant, location, on_hand, held, allocated)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        *owner,
        place.on_hand,
        place.alive + place.past,
        allocated,
    )
    for quantity, expires_at in ((place.alive, FUTURE), (place.past, PAST)):
        if quantity:
            await shared.set(
                "INSERT INTO holds (owner, variant, location, order_id, hold_no, organisation,"
                " line_no, quantity, expires_at, opened_version)"
                " VALUES ($1, $2, $3, $4, 1, $1, 1, $5, $6, 1)",
                *owner,
                new_id(),
                quantity,
                expires_at,
            )
    for who, left, is_past in place.allocations:
        await shared.set(
            "INSERT INTO allocations (owner, variant, location, id, retailer, quantity, remaining,"
            " valid_until, made_at, partnership)"
            " VALUES ($1, $2, $3, $4, $5, $6, $6, $7, now(), $8)",
            *owner,
            new_id(),
            shared.retailer,
            left,
            PAST if is_past else None,
            partnerships[who],
        )


@pytest.mark.damages_database("positions are written without their ledger")
async def test_offers_are_what_the_design_says_in_random_worlds(
    network: Network, counter: Counter, *, full_size: bool
) -> None:
    for seed in range(60 if full_size else 8):
        dice = random.Random(seed)
        shared = await open_sharing(network, counter, 0, is_matched=False)
        everybody: list[tuple[Id, Id, Terms]] = []
        partnerships: list[Id] = []
        for number in range(3):
            terms = random_terms(dice)
            retailer = await network.organisation(f"retailer-{number}")
            partnership = await network.partnership(
                shared.wholesaler,
                retailer,
                policy=terms.policy,
                buffer=terms.buffer,
                cap=terms.cap,
            )
            variant = await network.variant(retailer)
            await shared.set(
                "UPDATE variants SET whole_units = $2 WHERE id = $1", variant, terms.whole
            )
            await network.match(
                partnership,
                (shared.wholesaler, shared.goods),
                (retailer, variant),
                factor=terms.factor,
            )
            partnerships.append(partnership)
            everybody.append((retailer, variant, terms))
        places = [random_place(dice, 3) for _ in range(dice.randrange(1, 4))]
        for rank, place in enumerate(places):
            await write_place(shared, place, partnerships, rank)
        own = await promised(shared, shared.wholesaler, shared.goods)
        wanted = sum((place.available for place in places if place.ships), Decimal(0))
        assert Decimal(own.available_to_promise) == wanted, f"seed {seed}"
        for number, (retailer, variant, terms) in enumerate(everybody):
            found = await promised(shared, retailer, variant)
            expected = offered_by_design(terms, places, number)
            assert Decimal(found.available_to_promise) == expected, f"seed {seed}, {terms}"


# What it costs.

PLAIN = """
SELECT m.id, p.state, r.state, w.state, s.on_hand, l.ships_orders, h.held, a.remaining, o.name
FROM product_matches AS m
JOIN partnerships AS p ON p.wholesaler = m.wholesaler AND p.id = m.partnership
JOIN variants AS r ON r.organisation = m.retailer AND r.id = m.variant
JOIN variants AS w ON w.organisation = m.wholesaler AND w.id = m.wholesaler_variant
JOIN positions AS s ON s.owner = m.wholesaler AND s.variant = m.wholesaler_variant
JOIN locations AS l ON l.organisation = s.owner AND l.id = s.location
JOIN organisations AS o ON o.id = m.wholesaler
CROSS JOIN LATERAL (
    SELECT sum(quantity) AS held FROM holds
    WHERE owner = s.owner AND variant = s.variant AND location = s.location AND state = 'live'
        AND expires_at <= now()
) AS h
CROSS JOIN LATERAL (
    SELECT sum(remaining) AS remaining FROM allocations
    WHERE owner = s.owner AND variant = s.variant AND location = s.location AND state = 'open'
) AS a
WHERE m.retailer = $1 AND m.variant = $2 AND m.ended_at IS NULL
"""


async def buffers_of(pool: Pool, sql: str, *values: object) -> int:
    """Buffers that a statement touches, once the catalogues it needs are known."""
    explained = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}"
    async with pool.acquire() as connection:
        told = [await connection.fetchval(explained, *values) for _ in range(2)]
    plan = json.loads(told[-1])[0]["Plan"]
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])


@pytest.mark.fresh_database("pages are counted")
async def test_availability_with_200_partners_is_one_query_of_twice_the_buffers_at_most(
    network: Network, counter: Counter
) -> None:
    """Need 5 and the bench's number: the whole breakdown costs what its bare facts do."""
    shared = await open_sharing(network, counter, 0, is_matched=False)
    for number in range(200):
        wholesaler = await network.organisation(f"wholesaler-{number}")
        partnership = await network.partnership(wholesaler, shared.retailer)
        goods = await network.variant(wholesaler)
        await network.match(partnership, (wholesaler, goods), (shared.retailer, shared.variant))
        await counter.receive(wholesaler, goods, 2)
    await shared.set("ANALYZE")
    found = await promised(shared)
    assert (found.available_to_promise, len(found.partners)) == ("400", 200)
    mine = (shared.retailer, shared.variant)
    ours = await buffers_of(shared.pool, SQL["list_availability"], *mine, shared.variant, None, 2)
    plain = await buffers_of(shared.pool, PLAIN, *mine)
    assert ours <= 2 * plain, f"{ours} buffers, where plain SQL takes {plain}"


async def test_what_expires_counts_at_once(network: Network, counter: Counter) -> None:
    """Nobody has to sweep for a number to be right."""
    shared = await open_sharing(network, counter, policy="allocated_only")
    made = await shared.allocated(6, valid_until=datetime.now(UTC) + timedelta(hours=1))
    placed = await counter.place(shared.wholesaler, order_of((shared.goods, 3)))
    assert (await promised(shared)).offered == "6"
    assert (await promised(shared, shared.wholesaler, shared.goods)).own == "1"
    await shared.pass_validity(made)
    await network.set_clock_past(placed["id"].removeprefix("ord_"))
    assert (await promised(shared)).offered == "0"
    assert (await promised(shared, shared.wholesaler, shared.goods)).own == "10"
