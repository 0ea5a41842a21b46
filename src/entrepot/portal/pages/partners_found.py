"""What every page about a partnership needs: which one it is, its tabs, and what it asks of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Final, TypeVar

import msgspec

from entrepot import partnerships, settlement, stock
from entrepot.infra.writing import Written
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import LIMIT_MAX
from entrepot.kernel.paging import Page as ListPage
from entrepot.kernel.refusal import Fault, Refusal
from entrepot.partnerships import MatchCounts, Partnership, Role
from entrepot.portal.routes import NothingHereError, Visit, found, granted
from entrepot.portal.words import Words
from entrepot.settlement import OpenWeek, Settlement, SettlementFilter

Answer = TypeVar("Answer", bound=msgspec.Struct)

NO_MATCHES: Final = MatchCounts()


class Todo(msgspec.Struct, frozen=True):
    """Something that a partnership asks of one side, and where it is done."""

    text: str
    address: str


class Answers(msgspec.Struct, frozen=True):
    """Documents that wait for an answer of one's own side, and those that a side disputes."""

    unanswered: int = 0
    disputed: int = 0
    disputed_by_partner: int = 0


class Situation(msgspec.Struct, frozen=True):
    """A partnership, with the figures that stand beside it and what it asks of its reader.

    `unmatched` are open allocations that nothing can draw on. `week` is the open one; None for a
    partnership that has ended, and to those who may not read settlements.
    """

    partnership: Partnership
    matches: MatchCounts
    unmatched: int
    week: OpenWeek | None
    todo: tuple[Todo, ...]

    @property
    def worth(self) -> Decimal | None:
        """What passed in the open week, ex VAT; None where that is not known."""
        if self.week is None or self.week.settlement.net_minor is None:
            return None
        it = self.week.settlement
        return Decimal(it.net_minor or 0).scaleb(-it.minor_digits)


def wire_id(visit: Visit, prefix: str, name: str) -> Id:
    """The id that the path names; what is none is shown as an absent page."""
    id_ = ids.from_wire(prefix, visit.path[name])
    if id_ is None:
        raise NothingHereError
    return id_


async def partnership_here(visit: Visit) -> Partnership:
    """The partnership that the path names, as the visitor's side sees it."""
    id_ = wire_id(visit, ids.PARTNERSHIP, "partnership")
    return found(await partnerships.find_partnership(visit.database, visit.caller, id_))


async def situations_of(
    visit: Visit, shown: Sequence[Partnership], page: ListPage
) -> list[Situation]:
    """The figures beside a page of partnerships of one side, each kind read for all at once."""
    wanted = [each.inner_id for each in shown]
    if not wanted:
        return []
    counts = granted(await partnerships.count_matches(visit.database, visit.caller, wanted))
    unmatched = granted(await stock.count_unmatched(visit.database, visit.caller, wanted))
    weeks: dict[Id, OpenWeek] = {}
    answers: dict[Id, Answers] = {}
    if visit.guest.may(Scope.SETTLEMENT_READ):
        wide = ListPage(LIMIT_MAX, page.after)
        rows = granted(await settlement.list_open_weeks(visit.database, visit.caller, wide))
        weeks = {row.partnership_inner_id: row for row in rows}
        answers = await _answers_due(visit, shown[0].role)
    return [
        _situation(
            visit,
            each,
            counts.get(each.inner_id, NO_MATCHES),
            unmatched.get(each.inner_id, 0),
            weeks.get(each.inner_id),
            answers.get(each.inner_id, Answers()),
        )
        for each in shown
    ]


async def _answers_due(visit: Visit, role: Role) -> dict[Id, Answers]:
    """How many documents of one side wait for an answer, by partnership, as far as is counted."""
    face = "order" if role == "wholesaler" else "inbound"
    counts: list[Counter[Id]] = []
    for wanted in (
        SettlementFilter(face=face, state="closed"),
        SettlementFilter(face=face, state="disputed"),
        SettlementFilter(face=face, disputed_by_partner=True),
    ):
        rows = await _documents(visit, wanted)
        counts.append(Counter(row.partnership.removeprefix(ids.PARTNERSHIP) for row in rows))
    return {id_: Answers(*[each[id_] for each in counts]) for each in counts for id_ in each}


async def _documents(visit: Visit, wanted: SettlementFilter) -> Sequence[Settlement]:
    """The documents that are asked for, as far as they are counted."""
    page = ListPage(settlement.DUE_MAX)
    return granted(await settlement.list_settlements(visit.database, visit.caller, page, wanted))


async def situation_of(visit: Visit, shown: Partnership) -> Situation:
    """The figures beside one partnership."""
    id_ = shown.inner_id
    counts = granted(await partnerships.count_matches(visit.database, visit.caller, [id_]))
    unmatched = granted(await stock.count_unmatched(visit.database, visit.caller, [id_]))
    week, answers, allocated = None, Answers(), None
    if visit.guest.may(Scope.SETTLEMENT_READ) and shown.state != "ended":
        week = granted(await settlement.find_open_week(visit.database, visit.caller, id_))
        open_ = granted(await settlement.ending_checklist(visit.database, visit.caller, id_))
        theirs = await _documents(visit, SettlementFilter(id_, disputed_by_partner=True))
        answers = Answers(open_.unanswered, open_.disputed, len(theirs))
        allocated = open_.open_allocations
    return _situation(
        visit,
        shown,
        counts.get(id_, NO_MATCHES),
        unmatched.get(id_, 0),
        week,
        answers,
        allocated=allocated,
    )


def _situation(
    visit: Visit,
    shown: Partnership,
    counts: MatchCounts,
    unmatched: int,
    week: OpenWeek | None,
    answers: Answers,
    *,
    allocated: int | None = None,
) -> Situation:
    """A partnership with what it asks of the visitor's side, the most pressing first.

    `allocated` are its open allocations, None where nobody counted them.
    """
    words, base = visit.words, f"/partnerships/{shown.id}"
    is_retailer, goes_on = shown.role == "retailer", shown.state in {"active", "paused"}

    told: list[tuple[bool, str, str]] = [
        (
            is_retailer and goes_on and not counts.active,
            words("Match your products: nothing can be sold before."),
            f"{base}/matching",
        ),
        (
            goes_on and shown.sharing_policy == "allocated_only" and allocated == 0,
            words("Nothing is allocated, so nothing can be sold.")
            if is_retailer
            else words("Allocate stock: the retailer is shown nothing before."),
            f"{base}/allocations",
        ),
        (
            goes_on and unmatched > 0,
            _counted(
                words,
                words.ngettext(
                    "%(num)s allocation has no matched product.",
                    "%(num)s allocations have no matched product.",
                    unmatched,
                ),
                unmatched,
            ),
            f"{base}/allocations",
        ),
        (
            is_retailer and goes_on and counts.inactive > 0,
            _counted(
                words,
                words.ngettext(
                    "%(num)s match is inactive.", "%(num)s matches are inactive.", counts.inactive
                ),
                counts.inactive,
            ),
            f"{base}/matches?state=inactive",
        ),
        *_answers_asked(words, shown, answers),
        (shown.state == "ending", words("Bring it to its end."), f"{base}/end"),
    ]
    todo = tuple([Todo(text, address) for applies, text, address in told if applies])
    return Situation(shown, counts, unmatched, week, todo)


def _answers_asked(
    words: Words, shown: Partnership, answers: Answers
) -> list[tuple[bool, str, str]]:
    """What documents ask: an answer to give, and a dispute of one's own to settle."""
    return [
        (
            answers.disputed > 0,
            _counted(
                words,
                words.ngettext(
                    "You dispute %(num)s settlement.",
                    "You dispute %(num)s settlements.",
                    answers.disputed,
                ),
                answers.disputed,
            ),
            f"/settlements?partnership={shown.id}",
        ),
        (
            answers.disputed_by_partner > 0,
            words("%(partner)s disputes a settlement.", partner=shown.partner.name),
            f"/settlements?partnership={shown.id}",
        ),
        (
            answers.unanswered > 0,
            _counted(
                words,
                words.ngettext(
                    "%(num)s settlement waits for your answer.",
                    "%(num)s settlements wait for your answer.",
                    answers.unanswered,
                ),
                answers.unanswered,
            ),
            f"/settlements?partnership={shown.id}",
        ),
    ]


def _counted(words: Words, text: str, number: int) -> str:
    """A text with a number that it names."""
    return text % {"num": words.quantity(number)}


def tabs_of(visit: Visit, shown: Partnership) -> list[tuple[str, str]]:
    """The pages of a partnership that the visitor's side has."""
    words, base = visit.words, f"/partnerships/{shown.id}"
    tabs = [(base, words("Overview")), (f"{base}/matches", words("Matches"))]
    if shown.role == "retailer" and shown.state in {"active", "paused"}:
        tabs.append((f"{base}/matching", words("Match products")))
        tabs.append((f"{base}/offer", words("What they offer")))
    tabs.append((f"{base}/allocations", words("Allocations")))
    tabs.append((f"{base}/activity", words("Activity")))
    return tabs


def about(visit: Visit, shown: Partnership) -> dict[str, object]:
    """What the head of every page of a partnership speaks of."""
    tabs = tabs_of(visit, shown)
    here = visit.address.partition("?")[0]
    belonging = [address for address, _ in tabs if here == address]
    return {
        "partnership": shown,
        "belongs_to": "/retailers" if shown.role == "wholesaler" else "/wholesalers",
        "tabs": tabs,
        "here": belonging[0] if belonging else "",
        "may_write": visit.guest.may(Scope.PARTNERSHIPS_WRITE),
    }


async def act(
    visit: Visit,
    name: str,
    action: Callable[..., Awaitable[Written[Answer] | Refusal]],
    *values: object,
) -> Written[Answer] | Refusal:
    """Do an act once, however often its form is sent."""
    new_id = visit.services.desk.new_id
    return await action(visit.database, new_id, visit.caller, *values, visit.sent(name))


def renamed(refusal: Refusal, names: dict[str, str]) -> tuple[Fault, ...]:
    """Faults by the names that a form has for their fields; what the form lacks has no field."""
    return tuple(
        Fault(each.code, each.message, names.get(each.field or ""), each.facts)
        for each in refusal.faults
    )
