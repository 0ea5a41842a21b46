"""`python -m benchmarks.sheets`: import and export beside PostgreSQL's COPY of the same rows.

Both sides write the same rows into the same tables with the same indexes, each in a database of its
own that was empty before; and both read them out as the same lines. What counts is the CPU of the
application and of all of PostgreSQL's processes together. The promise is a ratio of at most 5.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, Final

import asyncpg
import uvloop
from biip.checksums import gs1_standard_check_digit

from benchmarks.engine import QuietLog, prepare
from benchmarks.meter import Cost, Meter
from entrepot.catalogue import export_products, import_products, import_suppliers
from entrepot.catalogue.views import PRODUCT_LINE
from entrepot.identity import NewOrganisation, Organisation, create_organisation
from entrepot.infra.ids import new_id
from entrepot.infra.migrate import migrate
from entrepot.infra.pool import Pool, open_pool
from entrepot.infra.postgres import running_database
from entrepot.infra.postgres.places import SUPERUSER
from entrepot.infra.settings import Settings
from entrepot.infra.sheets import ImportOptions, SheetForm
from entrepot.infra.statements import load_statements
from entrepot.infra.writing import Written
from entrepot.kernel.caller import Caller, Scope

RATIO_MAX: Final = 5.0
TABLES: Final = ("products", "variants")
SUPPLIERS: Final = 100
KIBIBYTES_PER_MEGABYTE: Final = 1_000
_COPIED: Final = "copied"


def write_products(file: BinaryIO, rows: int) -> None:
    """Write a sheet as a shop may have it: every column filled, a product of its own for each."""
    file.write(",".join(PRODUCT_LINE).encode() + b"\r\n")
    for number in range(rows):
        digits = f"{871_000_000_000 + number:012}"
        gtin = digits + str(gs1_standard_check_digit(digits))
        file.write(
            f"SKU-{number:08},Thing number {number} of many,Product {number},{gtin},piece,"
            f"wholesale,{number % 900 + 1}.95,{number % 700 + 1}.5,{number % 500 + 1}.25,21,"
            f"yes,no,yes,1,1,{number % 24 + 1},Supplier {number % SUPPLIERS},S-{number},"
            "active\r\n".encode()
        )


@asynccontextmanager
async def opened(dsn: str, settings: Settings) -> AsyncIterator[Pool]:
    """A pool on a database that has every table and nothing in it."""
    await migrate(dsn)
    pool = await open_pool(dsn, settings)
    try:
        yield pool
    finally:
        await pool.close()


async def import_into(pool: Pool, file: Path, caller: Caller) -> None:
    """Import the sheet, and see that every row went in."""
    with file.open("rb") as source:
        answer = await import_products(pool, new_id, caller, source, ImportOptions())
    assert isinstance(answer, Written), answer
    assert answer.answer.created == answer.answer.rows, answer.answer


async def export_from(pool: Pool, caller: Caller) -> None:
    """Export the sheet to nowhere."""
    sheet = await export_products(pool, caller, SheetForm())
    assert isinstance(sheet, AsyncIterator), sheet
    async for _ in sheet:
        pass


async def copy_out(connection: asyncpg.Connection[asyncpg.Record], organisation: str) -> None:
    """Have PostgreSQL write the lines that an export writes."""
    sql = load_statements("entrepot.catalogue", "views.sql")["list_product_lines"]
    sql = sql.replace("LIMIT $3", "").replace("$1", f"'{organisation}'::uuid").replace("$2", "''")

    async def nowhere(_: bytes) -> None:
        """Take what comes."""

    await connection.copy_from_query(sql, output=nowhere, format="csv")


async def copy_in(
    connection: asyncpg.Connection[asyncpg.Record], directory: Path, tables: tuple[str, ...]
) -> None:
    """Have PostgreSQL read tables from files."""
    for table in tables:
        await connection.copy_to_table(table, source=directory / table, format="csv")


async def measure(rows: int) -> list[tuple[str, Cost, Cost]]:
    """Measure both directions on both sides, as (what, ours, the floor)."""
    directory, settings, places = prepare("")
    files = Path(tempfile.mkdtemp(prefix="entrepot-sheets-"))
    try:
        with (files / "products.csv").open("wb") as file:
            write_products(file, rows)
        async with running_database(settings, QuietLog()) as dsn, opened(dsn, settings) as pool:
            meter = Meter(places)
            caller = await _make_organisation(pool, files)
            ours_in = await meter.cost(lambda: import_into(pool, files / "products.csv", caller))
            ours_out = await meter.cost(lambda: export_from(pool, caller))
            root = await asyncpg.connect(places.dsn(SUPERUSER, "entrepot"))
            floor_out = await meter.cost(lambda: copy_out(root, caller.organisation))
            for table in ("organisations", "suppliers", *TABLES):
                await root.copy_from_table(table, output=files / table, format="csv")
            await root.execute(f"CREATE DATABASE {_COPIED}")
            await root.close()
            copied = places.dsn(SUPERUSER, _COPIED)
            await migrate(copied)
            root = await asyncpg.connect(copied)
            await copy_in(root, files, ("organisations", "suppliers"))
            floor_in = await meter.cost(lambda: copy_in(root, files, TABLES))
            await root.close()
        return [("import", ours_in, floor_in), ("export", ours_out, floor_out)]
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        shutil.rmtree(files, ignore_errors=True)


async def _make_organisation(pool: Pool, files: Path) -> Caller:
    made = await create_organisation(pool, new_id, NewOrganisation("shop", "Shop"))
    assert isinstance(made, Organisation), made
    caller = Caller(made.inner_id, frozenset(scope.value for scope in Scope))
    path = files / "suppliers.csv"
    path.write_text("\n".join(["name", *[f"Supplier {n}" for n in range(SUPPLIERS)]]))
    with path.open("rb") as source:
        await import_suppliers(pool, new_id, caller, source, ImportOptions())
    return caller


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sheets", description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000, help="rows (default: 20,000)")
    rows: int = parser.parse_args().rows
    for what, ours, floor in uvloop.run(measure(rows)):
        ratio = ours.cpu / floor.cpu
        print(
            f"{what}: {rows:,} rows in {ours.wall:.1f} s, {rows / ours.wall:,.0f} a second; CPU"
            f" {ours.application:.2f} + {ours.postgres:.2f} s (application + PostgreSQL), COPY"
            f" {floor.cpu:.2f} s: {ratio:.2f} times, {'met' if ratio <= RATIO_MAX else 'NOT MET'}"
        )
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIBIBYTES_PER_MEGABYTE
    print(f"most memory of the application: {most:.0f} MB")


if __name__ == "__main__":
    main()
