"""Import suppliers from a sheet: one row a supplier, by its name."""

from collections.abc import Callable, Sequence
from typing import BinaryIO, Final

import msgspec

from entrepot.catalogue import store
from entrepot.catalogue.model import (
    Supplier,
    SupplierDecision,
    decide_suppliers,
    make_supplier,
    name_key,
)
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

SUPPLIERS: Final = Kind(
    "suppliers",
    (
        Column(
            "name",
            synonyms=("naam", "supplier", "leverancier", "supplier name", "leveranciersnaam"),
            is_needed=True,
        ),
        Column("email", synonyms=("e-mail", "mail", "e-mailadres", "emailadres")),
        Column(
            "backorders_allowed",
            "flag",
            ("backorders", "allow backorders", "nalevering", "backorders toegestaan"),
        ),
        Column("backorder_threshold", "whole", ("backorderdrempel",)),
        Column("state", synonyms=("status",)),
    ),
    (Unique(("name",), when="name", is_caseless=True),),
)
"""The columns of a sheet of suppliers, in the order in which it is written."""


class SuppliersImported(msgspec.Struct, frozen=True):
    """What a chunk of a sheet made and changed: suppliers, by their ids as on the wire.

    `sheet` is the SHA-256 of the file; the rows are counted as spreadsheet programs do.
    """

    sheet: str
    first_row: int
    last_row: int
    created: tuple[str, ...]
    changed: tuple[str, ...]


async def import_suppliers(
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
    """Make and change suppliers of the caller's organisation, one for each row, by name.

    Rows that fail are left out and handed to `failed`, or else are in the report; the others are
    written a chunk at a time. Run again, it ends in the same state. Refuses
    `identity.scope_missing`, `request.key_reused` and the `import.` codes of whole files; nothing
    was written then.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_WRITE)
    if refusal is not None:
        return refusal
    chunks = _Chunks(pool, new_id, caller)
    importer = Importer(pool, new_id, caller, sent)
    return await import_sheet(importer, SUPPLIERS, source, options, chunks.decide, failed, watch)


class _Chunks:
    """Decides the chunks of an import, each in a transaction of its own."""

    def __init__(self, pool: Pool, new_id: Callable[[], Id], caller: Caller) -> None:
        self._pool = pool
        self._new_id = new_id
        self._caller = caller

    async def decide(self, sheet: Sheet, rows: Sequence[Row], *, dry: bool) -> Sequence[Verdict]:
        """Decide a chunk; a dry run reads and writes nothing."""
        cells = [row.values for row in rows]
        keys = [name_key(str(each["name"] or "")) for each in cells]
        async with writing(self._pool) as connection:
            found = await store.lock_suppliers_by_name(connection, self._caller.organisation, keys)
            decision = decide_suppliers(cells, {each.name_key: each for each in found})
            if not dry and (decision.made or decision.changed):
                await self._write(connection, sheet, rows, decision)
        return [_verdict(decision, number) for number in range(len(rows))]

    async def _write(
        self,
        connection: Connection,
        sheet: Sheet,
        rows: Sequence[Row],
        decision: SupplierDecision,
    ) -> None:
        """Write what was decided, with one audit row for all of it."""
        organisation = self._caller.organisation
        now = await read_clock(connection)
        made = [
            msgspec.structs.replace(make_supplier(self._new_id(), new, now), state=state)
            for new, state in decision.made.values()
        ]
        changed: list[Supplier] = list(decision.changed.values())
        if made and await store.insert_suppliers(connection, organisation, made) != len(made):
            raise RivalError
        if changed:
            await store.update_suppliers(connection, organisation, changed)
        answer = SuppliersImported(
            sheet.digest.hex(),
            rows[0].number,
            rows[-1].number,
            tuple([supplier.id for supplier in made]),
            tuple([supplier.id for supplier in changed]),
        )
        happening = Happening(
            "catalogue.suppliers_imported", ids.ORGANISATION + organisation, answer
        )
        await record(connection, now, self._new_id, self._caller, [happening])


def _verdict(decision: SupplierDecision, number: int) -> Verdict:
    if number in decision.faults:
        return decision.faults[number]
    if number in decision.made:
        return Ending.CREATED
    return Ending.CHANGED if number in decision.changed else Ending.UNCHANGED
