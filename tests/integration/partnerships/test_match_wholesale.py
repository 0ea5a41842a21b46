"""Matching a retailer's variants with a wholesaler's by GTIN, against a model of its own."""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal
from typing import NamedTuple

import pytest

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal
from entrepot.partnerships import (
    MatchingDone,
    end_match,
    list_matching,
    match_wholesale,
)
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.wholesale import Pair, goods, pair_of, set_partnership_state, set_state

WORLDS = 8
WORLDS_FULL = 200


class Thing(NamedTuple):
    """A variant of a random world."""

    id: Id
    sku: str
    gtin: str | None
    unit: str
    state: str
    supplier_sku: str | None = None


async def matched(pool: Pool, pair: Pair) -> MatchingDone:
    done = await match_wholesale(pool, new_id, caller_for(pair.retailer), pair.supplier)
    assert isinstance(done, Written), done
    return done.answer


async def outcomes(
    pool: Pool, pair: Pair, outcome: str | None = None, limit: int = 7
) -> dict[Id, tuple[str, Id | None]]:
    """What matching makes of each variant, and the counterpart, read page by page."""
    found: dict[Id, tuple[str, Id | None]] = {}
    page: Page | None = Page(limit)
    while page is not None:
        part = await list_matching(pool, caller_for(pair.retailer), pair.supplier, page, outcome)
        assert not isinstance(part, Refusal), part
        for row in part.rows:
            candidate = None
            if row.candidate is not None:
                candidate = row.candidate.id.removeprefix(ids.VARIANT)
            found[row.variant.id.removeprefix(ids.VARIANT)] = (row.outcome, candidate)
        page = None if part.following is None else Page(limit, part.following)
    return found


async def random_goods(
    network: Network, signs: random.Random, pair: Pair, organisation: Id
) -> list[Thing]:
    """Some variants, whose codes are few, so that they meet."""
    made, skus, gtins = [], [f"S-{number}" for number in range(9)], list(range(7))
    signs.shuffle(skus)
    signs.shuffle(gtins)
    for sku in skus[: signs.randrange(3, 9)]:
        gtin = None
        if gtins and signs.random() < 0.6:
            gtin = f"{gtins.pop():08d}".rjust(signs.choice((8, 12, 13, 14)), "0")
        unit = signs.choice(("piece", "piece", "Piece", "kg"))
        state = signs.choice(("active", "active", "active", "deactivated", "deleted"))
        values: dict[str, object] = {"gtin": gtin, "unit": unit, "state": state}
        code = None
        if organisation == pair.retailer and signs.random() < 0.4:
            code = f"S-{signs.randrange(9)}"
            values |= {"supplier": pair.supplier, "supplier_sku": code}
        ident = await goods(network, organisation, sku, **values)
        made.append(Thing(ident, sku, gtin, unit, state, code))
    return made


def expected(theirs: list[Thing], mine: list[Thing], one: Thing) -> tuple[str, Id | None]:
    """The rule again, in the words of the fulfilment reference, for a world without matches."""
    there = [each for each in theirs if each.state != "deleted"]
    here = [each for each in mine if each.state == "active"]

    def key(thing: Thing) -> str | None:
        return None if thing.gtin is None else thing.gtin.lstrip("0")

    if key(one) is not None:
        for each in there:
            if key(each) == key(one):
                if each.state != "active":
                    return "inactive", each.id
                same = each.unit.lower() == one.unit.lower()
                return ("matchable" if same else "unit_mismatch"), each.id
    by_code = [each for each in there if each.sku == one.supplier_sku]
    by_sku = [each for each in there if each.sku == one.sku]
    meant = by_code + by_sku
    if not meant:
        return "none", None
    chosen = meant[0]
    if chosen.state != "active":
        return "inactive", chosen.id
    if len({each.id for each in meant}) > 1:
        return "ambiguous_there", chosen.id
    rivals = [
        each
        for each in here
        if each.id != one.id
        and (
            chosen.sku in {each.sku, each.supplier_sku}
            or (key(each) is not None and key(each) == key(chosen))
        )
    ]
    return ("ambiguous_here" if rivals else "suggested"), chosen.id


async def test_random_worlds_are_matched_as_the_model_says(
    pool: Pool,
    network: Network,
    full_size: bool,  # noqa: FBT001 - fixtures come in so
) -> None:
    for seed in range(WORLDS_FULL if full_size else WORLDS):
        await check_world(pool, network, random.Random(seed))


async def check_world(pool: Pool, network: Network, signs: random.Random) -> None:
    """Match a random world, and see that each outcome was the model's."""
    pair = await pair_of(network)
    theirs = await random_goods(network, signs, pair, pair.wholesaler)
    mine = await random_goods(network, signs, pair, pair.retailer)
    wanted = {one.id: expected(theirs, mine, one) for one in mine if one.state == "active"}
    assert await outcomes(pool, pair) == wanted
    for outcome in ("suggested", "none", "matchable"):
        chosen = {each: told for each, told in wanted.items() if told[0] == outcome}
        assert await outcomes(pool, pair, outcome, limit=2) == chosen

    done = await matched(pool, pair)
    counts = dict.fromkeys(MatchingDone.__struct_fields__[2:], 0)
    for outcome, _ in wanted.values():
        if outcome != "matchable":
            counts[outcome] += 1
    made = sum(outcome == "matchable" for outcome, _ in wanted.values())
    assert done == MatchingDone(ids.PARTNERSHIP + pair.partnership, made, **counts)
    async with pool.acquire() as connection:
        rows = await connection.fetch(
            "SELECT variant, wholesaler_variant FROM active_matches WHERE partnership = $1",
            pair.partnership,
        )
    assert {row[0]: row[1] for row in rows} == {
        each: candidate for each, (outcome, candidate) in wanted.items() if outcome == "matchable"
    }


async def test_the_act_is_told_once_about_the_whole_partnership(
    pool: Pool, network: Network
) -> None:
    pair = await pair_of(network)
    for number in range(3):
        gtin = f"{number:08d}"
        await goods(network, pair.wholesaler, f"W{number}", gtin=gtin)
        await goods(network, pair.retailer, f"R{number}", gtin=gtin)
    sent = Sent("key", b"content")
    caller = caller_for(pair.retailer)
    first = await match_wholesale(pool, new_id, caller, pair.supplier, sent)
    second = await match_wholesale(pool, new_id, caller, pair.supplier, sent)
    assert isinstance(first, Written)
    assert isinstance(second, Written)
    assert (first.answer.matched, first.replayed) == (3, False)
    assert second == Written(first.answer, replayed=True)
    acts = await acts_of(pool, pair.retailer)
    assert [(act, subject) for act, subject, _ in acts] == [
        ("partnerships.products_matched", ids.PARTNERSHIP + pair.partnership)
    ]
    # Nothing more to match is no event.
    assert (await matched(pool, pair)).matched == 0
    assert len(await acts_of(pool, pair.retailer)) == 1


async def test_a_match_that_does_not_count_gives_way_and_its_terms_stay(
    pool: Pool, network: Network
) -> None:
    pair = await pair_of(network)
    theirs = await goods(network, pair.wholesaler, "W", gtin="12345670")
    mine = await goods(network, pair.retailer, "R", gtin="12345670")
    await matched(pool, pair)
    async with pool.acquire() as connection:
        await connection.execute("UPDATE product_matches SET rank = 7, buffer = 2, cap = 9")
    await set_state(pool, theirs, "deactivated")
    await set_state(pool, theirs, "active")
    assert await outcomes(pool, pair) == {mine: ("matchable", theirs)}
    assert (await matched(pool, pair)).matched == 1
    async with pool.acquire() as connection:
        rows = await connection.fetch(
            "SELECT end_reason, rank, buffer, cap FROM product_matches ORDER BY id"
        )
    terms = (7, Decimal(2), Decimal(9))
    assert [tuple(row) for row in rows] == [("deactivated", *terms), (None, *terms)]


async def test_a_former_match_without_a_gtin_is_suggested_with_its_factor(
    pool: Pool, network: Network
) -> None:
    pair = await pair_of(network)
    theirs = await goods(network, pair.wholesaler, "W")
    mine = await goods(network, pair.retailer, "R")
    await network.match(
        pair.partnership, (pair.wholesaler, theirs), (pair.retailer, mine), factor=6
    )
    await set_state(pool, mine, "deactivated")
    await set_state(pool, mine, "active")
    part = await list_matching(pool, caller_for(pair.retailer), pair.supplier, Page())
    assert not isinstance(part, Refusal)
    (row,) = part.rows
    assert (row.outcome, row.factor, row.match is None) == ("suggested", 6, False)
    assert (await matched(pool, pair)).matched == 0
    await set_state(pool, theirs, "deactivated")
    assert await outcomes(pool, pair) == {mine: ("inactive", theirs)}


async def test_two_at_once_make_each_match_once(pool: Pool, network: Network) -> None:
    pair = await pair_of(network)
    for number in range(40):
        await goods(network, pair.wholesaler, f"W{number}", gtin=f"{number:08d}")
        await goods(network, pair.retailer, f"R{number}", gtin=f"{number:08d}")
    done = await asyncio.gather(*[matched(pool, pair) for _ in range(4)])
    assert sum(each.matched for each in done) == 40
    async with pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM product_matches") == 40


async def test_a_page_of_a_search_is_bounded(
    pool: Pool, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page looks through so many variants and says where to go on, though it found none."""
    monkeypatch.setattr("entrepot.partnerships.views.SEARCHED_MAX", 4)
    pair = await pair_of(network)
    await goods(network, pair.wholesaler, "S9")
    for number in range(10):
        await goods(network, pair.retailer, f"S{number}")
    caller = caller_for(pair.retailer)
    part = await list_matching(pool, caller, pair.supplier, Page(3), "suggested")
    assert not isinstance(part, Refusal)
    assert (part.rows, part.following) == ((), ("S3",))
    part = await list_matching(pool, caller, pair.supplier, Page(3, ("S7",)), "suggested")
    assert not isinstance(part, Refusal)
    assert [row.variant.sku for row in part.rows] == ["S9"]
    assert part.following is None


async def test_who_may_not_and_what_is_no_partner_is_refused(pool: Pool, network: Network) -> None:
    pair, other = await pair_of(network), await pair_of(network)
    await goods(network, pair.wholesaler, "W", gtin="12345670")
    await goods(network, pair.retailer, "R", gtin="12345670")
    reader = caller_for(pair.retailer, Scope.PARTNERSHIPS_READ)
    refused = await match_wholesale(pool, new_id, reader, pair.supplier)
    assert isinstance(refused, Refusal)
    assert refused.code == "identity.scope_missing"
    answers = []
    for supplier in (other.supplier, new_id(), ""):
        refused = await match_wholesale(pool, new_id, caller_for(pair.retailer), supplier)
        listed = await list_matching(pool, caller_for(pair.retailer), supplier, Page())
        assert isinstance(refused, Refusal)
        assert isinstance(listed, Refusal)
        answers += [refused.code, listed.code, refused.faults[0].message]
    assert set(answers) == {
        "catalogue.unknown_supplier",
        "You have no such supplier. Check its id.",
    }
    for state in ("ending", "ended"):
        await set_partnership_state(pool, pair.partnership, state)
        refused = await match_wholesale(pool, new_id, caller_for(pair.retailer), pair.supplier)
        assert isinstance(refused, Refusal)
        assert refused.code == "partnerships.partnership_ending"
    async with pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM product_matches") == 0


async def test_a_large_catalogue_is_matched_at_once(
    pool: Pool, network: Network, *, full_size: bool
) -> None:
    size = 30_000 if full_size else 3_000
    pair = await pair_of(network)
    async with pool.acquire() as connection:
        for organisation, letter in ((pair.wholesaler, "W"), (pair.retailer, "R")):
            product = new_id()
            await connection.execute(
                "INSERT INTO products (organisation, id, name, created_at)"
                " VALUES ($1, $2, 'many', now())",
                organisation,
                product,
            )
            await connection.execute(
                "INSERT INTO variants (organisation, id, product, sku, name, gtin, created_at)"
                " SELECT $1, gen_random_uuid(), $2, $3 || n, 'many',"
                " CASE WHEN n % 3 > 0 THEN lpad(n::text, 13, '0') END, now()"
                " FROM generate_series(1, $4) AS n",
                organisation,
                product,
                letter,
                size,
            )
    done = await matched(pool, pair)
    assert (done.matched, done.none) == (size * 2 // 3, size // 3)
    assert (await matched(pool, pair)).already_matched == size * 2 // 3
    caller = caller_for(pair.retailer)
    async with pool.acquire() as connection:
        match = await connection.fetchval("SELECT id FROM product_matches LIMIT 1")
    assert isinstance(await end_match(pool, new_id, caller, match), Written)
    assert (await matched(pool, pair)).matched == 1
