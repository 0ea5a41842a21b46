"""Import variants from a sheet: one row a variant, by its sku."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import BinaryIO, Final

import msgspec

from entrepot.catalogue import store
from entrepot.catalogue.model import (
    NewVariant,
    VariantDecision,
    VariantFacts,
    decide_variants,
    gtin_key,
    gtins_in,
    suppliers_in,
)
from entrepot.catalogue.store import VariantToMake
from entrepot.identity import check_scope
from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.sheets import (
    Column,
    Ending,
    FailedSheet,
    Importer,
    ImportOptions,
    ImportReport,
    Kind,
    RivalError,
    Row,
    Sheet,
    Unique,
    Verdict,
    Watch,
    import_sheet,
)
from entrepot.infra.writing import Happening, Sent, Written, record, writing
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal

PRODUCTS: Final = Kind(
    "products",
    (
        Column(
            "sku",
            synonyms=(
                "product code",
                "productcode",
                "artikelnummer",
                "artikelcode",
                "art nr",
                "artnr",
                "item number",
                "item code",
            ),
            is_needed=True,
        ),
        Column(
            "name",
            synonyms=("naam", "title", "titel", "omschrijving", "description", "artikelnaam"),
        ),
        Column("product", synonyms=("product name", "productnaam", "hoofdproduct")),
        Column("gtin", synonyms=("ean", "ean code", "ean13", "barcode", "streepjescode", "upc")),
        Column("unit", synonyms=("eenheid", "verkoopeenheid", "unit of measure", "uom")),
        Column("pricing_model", synonyms=("prijsmodel",)),
        Column(
            "retail_price",
            "number",
            ("verkoopprijs", "consumentenprijs", "adviesprijs", "price", "prijs", "rrp", "msrp"),
        ),
        Column("wholesale_price", "number", ("groothandelsprijs", "handelsprijs", "trade price")),
        Column("purchase_price", "number", ("inkoopprijs", "kostprijs", "cost", "cost price")),
        Column(
            "vat_rate", "percentage", ("vat", "btw", "btw tarief", "btw percentage", "tax rate")
        ),
        Column(
            "prices_include_vat", "flag", ("prices incl vat", "prijzen incl btw", "inclusief btw")
        ),
        Column("whole_units", "flag", ("hele eenheden", "alleen hele eenheden")),
        Column("unlimited", "flag", ("onbeperkt", "onbeperkte voorraad", "unlimited stock")),
        Column("is_orderable", "flag", ("orderable", "bestelbaar", "inkoopbaar")),
        Column(
            "order_quantity_min",
            "number",
            ("minimum order quantity", "minimale bestelhoeveelheid", "minimum afname", "moq"),
        ),
        Column(
            "order_quantity_multiple",
            "number",
            ("order multiple", "bestellen per", "bestellen in veelvoud van", "veelvoud"),
        ),
        Column("units_per_case", "whole", ("case pack", "stuks per doos", "aantal per doos")),
        Column("supplier", synonyms=("leverancier", "supplier name", "leveranciersnaam")),
        Column(
            "supplier_sku",
            synonyms=("productcode leverancier", "artikelnummer leverancier", "supplier code"),
        ),
        Column("state", synonyms=("status",)),
    ),
    (
        Unique(("sku",), when="sku"),
        Unique(("gtin",), when="gtin", is_padded=True),
    ),
)
"""The columns of a sheet of products, in the order in which it is written."""


class ProductsImported(msgspec.Struct, frozen=True):
    """What a chunk of a sheet made and changed: variants, by their ids as on the wire.

    `sheet` is the SHA-256 of the file; the rows are counted as spreadsheet programs do.
    """

    sheet: str
    first_row: int
    last_row: int
    created: tuple[str, ...]
    changed: tuple[str, ...]


async def import_products(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    source: BinaryIO,
    options: ImportOptions,
    *,
    failed: FailedSheet | None = None,
    watch: Watch | None = None,
    sent: Sent | None = None,
) -> Written[ImportReport] | Refusal:
    """Make and change variants of the caller's organisation, one for each row of a sheet, by sku.

    Rows that fail are left out and handed to `failed`, or else are in the report; the others are
    written a chunk at a time.
    Run again, it ends in the same state. A new sku is made with a product of its own, or as a part
    of the one that the column `product` names. Refuses `identity.scope_missing`,
    `request.key_reused` and the `import.` codes of whole files; nothing was written then.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_WRITE)
    if refusal is not None:
        return refusal
    chunks = _Chunks(pool, new_id, caller)
    importer = Importer(pool, new_id, caller, sent)
    return await import_sheet(importer, PRODUCTS, source, options, chunks.decide, failed, watch)


class _Chunks:
    """Decides the chunks of an import, each in a transaction of its own."""

    def __init__(self, pool: Pool, new_id: Callable[[], Id], caller: Caller) -> None:
        self._pool = pool
        self._new_id = new_id
        self._caller = caller

    async def decide(self, sheet: Sheet, rows: Sequence[Row], *, dry: bool) -> Sequence[Verdict]:
        """Decide a chunk; a dry run reads and writes nothing."""
        async with writing(self._pool) as connection:
            facts = await self._read_facts(connection, rows)
            decision = decide_variants([row.values for row in rows], facts)
            if not dry and (decision.made or decision.changed):
                await self._write(connection, sheet, rows, decision)
        return [_verdict(decision, number) for number in range(len(rows))]

    async def _read_facts(self, connection: Connection, rows: Sequence[Row]) -> VariantFacts:
        organisation = self._caller.organisation
        cells = [row.values for row in rows]
        skus = [str(each["sku"] or "") for each in cells]
        variants = await store.lock_variants_by_sku(connection, organisation, skus)
        products = {each.product for each in variants.values()}
        if not any(each.get("product") for each in cells):
            products = set()
        return VariantFacts(
            variants,
            await store.read_product_names(connection, organisation, products) if products else {},
            await self._gtins(connection, gtins_in(cells)),
            await self._suppliers(connection, suppliers_in(cells)),
        )

    async def _gtins(self, connection: Connection, gtins: list[str]) -> dict[str, str]:
        """The skus of the variants that have these GTINs."""
        if not gtins:
            return {}
        found = await store.find_variants_by_gtin(connection, self._caller.organisation, gtins)
        return {gtin_key(str(variant.gtin)): variant.sku for variant in found}

    async def _suppliers(self, connection: Connection, names: list[str]) -> dict[str, Id]:
        """The ids of the suppliers of these names."""
        if not names:
            return {}
        found = await store.find_suppliers_by_name(connection, self._caller.organisation, names)
        return {supplier.name_key: supplier.inner_id for supplier in found}

    async def _write(
        self,
        connection: Connection,
        sheet: Sheet,
        rows: Sequence[Row],
        decision: VariantDecision,
    ) -> None:
        """Write what was decided, with one audit row for all of it."""
        organisation = self._caller.organisation
        now = await read_clock(connection)
        made = await self._make(connection, now, decision.made.values())
        changed = list(decision.changed.values())
        if changed:
            await store.update_variants(connection, organisation, changed)
        answer = ProductsImported(
            sheet.digest.hex(),
            rows[0].number,
            rows[-1].number,
            tuple([ids.VARIANT + variant for variant in made]),
            tuple([ids.VARIANT + variant for variant, _ in changed]),
        )
        happening = Happening(
            "catalogue.products_imported",
            ids.ORGANISATION + organisation,
            answer,
            (*made, *[variant for variant, _ in changed]),
        )
        await record(connection, now, self._new_id, self._caller, [happening])

    async def _make(
        self,
        connection: Connection,
        now: datetime,
        wanted: Collection[tuple[str | None, NewVariant]],
    ) -> list[Id]:
        """Make variants, with the products that they need; return their ids."""
        if not wanted:
            return []
        organisation = self._caller.organisation
        names = {product for product, _ in wanted if product is not None}
        known = await store.find_product_ids(connection, organisation, names) if names else {}
        products: list[tuple[Id, str, int | None]] = []
        variants: list[VariantToMake] = []
        for name, new in wanted:
            product = None if name is None else known.get(name)
            if product is None:
                product = self._new_id()
                products.append((product, name or new.name, None))
                if name is not None:
                    known[name] = product
            variants.append(VariantToMake(self._new_id(), product, new))
        if products:
            await store.insert_products(connection, organisation, now, products)
        numbers = await store.insert_variants(connection, organisation, now, variants)
        if len(numbers) != len(variants):
            raise RivalError
        return [variant.id for variant in variants]


def _verdict(decision: VariantDecision, number: int) -> Verdict:
    if number in decision.faults:
        return decision.faults[number]
    if number in decision.made:
        return Ending.CREATED
    return Ending.CHANGED if number in decision.changed else Ending.UNCHANGED
