"""What happened to an order, in sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from entrepot.orders import HistoryEntry
from entrepot.portal.words import Words

Teller: TypeAlias = Callable[[Words, HistoryEntry], list[str]]


def tell(words: Words, entry: HistoryEntry) -> str:
    """What an act did to an order and to its goods. An act nobody wrote words for is named."""
    teller = _TELLERS.get(entry.act)
    if teller is None:
        return entry.act
    return " ".join(teller(words, entry))


def tell_who(words: Words, entry: HistoryEntry) -> str:
    """Who did it: a colleague, a program or the operator; nobody where time or goods did."""
    if entry.by is None:
        return "" if entry.act in _BY_ITSELF else words("by the operator")
    if entry.is_program:
        return words("by the program %(name)s", name=entry.by)
    return words("by %(name)s", name=entry.by)


def left_out(words: Words, lines: int) -> str:
    """How many lines were not placed."""
    said = words.ngettext(
        "%(num)d line was left out, because it was short.",
        "%(num)d lines were left out, because they were short.",
        lines,
    )
    return said % {"num": lines}


def _draft(words: Words, entry: HistoryEntry) -> list[str]:
    lines = words.ngettext("%(num)d line", "%(num)d lines", entry.lines) % {"num": entry.lines}
    return [words("Saved as a draft with %(lines)s; nothing is held for it.", lines=lines)]


def _placed(words: Words, entry: HistoryEntry) -> list[str]:
    return [words("Placed."), *_outcome(words, entry)]


def _changed(words: Words, entry: HistoryEntry) -> list[str]:
    return [words("Its lines were changed."), *_outcome(words, entry)]


def _paid(words: Words, entry: HistoryEntry) -> list[str]:
    return [words("Payment received."), *_outcome(words, entry)]


def _payment_failed(words: Words, entry: HistoryEntry) -> list[str]:
    return [words("The payment failed, so the order was cancelled."), *_gone(words, entry)]


def _cancelled(words: Words, entry: HistoryEntry) -> list[str]:
    whole = entry.status == "cancelled"
    said = words("Cancelled.") if whole else words("A part of it was cancelled.")
    return [said, *_gone(words, entry)]


def _gathered(words: Words, entry: HistoryEntry) -> list[str]:
    del entry
    return [words("It was given what customers of the session had ordered.")]


def _completed(words: Words, entry: HistoryEntry) -> list[str]:
    del entry
    return [words("The sales session closed: what it held is ordered from the producer.")]


def _expired(words: Words, entry: HistoryEntry) -> list[str]:
    del entry
    return [words("Not paid in time: cancelled, and what it held is free again.")]


def _shipped(words: Words, entry: HistoryEntry) -> list[str]:
    said = words("%(units)s shipped.", units=words.quantity(entry.shipped))
    return [said]


def _returned(words: Words, entry: HistoryEntry) -> list[str]:
    return [words("%(units)s came back.", units=words.quantity(entry.returned))]


def _prioritised(words: Words, entry: HistoryEntry) -> list[str]:
    return [words("Moved in the queue: priority %(priority)s.", priority=entry.priority)]


def _repaired(words: Words, entry: HistoryEntry) -> list[str]:
    del entry
    return [words("Its figures were rebuilt from its holds by the operator.")]


def _released(words: Words, entry: HistoryEntry) -> list[str]:
    return [words("Goods became free: released from backorder."), *_outcome(words, entry)]


def _supplied(words: Words, entry: HistoryEntry) -> list[str]:
    return [words("Goods became free, a part of what it misses."), *_outcome(words, entry)]


def _outcome(words: Words, entry: HistoryEntry) -> list[str]:
    """What a decision set aside, let go and left missing."""
    said = []
    if entry.held != "0":
        said.append(words("%(units)s set aside.", units=words.quantity(entry.held)))
    if entry.from_partners != "0":
        said.append(
            words(
                "Of that, %(units)s passed from partners.",
                units=words.quantity(entry.from_partners),
            )
        )
    said += _gone(words, entry) if entry.released != "0" and entry.held == "0" else []
    if entry.to_partners != "0" and entry.held != "0":
        said.append(
            words("%(units)s went back to partners.", units=words.quantity(entry.to_partners))
        )
    if entry.dropped:
        said.append(left_out(words, entry.dropped))
    if entry.followed_by is not None:
        said.append(words("What is short waits as an order of its own."))
    if entry.missing != "0":
        said.append(words("%(units)s missing.", units=words.quantity(entry.missing)))
    return said


def _gone(words: Words, entry: HistoryEntry) -> list[str]:
    """What was let go, and where it went."""
    said = []
    if entry.released != "0":
        said.append(words("%(units)s let go.", units=words.quantity(entry.released)))
    if entry.to_partners != "0":
        said.append(
            words("%(units)s went back to partners.", units=words.quantity(entry.to_partners))
        )
    return said


_BY_ITSELF: Final = frozenset({"orders.expired", "orders.released", "orders.supplied"})
"""What nobody does: goods came in, or time passed."""

_TELLERS: Final[dict[str, Teller]] = {
    "orders.cancelled": _cancelled,
    "orders.changed": _changed,
    "orders.completed": _completed,
    "orders.draft_saved": _draft,
    "orders.expired": _expired,
    "orders.gathered": _gathered,
    "orders.paid": _paid,
    "orders.payment_failed": _payment_failed,
    "orders.placed": _placed,
    "orders.prioritised": _prioritised,
    "orders.released": _released,
    "orders.repaired": _repaired,
    "orders.returned": _returned,
    "orders.shipped": _shipped,
    "orders.supplied": _supplied,
}
