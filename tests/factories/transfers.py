"""A wholesaler and a retailer between whom goods pass, written row by row without the stock.

Weeks are named by their labels; a transfer falls into the week of its time, or into the first that
is open, as the batch would have it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from entrepot.infra.checks import Broken
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.weeks import WEEK, read_week, settling_week, week_begins
from entrepot.settlement import check_settlements
from tests.factories.callers import caller_for
from tests.factories.network import Network

AMSTERDAM = "Europe/Amsterdam"

INSERT = """
INSERT INTO transfers (
    wholesaler, id, partnership, retailer, week, at, organisation, order_id, line_no, match,
    wholesaler_variant, variant, location, version, quantity, factor, unit_price, vat_rate,
    reverses, act
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, $14, $15, $16, $17, $18, $19)
"""


class Pair(NamedTuple):
    """A matched pair of variants: `factor` of the wholesaler's units make one of the retailer's."""

    wholesaler_variant: Id
    variant: Id
    factor: int
    match: Id


class Moved(NamedTuple):
    """A transfer or reversal that was written."""

    id: Id
    pair: Pair
    week: date
    at: datetime
    quantity: Decimal
    unit_price: Decimal | None
    vat_rate: Decimal | None
    reverses: Id | None
    organisation: Id
    order: Id


class Trade:
    """A partnership, and what passes in it."""

    def __init__(
        self, network: Network, wholesaler: Id, retailer: Id, closed_through: date, zone: str
    ) -> None:
        self.network = network
        self.pool: Pool = network.pool
        self.wholesaler = wholesaler
        self.retailer = retailer
        self.id: Id = new_id()
        self.zone = zone
        self.closed_through = closed_through
        self.moved: list[Moved] = []

    @property
    def seller(self) -> Caller:
        """A program of the wholesaler's that may do everything."""
        return caller_for(self.wholesaler)

    @property
    def buyer(self) -> Caller:
        """A program of the retailer's that may do everything."""
        return caller_for(self.retailer)

    async def pair(self, factor: int = 1, sku: str = "SKU") -> Pair:
        """A variant of each side, matched."""
        theirs = await self.network.variant(self.wholesaler, sku)
        own = await self.network.variant(self.retailer, f"own-{sku}")
        match = new_id()
        async with self.pool.acquire() as connection:
            await connection.execute(
                "INSERT INTO product_matches (retailer, id, variant, wholesaler, partnership,"
                " wholesaler_variant, factor, matched_by, withdrawals, wholesaler_withdrawals,"
                " created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'hand', 0, 0, now())",
                self.retailer,
                match,
                own,
                self.wholesaler,
                self.id,
                theirs,
                factor,
            )
        return Pair(theirs, own, factor, match)

    async def move(
        self,
        pair: Pair,
        quantity: str | int | Decimal,
        at: str | datetime,
        *,
        price: str | None = "2.50",
        vat: str | None = "21",
        order: Id | None = None,
        organisation: Id | None = None,
    ) -> Moved:
        """Let units of the retailer's pass to it, at a price of one of the wholesaler's."""
        return await self._write(
            Moved(
                new_id(),
                pair,
                self._week(at),
                _moment(at),
                Decimal(quantity),
                None if price is None else Decimal(price),
                None if vat is None else Decimal(vat),
                None,
                organisation or self.retailer,
                order or new_id(),
            )
        )

    async def reverse(
        self, first: Moved, at: str | datetime, quantity: str | int | Decimal | None = None
    ) -> Moved:
        """Let units of a transfer go back, at its price."""
        units = first.quantity if quantity is None else Decimal(quantity)
        return await self._write(
            first._replace(
                id=new_id(),
                week=self._week(at),
                at=_moment(at),
                quantity=units,
                reverses=first.id,
            )
        )

    def _week(self, at: str | datetime) -> date:
        return settling_week(_moment(at), self.zone, self.closed_through)

    async def _write(self, moved: Moved) -> Moved:
        async with self.pool.acquire() as connection:
            await connection.execute(INSERT, *self._row(moved))
        self.moved.append(moved)
        return moved

    async def write_all(self, rows: Sequence[Moved]) -> None:
        """Write many at once."""
        async with self.pool.acquire() as connection:
            await connection.executemany(INSERT, [self._row(row) for row in rows])
        self.moved += rows

    def _row(self, moved: Moved) -> tuple[object, ...]:
        pair = moved.pair
        return (
            self.wholesaler,
            moved.id,
            self.id,
            self.retailer,
            moved.week,
            moved.at,
            moved.organisation,
            moved.order,
            1,
            pair.match,
            pair.wholesaler_variant,
            pair.variant,
            new_id(),
            moved.quantity,
            pair.factor,
            moved.unit_price,
            moved.vat_rate,
            moved.reverses,
            new_id(),
        )

    async def set(self, **columns: object) -> None:
        """Change columns of the partnership as somebody with a console would."""
        async with self.pool.acquire() as connection:
            for name, value in columns.items():
                await connection.execute(
                    f"UPDATE partnerships SET {name} = $2 WHERE id = $1", self.id, value
                )

    async def broken(self) -> list[Broken]:
        """Which invariants of settlement do not hold."""
        async with self.pool.acquire() as connection:
            return await check_settlements(connection)


async def open_trade(
    network: Network,
    closed_through: str = "2026-W11",
    *,
    zone: str = AMSTERDAM,
    currency: str = "EUR",
    wholesaler: Id | None = None,
    retailer: Id | None = None,
) -> Trade:
    """A partnership whose weeks are closed and written through one, between new sides or these."""
    week = monday(closed_through)
    seller = wholesaler or await network.organisation("wholesaler")
    buyer = retailer or await network.organisation("retailer")
    trade = Trade(network, seller, buyer, week, zone)
    async with network.pool.acquire() as connection:
        await connection.execute(
            "INSERT INTO partnerships (wholesaler, id, retailer, sharing_policy, currency,"
            " time_zone, created_at, closed_through, written_through, next_close_at)"
            " VALUES ($1, $2, $3, 'all_stock', $4, $5, $6, $7, $7, $8)",
            seller,
            trade.id,
            buyer,
            currency,
            zone,
            week_begins(week, zone),
            week,
            week_begins(week + 2 * WEEK, zone),
        )
    return trade


def monday(label: str) -> date:
    """The Monday of a week such as `2026-W12`."""
    week = read_week(label)
    assert week is not None, label
    return week


def at_time(text: str) -> datetime:
    """A moment in UTC, written as `2026-03-17T12:00:00Z` or without the hour."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def within(label: str, zone: str = AMSTERDAM, hours: float = 60) -> datetime:
    """A moment in a week, so many hours after it began."""
    return week_begins(monday(label), zone) + timedelta(hours=hours)


def _moment(at: str | datetime) -> datetime:
    """A moment, or the middle of a week that is named."""
    if isinstance(at, datetime):
        return at
    return within(at) if "W" in at else at_time(at)
