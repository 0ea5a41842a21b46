"""Log-in, log-out and a new password, as a person without scripts does them."""

from __future__ import annotations

from datetime import timedelta
from http.cookies import Morsel, SimpleCookie

import msgspec
import pytest

from entrepot.identity import find_caller, issue_password_reset
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from tests.factories.network import Network
from tests.factories.pages import ADDRESS, Pages, Seen, Visitor, open_pages
from tests.factories.people import (
    PASSWORD,
    Somebody,
    caller_of,
    joined,
    opened_by,
    sessions_of,
    somebody,
)

FOREIGN = (
    "//evil.example/",
    "https://evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
    "evil.example",
    "",
)


@pytest.fixture
async def ann(pool: Pool, network: Network) -> Somebody:
    return await somebody(pool, await network.organisation("hub"), "clerk", language="en")


async def logged_in(visitor: Visitor, person: Somebody, next_: str = "/new-password") -> Seen:
    """The page after log-in by the form."""
    page = await visitor.get(f"/log-in?next={next_}")
    return await visitor.send(page.form("Log in"), email=person.email, password=PASSWORD)


def morsel(answer_cookies: list[str], name: str) -> Morsel[str]:
    """A cookie with its attributes, as an answer sets it."""
    found = [cookie[name] for each in answer_cookies if name in (cookie := SimpleCookie(each))]
    assert len(found) == 1, answer_cookies
    return found[0]


async def test_a_person_logs_in_and_out(pages: Pages, ann: Somebody) -> None:
    visitor = pages.visitor()
    page = await logged_in(visitor, ann)
    assert page.heading == "Choose a new password"
    assert "Ann Other" in page.one(".who").to_text()
    secret = visitor.http.cookies["entrepot"]
    page = await visitor.send(page.form("Log out"))
    assert (page.heading, page.said) == ("Entrepot", "You have logged out.")
    assert "entrepot" not in visitor.http.cookies
    assert await find_caller(pages.pool, secret) is None
    assert (await visitor.get("/log-in")).said == "", "it is said once"


async def test_a_session_knows_where_it_was_opened(pages: Pages, ann: Somebody) -> None:
    visitor = pages.visitor()
    await logged_in(visitor, ann)
    caller = await find_caller(pages.pool, visitor.http.cookies["entrepot"])
    assert caller is not None
    (session,) = await sessions_of(pages.pool, caller)
    assert (session.address, session.program) == (ADDRESS, "A test")


async def test_a_wrong_password_and_a_strange_address_are_told_alike(
    pages: Pages, ann: Somebody
) -> None:
    visitor = pages.visitor()
    form = (await visitor.get("/log-in?next=%2Forders")).form("Log in")
    wrong = await visitor.refused(form, email=ann.email, password="nonsense here")
    strange = await visitor.refused(form, email="nobody@example.com", password=PASSWORD)
    said = ["The e-mail address or the password is not right. Try again."]
    assert wrong.faults == strange.faults == said
    again = wrong.form("Log in")
    assert again.value("email") == ann.email, "what was typed is kept"
    assert again.value("password") == "", "but no password is sent back"
    assert again.value("next") == "/orders"
    assert "entrepot" not in visitor.http.cookies


async def test_after_too_many_tries_even_the_right_password_has_to_wait(
    pages: Pages, ann: Somebody
) -> None:
    visitor = pages.visitor("nl")
    form = (await visitor.get("/log-in")).form("Inloggen")
    for _ in range(10):
        await visitor.refused(form, email=ann.email, password="nonsense here")
    page = await visitor.refused(form, email=ann.email, password=PASSWORD)
    assert page.faults[0].startswith("Te veel")
    assert page.fault("email") == page.faults[0], "it stands beside its field"


async def test_who_belongs_to_several_chooses_one(
    pages: Pages, network: Network, ann: Somebody
) -> None:
    other = await network.organisation("other")
    await joined(pages.pool, ann, other, "reader")
    visitor = pages.visitor()
    form = (await visitor.get("/log-in?next=%2Fnew-password")).form("Log in")
    assert "organisation" not in form.names, "nobody learns of it without the password"
    asked = await visitor.refused(form, email=ann.email, password=PASSWORD)
    slugs = asked.form("Log in").choices["organisation"]
    assert [each.partition("-")[0] for each in slugs] == ["hub", "other"]
    assert asked.fault("organisation")
    page = await visitor.send(asked.form("Log in"), password=PASSWORD, organisation=slugs[1])
    assert page.heading == "Choose a new password"
    caller = await find_caller(pages.pool, visitor.http.cookies["entrepot"])
    assert caller is not None
    assert caller.organisation == other


@pytest.mark.parametrize("address", FOREIGN)
async def test_nobody_is_sent_on_to_another_host(pages: Pages, ann: Somebody, address: str) -> None:
    visitor = pages.visitor()
    page = Seen(await visitor.ask("GET", "/log-in"))
    form = page.form("Log in")
    form.fields["next"] = [address]
    answer = await visitor.try_send(form, {"email": ann.email, "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_who_has_logged_in_is_not_asked_again(pages: Pages, ann: Somebody) -> None:
    visitor = await pages.visitor().log_in(ann)
    answer = await visitor.ask("GET", "/log-in?next=%2Fnew-password")
    assert (answer.status_code, answer.headers["location"]) == (303, "/new-password")
    answer = await visitor.ask("GET", "/log-in?next=%2F%2Fevil.example")
    assert answer.headers["location"] == "/"


async def test_without_https_the_cookie_is_for_this_site_only(pages: Pages, ann: Somebody) -> None:
    visitor = pages.visitor()
    form = (await visitor.get("/log-in")).form("Log in")
    answer = await visitor.try_send(form, {"email": ann.email, "password": PASSWORD})
    cookie = morsel(answer.headers.get_list("set-cookie"), "entrepot")
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, "", "lax")
    assert (cookie["path"], cookie["domain"], cookie["max-age"]) == ("/", "", "604800")


async def test_with_https_no_other_host_can_set_the_cookie(
    pool: Pool, settings: Settings, ann: Somebody
) -> None:
    public = msgspec.structs.replace(settings, public_url="https://entrepot.example")
    async with open_pages(pool, public) as pages:
        visitor = pages.visitor()
        form = (await visitor.get("/log-in")).form("Log in")
        answer = await visitor.try_send(form, {"email": ann.email, "password": PASSWORD})
        cookie = morsel(answer.headers.get_list("set-cookie"), "__Host-entrepot")
        assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "lax")
        assert (cookie["path"], cookie["domain"]) == ("/", "")
        page = await visitor.get("/new-password")
        assert page.has_form("Log out")
        # What the same host answers without https would be another site to the browser.
        headers = {"origin": "http://entrepot.example", "sec-fetch-site": "cross-site"}
        fields, _ = page.form("Log out").filled({})
        refused = await visitor.ask("POST", "/log-out", fields, headers=headers)
        assert refused.status_code == 403


async def test_the_language_is_the_browsers_or_the_one_that_is_chosen(pages: Pages) -> None:
    for header, language in (
        ("nl-NL,nl;q=0.9,en;q=0.8", "nl"),
        ("en-GB,en;q=0.9,nl;q=0.8", "en"),
        ("fr-FR,fr;q=0.9", "en"),
        ("de, nl;q=0.2, en;q=0.1", "nl"),
        ("nl;q=much, en", "en"),
        ("", "en"),
    ):
        page = await pages.visitor(header).get("/log-in")
        assert page.one("html").attrs["lang"] == language, header
    visitor = pages.visitor("en")
    page = await visitor.follow(await visitor.get("/log-in?next=%2Forders"), "Nederlands")
    assert page.form("Inloggen").value("next") == "/orders", "the way back is kept"
    assert page.one("html").attrs["lang"] == "nl"
    page = await visitor.follow(page, "Zo'n sleutel heb ik")
    assert page.one("html").attrs["lang"] == "nl", "the choice holds on other pages"
    page = await visitor.follow(await visitor.get("/log-in"), "English")
    assert page.one("html").attrs["lang"] == "en"


async def test_who_has_logged_in_reads_their_own_language(pages: Pages, network: Network) -> None:
    organisation = await network.organisation()
    visitor = await pages.log_in_as(organisation, language="nl")
    visitor.http.headers["accept-language"] = "en"
    page = await visitor.get("/new-password?language=en")
    assert page.one("html").attrs["lang"] == "nl"


async def test_the_operators_key_sets_a_new_password(pages: Pages, ann: Somebody) -> None:
    before = await opened_by(pages.pool, ann)
    issued = await issue_password_reset(pages.pool, new_id, ann.email)
    assert hasattr(issued, "key")
    visitor = pages.visitor()
    page = await visitor.follow(await visitor.get("/log-in"), "I have such a key")
    form = page.form("Set the password")
    page = await visitor.refused(form, reset_key=issued.key, password="short")
    assert page.fault("password")
    assert not page.fault("reset_key")
    page = await visitor.refused(form, reset_key="ent_reset_nonsense", password=PASSWORD)
    assert page.fault("reset_key") == page.faults[0]
    assert "ent_reset_nonsense" not in page.html, "a key is not sent back"
    page = await visitor.send(form, reset_key=issued.key, password="eleven quiet herons")
    assert page.said == "Your new password is set. Log in with it."
    assert await find_caller(pages.pool, before.secret) is None
    page = await visitor.refused(page.form("Log in"), email=ann.email, password=PASSWORD)
    form.fields["reset_key"] = [issued.key]
    again = await visitor.refused(form, password="twelve quiet herons")
    assert again.fault("reset_key"), "it works once"


async def test_a_session_that_ended_asks_to_log_in_and_leads_back(
    pages: Pages, ann: Somebody
) -> None:
    visitor = await pages.visitor().log_in(ann)
    async with pages.pool.acquire() as connection:
        await connection.execute(
            "UPDATE log_in_sessions SET expires_at = now() - $1::interval", timedelta(1)
        )
    answer = await visitor.ask("GET", "/search?q=caf%C3%A9&x")
    assert answer.headers["location"] == "/log-in?next=%2Fsearch%3Fq%3Dcaf%25C3%25A9%26x"
    page = await visitor.get("/search?q=caf%C3%A9&x")
    assert page.form("Log in").value("next") == "/search?q=caf%C3%A9&x"
    posted = await visitor.ask("POST", "/log-out", {"form_token": ["x"]})
    assert posted.headers["location"] == "/log-in?next=%2F", "a form is not sent twice by that"


async def test_logging_out_here_leaves_other_places_alone(pages: Pages, ann: Somebody) -> None:
    elsewhere = await opened_by(pages.pool, ann)
    visitor = await pages.visitor().log_in(ann)
    await visitor.send((await visitor.get("/new-password")).form("Log out"))
    assert (await caller_of(pages.pool, elsewhere)).person == ann.id
