"""What a page is: one table row says everything that serving it and trying it need.

The door, the access matrix and the form tests read these rows, so that no page is without its
scope, its form token and its tests.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final, Literal, TypeAlias, TypeVar

import msgspec
from structlog.typing import FilteringBoundLogger

from entrepot.identity import Me
from entrepot.infra.passwords import Passwords
from entrepot.infra.reading import Database
from entrepot.infra.settings import Settings
from entrepot.infra.writing import Sent, Written
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.refusal import Refusal, RefusedError
from entrepot.orders import Accepted, Answer, Desk, Side
from entrepot.portal.forms import Typed
from entrepot.portal.words import Words

Shape = TypeVar("Shape")


class Services(msgspec.Struct, frozen=True):
    """What pages work with."""

    database: Database
    desk: Desk
    settings: Settings
    log: FilteringBoundLogger
    passwords: Passwords


class Guest(msgspec.Struct, frozen=True):
    """A person who has logged in: what they may do, who they are, and what their forms must say.

    `sides` are those of marketplaces on which their organisation is.
    """

    caller: Caller
    me: Me
    secret: str
    form_token: str
    sides: frozenset[Side] = frozenset()

    def may(self, scope: Scope) -> bool:
        """Whether this person's role has a scope."""
        return scope.value in self.caller.scopes


class Origin(msgspec.Struct, frozen=True):
    """Where a request comes from: the address, and the browser as it calls itself.

    `site` is the web address at which the browser found us. A browser may say any: it is for the
    visitor's own eyes.
    """

    address: str | None = None
    program: str | None = None
    site: str = ""


class Visit(msgspec.Struct, frozen=True):
    """One request for a page: who asks, for what, with what typed in.

    `query` is what stands in the address, `typed` what a form sent. `words` speak the visitor's
    language. Pages for everybody have no `guest_`.
    """

    services: Services
    words: Words
    path: Mapping[str, str]
    query: Typed
    typed: Typed
    request: str
    address: str
    """Path and query of this page, to come back to."""
    origin: Origin
    guest_: Guest | None = None

    @property
    def guest(self) -> Guest:
        """Who has logged in."""
        assert self.guest_ is not None, "pages for everybody ask for nobody"
        return self.guest_

    @property
    def caller(self) -> Caller:
        """Who asks, as actions and views want to know it."""
        return self.guest.caller

    @property
    def database(self) -> Database:
        """The database."""
        return self.services.database

    def sent(self, act: str) -> Sent:
        """How an act came: the key that its form was drawn with, and the hash of what it says.

        Passwords and other secrets must not be among what was typed: the hash could be tried.
        """
        content = msgspec.json.encode((act, self.path, self.typed.fields), order="sorted")
        # Forms' keys are kept apart from those of programs by their first character.
        key = "~" + self.typed.text("key")
        return Sent(key, hashlib.sha256(content).digest(), self.request)


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A page to show: its template, and what the template speaks of."""

    template: str
    context: Mapping[str, Any]
    status: int = 200


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """Go to another page, which says `said` at its top: what was done, in the visitor's language.

    `is_pending`: what was done is not yet all that was wanted, so it is not said as a success.
    `opened` is the secret of a session just opened; `is_closed` ends the one there was.
    """

    address: str
    said: str = ""
    is_pending: bool = False
    opened: str | None = None
    is_closed: bool = False


class Download(msgspec.Struct, frozen=True, kw_only=True):
    """A file to keep, in pieces, so that its size does not matter."""

    name: str
    media_type: str
    pieces: AsyncIterator[bytes]


Outcome: TypeAlias = Shown | Elsewhere | Download
Handler: TypeAlias = Callable[[Visit], Awaitable[Outcome]]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One page, or one act of a form.

    `scope` None is for everybody who has logged in, and with `for_everybody` for anybody at all.
    `query` and `fields` name all that may stand in the address and in the form; anything else is
    refused. `files` are the fields that hold a file. `takes_key` is false for the few forms that
    need none, because sent twice they do nothing more.
    """

    method: Literal["GET", "POST"]
    path: str
    summary: str
    handler: Handler
    scope: Scope | None
    for_everybody: bool = False
    query: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    takes_key: bool = True


TOKEN_FIELD: Final = "form_token"  # noqa: S105 - the name of a field, not what it holds
KEY_FIELD: Final = "key"


def granted(result: Shape | Refusal) -> Shape:
    """What a view returned, unless it refused: then the page of that refusal is shown."""
    if isinstance(result, Refusal):
        raise RefusedError(result)
    return result


def found(result: Shape | Refusal | None) -> Shape:
    """What a view found; what is not there, or not theirs, is shown as an absent page."""
    if result is None:
        raise NothingHereError
    return granted(result)


def done(result: Written[Any] | Answer) -> Refusal | None:
    """The refusal of an act, or None when it was done (now, or when its form was sent before)."""
    if isinstance(result, Written | Accepted):
        return None
    return result


class NothingHereError(Exception):
    """There is no such page for this visitor."""


class FormNotOursError(Exception):
    """A form or an address with fields, or with a cursor, that the page does not have."""
