"""Close a selling window: nothing is placed in it any more."""

from datetime import datetime

from entrepot.infra.pool import Connection
from entrepot.kernel.ids import Id
from entrepot.orders.store import windows


async def close_window(connection: Connection, organisation: Id, window: Id, now: datetime) -> bool:
    """Close one's own window, in the caller's transaction; False when it was closed before.

    It waits for whoever places in it at that moment; who comes after meets it closed.
    """
    return await windows.set_window_closing(connection, organisation, window, now)
