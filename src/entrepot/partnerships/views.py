"""Reads of partnerships for doors: who trades with whom, what that opens, and at what price."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Final, Protocol

import msgspec

from entrepot.catalogue import gtin_key, unknown_supplier
from entrepot.identity import check_scope
from entrepot.infra.checks import comparing
from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Pool
from entrepot.infra.reading import reading
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import HIGHEST, LOWEST, Key, Page, Stretch
from entrepot.kernel.refusal import Refusal
from entrepot.partnerships.model import (
    KnownOrganisation,
    OpenedVariant,
    Partnership,
    PartnershipInvitation,
    Role,
    TradingRight,
)
from entrepot.partnerships.model.activity import Activity, show_activity
from entrepot.partnerships.model.glance import (
    EXPIRING_COUNTED_MAX,
    EXPIRING_SOON,
    STILL_MAX,
    PartnershipsGlance,
    show_glance,
)
from entrepot.partnerships.model.matching import (
    MatchCounts,
    MatchFilter,
    MatchingOutcome,
    ProductMatch,
    matching_over,
    supplier_not_partner,
)
from entrepot.partnerships.model.partnerships import (
    FoundPartner,
    is_ending,
    unknown_partnership,
)
from entrepot.partnerships.model.prices import AgreedPrice, PriceFilter
from entrepot.partnerships.store import (
    activity,
    glance,
    invitations,
    matches,
    partnerships,
    prices,
    rights,
)

SEARCHED_MAX: Final = 2_000
"""Variants that one page of a search looks through, at most."""

PARTNERS_FOUND_MAX: Final = 10

COUNTED_MAX: Final = 1_000
"""Matches of one partnership that are counted, at most."""

ANY_PRICE: Final = PriceFilter()
LISTED: Final = ("active", "deactivated")
"""The states of variants on a price list; the retailer sees the first only."""


class _BySku(Protocol):
    """A row of a list by sku, with its number in the stretch that was searched."""

    @property
    def sku(self) -> str: ...

    @property
    def number(self) -> int: ...


async def list_trading_rights(pool: Pool, caller: Caller) -> list[TradingRight] | Refusal:
    """The trading rights that the caller's organisation gave, then those that it was given.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await rights.list_rights(connection, caller.organisation)


async def list_known_organisations(
    pool: Pool, caller: Caller, page: Page
) -> Sequence[KnownOrganisation] | Refusal:
    """The caller's organisation and those it has a trading right with, by id.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    after = LOWEST if page.after is None else str(page.after[0])
    async with reading(pool) as connection:
        return await rights.list_known_organisations(
            connection, caller.organisation, after, page.rows_wanted
        )


async def find_known_organisation(
    pool: Pool, caller: Caller, id_: Id
) -> KnownOrganisation | Refusal | None:
    """One organisation; None when it is not there or there is no trading right with it.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await rights.find_known_organisation(connection, caller.organisation, id_)


async def list_opened_variants(
    pool: Pool, caller: Caller, page: Page, seller: str, sku: str | None = None
) -> Sequence[OpenedVariant] | Refusal:
    """What a seller, by its wire id or slug, opens to the caller, by sku.

    Nothing where there is no such seller or no right. Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    after = "" if page.after is None else str(page.after[0])
    async with reading(pool) as connection:
        return await rights.list_opened_variants(
            connection, caller.organisation, _named(seller), after, sku, page.rows_wanted
        )


async def find_opened_variant(
    pool: Pool, caller: Caller, id_: Id
) -> OpenedVariant | Refusal | None:
    """One variant of another organisation, if a right opens it to the caller.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.CATALOGUE_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        return await rights.find_opened_variant(connection, caller.organisation, id_)


async def resolve_skus(
    pool: Pool, caller: Caller, named: Sequence[tuple[str | None, str]]
) -> list[Id | None]:
    """The variants that the caller names by these (seller, sku), or None where none is opened.

    A seller is named by its wire id or slug; None means the caller itself. It needs no scope of
    its own: it tells nothing that placing the order would not tell.
    """
    rows = [
        (caller.organisation, None, sku) if seller is None else (*_named(seller), sku)
        for seller, sku in named
    ]
    async with reading(pool) as connection:
        found = await rights.resolve_skus(connection, caller.organisation, rows)
    return [found.get(number) for number in range(len(rows))]


async def list_partnership_invitations(
    pool: Pool, caller: Caller, page: Page
) -> list[PartnershipInvitation] | Refusal:
    """The invitations that the caller's organisation made, ended ones too, newest first.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_READ)
    if refusal is not None:
        return refusal
    before = HIGHEST if page.after is None else str(page.after[0])
    async with reading(pool) as connection:
        found = await invitations.list_invitations(
            connection, caller.organisation, before, page.rows_wanted
        )
        now = await read_clock(connection)
    return [row.to_show(now) for row in found]


async def list_partnerships(
    pool: Pool, caller: Caller, page: Page, role: Role | None = None
) -> list[Partnership] | Refusal:
    """The partnerships of the caller's organisation by id, ended ones too.

    With a role, only those where it is on that side. Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_READ)
    if refusal is not None:
        return refusal
    after = LOWEST if page.after is None else str(page.after[0])
    async with reading(pool) as connection:
        found = await partnerships.list_partnerships(
            connection, caller.organisation, after, role, page.rows_wanted
        )
    return [row.to_show(caller.organisation) for row in found]


async def search_partnerships(
    pool: Pool, caller: Caller, text: str
) -> list[FoundPartner] | Refusal:
    """The caller's partnerships with partners whose name holds a text, or whose slug it is.

    Live ones first, ten at most, of the newest 2,000 on each side. Refuses
    `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_READ)
    if refusal is not None:
        return refusal
    if not text:
        return []
    async with reading(pool) as connection:
        return await partnerships.search_partnerships(
            connection, caller.organisation, text, SEARCHED_MAX, PARTNERS_FOUND_MAX
        )


async def find_partnership(pool: Pool, caller: Caller, id_: Id) -> Partnership | Refusal | None:
    """One partnership of the caller's organisation, on either side; None where there is none.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        found = await partnerships.find_partnership(connection, caller.organisation, id_)
    return None if found is None else found.to_show(caller.organisation)


async def glance_at_partnerships(pool: Pool, caller: Caller) -> PartnershipsGlance | Refusal:
    """What the caller's organisation has to begin with, and what of its partnerships needs one.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        now = await read_clock(connection)
        beginnings = await glance.read_beginnings(
            connection, caller.organisation, now, now + EXPIRING_SOON, EXPIRING_COUNTED_MAX
        )
        still = await glance.list_still(connection, caller.organisation, STILL_MAX)
    return show_glance(beginnings, still)


def _named(seller: str) -> tuple[Id | None, str | None]:
    """Tell a wire id from a slug, which has no underscore."""
    id_ = ids.from_wire(ids.ORGANISATION, seller)
    return (None, seller) if id_ is None else (id_, None)


async def list_matching(
    pool: Pool, caller: Caller, supplier: Id, page: Page, outcome: str | None = None
) -> Stretch[MatchingOutcome] | Refusal:
    """What matching makes now of each of the caller's active variants with a supplier's, by sku.

    Only those of one outcome, if asked for. A page's key is the last sku. Nothing is changed: it is
    what `match_wholesale` would find, and after that, what it left. Refuses
    `identity.scope_missing`, `catalogue.unknown_supplier`, `partnerships.supplier_not_partner` and
    `partnerships.partnership_ending`, as then nothing is matched any more.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_READ)
    if refusal is not None:
        return refusal
    after = "" if page.after is None else str(page.after[0])
    among = page.rows_wanted if outcome is None else SEARCHED_MAX
    async with reading(pool) as connection:
        known, partnership = await matches.find_partnership_of_supplier(
            connection, caller.organisation, supplier
        )
        if not known:
            return Refusal((unknown_supplier(supplier),))
        if partnership is None:
            return Refusal((supplier_not_partner(supplier),))
        found = await partnerships.find_partnership(connection, caller.organisation, partnership)
        assert found is not None, "a supplier points at a partnership of its organisation's"
        over = matching_over(found.id, found.state)
        if over is not None:
            return Refusal((over,))
        # Which few are of an outcome is known once many were looked at.
        async with nullcontext() if outcome is None else comparing(connection):
            rows = await matches.list_outcomes(
                connection,
                (found.retailer, found.wholesaler, found.id),
                after,
                outcome,
                among,
                page.rows_wanted,
            )
    fitting = [row for row in rows if row.fits]
    shown = tuple([matches.to_outcome(row) for row in fitting[: page.limit]])
    return Stretch(shown, _following(fitting, rows, page, among))


async def list_matches(
    pool: Pool, caller: Caller, partnership: Id, page: Page, *, ended_too: bool = False
) -> Sequence[ProductMatch] | Refusal:
    """The matches of one of the caller's partnerships, one more than the page shows.

    By the retailer's variant; a page's key is that and the match's id. Refuses
    `identity.scope_missing` and `partnerships.unknown_partnership`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_READ)
    if refusal is not None:
        return refusal
    variant, id_ = (LOWEST, LOWEST) if page.after is None else page.after
    async with reading(pool) as connection:
        found = await partnerships.find_partnership(connection, caller.organisation, partnership)
        if found is None:
            return unknown_partnership(partnership)
        rows = await matches.list_matches_of_partnership(
            connection,
            found.wholesaler,
            found.id,
            (str(variant), str(id_)),
            page.rows_wanted,
            ended_too=ended_too,
        )
    return [row.to_show(caller.organisation) for row in rows]


async def search_matches(
    pool: Pool, caller: Caller, partnership: Id, page: Page, wanted: MatchFilter
) -> Stretch[ProductMatch] | Refusal:
    """The matches of one of the caller's partnerships that fit, by the retailer's variant.

    A page's key is that and the match's id. Refuses `identity.scope_missing` and
    `partnerships.unknown_partnership`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_READ)
    if refusal is not None:
        return refusal
    variant, id_ = (LOWEST, LOWEST) if page.after is None else page.after
    is_narrow = wanted.text is not None or wanted.state is not None
    among = SEARCHED_MAX if is_narrow else page.rows_wanted
    async with reading(pool) as connection:
        found = await partnerships.find_partnership(connection, caller.organisation, partnership)
        if found is None:
            return unknown_partnership(partnership)
        rows = await matches.search_matches(
            connection,
            (found.wholesaler, found.id),
            (str(variant), str(id_)),
            wanted,
            among,
            page.rows_wanted,
        )
    fitting = [row for row in rows if row.fits]
    shown = tuple([row.match.to_show(caller.organisation) for row in fitting[: page.limit]])
    if len(fitting) > page.limit:
        return Stretch(shown, fitting[page.limit - 1].key)
    goes_on = bool(rows) and rows[-1].number == among
    return Stretch(shown, rows[-1].key if goes_on else None)


async def count_matches(
    pool: Pool, caller: Caller, of: Sequence[Id]
) -> dict[Id, MatchCounts] | Refusal:
    """How many matches each of some of the caller's partnerships has; others are left out.

    At most `COUNTED_MAX` of each are counted. Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        rows = await matches.count_matches(connection, caller.organisation, of, COUNTED_MAX + 1)
    return {
        row.partnership: MatchCounts(
            min(row.active, COUNTED_MAX), row.inactive, row.seen > COUNTED_MAX
        )
        for row in rows
    }


async def list_activity(
    pool: Pool, caller: Caller, partnership: Id, page: Page
) -> Stretch[Activity] | Refusal:
    """What both sides did about one of the caller's partnerships, newest first.

    The partner's acts are told as far as the caller's side can see what they changed; people and
    programs are named for one's own side, to those who may read the audit. A page's key is the last
    act's id. Refuses `identity.scope_missing` and `partnerships.unknown_partnership`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_READ)
    if refusal is not None:
        return refusal
    me = caller.organisation
    before = HIGHEST if page.after is None else str(page.after[0])
    async with reading(pool) as connection:
        found = await partnerships.find_partnership(connection, me, partnership)
        if found is None:
            return unknown_partnership(partnership)
        rows = await activity.list_activity(
            connection, me, found.other_than(me), partnership, before, page.rows_wanted
        )
    names_people = check_scope(caller, Scope.AUDIT_READ) is None
    partner = found.to_show(me).partner.name
    told = [
        show_activity(row, me, partner, names_people=names_people) for row in rows[: page.limit]
    ]
    following = (rows[page.limit - 1].id,) if len(rows) > page.limit else None
    return Stretch(tuple([each for each in told if each is not None]), following)


async def list_matches_of_variant(
    pool: Pool, caller: Caller, variant: Id, page: Page
) -> Sequence[ProductMatch] | Refusal:
    """The matches of the caller's own variant that have not ended, one more than the page shows.

    None where there is no such variant. A page's key is the match's id. Refuses
    `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_READ)
    if refusal is not None:
        return refusal
    if not variant:
        return []
    after = LOWEST if page.after is None else str(page.after[0])
    async with reading(pool) as connection:
        rows = await matches.list_matches_of_variant(
            connection, caller.organisation, variant, after, page
        )
    return [row.to_show(caller.organisation) for row in rows]


async def find_match(pool: Pool, caller: Caller, match: Id) -> ProductMatch | Refusal | None:
    """One match of the caller's, on either side, also an ended one; None where there is none.

    Refuses `identity.scope_missing`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_READ)
    if refusal is not None:
        return refusal
    async with reading(pool) as connection:
        row = await matches.find_match(connection, caller.organisation, match)
    return None if row is None else row.to_show(caller.organisation)


async def list_prices(
    pool: Pool, caller: Caller, partnership: Id, page: Page, wanted: PriceFilter = ANY_PRICE
) -> Stretch[AgreedPrice] | Refusal:
    """The price list of one of the caller's partnerships: the wholesaler's variants, by sku.

    The same for both sides, but that the retailer sees active variants only: this is also where it
    finds what to match. No figures are told. A page's key is the last sku. Refuses
    `identity.scope_missing`, `partnerships.unknown_partnership`, and to the retailer, once the
    partnership has ended, `partnerships.partnership_ending`: what the wholesaler sells, and for how
    much, is no business of its former partners'.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_READ)
    if refusal is not None:
        return refusal
    after = "" if page.after is None else str(page.after[0])
    among = page.rows_wanted if wanted.name is None else SEARCHED_MAX
    if wanted.gtin is not None:
        wanted = msgspec.structs.replace(wanted, gtin=gtin_key(wanted.gtin))
    async with reading(pool) as connection:
        found = await partnerships.find_partnership(connection, caller.organisation, partnership)
        if found is None:
            return unknown_partnership(partnership)
        is_wholesaler = caller.organisation == found.wholesaler
        over = is_ending(found) if found.state == "ended" and not is_wholesaler else None
        if over is not None:
            return over
        states = LISTED if is_wholesaler else LISTED[:1]
        rows = await prices.list_prices(
            connection, (found.wholesaler, found.id), states, wanted, after, among, page.rows_wanted
        )
    fitting = [row for row in rows if row.fits]
    shown = tuple([prices.to_agreed_price(row, found.currency) for row in fitting[: page.limit]])
    return Stretch(shown, _following(fitting, rows, page, among))


def _following(
    fitting: Sequence[_BySku], rows: Sequence[_BySku], page: Page, among: int
) -> Key | None:
    """Where to go on: after the last row shown, or where the search of this page ended.

    The last row that was read is the one the search ended at, unless more than a page was found.
    """
    if len(fitting) > page.limit:
        return (fitting[page.limit - 1].sku,)
    return (rows[-1].sku,) if rows and rows[-1].number == among else None
