"""Product matches: which goods of a wholesaler are the same as which of yours."""

from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from entrepot import catalogue, partnerships
from entrepot.apis.rest.bodies import Text, quiet, variant_id
from entrepot.apis.rest.problems import CREATED, Reply
from entrepot.apis.rest.routes import (
    API,
    Call,
    NoQuery,
    PageQuery,
    Route,
    do_once,
    granted,
    page_of,
    page_type,
    show_found,
    show_page,
    show_stretch,
)
from entrepot.apis.rest.wire import HexId, WireInt
from entrepot.infra.errors import KEY_REUSED
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.partnerships import (
    MatchChanges,
    MatchingDone,
    MatchingOutcome,
    NewMatch,
    Outcome,
    ProductMatch,
)

Sku = Annotated[str, msgspec.Meta(max_length=200)]

_UNKNOWN: Final = "You have no such product match. Check its id."


class MatchingQuery(PageQuery, kw_only=True):
    """Which outcomes to show."""

    outcome: (
        Annotated[Outcome, msgspec.Meta(description="Only the variants with this outcome.")] | None
    ) = None


class MatchesQuery(PageQuery, kw_only=True):
    """Which matches to show."""

    ended: Annotated[bool, msgspec.Meta(description="Also those that have ended.")] = False


class VariantMatchesQuery(PageQuery, kw_only=True):
    """Whose matches to show."""

    variant: Annotated[str, msgspec.Meta(max_length=200, description="Your own variant.")]


class MatchBody(msgspec.Struct, forbid_unknown_fields=True):
    """Two variants that are the same goods: yours, and your wholesaler's in a partnership.

    `factor` of its units make one of yours. Partners with a lower `rank` serve first.
    """

    partnership: Text
    variant: Text
    wholesaler_variant: Text
    factor: WireInt = 1
    rank: WireInt | None = None


class ChangeMatchBody(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of a match; what is left out stays.

    The retailer chooses `rank`. The wholesaler chooses `buffer`, in its units, and `cap`, in the
    retailer's; with null, the partnership's hold.
    """

    rank: WireInt | UnsetType = UNSET
    buffer: Decimal | UnsetType | None = UNSET
    cap: Decimal | UnsetType | None = UNSET


async def match_wholesale(call: Call[NoQuery, None]) -> Reply:
    """Match by GTIN what a supplier shares."""
    return await do_once(call, "match_wholesale", partnerships.match_wholesale, _supplier(call))


async def list_matching(call: Call[MatchingQuery, None]) -> Reply:
    """Show what matching makes of each of the caller's variants."""
    page = page_of(call.query, tuple[Sku])
    found = await partnerships.list_matching(
        call.services.database, call.caller, _supplier(call), page, call.query.outcome
    )
    return show_stretch(granted(found))


async def match_by_hand(call: Call[NoQuery, MatchBody]) -> Reply:
    """Match two variants."""
    body = call.body
    new = NewMatch(
        ids.from_wire(ids.PARTNERSHIP, body.partnership) or "",
        variant_id(body.variant),
        variant_id(body.wholesaler_variant),
        body.factor,
        body.rank,
    )
    return await do_once(call, "match_by_hand", partnerships.match_by_hand, new, status=CREATED)


async def list_of_variant(call: Call[VariantMatchesQuery, None]) -> Reply:
    """Show the matches of one of the caller's variants."""
    page = page_of(call.query, tuple[HexId])
    rows = granted(
        await partnerships.list_matches_of_variant(
            call.services.database, call.caller, variant_id(call.query.variant), page
        )
    )
    return show_page(rows, page, lambda row: (row.inner_id,))


async def list_of_partnership(call: Call[MatchesQuery, None]) -> Reply:
    """Show the matches of a partnership."""
    page = page_of(call.query, tuple[HexId, HexId])
    partnership = ids.from_wire(ids.PARTNERSHIP, call.path["partnership"]) or ""
    rows = granted(
        await partnerships.list_matches(
            call.services.database, call.caller, partnership, page, ended_too=call.query.ended
        )
    )
    return show_page(
        rows, page, lambda row: (row.variant.id.removeprefix(ids.VARIANT), row.inner_id)
    )


async def find_match(call: Call[NoQuery, None]) -> Reply:
    """Show one match."""
    match = _match(call)
    found = None
    if match:
        found = granted(await partnerships.find_match(call.services.database, call.caller, match))
    return show_found(found, partnerships.UNKNOWN_MATCH, _UNKNOWN, match=call.path["match"])


async def change_match(call: Call[NoQuery, ChangeMatchBody]) -> Reply:
    """Change the terms of a match."""
    body = call.body
    changes = MatchChanges(body.rank, _amount(body.buffer), _amount(body.cap))
    return await do_once(call, "change_match", partnerships.change_match, _match(call), changes)


async def end_match(call: Call[NoQuery, None]) -> Reply:
    """End a match."""
    return await do_once(call, "end_match", partnerships.end_match, _match(call))


def _supplier(call: Call[Any, Any]) -> Id:
    """The supplier that the path names; what is no id answers like an absent one."""
    return ids.from_wire(ids.SUPPLIER, call.path["supplier"]) or ""


def _match(call: Call[Any, Any]) -> Id:
    """The match that the path names; what is no id answers like an absent one."""
    return ids.from_wire(ids.PRODUCT_MATCH, call.path["match"]) or ""


def _amount(given: Decimal | UnsetType | None) -> Decimal | UnsetType | None:
    return quiet(given) if isinstance(given, Decimal) else given


_MATCHES: Final = page_type("ProductMatch", ProductMatch)
_ON_SUPPLIER: Final = (catalogue.UNKNOWN_SUPPLIER, partnerships.SUPPLIER_NOT_PARTNER)

ROUTES: Final = (
    Route(
        method="POST",
        path=f"{API}/suppliers/{{supplier}}/match-wholesale",
        topic="Product matches",
        summary="Match wholesale: all your variants that a supplier has, by GTIN",
        detail=(
            "All your active variants are looked at. Those whose GTIN the wholesaler has, in the"
            " same unit, are matched; of the others the answer says how many there are of each"
            " kind. See each with its reason at `/suppliers/{supplier}/matching`. Done again, it"
            " matches what has become matchable since."
        ),
        handler=match_wholesale,
        is_act=True,
        answer=MatchingDone,
        scope=Scope.PARTNERSHIPS_WRITE,
        refusals=(*_ON_SUPPLIER, partnerships.PARTNERSHIP_ENDING, KEY_REUSED),
    ),
    Route(
        method="GET",
        path=f"{API}/suppliers/{{supplier}}/matching",
        topic="Product matches",
        summary="Show what matching makes of each of your variants, and why",
        detail=(
            "By sku, as things are now; nothing is changed. `matchable`: the GTIN is the same, and"
            " matching makes the match. `suggested`: equal codes, or a match that was; confirm it"
            " by hand. The others say why there is no match: `none`, `ambiguous_here` or"
            " `ambiguous_there` (equal codes mean several of yours, or of the wholesaler's),"
            " `inactive`, `unit_mismatch`, `already_matched`. With `outcome`, a page may hold fewer"
            " rows than asked, or none, while `next` says that there is more to search."
        ),
        handler=list_matching,
        query=MatchingQuery,
        answer=page_type("MatchingOutcome", MatchingOutcome),
        scope=Scope.PARTNERSHIPS_READ,
        refusals=(*_ON_SUPPLIER, partnerships.PARTNERSHIP_ENDING),
    ),
    Route(
        method="POST",
        path=f"{API}/matches",
        topic="Product matches",
        summary="Match two variants by hand",
        detail=(
            "A match that does not count any more, because one of its variants was deactivated"
            " since, ends by the new one."
        ),
        handler=match_by_hand,
        body=MatchBody,
        is_act=True,
        status=CREATED,
        answer=ProductMatch,
        scope=Scope.PARTNERSHIPS_WRITE,
        refusals=(
            partnerships.UNKNOWN_PARTNERSHIP,
            catalogue.UNKNOWN_VARIANT,
            partnerships.RETAILER_ONLY,
            partnerships.FACTOR_NOT_VALID,
            partnerships.RANK_NOT_VALID,
            partnerships.PARTNERSHIP_ENDING,
            partnerships.VARIANT_NOT_ACTIVE,
            partnerships.ALREADY_MATCHED,
            KEY_REUSED,
        ),
    ),
    Route(
        method="GET",
        path=f"{API}/matches",
        topic="Product matches",
        summary="List the matches of one of your variants",
        detail="Those that have not ended, whichever side you are on.",
        handler=list_of_variant,
        query=VariantMatchesQuery,
        answer=_MATCHES,
        scope=Scope.PARTNERSHIPS_READ,
    ),
    Route(
        method="GET",
        path=f"{API}/partnerships/{{partnership}}/matches",
        topic="Product matches",
        summary="List the matches of a partnership",
        detail="Each with its state: active, inactive or ended, and the reason why.",
        handler=list_of_partnership,
        query=MatchesQuery,
        answer=_MATCHES,
        scope=Scope.PARTNERSHIPS_READ,
        refusals=(partnerships.UNKNOWN_PARTNERSHIP,),
    ),
    Route(
        method="GET",
        path=f"{API}/matches/{{match}}",
        topic="Product matches",
        summary="Show one match",
        handler=find_match,
        answer=ProductMatch,
        scope=Scope.PARTNERSHIPS_READ,
        refusals=(partnerships.UNKNOWN_MATCH,),
    ),
    Route(
        method="PATCH",
        path=f"{API}/matches/{{match}}",
        topic="Product matches",
        summary="Change the terms of a match",
        detail="It holds for new orders at once. Each side changes what is its own to decide.",
        handler=change_match,
        body=ChangeMatchBody,
        is_act=True,
        answer=ProductMatch,
        scope=Scope.PARTNERSHIPS_WRITE,
        refusals=(
            partnerships.UNKNOWN_MATCH,
            partnerships.PARTNER_DECIDES,
            partnerships.RANK_NOT_VALID,
            partnerships.BUFFER_NOT_VALID,
            partnerships.CAP_NOT_VALID,
            partnerships.MATCH_ENDED,
            KEY_REUSED,
        ),
    ),
    Route(
        method="POST",
        path=f"{API}/matches/{{match}}/end",
        topic="Product matches",
        summary="End a match",
        detail=(
            "The goods are offered by it no more; what passed stays where it is. Either side may."
            " Ended again, nothing happens."
        ),
        handler=end_match,
        is_act=True,
        answer=ProductMatch,
        scope=Scope.PARTNERSHIPS_WRITE,
        refusals=(partnerships.UNKNOWN_MATCH, KEY_REUSED),
    ),
)
