"""A wholesaler and a retailer that share stock, and what is allocated between them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.stock import Allocation, NewAllocation, allocate_stock
from tests.factories.callers import caller_for
from tests.factories.counter import Counter
from tests.factories.network import Network


class Sharing:
    """One variant of a wholesaler's, matched with one of a retailer's in a partnership."""

    def __init__(self, network: Network, counter: Counter) -> None:
        self.network = network
        self.counter = counter
        self.pool: Pool = network.pool
        self.wholesaler: Id = ""
        self.retailer: Id = ""
        self.partnership: Id = ""
        self.goods: Id = ""
        self.variant: Id = ""
        self.match: Id = ""

    @property
    def seller(self) -> Caller:
        """A program of the wholesaler's that may do everything."""
        return caller_for(self.wholesaler)

    @property
    def buyer(self) -> Caller:
        """A program of the retailer's that may do everything."""
        return caller_for(self.retailer)

    async def allocate(
        self,
        quantity: object,
        *,
        valid_until: datetime | None = None,
        location: Id | None = None,
        note: str = "",
        caller: Caller | None = None,
        sent: Sent | None = None,
        partnership: Id | None = None,
        variant: Id | None = None,
    ) -> Written[Allocation] | Refusal:
        """Allocate units of the goods to the partner."""
        new = NewAllocation(
            self.partnership if partnership is None else partnership,
            self.goods if variant is None else variant,
            Decimal(str(quantity)),
            location,
            valid_until,
            note,
        )
        return await allocate_stock(self.pool, new_id, caller or self.seller, new, sent)

    async def allocated(self, quantity: object, **said: object) -> Allocation:
        """Allocate units; it is not refused."""
        answer = await self.allocate(quantity, **said)  # type: ignore[arg-type] # each by its name
        assert isinstance(answer, Written), answer
        return answer.answer

    async def position(self) -> tuple[object, ...]:
        """On hand, held, allocated and version of the goods, over all positions."""
        (row,) = await self.counter.rows(
            "SELECT sum(on_hand), sum(held), sum(allocated), sum(version)::bigint FROM positions"
            " WHERE owner = $1 AND variant = $2",
            self.wholesaler,
            self.goods,
        )
        return row

    async def ledger(self) -> list[tuple[str, str]]:
        """The ledger of the goods, as (kind, allocated change)."""
        rows = await self.counter.rows(
            "SELECT kind, trim_scale(allocated_change)::text FROM ledger"
            " WHERE owner = $1 AND variant = $2 ORDER BY location, version",
            self.wholesaler,
            self.goods,
        )
        return [(str(kind), str(change)) for kind, change in rows]

    async def set(self, sql: str, *values: object) -> None:
        """Change something as time, or somebody with a console, would."""
        async with self.pool.acquire() as connection:
            await connection.execute(sql, *values)

    async def pass_validity(self, allocation: Allocation) -> None:
        """Let an allocation's validity have passed, as if its time had come."""
        await self.set(
            "UPDATE allocations SET valid_until = now() - interval '1 second' WHERE id = $1",
            allocation.inner_id,
        )


async def open_sharing(
    network: Network,
    counter: Counter,
    on_hand: object = 10,
    *,
    policy: str = "all_stock",
    buffer: object = 0,
    cap: object = None,
    factor: int = 1,
    is_matched: bool = True,
) -> Sharing:
    """Two partners; the wholesaler has units of the goods."""
    shared = Sharing(network, counter)
    shared.wholesaler = await network.organisation("wholesaler")
    shared.retailer = await network.organisation("retailer")
    shared.partnership = await network.partnership(
        shared.wholesaler, shared.retailer, policy=policy, buffer=buffer, cap=cap
    )
    shared.goods = await network.variant(shared.wholesaler, "GOODS")
    shared.variant = await network.variant(shared.retailer, "SHOP")
    if is_matched:
        shared.match = await network.match(
            shared.partnership,
            (shared.wholesaler, shared.goods),
            (shared.retailer, shared.variant),
            factor=factor,
        )
    if on_hand:
        await counter.receive(shared.wholesaler, shared.goods, on_hand)
    return shared
