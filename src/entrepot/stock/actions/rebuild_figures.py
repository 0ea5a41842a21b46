"""Rebuild figures of positions that are not what their ledger, holds and allocations say."""

from collections.abc import Callable
from typing import Final

import msgspec

from entrepot.infra.ground import Act, read_clock, write_ground
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Happening, writing
from entrepot.kernel import ids
from entrepot.kernel.demand import PositionKey
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import LOWEST
from entrepot.stock import store
from entrepot.stock.model.rebuilding import FiguresRepaired, answer_figures, rebuild

POSITIONS_MAX: Final = 500
"""Positions looked at in one transaction."""


async def rebuild_figures(
    pool: Pool, new_id: Callable[[], Id], after: PositionKey | None = None
) -> tuple[list[Happening], PositionKey | None]:
    """Rebuild the figures of the next 500 positions that are wrong, in one transaction.

    The operator's act; it starts after a position. Returns what was rebuilt, and after which
    position to go on, or None at the end. What cannot be derived stays as it is. Every position
    rebuilt is in the audit of its owner, and those who wait for it are looked at again.
    """
    start = after or PositionKey(LOWEST, LOWEST, LOWEST)
    async with writing(pool) as connection:
        wrong = await store.read_wrong_positions(connection, start, POSITIONS_MAX)
        if not wrong:
            return [], None
        variants = sorted({(key.owner, key.variant) for key in wrong})
        locked = await store.lock_positions(connection, variants)
        there = {figures.key: figures for figures, _ in locked}
        found = await store.read_sources(connection, wrong)
        now = await read_clock(connection)
        rebuilt = [
            (there.get(sources.key), due)
            for sources in found
            if (due := rebuild(there.get(sources.key), sources)) is not None
        ]
        repaired = [
            FiguresRepaired(
                ids.VARIANT + due.key.variant,
                ids.LOCATION + due.key.location,
                None if before is None else answer_figures(before),
                answer_figures(due),
            )
            for before, due in rebuilt
        ]
        if rebuilt:
            await store.write_figures(connection, [due for _, due in rebuilt])
            acts = [
                Act(
                    due.key.owner,
                    new_id(),
                    None,
                    "stock.repaired",
                    each.variant,
                    msgspec.json.encode(each),
                    None,
                )
                for (_, due), each in zip(rebuilt, repaired, strict=True)
            ]
            await write_ground(connection, now, acts)
    happened = [Happening("stock.repaired", each.variant, each) for each in repaired]
    return happened, wrong[-1] if len(wrong) == POSITIONS_MAX else None
