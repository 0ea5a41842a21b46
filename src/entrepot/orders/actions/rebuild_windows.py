"""Rebuild what sales sessions copy from their customers' holds."""

from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec

from entrepot import stock
from entrepot.infra.ground import Act, read_clock, write_ground
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Happening, writing
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import LOWEST
from entrepot.orders.model.rebuilding import sessions_repaired
from entrepot.orders.store import windows

PRODUCTS_MAX: Final = 200
"""Products of sessions looked at in one transaction."""

ProductKey: TypeAlias = tuple[Id, Id, Id]


async def rebuild_windows(
    pool: Pool, new_id: Callable[[], Id], after: ProductKey | None = None
) -> tuple[list[Happening], ProductKey | None]:
    """Rebuild what the next 200 products of sessions hold that are wrong, in one transaction.

    The operator's act; it starts after an (organisation, session, variant). Returns what was
    rebuilt, by session, and after which product to go on, or None at the end. Every session rebuilt
    is in the audit of its organisation. The positions are locked, under which batches count.
    """
    async with writing(pool) as connection:
        wrong = await windows.read_wrong_windows(
            connection, after or (LOWEST, LOWEST, LOWEST), PRODUCTS_MAX
        )
        if not wrong:
            return [], None
        await stock.lock_stock(connection, sorted({(row[3], row[2]) for row in wrong}))
        now = await read_clock(connection)
        rebuilt = await windows.rebuild_windows(connection, [row[:3] for row in wrong])
        done = sessions_repaired(rebuilt)
        if done:
            acts = [
                Act(
                    organisation,
                    new_id(),
                    None,
                    "orders.session_repaired",
                    each.sales_session,
                    msgspec.json.encode(each),
                    None,
                )
                for organisation, each in done
            ]
            await write_ground(connection, now, acts)
    happened = [Happening("orders.session_repaired", each.sales_session, each) for _, each in done]
    return happened, wrong[-1][:3] if len(wrong) == PRODUCTS_MAX else None
