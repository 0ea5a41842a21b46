"""Find or open the selling window of a remote trader's session."""

from datetime import datetime

from entrepot.infra.pool import Connection
from entrepot.kernel.ids import Id
from entrepot.orders.model.selling import NewRemoteWindow
from entrepot.orders.store import windows


async def open_remote_window(connection: Connection, window: NewRemoteWindow, now: datetime) -> Id:
    """Return the window with these times, which is made where there is none.

    One without an end is found until its hold is over; then another is made. Asked twice at once
    there is one, if both ask for the same hold.
    """
    found = await windows.find_remote_window(connection, *_times(window), now)
    if found is None:
        await windows.insert_remote_window(connection, window)
        found = await windows.find_remote_window(connection, *_times(window), now)
    assert found is not None, "it was just written, by this transaction or another"
    return found


def _times(window: NewRemoteWindow) -> tuple[Id, datetime | None, datetime | None]:
    return window.organisation, window.opens_at, window.closes_at
