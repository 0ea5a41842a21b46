"""Oneself: the language and time zone one reads, where one is logged in, and one's password."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Final
from zoneinfo import available_timezones

import msgspec

from entrepot import identity
from entrepot.identity import ListedSession, PreferenceChanges
from entrepot.infra.clock import utc_now
from entrepot.kernel import ids
from entrepot.kernel.refusal import Refusal, RefusedError
from entrepot.portal.paging import HexId, cut_at, page_at
from entrepot.portal.routes import (
    Elsewhere,
    NothingHereError,
    Outcome,
    Page,
    Shown,
    Visit,
    done,
    granted,
)
from entrepot.portal.words import LANGUAGE_NAMES, words_of

SESSIONS_SHOWN: Final = 20
HERE: Final = "/preferences"
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_MACHINES: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)
"""What browsers call themselves and what they run on, the telling one first."""


class OpenSession(msgspec.Struct, frozen=True):
    """Where one is logged in: by what, from where, since and until when, and whether it is here."""

    id: str
    program: str
    address: str
    since: datetime
    seen_at: datetime
    is_here: bool


async def show_preferences(visit: Visit) -> Outcome:
    """Show one's preferences and sessions."""
    return await _page(visit)


async def do_change(visit: Visit) -> Outcome:
    """Change the language and the time zone; it is said in the new language."""
    language = visit.typed.text("language")
    answer = await identity.change_preferences(
        visit.database,
        visit.services.desk.new_id,
        visit.caller,
        PreferenceChanges(language, visit.typed.text("time_zone")),
        visit.sent("change_preferences"),
    )
    refusal = done(answer)
    if refusal is not None:
        return await _page(visit, refusal)
    words = words_of(language, visit.words.time_zone)
    return Elsewhere(address=HERE, said=words("Your language and time zone are set."))


async def do_change_password(visit: Visit) -> Outcome:
    """Change one's password, which ends one's sessions elsewhere."""
    answer = await identity.change_password(
        visit.database,
        visit.services.desk.new_id,
        visit.services.passwords,
        visit.caller,
        visit.typed.raw("old_password"),
        visit.typed.raw("new_password"),
    )
    if isinstance(answer, Refusal):
        return await _page(visit, answer)
    said = visit.words(
        "Your password is changed. Wherever else you were logged in, you no longer are."
    )
    return Elsewhere(address=HERE, said=said)


async def do_revoke(visit: Visit) -> Outcome:
    """End a session of one's own; ending this one logs out."""
    session = ids.from_wire(ids.SESSION, visit.path["session"])
    if session is None:
        raise NothingHereError
    answer = await identity.log_out(
        visit.database,
        visit.services.desk.new_id,
        visit.caller,
        session,
        visit.sent("log_out"),
    )
    refusal = done(answer)
    if refusal is not None:
        raise RefusedError(refusal)
    if session == visit.caller.token:
        said = visit.words("You have logged out.")
        return Elsewhere(address="/log-in", said=said, is_closed=True)
    return Elsewhere(address=HERE, said=visit.words("That session has ended."))


async def _page(visit: Visit, refusal: Refusal | None = None) -> Shown:
    """The page, with what was typed and is refused."""
    person = visit.guest.me.person
    assert person is not None, "guests are people"
    page = page_at(visit.query.text("cursor"), tuple[HexId], SESSIONS_SHOWN)
    listed = granted(await identity.list_sessions(visit.database, visit.caller, page))
    rows, following = cut_at(listed, page, lambda row: (row.id.removeprefix(ids.SESSION),))
    return Shown(
        template="preferences.html.jinja",
        context={
            "person": person,
            "language": visit.typed.text("language", person.language),
            "languages": tuple(LANGUAGE_NAMES.items()),
            "time_zone": visit.typed.text("time_zone", person.time_zone),
            "time_zones": _time_zones(),
            "now": utc_now(),
            "sessions": [_open_session(visit, row) for row in rows],
            "following": following,
            "is_first": page.after is None,
            "faults": () if refusal is None else refusal.faults,
        },
        status=200 if refusal is None else 422,
    )


def _open_session(visit: Visit, row: ListedSession) -> OpenSession:
    return OpenSession(
        row.id,
        called(row.program or "") or visit.words("unknown"),
        row.address or visit.words("unknown"),
        row.created_at,
        row.seen_at,
        row.id == visit.guest.me.session,
    )


def called(program: str) -> str:
    """A browser as its user calls it; another program by the first word that it says of itself."""
    browser = next((name for sign, name in _BROWSERS if sign in program), None)
    if browser is None:
        return program.partition(" ")[0].partition("/")[0]
    machine = next((name for sign, name in _MACHINES if sign in program), None)
    return browser if machine is None else f"{browser} ({machine})"


@cache
def _time_zones() -> tuple[str, ...]:
    """The time zones that are offered; any other can be typed."""
    return tuple(sorted(each for each in available_timezones() if each.startswith("Europe/")))


PAGES: Final = (
    Page(
        method="GET",
        path=HERE,
        summary="Show one's language, time zone and sessions",
        handler=show_preferences,
        scope=None,
        query=("cursor",),
    ),
    Page(
        method="POST",
        path=HERE,
        summary="Change one's language and time zone",
        handler=do_change,
        scope=None,
        fields=("language", "time_zone"),
    ),
    Page(
        method="POST",
        path=f"{HERE}/password",
        summary="Change one's password",
        handler=do_change_password,
        scope=None,
        fields=("old_password", "new_password"),
        takes_key=False,
    ),
    Page(
        method="POST",
        path=f"{HERE}/sessions/{{session}}/revoke",
        summary="End a session of one's own",
        handler=do_revoke,
        scope=None,
    ),
)
