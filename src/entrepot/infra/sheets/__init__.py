"""Sheets: CSV files as spreadsheet programs write them, read and written in flat memory.

Knows nothing of what the rows mean: an area says which columns there are and decides each chunk.
"""

from entrepot.infra.sheets.columns import Column, Kind, Unique
from entrepot.infra.sheets.glancing import Glanced, glance_at
from entrepot.infra.sheets.importing import (
    Decide,
    Ending,
    FailedSheet,
    Importer,
    ImportReport,
    Progress,
    RivalError,
    Verdict,
    Watch,
    import_sheet,
)
from entrepot.infra.sheets.opening import ImportOptions, Row, Sheet, open_sheet
from entrepot.infra.sheets.values import DecimalMark
from entrepot.infra.sheets.writing import SheetForm, SheetWriter, template_of, write_pages

__all__ = [
    "Column",
    "Decide",
    "DecimalMark",
    "Ending",
    "FailedSheet",
    "Glanced",
    "ImportOptions",
    "ImportReport",
    "Importer",
    "Kind",
    "Progress",
    "RivalError",
    "Row",
    "Sheet",
    "SheetForm",
    "SheetWriter",
    "Unique",
    "Verdict",
    "Watch",
    "glance_at",
    "import_sheet",
    "open_sheet",
    "template_of",
    "write_pages",
]
