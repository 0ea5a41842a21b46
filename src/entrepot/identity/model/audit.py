"""The audit as its organisation reads it: who did what to what, and when."""

from datetime import datetime
from typing import Final, Literal

import msgspec

from entrepot.kernel.ids import Id

WINDOW: Final = 10_000
"""Rows that one page looks through at most, so that a rare filter costs no more than another."""


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
