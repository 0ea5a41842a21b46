"""Import stock from a sheet: one row a count, or a receipt of goods."""

from collections.abc import Sequence
from typing import BinaryIO, Final

from entrepot.identity import check_scope
from entrepot.infra.ground import find_claimed
from entrepot.infra.reading import reading
from entrepot.infra.sheets import (
    Column,
    Ending,
    FailedSheet,
    Importer,
    ImportOptions,
    ImportReport,
    Kind,
    Row,
    Sheet,
    Unique,
    Verdict,
    Watch,
    import_sheet,
)
from entrepot.infra.writing import Sent, Written
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.refusal import Refusal
from entrepot.orders import store
from entrepot.orders.actions.decide_batch import Answer
from entrepot.orders.actions.submit import Desk, Handed, submit_all
from entrepot.orders.model import (
    CountStock,
    ReceiveStock,
    StockRowFacts,
    changes_figures,
    decide_stock_row,
    foresee_stock_row,
)

STOCK: Final = Kind(
    "stock",
    (
        Column(
            "sku",
            synonyms=("product code", "productcode", "artikelnummer", "artikelcode", "artnr"),
            is_needed=True,
        ),
        Column("name", synonyms=("naam", "omschrijving", "description"), is_read=False),
        Column("location", synonyms=("locatie", "magazijn", "warehouse", "location code")),
        Column(
            "on_hand",
            "number",
            ("voorraad", "stock", "counted", "geteld", "aantal", "quantity", "op voorraad"),
        ),
        Column("receive", "number", ("received", "ontvangen", "ontvangst", "inslag")),
        Column("version", "whole", ("versie",)),
        Column("held", "number", is_read=False),
        Column("allocated", "number", is_read=False),
        Column("available", "number", ("beschikbaar",), is_read=False),
    ),
    (Unique(("sku", "location"), when="on_hand"),),
)
"""The columns of a sheet of stock, in the order in which it is written."""


async def import_stock(
    desk: Desk,
    caller: Caller,
    source: BinaryIO,
    options: ImportOptions,
    *,
    failed: FailedSheet | None = None,
    watch: Watch | None = None,
    sent: Sent | None = None,
) -> Written[ImportReport] | Refusal:
    """Count stock, or let it arrive, row by row through the intake.

    Each row has a key of its own, made of the file's content and the row's number: run again, what
    was done is not done twice. Rows that fail are left out and handed to `failed`, or else are in
    the report. Refuses `identity.scope_missing`, `request.key_reused` and the `import.` codes of
    whole files; nothing was written then.
    """
    refusal = check_scope(caller, Scope.STOCK_WRITE)
    if refusal is not None:
        return refusal
    chunks = _Chunks(desk, caller)
    importer = Importer(desk.pool, desk.new_id, caller, sent)
    return await import_sheet(importer, STOCK, source, options, chunks.decide, failed, watch)


class _Chunks:
    """Decides the chunks of an import: each row is a command of its own."""

    def __init__(self, desk: Desk, caller: Caller) -> None:
        self._desk = desk
        self._caller = caller

    async def decide(self, sheet: Sheet, rows: Sequence[Row], *, dry: bool) -> Sequence[Verdict]:
        """Decide a chunk; a dry run foresees what the intake would answer, and hands in nothing."""
        facts = await self._read_facts(rows)
        verdicts: dict[int, Verdict] = {}
        asked: dict[int, Handed] = {}
        for number, row in enumerate(rows):
            wanted = decide_stock_row(row.values, facts[number])
            if isinstance(wanted, CountStock | ReceiveStock):
                asked[number] = Handed(wanted, "", default_key=_key(sheet, row))
            else:
                verdicts[number] = Ending.UNCHANGED if wanted is None else wanted
        if dry:
            claimed = await self._claimed(asked)
            for number, handed in asked.items():
                verdicts[number] = _foreseen(rows[number], handed, facts[number], claimed)
        else:
            answers = await submit_all(self._desk, self._caller, list(asked.values()))
            for (number, handed), answer in zip(asked.items(), answers, strict=True):
                verdicts[number] = _verdict(handed, facts[number], answer)
        return [verdicts[number] for number in range(len(rows))]

    async def _read_facts(self, rows: Sequence[Row]) -> list[StockRowFacts]:
        named = [(str(row.values["sku"] or ""), row.values.get("location") or None) for row in rows]
        async with reading(self._desk.pool) as connection:
            return await store.read_stock_rows(connection, self._caller.organisation, named)

    async def _claimed(self, asked: dict[int, Handed]) -> set[str]:
        """The keys of what was done before."""
        keys = [handed.default_key for handed in asked.values()]
        async with reading(self._desk.pool) as connection:
            return await find_claimed(connection, self._caller.organisation, keys)


def _key(sheet: Sheet, row: Row) -> str:
    """What a row is recognised by; its content is held against what it was then."""
    return f"import:{sheet.digest.hex()}:{row.number}"


def _foreseen(row: Row, handed: Handed, facts: StockRowFacts, claimed: set[str]) -> Verdict:
    """What the intake would answer as things stand."""
    assert isinstance(handed.command, CountStock | ReceiveStock), "rows ask for nothing else"
    if handed.default_key in claimed:
        return Ending.UNCHANGED
    refused = foresee_stock_row(str(row.values["sku"]), handed.command, facts)
    return refused or _ending(handed.command, facts)


def _verdict(handed: Handed, facts: StockRowFacts, answer: Answer | BaseException) -> Verdict:
    """What the intake answered; an error that is no answer ends the import, to be run again."""
    assert isinstance(handed.command, CountStock | ReceiveStock), "rows ask for nothing else"
    if isinstance(answer, BaseException):
        raise answer
    if isinstance(answer, Refusal):
        return answer.faults
    return Ending.UNCHANGED if answer.replayed else _ending(handed.command, facts)


def _ending(command: CountStock | ReceiveStock, facts: StockRowFacts) -> Ending:
    if facts.version is None:
        return Ending.CREATED
    return Ending.CHANGED if changes_figures(command, facts) else Ending.UNCHANGED
