"""How a browser shows who it is: the session cookie, the form token, and where a form comes from.

A form is taken when three things hold: the browser says it comes from this site, its session cookie
names a live session, and it holds the token that belongs to that session. Log-in and other forms
for everybody have no session; for them the first is enough, and needed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from entrepot.infra.settings import Settings

SAID_LENGTH_MAX: Final = 500
SAID: Final = "entrepot_said"
LANGUAGE: Final = "entrepot_language"
SESSION_SECONDS: Final = 7 * 24 * 3600
SAID_SECONDS: Final = 60
LANGUAGE_SECONDS: Final = 365 * 24 * 3600
_PENDING: Final = "!"
"""Stands before a sentence of what is pending, and in no sentence as a cookie carries it."""
_PURPOSE: Final = b"entrepot form token"


def session_cookie(settings: Settings) -> str:
    """The name of the session cookie; with https, one that no other host can set."""
    return "__Host-entrepot" if is_secure(settings) else "entrepot"


def is_secure(settings: Settings) -> bool:
    """Whether people reach the pages by https, so that cookies are for https only."""
    return settings.public_url is not None and settings.public_url.startswith("https:")


def form_token(secret: str) -> str:
    """The token of a session's forms: nobody can make it who does not know the session's secret."""
    digest = hmac.digest(secret.encode("utf-8"), _PURPOSE, hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


def is_form_token(given: str, secret: str) -> bool:
    """Whether a token is the one of this session."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), form_token(secret).encode("ascii"))


def is_from_here(heads: Mapping[str, str], settings: Settings) -> bool:
    """Whether a form was sent by one of our own pages, as the browser says.

    Browsers say `Origin` with every form; none of what a foreign page can send looks like ours.
    """
    site = heads.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    origin = heads.get("origin")
    if origin is None:
        return site == "same-origin"
    if settings.public_url is not None:
        return origin == settings.public_url
    return urlsplit(origin).netloc == heads.get("host", "") != ""


def is_local(address: str) -> bool:
    """Whether an address to come back to is a page of ours, and none of another host."""
    return (
        address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    )


class Said(NamedTuple):
    """A sentence that a page left for the next one; `is_pending`: not all is done that it is of."""

    text: str
    is_pending: bool = False


def write_said(said: Said) -> str:
    """A sentence as a cookie carries it to the next page."""
    return _PENDING * said.is_pending + quote(said.text[:SAID_LENGTH_MAX], safe="")


def read_said(cookie: str | None) -> Said:
    """The sentence that the page before this one left; an empty one where it left none."""
    if cookie is None:
        return Said("")
    text = unquote(cookie.removeprefix(_PENDING))[:SAID_LENGTH_MAX]
    return Said(text, cookie.startswith(_PENDING))
