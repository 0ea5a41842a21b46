"""Colleagues: who they are, what they may do, and inviting more of them."""

from typing import Annotated, Any, Final

import msgspec

from entrepot import identity
from entrepot.apis.rest.bodies import Text
from entrepot.apis.rest.problems import CREATED, Reply
from entrepot.apis.rest.routes import (
    API,
    REPLAYED,
    Call,
    NoQuery,
    PageQuery,
    Route,
    do_once,
    granted,
    page_of,
    page_type,
    sent_with,
    show,
    show_page,
)
from entrepot.apis.rest.sessions import BODY_MAX_BYTES, Secret, whence_of
from entrepot.apis.rest.wire import HexId
from entrepot.identity import (
    Acceptance,
    Colleague,
    ColleagueInvitation,
    IssuedInvitation,
    Language,
    ListedInvitation,
    Membership,
    NewInvitation,
    OpenedSession,
    Role,
)
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, RefusedError


class RoleBody(msgspec.Struct, forbid_unknown_fields=True):
    """What a colleague shall be."""

    role: Role


class InvitationBody(msgspec.Struct, forbid_unknown_fields=True):
    """Whom to invite, and what they shall be."""

    email: Text
    role: Role


class AcceptanceBody(msgspec.Struct, forbid_unknown_fields=True):
    """The key of an invitation, and who accepts it.

    A person there is already sends their password; anybody else a name, and a password to have.
    """

    key: Secret
    password: Secret
    name: Text | None = None
    language: Language = "nl"
    time_zone: Text = "Europe/Amsterdam"


class InvitationAnswer(msgspec.Struct, frozen=True):
    """An invitation, with its key where it has just been made; sent again, without."""

    invitation: ColleagueInvitation
    key: Annotated[str, msgspec.Meta(description="Hand it to the colleague; shown once.")] | None


async def list_people(call: Call[PageQuery, None]) -> Reply:
    """Show the caller's colleagues."""
    page = page_of(call.query, tuple[HexId])
    rows = granted(await identity.list_colleagues(call.services.database, call.caller, page))
    return show_page(rows, page, lambda row: (row.id.removeprefix(ids.PERSON),))


async def change_role(call: Call[NoQuery, RoleBody]) -> Reply:
    """Give a colleague another role."""
    return await do_once(call, "change_role", identity.change_role, _person(call), call.body.role)


async def remove(call: Call[NoQuery, None]) -> Reply:
    """Remove a colleague."""
    return await do_once(call, "remove_colleague", identity.remove_colleague, _person(call))


async def list_invitations(call: Call[PageQuery, None]) -> Reply:
    """Show the invitations of colleagues."""
    page = page_of(call.query, tuple[HexId])
    rows = granted(await identity.list_invitations(call.services.database, call.caller, page))
    return show_page(rows, page, lambda row: (row.id.removeprefix(ids.COLLEAGUE_INVITATION),))


async def invite(call: Call[NoQuery, InvitationBody]) -> Reply:
    """Invite a colleague."""
    services = call.services
    answer = await identity.invite_colleague(
        services.database,
        services.desk.new_id,
        call.caller,
        NewInvitation(call.body.email, call.body.role),
        sent=sent_with(call, "invite_colleague"),
    )
    if isinstance(answer, Refusal):
        raise RefusedError(answer)
    if isinstance(answer, IssuedInvitation):
        made = InvitationAnswer(answer.invitation, answer.key)
        return show(made)._replace(status=CREATED)
    return show(InvitationAnswer(answer, None))._replace(status=CREATED, headers=REPLAYED)


async def revoke_invitation(call: Call[NoQuery, None]) -> Reply:
    """Revoke an invitation."""
    invitation = ids.from_wire(ids.COLLEAGUE_INVITATION, call.path["invitation"]) or ""
    return await do_once(call, "revoke_invitation", identity.revoke_invitation, invitation)


async def accept(call: Call[NoQuery, AcceptanceBody]) -> Reply:
    """Accept an invitation, and log in."""
    body, services = call.body, call.services
    wanted = Acceptance(body.key, body.password, body.name, body.language, body.time_zone)
    opened = await identity.accept_invitation(
        services.database, services.desk.new_id, services.passwords, wanted, whence_of(call)
    )
    return show(granted(opened))._replace(status=CREATED)


def _person(call: Call[Any, Any]) -> Id:
    """The person that the path names; what is no id answers like an absent one."""
    return ids.from_wire(ids.PERSON, call.path["person"]) or ""


_ON_PERSON: Final = ("identity.unknown_person", "identity.last_owner", "request.key_reused")

ROUTES: Final = (
    Route(
        method="GET",
        path=f"{API}/people",
        topic="People",
        summary="List the people of your organisation",
        handler=list_people,
        query=PageQuery,
        answer=page_type("Colleague", Colleague),
        scope=Scope.ORGANISATION_WRITE,
    ),
    Route(
        method="POST",
        path=f"{API}/people/{{person}}/role",
        topic="People",
        summary="Give a colleague another role",
        detail=(
            "Readers read; clerks also write orders and stock; managers also the catalogue, and"
            " read the audit; owners may do everything. The colleague has to log in again. The last"
            " owner stays one."
        ),
        handler=change_role,
        body=RoleBody,
        is_act=True,
        answer=Membership,
        scope=Scope.ORGANISATION_WRITE,
        refusals=_ON_PERSON,
    ),
    Route(
        method="POST",
        path=f"{API}/people/{{person}}/remove",
        topic="People",
        summary="Remove a colleague",
        detail="They are logged out at once. Tokens belong to the organisation and hold on.",
        handler=remove,
        is_act=True,
        answer=Membership,
        scope=Scope.ORGANISATION_WRITE,
        refusals=_ON_PERSON,
    ),
    Route(
        method="GET",
        path=f"{API}/colleague-invitations",
        topic="People",
        summary="List the invitations of colleagues",
        detail="Newest first, ended ones too.",
        handler=list_invitations,
        query=PageQuery,
        answer=page_type("ColleagueInvitation", ListedInvitation),
        scope=Scope.ORGANISATION_WRITE,
    ),
    Route(
        method="POST",
        path=f"{API}/colleague-invitations",
        topic="People",
        summary="Invite a colleague",
        detail=(
            "The `key` is shown this once; it holds for 14 days and is used once. Earlier"
            " invitations of the same address end."
        ),
        handler=invite,
        body=InvitationBody,
        is_act=True,
        status=CREATED,
        answer=InvitationAnswer,
        scope=Scope.ORGANISATION_WRITE,
        refusals=(
            "identity.email_not_valid",
            "identity.already_colleague",
            "request.key_reused",
        ),
    ),
    Route(
        method="POST",
        path=f"{API}/colleague-invitations/{{invitation}}/revoke",
        topic="People",
        summary="Revoke an invitation",
        handler=revoke_invitation,
        is_act=True,
        answer=ColleagueInvitation,
        scope=Scope.ORGANISATION_WRITE,
        refusals=(
            "identity.unknown_invitation",
            "identity.invitation_accepted",
            "request.key_reused",
        ),
    ),
    Route(
        method="POST",
        path=f"{API}/colleague-invitations/accept",
        topic="People",
        summary="Accept an invitation and log in",
        detail=(
            "Somebody new gives a name and chooses a password; who has the invited e-mail address"
            " here already proves it by their password. Sent again, it logs in again."
        ),
        handler=accept,
        body=AcceptanceBody,
        body_max_bytes=BODY_MAX_BYTES,
        status=CREATED,
        answer=OpenedSession,
        scope=None,
        refusals=(
            "identity.too_many_tries",
            "identity.log_in_not_valid",
            "identity.key_not_valid",
            "identity.name_not_valid",
            "identity.time_zone_not_valid",
            "identity.password_not_valid",
            "identity.password_guessable",
            "identity.email_taken",
            "identity.already_colleague",
        ),
    ),
)
