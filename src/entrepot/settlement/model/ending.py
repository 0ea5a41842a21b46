"""Rules of ending: what stands in the way of it, and what is good to know before.

A partnership that is ending moves no more stock to the retailer. It ends once nothing is kept for
the retailer any longer and no reversal can be due; then every week is closed, the current one too.
Fulfilment reference, section 11 and E13.
"""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import quantity_text
from entrepot.kernel.refusal import Fact, Fault, Refusal, refuse
from entrepot.kernel.weeks import week_label
from entrepot.settlement import errors
from entrepot.settlement.model.closing import Sides


class OpenRow(NamedTuple):
    """What is open of a partnership, counted.

    `newest_week` is the last in which anything moved, `disputed` and `unanswered` are of the side
    that asks.
    """

    open_allocations: int
    allocated_units: Decimal
    reversible_lines: int
    reversible_units: Decimal
    newest_week: date | None
    disputed: int
    unanswered: int


class EndingChecklist(msgspec.Struct, frozen=True):
    """What is open before a partnership can end.

    In the way are `open_allocations` (what is left of them in the wholesaler's units) and
    `reversible_lines`: order lines that are not shipped, with transferred units (the retailer's)
    which would still go back if they were cancelled now. The rest is good to know: whether the open
    week has movement, which ending settles, and how many documents the one who asks disputes or has
    not answered. `may_end` says that nothing is in the way, and that ending has begun.
    """

    partnership: str
    state: str
    open_allocations: int
    allocated_units: str
    reversible_lines: int
    reversible_units: str
    open_week_has_movement: bool
    disputed: int
    unanswered: int
    may_end: bool


class EndedPartnership(msgspec.Struct, frozen=True):
    """A partnership that has ended, and through which week it is closed."""

    partnership: str
    state: str
    closed_through: str


def show_checklist(sides: Sides, row: OpenRow) -> EndingChecklist:
    """The checklist as it is shown."""
    is_clear = not row.open_allocations and not row.reversible_lines
    return EndingChecklist(
        ids.PARTNERSHIP + sides.id,
        sides.state,
        row.open_allocations,
        quantity_text(row.allocated_units),
        row.reversible_lines,
        quantity_text(row.reversible_units),
        row.newest_week is not None and row.newest_week > sides.closed_through,
        row.disputed,
        row.unanswered,
        may_end=is_clear and sides.state == "ending",
    )


def check_ending(sides: Sides, checklist: EndingChecklist) -> Refusal | None:
    """Whether a partnership can end now.

    Refuses `settlement.not_ending` and `settlement.checklist_open`, which names all that is open.
    """
    partnership: dict[str, Fact] = {"partnership": checklist.partnership}
    if sides.state != "ending":
        return refuse(
            errors.NOT_ENDING,
            "Begin to end the partnership first; from then on no more stock passes.",
            field="partnership",
            facts={**partnership, "state": sides.state},
        )
    faults = []
    if checklist.open_allocations:
        faults.append(
            Fault(
                errors.CHECKLIST_OPEN,
                f"{checklist.open_allocations} allocations with {checklist.allocated_units} units"
                " are still open. Have the wholesaler close them.",
                "open_allocations",
                {**partnership, "open_allocations": checklist.open_allocations},
            )
        )
    if checklist.reversible_lines:
        faults.append(
            Fault(
                errors.CHECKLIST_OPEN,
                f"{checklist.reversible_lines} order lines with {checklist.reversible_units}"
                " transferred units are not shipped yet and would go back if they were cancelled."
                " Ship or cancel them.",
                "reversible_lines",
                {**partnership, "reversible_lines": checklist.reversible_lines},
            )
        )
    return Refusal(tuple(faults)) if faults else None


def last_week_to_close(sides: Sides, newest_week: date | None, this_week: date) -> date:
    """The week through which an ending partnership is closed: this one, or a later one in use.

    A later week is in use when the clock went back over the end of a week.
    """
    return max(this_week, sides.closed_through, newest_week or this_week)


def ended(partnership: Id, closed_through: date) -> EndedPartnership:
    """What ending answers."""
    return EndedPartnership(ids.PARTNERSHIP + partnership, "ended", week_label(closed_through))
