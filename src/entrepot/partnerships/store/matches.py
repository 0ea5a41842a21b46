"""Loading and saving product matches. No other code runs the statements beside it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from entrepot.infra.pool import Connection
from entrepot.infra.statements import load_statements
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Key, Page
from entrepot.partnerships.model.matching import (
    REPLACED,
    KnownMatchRow,
    MatchedVariant,
    MatchFilter,
    MatchingOutcome,
    NewMatch,
    Outcome,
    PairRow,
)
from entrepot.partnerships.store.partnerships import find_partnership

SQL = load_statements("entrepot.partnerships.store", "matches.sql")


class SharedPartnership(NamedTuple):
    """A partnership that stays as it is for the rest of the transaction."""

    wholesaler: Id
    id: Id
    retailer: Id
    state: str


class OutcomeRow(NamedTuple):
    """What matching makes of a variant; `fits` says whether it was asked for."""

    variant: Id
    sku: str
    name: str
    gtin: str | None
    unit: str
    outcome: Outcome
    candidate: Id | None
    candidate_sku: str | None
    candidate_name: str | None
    candidate_gtin: str | None
    candidate_unit: str | None
    factor: int
    match: Id | None
    fits: bool
    number: int


class CounterpartRow(NamedTuple):
    """The retailer's variant with a wholesaler's GTIN, and what matching makes of it.

    `match` is that variant's own match that has not ended, `matched` one that counts and has the
    wholesaler's variant already.
    """

    variant: Id | None
    outcome: str | None
    match: Id | None
    matched: Id | None


class SearchedMatchRow(NamedTuple):
    """A match of a search; `fits` says whether it was asked for, `number` its place in it."""

    match: KnownMatchRow
    fits: bool
    number: int

    @property
    def key(self) -> Key:
        """The place as lists page by it."""
        return self.match.variant, self.match.id


class MatchCountsRow(NamedTuple):
    """How many matches of a partnership were seen, and how many of them count."""

    partnership: Id
    active: int
    inactive: int
    seen: int


ROWS: Mapping[str, type] = {
    "count_matches": MatchCountsRow,
    "find_counterpart": CounterpartRow,
    "list_matches_of_partnership": KnownMatchRow,
    "list_outcomes": OutcomeRow,
    "read_matches": KnownMatchRow,
    "read_pair": PairRow,
    "share_partnership": SharedPartnership,
}


async def share_partnership(
    connection: Connection, organisation: Id, id_: Id
) -> SharedPartnership | None:
    """Lock (FOR SHARE) a partnership of an organisation, on either side: nobody changes it now.

    Transfers go on meanwhile. None where there is none; an id that could not be read is nobody's.
    """
    found = await find_partnership(connection, organisation, id_)
    if found is None:
        return None
    row = await connection.fetchrow(SQL["share_partnership"], found.wholesaler, id_)
    assert row is not None, "a partnership is never deleted"
    return SharedPartnership(*row)


async def find_partnership_of_supplier(
    connection: Connection, organisation: Id, supplier: Id
) -> tuple[bool, Id | None]:
    """Whether an organisation has a supplier, and the partnership that it points at, if any."""
    if not supplier:
        return False, None
    row = await connection.fetchrow(SQL["find_partnership_of_supplier"], organisation, supplier)
    return (False, None) if row is None else (True, row[0])


# Matching by GTIN


async def count_outcomes(connection: Connection, of: SharedPartnership) -> dict[str, int]:
    """Count what matching makes of the retailer's active variants, by outcome."""
    rows = await connection.fetch(SQL["count_outcomes"], of.wholesaler, of.id)
    return {row[0]: row[1] for row in rows}


async def match_by_gtin(
    connection: Connection, of: SharedPartnership, now: datetime, match_ids: Sequence[Id]
) -> int:
    """Match everything that is matchable, as many as there are ids; return how many were made.

    Matches that do not count any more, of variants that are matched anew, end.
    """
    await connection.fetchval(SQL["end_replaced"], of.wholesaler, of.id, now, REPLACED)
    made: int = await connection.fetchval(
        SQL["insert_by_gtin"], of.wholesaler, of.id, now, match_ids
    )
    return made


async def list_outcomes(
    connection: Connection,
    of: tuple[Id, Id, Id],
    after: str,
    outcome: str | None,
    among: int,
    limit: int,
) -> list[OutcomeRow]:
    """Read what matching makes of a retailer's variants by sku, from after one on.

    `of` is retailer, wholesaler and partnership. At most `limit` rows of the outcome wanted among
    the next `among` variants; the last of those is read too, wanted or not.
    """
    rows = await connection.fetch(SQL["list_outcomes"], *of, after, outcome, among, limit)
    return [OutcomeRow(*row) for row in rows]


async def find_counterpart(
    connection: Connection, wholesaler: Id, partnership: Id, variant: Id
) -> CounterpartRow:
    """Read what matching makes of the retailer's variant with a wholesaler's variant's GTIN."""
    row = await connection.fetchrow(SQL["find_counterpart"], wholesaler, partnership, variant)
    assert row is not None, "an allocation is of one of the wholesaler's variants"
    return CounterpartRow(*row)


# One match


async def read_pair(
    connection: Connection, of: SharedPartnership, variant: Id, wholesaler_variant: Id
) -> PairRow:
    """Read two variants that would be matched; ids that could not be read are nobody's."""
    row = await connection.fetchrow(
        SQL["read_pair"],
        of.retailer,
        variant or None,
        of.wholesaler,
        wholesaler_variant or None,
        of.id,
    )
    assert row is not None, "there is one row, whatever is found"
    return PairRow(*row)


async def insert_match(
    connection: Connection,
    of: SharedPartnership,
    id_: Id,
    new: NewMatch,
    matched_by: str,
    now: datetime,
) -> bool:
    """Match two variants of a shared partnership.

    False when the retailer's is matched already, or one of the two ceased to be active just now.
    """
    row = await connection.fetchrow(
        SQL["insert_match"],
        id_,
        of.id,
        new.factor,
        new.rank,
        matched_by,
        now,
        of.retailer,
        new.variant,
        of.wholesaler,
        new.wholesaler_variant,
    )
    return row is not None


async def end_match(
    connection: Connection, retailer: Id, id_: Id, now: datetime, reason: str
) -> bool:
    """End a match; False when it has ended already."""
    row = await connection.fetchrow(SQL["end_match"], retailer, id_, now, reason)
    return row is not None


async def update_match(
    connection: Connection,
    retailer: Id,
    id_: Id,
    rank: int,
    buffer: Decimal | None,
    cap: Decimal | None,
) -> bool:
    """Write a match's terms; False when it has ended."""
    row = await connection.fetchrow(SQL["update_match"], retailer, id_, rank, buffer, cap)
    return row is not None


async def find_match(connection: Connection, organisation: Id, id_: Id) -> KnownMatchRow | None:
    """Read one match of an organisation, on either side; "" stands for an id that is none."""
    if not id_:
        return None
    row = await connection.fetchrow(SQL["read_matches"], organisation, id_, None, None, 1)
    return None if row is None else KnownMatchRow(*row)


async def list_matches_of_partnership(
    connection: Connection,
    wholesaler: Id,
    partnership: Id,
    after: tuple[Id, Id],
    limit: int,
    *,
    ended_too: bool,
) -> list[KnownMatchRow]:
    """Read a partnership's matches by the retailer's variant, from after (variant, match) on."""
    rows = await connection.fetch(
        SQL["list_matches_of_partnership"], wholesaler, partnership, *after, ended_too, limit
    )
    return [KnownMatchRow(*row) for row in rows]


async def search_matches(
    connection: Connection,
    of: tuple[Id, Id],
    after: tuple[Id, Id],
    wanted: MatchFilter,
    among: int,
    limit: int,
) -> list[SearchedMatchRow]:
    """Read a partnership's matches by the retailer's variant, from after (variant, match) on.

    `of` is wholesaler and partnership. At most `limit` rows that fit among the next `among`; the
    last of those is read too, whether or not it fits.
    """
    rows = await connection.fetch(
        SQL["search_matches"], *of, *after, wanted.state, wanted.text, among, limit
    )
    return [SearchedMatchRow(KnownMatchRow(*row[:-2]), *row[-2:]) for row in rows]


async def count_matches(
    connection: Connection, organisation: Id, partnerships: Sequence[Id], most: int
) -> list[MatchCountsRow]:
    """Count the matches of some of an organisation's partnerships, at most `most` of each."""
    rows = await connection.fetch(SQL["count_matches"], organisation, partnerships, most)
    return [MatchCountsRow(*row) for row in rows]


async def list_matches_of_variant(
    connection: Connection, organisation: Id, variant: Id, after: Id, page: Page
) -> list[KnownMatchRow]:
    """Read the matches of an organisation's own variant that have not ended, by id."""
    rows = await connection.fetch(
        SQL["read_matches"], organisation, None, variant, after, page.rows_wanted
    )
    return [KnownMatchRow(*row) for row in rows]


def to_outcome(row: OutcomeRow) -> MatchingOutcome:
    """What matching makes of a variant, as it is shown."""
    candidate = None
    if row.candidate is not None:
        assert row.candidate_sku is not None, "a variant has a sku"
        assert row.candidate_name is not None, "a variant has a name"
        assert row.candidate_unit is not None, "a variant has a unit"
        candidate = MatchedVariant(
            ids.VARIANT + row.candidate,
            row.candidate_sku,
            row.candidate_name,
            row.candidate_gtin,
            row.candidate_unit,
        )
    return MatchingOutcome(
        MatchedVariant(ids.VARIANT + row.variant, row.sku, row.name, row.gtin, row.unit),
        row.outcome,
        candidate,
        row.factor,
        None if row.match is None else ids.PRODUCT_MATCH + row.match,
    )
