"""Complete a selling window that was closed and gathered."""

from datetime import datetime

from entrepot.infra.pool import Connection
from entrepot.kernel.ids import Id
from entrepot.orders.store import windows


async def complete_window(
    connection: Connection, organisation: Id, window: Id, now: datetime
) -> bool:
    """Write that a closed window is complete, in the caller's transaction; False when it was so.

    Who calls has seen, under the window's lock (`lock_window`), that no order in it is left held.
    """
    return await windows.set_window_complete(connection, organisation, window, now)
