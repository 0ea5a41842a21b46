"""Inviting a retailer, handing over the invite key, and accepting an invitation by its key."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from entrepot import partnerships
from entrepot.infra.clock import utc_now
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Fault, Refusal
from entrepot.partnerships import Agreement, IssuedPartnershipInvitation, NewPartnershipInvitation
from entrepot.portal.forms import Typed
from entrepot.portal.pages.partners_found import act, renamed, wire_id
from entrepot.portal.pages.partners_matching import has_none_in_common
from entrepot.portal.paging import HexId, cut_at, page_at
from entrepot.portal.routes import Elsewhere, Outcome, Page, Shown, Visit, granted

AGREEMENT_FIELDS: Final = (
    "sharing_policy",
    "buffer",
    "cap",
    "price_percentage",
    "on_cancel_open_week",
    "on_cancel_later",
    "terms",
)
"""The fields by which a wholesaler says what it offers; an agreement has them by the same names."""
INVITE_FIELDS: Final = (*AGREEMENT_FIELDS, "note", "valid_days")
INVITATIONS_SHOWN: Final = 50
VALID_DAYS_USUAL: Final = "14"
POLICIES: Final = ("all_stock", "allocated_only")
ON_CANCEL: Final = ("reverse", "keep")
_KEY: Final = re.compile(r"ent_inv_(?:[0-9a-z]{5}-){5}[0-9a-z]{5}", re.IGNORECASE)
"""An invite key as it is handed over; in a pasted message it stands among other words."""
_USUAL: Final = {
    "sharing_policy": "all_stock",
    "buffer": "0",
    "cap": "",
    "price_percentage": "100",
    "on_cancel_open_week": "reverse",
    "on_cancel_later": "keep",
    "terms": "",
    "note": "",
    "valid_days": VALID_DAYS_USUAL,
}


def read_agreement(typed: Typed) -> Agreement:
    """What a wholesaler typed into the form of an agreement; mistakes are among its faults."""
    buffer, cap = typed.number("buffer"), typed.number("cap")
    percentage = typed.number("price_percentage")
    if percentage is None and not typed.text("price_percentage"):
        typed.needed("price_percentage")
    return Agreement(
        typed.choice("sharing_policy", POLICIES),
        Decimal(0) if buffer is None else buffer,
        cap,
        typed.choice("on_cancel_open_week", ON_CANCEL),
        typed.choice("on_cancel_later", ON_CANCEL),
        Decimal(100) if percentage is None else percentage,
        typed.text("terms").replace("\r\n", "\n"),
    )


async def show_invite(visit: Visit) -> Outcome:
    """Ask what to offer."""
    return _invite_form(visit, _USUAL)


async def do_invite(visit: Visit) -> Outcome:
    """Make an invitation and show its key, this once."""
    typed = visit.typed
    agreement = read_agreement(typed)
    days = typed.whole("valid_days")
    if typed.refusal is not None:
        return _invite_form(visit, _as_typed(typed), typed.refusal.faults)
    new = NewPartnershipInvitation(agreement, typed.text("note"), None, days or 0)
    issued = await act(visit, "invite_retailer", partnerships.invite_retailer, new)
    if isinstance(issued, Refusal):
        faults = renamed(issued, {name: name for name in INVITE_FIELDS})
        return _invite_form(visit, _as_typed(typed), faults)
    return _invited(visit, issued.answer)


def _as_typed(typed: Typed) -> dict[str, str]:
    return {name: typed.text(name) for name in INVITE_FIELDS}


def _invite_form(
    visit: Visit, values: dict[str, str], faults: tuple[Fault, ...] | list[Fault] = ()
) -> Shown:
    return Shown(
        template="partners/invite.html.jinja",
        context={"values": values, "faults": list(faults), "zone": visit.words.time_zone},
        status=422 if faults else 200,
    )


def _invited(visit: Visit, issued: IssuedPartnershipInvitation) -> Shown:
    """The page with the key, or, when the form came again, without."""
    return Shown(
        template="partners/invited.html.jinja",
        context={
            "invitation": issued.invitation,
            "invite_key": issued.invite_key,
            "address": visit.services.settings.public_url or visit.origin.site,
        },
    )


async def show_invitations(visit: Visit) -> Outcome:
    """Every invitation one made, ended ones too."""
    page = page_at(visit.query.text("cursor"), tuple[HexId], INVITATIONS_SHOWN)
    rows = granted(
        await partnerships.list_partnership_invitations(visit.database, visit.caller, page)
    )
    shown, following = cut_at(
        rows, page, lambda row: (row.id.removeprefix(ids.PARTNERSHIP_INVITATION),)
    )
    return Shown(
        template="partners/invitations.html.jinja",
        context={
            "invitations": shown,
            "following": following,
            "is_first": page.after is None,
            "now": utc_now(),
            "may_write": visit.guest.may(Scope.PARTNERSHIPS_WRITE),
        },
    )


async def do_revoke(visit: Visit) -> Outcome:
    """Take an invitation back: its key opens nothing any more."""
    invitation = wire_id(visit, ids.PARTNERSHIP_INVITATION, "invitation")
    granted(
        await act(
            visit,
            "revoke_partnership_invitation",
            partnerships.revoke_partnership_invitation,
            invitation,
        )
    )
    said = visit.words("The invitation is taken back. Its key opens nothing any more.")
    return Elsewhere(address="/retailers", said=said)


async def show_accept(visit: Visit) -> Outcome:
    """Ask for the invite key."""
    del visit
    return _accept_form("", ())


async def do_preview(visit: Visit) -> Outcome:
    """Show what a key offers; nothing is accepted by that."""
    typed = visit.typed.needed("invite_key")
    if visit.typed.refusal is not None:
        return _accept_form(typed, visit.typed.refusal.faults)
    named = _KEY.search(typed)
    key = typed if named is None else named[0]
    offered = await partnerships.preview_invitation(visit.database, visit.caller, key)
    if isinstance(offered, Refusal):
        return _accept_form(key, offered.faults)
    return Shown(
        template="partners/preview.html.jinja",
        context={"offered": offered, "invite_key": key, "faults": ()},
    )


async def do_accept(visit: Visit) -> Outcome:
    """Become the retailer of whoever made the key."""
    key = visit.typed.needed("invite_key")
    if visit.typed.refusal is not None:
        return _accept_form(key, visit.typed.refusal.faults)
    made = await act(
        visit, "accept_partnership_invitation", partnerships.accept_partnership_invitation, key
    )
    if isinstance(made, Refusal):
        return _accept_form(key, made.faults)
    partner = made.answer.partner.name
    if await has_none_in_common(visit, made.answer):
        said = visit.words(
            "You are a retailer of %(partner)s now. None of your products has a GTIN or sku of"
            " theirs: choose here what you want to sell.",
            partner=partner,
        )
        return Elsewhere(address=f"/partnerships/{made.answer.id}/offer", said=said)
    said = visit.words(
        "You are a retailer of %(partner)s now. Match your products next: what is matched can be"
        " sold.",
        partner=partner,
    )
    return Elsewhere(address=f"/partnerships/{made.answer.id}/matching", said=said)


def _accept_form(key: str, faults: tuple[Fault, ...]) -> Shown:
    return Shown(
        template="partners/accept.html.jinja",
        context={"invite_key": key, "faults": list(faults)},
        status=422 if faults else 200,
    )


PAGES: Final = (
    Page(
        method="GET",
        path="/retailers/invite",
        summary="Ask what to offer a retailer",
        handler=show_invite,
        scope=Scope.PARTNERSHIPS_WRITE,
    ),
    Page(
        method="POST",
        path="/retailers/invite",
        summary="Invite a retailer; the invite key is shown once",
        handler=do_invite,
        scope=Scope.PARTNERSHIPS_WRITE,
        fields=INVITE_FIELDS,
    ),
    Page(
        method="GET",
        path="/retailers/invitations",
        summary="Every invitation one made",
        handler=show_invitations,
        scope=Scope.PARTNERSHIPS_READ,
        query=("cursor",),
    ),
    Page(
        method="POST",
        path="/retailers/invitations/{invitation}/revoke",
        summary="Take an invitation back",
        handler=do_revoke,
        scope=Scope.PARTNERSHIPS_WRITE,
    ),
    Page(
        method="GET",
        path="/wholesalers/accept",
        summary="Ask for an invite key",
        handler=show_accept,
        scope=Scope.PARTNERSHIPS_WRITE,
    ),
    Page(
        method="POST",
        path="/wholesalers/preview",
        summary="Show what an invite key offers",
        handler=do_preview,
        scope=Scope.PARTNERSHIPS_WRITE,
        fields=("invite_key",),
        takes_key=False,
    ),
    Page(
        method="POST",
        path="/wholesalers/accept",
        summary="Accept an invitation",
        handler=do_accept,
        scope=Scope.PARTNERSHIPS_WRITE,
        fields=("invite_key",),
    ),
)
