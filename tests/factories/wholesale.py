"""A wholesaler and a retailer in a partnership, and goods of theirs that may be the same."""

from __future__ import annotations

from itertools import count
from typing import NamedTuple

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel.ids import Id
from tests.factories.network import Network, put_partnership_state

_numbers = count(1)


class Pair(NamedTuple):
    """Two organisations and their partnership; `supplier` is the wholesaler at the retailer."""

    wholesaler: Id
    retailer: Id
    partnership: Id
    supplier: Id


async def pair_of(network: Network) -> Pair:
    """Two new organisations in a partnership, as if an invitation had been accepted."""
    wholesaler = await network.organisation("wholesaler")
    retailer = await network.organisation("retailer")
    return await partner(network, wholesaler, retailer)


async def partner(network: Network, wholesaler: Id, retailer: Id) -> Pair:
    """Let two organisations be partners."""
    partnership = await network.partnership(wholesaler, retailer)
    supplier, name = new_id(), f"wholesaler {next(_numbers)}"
    async with network.pool.acquire() as connection:
        await connection.execute(
            "INSERT INTO suppliers (organisation, id, name_key, name, created_at, partnership)"
            " VALUES ($1, $2, $3, $3, now(), $4)",
            retailer,
            supplier,
            name,
            partnership,
        )
    return Pair(wholesaler, retailer, partnership, supplier)


async def goods(network: Network, organisation: Id, sku: str, **values: object) -> Id:
    """A variant with exactly this sku, and these values of its columns."""
    ident = await network.variant(organisation)
    given = {"sku": sku, "name": sku, **values}
    columns = ", ".join(f"{name} = ${number}" for number, name in enumerate(given, start=3))
    async with network.pool.acquire() as connection:
        await connection.execute(
            f"UPDATE variants SET {columns} WHERE organisation = $1 AND id = $2",
            organisation,
            ident,
            *given.values(),
        )
    return ident


async def set_state(pool: Pool, variant: Id, state: str) -> None:
    """Put a variant into another state, as `change_variant` does."""
    async with pool.acquire() as connection:
        await connection.execute(
            "UPDATE variants SET state = $2,"
            " withdrawals = withdrawals + (state = 'active' AND $2 <> 'active')::integer"
            " WHERE id = $1",
            variant,
            state,
        )


async def set_partnership_state(pool: Pool, partnership: Id, state: str) -> None:
    """Put a partnership into another state, as its actions do."""
    async with pool.acquire() as connection:
        await put_partnership_state(connection, partnership, state)
