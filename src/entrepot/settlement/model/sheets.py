"""How a document's lines stand in a sheet."""

from typing import Final

from entrepot.kernel import ids
from entrepot.kernel.weeks import week_label
from entrepot.settlement.model.documents import SettlementLine, SettlementRow

SHEET_COLUMNS: Final = (
    "settlement",
    "week",
    "line",
    "sku",
    "name",
    "partner_sku",
    "transferred",
    "reversed",
    "net",
    "unit_price",
    "currency",
    "vat_rate",
    "amount",
    "transfers",
)
"""The columns of an exported document."""


def sheet_cells(found: SettlementRow, line: SettlementLine) -> tuple[str | None, ...]:
    """A line of a document, a cell for each column."""
    return (
        ids.SETTLEMENT + found.id,
        week_label(found.week),
        str(line.line),
        line.sku,
        line.name,
        line.partner_sku,
        line.transferred,
        line.reversed,
        line.net,
        line.unit_price,
        found.currency,
        line.vat_rate,
        line.amount,
        str(line.transfers),
    )
