"""Sheets out: products, suppliers and stock as CSV, written while they are read."""

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec

from entrepot import catalogue, stock
from entrepot.apis.rest.problems import CSV, OK, Reply
from entrepot.apis.rest.routes import API, Call, Route, granted
from entrepot.infra.sheets import SheetForm
from entrepot.kernel.caller import Scope

_DELIMITERS: Final[Mapping[str, Literal[",", ";", "\t"]]] = {
    "comma": ",",
    "semicolon": ";",
    "tab": "\t",
}


class ExportQuery(msgspec.Struct, forbid_unknown_fields=True):
    """How to write the sheet."""

    delimiter: Annotated[
        Literal["comma", "semicolon", "tab"],
        msgspec.Meta(description="What parts the columns."),
    ] = "comma"
    bom: Annotated[
        bool,
        msgspec.Meta(description="Begin with the mark by which Excel recognises UTF-8."),
    ] = False


async def export_products(call: Call[ExportQuery, None]) -> Reply:
    """Write the caller's variants."""
    database = call.services.database
    sheet = granted(await catalogue.export_products(database, call.caller, form_of(call)))
    return await show_sheet(sheet, "products")


async def export_suppliers(call: Call[ExportQuery, None]) -> Reply:
    """Write the caller's suppliers."""
    database = call.services.database
    sheet = granted(await catalogue.export_suppliers(database, call.caller, form_of(call)))
    return await show_sheet(sheet, "suppliers")


async def export_stock(call: Call[ExportQuery, None]) -> Reply:
    """Write the caller's positions."""
    database = call.services.database
    sheet = granted(await stock.export_stock(database, call.caller, form_of(call)))
    return await show_sheet(sheet, "stock")


def form_of(call: Call[ExportQuery, None]) -> SheetForm:
    """How the caller wants a sheet to be written."""
    return SheetForm(_DELIMITERS[call.query.delimiter], has_mark=call.query.bom)


async def show_sheet(sheet: AsyncIterator[bytes], name: str) -> Reply:
    """Answer with a sheet, once its first part is read: until then a failure is still a problem."""
    first = await anext(sheet)
    disposition = f'attachment; filename="{name}.csv"'.encode()
    headers = ((b"content-disposition", disposition),)
    return Reply(OK, first, CSV, headers, sheet)


class _Topic(NamedTuple):
    """What is said of exporting one kind of sheet."""

    kind: str
    handler: Any
    scope: Scope
    detail: str


_TOPICS: Final = (
    _Topic("products", export_products, Scope.CATALOGUE_READ, "One row a variant, by `sku`."),
    _Topic("suppliers", export_suppliers, Scope.CATALOGUE_READ, "One row a supplier, by `name`."),
    _Topic(
        "stock",
        export_stock,
        Scope.STOCK_READ,
        "One row a position, by `sku` and `location`, with the version that its figures have.",
    ),
)

ROUTES: Final = tuple(
    Route(
        method="GET",
        path=f"{API}/exports/{topic.kind}",
        topic="Sheets",
        summary=f"Export {topic.kind} as CSV",
        detail=(
            f"{topic.detail} Cells that would be read as formulas begin with an apostrophe, which"
            " an import takes off again."
        ),
        handler=topic.handler,
        query=ExportQuery,
        answer=str,
        media_type=CSV.decode(),
        scope=topic.scope,
    )
    for topic in _TOPICS
)
