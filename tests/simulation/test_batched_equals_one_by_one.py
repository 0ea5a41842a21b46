"""A batch decides as its submissions would be decided one at a time, in the order it takes them.

Two databases with the same ids live the same life, one in batches, the other step by step; then
every answer and every row is compared. The order: first what gives stock, then what asks for it.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec
import pytest

from entrepot.app import examine_database
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool, open_pool
from entrepot.infra.settings import Settings
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders import (
    Accepted,
    AdjustStock,
    Answer,
    CancelOrder,
    PlaceDraft,
    PlaceOrder,
    ReceiveStock,
    RecordPayment,
    ShipOrder,
    StockLine,
    Submission,
)
from entrepot.stock import NewAllocation, allocate_stock
from tests.factories.addresses import with_database
from tests.factories.callers import caller_for
from tests.factories.counter import Counter, order_of, submission
from tests.factories.damages import MAY_EDIT
from tests.factories.databases import drop_database
from tests.factories.examined import broken_in
from tests.factories.network import Network

BATCHES_IN_ONE_DATABASE = 25

GROUND = (
    "organisations",
    "locations",
    "products",
    "variants",
    "trading_rights",
    "partnerships",
    "product_matches",
)
TABLES = {
    "positions": "owner, variant, location, on_hand, held, allocated, version, unlimited",
    "ledger": (
        "owner, variant, location, version, kind, on_hand_change, held_change, on_hand, held,"
        " order_id, hold_no, act"
    ),
    "holds": (
        "owner, order_id, hold_no, organisation, line_no, variant, location, quantity,"
        " opened_version, state, ended_quantity, ended_version, expires_at IS NULL"
    ),
    "orders": (
        "organisation, id, reference, kind, status, fulfilment_status, payment_status, policy,"
        " next_hold_no, hold_until IS NULL"
    ),
    "order_lines": (
        "organisation, order_id, line_no, owner, variant, quantity, held, shipped, returned,"
        " cancelled, short, unit_price"
    ),
    "waiting_lines": "owner, variant, line_no, organisation, order_id, missing",
    "transfers": (
        "wholesaler, partnership, retailer, week, organisation, order_id, line_no, match,"
        " wholesaler_variant, variant, location, version, quantity, factor, reverses IS NULL, act"
    ),
    "transfer_legs": "wholesaler, leg_no, location, allocation, quantity, version",
    "allocations": "owner, id, partnership, quantity, remaining, state",
    "idempotency_keys": "organisation, key, body_hash, act",
    "outbox": "organisation, id, event, subject",
}
MADE_ANEW = {"placed_at", "hold_until"}


class Life:
    """The submissions of one stretch: some goods, some orders before, then the batch."""

    def __init__(self, chance: random.Random, owners: list[Id], buyer: Id) -> None:
        self.chance = chance
        self.owners = owners
        self.buyer = buyer
        self.variants: dict[Id, Id] = {}
        self.partnerships: list[tuple[Id, Id, list[Id]]] = []
        self.before: list[Submission] = []
        self.batch: list[Submission] = []

    def quantity(self) -> Decimal:
        return Decimal(self.chance.choice(("0.5", "1", "1", "2", "3", "7.25")))

    def order(self, **terms: Any) -> tuple[Id, PlaceOrder]:  # noqa: ANN401 - passed on
        """An order of somebody: own with any policy, or on everybody's goods."""
        chance = self.chance
        if chance.random() < 0.5:
            who, kind = chance.choice(self.owners), "own"
            there = [v for v, owner in self.variants.items() if owner == who]
            policy = chance.choice(
                ("refuse_short", "line_by_line", "ship_complete", "allow_split", "no_backorder")
            )
        else:
            who, kind = self.buyer, chance.choice(("session", "marketplace"))
            there = list(self.variants)
            policy = chance.choice(("refuse_short", "line_by_line"))
        lines = [(chance.choice(there), self.quantity()) for _ in range(chance.randint(1, 9))]
        drawn: dict[str, Any] = {"kind": kind, "policy": policy, "paid": chance.random() < 0.5}
        return who, order_of(*lines, **(drawn | terms))

    def draw(self, lines: int) -> None:
        """Draw a batch of about so many lines, over goods that do not suffice for all."""
        chance = self.chance
        for variant, owner in self.variants.items():
            stock = StockLine(variant, Decimal(chance.choice(("0.5", "5", "20"))))
            self.before.append(submission(owner, ReceiveStock((stock,))))
        idle = list(self.variants)  # each is touched by one giving act at most
        for _ in range(3):
            who, order = self.order(policy="refuse_short", draft=chance.random() < 0.4)
            self.before.append(submission(who, order))
            self.batch.append(submission(who, self._later(order, idle)))
        for variant in chance.sample(idle, len(idle) // 2):
            stock = StockLine(variant, chance.choice((self.quantity(), -self.quantity())))
            kind = ReceiveStock if stock.quantity > 0 else AdjustStock
            self.batch.append(submission(self.variants[variant], kind((stock,))))
        while lines > 0:
            who, order = self.order()
            lines -= len(order.lines)
            self.batch.append(submission(who, order))
        for _ in range(len(self.batch) // 5):
            again = chance.choice(self.batch)
            self.batch.append(msgspec.structs.replace(again, act=new_id()))
        chance.shuffle(self.batch)

    def _later(
        self, order: PlaceOrder, idle: list[Id]
    ) -> PlaceDraft | RecordPayment | ShipOrder | CancelOrder:
        """What becomes of an order; what would give stock back keeps its variants to itself."""
        chance = self.chance
        if order.draft:
            return PlaceDraft(order.order, chance.random() < 0.5)
        if not order.paid:
            return RecordPayment(order.order, succeeded=True)
        ends = chance.choice((ShipOrder, CancelOrder))
        if ends is CancelOrder:
            idle[:] = [v for v in idle if v not in {line.variant for line in order.lines}]
        return ends(order.order)


@pytest.fixture
async def twin(
    pool: Pool, server: str, template: str, settings: Settings
) -> AsyncIterator[tuple[Counter, Counter]]:
    """A counter on each of two databases; the second is made here."""
    name = f"twin_{new_id()}"
    connection = await asyncpg.connect(server, statement_cache_size=0)
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY WAL_LOG")
    other = await open_pool(with_database(server, name), settings)
    yield Counter(pool), Counter(other)
    assert await broken_in(with_database(server, name)) == []
    await other.close()
    await drop_database(connection, name)
    await connection.close()


@pytest.mark.parametrize("part", range(2))
async def test_batched_equals_one_by_one(
    twin: tuple[Counter, Counter], network: Network, part: int, *, full_size: bool
) -> None:
    batched, stepwise = twin
    for number in range(500 if full_size else 5):
        seed = 1000 * part + number
        chance = random.Random(seed)
        life = await _life(network, batched, stepwise, chance)
        life.draw(200 if full_size or number % 4 == 0 else 40)
        for each in life.before:
            assert _alike(await batched.batch(each)) == _alike(await stepwise.batch(each))
        await _allocate(life, batched, stepwise)
        ours = await batched.batch(*life.batch)
        theirs: dict[int, Answer | BaseException] = {}
        for place in sorted(range(len(life.batch)), key=lambda n: _asks(life.batch[n])):
            (theirs[place],) = await stepwise.batch(life.batch[place])
        firsts = {each.key: n for n, each in reversed(list(enumerate(life.batch)))}
        for place, answer in enumerate(ours):
            first = firsts[life.batch[place].key]
            if place == first:
                assert _alike([answer]) == _alike([theirs[place]]), f"seed {seed}, {place}"
            else:
                assert _code(answer) == _code(ours[first]) == _code(theirs[place])
                assert not isinstance(answer, Accepted) or answer.replayed
        for table in TABLES:
            assert await _rows(batched, table) == await _rows(stepwise, table), (seed, table)
        if number % BATCHES_IN_ONE_DATABASE == BATCHES_IN_ONE_DATABASE - 1:
            await _forget(batched, stepwise)


async def _life(
    network: Network, batched: Counter, stepwise: Counter, chance: random.Random
) -> Life:
    """New organisations and goods, the same on both sides; two share stock with a third.

    Units can be split, so that nothing is left over of what comes from a partner.
    """
    owners = [await network.organisation(waiting_holds=chance.random() < 0.7) for _ in range(2)]
    for owner in owners:
        await network.location(owner, "second", rank=chance.choice((-1, 1)))
    life = Life(chance, owners, await network.organisation())
    for owner in owners:
        for kind in ("session", "marketplace"):
            await network.right(owner, life.buyer, kind)
        for _ in range(chance.randint(1, 3)):
            life.variants[await network.variant(owner, unlimited=chance.random() < 0.1)] = owner
    await _share(network, life)
    for table in GROUND:
        rows = await batched.rows(f"SELECT t FROM {table} AS t")
        await _fill(stepwise, table, [row[0] for row in rows])
    return life


async def _share(network: Network, life: Life) -> None:
    """The first two owners are wholesalers of one more; some of it is allocated beforehand."""
    chance = life.chance
    shop = await network.organisation(waiting_holds=chance.random() < 0.7)
    ours = [await network.variant(shop) for _ in range(3)]
    for kind in ("session", "marketplace"):
        await network.right(shop, life.buyer, kind)
    theirs = {
        owner: [v for v, one in life.variants.items() if one == owner] for owner in life.owners
    }
    for rank, (owner, goods) in enumerate(theirs.items()):
        policy = chance.choice(("all_stock", "all_stock", "allocated_only"))
        buffer, cap = chance.choice((0, 0, 2)), chance.choice((None, None, 4))
        partnership = await network.partnership(owner, shop, policy=policy, buffer=buffer, cap=cap)
        life.partnerships.append((owner, partnership, goods))
        for variant, other in zip(goods, ours, strict=False):
            await network.match(partnership, (owner, variant), (shop, other), rank=rank)
    life.variants.update(dict.fromkeys(ours, shop))
    life.owners.append(shop)


async def _allocate(life: Life, *counters: Counter) -> None:
    """Allocate some of what is there by now, alike on both sides."""
    for owner, partnership, goods in life.partnerships:
        for variant in goods:
            if life.chance.random() < 0.4:
                ids = [new_id() for _ in range(4)]
                new = NewAllocation(partnership, variant, Decimal(life.chance.choice(("0.5", "3"))))
                caller = caller_for(owner)
                for counter in counters:
                    await allocate_stock(counter.pool, iter(ids).__next__, caller, new)


async def _fill(counter: Counter, table: str, rows: Sequence[Any]) -> None:
    """Copy rows that the other side does not have yet."""
    async with counter.pool.acquire() as connection:
        places = ", ".join(f"${n}" for n in range(1, len(rows[0]) + 1))
        await connection.executemany(
            f"INSERT INTO {table} VALUES ({places}) ON CONFLICT DO NOTHING",
            [tuple(row) for row in rows],
        )


async def _forget(*counters: Counter) -> None:
    """Empty what a life leaves behind, so that comparing stays cheap."""
    emptied = ", ".join([*TABLES, "audit", "notices", "tokens", *GROUND])
    for counter in counters:
        async with counter.pool.acquire() as connection:
            assert await examine_database(connection) == []
            await connection.execute(MAY_EDIT)
            await connection.execute(f"TRUNCATE {emptied} CASCADE")


def _asks(each: Submission) -> bool:
    """Whether an act asks for stock; the others are decided first."""
    command = each.command
    return isinstance(command, PlaceOrder | PlaceDraft | RecordPayment)


def _alike(answers: Sequence[Answer | BaseException]) -> list[object]:
    """Answers without what each side makes anew: times, ids of successors and of transfers."""
    alike: list[object] = []
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, Refusal):
            alike.append(answer)
        else:
            body = msgspec.json.decode(answer.body)
            followed = body.pop("followed_by", None) is not None
            for each in body.get("transferred", ()):
                each["id"] = each["reverses"] = "reverses" in each
            alike.append(({n: v for n, v in body.items() if n not in MADE_ANEW}, followed))
    return alike


def _code(answer: Answer | BaseException) -> str:
    return answer.code if isinstance(answer, Refusal) else type(answer).__name__


async def _rows(counter: Counter, table: str) -> list[tuple[object, ...]]:
    """The rows of a table; ids that each side makes for itself are told by what they name."""
    made = {
        str(row[0]): f"after {row[1]}"
        for row in await counter.rows("SELECT id, follows FROM orders WHERE follows IS NOT NULL")
    }
    acts = {row[0] for row in await counter.rows("SELECT act FROM idempotency_keys")}
    rows = []
    for row in await counter.rows(f"SELECT {TABLES[table]} FROM {table}"):
        named = tuple(made.get(str(value).removeprefix("ord_"), value) for value in row)
        if table in {"ledger", "transfers"} and row[-1] not in acts:
            named = (*named[:-1], "by itself")
        if table == "outbox" and row[1] not in acts:
            named = (named[0], "by itself", *named[2:])
        rows.append(named)
    return sorted(rows, key=repr)
