"""The ASGI application of the pages: who asks, whether a form is theirs, and an answer for all.

Pages are on the framework; sessions are those of `identity`, so that people can list and revoke
them. Nothing a page shows comes from another address, and no script or style stands in a page.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl, quote

from litestar import Litestar, Request, Response
from litestar.datastructures import Cookie, UploadFile
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from entrepot.identity import check_scope, describe_caller, find_caller
from entrepot.infra.clock import monotonic_seconds
from entrepot.infra.intake import IntakeClosedError, IntakeFullError
from entrepot.infra.reach import DatabaseUnreachable
from entrepot.infra.reading import Database
from entrepot.infra.settings import Settings
from entrepot.kernel.refusal import Refusal, RefusedError
from entrepot.orders import StoreUnavailableError, TooBusyError, find_market_sides
from entrepot.portal import entering
from entrepot.portal.assets import Asset, load_assets
from entrepot.portal.forms import Typed, Upload
from entrepot.portal.frame import places_for
from entrepot.portal.rendering import render
from entrepot.portal.routes import (
    KEY_FIELD,
    TOKEN_FIELD,
    Download,
    Elsewhere,
    FormNotOursError,
    Guest,
    NothingHereError,
    Origin,
    Outcome,
    Page,
    Services,
    Shown,
    Visit,
)
from entrepot.portal.words import LANGUAGES, Words, preferred_language, words_of

Send: TypeAlias = Callable[[Any], Awaitable[None]]
Receive: TypeAlias = Callable[[], Awaitable[Any]]
Answered: TypeAlias = Callable[[str, str, int, float], None]
"""Is told method, route, status and seconds of each answer."""

UNMATCHED: Final = "unmatched"
FIELDS_MAX: Final = 2_000
_STATE: Final = "entrepot"
_NO_SUCH_PAGE: Final = 404
_NO_SUCH_METHOD: Final = 405
_TOO_LARGE: Final = 413
_BUG: Final = 500
_TOO_BUSY: Final = (
    DatabaseUnreachable,
    IntakeClosedError,
    IntakeFullError,
    StoreUnavailableError,
    TooBusyError,
)
_HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (
        b"content-security-policy",
        (
            b"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self';"
            b" connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        ),
    ),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"referrer-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=31536000"),
    (b"x-content-type-options", b"nosniff"),
)


class _Answering:
    """What is known of a request while it is answered, and what to answer it with."""

    __slots__ = ("allow", "guest", "request", "route", "services", "status", "unrouted", "words")

    def __init__(self, services: Services, request: str) -> None:
        self.services = services
        self.request = request
        self.route = UNMATCHED
        self.status = 0
        self.guest: Guest | None = None
        self.words: Words | None = None
        self.unrouted: int | None = None
        self.allow = ""


class Portal:
    """Answers requests for pages."""

    def __init__(self, services: Services, pages: Sequence[Page], answered: Answered) -> None:
        """Serve `pages` and the assets that they need."""
        self._services = services
        self._answered = answered
        self._methods = [(_pattern_of(page.path), page.method) for page in pages]
        self._framework = _framework_of(tuple(pages), services.settings.body_max_bytes)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:  # noqa: ANN401 - what ASGI hands over
        """Answer one request, count it and log it."""
        began = monotonic_seconds()
        state = _Answering(self._services, self._services.desk.new_id())
        method = scope["method"]
        inner = {**scope, _STATE: state, "method": "GET" if method == "HEAD" else method}

        async def sending(message: Any) -> None:  # noqa: ANN401 - as above
            if message["type"] == "http.response.start":
                state.status = message["status"]
                own = {name for name, _ in message["headers"]}
                common = [each for each in _HEADERS if each[0] not in own]
                request = (b"x-request-id", state.request.encode("ascii"))
                message["headers"] = [*message["headers"], request, *common]
            await send(message)

        async def sending_if_routed(message: Any) -> None:  # noqa: ANN401 - as above
            if state.unrouted is None:
                await sending(message)

        framework: Any = self._framework
        await framework(inner, receive, sending_if_routed)
        if state.unrouted is not None:
            state.allow = self._methods_at(scope["path"])
            path = _NOWHERE.path
            lost = {
                **scope,
                _STATE: state,
                "method": "GET",
                "path": path,
                "raw_path": path.encode(),
            }
            await framework(lost, receive, sending)
        seconds = monotonic_seconds() - began
        self._answered(method, state.route, state.status, seconds)
        if not state.route.startswith("/assets/"):
            self._services.log.info(
                "http.answered",
                method=method,
                route=state.route,
                status=state.status,
                request=state.request,
                milliseconds=round(seconds * 1000, 1),
            )

    def _methods_at(self, path: str) -> str:
        """The methods that an address of this path takes."""
        return ", ".join(method for pattern, method in self._methods if pattern.fullmatch(path))


@cache
def _framework_of(pages: tuple[Page, ...], body_max_bytes: int) -> Litestar:
    """Make the framework's application; once for each table of pages.

    It knows no services: those of a portal come along with each request that it hands over.
    """
    handlers = [_endpoint(page) for page in (*pages, _NOWHERE)]
    return Litestar(
        route_handlers=[*handlers, *(_asset(each) for each in load_assets().values())],
        openapi_config=None,
        exception_handlers={HTTPException: _on_http_exception, Exception: _on_error},
        logging_config=None,
        request_max_body_size=body_max_bytes,
        debug=False,
    )


def _endpoint(page: Page) -> HTTPRouteHandler:
    """Make the framework's handler of a page: who, what, then the page itself."""

    async def endpoint(request: Request[Any, Any, Any]) -> Response[Any]:
        scope: Any = request.scope
        state: _Answering = scope[_STATE]
        state.route = UNMATCHED if page is _NOWHERE else page.path
        try:
            outcome = await _visit(page, request, state)
        except Exception as error:  # noqa: BLE001 - every error is answered
            outcome = _explain(error, state)
        return _respond(outcome, request, state)

    path = page.path.replace("}", ":str}")
    return HTTPRouteHandler(path, http_method=page.method, include_in_schema=False)(endpoint)


async def _visit(page: Page, request: Request[Any, Any, Any], state: _Answering) -> Outcome:
    """Find out who asks for what, refuse what is not theirs, and let the page answer."""
    services, settings = state.services, state.services.settings
    heads = {name.lower(): value for name, value in request.headers.items()}
    secret = request.cookies.get(entering.session_cookie(settings))
    state.guest = await _find_guest(services.database, secret)
    state.words = _words_for(state.guest, request)
    if state.unrouted is not None:
        return _sorry("nothing_here", state.unrouted)
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if state.guest is None and not page.for_everybody:
        back = address if page.method == "GET" else "/"
        return Elsewhere(address=f"/log-in?next={quote(back, safe='')}")
    if state.guest is not None and page.scope is not None:
        refusal = check_scope(state.guest.caller, page.scope)
        if refusal is not None:
            raise RefusedError(refusal)
    language = state.words.language
    query = _read(parse_qsl(request.url.query, keep_blank_values=True), page.query, language)
    typed = Typed({}, language)
    if page.method == "POST":
        if not entering.is_from_here(heads, settings):
            raise ForeignFormError
        typed = await _read_form(request, page, language)
        token = typed.text(TOKEN_FIELD)
        if state.guest is not None and not entering.is_form_token(token, state.guest.secret):
            raise ForeignFormError
        if page.takes_key and not 0 < len(typed.text(KEY_FIELD)) <= 100:  # noqa: PLR2004 - far more than our ids have
            raise FormNotOursError
    client = request.client
    return await page.handler(
        Visit(
            services,
            state.words,
            request.path_params,
            query,
            typed,
            state.request,
            address,
            Origin(
                client.host if client else None,
                heads.get("user-agent"),
                f"{request.url.scheme}://{heads.get('host', '')}",
            ),
            state.guest,
        )
    )


async def _find_guest(database: Database, secret: str | None) -> Guest | None:
    """Who has logged in with this secret; None for nobody, and for a program's token."""
    if secret is None:
        return None
    caller = await find_caller(database, secret)
    if caller is None or caller.person is None:
        return None
    me = await describe_caller(database, caller)
    sides = await find_market_sides(database, caller)
    on = frozenset() if isinstance(sides, Refusal) else sides
    return Guest(caller, me, secret, entering.form_token(secret), on)


def _explain(error: Exception, state: _Answering) -> Outcome:
    """The page that says why there is no other: what happened, and what to do."""
    if isinstance(error, HTTPException) and error.status_code != _BUG:
        reason = "too_large" if error.status_code == _TOO_LARGE else "form_not_ours"
        return _sorry(reason, error.status_code)
    if isinstance(error, NothingHereError):
        return _sorry("nothing_here", _NO_SUCH_PAGE)
    if isinstance(error, ForeignFormError):
        return _sorry("foreign_form", 403)
    if isinstance(error, FormNotOursError):
        return _sorry("form_not_ours", 400)
    if isinstance(error, RefusedError):
        return _refused(error.refusal)
    if isinstance(error, _TOO_BUSY):
        return _sorry("too_busy", 503)
    state.services.log.error(
        "http.failed", request=state.request, route=state.route, exc_info=error
    )
    return _sorry("failed", 500, {"request": state.request})


def _respond(outcome: Outcome, request: Request[Any, Any, Any], state: _Answering) -> Response[Any]:
    """Turn what a page says into an answer."""
    settings = state.services.settings
    words = state.words or words_of(_language_of(request), "UTC")
    if isinstance(outcome, Elsewhere):
        return _send_elsewhere(outcome, request, settings)
    if isinstance(outcome, Download):
        headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(outcome.name)}"}
        return Stream(outcome.pieces, media_type=outcome.media_type, headers=headers)
    frame: dict[str, Any] = {
        "words": words,
        "guest": state.guest,
        "path": request.url.path,
        "said": entering.read_said(request.cookies.get(entering.SAID)),
        "asset": _asset_address,
        "new_key": state.services.desk.new_id,
        "places": [] if state.guest is None else places_for(state.guest, words, request.url.path),
    }
    page = render(outcome.template, words, {**frame, **outcome.context})
    response = Response(page, status_code=outcome.status, media_type="text/html")
    if frame["said"].text:
        _keep(settings, response, entering.SAID, "", 0)
    if request.query_params.get("language") == words.language:
        _keep(settings, response, entering.LANGUAGE, words.language, entering.LANGUAGE_SECONDS)
    if state.allow:
        response.headers["allow"] = state.allow
    return response


def _send_elsewhere(
    outcome: Elsewhere, request: Request[Any, Any, Any], settings: Settings
) -> Response[Any]:
    """Turn where a page leads into an answer."""
    if request.headers.get("hx-request") == "true":
        # A script that asks for a part of a page would put the other page into it: the whole
        # window goes there instead, such as to log-in once the session has ended.
        response = Response(b"", status_code=200, headers={"hx-redirect": outcome.address})
    else:
        response = Response(b"", status_code=303, headers={"location": outcome.address})
    if outcome.said:
        said = entering.write_said(entering.Said(outcome.said, outcome.is_pending))
        _keep(settings, response, entering.SAID, said, entering.SAID_SECONDS)
    name = entering.session_cookie(settings)
    if outcome.opened is not None:
        _keep(settings, response, name, outcome.opened, entering.SESSION_SECONDS)
    if outcome.is_closed and name in request.cookies:
        _keep(settings, response, name, "", 0)
    return response


def _keep(settings: Settings, response: Response[Any], name: str, value: str, seconds: int) -> None:
    """Have the browser keep something for so long, for this site and no script."""
    response.set_cookie(
        Cookie(
            key=name,
            value=value,
            path="/",
            max_age=seconds,
            httponly=True,
            secure=entering.is_secure(settings),
            samesite="lax",
        )
    )


def _asset_address(name: str) -> str:
    """The address of an asset, which changes with its content."""
    return load_assets()[name].address


def _on_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Answer what the framework itself refuses; what has no page gets that of nowhere."""
    scope: Any = request.scope
    state: _Answering = scope[_STATE]
    if error.status_code in {_NO_SUCH_PAGE, _NO_SUCH_METHOD}:
        state.unrouted = error.status_code
        return Response(b"")
    return _respond(_explain(error, state), request, state)


def _on_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer an error of the framework's own making."""
    scope: Any = request.scope
    state: _Answering = scope[_STATE]
    return _respond(_explain(error, state), request, state)


class ForeignFormError(Exception):
    """A form that none of our pages of this session sent."""


def _sorry(reason: str, status: int, context: Mapping[str, Any] | None = None) -> Shown:
    context = {"reason": reason, "faults": (), **(context or {})}
    return Shown(template="sorry.html.jinja", context=context, status=status)


def _refused(refusal: Refusal) -> Shown:
    """The page of a refusal that no form shows. What is foreign looks like what is not there."""
    reason = refusal.code.partition(".")[2]
    if reason.startswith("unknown_"):
        return _sorry("nothing_here", 404)
    status = 403 if reason == "scope_missing" else 422
    context = {"reason": reason, "faults": refusal.faults}
    return Shown(template="sorry.html.jinja", context=context, status=status)


def _pattern_of(path: str) -> re.Pattern[str]:
    """What the addresses of a path look like."""
    return re.compile(re.sub(r"\{\w+\}", "[^/]+", path))


def _language_of(request: Request[Any, Any, Any]) -> str:
    """The language of a visitor who has not logged in: chosen on the page, else the browser's."""
    for chosen in (
        request.query_params.get("language"),
        request.cookies.get(entering.LANGUAGE),
    ):
        if chosen in LANGUAGES:
            return chosen
    return preferred_language(request.headers.get("accept-language", ""))


def _words_for(guest: Guest | None, request: Request[Any, Any, Any]) -> Words:
    if guest is None or guest.me.person is None:
        return words_of(_language_of(request), "UTC")
    return words_of(guest.me.person.language, guest.me.person.time_zone)


def _read(pairs: Sequence[tuple[str, str]], names: Sequence[str], language: str) -> Typed:
    """What stands in an address, refusing what the page does not know."""
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        if name not in names or "\0" in value:
            raise FormNotOursError
        fields.setdefault(name, []).append(value)
    return Typed(fields, language)


async def _read_form(request: Request[Any, Any, Any], page: Page, language: str) -> Typed:
    """What a form sent, refusing what the page does not know."""
    form = await request.form()
    names = {TOKEN_FIELD, KEY_FIELD, *page.fields}
    fields: dict[str, list[str]] = {}
    uploads: dict[str, Upload] = {}
    for number, (name, value) in enumerate(form.multi_items()):
        if number >= FIELDS_MAX:
            raise FormNotOursError
        if isinstance(value, UploadFile):
            if name not in page.files:
                raise FormNotOursError
            uploads[name] = Upload(value.filename, await value.read())
        elif name in names and isinstance(value, str) and "\0" not in value:
            fields.setdefault(name, []).append(value)
        elif name not in page.files or value:  # a file field that was left empty comes as text
            raise FormNotOursError
    return Typed(fields, language, uploads)


async def _show_nothing(visit: Visit) -> Outcome:
    """Show that nothing is here."""
    del visit
    raise NothingHereError


_NOWHERE: Final = Page(
    method="GET",
    path="/nothing-here",
    summary="Say that nothing is here",
    handler=_show_nothing,
    scope=None,
    for_everybody=True,
)
"""The page of every address that has none, so that it is framed for whoever asks."""


def _asset(asset: Asset) -> HTTPRouteHandler:
    async def endpoint(request: Request[Any, Any, Any]) -> Response[Any]:
        scope: Any = request.scope
        scope[_STATE].route = f"/assets/{asset.name}"
        headers = {
            "cache-control": "public, max-age=31536000, immutable",
            "vary": "accept-encoding",
        }
        content = asset.content
        if "gzip" in request.headers.get("accept-encoding", ""):
            content, headers["content-encoding"] = asset.compressed, "gzip"
        return Response(content, media_type=asset.media_type, headers=headers)

    path = f"/assets/{asset.name}"
    return HTTPRouteHandler(path, http_method="GET", include_in_schema=False)(endpoint)
