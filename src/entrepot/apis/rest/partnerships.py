"""Partnerships: inviting retailers, accepting, and what goes on between the two after that."""

from decimal import Decimal
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from entrepot import partnerships
from entrepot.apis.rest.bodies import Text, quiet
from entrepot.apis.rest.problems import CREATED, Reply
from entrepot.apis.rest.routes import (
    API,
    Call,
    NoQuery,
    PageQuery,
    Route,
    do_once,
    granted,
    page_of,
    page_type,
    show,
    show_found,
    show_page,
)
from entrepot.apis.rest.wire import HexId, WireInt
from entrepot.identity import TIME_ZONE_NOT_VALID
from entrepot.infra.errors import KEY_REUSED
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.partnerships import (
    Agreement,
    AgreementChanges,
    InvitationPreview,
    IssuedPartnershipInvitation,
    NewPartnershipInvitation,
    Partnership,
    PartnershipInvitation,
    Role,
)

SharingPolicy: TypeAlias = Annotated[
    Literal["all_stock", "allocated_only"],
    msgspec.Meta(description="What may be drawn on: all that is free, or what was allocated."),
]
OnCancel: TypeAlias = Annotated[
    Literal["reverse", "keep"],
    msgspec.Meta(description="Whether goods that passed go back when their order is cancelled."),
]
Terms: TypeAlias = Annotated[str, msgspec.Meta(max_length=10_000)]
InviteKey: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        max_length=200, description="As the wholesaler handed it over; small letters will do."
    ),
]

_AGREEMENT_NOT_VALID: Final = (
    partnerships.SHARING_POLICY_NOT_VALID,
    partnerships.ON_CANCEL_NOT_VALID,
    partnerships.BUFFER_NOT_VALID,
    partnerships.CAP_NOT_VALID,
    partnerships.PRICE_PERCENTAGE_NOT_VALID,
    partnerships.TERMS_NOT_VALID,
)
_KEY_REFUSED: Final = (partnerships.TOO_MANY_TRIES, partnerships.INVITE_KEY_NOT_VALID)


class PartnershipsQuery(PageQuery, kw_only=True):
    """Which partnerships to show."""

    role: (
        Annotated[Role, msgspec.Meta(description="Only those where you are on this side.")] | None
    ) = None


class PartnershipInvitationBody(msgspec.Struct, forbid_unknown_fields=True):
    """What to offer, to whoever enters the invite key first.

    `buffer` is kept back, in your units; `cap` is the most that is offered, in the retailer's.
    `price_percentage` is of your wholesale price. `note` says for whom it is, to you alone. Weeks
    begin on Monday in `time_zone`, without one in yours.
    """

    sharing_policy: SharingPolicy
    buffer: Decimal = Decimal(0)
    cap: Decimal | None = None
    on_cancel_open_week: OnCancel = "reverse"
    on_cancel_later: OnCancel = "keep"
    price_percentage: Decimal = Decimal(100)
    terms: Terms = ""
    note: Text = ""
    time_zone: Text | None = None
    valid_days: WireInt = 14


class InviteKeyBody(msgspec.Struct, forbid_unknown_fields=True):
    """The invite key that a wholesaler handed over."""

    invite_key: InviteKey


class ChangePartnershipBody(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of a partnership; what is left out stays. A `cap` of null is none."""

    sharing_policy: SharingPolicy | UnsetType = UNSET
    buffer: Decimal | UnsetType = UNSET
    cap: Decimal | UnsetType | None = UNSET
    on_cancel_open_week: OnCancel | UnsetType = UNSET
    on_cancel_later: OnCancel | UnsetType = UNSET
    price_percentage: Decimal | UnsetType = UNSET
    terms: Terms | UnsetType = UNSET


async def list_invitations(call: Call[PageQuery, None]) -> Reply:
    """Show the invitations that the caller made."""
    page = page_of(call.query, tuple[HexId])
    rows = granted(
        await partnerships.list_partnership_invitations(call.services.database, call.caller, page)
    )
    return show_page(rows, page, lambda row: (row.id.removeprefix(ids.PARTNERSHIP_INVITATION),))


async def invite(call: Call[NoQuery, PartnershipInvitationBody]) -> Reply:
    """Invite a retailer."""
    body = call.body
    new = NewPartnershipInvitation(
        Agreement(
            body.sharing_policy,
            quiet(body.buffer),
            None if body.cap is None else quiet(body.cap),
            body.on_cancel_open_week,
            body.on_cancel_later,
            quiet(body.price_percentage),
            body.terms,
        ),
        body.note,
        body.time_zone,
        body.valid_days,
    )
    return await do_once(call, "invite_retailer", partnerships.invite_retailer, new, status=CREATED)


async def revoke_invitation(call: Call[NoQuery, None]) -> Reply:
    """Take an invitation back."""
    invitation = ids.from_wire(ids.PARTNERSHIP_INVITATION, call.path["invitation"]) or ""
    return await do_once(
        call,
        "revoke_partnership_invitation",
        partnerships.revoke_partnership_invitation,
        invitation,
    )


async def preview(call: Call[NoQuery, InviteKeyBody]) -> Reply:
    """Show what an invite key offers."""
    return show(
        granted(
            await partnerships.preview_invitation(
                call.services.database, call.caller, call.body.invite_key
            )
        )
    )


async def accept(call: Call[NoQuery, InviteKeyBody]) -> Reply:
    """Accept an invitation."""
    # The key may be hashed with the rest of the body: it is too random to be guessed from that.
    return await do_once(
        call,
        "accept_partnership_invitation",
        partnerships.accept_partnership_invitation,
        call.body.invite_key,
        status=CREATED,
    )


async def list_partnerships(call: Call[PartnershipsQuery, None]) -> Reply:
    """Show the caller's partnerships."""
    page = page_of(call.query, tuple[HexId])
    rows = granted(
        await partnerships.list_partnerships(
            call.services.database, call.caller, page, call.query.role
        )
    )
    return show_page(rows, page, lambda row: (row.inner_id,))


async def find_partnership(call: Call[NoQuery, None]) -> Reply:
    """Show one partnership."""
    text = call.path["partnership"]
    partnership = ids.from_wire(ids.PARTNERSHIP, text) or ""
    return show_found(
        granted(
            await partnerships.find_partnership(call.services.database, call.caller, partnership)
        ),
        partnerships.UNKNOWN_PARTNERSHIP,
        "You have no such partnership. Check its id.",
        partnership=text,
    )


async def change(call: Call[NoQuery, ChangePartnershipBody]) -> Reply:
    """Change what two agreed on."""
    values = [
        quiet(value) if isinstance(value, Decimal) else value
        for value in msgspec.structs.astuple(call.body)
    ]
    changes = AgreementChanges(*values)  # type: ignore[arg-type] # the same fields in their order
    return await do_once(
        call, "change_partnership", partnerships.change_partnership, _partnership(call), changes
    )


async def pause(call: Call[NoQuery, None]) -> Reply:
    """Pause a partnership."""
    return await do_once(
        call, "pause_partnership", partnerships.pause_partnership, _partnership(call)
    )


async def resume(call: Call[NoQuery, None]) -> Reply:
    """Lift one's own pause."""
    return await do_once(
        call, "resume_partnership", partnerships.resume_partnership, _partnership(call)
    )


async def begin_ending(call: Call[NoQuery, None]) -> Reply:
    """Let a partnership be ending."""
    return await do_once(call, "begin_ending", partnerships.begin_ending, _partnership(call))


def _partnership(call: Call[Any, Any]) -> Id:
    """The partnership that the path names; what is no id answers like an absent one."""
    return ids.from_wire(ids.PARTNERSHIP, call.path["partnership"]) or ""


ROUTES: Final = (
    Route(
        method="GET",
        path=f"{API}/partnership-invitations",
        topic="Partnerships",
        summary="List your invitations of retailers",
        detail="Newest first, ended ones too. Their keys are kept nowhere.",
        handler=list_invitations,
        query=PageQuery,
        answer=page_type("PartnershipInvitation", PartnershipInvitation),
        scope=Scope.PARTNERSHIPS_READ,
    ),
    Route(
        method="POST",
        path=f"{API}/partnership-invitations",
        topic="Partnerships",
        summary="Invite a retailer",
        detail=(
            "Hand the `invite_key` to the retailer: it is shown this once, is used once, and holds"
            " for `valid_days`. Sent again, the act is answered without it."
        ),
        handler=invite,
        body=PartnershipInvitationBody,
        is_act=True,
        status=CREATED,
        answer=IssuedPartnershipInvitation,
        scope=Scope.PARTNERSHIPS_WRITE,
        refusals=(
            *_AGREEMENT_NOT_VALID,
            partnerships.NOTE_NOT_VALID,
            partnerships.VALID_DAYS_NOT_VALID,
            TIME_ZONE_NOT_VALID,
            KEY_REUSED,
        ),
    ),
    Route(
        method="POST",
        path=f"{API}/partnership-invitations/{{invitation}}/revoke",
        topic="Partnerships",
        summary="Take an invitation back",
        detail="Its key opens nothing from now on.",
        handler=revoke_invitation,
        is_act=True,
        answer=PartnershipInvitation,
        scope=Scope.PARTNERSHIPS_WRITE,
        refusals=(
            partnerships.UNKNOWN_INVITATION,
            partnerships.INVITATION_ACCEPTED,
            KEY_REUSED,
        ),
    ),
    Route(
        method="POST",
        path=f"{API}/partnership-invitations/preview",
        topic="Partnerships",
        summary="See what an invite key offers",
        detail=(
            "Nothing is accepted by it. A key that is wrong, used, expired, taken back or your own"
            " is answered alike; ten such keys in an hour are looked at, and no more."
        ),
        handler=preview,
        body=InviteKeyBody,
        answer=InvitationPreview,
        scope=Scope.PARTNERSHIPS_WRITE,
        refusals=_KEY_REFUSED,
    ),
    Route(
        method="POST",
        path=f"{API}/partnership-invitations/accept",
        topic="Partnerships",
        summary="Accept an invitation",
        detail=(
            "The partnership is active at once, and the wholesaler is one of your suppliers. A key"
            " is refused as in the preview."
        ),
        handler=accept,
        body=InviteKeyBody,
        is_act=True,
        status=CREATED,
        answer=Partnership,
        scope=Scope.PARTNERSHIPS_WRITE,
        refusals=(*_KEY_REFUSED, partnerships.ALREADY_PARTNERS, KEY_REUSED),
    ),
    Route(
        method="GET",
        path=f"{API}/partnerships",
        topic="Partnerships",
        summary="List your partnerships",
        detail="On both sides, in the order in which they began; ended ones too.",
        handler=list_partnerships,
        query=PartnershipsQuery,
        answer=page_type("Partnership", Partnership),
        scope=Scope.PARTNERSHIPS_READ,
    ),
    Route(
        method="GET",
        path=f"{API}/partnerships/{{partnership}}",
        topic="Partnerships",
        summary="Show one partnership",
        detail="As your side may see it.",
        handler=find_partnership,
        answer=Partnership,
        scope=Scope.PARTNERSHIPS_READ,
        refusals=(partnerships.UNKNOWN_PARTNERSHIP,),
    ),
    Route(
        method="PATCH",
        path=f"{API}/partnerships/{{partnership}}",
        topic="Partnerships",
        summary="Change what you agreed on",
        detail=(
            "For the wholesaler. It holds at once, for what passes from now on. The retailer gets a"
            " notice, of everything but the buffer."
        ),
        handler=change,
        body=ChangePartnershipBody,
        is_act=True,
        answer=Partnership,
        scope=Scope.PARTNERSHIPS_WRITE,
        refusals=(
            partnerships.UNKNOWN_PARTNERSHIP,
            partnerships.WHOLESALER_ONLY,
            *_AGREEMENT_NOT_VALID,
            partnerships.PARTNERSHIP_ENDING,
            KEY_REUSED,
        ),
    ),
    Route(
        method="POST",
        path=f"{API}/partnerships/{{partnership}}/pause",
        topic="Partnerships",
        summary="Pause a partnership",
        detail=(
            "Nothing is offered or passes until you resume it. What passed stays, and weeks close."
        ),
        handler=pause,
        is_act=True,
        answer=Partnership,
        scope=Scope.PARTNERSHIPS_WRITE,
        refusals=(
            partnerships.UNKNOWN_PARTNERSHIP,
            partnerships.PARTNERSHIP_ENDING,
            KEY_REUSED,
        ),
    ),
    Route(
        method="POST",
        path=f"{API}/partnerships/{{partnership}}/resume",
        topic="Partnerships",
        summary="Resume a partnership that you paused",
        detail="While your partner's pause stands, it stays paused.",
        handler=resume,
        is_act=True,
        answer=Partnership,
        scope=Scope.PARTNERSHIPS_WRITE,
        refusals=(
            partnerships.UNKNOWN_PARTNERSHIP,
            partnerships.PARTNERSHIP_ENDING,
            KEY_REUSED,
        ),
    ),
    Route(
        method="POST",
        path=f"{API}/partnerships/{{partnership}}/begin-ending",
        topic="Partnerships",
        summary="Begin to end a partnership",
        detail=(
            "There is no way back. Nothing is offered or passes any more; goods may still be given"
            " back, and the weeks still close."
        ),
        handler=begin_ending,
        is_act=True,
        answer=Partnership,
        scope=Scope.PARTNERSHIPS_WRITE,
        refusals=(partnerships.UNKNOWN_PARTNERSHIP, KEY_REUSED),
    ),
)
