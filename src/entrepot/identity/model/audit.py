"""The audit as its organisation reads it: who did what to what, and when."""

from datetime import datetime
from typing import Final, Literal

import msgspec

from entrepot.kernel.ids import Id
from entrepot.kernel.paging import HIGHEST, LOWEST

WINDOW: Final = 10_000
"""Rows that one page looks through at most, so that a rare filter costs no more than another."""

_CLOCKS_APART_MAX: Final = 24 * 3600
"""Seconds."""
_HIGHEST_TAIL: Final = HIGHEST[12:]
_LOWEST_TAIL: Final = LOWEST[12:]


class Who(msgspec.Struct, frozen=True):
    """Who did something: a person who had logged in, a program by its token, or the operator."""

    kind: Literal["person", "token", "operator"]
    id: str | None = None
    name: str | None = None
    email: str | None = None
    shown: str | None = None


class AuditEntry(msgspec.Struct, frozen=True):
    """One thing that was done."""

    id: str
    at: datetime
    act: str
    subject: str
    who: Who
    request: str | None


class AuditRecord(AuditEntry, frozen=True, kw_only=True):
    """One thing that was done, with all that was answered."""

    answer: msgspec.Raw


class AuditFilter(msgspec.Struct, frozen=True):
    """What of the audit to show: one act, one subject, of one token or person, within a time.

    The time is half-open. `subject` is an id as on the wire; `token` is the inner id of a token or
    a log-in session, `person` an inner id.
    """

    act: str | None = None
    subject: str | None = None
    token: Id | None = None
    person: Id | None = None
    from_: datetime | None = None
    until: datetime | None = None


def lowest_id(from_: datetime | None) -> Id:
    """An id that is certainly lower than those of acts from a time on.

    Ids carry the time of the machine that made them; it is allowed to be a day off.
    """
    return LOWEST if from_ is None else _id_at(from_, -_CLOCKS_APART_MAX, _LOWEST_TAIL)


def highest_id(until: datetime | None) -> Id:
    """An id that is certainly higher than those of acts before a time."""
    return HIGHEST if until is None else _id_at(until, _CLOCKS_APART_MAX, _HIGHEST_TAIL)


def _id_at(at: datetime, later: int, tail: str) -> Id:
    """The first or last id of the millisecond so many seconds after a time."""
    milliseconds = min(max(int((at.timestamp() + later) * 1000), 0), (1 << 48) - 1)
    return f"{milliseconds:012x}{tail}"
