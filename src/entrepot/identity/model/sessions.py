"""Log-in sessions: how long they hold, what logging in answers, and how guessing is slowed down."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from entrepot.identity import errors
from entrepot.identity.model.people import lowered
from entrepot.kernel import ids, tries
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse

SESSION_HOLDS: Final = timedelta(days=7)
"""However much it is used."""
SESSION_IDLE_MAX: Final = timedelta(hours=8)
SEEN_EVERY: Final = timedelta(minutes=5)
"""How exactly it is written down when a session was last used."""

ORGANISATIONS_NAMED_MAX: Final = 20
ADDRESS_LENGTH_MAX: Final = 60
PROGRAM_LENGTH_MAX: Final = 200


class LogIn(msgspec.Struct, frozen=True):
    """A person who wants in: who they say they are, and for which organisation (slug or id).

    Without `organisation` the person's only one is meant.
    """

    email: str
    password: str
    organisation: str | None = None


class Whence(msgspec.Struct, frozen=True):
    """Where somebody logs in from: an address, and the program as it calls itself."""

    address: str | None = None
    program: str | None = None

    def shortened(self) -> "Whence":
        """The same, as it is kept: as long as a list can show, and only what can be shown."""
        return Whence(
            _plain(self.address, ADDRESS_LENGTH_MAX), _plain(self.program, PROGRAM_LENGTH_MAX)
        )


NOWHERE: Final = Whence()
"""Where nobody said where from."""


class LogInSession(msgspec.Struct, frozen=True):
    """A log-in session as acts answer it."""

    id: str
    organisation: str
    person: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


class ListedSession(LogInSession, frozen=True, kw_only=True):
    """A log-in session in its list: also when and whence it was used."""

    seen_at: datetime
    address: str | None
    program: str | None


class OpenedSession(msgspec.Struct, frozen=True):
    """A session just opened, with its secret, which is told this once and kept nowhere."""

    session: LogInSession
    role: str
    secret: str


class Place(NamedTuple):
    """An organisation that a person belongs to."""

    id: Id
    slug: str
    role: str


def hash_email(email: str) -> bytes:
    """What tries are counted by: what people type into the wrong field is kept by no word."""
    return hashlib.sha256(lowered(email).encode("utf-8", "surrogatepass")).digest()


def count_try(tried_at: Sequence[datetime], now: datetime) -> list[datetime] | Refusal:
    """Count one more try of an address; return those that count from now on.

    Refuses `identity.too_many_tries`.
    """
    return tries.count_try(
        tried_at,
        now,
        code=errors.TOO_MANY_TRIES,
        message=(
            "Too many wrong tries with this e-mail address. Try again from {time} on, or have the"
            " operator reset the password."
        ),
        field="email",
    )


def log_in_refused() -> Refusal:
    """The one answer to a wrong password and to an address that nobody has."""
    return refuse(
        errors.LOG_IN_NOT_VALID, "The e-mail address or the password is not right. Try again."
    )


def choose_place(places: Sequence[Place], wanted: str | None) -> Place | Refusal:
    """The organisation to log in to: the one that is named, or the only one there is.

    Refuses `identity.unknown_organisation` and `identity.organisation_needed`.
    """
    if wanted is not None:
        found = [each for each in places if wanted in {each.slug, ids.ORGANISATION + each.id}]
    else:
        found = list(places)
    if len(found) == 1:
        return found[0]
    if not found:
        return refuse(
            errors.UNKNOWN_ORGANISATION,
            "You belong to no such organisation.",
            field="organisation",
            facts={} if wanted is None else {"organisation": wanted},
        )
    slugs = [each.slug for each in found[:ORGANISATIONS_NAMED_MAX]]
    return refuse(
        errors.ORGANISATION_NEEDED,
        f"You belong to several organisations; name one of them: {', '.join(slugs)}.",
        field="organisation",
        facts={"organisations": " ".join(slugs)},
    )


def _plain(text: str | None, length_max: int) -> str | None:
    if text is None:
        return None
    return "".join(sign if sign.isprintable() else " " for sign in text[:length_max]).strip()
