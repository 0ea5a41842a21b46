"""Rules of product matches: which goods of a wholesaler are the same as which of a retailer.

What matching makes of a variant is decided where the facts are, by the view `matching_outcomes`;
here is what it is called, what people may choose themselves, and how either side sees a match. From
the fulfilment reference, sections 1 (R5 to R7), 11 and 12 (E2, E14, E15, E23, E33).
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import quantity_text
from entrepot.kernel.refusal import Fault
from entrepot.partnerships import errors
from entrepot.partnerships.model.partnerships import Role, is_amount

FACTOR_MAX: Final = 1_000_000
RANK_MAX: Final = 999

ENDED_BY_RETAILER: Final = "ended_by_retailer"
ENDED_BY_WHOLESALER: Final = "ended_by_wholesaler"
PARTNERSHIP_ENDED: Final = "partnership_ended"
REPLACED: Final = "deactivated"
"""Why a match ended that a new one took the place of: one of its variants had been deactivated."""
REPLACED_BY_HAND: Final = "replaced"
"""Why a match ended that counted, and that the retailer put another in the place of."""

Outcome: TypeAlias = Literal[
    "matchable",
    "suggested",
    "already_matched",
    "none",
    "ambiguous_here",
    "ambiguous_there",
    "inactive",
    "unit_mismatch",
]
"""What matching makes of a variant.

`matchable`: the wholesaler has a variant with its GTIN. `suggested`: the codes are equal, or the
two were matched before; a person confirms. `none`: there is no counterpart. `ambiguous_here`,
`ambiguous_there`: several of the retailer's, or of the wholesaler's, are meant by equal codes.
`inactive`: the counterpart is not active. `unit_mismatch`: the GTIN is the same, the unit is not.
"""

MatchState: TypeAlias = Literal["active", "inactive", "ended"]


class NewMatch(msgspec.Struct, frozen=True):
    """A match to make by hand: the retailer's variant and the wholesaler's, ids as inside Entrepot.

    `factor` whole units of the wholesaler's make one of the retailer's. Partners of a lower `rank`
    serve first; None keeps the rank that the variant's last match in this partnership had.
    `replaces` names the variant's own match, which counts, and which ends by the new one.
    """

    partnership: Id
    variant: Id
    wholesaler_variant: Id
    factor: int = 1
    rank: int | None = None
    replaces: Id | None = None


class MatchChanges(msgspec.Struct, frozen=True):
    """What to change of a match; what is UNSET stays.

    The rank is the retailer's to choose; buffer and cap are the wholesaler's, where None means
    those of the partnership.
    """

    rank: int | UnsetType = UNSET
    buffer: Decimal | UnsetType | None = UNSET
    cap: Decimal | UnsetType | None = UNSET


class MatchFilter(msgspec.Struct, frozen=True):
    """Which matches to read: all that is given must fit. Without a state, those not ended.

    `text` is looked for in the sku and the name of either side, whatever its capitals.
    """

    state: MatchState | None = None
    text: str | None = None


class MatchCounts(msgspec.Struct, frozen=True):
    """How many matches of a partnership count, and how many wait for a new one.

    An `inactive` one does not count because one of its variants was deactivated. `has_more` says
    that there are more than were counted.
    """

    active: int = 0
    inactive: int = 0
    has_more: bool = False


class MatchedVariant(msgspec.Struct, frozen=True):
    """A variant as both sides of a match may see it: what it is, no figures and no prices."""

    id: str
    sku: str
    name: str
    gtin: str | None
    unit: str


class ProductMatch(msgspec.Struct, frozen=True):
    """A product match as one of its sides, `role`, sees it.

    `factor` units of `wholesaler_variant` make one of `variant`, the retailer's. `reason` says why
    a match is inactive or ended. The rank is None to the wholesaler, the buffer (in its units) to
    the retailer. `buffer` and `cap` (in the retailer's units) are those that hold: the match's own
    where `own_buffer` and `own_cap` say so, else the partnership's.
    """

    id: str
    role: Role
    partnership: str
    variant: MatchedVariant
    wholesaler_variant: MatchedVariant
    factor: int
    rank: int | None
    buffer: str | None
    own_buffer: bool | None
    cap: str | None
    own_cap: bool
    matched_by: str
    state: MatchState
    reason: str | None
    created_at: datetime
    ended_at: datetime | None

    @property
    def inner_id(self) -> Id:
        """The id as it is inside Entrepot."""
        return self.id.removeprefix(ids.PRODUCT_MATCH)


class MatchingOutcome(msgspec.Struct, frozen=True):
    """What matching makes of one of the retailer's variants, and the counterpart it is about.

    `factor` is the one to confirm a suggestion with. `match` is one that has not ended, which a new
    match would take the place of when it does not count any more.
    """

    variant: MatchedVariant
    outcome: Outcome
    candidate: MatchedVariant | None
    factor: int
    match: str | None


class MatchingDone(msgspec.Struct, frozen=True):
    """How many of the retailer's active variants were matched, and what became of the others."""

    partnership: str
    matched: int
    suggested: int
    already_matched: int
    none: int
    ambiguous_here: int
    ambiguous_there: int
    inactive: int
    unit_mismatch: int


class KnownMatchRow(NamedTuple):
    """A match as the view `known_matches` shows it."""

    retailer: Id
    id: Id
    wholesaler: Id
    partnership: Id
    variant: Id
    sku: str
    name: str
    gtin: str | None
    unit: str
    wholesaler_variant: Id
    wholesaler_sku: str
    wholesaler_name: str
    wholesaler_gtin: str | None
    wholesaler_unit: str
    factor: int
    rank: int
    buffer: Decimal | None
    cap: Decimal | None
    partnership_buffer: Decimal
    partnership_cap: Decimal | None
    matched_by: str
    created_at: datetime
    ended_at: datetime | None
    reason: str | None

    @property
    def subject(self) -> str:
        """The id as on the wire."""
        return ids.PRODUCT_MATCH + self.id

    def role_of(self, organisation: Id) -> Role:
        """Which side one of the two organisations is on."""
        assert organisation in {self.wholesaler, self.retailer}, "a match is its sides' own"
        return "wholesaler" if organisation == self.wholesaler else "retailer"

    def to_show(self, organisation: Id) -> ProductMatch:
        """The match as one of its sides may see it."""
        role = self.role_of(organisation)
        is_wholesaler = role == "wholesaler"
        buffer = self.partnership_buffer if self.buffer is None else self.buffer
        cap = self.partnership_cap if self.cap is None else self.cap
        return ProductMatch(
            self.subject,
            role,
            ids.PARTNERSHIP + self.partnership,
            MatchedVariant(ids.VARIANT + self.variant, self.sku, self.name, self.gtin, self.unit),
            MatchedVariant(
                ids.VARIANT + self.wholesaler_variant,
                self.wholesaler_sku,
                self.wholesaler_name,
                self.wholesaler_gtin,
                self.wholesaler_unit,
            ),
            self.factor,
            None if is_wholesaler else self.rank,
            quantity_text(buffer) if is_wholesaler else None,
            self.buffer is not None if is_wholesaler else None,
            None if cap is None else quantity_text(cap),
            self.cap is not None,
            self.matched_by,
            self._state(),
            self.reason,
            self.created_at,
            self.ended_at,
        )

    def _state(self) -> MatchState:
        if self.ended_at is not None:
            return "ended"
        return "active" if self.reason is None else "inactive"


class PairRow(NamedTuple):
    """The two variants that a match by hand would join, and the match that there is already.

    Each state is None where there is no such variant; `is_live` says whether the match counts, but
    for a pause.
    """

    state: str | None
    wholesaler_state: str | None
    match: Id | None
    is_live: bool


def new_match_faults(new: NewMatch) -> Iterator[Fault]:
    """Name what is wrong with what a person chose for a match."""
    if not 1 <= new.factor <= FACTOR_MAX:
        yield Fault(
            errors.FACTOR_NOT_VALID,
            f"A factor is a whole number from 1 to {FACTOR_MAX}: so many of the wholesaler's units"
            " make one of yours.",
            "factor",
            {"factor": new.factor},
        )
    if new.rank is not None:
        yield from rank_faults(new.rank)


def rank_faults(rank: int) -> Iterator[Fault]:
    """Name a rank that is none."""
    if not 0 <= rank <= RANK_MAX:
        yield Fault(
            errors.RANK_NOT_VALID,
            f"A rank is a whole number from 0, which serves first, to {RANK_MAX}.",
            "rank",
            {"rank": rank},
        )


def pair_faults(new: NewMatch, pair: PairRow, unknown_variant: str) -> Iterator[Fault]:
    """Name what keeps two variants from being matched; `unknown_variant` is a catalogue's code."""
    sides = (
        ("variant", new.variant, pair.state, "You have", "Activate it first."),
        (
            "wholesaler_variant",
            new.wholesaler_variant,
            pair.wholesaler_state,
            "The wholesaler has",
            "Ask the wholesaler about it.",
        ),
    )
    for field, variant, state, whose, what_to_do in sides:
        facts = {field: ids.VARIANT + variant} if variant else {}
        if state is None:
            yield Fault(
                unknown_variant, f"{whose} no such variant. Check its id.", field, {**facts}
            )
        elif state != "active":
            yield Fault(
                errors.VARIANT_NOT_ACTIVE,
                f"This variant is not active, and only active ones are matched. {what_to_do}",
                field,
                {**facts, "state": state},
            )
    if pair.match is not None and pair.is_live and pair.match != new.replaces:
        yield already_matched(pair.match)


def already_matched(match: Id | None) -> Fault:
    """Say that a variant is matched in this partnership; None when the match is not known yet."""
    return Fault(
        errors.ALREADY_MATCHED,
        "This variant is matched in this partnership already. End that match to make another.",
        "variant",
        {} if match is None else {"match": ids.PRODUCT_MATCH + match},
    )


def change_faults(role: Role, changes: MatchChanges) -> Iterator[Fault]:
    """Name what a side may not change of a match, and values that are none."""
    theirs = ("buffer", "cap") if role == "retailer" else ("rank",)
    for name in theirs:
        if getattr(changes, name) is not UNSET:
            yield Fault(
                errors.PARTNER_DECIDES,
                f"The {name} of a match is for your partner to decide. Ask them to change it.",
                name,
            )
    if role == "retailer" and changes.rank is not UNSET:
        yield from rank_faults(changes.rank)
    if role == "wholesaler":
        for name, code in (("buffer", errors.BUFFER_NOT_VALID), ("cap", errors.CAP_NOT_VALID)):
            amount = getattr(changes, name)
            if isinstance(amount, Decimal) and not is_amount(amount):
                yield Fault(
                    code,
                    f"A {name} is 0 or more, with at most three decimals.",
                    name,
                    {name: str(amount)},
                )


def changed_match(row: KnownMatchRow, changes: MatchChanges) -> KnownMatchRow:
    """A match with what is given of it changed."""
    given = {
        name: value
        for name in changes.__struct_fields__
        if (value := getattr(changes, name)) is not UNSET
    }
    return row._replace(**given)


def matching_over(partnership: Id, state: str) -> Fault | None:
    """Say that a partnership takes no new matches, because it is ending or has ended."""
    if state not in {"ending", "ended"}:
        return None
    return Fault(
        errors.PARTNERSHIP_ENDING,
        "This partnership is ending or has ended; nothing new is matched in it.",
        "partnership",
        {"partnership": ids.PARTNERSHIP + partnership, "state": state},
    )


def retailer_only(partnership: Id) -> Fault:
    """Say to the wholesaler that matching is for the retailer to do."""
    return Fault(
        errors.RETAILER_ONLY,
        "The retailer matches its variants with yours. An allocation of yours matches by GTIN.",
        "partnership",
        {"partnership": ids.PARTNERSHIP + partnership},
    )


def supplier_not_partner(supplier: Id) -> Fault:
    """Say that a supplier points at no partnership."""
    return Fault(
        errors.SUPPLIER_NOT_PARTNER,
        "This supplier shares no stock with you. Enter the invite key it gave you first.",
        "supplier",
        {"supplier": ids.SUPPLIER + supplier},
    )


def unknown_match(match: Id) -> Fault:
    """Say that an organisation has no such match; "" stands for an id that is none."""
    return Fault(
        errors.UNKNOWN_MATCH,
        "You have no such product match. Check its id.",
        "match",
        {"match": ids.PRODUCT_MATCH + match} if match else {},
    )


def match_ended(row: KnownMatchRow) -> Fault:
    """Say that a match has ended, so that nothing of it can be changed."""
    return Fault(
        errors.MATCH_ENDED,
        "This product match has ended. Match the two variants again to make a new one.",
        "match",
        {"match": row.subject},
    )
