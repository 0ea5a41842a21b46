"""Rules of closing: which weeks of a partnership may close, and when they are due.

Weeks close as they end by the partnership's own clock; a week that is closed stays so. Design 6.6;
fulfilment reference, section 11.
"""

from datetime import date, datetime
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse
from entrepot.kernel.weeks import WEEK, week_begins, week_label, week_of
from entrepot.settlement import errors

Face: TypeAlias = Literal["order", "inbound"]
"""The wholesaler's side of a document, or the retailer's."""


class Sides(NamedTuple):
    """A partnership as settlement needs it. Weeks are Mondays."""

    wholesaler: Id
    id: Id
    retailer: Id
    state: str
    currency: str
    time_zone: str
    closed_through: date
    written_through: date
    partner_name: str

    def face_of(self, organisation: Id) -> Face:
        """Which face of its documents one of the two sees."""
        return "order" if organisation == self.wholesaler else "inbound"

    def other_than(self, organisation: Id) -> Id:
        """The other side."""
        return self.retailer if organisation == self.wholesaler else self.wholesaler


class ToSettle(NamedTuple):
    """A partnership as the operator settles it; weeks up to `closed_through` are closed."""

    wholesaler: Id
    id: Id
    time_zone: str
    closed_through: date

    def last_over(self, at: datetime) -> date:
        """The newest week that has ended by a moment."""
        return last_week_over(at, self.time_zone)


class ClosedWeeks(msgspec.Struct, frozen=True):
    """Which weeks of a partnership are closed: all through `closed_through`.

    `newly_closed` are those that this closed, whether or not anything moved in them.
    """

    partnership: str
    closed_through: str
    newly_closed: int


class SettlementNotice(msgspec.Struct, frozen=True):
    """Something that the people of one side should know of a document or a partnership."""

    organisation: Id
    kind: str
    subject: str
    facts: dict[str, str]


def last_week_over(now: datetime, zone: str) -> date:
    """The newest week that has ended."""
    return week_of(now, zone) - WEEK


def closing_due_at(closed_through: date, zone: str) -> datetime:
    """When the first week that is still open can be closed: as it ends."""
    return week_begins(closed_through + 2 * WEEK, zone)


def check_closing(sides: Sides, through: date, now: datetime) -> Refusal | None:
    """Whether a partnership's weeks may be closed through a week.

    Refuses `settlement.week_not_over` and `settlement.week_closed`.
    """
    zone = sides.time_zone
    facts = {
        "partnership": ids.PARTNERSHIP + sides.id,
        "week": week_label(through),
        "closed_through": week_label(sides.closed_through),
    }
    if sides.state == "ended":
        return refuse(
            errors.WEEK_CLOSED,
            "This partnership has ended, and every week of it is closed.",
            field="week",
            facts=facts,
        )
    if through > last_week_over(now, zone):
        ends = week_begins(through + WEEK, zone)
        return refuse(
            errors.WEEK_NOT_OVER,
            f"The week {week_label(through)} ends at {ends.isoformat()}. Close it after that.",
            field="week",
            facts={**facts, "ends_at": ends.isoformat()},
        )
    if through <= sides.closed_through:
        return refuse(
            errors.WEEK_CLOSED,
            f"The weeks through {week_label(sides.closed_through)} are closed already. What changes"
            " later is in the document of the week that is open then.",
            field="week",
            facts=facts,
        )
    return None
