"""What was done about a partnership, as one of its sides may be told it.

Both sides are told what both can see anyway: its state and terms, matches, allocations, documents.
Of the partner's people nothing is told, nor of what only concerns the partner: a buffer, a rank.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Fact

CHANGED: Final = "partnerships.partnership_changed"

SHARED_ACTS: Final = (
    "partnerships.match_ended",
    "partnerships.match_made",
    CHANGED,
    "partnerships.partnership_ended",
    "partnerships.partnership_ending",
    "partnerships.partnership_made",
    "partnerships.partnership_paused",
    "partnerships.partnership_resumed",
    "partnerships.prices_set",
    "partnerships.products_matched",
    "settlement.acknowledged",
    "settlement.disputed",
    "stock.allocated",
    "stock.allocation_changed",
    "stock.allocation_closed",
)
"""What either side did that the other is told of."""

OWN_ACTS: Final = (*SHARED_ACTS, "partnerships.match_changed", "settlement.closed")
"""What a side is told of its own. A closed week is told to each side as its own."""

AGREED: Final = (
    "sharing_policy",
    "buffer",
    "cap",
    "price_percentage",
    "on_cancel_open_week",
    "on_cancel_later",
    "terms",
)
"""What can change of an agreement, in the order in which it is told."""

HAPPENED: Final[Mapping[str, str]] = {
    "partnerships.match_made": "created_at",
    "partnerships.partnership_made": "created_at",
    "settlement.acknowledged": "answered_at",
    "settlement.closed": "closed_at",
    "settlement.disputed": "answered_at",
    "stock.allocated": "made_at",
}
"""Where an answer says when it happened: who tells a history writes it down later."""

By: TypeAlias = Literal["you", "partner"]


class ActivityRow(NamedTuple):
    """One act of the audit; `answer` and `previous` as JSON.

    `previous` is what the partnership was before the act changed its terms. Who it was is read for
    the asking side's own acts alone.
    """

    id: Id
    organisation: Id
    at: datetime
    act: str
    subject: str
    answer: bytes
    previous: bytes | None
    is_by_somebody: bool
    person_name: str | None
    token_name: str | None


class Activity(msgspec.Struct, frozen=True):
    """One thing that was done: when, by which side, and what it says of itself.

    `person` is named for one's own side, to those who may read the audit; `program` likewise.
    Without either it was `by` that side, or came about by itself (`by_itself`). `changed` names
    what of the agreement was changed. `facts` are the plain facts of what was answered.
    """

    id: str
    at: datetime
    act: str
    subject: str
    by: By
    by_itself: bool
    person: str | None
    program: str | None
    facts: Mapping[str, Fact]
    changed: tuple[str, ...] = ()

    @property
    def inner_id(self) -> Id:
        """The id as it is inside Entrepot."""
        return self.id.removeprefix(ids.ACT)


def show_activity(
    row: ActivityRow, organisation: Id, partner_name: str, *, names_people: bool
) -> Activity | None:
    """An act as a side is told it; None for one that changed nothing that this side can see."""
    is_own = row.organisation == organisation
    answer: dict[str, Any] = msgspec.json.decode(row.answer)
    changed: tuple[str, ...] = ()
    if row.act == CHANGED and row.previous is not None:
        before: dict[str, Any] = msgspec.json.decode(row.previous)
        # The retailer, who made the partnership, was not told the buffer it began with.
        knows_buffer = is_own and before.get("buffer") is not None
        visible = tuple(name for name in AGREED if name != "buffer" or knows_buffer)
        changed = tuple(name for name in visible if before.get(name) != answer.get(name))
        if not changed and not is_own:
            return None
    return Activity(
        ids.ACT + row.id,
        _happened(row, answer),
        row.act,
        row.subject,
        "you" if is_own else "partner",
        not row.is_by_somebody,
        row.person_name if names_people and is_own else None,
        row.token_name if names_people and is_own else None,
        _facts(answer, partner_name),
        changed,
    )


def _happened(row: ActivityRow, answer: Mapping[str, Any]) -> datetime:
    said = answer.get(HAPPENED.get(row.act, ""))
    return datetime.fromisoformat(said) if isinstance(said, str) else row.at


def _facts(answer: Mapping[str, Any], partner_name: str) -> dict[str, Fact]:
    """The plain facts of an answer, and those of the two variants of a match."""
    facts: dict[str, Fact] = {
        name: value
        for name, value in answer.items()
        if isinstance(value, str | int) and not isinstance(value, bool)
    }
    for name, prefix in (("variant", ""), ("wholesaler_variant", "wholesaler_")):
        variant = answer.get(name)
        for each in ("sku", "name"):
            value = variant.get(each) if isinstance(variant, dict) else None
            if isinstance(value, str):
                facts[prefix + each] = value
    return {**facts, "partner": partner_name}
