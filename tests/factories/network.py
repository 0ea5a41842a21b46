"""A small network in the database: organisations, where their goods lie, who may order them."""

from __future__ import annotations

from decimal import Decimal
from itertools import count

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Written
from entrepot.kernel.ids import Id
from entrepot.partnerships.model.partnerships import RIGHT_STATES
from entrepot.stock import NewAllocation, allocate_stock
from tests.factories.callers import caller_for

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

    async def partnership(
        self,
        wholesaler: Id,
        retailer: Id,
        *,
        policy: str = "all_stock",
        buffer: object = 0,
        cap: object = None,
        on_cancel_open_week: str = "reverse",
        on_cancel_later: str = "keep",
    ) -> Id:
        """An active partnership, as if its invitation had been accepted."""
        ident = new_id()
        await self._write(
            "INSERT INTO partnerships (wholesaler, id, retailer, sharing_policy, buffer, cap,"
            " on_cancel_open_week, on_cancel_later,"
            " currency, time_zone, created_at, closed_through, written_through, next_close_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'EUR', 'Europe/Amsterdam', now(),"
            " date_trunc('week', now())::date - 7, date_trunc('week', now())::date - 7,"
            " date_trunc('week', now()) + interval '7 days')",
            wholesaler,
            ident,
            retailer,
            policy,
            Decimal(str(buffer)),
            None if cap is None else Decimal(str(cap)),
            on_cancel_open_week,
            on_cancel_later,
        )
        await self.right(wholesaler, retailer, "consignment")
        return ident

    async def match(
        self,
        partnership: Id,
        wholesaler: tuple[Id, Id],
        retailer: tuple[Id, Id],
        *,
        factor: int = 1,
        rank: int = 0,
    ) -> Id:
        """A product match between two (organisation, variant) pairs, matched by hand."""
        ident = new_id()
        await self._write(
            "INSERT INTO product_matches (retailer, id, variant, wholesaler, partnership,"
            " wholesaler_variant, factor, rank, matched_by, withdrawals, wholesaler_withdrawals,"
            " created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'hand', 0, 0, now())",
            retailer[0],
            ident,
            retailer[1],
            wholesaler[0],
            partnership,
            wholesaler[1],
            factor,
            rank,
        )
        return ident

    async def allocate(self, partnership: Id, variant: Id, quantity: object) -> Id:
        """Allocate units of a wholesaler's variant by the action, so that the ledger has it."""
        async with self.pool.acquire() as connection:
            wholesaler: Id = await connection.fetchval(
                "SELECT organisation FROM variants WHERE id = $1", variant
            )
        new = NewAllocation(partnership, variant, Decimal(str(quantity)), None, None, "")
        answer = await allocate_stock(self.pool, new_id, caller_for(wholesaler), new)
        assert isinstance(answer, Written), answer
        return answer.answer.inner_id

    async def pass_validity(self, allocation: Id) -> None:
        """Let an allocation's validity have passed, as if its time had come."""
        await self._write(
            "UPDATE allocations SET valid_until = now() - interval '1 second' WHERE id = $1",
            allocation,
        )

    async def close_week(self, partnership: Id) -> None:
        """Let the week that is open now have been closed."""
        await self._write(
            "UPDATE partnerships SET closed_through = date_trunc('week', now())::date"
            " WHERE id = $1",
            partnership,
        )

    async def set_partnership_state(self, partnership: Id, state: str) -> None:
        """Put a partnership into another state."""
        async with self.pool.acquire() as connection:
            await put_partnership_state(connection, partnership, state)

    async def set_clock_past(self, order: Id) -> None:
        """Let an order's limit have passed, as if its time had come."""
        async with self.pool.acquire() as connection:
            await pass_limit(connection, order)

    async def _write(self, sql: str, *values: object) -> None:
        async with self.pool.acquire() as connection:
            await connection.execute(sql, *values)


async def put_partnership_state(connection: Connection, partnership: Id, state: str) -> None:
    """Put a partnership into another state, with what follows from it, as its actions do."""
    async with connection.transaction():
        await connection.execute(
            "UPDATE partnerships SET state = $2, paused_by_wholesaler = false,"
            " paused_by_retailer = $2 = 'paused',"
            " ended_at = CASE WHEN $2 = 'ended' THEN now() END WHERE id = $1",
            partnership,
            state,
        )
        await connection.execute(
            "UPDATE trading_rights AS r SET state = $2 FROM partnerships AS p WHERE p.id = $1"
            " AND r.seller = p.wholesaler AND r.buyer = p.retailer AND r.kind = 'consignment'",
            partnership,
            RIGHT_STATES[state],
        )
        if state == "ended":
            await connection.execute(
                "UPDATE product_matches SET ended_at = now(), end_reason = 'partnership_ended'"
                " WHERE partnership = $1 AND ended_at IS NULL",
                partnership,
            )


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
