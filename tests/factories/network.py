"""A small network in the database: organisations, where their goods lie, who may order them."""

from __future__ import annotations

from decimal import Decimal
from itertools import count

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Connection, Pool
from entrepot.kernel.ids import Id

_numbers = count(1)


class Network:
    """Writes the ground that stock and orders stand on, row by row."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def organisation(self, name: str = "org", *, waiting_holds: bool = True) -> Id:
        """An organisation with one location, `main`, that ships orders."""
        ident = new_id()
        await self._write(
            "INSERT INTO organisations (id, slug, name, waiting_holds_own_stock, created_at)"
            " VALUES ($1, $2, $3, $4, now())",
            ident,
            f"{name}-{next(_numbers)}",
            name,
            waiting_holds,
        )
        await self.location(ident, "main")
        return ident

    async def location(
        self, organisation: Id, code: str, *, rank: int = 0, ships_orders: bool = True
    ) -> Id:
        ident = new_id()
        await self._write(
            "INSERT INTO locations (organisation, id, code, name, rank, ships_orders)"
            " VALUES ($1, $2, $3, $3, $4, $5)",
            organisation,
            ident,
            code,
            rank,
            ships_orders,
        )
        return ident

    async def variant(
        self, organisation: Id, sku: str = "SKU", *, unlimited: bool = False, state: str = "active"
    ) -> Id:
        """A variant of a product of its own; its sku gets a number to be unique."""
        product, ident = new_id(), new_id()
        await self._write(
            "INSERT INTO products (organisation, id, name, created_at) VALUES ($1, $2, $3, now())",
            organisation,
            product,
            sku,
        )
        await self._write(
            "INSERT INTO variants (organisation, id, product, sku, name, unlimited, state,"
            " retail_price, created_at) VALUES ($1, $2, $3, $4, $4, $5, $6, $7, now())",
            organisation,
            ident,
            product,
            f"{sku}-{next(_numbers)}",
            unlimited,
            state,
            Decimal("2.5"),
        )
        return ident

    async def right(self, seller: Id, buyer: Id, kind: str = "session") -> None:
        """Let `buyer` order what `seller` has."""
        await self._write(
            "INSERT INTO trading_rights (seller, buyer, kind, created_at)"
            " VALUES ($1, $2, $3, now())",
            seller,
            buyer,
            kind,
        )

    async def set_clock_past(self, order: Id) -> None:
        """Let an order's limit have passed, as if its time had come."""
        async with self.pool.acquire() as connection:
            await pass_limit(connection, order)

    async def _write(self, sql: str, *values: object) -> None:
        async with self.pool.acquire() as connection:
            await connection.execute(sql, *values)


async def pass_limit(connection: Connection, order: Id) -> None:
    """Move the limit of an order, and of what it holds, into the past."""
    async with connection.transaction():
        past = "now() - interval '1 second'"
        await connection.execute(
            f"UPDATE orders SET hold_until = {past} WHERE id = $1 AND hold_until IS NOT NULL",
            order,
        )
        await connection.execute(
            f"UPDATE holds SET expires_at = {past}"
            " WHERE order_id = $1 AND state = 'live' AND expires_at IS NOT NULL",
            order,
        )
