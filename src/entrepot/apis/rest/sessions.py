"""Logging in and out, and who one is: what people come in by, as programs do by tokens."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from entrepot import identity
from entrepot.apis.rest.bodies import Text
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
    show_page,
    written,
)
from entrepot.apis.rest.wire import HexId
from entrepot.identity import (
    Language,
    ListedSession,
    LogIn,
    LogInSession,
    Me,
    OpenedSession,
    PasswordSet,
    PreferenceChanges,
    Preferences,
    Whence,
)
from entrepot.kernel import ids
from entrepot.kernel.paging import LOWEST

BODY_MAX_BYTES: Final = 8192
"""What somebody without a token may send: room for every field at its longest."""

Secret = Annotated[str, msgspec.Meta(max_length=200, description="Never stored as it is.")]


class LogInBody(msgspec.Struct, forbid_unknown_fields=True):
    """Who wants in; `organisation` (id or slug) is needed by people who belong to several."""

    email: Text
    password: Secret
    organisation: Text | None = None


class PasswordBody(msgspec.Struct, forbid_unknown_fields=True):
    """The password there is, and the one that shall be."""

    old_password: Secret
    new_password: Secret


class PreferencesBody(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of one's preferences; what is left out stays."""

    language: Language | UnsetType = UNSET
    time_zone: Text | UnsetType = UNSET


class ResetBody(msgspec.Struct, forbid_unknown_fields=True):
    """The one-time key that the operator handed out, and the password that shall be."""

    key: Secret
    password: Secret


class SessionsQuery(PageQuery, kw_only=True):
    """Whose sessions to show."""

    person: (
        Annotated[
            str,
            msgspec.Meta(max_length=200, description="A colleague, for owners; else oneself."),
        ]
        | None
    ) = None


async def open_(call: Call[NoQuery, LogInBody]) -> Reply:
    """Log in."""
    body, services = call.body, call.services
    wanted = LogIn(body.email, body.password, body.organisation)
    opened = await identity.log_in(
        services.database, services.desk.new_id, services.passwords, wanted, whence_of(call)
    )
    return show(granted(opened))._replace(status=CREATED)


async def list_(call: Call[SessionsQuery, None]) -> Reply:
    """Show sessions."""
    page = page_of(call.query, tuple[HexId])
    text = call.query.person
    person = None if text is None else ids.from_wire(ids.PERSON, text) or LOWEST
    rows = granted(await identity.list_sessions(call.services.database, call.caller, page, person))
    return show_page(rows, page, lambda row: (row.id.removeprefix(ids.SESSION),))


async def revoke(call: Call[NoQuery, None]) -> Reply:
    """Log somebody out."""
    session = ids.from_wire(ids.SESSION, call.path["session"]) or ""
    return await do_once(call, "log_out", identity.log_out, session)


async def revoke_current(call: Call[NoQuery, None]) -> Reply:
    """Log oneself out."""
    services = call.services
    session = call.caller.token if call.caller.person is not None else None
    return written(
        await identity.log_out(services.database, services.desk.new_id, call.caller, session or "")
    )


async def show_me(call: Call[NoQuery, None]) -> Reply:
    """Show who asks."""
    return show(await identity.describe_caller(call.services.database, call.caller))


async def change_preferences(call: Call[NoQuery, PreferencesBody]) -> Reply:
    """Change one's own language and time zone."""
    changes = PreferenceChanges(call.body.language, call.body.time_zone)
    return await do_once(call, "change_preferences", identity.change_preferences, changes)


async def change_password(call: Call[NoQuery, PasswordBody]) -> Reply:
    """Change one's own password."""
    body, services = call.body, call.services
    answer = await identity.change_password(
        services.database,
        services.desk.new_id,
        services.passwords,
        call.caller,
        body.old_password,
        body.new_password,
    )
    return show(granted(answer))


async def reset_password(call: Call[NoQuery, ResetBody]) -> Reply:
    """Set a password by a one-time key."""
    body, services = call.body, call.services
    answer = await identity.reset_password(
        services.database, services.desk.new_id, services.passwords, body.key, body.password
    )
    return show(granted(answer))


def whence_of(call: Call[Any, Any]) -> Whence:
    """Where a request comes from, to be kept with the session that it opens."""
    return Whence(call.origin.address, call.origin.program)


_CHOOSING: Final = ("identity.password_not_valid", "identity.password_guessable")

ROUTES: Final = (
    Route(
        method="POST",
        path=f"{API}/sessions",
        topic="People",
        summary="Log in",
        detail=(
            "The `secret` is shown this once; send it like a token. A session holds for a week, and"
            " for eight hours after its last use. A wrong password and an address that nobody has"
            " are answered alike; after ten of them within an hour, further ones are refused."
        ),
        handler=open_,
        body=LogInBody,
        body_max_bytes=BODY_MAX_BYTES,
        answer=OpenedSession,
        status=CREATED,
        scope=None,
        refusals=(
            "identity.too_many_tries",
            "identity.log_in_not_valid",
            "identity.unknown_organisation",
            "identity.organisation_needed",
        ),
    ),
    Route(
        method="GET",
        path=f"{API}/sessions",
        topic="People",
        summary="List your log-in sessions, or a colleague's",
        detail="Those that are live now, newest first. Colleagues' are shown to owners.",
        handler=list_,
        query=SessionsQuery,
        answer=page_type("LogInSession", ListedSession),
        scope=None,
        for_any_caller=True,
        refusals=("identity.scope_missing", "identity.person_needed"),
    ),
    Route(
        method="POST",
        path=f"{API}/sessions/{{session}}/revoke",
        topic="People",
        summary="Revoke a log-in session, yours or a colleague's",
        detail="From now on; revoked again, it stays as it is.",
        handler=revoke,
        is_act=True,
        answer=LogInSession,
        scope=None,
        for_any_caller=True,
        refusals=("identity.unknown_session", "request.key_reused"),
    ),
    Route(
        method="POST",
        path=f"{API}/sessions/current/revoke",
        topic="People",
        summary="Log out",
        detail="Revokes the session that is sent. It needs no key.",
        handler=revoke_current,
        answer=LogInSession,
        scope=None,
        for_any_caller=True,
        refusals=("identity.unknown_session",),
    ),
    Route(
        method="GET",
        path=f"{API}/me",
        topic="People",
        summary="Show who you are: person or token, organisation, role and scopes",
        handler=show_me,
        answer=Me,
        scope=None,
        for_any_caller=True,
    ),
    Route(
        method="PATCH",
        path=f"{API}/me",
        topic="People",
        summary="Change your language and your time zone",
        detail="They hold in every organisation that you belong to.",
        handler=change_preferences,
        body=PreferencesBody,
        is_act=True,
        answer=Preferences,
        scope=None,
        for_any_caller=True,
        refusals=(
            "identity.person_needed",
            "identity.time_zone_not_valid",
            "request.key_reused",
        ),
    ),
    Route(
        method="POST",
        path=f"{API}/me/password",
        topic="People",
        summary="Change your password",
        detail=(
            "Ends all your other sessions. It needs no key: sent again, it finds the new password"
            " in place and answers the same."
        ),
        handler=change_password,
        body=PasswordBody,
        body_max_bytes=BODY_MAX_BYTES,
        answer=PasswordSet,
        scope=None,
        for_any_caller=True,
        refusals=(
            "identity.person_needed",
            "identity.too_many_tries",
            "identity.password_wrong",
            *_CHOOSING,
        ),
    ),
    Route(
        method="POST",
        path=f"{API}/password-resets/use",
        topic="People",
        summary="Choose a new password by a one-time key",
        detail=(
            "The operator hands out the key (`entrepot person reset-password`). Ends all sessions"
            " of the person. Sent again with the same password, it is answered the same."
        ),
        handler=reset_password,
        body=ResetBody,
        body_max_bytes=BODY_MAX_BYTES,
        answer=PasswordSet,
        scope=None,
        refusals=("identity.too_many_tries", "identity.key_not_valid", *_CHOOSING),
    ),
)
