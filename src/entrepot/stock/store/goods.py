"""Reading what an organisation has to sell, and how it stood. Runs the statements beside it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel.demand import PositionKey
from entrepot.kernel.ids import Id
from entrepot.stock.model.goods import FiguresThen, GoodsFilter, GoodsRow

SQL = load_statements("entrepot.stock.store", "goods.sql")

ROWS: Mapping[str, type] = {"list_goods": GoodsRow, "list_figures_then": FiguresThen}

LISTED = ("active", "deactivated")


async def list_goods(
    connection: Connection,
    owner: Id,
    wanted: GoodsFilter,
    after: str,
    among: int,
    limit: int,
) -> list[GoodsRow]:
    """Read an owner's goods that fit, of at most `among` by sku from after `after` on.

    The last of those looked through is always there, whether it fits or not.
    """
    is_number = wanted.text.isascii() and wanted.text.isdigit()
    rows = await connection.fetch(
        SQL["list_goods"],
        owner,
        LISTED if wanted.state is None else (wanted.state,),
        after,
        wanted.supplier,
        among,
        wanted.pattern,
        wanted.text.zfill(14) if is_number else None,
        wanted.short,
        wanted.shared,
        wanted.offered,
        limit,
    )
    return [GoodsRow(*row) for row in rows]


async def list_figures_then(
    connection: Connection, position: PositionKey, moments: Sequence[datetime]
) -> list[FiguresThen]:
    """Read a position's figures as they were just before each of these moments, in their order."""
    rows = await connection.fetch(SQL["list_figures_then"], *position, moments)
    return [FiguresThen(*row) for row in rows]
