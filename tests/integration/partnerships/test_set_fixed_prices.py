"""Fixed prices, and the price that holds: a moment's fixed one, else the percentage."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal

import msgspec
import pytest

from entrepot.infra.ground import read_clock
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal
from entrepot.partnerships import (
    AgreedPrice,
    NewFixedPrice,
    PriceFilter,
    list_prices,
    set_fixed_prices,
)
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.wholesale import Pair, goods, pair_of, set_partnership_state

PLACES = Decimal("0.0001")


async def price_of(pool: Pool, pair: Pair, variant: Id) -> AgreedPrice:
    """What the retailer is shown."""
    part = await list_prices(
        pool, caller_for(pair.retailer), pair.partnership, Page(), PriceFilter(variant)
    )
    assert not isinstance(part, Refusal)
    (row,) = part.rows
    return row


async def agreed(pool: Pool) -> dict[Id, Decimal | None]:
    """What the batch reads."""
    async with pool.acquire() as connection:
        rows = await connection.fetch("SELECT variant, unit_price FROM agreed_prices")
    return {row[0]: row[1] for row in rows}


async def test_the_percentage_is_exact_and_halves_go_to_the_even(
    pool: Pool, network: Network
) -> None:
    signs = random.Random(4)
    pair = await pair_of(network)
    drawn = [Decimal(signs.randrange(10**11)).scaleb(-4) for _ in range(100)]
    drawn += [Decimal(each) for each in ("0.0001", "0.0003", "0.0005", "99999999999.9999", "0")]
    prices = {
        await goods(network, pair.wholesaler, f"W{number}", wholesale_price=price): price
        for number, price in enumerate(drawn)
    }
    for percentage in ("100", "50", "33.3333", "92.5", "0", "999", "0.0001", "150"):
        async with pool.acquire() as connection:
            await connection.execute(
                "UPDATE partnerships SET price_percentage = $1", Decimal(percentage)
            )
        share = Decimal(percentage) / 100
        assert await agreed(pool) == {
            variant: (price * share).quantize(PLACES, ROUND_HALF_EVEN)
            for variant, price in prices.items()
        }


async def test_a_fixed_price_holds_from_its_moment_until_the_next(
    pool: Pool, network: Network
) -> None:
    pair = await pair_of(network)
    variant = await goods(
        network, pair.wholesaler, "W", wholesale_price=Decimal(10), vat_rate=Decimal(21)
    )
    first = await price_of(pool, pair, variant)
    assert (first.unit_price, first.basis, first.vat_rate) == ("10", "percentage", "21")
    caller, sent = caller_for(pair.wholesaler), Sent("key", b"content")
    async with pool.acquire() as connection:
        now = await read_clock(connection)
    soon = now + timedelta(days=1)
    prices = [
        NewFixedPrice(variant, Decimal("7.1234")),
        NewFixedPrice(variant, None, soon + timedelta(days=1)),
        NewFixedPrice(variant, Decimal(0), soon),
    ]
    done = await set_fixed_prices(pool, new_id, caller, pair.partnership, prices, sent)
    assert isinstance(done, Written)
    assert [each.unit_price for each in done.answer.prices] == ["7.1234", None, "0"]
    again = await set_fixed_prices(pool, new_id, caller, pair.partnership, prices, sent)
    assert again == Written(done.answer, replayed=True)
    (act,) = await acts_of(pool, pair.wholesaler)
    assert act[:2] == ("partnerships.prices_set", ids.PARTNERSHIP + pair.partnership)

    seen: list[object] = []
    for _ in range(3):
        row = await price_of(pool, pair, variant)
        seen.append((row.unit_price, row.basis, row.next_price, row.next_from is None))
        async with pool.acquire() as connection:  # A day goes by.
            await connection.execute(
                "UPDATE fixed_prices SET valid_from = valid_from - interval '25 hours'"
            )
    assert seen == [
        ("7.1234", "fixed", "0", False),
        ("0", "fixed", None, False),
        ("10", "percentage", None, True),
    ]


async def test_what_begins_at_the_same_moment_is_replaced(pool: Pool, network: Network) -> None:
    pair = await pair_of(network)
    variant = await goods(network, pair.wholesaler, "W")
    caller = caller_for(pair.wholesaler)
    async with pool.acquire() as connection:
        later = await read_clock(connection) + timedelta(days=1)
    for price in (Decimal(1), Decimal(2)):
        prices = [NewFixedPrice(variant, price, later)]
        done = await set_fixed_prices(pool, new_id, caller, pair.partnership, prices)
        assert isinstance(done, Written)
    row = await price_of(pool, pair, variant)
    assert (row.unit_price, row.basis, row.next_price) == (None, None, "2")


async def test_partners_have_their_own_prices(pool: Pool, network: Network) -> None:
    """The same wholesaler's other retailer sees nothing of them."""
    pair = await pair_of(network)
    other = await network.organisation("another")
    second = await network.partnership(pair.wholesaler, other)
    variant = await goods(network, pair.wholesaler, "W", wholesale_price=Decimal(10))
    prices = [NewFixedPrice(variant, Decimal(3))]
    await set_fixed_prices(pool, new_id, caller_for(pair.wholesaler), pair.partnership, prices)
    part = await list_prices(pool, caller_for(other), second, Page())
    assert not isinstance(part, Refusal)
    assert [row.unit_price for row in part.rows] == ["10"]
    refused = await list_prices(pool, caller_for(other), pair.partnership, Page())
    assert isinstance(refused, Refusal)
    assert refused.code == "partnerships.unknown_partnership"


async def test_all_or_none_are_set(pool: Pool, network: Network) -> None:
    pair, other = await pair_of(network), await pair_of(network)
    mine = await goods(network, pair.wholesaler, "W")
    theirs = await goods(network, pair.retailer, "R")
    gone = await goods(network, pair.wholesaler, "GONE", state="deleted")
    caller = caller_for(pair.wholesaler)
    async with pool.acquire() as connection:
        past = await read_clock(connection) - timedelta(seconds=1)
    prices = [
        NewFixedPrice(mine, Decimal(1)),
        NewFixedPrice(mine, Decimal(2)),
        NewFixedPrice(theirs, Decimal("NaN")),
        NewFixedPrice(gone, Decimal("1e12")),
        NewFixedPrice("", Decimal(1), past),
    ]
    refused = await set_fixed_prices(pool, new_id, caller, pair.partnership, prices)
    assert isinstance(refused, Refusal)
    assert [(fault.code, fault.field) for fault in refused.faults] == [
        ("catalogue.unknown_variant", "prices[2].variant"),
        ("catalogue.unknown_variant", "prices[3].variant"),
        ("catalogue.unknown_variant", "prices[4].variant"),
        ("partnerships.price_not_valid", "prices[2].unit_price"),
        ("partnerships.price_not_valid", "prices[3].unit_price"),
        ("partnerships.price_in_the_past", "prices[4].valid_from"),
        ("partnerships.price_given_twice", "prices[1].variant"),
    ]
    for many in ([], [NewFixedPrice(mine, None)] * 1001):
        refused = await set_fixed_prices(pool, new_id, caller, pair.partnership, many)
        assert isinstance(refused, Refusal)
        assert [fault.code for fault in refused.faults] == ["partnerships.prices_not_valid"]
    good = [NewFixedPrice(mine, Decimal(1))]
    for organisation, partnership, code in (
        (pair.retailer, pair.partnership, "partnerships.wholesaler_only"),
        (other.wholesaler, pair.partnership, "partnerships.unknown_partnership"),
        (pair.wholesaler, new_id(), "partnerships.unknown_partnership"),
        (pair.wholesaler, "", "partnerships.unknown_partnership"),
    ):
        refused = await set_fixed_prices(pool, new_id, caller_for(organisation), partnership, good)
        assert isinstance(refused, Refusal)
        assert refused.code == code
    reader = caller_for(pair.wholesaler, Scope.PARTNERSHIPS_READ)
    refused = await set_fixed_prices(pool, new_id, reader, pair.partnership, good)
    assert isinstance(refused, Refusal)
    assert refused.code == "identity.scope_missing"
    await set_partnership_state(pool, pair.partnership, "ending")
    refused = await set_fixed_prices(pool, new_id, caller, pair.partnership, good)
    assert isinstance(refused, Refusal)
    assert refused.code == "partnerships.partnership_ending"
    async with pool.acquire() as connection:
        assert await connection.fetchval("SELECT count(*) FROM fixed_prices") == 0


@pytest.mark.fresh_database("pages are counted")
async def test_a_price_is_looked_up_not_computed_for_all(pool: Pool, network: Network) -> None:
    """Joined by its key, the view reads three rows by their indexes, however long the lists are."""
    pair = await pair_of(network)
    variant = await goods(network, pair.wholesaler, "W", wholesale_price=Decimal(10))
    async with pool.acquire() as connection:
        await connection.execute(
            "INSERT INTO variants (organisation, id, product, sku, name, created_at)"
            " SELECT v.organisation, gen_random_uuid(), v.product, 'S' || n, 'many', now()"
            " FROM variants AS v, generate_series(1, 3000) AS n WHERE v.id = $1",
            variant,
        )
        await connection.execute(
            "INSERT INTO fixed_prices (wholesaler, partnership, variant, valid_from, unit_price)"
            " SELECT v.organisation, $1, v.id, now() - interval '1 hour' * n, 1"
            " FROM variants AS v, generate_series(1, 5) AS n",
            pair.partnership,
        )
        await connection.execute("ANALYZE variants, fixed_prices, partnerships")
        plan = await connection.fetch(
            "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT a.unit_price FROM unnest("
            "$1::uuid[], $2::uuid[], $3::uuid[]) AS w (wholesaler, partnership, variant)"
            " LEFT JOIN agreed_prices AS a ON w.wholesaler = a.wholesaler"
            " AND w.partnership = a.partnership AND w.variant = a.variant",
            [pair.wholesaler],
            [pair.partnership],
            [variant],
        )
    (told,) = msgspec.json.decode(plan[0][0])
    read = told["Plan"]["Shared Hit Blocks"] + told["Plan"]["Shared Read Blocks"]
    assert read < 20, "a few pages of each index, of tables of hundreds of pages"
