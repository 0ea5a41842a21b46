"""Suppliers come in from a sheet by name."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from entrepot.catalogue import export_suppliers, import_suppliers
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.sheets import SheetForm
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.sheets import FailedRows, counts, options, reported, sheet_of

FIELDS = "name, email, backorders_allowed, backorder_threshold, state"


@pytest.fixture
async def caller(network: Network) -> Caller:
    return caller_for(await network.organisation())


async def imports(
    pool: Pool, caller: Caller, *lines: str, failed: FailedRows | None = None, **fields: object
) -> tuple[int, int, int, int]:
    answer = await import_suppliers(
        pool,
        new_id,
        caller,
        sheet_of(*lines),
        options(**fields),
        failed=(failed or FailedRows()).sheet,
    )
    return counts(reported(answer))


async def suppliers(pool: Pool, caller: Caller) -> list[tuple[Any, ...]]:
    rows = await pool.fetch(
        f"SELECT {FIELDS} FROM suppliers WHERE organisation = $1 ORDER BY name_key",
        caller.organisation,
    )
    return [tuple(row) for row in rows]


async def test_suppliers_are_made_changed_and_left_alone(pool: Pool, caller: Caller) -> None:
    first = ("Leverancier;E-mail;Backorders", "De Molen;a@molen.example;ja", "Jansen;;nee")
    assert await imports(pool, caller, *first) == (2, 0, 0, 0)
    assert await imports(pool, caller, *first) == (0, 0, 2, 0)
    done = await imports(
        pool,
        caller,
        "name,email,backorder_threshold,state",
        "DE MOLEN,,1,",
        "Jansen,,0,deactivated",
    )
    assert done == (0, 2, 0, 0)
    assert await suppliers(pool, caller) == [
        ("DE MOLEN", None, True, 1, "active"),
        ("Jansen", None, False, 0, "deactivated"),
    ]
    acts = await acts_of(pool, caller.organisation)
    assert [act for act, _, _ in acts] == ["catalogue.suppliers_imported"] * 2
    assert [(len(a["created"]), len(a["changed"])) for _, _, a in acts] == [(2, 0), (0, 2)]


async def test_bad_rows_are_handed_back(pool: Pool, caller: Caller) -> None:
    failed = FailedRows()
    done = await imports(
        pool,
        caller,
        "name,email,backorder_threshold,state",
        "A,no address,7,gone",
        "a,,,",
        "B,,x,",
        "C,,,deleted",
        "D,,,",
        failed=failed,
    )
    assert done == (1, 0, 0, 4)
    assert failed.codes[0].split() == [
        "catalogue.email_not_valid",
        "catalogue.backorder_threshold_not_valid",
        "catalogue.state_not_valid",
    ]
    assert failed.codes[1:] == [
        "import.row_repeated",
        "import.value_not_valid",
        "catalogue.state_not_valid",
    ]


async def test_accents_typed_in_two_ways_are_one_name(pool: Pool, caller: Caller) -> None:
    failed = FailedRows()
    done = await imports(pool, caller, "name", "Caf\u00e9", "Cafe\u0301", failed=failed)
    assert done == (1, 0, 0, 1)
    assert failed.codes == ["catalogue.name_taken"]


async def test_a_dry_run_writes_nothing(pool: Pool, caller: Caller) -> None:
    assert await imports(pool, caller, "name", "A", "B", dry_run=True) == (2, 0, 0, 0)
    assert await suppliers(pool, caller) == []


async def test_rivals_both_end_well(pool: Pool, caller: Caller) -> None:
    lines = ["name", *[f"Supplier {n}" for n in range(100)]]
    done = await asyncio.gather(*[imports(pool, caller, *lines, chunk_rows=30) for _ in range(3)])
    assert sum(each[0] for each in done) == 100
    assert all(each[3] == 0 for each in done)


async def test_needs_the_scope(pool: Pool, caller: Caller) -> None:
    reader = caller_for(caller.organisation, Scope.CATALOGUE_READ)
    answer = await import_suppliers(pool, new_id, reader, sheet_of("name", "A"), options())
    assert isinstance(answer, Refusal)
    assert answer.code == "identity.scope_missing"


async def test_out_and_in_changes_nothing(pool: Pool, caller: Caller) -> None:
    await imports(pool, caller, "name,email,backorders", "=A1,,yes", "'-b,b@b.example,no")
    sheet = await export_suppliers(pool, caller, SheetForm())
    assert not isinstance(sheet, Refusal)
    lines = (b"".join([piece async for piece in sheet])).decode().splitlines()
    assert lines[1:] == ["'-b,b@b.example,no,0,active", "'=A1,,yes,0,active"]
    assert await imports(pool, caller, *lines) == (0, 0, 2, 0)
