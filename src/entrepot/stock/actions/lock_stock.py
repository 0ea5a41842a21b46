"""Lock the positions of variants."""

from collections.abc import Iterable, Sequence

from entrepot.infra.pool import Connection
from entrepot.kernel.demand import WantedPosition
from entrepot.kernel.ids import Id
from entrepot.stock import store
from entrepot.stock.model import Figures


async def lock_stock(
    connection: Connection,
    variants: Sequence[tuple[Id, Id]],
    wanted: Iterable[WantedPosition] = (),
) -> list[tuple[Figures, str | None]]:
    """Lock all positions of (owner, variant) pairs, in key order, with their recheck cursors.

    `wanted` are positions to make first where there are none.
    """
    missing = list(wanted)
    if missing:
        await store.insert_missing_positions(connection, missing)
    return await store.lock_positions(connection, variants)
