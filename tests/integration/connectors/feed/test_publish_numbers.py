"""Numbers are published when they change, under versions that rise, and are what is so now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, cast

import msgspec
import pytest

from entrepot.connectors import feed
from entrepot.connectors.feed import AVAILABILITY_CHANGED as CHANGED
from entrepot.connectors.feed import PublishedNumber, store
from entrepot.connectors.feed.actions import publish_numbers as publishing
from entrepot.connectors.feed.actions.touch_numbers import FOLLOWER
from entrepot.connectors.webhooks import WebhookChanges, change_webhook, who_asks
from entrepot.infra.following import take_turn
from entrepot.infra.ids import new_id
from entrepot.infra.outgoing import Guard
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import writing
from entrepot.kernel.ids import Id
from entrepot.orders import ReceiveStock, StockLine
from tests.factories.callers import caller_for
from tests.factories.consignment import add_retailer, open_consignment
from tests.factories.counter import Counter, order_of
from tests.factories.feeding import number_all, publish_all, published, read_part, tell
from tests.factories.hooks import Hooks
from tests.factories.network import Network


async def touch_all(pool: Pool) -> None:
    """Follow all that happened, and publish nothing yet."""
    await number_all(pool)
    while await feed.touch_numbers(pool):
        pass


async def test_own_stock_and_what_partners_offer(
    pool: Pool, network: Network, counter: Counter
) -> None:
    shared = await open_consignment(network, counter, on_hand=100)
    plain = shared.retailers[0]
    boxed = await add_retailer(
        network, shared.wholesaler, shared.variant, factor=6, buffer=10, cap=12
    )
    await counter.receive(plain.organisation, plain.variant, "2.5")
    await publish_all(pool)
    assert await published(pool, shared.wholesaler) == {shared.variant: ("100", 1)}
    assert await published(pool, plain.organisation) == {plain.variant: ("102.5", 1)}
    await tell(pool, shared.wholesaler, "partnerships.changed", f"pts_{boxed.partnership}")
    await publish_all(pool)
    assert await published(pool, boxed.organisation) == {boxed.variant: ("12", 1)}
    await counter.adjust(shared.wholesaler, shared.variant, -45)
    await publish_all(pool)
    # (55 - 10) / 6 is 7.5, and part of a box cannot be sold.
    assert await published(pool, boxed.organisation) == {boxed.variant: ("7", 2)}
    assert await published(pool, plain.organisation) == {plain.variant: ("57.5", 2)}


async def test_what_lies_where_no_order_ships_from_does_not_count(
    pool: Pool, network: Network, counter: Counter
) -> None:
    shared = await open_consignment(network, counter, on_hand=4)
    (retailer,) = shared.retailers
    for owner, variant in (
        (shared.wholesaler, shared.variant),
        (retailer.organisation, retailer.variant),
    ):
        quarantine = await network.location(owner, "quarantine", ships_orders=False)
        await counter.receive(owner, variant, 9, quarantine)
    await publish_all(pool)
    assert await published(pool, shared.wholesaler) == {shared.variant: ("4", 1)}
    assert await published(pool, retailer.organisation) == {retailer.variant: ("4", 1)}


async def test_what_is_held_past_its_limit_is_free_again(
    pool: Pool, network: Network, counter: Counter
) -> None:
    shared = await open_consignment(network, counter, on_hand=10)
    order = order_of((shared.variant, 4))
    await counter.place(shared.wholesaler, order)
    await tell(pool, shared.wholesaler, "tests.placed", f"var_{shared.variant}")
    await publish_all(pool)
    assert await published(pool, shared.wholesaler) == {shared.variant: ("6", 1)}
    await network.set_clock_past(order.order)
    await tell(pool, shared.wholesaler, "tests.swept", f"var_{shared.variant}")
    await publish_all(pool)
    assert await published(pool, shared.wholesaler) == {shared.variant: ("10", 2)}
    assert (await published(pool, shared.retailers[0].organisation)).popitem()[1] == ("10", 2)


async def test_unlimited_stock(pool: Pool, network: Network, counter: Counter) -> None:
    wholesaler = await network.organisation()
    variant = await network.variant(wholesaler, unlimited=True)
    retailer = await add_retailer(network, wholesaler, variant)
    capped = await add_retailer(network, wholesaler, variant, cap=7)
    await counter.receive(wholesaler, variant, 1)
    await publish_all(pool)
    assert await published(pool, wholesaler) == {variant: (None, 1)}
    assert await published(pool, retailer.organisation) == {retailer.variant: (None, 1)}
    assert await published(pool, capped.organisation) == {capped.variant: ("7", 1)}
    part = await read_part(pool, retailer.organisation)
    assert [each.unlimited for each in part.numbers] == [True]


@pytest.mark.parametrize("change", ["state = 'deactivated'", "is_orderable = false"])
async def test_what_orders_refuse_is_none(
    pool: Pool, network: Network, counter: Counter, change: str
) -> None:
    owner = await network.organisation()
    variant = await network.variant(owner)
    await counter.receive(owner, variant, 5)
    await publish_all(pool)
    await pool.execute(f"UPDATE variants SET {change} WHERE id = $1", variant)
    await tell(pool, owner, "catalogue.variant_changed", f"var_{variant}")
    await publish_all(pool)
    assert await published(pool, owner) == {variant: ("0", 2)}


async def test_a_number_too_large_to_write_stops_nobody(
    pool: Pool, network: Network, counter: Counter
) -> None:
    most = Decimal("999999999999.999")
    shared = await open_consignment(network, counter, on_hand=most)
    (retailer,) = shared.retailers
    await counter.receive(retailer.organisation, retailer.variant, most)
    await publish_all(pool)
    assert await published(pool, retailer.organisation) == {retailer.variant: (str(most), 1)}


async def test_many_changes_are_one_publication(
    pool: Pool, network: Network, counter: Counter
) -> None:
    shared = await open_consignment(network, counter, retailers=2, on_hand=0)
    receipt = ReceiveStock((StockLine(shared.variant, Decimal(1)),))
    await counter.batch(*[(shared.wholesaler, receipt) for _ in range(1000)])
    await publish_all(pool)
    for each in shared.retailers:
        assert await published(pool, each.organisation) == {each.variant: ("1000", 1)}


async def test_what_did_not_change_is_not_published_again(
    pool: Pool, network: Network, counter: Counter
) -> None:
    shared = await open_consignment(network, counter, on_hand=5)
    await publish_all(pool)
    before = await pool.fetch("SELECT * FROM feed_numbers ORDER BY variant")
    await counter.receive(shared.wholesaler, shared.variant, 3)
    await counter.adjust(shared.wholesaler, shared.variant, -3)
    await tell(pool, shared.wholesaler, "catalogue.variant_changed", f"var_{shared.variant}")
    await publish_all(pool)
    assert await pool.fetch("SELECT * FROM feed_numbers ORDER BY variant") == before


async def test_paused_is_none_at_once(pool: Pool, network: Network, counter: Counter) -> None:
    shared = await open_consignment(network, counter, on_hand=5)
    (retailer,) = shared.retailers
    await publish_all(pool)
    await network.set_partnership_state(retailer.partnership, "paused")
    subject = f"pts_{retailer.partnership}"
    await tell(pool, shared.wholesaler, "partnerships.partnership_paused", subject)
    await publish_all(pool)
    assert await published(pool, retailer.organisation) == {retailer.variant: ("0", 2)}
    assert await published(pool, shared.wholesaler) == {shared.variant: ("5", 1)}


async def test_two_publishers_at_once(pool: Pool, network: Network, counter: Counter) -> None:
    """Whoever has the turn publishes; a reader that follows the places misses nothing."""
    owner = await network.organisation()
    variants = [await network.variant(owner) for _ in range(5)]
    truth = dict.fromkeys(variants, 0)
    seen: dict[Id, tuple[str | None, int]] = {}
    done = asyncio.Event()

    async def change() -> None:
        for number in range(30):
            variant = variants[number % 5]
            await counter.receive(owner, variant, 1)
            truth[variant] += 1
        done.set()

    async def work() -> None:
        while not done.is_set():
            await number_all(pool)
            await feed.touch_numbers(pool)
            await feed.publish_numbers(pool)

    async def read(after: int) -> int:
        part = await read_part(pool, owner, after)
        for each in part.numbers:
            variant = each.variant.removeprefix("var_")
            assert variant not in seen or seen[variant][1] < each.version
            seen[variant] = (each.available_to_promise, each.version)
        return part.place

    async def poll() -> int:
        after = 0
        while not done.is_set():
            after = await read(after)
        return after

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(work())
        group.create_task(work())
        polling = group.create_task(poll())
        group.create_task(change())
    await publish_all(pool)
    await read(polling.result())
    assert {variant: number for variant, (number, _) in seen.items()} == {
        variant: str(number) for variant, number in truth.items()
    }


async def test_while_another_has_the_turn_nothing_is_taken(
    pool: Pool, network: Network, counter: Counter
) -> None:
    owner = await network.organisation()
    await counter.receive(owner, await network.variant(owner), 1)
    await touch_all(pool)
    async with writing(pool) as connection:
        assert await take_turn(connection, FOLLOWER) is not None
        async with asyncio.timeout(60):
            assert await feed.publish_numbers(pool) == 0
    assert await feed.publish_numbers(pool) == 1


async def test_killed_before_its_commit_it_has_published_nothing(
    pool: Pool, network: Network, counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await network.organisation()
    variant = await network.variant(owner)
    await counter.receive(owner, variant, 1)
    await touch_all(pool)
    write = store.publish_numbers

    async def write_and_die(*given: Any) -> Any:  # noqa: ANN401 - passed on
        await write(*given)
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(store, "publish_numbers", write_and_die)
        with pytest.raises(ZeroDivisionError):
            await feed.publish_numbers(pool)
    assert await published(pool, owner) == {}
    assert await feed.publish_numbers(pool) == 1
    assert await published(pool, owner) == {variant: ("1", 1)}


async def test_what_waited_longest_goes_first(
    pool: Pool, network: Network, counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However busy others are, nobody's numbers wait for ever."""
    monkeypatch.setattr(publishing, "NUMBERS_MAX", 2)
    owner = await network.organisation()
    variants = [await network.variant(owner) for _ in range(3)]
    for variant in reversed(variants):
        await counter.receive(owner, variant, 1)
    await touch_all(pool)
    assert await feed.publish_numbers(pool) == 2
    assert set(await published(pool, owner)) == set(variants[1:])


async def test_those_who_wait_are_looked_at_again_when_partners_offer_more(
    pool: Pool, network: Network, counter: Counter
) -> None:
    shared = await open_consignment(network, counter, retailers=2, on_hand=0)
    waits, idle = shared.retailers
    for each in shared.retailers:
        await counter.receive(each.organisation, each.variant, 1)
    other = await network.variant(waits.organisation)
    await counter.place(
        waits.organisation,
        order_of((waits.variant, 5), (other, 1), paid=True, policy="ship_complete"),
    )
    await publish_all(pool)
    await pool.execute("UPDATE positions SET recheck_after = NULL")
    await tell(pool, shared.wholesaler, "partnerships.changed", f"pts_{waits.partnership}")
    await publish_all(pool)
    assert await _to_look_at(pool) == set()  # nothing is offered, so nothing can be served
    await counter.receive(shared.wholesaler, shared.variant, 5)
    await pool.execute("UPDATE positions SET recheck_after = NULL")
    await publish_all(pool)
    assert await _to_look_at(pool) == {waits.variant}
    await pool.execute("UPDATE positions SET recheck_after = NULL")
    await counter.adjust(shared.wholesaler, shared.variant, -1)
    await publish_all(pool)
    assert await _to_look_at(pool) == set()  # less is offered than before
    # What was closed and opened again between two looks may have been missed by an order.
    await tell(pool, shared.wholesaler, "partnerships.resumed", f"pts_{waits.partnership}")
    await tell(pool, shared.wholesaler, "partnerships.resumed", f"pts_{idle.partnership}")
    await publish_all(pool)
    assert await _to_look_at(pool) == {waits.variant}


async def test_a_retailers_own_arrivals_are_no_reason_to_look_again(
    pool: Pool, network: Network, counter: Counter
) -> None:
    """The batch that adds them has looked, and continues by its own cursor."""
    owner = await network.organisation()
    variant, other = await network.variant(owner), await network.variant(owner)
    await counter.place(
        owner, order_of((variant, 5), (other, 1), paid=True, policy="ship_complete")
    )
    await counter.receive(owner, variant, 7)
    await pool.execute("UPDATE positions SET recheck_after = NULL")
    await publish_all(pool)
    assert (await published(pool, owner))[variant][0] is not None
    assert await _to_look_at(pool) == set()


async def test_who_asks_is_told_of_each_changed_number_once(
    pool: Pool, network: Network, counter: Counter
) -> None:
    """As events of their own, which say what the feed says and make no further ones."""
    shared = await open_consignment(network, counter, retailers=2, on_hand=100)
    asks, silent = shared.retailers
    made = await Hooks(pool, asks.organisation).make(feed.AVAILABILITY_CHANGED)
    await Hooks(pool, silent.organisation).make("orders.*")
    await counter.receive(asks.organisation, asks.variant, "2.5")
    await publish_all(pool, who_asks)
    assert await _told(pool) == [(asks.organisation, f"var_{asks.variant}", "102.5", 1)]
    (number,) = (await read_part(pool, asks.organisation)).numbers
    (answer,) = await pool.fetch("SELECT answer FROM audit WHERE act = $1", CHANGED)
    assert msgspec.json.decode(answer[0], type=PublishedNumber) == number
    assert set(msgspec.json.decode(answer[0])) == {
        "variant",
        "sku",
        "available_to_promise",
        "unlimited",
        "version",
        "published_at",
    }
    assert await feed.touch_numbers(pool) == 0
    assert not await pool.fetchval("SELECT count(*) FROM feed_touched"), "it follows no own event"
    # Many changes between two looks are one; none when the number is the same again.
    for _ in range(3):
        await counter.adjust(shared.wholesaler, shared.variant, -10)
    await publish_all(pool, who_asks)
    await counter.adjust(shared.wholesaler, shared.variant, 5)
    await counter.adjust(shared.wholesaler, shared.variant, -5)
    await publish_all(pool, who_asks)
    assert [each[2:] for each in await _told(pool)] == [("102.5", 1), ("72.5", 2)]
    # Nobody asks any longer: the feed goes on, and no event is made.
    off = WebhookChanges(state="disabled")
    hook = made.webhook.inner_id
    caller = caller_for(asks.organisation)
    await change_webhook(pool, new_id, caller, hook, off, Guard(inside_allowed=True))
    await counter.adjust(shared.wholesaler, shared.variant, -10)
    await publish_all(pool, who_asks)
    assert (await published(pool, asks.organisation))[asks.variant] == ("62.5", 3)
    assert len(await _told(pool)) == 2


async def test_a_shop_is_told_of_the_newest_number(
    pool: Pool, network: Network, counter: Counter
) -> None:
    shared = await open_consignment(network, counter, on_hand=10)
    hooks = Hooks(pool, shared.retailers[0].organisation)
    made = await hooks.make("stock.*")
    for _ in range(3):
        await counter.adjust(shared.wholesaler, shared.variant, -1)
        await publish_all(pool, who_asks)
        await hooks.tell()
    await hooks.send(made.webhook)
    (sent,) = hooks.sent
    assert sent.said["type"] == CHANGED
    assert sent.said["data"]["available_to_promise"] == "7"


async def test_a_thousand_numbers_cost_the_statements_of_one(pool: Pool, network: Network) -> None:
    owner = await network.organisation()
    await _touch_new_variants(pool, owner, 1)
    assert await feed.publish_numbers(pool) == 1  # statements are prepared, types are known
    counts = []
    for some in (1, 1000, 10_000):
        await _touch_new_variants(pool, owner, some)
        counts.append(await _statements(pool))
    assert counts[1] == counts[0]
    # Ten thousand are ten chunks; the last look finds nothing, and is the cheapest.
    assert counts[2] <= 10 * counts[0]
    assert await pool.fetchval("SELECT max(place) FROM feed_numbers") == 11_002


async def _told(pool: Pool) -> list[tuple[Id, str, str | None, int]]:
    """The events of changed numbers: whose, of which variant, the number and its version."""
    rows = await pool.fetch(
        "SELECT o.organisation, o.subject, a.answer, o.variants FROM outbox AS o"
        " INNER JOIN audit AS a ON o.organisation = a.organisation AND o.id = a.id"
        " WHERE o.event = $1 ORDER BY o.seq NULLS LAST, o.id",
        CHANGED,
    )
    assert all(row[3] is None for row in rows)
    said = [msgspec.json.decode(row[2], type=PublishedNumber) for row in rows]
    return [
        (row[0], row[1], each.available_to_promise, each.version)
        for row, each in zip(rows, said, strict=True)
    ]


async def _touch_new_variants(pool: Pool, owner: Id, some: int) -> None:
    """Make variants that have never been published, and have them looked at."""
    await pool.execute(
        "WITH made AS (INSERT INTO products (organisation, id, name, created_at)"
        " SELECT $1, gen_random_uuid(), 'many', now() FROM generate_series(1, $2) RETURNING id),"
        " sold AS (INSERT INTO variants (organisation, id, product, sku, name, created_at)"
        " SELECT $1, m.id, m.id, m.id::text, 'many', now() FROM made AS m RETURNING id)"
        " INSERT INTO feed_touched SELECT $1, s.id, now(), false FROM sold AS s",
        owner,
        some,
    )


async def _statements(pool: Pool) -> int:
    """How many statements it takes to publish everything that was touched."""
    watched: list[object] = []
    connection = await pool.acquire()
    connection.add_query_logger(watched.append)
    lent = _OneConnection(connection)
    while await feed.publish_numbers(cast("Pool", lent)):
        pass
    connection.remove_query_logger(watched.append)
    await pool.release(connection)
    return len(watched)


class _OneConnection:
    """A pool of one connection, which somebody watches."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        yield self.connection


async def _to_look_at(pool: Pool) -> set[Id]:
    rows = await pool.fetch("SELECT variant FROM positions WHERE recheck_after = ''")
    return {row[0] for row in rows}


async def test_what_is_gone_is_told_to_nobody_and_stops_nobody(
    pool: Pool, network: Network, counter: Counter
) -> None:
    owner = await network.organisation()
    variant = await network.variant(owner)
    await counter.receive(owner, variant, 1)
    await pool.execute("INSERT INTO feed_touched VALUES ($1, $1, now(), false)", new_id())
    await publish_all(pool)
    assert await pool.fetchval("SELECT count(*) FROM feed_numbers") == 1
    assert await published(pool, owner) == {variant: ("1", 1)}
