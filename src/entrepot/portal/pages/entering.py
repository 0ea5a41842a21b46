"""Logging in and out, and a new password by the operator's key."""

from __future__ import annotations

from typing import Final

from entrepot.identity import LogIn, Whence, log_in, log_out, reset_password
from entrepot.kernel.refusal import Fault, Refusal
from entrepot.portal.entering import is_local
from entrepot.portal.routes import Elsewhere, Outcome, Page, Shown, Visit, granted
from entrepot.portal.words import LANGUAGE_NAMES

_KNOWN: Final = "organisations"
"""The fact of a refused log-in that names where a person belongs."""


async def show_log_in(visit: Visit) -> Outcome:
    """Ask who it is; whoever has logged in goes on."""
    back = _back(visit.query.text("next"))
    if visit.guest_ is not None:
        return Elsewhere(address=back)
    return _log_in_form(visit, back)


async def do_log_in(visit: Visit) -> Outcome:
    """Open a session, or say why not; nothing tells a wrong password from an unknown address."""
    typed, services = visit.typed, visit.services
    organisation = typed.text("organisation") or None
    wanted = LogIn(typed.text("email"), typed.raw("password"), organisation)
    whence = Whence(visit.origin.address, visit.origin.program)
    opened = await log_in(
        services.database, services.desk.new_id, services.passwords, wanted, whence
    )
    back = _back(typed.text("next"))
    if isinstance(opened, Refusal):
        return _log_in_form(visit, back, opened)
    return Elsewhere(address=back, opened=opened.secret)


async def do_log_out(visit: Visit) -> Outcome:
    """End this session."""
    services, session = visit.services, visit.caller.token
    assert session is not None, "a guest came by a session"
    granted(await log_out(services.database, services.desk.new_id, visit.caller, session))
    return Elsewhere(address="/log-in", said=visit.words("You have logged out."), is_closed=True)


async def show_new_password(visit: Visit) -> Outcome:
    """Ask for the operator's key and a new password."""
    del visit
    return _new_password_form(())


async def do_new_password(visit: Visit) -> Outcome:
    """Set the password; all sessions there were have ended."""
    typed, services = visit.typed, visit.services
    key, password = typed.text("reset_key"), typed.raw("password")
    answer = await reset_password(
        services.database, services.desk.new_id, services.passwords, key, password
    )
    if isinstance(answer, Refusal):
        return _new_password_form(_renamed(answer.faults, {"key": "reset_key"}))
    return Elsewhere(
        address="/log-in", said=visit.words("Your new password is set. Log in with it.")
    )


def _log_in_form(visit: Visit, back: str, refusal: Refusal | None = None) -> Shown:
    faults = () if refusal is None else refusal.faults
    known = next((each.facts[_KNOWN] for each in faults if _KNOWN in each.facts), "")
    context = {
        "next": back,
        "email": visit.typed.text("email"),
        "organisation": visit.typed.text("organisation"),
        "organisations": [(slug, slug) for slug in str(known).split()],
        "languages": tuple(LANGUAGE_NAMES.items()),
        "faults": faults,
    }
    return Shown(template="log_in.html.jinja", context=context, status=422 if refusal else 200)


def _new_password_form(faults: tuple[Fault, ...]) -> Shown:
    return Shown(
        template="new_password.html.jinja",
        context={"faults": faults},
        status=422 if faults else 200,
    )


def _back(address: str) -> str:
    """Where to go after log-in; never to another host."""
    return address if is_local(address) else "/"


def _renamed(faults: tuple[Fault, ...], names: dict[str, str]) -> tuple[Fault, ...]:
    """Faults by the names that the form has for their fields."""
    return tuple(
        Fault(each.code, each.message, names.get(each.field or "", each.field), each.facts)
        for each in faults
    )


PAGES: Final = (
    Page(
        method="GET",
        path="/log-in",
        summary="Log in",
        handler=show_log_in,
        scope=None,
        for_everybody=True,
        query=("next", "language"),
    ),
    Page(
        method="POST",
        path="/log-in",
        summary="Open a session",
        handler=do_log_in,
        scope=None,
        for_everybody=True,
        query=("language",),
        fields=("email", "password", "organisation", "next"),
        takes_key=False,
    ),
    Page(
        method="POST",
        path="/log-out",
        summary="End this session",
        handler=do_log_out,
        scope=None,
        takes_key=False,
    ),
    Page(
        method="GET",
        path="/new-password",
        summary="Ask for the operator's key and a new password",
        handler=show_new_password,
        scope=None,
        for_everybody=True,
        query=("language",),
    ),
    Page(
        method="POST",
        path="/new-password",
        summary="Set a new password by the operator's key",
        handler=do_new_password,
        scope=None,
        for_everybody=True,
        query=("language",),
        fields=("reset_key", "password"),
        takes_key=False,
    ),
)
