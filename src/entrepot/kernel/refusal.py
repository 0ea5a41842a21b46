"""Refusals: expected answers of "no", with a stable code, the facts, and what a person can do.

A refusal names every fault of a request at once. Areas declare their codes in their `errors.py` in
order of precedence; doors translate them. A bug is never a refusal: it is an assertion.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import msgspec

Fact: TypeAlias = str | int | bool | None


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong.

    `code` is `area.reason`; `field` is the path in the request (`lines[2].quantity`) or None;
    `facts` are plain values, quantities and ids as text on the wire.
    """

    code: str
    message: str
    field: str | None = None
    facts: Mapping[str, Fact] = {}


class Refusal(msgspec.Struct, frozen=True):
    """Why a request was refused: at least one fault, the weightiest first."""

    faults: tuple[Fault, ...]

    @property
    def code(self) -> str:
        """The code of the weightiest fault."""
        return self.faults[0].code


class RefusedError(Exception):
    """Carries a refusal out of a place that cannot return one (a door's guard, a parser)."""

    def __init__(self, refusal: Refusal) -> None:
        """Keep the refusal for the door to translate."""
        super().__init__(refusal.code)
        self.refusal = refusal


def refuse(
    code: str, message: str, *, field: str | None = None, facts: Mapping[str, Fact] | None = None
) -> Refusal:
    """Make a refusal with a single fault."""
    return Refusal((Fault(code, message, field, facts or {}),))


def gather(faults: Iterable[Fault], precedence: Sequence[str]) -> Refusal | None:
    """Make one refusal of all faults of a request, the weightiest first; None without faults.

    A code that `precedence` does not list comes last.
    """
    rank = {code: number for number, code in enumerate(precedence)}
    ordered = sorted(faults, key=lambda each: rank.get(each.code, len(rank)))
    return Refusal(tuple(ordered)) if ordered else None
