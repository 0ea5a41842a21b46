"""A remote trader's window is found by its times, or made."""

from __future__ import annotations

from datetime import timedelta

import pytest

from entrepot.infra.clock import utc_now
from entrepot.infra.ids import new_id
from entrepot.orders import NewRemoteWindow, open_remote_window
from tests.factories.counter import Counter
from tests.factories.network import Network


@pytest.mark.parametrize("ends", [True, False])
async def test_it_is_made_once_for_its_times(
    network: Network, counter: Counter, *, ends: bool
) -> None:
    trader, now = await network.organisation(), utc_now()
    later = now + timedelta(days=1)
    found = []
    for _ in range(2):
        async with counter.pool.acquire() as connection, connection.transaction():
            window = NewRemoteWindow(trader, new_id(), now, later if ends else None, later)
            found.append(await open_remote_window(connection, window, now))
    assert found[0] == found[1]
    ((ident, remote),) = await counter.rows("SELECT id, is_remote FROM selling_windows")
    assert (ident, remote) == (found[0], True)
