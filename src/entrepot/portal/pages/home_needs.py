"""What needs a person now, in sentences, each with its one act: the most urgent first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from entrepot import orders, partnerships, settlement
from entrepot.orders import InvoicesGlance, OrdersGlance, ToDo
from entrepot.partnerships import PartnershipsGlance, StillPartnership
from entrepot.portal.words import Words
from entrepot.sales_sessions import SalesSession, SessionsGlance
from entrepot.settlement import AnswersDue

TONES: Final = ("bad", "wait", "calm")
"""How needs look, the most urgent first."""


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that needs a person: what it is, what more there is to know, and the one act."""

    tone: str
    says: str
    more: str = ""
    address: str
    act: str


def needs_of(
    words: Words,
    now: datetime,
    known: PartnershipsGlance,
    waiting: OrdersGlance,
    due: AnswersDue,
    sessions: SessionsGlance,
    invoices: InvoicesGlance,
) -> list[Need]:
    """What needs a person, the most urgent first: customers, then partners, then papers."""
    needs = [
        *_orders_short(words, waiting),
        *_orders_waiting(words, now, waiting),
        *_orders_to_ship(words, waiting),
        *_session_orders(words, sessions),
        *_invoices(words, invoices),
        *[_session(words, now, each) for each in sessions.ending],
        *_unmatched(words, waiting),
        *_disputes(words, due),
        *_expiring(words, now, known),
        *_unanswered(words, due),
        *[_still(words, each) for each in known.still],
    ]
    return sorted(needs, key=lambda need: TONES.index(need.tone))


def _orders_short(words: Words, waiting: OrdersGlance) -> Iterator[Need]:
    if not waiting.short:
        return
    says = words.ngettext(
        "An order lacks stock that it was promised.",
        "%(count)s orders lack stock that they were promised.",
        waiting.short,
    )
    more = words.ngettext(
        "A count found too little for %(reference)s; it cannot ship whole.",
        "A count found too little; the first is %(reference)s. They cannot ship whole.",
        waiting.short,
    )
    yield Need(
        tone="bad",
        says=says % {"count": _counted(words, waiting.short, orders.WAITING_COUNTED_MAX)},
        more=more % {"reference": waiting.first_short_reference},
        address=f"/orders/{waiting.first_short}",
        act=words("See what is missing"),
    )


def _orders_waiting(words: Words, now: datetime, waiting: OrdersGlance) -> Iterator[Need]:
    if not waiting.waiting:
        return
    count = _counted(words, waiting.waiting, orders.WAITING_COUNTED_MAX)
    says = words.ngettext(
        "One order waits for stock.", "%(count)s orders wait for stock.", waiting.waiting
    ) % {"count": count}
    more = ""
    assert waiting.oldest_placed_at is not None, "of those that wait one is the oldest"
    if waiting.waiting > 1:
        more = words(
            "The oldest, %(reference)s, was placed %(since)s.",
            reference=waiting.oldest_reference,
            since=words.since(waiting.oldest_placed_at, now),
        )
        yield Need(
            tone="bad",
            says=says,
            more=more,
            address="/orders?status=waiting",
            act=words("See what they wait for"),
        )
        return
    yield Need(
        tone="bad",
        says=says,
        more=words(
            "%(reference)s was placed %(since)s.",
            reference=waiting.oldest_reference,
            since=words.since(waiting.oldest_placed_at, now),
        ),
        address=f"/orders/{waiting.oldest}",
        act=words("See what it waits for"),
    )


def _orders_to_ship(words: Words, waiting: OrdersGlance) -> Iterator[Need]:
    if not waiting.to_ship:
        return
    says = words.ngettext(
        "An order is ready to ship.", "%(count)s orders are ready to ship.", waiting.to_ship
    )
    more = words.ngettext("%(reference)s.", "The oldest is %(reference)s.", waiting.to_ship)
    is_one = waiting.to_ship == 1
    yield Need(
        tone="wait",
        says=says % {"count": _counted(words, waiting.to_ship, orders.WAITING_COUNTED_MAX)},
        more=more % {"reference": waiting.oldest_to_ship_reference},
        address=f"/orders/{waiting.oldest_to_ship}" if is_one else "/orders?status=to_ship",
        act=words("Ship it") if is_one else words("Ship them"),
    )


def _session_orders(words: Words, sessions: SessionsGlance) -> Iterator[Need]:
    if not sessions.to_ship:
        return
    says = words.ngettext(
        "A session order is to be shipped.",
        "%(count)s session orders are to be shipped.",
        sessions.to_ship,
    )
    more = words.ngettext(
        "%(reference)s, of %(trader)s.",
        "The oldest is %(reference)s, of %(trader)s.",
        sessions.to_ship,
    )
    is_one = sessions.to_ship == 1
    yield Need(
        tone="wait",
        says=says % {"count": words.quantity(sessions.to_ship)},
        more=more % {"reference": sessions.first_reference, "trader": sessions.first_trader},
        address=f"/session-orders/{sessions.first_to_ship}"
        if is_one
        else "/session-orders?status=to_ship",
        act=words("Ship it") if is_one else words("Ship them"),
    )


def _invoices(words: Words, invoices: InvoicesGlance) -> Iterator[Need]:
    """What a seller is to ship or to take back, and what a marketplace is to pay back."""
    ship, take_back, pay = invoices.to_ship, invoices.to_take_back, invoices.to_pay
    if ship.count:
        says = words.ngettext(
            "A seller invoice is to be shipped.",
            "%(count)s seller invoices are to be shipped.",
            ship.count,
        )
        more = words.ngettext("Number %(number)s.", "The oldest is %(number)s.", ship.count)
        act = words("Ship it") if ship.count == 1 else words("Ship them")
        yield _invoice(words, ship, says, more, act, "/seller-invoices?to_ship=yes")
    if take_back.count:
        says = words.ngettext(
            "A refund request waits for its goods.",
            "%(count)s refund requests wait for their goods.",
            take_back.count,
        )
        more = words("Take them back, or say that they stay: first request %(number)s.")
        yield _invoice(words, take_back, says, more, words("See the invoice"))
    if pay.count:
        says = words.ngettext(
            "A refund request waits to be paid.",
            "%(count)s refund requests wait to be paid.",
            pay.count,
        )
        more = words("The goods are back: pay or deny request %(number)s first.")
        yield _invoice(words, pay, says, more, words("See the invoice"))


def _invoice(
    words: Words, to_do: ToDo, says: str, more: str, act: str, several: str | None = None
) -> Need:
    is_one = to_do.count == 1 or several is None
    return Need(
        tone="wait",
        says=says % {"count": words.quantity(to_do.count)},
        more=more % {"number": to_do.number},
        address=f"/seller-invoices/{to_do.invoice}" if is_one else str(several),
        act=act,
    )


def _session(words: Words, now: datetime, session: SalesSession) -> Need:
    """A sales session that closes soon, or that waits for payments."""
    address = f"/sales-sessions/{session.id}/preview"
    if session.state == "closing":
        return Need(
            tone="wait",
            says=words("The sales session %(name)s is closing.", name=session.name),
            more=words("It waits for orders that are still being paid."),
            address=address,
            act=words("See who is paying"),
        )
    return Need(
        tone="calm",
        says=words(
            "The sales session %(name)s closes %(since)s.",
            name=session.name,
            since=words.since(session.closes_at, now),
        ),
        more=words.weekday(session.closes_at).capitalize() + ".",
        address=address,
        act=words("See what producers would get"),
    )


def _unmatched(words: Words, waiting: OrdersGlance) -> Iterator[Need]:
    for each in waiting.unmatched:
        if each.is_wholesaler:
            says = words.ngettext(
                "You keep a product for %(partner)s that is not matched there.",
                "You keep %(count)s products for %(partner)s that are not matched there.",
                each.allocations,
            )
            more = words("Nobody can sell it until your partner matches it: %(product)s.")
            tone, act = "wait", words("See the partnership")
        else:
            says = words.ngettext(
                "%(partner)s keeps a product for you that is not matched yet.",
                "%(partner)s keeps %(count)s products for you that are not matched yet.",
                each.allocations,
            )
            more = words("You cannot sell it until you match it: %(product)s.")
            tone, act = "bad", words("Match it")
        facts = {"partner": each.partner_name, "count": words.quantity(each.allocations)}
        product = each.product
        if each.allocations > 1:
            product = words("%(product)s and others", product=product)
        yield Need(
            tone=tone,
            says=says % facts,
            more=more % {"product": product},
            address=f"/partnerships/{each.partnership}",
            act=act,
        )


def _disputes(words: Words, due: AnswersDue) -> Iterator[Need]:
    if due.disputed_by_partner:
        says = words.ngettext(
            "A partner disputes a settlement.",
            "Partners dispute %(count)s settlements.",
            due.disputed_by_partner,
        )
        yield Need(
            tone="bad",
            says=says % {"count": _counted(words, due.disputed_by_partner, settlement.DUE_MAX)},
            more=_of_week(words, due.disputed_by_partner, due.disputed_by_partner_since),
            address="/settlements?state=disputed_by_partner",
            act=words("Read why"),
        )
    if due.disputed:
        says = words.ngettext(
            "You dispute a settlement.", "You dispute %(count)s settlements.", due.disputed
        )
        yield Need(
            tone="wait",
            says=says % {"count": _counted(words, due.disputed, settlement.DUE_MAX)},
            more=words("Acknowledge it once you agree with your partner."),
            address="/settlements?state=disputed",
            act=words.ngettext("See the document", "See the documents", due.disputed),
        )


def _expiring(words: Words, now: datetime, known: PartnershipsGlance) -> Iterator[Need]:
    if not known.expiring or known.first_expires_at is None:
        return
    says = words.ngettext(
        "An invitation expires soon.", "%(count)s invitations expire soon.", known.expiring
    )
    since = words.since(known.first_expires_at, now)
    more = words("The first one expires %(since)s.", since=since)
    if known.first_note:
        more = words("%(note)s: expires %(since)s.", note=known.first_note, since=since)
    yield Need(
        tone="wait",
        says=says % {"count": _counted(words, known.expiring, partnerships.EXPIRING_COUNTED_MAX)},
        more=more,
        address="/retailers",
        act=words("See the invitations"),
    )


def _unanswered(words: Words, due: AnswersDue) -> Iterator[Need]:
    if not due.unanswered:
        return
    says = words.ngettext(
        "A settlement waits for your answer.",
        "%(count)s settlements wait for your answer.",
        due.unanswered,
    )
    yield Need(
        tone="wait",
        says=says % {"count": _counted(words, due.unanswered, settlement.DUE_MAX)},
        more=_of_week(words, due.unanswered, due.unanswered_since),
        address="/settlements?state=closed",
        act=words.ngettext("Look it over", "Look them over", due.unanswered),
    )


def _of_week(words: Words, count: int, week: str | None) -> str:
    """Of which week the one, or the oldest, is."""
    said = words.ngettext("It is of week %(week)s.", "The oldest is of week %(week)s.", count)
    return said % {"week": week}


def _still(words: Words, each: StillPartnership) -> Need:
    """A partnership in which nothing passes now."""
    says = (
        words("The partnership with %(partner)s is ending.", partner=each.partner_name)
        if each.state == "ending"
        else words("The partnership with %(partner)s is paused.", partner=each.partner_name)
    )
    if each.state == "ending":
        more = words("See what is open before it can end.")
    elif each.paused_by_you:
        more = words("You paused it; no stock passes until you resume it.")
    else:
        more = words("Your partner paused it; no stock passes until they resume it.")
    return Need(
        tone="calm",
        says=says,
        more=more,
        address=f"/partnerships/{each.id}",
        act=words("See the partnership"),
    )


def _counted(words: Words, count: int, at_most: int) -> str:
    """A number that was counted up to a limit."""
    return (
        words("%(count)s or more", count=words.quantity(count))
        if count >= at_most
        else words.quantity(count)
    )
