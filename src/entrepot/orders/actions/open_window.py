"""Open a selling window: what the batch knows of a sales session."""

from collections.abc import Sequence

from entrepot.infra.pool import Connection
from entrepot.orders.model.selling import NewWindow, SoldProduct
from entrepot.orders.store import windows


async def open_window(
    connection: Connection, window: NewWindow, products: Sequence[SoldProduct]
) -> None:
    """Write a window and what is sold in it, in the caller's transaction.

    Who calls has checked the times, the limits and prices, and that a trading right opens each
    product; placing checks the rights again.
    """
    await windows.insert_window(connection, window)
    if products:
        await windows.set_sold(connection, window.organisation, window.id, products)
