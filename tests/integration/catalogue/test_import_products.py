"""Variants come in from a sheet by sku: made, changed, left alone, or handed back with why."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from entrepot.catalogue import import_products, import_suppliers
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.sheets import ImportReport, Progress
from entrepot.infra.writing import Sent, Written
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.sheets import FailedRows, counts, options, reported, sheet_of


class Shop:
    """An organisation that imports."""

    def __init__(self, pool: Pool, caller: Caller) -> None:
        self.pool = pool
        self.caller = caller
        self.failed = FailedRows()

    async def try_import(
        self, *lines: str, sent: Sent | None = None, **fields: object
    ) -> Written[ImportReport] | Refusal:
        self.failed = FailedRows()
        return await import_products(
            self.pool,
            new_id,
            self.caller,
            sheet_of(*lines),
            options(**fields),
            failed=None if sent else self.failed.sheet,
            sent=sent,
        )

    async def imports(self, *lines: str, **fields: object) -> tuple[int, int, int, int]:
        """Created, changed, unchanged and failed."""
        return counts(reported(await self.try_import(*lines, sent=None, **fields)))

    async def variants(self, columns: str) -> list[tuple[Any, ...]]:
        rows = await self.pool.fetch(
            f"SELECT {columns} FROM variants v WHERE organisation = $1 ORDER BY sku",
            self.caller.organisation,
        )
        return [tuple(row) for row in rows]

    async def products(self) -> list[tuple[str, int]]:
        """Names, and how many variants each has."""
        rows = await self.pool.fetch(
            "SELECT p.name, count(v.id) FROM products p LEFT JOIN variants v"
            " ON v.organisation = p.organisation AND v.product = p.id"
            " WHERE p.organisation = $1 GROUP BY p.id, p.name ORDER BY p.name, p.id",
            self.caller.organisation,
        )
        return [(row[0], row[1]) for row in rows]


@pytest.fixture
async def shop(pool: Pool, network: Network) -> Shop:
    return Shop(pool, caller_for(await network.organisation()))


async def test_new_skus_are_made_and_told_once_a_chunk(shop: Shop) -> None:
    done = await shop.imports(
        "sku;naam;ean;verkoopprijs;btw;hele eenheden;moq",
        "MUG;Mug, blue;4006381333931;8,95;21%;ja;2",
        "TEA;Tea;;1.234,50;9;nee;",
        chunk_rows=1,
    )
    assert done == (2, 0, 0, 0)
    found = await shop.variants("sku, name, gtin, retail_price::text, vat_rate::text, whole_units")
    assert found == [
        ("MUG", "Mug, blue", "4006381333931", "8.9500", "21.00", True),
        ("TEA", "Tea", None, "1234.5000", "9.00", False),
    ]
    acts = await acts_of(shop.pool, shop.caller.organisation)
    assert [act for act, _, _ in acts] == ["catalogue.products_imported"] * 2
    ids = [row[0] for row in await shop.variants("id")]
    assert [answer["created"] for _, _, answer in acts] == [[f"var_{each}"] for each in ids]
    assert [(a["first_row"], a["last_row"]) for _, _, a in acts] == [(2, 2), (3, 3)]


async def test_rows_change_what_they_have_columns_for(shop: Shop) -> None:
    await shop.imports(
        "sku,name,unit,retail_price,gtin,units_per_case", "A,Ale,crate,5,96385074,6", "B,Beer,,1,,"
    )
    done = await shop.imports("sku,retail_price,gtin", "A,5.5,", "B,1.0,", "C,2,")
    assert done == (0, 1, 1, 1)
    assert shop.failed.codes == ["catalogue.name_not_valid"]
    found = await shop.variants("sku, name, unit, retail_price::text, gtin, units_per_case")
    assert found == [
        ("A", "Ale", "crate", "5.5000", None, 6),
        ("B", "Beer", "piece", "1.0000", None, 1),
    ]


async def test_again_it_changes_nothing(shop: Shop) -> None:
    lines = ["sku,name,product,purchase_price", "A,Ale 1 l,Ale,3", "B,Ale 2 l,Ale,5.25"]
    assert await shop.imports(*lines) == (2, 0, 0, 0)
    acts = await acts_of(shop.pool, shop.caller.organisation)
    assert await shop.imports(*lines) == (0, 0, 2, 0)
    assert await acts_of(shop.pool, shop.caller.organisation) == acts


async def test_rows_of_one_product_are_its_variants_also_in_another_chunk(shop: Shop) -> None:
    lines = ["sku,name,product", "A,Red,Chair", "B,Blue,Chair", "C,Green,Chair", "D,Desk,"]
    assert await shop.imports(*lines[:2]) == (1, 0, 0, 0)
    assert await shop.imports(*lines, chunk_rows=2) == (3, 0, 1, 0)
    assert await shop.products() == [("Chair", 3), ("Desk", 1)]


async def test_a_variant_stays_with_its_product(shop: Shop) -> None:
    await shop.imports("sku,name,product", "A,Red,Chair")
    assert await shop.imports("sku,product", "A,Table") == (0, 0, 0, 1)
    assert shop.failed.codes == ["catalogue.product_is_fixed"]


async def test_valid_rows_are_written_and_the_others_handed_back(shop: Shop) -> None:
    done = await shop.imports(
        "sku,name,retail_price,gtin,supplier",
        "A,Ale,1.25,,",
        "B,Beer,cheap,123,Nobody",
        "A,Ale again,1,,",
        ",No sku,1,,",
        "E,Ear,1,4006381333931,",
        "F,Fig,1,04006381333931,",
    )
    assert done == (2, 0, 0, 4)
    assert [row[0] for row in await shop.variants("sku")] == ["A", "E"]
    assert shop.failed.codes == [
        "import.value_not_valid",
        "import.row_repeated",
        "catalogue.sku_not_valid",
        "import.row_repeated",
    ]
    header = shop.failed.content.decode("utf-8-sig").splitlines()[0]
    assert header == "sku,name,retail_price,gtin,supplier,error"
    mended = shop.failed.content.decode().replace("cheap,123,Nobody", "2,,").encode()
    again = await import_products(
        shop.pool,
        new_id,
        shop.caller,
        sheet_of(mended.decode().split("\r\n")[0], mended.decode().split("\r\n")[1]),
        options(),
    )
    assert counts(reported(again)) == (1, 0, 0, 0)


async def test_a_gtin_of_another_variant_is_refused(shop: Shop) -> None:
    await shop.imports("sku,name,gtin", "A,Ale,4006381333931")
    assert await shop.imports("sku,name,gtin", "B,Beer,04006381333931") == (0, 0, 0, 1)
    assert shop.failed.codes == ["catalogue.gtin_taken"]


async def test_suppliers_are_named_by_their_names(shop: Shop) -> None:
    made = await import_suppliers(
        shop.pool, new_id, shop.caller, sheet_of("name", "De Molen"), options()
    )
    assert counts(reported(made)) == (1, 0, 0, 0)
    done = await shop.imports("sku,name,supplier", "A,Ale,de molen", "B,Beer,De Mole")
    assert done == (1, 0, 0, 1)
    assert shop.failed.codes == ["catalogue.unknown_supplier"]
    assert await shop.variants("supplier IS NOT NULL") == [(True,)]
    assert await shop.imports("sku,supplier", "A,") == (0, 1, 0, 0)
    assert await shop.variants("supplier IS NOT NULL") == [(False,)]


async def test_nothing_is_deleted_or_revived_by_a_row(shop: Shop) -> None:
    await shop.imports("sku,name", "A,Ale", "B,Beer")
    assert await shop.imports("sku,state", "A,deleted", "B,deactivated") == (0, 1, 0, 1)
    await shop.pool.execute("UPDATE variants SET state = 'deleted' WHERE sku = 'B'")
    assert await shop.imports("sku,state", "B,active") == (0, 0, 0, 1)
    assert shop.failed.codes == ["catalogue.variant_deleted"]


async def test_prices_with_vat_are_kept_without(shop: Shop) -> None:
    await shop.imports("sku,name,retail_price,vat,inclusief btw", "A,Ale,12.10,21,ja")
    assert await shop.variants("retail_price::text") == [("10.0000",)]


async def test_a_dry_run_reports_the_same_and_writes_nothing(shop: Shop) -> None:
    await shop.imports("sku,name", "A,Ale")
    lines = ["sku,name", "A,Pale ale", "B,Beer", "B,Beer", "C,"]
    before = await acts_of(shop.pool, shop.caller.organisation)
    dry = reported(await shop.try_import(*lines, dry_run=True))
    assert await acts_of(shop.pool, shop.caller.organisation) == before
    assert await shop.variants("name") == [("Ale",)]
    real = reported(await shop.try_import(*lines))
    assert counts(dry) == counts(real) == (1, 1, 0, 2)
    assert (dry.is_written, real.is_written) == (False, True)


async def test_all_or_nothing(shop: Shop) -> None:
    lines = ["sku,name", "A,Ale", "B,"]
    report = reported(await shop.try_import(*lines, all_or_nothing=True, chunk_rows=1))
    assert (counts(report), report.is_written) == ((1, 0, 0, 1), False)
    assert await shop.variants("sku") == []
    assert len(shop.failed.lines) == 1
    assert await shop.imports("sku,name", "A,Ale", all_or_nothing=True) == (1, 0, 0, 0)


async def test_wrong_files_are_refused_whole(shop: Shop) -> None:
    refused = {
        ("name,price,colour", "Ale,1,red"): ["import.column_unknown", "import.column_missing"],
        ("sku,price,verkoopprijs", "A,1,2"): ["import.column_twice"],
        ("sku,price", "A,1.25", 'B,"1,25"'): ["import.decimals_contradict"],
        ("sku,price", "A,1.250"): ["import.decimals_unclear"],
        ("",): ["import.header_missing"],
    }
    for lines, codes in refused.items():
        answer = await shop.try_import(*lines)
        assert isinstance(answer, Refusal)
        assert [fault.code for fault in answer.faults] == codes
    assert await shop.variants("sku") == []


async def test_columns_are_mapped_and_ignored_when_asked(shop: Shop) -> None:
    lines = ["Our code,name,colour", "A,Ale,red"]
    done = await shop.imports(*lines, map={"our CODE": "sku"}, ignore_unknown=True)
    assert done == (1, 0, 0, 0)
    answer = await shop.try_import(*lines, map={"Their code": "sku", "name": "title"})
    assert isinstance(answer, Refusal)
    codes = [fault.code for fault in answer.faults]
    assert codes[:2] == ["import.map_not_valid"] * 2


async def test_needs_the_scope(shop: Shop) -> None:
    shop.caller = caller_for(shop.caller.organisation, Scope.CATALOGUE_READ)
    answer = await shop.try_import("sku,name", "A,Ale")
    assert isinstance(answer, Refusal)
    assert answer.code == "identity.scope_missing"


async def test_others_goods_are_not_touched(shop: Shop, network: Network) -> None:
    other = Shop(shop.pool, caller_for(await network.organisation()))
    await other.imports("sku,name,gtin,product", "A,Theirs,4006381333931,Chair")
    assert await shop.imports("sku,name,gtin,product", "A,Ours,4006381333931,Chair") == (1, 0, 0, 0)
    assert await other.variants("name") == [("Theirs",)]
    assert await shop.products() == [("Chair", 1)]


async def test_sent_again_it_is_answered_as_before(shop: Shop) -> None:
    sent = Sent("=k", b"content", "req")
    lines = ["sku,name", "A,Ale", "B,"]
    first = await shop.try_import(*lines, sent=sent)
    again = await shop.try_import(*lines, sent=sent)
    assert isinstance(first, Written)
    assert again == Written(first.answer, replayed=True)
    assert first.answer.failed_csv is not None
    assert "catalogue.name_not_valid" in first.answer.failed_csv
    other = await shop.try_import(*lines, sent=Sent("=k", b"other", "req"))
    assert isinstance(other, Refusal)
    assert other.code == "request.key_reused"


async def test_rivals_with_the_same_skus_both_end_well(shop: Shop) -> None:
    lines = ["sku,name,product", *[f"S{n},Shoe {n},Shoe {n % 7}" for n in range(300)]]
    answers = await asyncio.gather(*[shop.try_import(*lines, chunk_rows=40) for _ in range(3)])
    reports = [reported(answer) for answer in answers]
    assert sum(report.created for report in reports) == 300
    assert all(report.failed == 0 for report in reports)
    assert len(await shop.variants("sku")) == 300


async def test_how_far_it_has_come_is_told(shop: Shop) -> None:
    told: list[Progress] = []
    lines = ["sku,name", *[f"S{n},Shoe" for n in range(5)]]
    await import_products(
        shop.pool, new_id, shop.caller, sheet_of(*lines), options(chunk_rows=2), watch=told.append
    )
    assert [each.rows for each in told] == [2, 4, 5]
    assert told[-1].share == 1.0
