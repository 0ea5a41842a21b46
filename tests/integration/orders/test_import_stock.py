"""Stock comes in from a sheet: counts and receipts, each once, whatever happens in between."""

from __future__ import annotations

import asyncio
import csv
import io
from typing import NamedTuple

import pytest

from entrepot.infra.pool import Pool
from entrepot.infra.sheets import ImportReport, SheetForm
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.refusal import Refusal
from entrepot.orders import Desk, import_stock
from entrepot.stock import export_stock
from tests.factories.callers import caller_for
from tests.factories.counter import Counter, order_of
from tests.factories.network import Network
from tests.factories.sheets import FailedRows, counts, options, reported, sheet_of


class Store(NamedTuple):
    """A shop with two variants and a second location."""

    pool: Pool
    caller: Caller
    desk: Desk
    variants: tuple[str, str]
    skus: tuple[str, str]

    async def imports(
        self, *lines: str, failed: FailedRows | None = None, **fields: object
    ) -> ImportReport:
        kept = (failed or FailedRows()).sheet
        file = sheet_of(*lines)
        return reported(
            await import_stock(self.desk, self.caller, file, options(**fields), failed=kept)
        )

    async def figures(self) -> list[tuple[str, str, str, int]]:
        """Sku, location, on hand and version of each position."""
        rows = await self.pool.fetch(
            "SELECT v.sku, l.code, trim_scale(p.on_hand)::text, p.version FROM positions p"
            " JOIN variants v ON v.id = p.variant JOIN locations l ON l.id = p.location"
            " WHERE p.owner = $1 ORDER BY v.sku, l.code",
            self.caller.organisation,
        )
        return [tuple(row) for row in rows]

    async def exported(self) -> list[str]:
        sheet = await export_stock(self.pool, self.caller, SheetForm())
        assert not isinstance(sheet, Refusal)
        return b"".join([piece async for piece in sheet]).decode().splitlines()


@pytest.fixture
async def store(pool: Pool, network: Network, desk: Desk) -> Store:
    organisation = await network.organisation()
    await network.location(organisation, "attic", rank=5)
    variants = await network.variant(organisation, "A"), await network.variant(organisation, "B")
    rows = await pool.fetch(
        "SELECT sku FROM variants WHERE organisation = $1 ORDER BY sku", organisation
    )
    return Store(pool, caller_for(organisation), desk, variants, (rows[0][0], rows[1][0]))


async def test_counts_and_receipts(store: Store) -> None:
    a, b = store.skus
    report = await store.imports(
        "artikelnummer;locatie;voorraad;ontvangen", f"{a};;12,5;", f"{a};attic;;3", f"{b};;;"
    )
    assert counts(report) == (2, 0, 1, 0)
    assert await store.figures() == [(a, "attic", "3", 1), (a, "main", "12.5", 1)]
    report = await store.imports("sku,on_hand", f"{a},12.5", f"{b},0")
    assert counts(report) == (1, 0, 1, 0)


async def test_the_same_file_happens_once(store: Store) -> None:
    a, b = store.skus
    lines = ["sku,on_hand,receive", f"{a},10,", f"{b},,4", f"{b},,4"]
    assert counts(await store.imports(*lines)) == (3, 0, 0, 0)
    before = await store.figures()
    assert counts(await store.imports(*lines, dry_run=True)) == (0, 0, 3, 0)
    assert counts(await store.imports(*lines)) == (0, 0, 3, 0)
    assert await store.figures() == before
    assert before == [(a, "main", "10", 1), (b, "main", "8", 2)]


async def test_a_count_that_was_done_is_not_repeated_over_what_came_after(
    store: Store, counter: Counter
) -> None:
    a, _ = store.skus
    lines = ["sku,on_hand", f"{a},10"]
    await store.imports(*lines)
    await counter.receive(store.caller.organisation, store.variants[0], 5)
    assert counts(await store.imports(*lines)) == (0, 0, 1, 0)
    assert await store.figures() == [(a, "main", "15", 2)]


async def test_at_once_the_same_file_still_happens_once(store: Store) -> None:
    a, b = store.skus
    lines = ["sku,receive", *[f"{each},1" for each in (a, b) * 50]]
    await asyncio.gather(*[store.imports(*lines, chunk_rows=30) for _ in range(3)])
    assert [each[2] for each in await store.figures()] == ["50", "50"]


async def test_bad_rows_are_handed_back_and_a_dry_run_says_the_same(store: Store) -> None:
    a, b = store.skus
    await store.imports("sku,on_hand", f"{a},5")
    lines = [
        "sku,location,on_hand,receive,version",
        f"{b},attic,1,1,",
        "nobody,moon,1,,",
        f"{b},,-1,,",
        f"{b},,,0,",
        f"{b},,,0.0001,",
        f"{a},,6,,9",
        f"{a},attic,6,,0",
        f"{a},attic,7,,",
        ",,7,,",
    ]
    dry, real = FailedRows(), FailedRows()
    foreseen = await store.imports(*lines, failed=dry, dry_run=True)
    report = await store.imports(*lines, failed=real)
    assert counts(foreseen) == counts(report) == (1, 0, 0, 8)
    assert (
        real.codes
        == dry.codes
        == [
            "orders.count_or_receipt",
            "orders.unknown_variant orders.unknown_location",
            "orders.quantity_not_positive",
            "orders.quantity_not_positive",
            "orders.quantity_too_precise",
            "stock.version_changed",
            "import.row_repeated",
            "orders.unknown_variant",
        ]
    )


async def test_a_count_is_held_against_the_version_that_was_exported(
    store: Store, counter: Counter
) -> None:
    a, b = store.skus
    await store.imports("sku,on_hand", f"{a},10", f"{b},20")
    lines = await store.exported()
    rows = list(csv.DictReader(io.StringIO("\n".join(lines))))
    assert [(row["sku"], row["on_hand"], row["version"]) for row in rows] == [
        (a, "10", "1"),
        (b, "20", "1"),
    ]
    await counter.place(store.caller.organisation, order_of((store.variants[1], 2), paid=True))
    failed = FailedRows()
    report = await store.imports(*lines, failed=failed)
    assert counts(report) == (0, 0, 1, 1)
    assert failed.codes == ["stock.version_changed"]
    assert (await store.exported())[2].split(",")[3:] == ["20", "2", "2", "0", "18"]


async def test_others_goods_and_places_are_unknown(store: Store, network: Network) -> None:
    other = caller_for(await network.organisation())
    failed = FailedRows()
    answer = await import_stock(
        store.desk,
        other,
        sheet_of("sku,location,on_hand", f"{store.skus[0]},attic,1"),
        options(),
        failed=failed.sheet,
    )
    assert counts(reported(answer)) == (0, 0, 0, 1)
    assert failed.codes == ["orders.unknown_variant orders.unknown_location"]


async def test_needs_the_scope(store: Store) -> None:
    reader = caller_for(store.caller.organisation, Scope.STOCK_READ)
    answer = await import_stock(store.desk, reader, sheet_of("sku,on_hand"), options())
    assert isinstance(answer, Refusal)
    assert answer.code == "identity.scope_missing"
