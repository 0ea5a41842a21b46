"""Two processes at once on one database in which companies share stock; then the books are rebuilt.

Nobody waits for a lock in vain, no unit is sold twice, every invariant holds afterwards (the
`database` fixture looks), and what was written of transfers explains every shelf, allocation and
document.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from random import Random

import pytest

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool, open_pool
from entrepot.infra.settings import Settings
from entrepot.infra.writing import Written
from entrepot.kernel.ids import Id
from entrepot.orders import (
    CancelOrder,
    ChangeOrder,
    CountStock,
    ReceiveStock,
    RecordPayment,
    ShipOrder,
    StockLine,
    Submission,
)
from entrepot.orders.model import Command, RecheckWaiting
from entrepot.partnerships import (
    AgreementChanges,
    NewFixedPrice,
    change_partnership,
    pause_partnership,
    resume_partnership,
    set_fixed_prices,
)
from entrepot.stock import NewAllocation, allocate_stock, close_allocation
from tests.factories.callers import caller_for
from tests.factories.counter import Counter, order_of, parts, wanted
from tests.factories.feeding import publish_all
from tests.factories.network import Network
from tests.factories.street import Street
from tests.simulation.books_rebuilt import (
    idle_orders,
    misplaced_units,
    misused_allocations,
    repriced_reversals,
    wrong_documents,
)

POLICIES = ("ship_complete", "ship_complete", "allow_split", "no_backorder", "line_by_line")
PAIRS = (("W", "R"), ("V", "R"), ("W", "Q"), ("R", "Q"))
"""Wholesaler and retailer; R is both, and what it may have of W and V is never shared on."""


class PartnerWorld:
    """Four companies, what is the same goods, and the orders there are, known to both processes."""

    def __init__(self, network: Network, counters: tuple[Counter, Counter], chance: Random) -> None:
        self.network = network
        self.counters = counters
        self.chance = chance
        self.companies: dict[str, Id] = {}
        self.goods: dict[str, list[Id]] = {}
        self.partnerships: list[tuple[Id, Id, Id]] = []
        self.orders: list[tuple[Id, Id]] = []
        self.allocations: list[tuple[Id, Id]] = []

    async def open(self) -> None:
        """Found the companies and put goods on the shelves."""
        for name in "WVRQ":
            holds = self.chance.random() < 0.7
            company = await self.network.organisation(name.lower(), waiting_holds=holds)
            await self.network.location(company, "second", rank=1)
            self.companies[name] = company
            self.goods[company] = [await self.network.variant(company, "SKU") for _ in range(3)]
            for variant in self.goods[company][:2]:
                await self.counters[0].receive(company, variant, 6)
        for rank, (wholesaler, retailer) in enumerate(PAIRS):
            await self._share(self.companies[wholesaler], self.companies[retailer], rank % 2)

    async def _share(self, theirs: Id, ours: Id, rank: int) -> None:
        """A third product of the retailer's is two of the wholesaler's first."""
        policy = self.chance.choice(("all_stock", "all_stock", "allocated_only"))
        buffer, cap = self.chance.choice((0, 0, 1)), self.chance.choice((None, 1, 2))
        partnership = await self.network.partnership(
            theirs, ours, policy=policy, buffer=buffer, cap=cap
        )
        self.partnerships.append((theirs, ours, partnership))
        for number, factor in ((0, 1), (1, 1), (2, 2)):
            sold = self.goods[theirs][number % 2]
            bought = self.goods[ours][number]
            await self.network.match(
                partnership, (theirs, sold), (ours, bought), rank=rank, factor=factor
            )

    async def live(self, counter: Counter, chance: Random, steps: int) -> None:
        """One process: batches of acts, and now and then something between partners."""
        for _ in range(steps):
            if chance.random() < 0.75:
                acts = [self._act(chance) for _ in range(chance.randint(1, 4))]
                for answer in await counter.batch(*acts):
                    if isinstance(answer, BaseException):
                        raise answer
            else:
                await chance.choice(
                    (self._allocate, self._close, self._turn, self._agree, self._price)
                )(counter, chance)

    def _act(self, chance: Random) -> tuple[Id, Command]:
        company = chance.choice([*self.companies.values()])
        units = Decimal(chance.choice(("0.5", "1", "2", "3", "5")))
        lines = [
            (chance.choice(self.goods[company]), chance.choice((1, 2, 3, "0.5")))
            for _ in range(chance.randint(1, 3))
        ]
        if chance.random() < 0.45 or not self.orders:
            terms = {"policy": chance.choice(POLICIES), "paid": chance.random() < 0.8}
            order = order_of(*lines, **terms)  # type: ignore[arg-type] # each by its name
            self.orders.append((company, order.order))
            return company, order
        buyer, order_id = chance.choice(self.orders)
        again = [(chance.choice(self.goods[buyer]), units)]
        receive = counted = chance.choice(self.goods[company])
        acts: list[tuple[int, Callable[[], tuple[Id, Command]]]] = [
            (5, lambda: (buyer, CancelOrder(order_id, chance.choice((None, parts((1, 1))))))),
            (3, lambda: (buyer, ChangeOrder(order_id, wanted(*again)))),
            (2, lambda: (buyer, RecordPayment(order_id, succeeded=chance.random() < 0.8))),
            (3, lambda: (buyer, ShipOrder(order_id))),
            (6, lambda: (company, _goods_in(receive, units))),
            (2, lambda: (company, CountStock(counted, units, None))),
        ]
        return chance.choices([act for _, act in acts], [weight for weight, _ in acts])[0]()

    async def _allocate(self, counter: Counter, chance: Random) -> None:
        wholesaler, _, partnership = chance.choice(self.partnerships)
        variant = chance.choice(self.goods[wholesaler][:2])
        new = NewAllocation(partnership, variant, Decimal(chance.choice(("1", "2.5", "4"))))
        made = await allocate_stock(counter.pool, new_id, caller_for(wholesaler), new)
        if isinstance(made, Written):
            self.allocations.append((wholesaler, made.answer.inner_id))

    async def _close(self, counter: Counter, chance: Random) -> None:
        if self.allocations:
            owner, allocation = chance.choice(self.allocations)
            closed = await close_allocation(counter.pool, new_id, caller_for(owner), allocation)
            assert isinstance(closed, Written)

    async def _turn(self, counter: Counter, chance: Random) -> None:
        wholesaler, retailer, partnership = chance.choice(self.partnerships)
        turn = chance.choice((pause_partnership, resume_partnership, resume_partnership))
        caller = caller_for(chance.choice((wholesaler, retailer)))
        assert isinstance(await turn(counter.pool, new_id, caller, partnership), Written)

    async def _agree(self, counter: Counter, chance: Random) -> None:
        wholesaler, _, partnership = chance.choice(self.partnerships)
        changes = AgreementChanges(
            sharing_policy=chance.choice(("all_stock", "allocated_only")),
            buffer=Decimal(chance.choice((0, 1))),
            on_cancel_open_week=chance.choice(("reverse", "reverse", "keep")),
        )
        caller = caller_for(wholesaler)
        changed = await change_partnership(counter.pool, new_id, caller, partnership, changes)
        assert isinstance(changed, Written), changed

    async def _price(self, counter: Counter, chance: Random) -> None:
        """A wholesaler asks another price, or does not say any more."""
        wholesaler, _, partnership = chance.choice(self.partnerships)
        price = chance.choice((None, Decimal("1.25"), Decimal("0.3333"), Decimal(2)))
        new = NewFixedPrice(chance.choice(self.goods[wholesaler][:2]), price)
        caller = caller_for(wholesaler)
        priced = await set_fixed_prices(counter.pool, new_id, caller, partnership, [new])
        assert isinstance(priced, Written), priced

    async def come_to_rest(self) -> None:
        """Do what the jobs do until nobody is left to be looked at again."""
        counter = self.counters[0]
        for _ in range(50):
            # What partners offer more by an agreement, and not by goods, is told by the feed.
            await publish_all(counter.pool)
            due = await counter.rows(
                "SELECT DISTINCT owner, variant FROM positions WHERE recheck_after IS NOT NULL"
            )
            if not due:
                return
            variants = tuple((str(owner), str(variant)) for owner, variant in due)
            recheck = Submission(RecheckWaiting(variants), new_id(), new_id(), "", b"")
            await counter.batch(recheck)
        raise AssertionError("the queue never comes to rest")


def _goods_in(variant: Id, units: Decimal) -> Command:
    return ReceiveStock((StockLine(variant, units),))


async def _together(*lives: Awaitable[None]) -> None:
    """Let processes run at once; the first that fails fails all."""
    async with asyncio.timeout(120):
        await asyncio.gather(*lives)


@pytest.mark.parametrize("part", range(3))
async def test_two_processes_keep_every_invariant(
    database: str, pool: Pool, settings: Settings, network: Network, part: int, *, full_size: bool
) -> None:
    """Every shelf, allocation and document is what the transfers say; nobody waits beside stock."""
    other = await open_pool(database, settings)
    try:
        for number in range(20 if full_size else 2):
            chance = Random(1000 * part + number)
            world = PartnerWorld(network, (Counter(pool), Counter(other)), chance)
            await world.open()
            steps = 60 if full_size else 25
            await _together(
                *[world.live(counter, Random(chance.random()), steps) for counter in world.counters]
            )
            await world.come_to_rest()
            assert await misplaced_units(pool) == []
            assert await misused_allocations(pool) == []
            assert await repriced_reversals(pool) == []
            assert await wrong_documents(pool) == []
            assert await idle_orders(pool) == []
        (moved,) = await Counter(pool).rows(
            "SELECT count(*) FILTER (WHERE reverses IS NULL) FROM transfers"
        )
        assert moved[0], "a world in which nothing passes shows nothing"
    finally:
        await other.close()


async def test_a_reversal_keeps_its_price_beside_a_transfer_at_another(
    pool: Pool, network: Network, counter: Counter
) -> None:
    """Both of one match, in one batch: what goes back at 2.00, what comes at 3.00."""
    street = Street(network, counter)
    await street.opens("shop")
    wholesale = await street.opens("wholesale", {"A": 5})
    partnership = await street.partners("wholesale", "shop", "A")
    shop, variant = street.organisations["shop"], await street.variant("shop", "A")
    first = order_of((variant, 1), paid=True)
    for price, order in (("2", first), ("3", None)):
        sold = await street.variant("wholesale", "A")
        new = NewFixedPrice(sold, Decimal(price))
        caller = caller_for(wholesale)
        assert isinstance(await set_fixed_prices(pool, new_id, caller, partnership, [new]), Written)
        if order is not None:
            await counter.place(shop, order)
    await counter.batch((shop, order_of((variant, 2), paid=True)), (shop, CancelOrder(first.order)))
    rows = await counter.rows(
        "SELECT trim_scale(unit_price)::text, trim_scale(quantity)::text, reverses IS NULL"
        " FROM transfers ORDER BY id"
    )
    assert rows == [("2", "1", True), ("2", "1", False), ("3", "2", True)]
    assert await repriced_reversals(pool) == []


async def test_what_is_left_over_of_a_case_goes_to_those_who_wait(
    network: Network, counter: Counter
) -> None:
    """A batch that knows nobody who waits marks the shelf; the job that looks there serves them."""
    street = Street(network, counter)
    await street.opens("shop")
    await street.opens("wholesale", {"A": 2})
    await street.partners("wholesale", "shop", "A", factor=2)
    waits = await street.orders("shop", ("A", "0.5"), ("B", 1))
    await street.orders("shop", ("A", "0.5"))
    assert await street.shelf("shop", "A") == ("1", "0.5", "0")
    world = PartnerWorld(network, (counter, counter), Random(0))
    await world.come_to_rest()
    assert await street.shelf("shop", "A") == ("1", "1", "0")
    assert await street.status(waits) == "waiting"
