"""Preferences: language, time zone, where one is logged in, and one's password."""

from __future__ import annotations

import pytest

from entrepot.identity import find_caller
from entrepot.infra.pool import Pool
from entrepot.portal.pages.preferences import called
from tests.factories.callers import acts_of
from tests.factories.network import Network
from tests.factories.pages import ADDRESS, Pages, Visitor
from tests.factories.people import PASSWORD, Somebody, opened_by, somebody

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
)
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
async def ann(pool: Pool, network: Network) -> Somebody:
    return await somebody(pool, await network.organisation("hub"), "reader", language="en")


@pytest.fixture
async def visitor(pages: Pages, ann: Somebody) -> Visitor:
    return await pages.visitor().log_in(ann)


async def test_a_language_is_chosen_and_spoken_at_once(visitor: Visitor) -> None:
    page = await visitor.get("/preferences")
    form = page.form("Save")
    assert form.value("language") == "en"
    page = await visitor.send(form, language="nl")
    assert page.said == "Je taal en tijdzone zijn ingesteld."
    assert (page.heading, page.one("html").attrs["lang"]) == ("Voorkeuren", "nl")
    again = await visitor.send(form, language="nl")
    assert again.said == page.said, "sent twice, it is done once"
    assert visitor.person is not None
    acts = [act for act, _, _ in await acts_of(visitor.pages.pool, visitor.person.organisation)]
    assert acts.count("identity.preferences_changed") == 1


async def test_times_are_told_as_in_the_time_zone(visitor: Visitor) -> None:
    page = await visitor.get("/preferences")
    here = page.rows()[0][2]
    page = await visitor.send(page.form("Save"), time_zone="Pacific/Auckland")
    assert page.form("Save").value("time_zone") == "Pacific/Auckland"
    assert page.rows()[0][2] != here


async def test_what_is_no_time_zone_is_refused_beside_its_field(visitor: Visitor) -> None:
    form = (await visitor.get("/preferences")).form("Save")
    page = await visitor.refused(form, time_zone="Europe/Atlantis", language="nl")
    assert page.fault("time_zone") == page.faults[0]
    kept = page.form("Save")
    assert (kept.value("time_zone"), kept.value("language")) == ("Europe/Atlantis", "nl")
    assert kept.value("key") != form.value("key")
    page = await visitor.send(kept, time_zone="Europe/Lisbon")
    assert page.said


async def test_a_session_elsewhere_is_ended_and_no_other(
    pages: Pages, visitor: Visitor, ann: Somebody
) -> None:
    elsewhere = await opened_by(pages.pool, ann)
    page = await visitor.get("/preferences")
    assert [row[0] for row in page.rows()] == ["unknown", "unknown here"]
    form = page.form(f"/preferences/sessions/{elsewhere.session.id}/revoke")
    page = await visitor.send(form)
    assert page.said == "That session has ended."
    assert len(page.rows()) == 1
    assert await find_caller(pages.pool, elsewhere.secret) is None
    assert (await visitor.send(form)).said == "That session has ended."


async def test_ending_this_session_logs_out(pages: Pages, visitor: Visitor) -> None:
    page = await visitor.get("/preferences")
    page = await visitor.send(page.form("Log out here"))
    assert page.said == "You have logged out."
    assert "entrepot" not in visitor.http.cookies
    assert not (await pages.visitor().get("/log-in")).said


async def test_nobody_elses_session_can_be_ended(
    pages: Pages, network: Network, visitor: Visitor, ann: Somebody
) -> None:
    colleague = await opened_by(pages.pool, await somebody(pages.pool, ann.organisation))
    stranger = await opened_by(
        pages.pool, await somebody(pages.pool, await network.organisation("stranger"))
    )
    form = (await visitor.get("/preferences")).form("Log out here")
    answers = set()
    for session in (colleague.session.id, stranger.session.id, f"ses_{'0' * 32}", "nonsense"):
        form.action = f"/preferences/sessions/{session}/revoke"
        page = await visitor.send(form, 404)
        answers.add(page.text)
    assert len(answers) == 1
    assert await find_caller(pages.pool, colleague.secret) is not None
    assert await find_caller(pages.pool, stranger.secret) is not None


async def test_a_password_is_changed_and_other_sessions_end(
    pages: Pages, visitor: Visitor, ann: Somebody
) -> None:
    elsewhere = await opened_by(pages.pool, ann)
    form = (await visitor.get("/preferences")).form("Change the password")
    page = await visitor.refused(form, old_password="nonsense", new_password="nine calm otters")
    assert page.fault("old_password")
    assert not page.fault("new_password")
    page = await visitor.refused(form, old_password=PASSWORD, new_password="short")
    assert page.fault("new_password")
    assert page.form("Change the password").value("new_password") == ""
    page = await visitor.send(form, old_password=PASSWORD, new_password="nine calm otters")
    assert page.said.startswith("Your password is changed.")
    assert await find_caller(pages.pool, elsewhere.secret) is None
    again = await visitor.send(form, old_password=PASSWORD, new_password="nine calm otters")
    assert again.said == page.said
    await opened_by(pages.pool, ann._replace(password="nine calm otters"))


async def test_sessions_say_by_what_and_from_where(pages: Pages, ann: Somebody) -> None:
    visitor = pages.visitor()
    visitor.http.headers["user-agent"] = FIREFOX
    page = await visitor.get("/log-in?next=%2Fpreferences")
    page = await visitor.send(page.form("Log in"), email=ann.email, password=PASSWORD)
    assert page.rows()[0][:2] == ["Firefox (Linux) here", ADDRESS]


@pytest.mark.parametrize(
    ("program", "name"),
    [
        (FIREFOX, "Firefox (Linux)"),
        (EDGE, "Edge (Windows)"),
        (SAFARI, "Safari (iPhone)"),
        ("curl/8.1", "curl"),
        ("", ""),
    ],
)
def test_browsers_are_called_as_people_call_them(program: str, name: str) -> None:
    assert called(program) == name
