"""Wholesalers and shops that trade by consignment: what waits, what moved, who shares with whom.

Written row by row into a migrated database, as far as what is measured reads it: those that wait
have no audit, transfers no legs.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.ids import Id

SQL: Final = load_statements("benchmarks", "street.sql")


class Goods(NamedTuple):
    """A company and its variant of some goods."""

    owner: Id
    variant: Id


async def open_street(connection: Connection, wholesalers: int, shops: int, goods: int) -> None:
    """Let every wholesaler share all it has of `goods` products, nothing yet, with every shop."""
    for word, count in (("wholesaler", wholesalers), ("shop", shops)):
        await connection.execute(SQL["insert_companies"], word, count)
        await connection.execute(SQL["insert_goods"], word, goods)
    await connection.execute(SQL["insert_partnerships"])
    await connection.execute(SQL["insert_matches"])


async def stock_goods(connection: Connection, word: str, skus: list[str], quantity: int) -> None:
    """Put goods on the shelves of all wholesalers or all shops."""
    await connection.execute(SQL["stock_goods"], word, skus, quantity)


async def let_wait(connection: Connection, orders: int, shops: int) -> None:
    """Let orders wait for one of `G-0` and one of `G-1`, of each shop in turn."""
    await connection.execute(SQL["insert_waiting"], orders, shops)


async def let_move(connection: Connection, transfers: int) -> None:
    """Let a week be over in which there were so many transfers, and nothing closed since."""
    await connection.execute(SQL["let_week_pass"])
    await connection.execute(SQL["insert_transfers"], transfers)


async def find_goods(connection: Connection, company: str, sku: str) -> Goods:
    """Look up what a company, such as `shop-0`, calls some goods, such as `G-0`."""
    row = await connection.fetchrow(SQL["find_goods"], company, sku)
    assert row is not None, "the street was opened with these goods"
    return Goods(*row)


async def tidy_up(connection: Connection) -> None:
    """Leave the tables as a server that has run for a while would have them."""
    await connection.execute(SQL["tidy_up"])
