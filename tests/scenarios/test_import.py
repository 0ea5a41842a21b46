"""A new user with a spreadsheet with thirty faults in it gets to a first order by the guide.

Every command comes from docs/guides/import.md as it stands there; only the files are the test's.
`thirty_faults.csv` has a column that is nobody's and twenty-nine rows that are wrong, one of which
also makes the file's decimals contradict each other.
"""

from __future__ import annotations

import asyncio
import csv
import re
import shutil
import subprocess
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import asyncpg
import msgspec
import pytest

from entrepot.infra.pool import Pool
from tests.factories.killable import KillableServer
from tests.factories.locks import until_waiting
from tests.factories.served import PROGRAM, environ_of

HERE = Path(__file__).parent
GUIDE = HERE.parents[1] / "docs/guides/import.md"
BASH = shutil.which("bash") or "/bin/bash"
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)

CODES = [
    "import.value_not_valid",
    *["import.row_not_readable"] * 5,
    *["catalogue.sku_not_valid"] * 2,
    "import.row_repeated",
    *["catalogue.name_not_valid"] * 3,
    *["catalogue.gtin_not_valid"] * 3,
    "import.row_repeated",
    "import.value_not_valid",
    *["catalogue.price_not_valid"] * 3,
    "catalogue.vat_rate_not_valid",
    "import.value_not_valid",
    "catalogue.vat_rate_not_valid",
    "catalogue.unit_not_valid",
    "import.value_not_valid",
    *["catalogue.quantity_not_valid"] * 2,
    "catalogue.units_per_case_not_valid",
    "catalogue.unknown_supplier",
]
"""What is wrong with each row that fails, in the order of the file."""


class Ended(NamedTuple):
    """How a block of the guide ended."""

    code: int
    out: str
    err: str


class Reader:
    """Somebody who types what the guide says, in a directory with their files."""

    def __init__(self, directory: Path, environ: dict[str, str], address: str) -> None:
        self.directory = directory
        self.environ = environ
        text = GUIDE.read_text(encoding="utf-8").replace("http://127.0.0.1:8000", address)
        self.blocks = SHELL.findall(text)
        self.typed = 0

    def types_next(self) -> Ended:
        """Type the next block of the guide."""
        script = self.blocks[self.typed]
        self.typed += 1
        done = subprocess.run(
            [BASH, "-c", script],
            cwd=self.directory,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture
async def reader(database: str, tmp_path: Path) -> AsyncIterator[Reader]:
    server = KillableServer(database, tmp_path / "data")
    await server.start()
    await server.ready()
    directory = tmp_path / "files"
    directory.mkdir()
    shutil.copy(HERE / "thirty_faults.csv", directory / "assortment.csv")
    suppliers = re.search(r"```text\n(Leverancier.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert suppliers is not None
    (directory / "suppliers.csv").write_text(suppliers[1], encoding="utf-8")
    counts = re.search(r"```text\n(sku;voorraad.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert counts is not None
    (directory / "count.csv").write_text(counts[1], encoding="utf-8")
    try:
        yield Reader(directory, environ_of(database, tmp_path / "data"), server.address)
    finally:
        await server.end()


def mend(path: Path) -> None:
    """Do to each failed row what its error says: here, write something right over all of it."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file, delimiter=";")
    assert header[-1] == "error"
    width = len(header) - 1
    mended = [
        [f"NEW-{n}", f"Mended {n}", "", "1.004,95", *[""] * (width - 4), row[-1]]
        for n, row in enumerate(rows)
    ]
    assert all(len(row) == width + 1 for row in mended)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([header, *mended])


def codes_in(path: Path) -> list[str]:
    """The first code in the error of each row."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        _, *rows = csv.reader(file, delimiter=";")
    return [row[-1].partition(":")[0] for row in rows]


async def test_from_a_sheet_with_thirty_faults_to_the_first_order(
    reader: Reader, pool: Pool
) -> None:
    assert reader.types_next().code == 0
    suppliers = reader.types_next()
    assert (suppliers.code, suppliers.out) == (
        0,
        "2 rows: 2 created, 0 changed, 0 unchanged, 0 failed.\n",
    )

    refused = reader.types_next()
    assert refused.code == 4
    assert "Kleur" in refused.err
    assert "(import.column_unknown)" in refused.err
    contradicting = reader.types_next()
    assert contradicting.code == 4
    assert "(import.decimals_contradict)" in contradicting.err
    assert "3.95" in contradicting.err
    assert await pool.fetchval("SELECT count(*) FROM variants") == 0

    written = reader.types_next()
    assert written.code == 6, written.err
    assert written.out == "34 rows: 5 created, 0 changed, 0 unchanged, 29 failed.\n"
    assert "assortment.failed.csv" in written.err
    failed = reader.directory / "assortment.failed.csv"
    assert codes_in(failed) == CODES

    mend(failed)
    mended = reader.types_next()
    assert (mended.code, mended.out) == (
        0,
        "29 rows: 29 created, 0 changed, 0 unchanged, 0 failed.\n",
    ), mended.err

    counted = reader.types_next()
    assert counted.out == "2 rows: 2 created, 0 changed, 0 unchanged, 0 failed.\n", counted.err
    assert reader.types_next().code == 0
    listed = (reader.directory / "to-count.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in listed[1:]] == ["BELL-01", "TYRE-28"]

    ordered = reader.types_next()
    order = msgspec.json.decode(ordered.out)
    assert (order["status"], order["lines"][0]["held"]) == ("held", "2"), ordered
    assert order["lines"][0]["unit_price"] == "12.95"

    assert reader.types_next().code == 0
    products = (reader.directory / "products.csv").read_text(encoding="utf-8").splitlines()
    assert len(products) == 35
    by_rest = reader.types_next()
    report, _, sheet = by_rest.out.partition("}")
    assert '"unchanged":34' in report, by_rest
    assert sheet.splitlines()[1].startswith("BELL-01;Fietsbel messing;storeroom;25;2;2;0;23")
    assert reader.typed == len(reader.blocks)


def run_entrepot(environ: dict[str, str], *arguments: str) -> Ended:
    done = subprocess.run(
        [PROGRAM, *arguments], env=environ, capture_output=True, text=True, check=False
    )
    return Ended(done.returncode, done.stdout, done.stderr)


BRAKE = """
CREATE FUNCTION brake() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(20260922);
    RETURN new;
END
$$;
CREATE TRIGGER brake BEFORE INSERT ON {table} FOR EACH ROW WHEN ({condition})
EXECUTE FUNCTION brake();
SELECT pg_advisory_lock(20260922);
"""


async def kill_in_the_middle(
    environ: dict[str, str], database: str, table: str, condition: str, *arguments: str
) -> int:
    """Kill a command at the first row it must not write, in a later chunk; what was there then."""
    count = f"SELECT count(*) FROM {table}"
    connection = await asyncpg.connect(database)
    await connection.execute(BRAKE.format(table=table, condition=condition))
    process = await asyncio.create_subprocess_exec(
        PROGRAM, *arguments, env=environ, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        await until_waiting(connection)
        process.kill()
        await process.wait()
        there: int = await connection.fetchval(count)
        assert there > 0
        # Once let go, what waited there finds nobody to answer, and has not happened.
        await connection.execute("SELECT pg_advisory_unlock(20260922)")
        await connection.execute("DROP FUNCTION brake CASCADE")
        assert await connection.fetchval(count) == there
    finally:
        await connection.close()
    return there


async def test_killed_in_the_middle_it_ends_as_if_nothing_had_happened(
    database: str, tmp_path: Path, pool: Pool
) -> None:
    environ = environ_of(database, tmp_path)
    for words in (("organisation", "create", "shop"), ("location", "create", "shop", "main")):
        assert run_entrepot(environ, *words).code == 0
    products, stock = tmp_path / "products.csv", tmp_path / "stock.csv"
    skus = [f"S{n:05}" for n in range(6_001)]
    rows = [f"{sku},Shoe {sku},Shoe {n // 3}" for n, sku in enumerate(skus)]
    products.write_text("\n".join(["sku,name,product", *rows]), encoding="utf-8")
    stock.write_text(
        "\n".join(["sku,receive", *[f"{sku},2" for sku in skus[:1_000]] * 2]), encoding="utf-8"
    )

    import_products = ("import", "products", str(products), "--organisation", "shop", "--json")
    late = "new.sku = 'S04500'"
    there = await kill_in_the_middle(environ, database, "variants", late, *import_products)
    assert there == 4_000, "chunk by chunk"
    done = run_entrepot(environ, *import_products)
    assert done.code == 0, done.err
    report = msgspec.json.decode(done.out)
    assert (report["created"], report["unchanged"]) == (len(skus) - there, there)
    assert await pool.fetchval("SELECT count(*) FROM variants") == len(skus)
    assert await pool.fetchval("SELECT count(*) FROM products") == -(-len(skus) // 3)

    import_stock = ("import", "stock", str(stock), "--organisation", "shop", "--json")
    there = await kill_in_the_middle(environ, database, "ledger", "new.version = 2", *import_stock)
    assert there <= 1_000
    done = run_entrepot(environ, *import_stock)
    assert done.code == 0, done.err
    assert msgspec.json.decode(done.out)["unchanged"] == there
    figures = await pool.fetch("SELECT DISTINCT on_hand, version FROM positions")
    assert [tuple(row) for row in figures] == [(4, 2)]
    again = run_entrepot(environ, *import_stock)
    assert msgspec.json.decode(again.out)["unchanged"] == 2_000
    assert await pool.fetchval("SELECT sum(on_hand) FROM positions") == 4_000
