"""Change a selling window: its times, and what is sold in it."""

from entrepot.infra.pool import Connection
from entrepot.kernel.ids import Id
from entrepot.orders.model.selling import WindowChange
from entrepot.orders.store import windows


async def change_window(
    connection: Connection, organisation: Id, window: Id, change: WindowChange
) -> None:
    """Write what changes of a window, in the transaction that holds its lock (`lock_window`).

    Who calls has checked that no limit falls below what is held, and that nothing is removed that
    somebody ordered.
    """
    if change.times is not None:
        await windows.set_window_times(connection, organisation, window, *change.times)
    if change.sold:
        await windows.set_sold(connection, organisation, window, change.sold)
    if change.removed:
        await windows.delete_sold(connection, organisation, window, change.removed)
