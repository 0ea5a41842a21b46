"""What a batch costs grows neither with its size, in statements, nor with history, in pages.

Pages are counted by the server itself, table by table (`pg_statio_user_tables`): every role may
read these counters, they count what other statements' plans would hide (unlike EXPLAIN, which
would run our statements another way than the program does), and they need no extension. The
counters of a session are handed in when it is asked to; vacuums would count too and are off.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any

import asyncpg
import msgspec
import pytest

from entrepot.infra.pool import Pool, open_pool
from entrepot.infra.settings import Settings
from entrepot.kernel.ids import Id
from entrepot.orders import CancelOrder, ReceiveStock, StockLine, Submission
from entrepot.orders.model import Command
from tests.factories.bazaar import Bazaar
from tests.factories.counter import Counter, body_of, order_of, submission, wanted
from tests.factories.history import GROWING, Market, open_market
from tests.factories.network import Network

pytestmark = pytest.mark.fresh_database("pages are counted")

LOG = logging.getLogger(__name__)
"""Where the figures go; `--log-cli-level=info` shows them."""
STATEMENTS_MAX_PLAIN = 9
"""Begin, claim, lock, read, three or four that write, commit."""
STATEMENTS_MAX_CAREFUL = 22  # two of them ask which partners and transfers are concerned
RATIO_MAX = 2.0
"""Trees are a level deeper; what grew with the history would be many times as much. Whoever works
in another database of the server just then keeps ours from forgetting versions: some more pages."""
ROUNDS = 6
BATCH = 25
WARMING = (1, 1, 1, 1, 1, 1, BATCH, BATCH, BATCH, BATCH, BATCH, BATCH)
"""Batches after which the server has settled on its plans: it tries five times first."""

Batch = list[tuple[Id, Command]]


@pytest.fixture
async def lone(database: str, settings: Settings) -> AsyncIterator[Pool]:
    """A pool of one connection, so that one session's statements, plans and counters are all."""
    opened = await open_pool(database, msgspec.structs.replace(settings, pool_size=1))
    yield opened
    await opened.close()


@pytest.fixture
async def market(lone: Pool) -> Market:
    return await open_market(Network(lone), Counter(lone))


async def statements_of(market: Market, batch: Batch | list[Submission]) -> list[str]:
    """The statements that the driver sends for a batch; all of it is accepted."""
    sent: list[str] = []

    def note(query: Any) -> None:  # noqa: ANN401 - the driver ships no types
        sent.append(query.query)

    pool = market.counter.pool
    async with pool.acquire() as connection:
        connection.add_query_logger(note)
    for answer in await market.counter.batch(*batch):
        body_of(answer)
    async with pool.acquire() as connection:
        connection.remove_query_logger(note)
    return sent


async def plain(market: Market, size: int) -> Batch:
    """Paid orders of two lines."""
    return list(market.orders(size))


async def replayed(market: Market, size: int) -> list[Submission]:
    """The same, all sent before."""
    batch = [submission(*each) for each in market.orders(size)]
    for answer in await market.counter.batch(*batch):
        body_of(answer)
    return batch


async def cancels(market: Market, size: int) -> Batch:
    """Cancellations of orders that hold goods of several owners."""
    placed = market.orders(size)
    for answer in await market.counter.batch(*placed):
        body_of(answer)
    return [(buyer, CancelOrder(order.order)) for buyer, order in placed]


async def receipts(market: Market, size: int) -> Batch:
    """Receipts of goods that somebody waits for, as many orders as there are receipts."""
    owner = market.goods[0].owner
    network = Network(market.counter.pool)
    goods = [await network.variant(owner, "AWAITED") for _ in range(min(size, 20))]
    waiting: Batch = [
        (owner, order_of((goods[i % len(goods)], 2), policy="ship_complete", paid=True))
        for i in range(size)
    ]
    for answer in await market.counter.batch(*waiting):
        assert body_of(answer)["status"] == "waiting"
    return [
        (owner, ReceiveStock((StockLine(goods[i % len(goods)], wanted((owner, 2))[0].quantity),)))
        for i in range(size)
    ]


async def mixed(market: Market, size: int) -> Batch:
    """Something of everything: orders, cancellations and receipts with orders that wait."""
    return [
        *await plain(market, size),
        *await cancels(market, size),
        *await receipts(market, size),
    ]


async def invoiced(market: Market, size: int) -> Batch:
    """Orders of a marketplace, each over two sellers."""
    counter = market.counter
    bazaar = await Bazaar(Network(counter.pool), counter).open()
    goods = [await bazaar.goods(await bazaar.seller(), "GOODS", stock=10_000) for _ in range(2)]
    return [
        (bazaar.marketplace, bazaar.order(*[(each, 1, 500) for each in goods], external_id=f"A{n}"))
        for n in range(size)
    ]


KINDS: Mapping[Callable[[Market, int], Awaitable[Any]], int] = MappingProxyType(
    {
        plain: STATEMENTS_MAX_PLAIN,
        replayed: STATEMENTS_MAX_PLAIN,
        invoiced: STATEMENTS_MAX_PLAIN + 2,  # one reads what is sold, one writes the invoices
        cancels: STATEMENTS_MAX_CAREFUL,
        receipts: STATEMENTS_MAX_CAREFUL,
        mixed: STATEMENTS_MAX_CAREFUL,
    }
)


async def test_statements_do_not_grow_with_the_batch(
    market: Market,
    full_size: bool,  # noqa: FBT001 - a fixture is given by name
) -> None:
    sizes = (1, 10, 100, 1_000) if full_size else (1, 10, 100)
    faults = []
    for kind, most in KINDS.items():
        # The driver asks once for each type it has not met on a connection.
        await statements_of(market, await kind(market, 2))
        sent = {}
        for size in sizes:
            batch = await kind(market, size)
            await know_owners(market)
            sent[size] = await statements_of(market, batch)
        counts = {size: len(statements) for size, statements in sent.items()}
        says = f"{kind.__name__}: {counts}, at most {most}"
        LOG.info("%s", says)
        # One that has found enough to serve looks once less for those who wait.
        if max(counts.values()) > min(counts[sizes[0]], most):
            faults += [
                says,
                *(f"  {each.strip().split(chr(10), 1)[0]}" for each in sent[sizes[-1]]),
            ]
    assert not faults, "\n".join(faults)


async def know_owners(market: Market) -> None:
    """Let the process know whose variants there are: it asks for each once, not with each batch."""
    async with market.counter.pool.acquire() as connection:
        rows = await connection.fetch("SELECT id, organisation FROM variants")
    market.counter.tools.owners.update({row[0]: row[1] for row in rows})


class Pages(msgspec.Struct, frozen=True):
    """What some batches asked of the server, by table."""

    orders: int
    touched: dict[str, int]
    scanned: dict[str, int]
    """Rows read without an index, of the tables that grow."""

    @property
    def an_order(self) -> float:
        return sum(self.touched.values()) / self.orders

    def __str__(self) -> str:
        tables = {
            name: round(count / self.orders, 2)
            for name, count in sorted(self.touched.items())
            if count
        }
        return f"{self.an_order:.1f} pages an order: {tables}; scanned: {self.scanned}"


class Meter:
    """Reads the counters of the server, from a connection of its own."""

    def __init__(self, market: Market, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        self.market = market
        self.connection = connection

    async def of(self, batches: list[Batch]) -> Pages:
        """The pages that batches touch, each decided alone."""
        touched, scanned = await self._read()
        for batch in batches:
            for answer in await self.market.counter.batch(*batch):
                body_of(answer)
        touched_after, scanned_after = await self._read()
        rows = {name: scanned_after[name] - scanned[name] for name in GROWING}
        return Pages(
            sum(len(batch) for batch in batches),
            {name: touched_after[name] - touched[name] for name in touched_after},
            {name: count for name, count in rows.items() if count},
        )

    async def _read(self) -> tuple[dict[str, int], dict[str, int]]:
        async with self.market.counter.pool.acquire() as connection:
            for each in (connection, self.connection):
                await each.execute("SELECT pg_stat_force_next_flush()")
        rows = await self.connection.fetch(
            "SELECT i.relname, coalesce(heap_blks_read + heap_blks_hit, 0)"
            " + coalesce(idx_blks_read + idx_blks_hit, 0)"
            " + coalesce(toast_blks_read + toast_blks_hit, 0)"
            " + coalesce(tidx_blks_read + tidx_blks_hit, 0), t.seq_tup_read"
            " FROM pg_statio_user_tables AS i"
            " INNER JOIN pg_stat_user_tables AS t ON i.relid = t.relid"
            " WHERE i.schemaname = 'public'"
        )
        return {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}


@asynccontextmanager
async def metered(market: Market, database: str) -> AsyncIterator[Meter]:
    """A meter over a fresh database, which nothing vacuums or analyses unasked."""
    connection = await asyncpg.connect(database)
    try:
        yield Meter(market, connection)
    finally:
        await connection.close()


async def measured(meter: Meter) -> dict[str, Pages]:
    """What plain orders and their cancellations touch, with plans the server has settled on."""
    market = meter.market
    for size in WARMING:
        await market.counter.batch(*await cancels(market, size))
    placed = [market.orders(BATCH) for _ in range(ROUNDS)]
    plainly = await meter.of([list(batch) for batch in placed])
    carefully = await meter.of(
        [[(buyer, CancelOrder(order.order)) for buyer, order in batch] for batch in placed]
    )
    alone = await meter.of([list(market.orders(1)) for _ in range(16)])
    return {"plain": plainly, "cancels": carefully, "one by one": alone}


def check_growth(
    before: dict[str, Pages],
    after: dict[str, Pages],
) -> None:
    faults = []
    for kind, pages in after.items():
        ratio = pages.an_order / before[kind].an_order
        says = f"{kind}: x {ratio:.2f}\n  before: {before[kind]}\n  after:  {pages}"
        LOG.info("%s", says)
        if ratio > RATIO_MAX or pages.scanned:
            faults.append(says)
    assert not faults, "\n".join(faults)


async def test_pages_do_not_grow_with_history(
    market: Market,
    database: str,
    full_size: bool,  # noqa: FBT001 - a fixture is given by name
) -> None:
    few, many = (10_000, 1_000_000) if full_size else (500, 8_000)
    found = []
    async with metered(market, database) as meter:
        for orders in (few, many):
            await market.age(meter.connection, orders)
            await meter.connection.execute(f"VACUUM (ANALYZE) {', '.join((*GROWING, 'positions'))}")
            found.append(await measured(meter))
    check_growth(found[0], found[1])


@pytest.mark.parametrize("analysed", [False, True], ids=["never analysed", "analysed empty"])
async def test_plans_made_over_empty_tables_stay_good(
    analysed: bool,  # noqa: FBT001 - a parameter is given by name
    market: Market,
    database: str,
    full_size: bool,  # noqa: FBT001 - a fixture is given by name
) -> None:
    few, many = (2_000, 200_000) if full_size else (200, 8_000)
    found = []
    async with metered(market, database) as meter:
        if analysed:
            # The worst that can be: the server is sure that nothing is there.
            await meter.connection.execute(f"VACUUM (ANALYZE) {', '.join(GROWING)}")
        await measured(meter)
        for orders in (few, many):
            await market.age(meter.connection, orders)
            found.append(await measured(meter))
        await meter.connection.execute("ANALYZE")  # for the checks that follow
    check_growth(found[0], found[1])
