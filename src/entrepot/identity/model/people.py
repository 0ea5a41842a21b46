"""People: their roles and what each may do, and what a good address, password and role look like.

What acts answer holds ids and no names or addresses, because the audit keeps it for ever.
"""

import re
import string
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from entrepot.identity import errors
from entrepot.identity.model.organisations import (
    NAME_LENGTH_MAX,
    Organisation,
    name_fault,
    time_zone_faults,
)
from entrepot.identity.model.tokens import Token
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Fault, Refusal, gather, refuse
from entrepot.kernel.text import is_plain

Role: TypeAlias = Literal["owner", "manager", "clerk", "reader"]
"""What a person is in an organisation, which says what they may do there."""

Language: TypeAlias = Literal["nl", "en"]

LANGUAGES: Final[tuple[Language, ...]] = ("nl", "en")
OWNER: Final[Role] = "owner"

_READER: Final = frozenset(
    {
        Scope.ORDERS_READ,
        Scope.STOCK_READ,
        Scope.CATALOGUE_READ,
        Scope.PARTNERSHIPS_READ,
        Scope.SETTLEMENT_READ,
        Scope.MARKETPLACE_READ,
    }
)
_CLERK: Final = _READER | {Scope.ORDERS_WRITE, Scope.STOCK_WRITE, Scope.MARKETPLACE_WRITE}
_MANAGER: Final = _CLERK | {
    Scope.CATALOGUE_WRITE,
    Scope.AUDIT_READ,
    Scope.PARTNERSHIPS_WRITE,
    Scope.SETTLEMENT_WRITE,
}

ROLE_SCOPES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        role: frozenset(scope.value for scope in scopes)
        for role, scopes in {
            "owner": frozenset(Scope),
            "manager": _MANAGER,
            "clerk": _CLERK,
            "reader": _READER,
        }.items()
    }
)
"""Every role, the weightiest first, and its scopes."""

INVITATION_HOLDS: Final = timedelta(days=14)
RESET_HOLDS: Final = timedelta(days=1)

EMAIL_LENGTH_MAX: Final = 254
EMAIL: Final = re.compile(r"[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+", re.ASCII)

PASSWORD_LENGTH_MIN: Final = 10
PASSWORD_LENGTH_MAX: Final = 200
_LETTERS_MIN: Final = 5
_RUNS: Final = ("01234567890", "09876543210", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjkl")
_COMMON: Final = frozenset(
    {
        "abcabcabc",
        "admin",
        "administrator",
        "azerty",
        "azertyuiop",
        "baseball",
        "basketball",
        "changeme",
        "computer",
        "dragon",
        "entrepot",
        "football",
        "geheim",
        "groothandel",
        "hallo",
        "iloveyou",
        "internet",
        "letmein",
        "liverpool",
        "master",
        "monkey",
        "password",
        "princess",
        "qazwsx",
        "qazwsxedc",
        "qwerty",
        "qwertyuiop",
        "secret",
        "starwars",
        "sunshine",
        "superman",
        "trustno",
        "voetbal",
        "wachtwoord",
        "welcome",
        "welkom",
        "wholesale",
    }
)
"""The words that most guessed passwords are made of, with digits and signs around them."""


class NewPerson(msgspec.Struct, frozen=True):
    """A person to make, with a role in an organisation."""

    email: str
    name: str
    role: str
    password: str
    language: str = "nl"
    time_zone: str = "Europe/Amsterdam"


class Person(msgspec.Struct, frozen=True):
    """A person, as they see themselves."""

    id: str
    email: str
    name: str
    language: str
    time_zone: str
    created_at: datetime


class Preferences(msgspec.Struct, frozen=True):
    """The language that a person reads, and the time zone in which they are told of times."""

    person: str
    language: str
    time_zone: str


class PreferenceChanges(msgspec.Struct, frozen=True):
    """What to change of a person's preferences; what is not given stays."""

    language: str | UnsetType = UNSET
    time_zone: str | UnsetType = UNSET


class Colleague(msgspec.Struct, frozen=True):
    """A person of an organisation, as its owners see them."""

    id: str
    email: str
    name: str
    role: str
    created_at: datetime


class Membership(msgspec.Struct, frozen=True):
    """What a person is in an organisation: what acts on colleagues answer."""

    person: str
    role: str
    created_at: datetime
    ended_at: datetime | None = None


class NewInvitation(msgspec.Struct, frozen=True):
    """A colleague to invite, and the role they shall have."""

    email: str
    role: str


class ColleagueInvitation(msgspec.Struct, frozen=True):
    """An invitation as acts answer it; it ends once, accepted or revoked or by its time."""

    id: str
    role: str
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None = None
    revoked_at: datetime | None = None


class ListedInvitation(ColleagueInvitation, frozen=True, kw_only=True):
    """An invitation in its list: also whom it invites, and who invited them."""

    email: str
    invited_by: str | None


class IssuedInvitation(msgspec.Struct, frozen=True):
    """An invitation just made, with its key, which is told this once and kept nowhere."""

    invitation: ColleagueInvitation
    key: str


class Acceptance(msgspec.Struct, frozen=True):
    """Who accepts an invitation: a new person by name, or one there is, by their password."""

    key: str
    password: str
    name: str | None = None
    language: str = "nl"
    time_zone: str = "Europe/Amsterdam"


class PasswordReset(msgspec.Struct, frozen=True):
    """Who may choose a new password by a one-time key, and until when."""

    person: str
    expires_at: datetime


class IssuedReset(msgspec.Struct, frozen=True):
    """A password reset just issued, with its key, which is told this once and kept nowhere."""

    reset: PasswordReset
    key: str


class PasswordSet(msgspec.Struct, frozen=True):
    """Whose password holds since when."""

    person: str
    set_at: datetime


class Me(msgspec.Struct, frozen=True):
    """Who asks: a person in an organisation, or a program by its token, and what they may do."""

    kind: Literal["person", "token"]
    organisation: Organisation
    scopes: tuple[str, ...]
    role: str | None = None
    person: Person | None = None
    session: str | None = None
    token: Token | None = None


def lowered(email: str) -> str:
    """An e-mail address as it is compared."""
    return email.lower()


def is_email(text: str) -> bool:
    """Whether a text can be an e-mail address; those in other scripts are not taken yet."""
    return len(text) <= EMAIL_LENGTH_MAX and bool(EMAIL.fullmatch(text))


def check_person(caller: Caller, new: NewPerson) -> Refusal | None:
    """Name everything that is wrong with a person to make."""
    faults = [
        *_email_faults(new.email),
        *_role_faults(caller, new.role),
        *self_faults(new.name, new.language, new.time_zone),
        *password_faults(new.password, (new.email, new.name)),
    ]
    return gather(faults, errors.PRECEDENCE)


def check_invitation(caller: Caller, new: NewInvitation) -> Refusal | None:
    """Name everything that is wrong with a colleague to invite."""
    faults = [*_email_faults(new.email), *_role_faults(caller, new.role)]
    return gather(faults, errors.PRECEDENCE)


def check_role(caller: Caller, role: str) -> Refusal | None:
    """Whether there is such a role, and the caller may give it.

    Nobody gives a role that may do what they may not do themselves.
    """
    return gather(_role_faults(caller, role), errors.PRECEDENCE)


def self_faults(name: str | None, language: str, time_zone: str) -> Iterator[Fault]:
    """What is wrong with what people say of themselves."""
    if name is None or not is_plain(name, NAME_LENGTH_MAX):
        yield name_fault(name or "")
    yield from _preference_faults(language, time_zone)


def check_preferences(preferences: Preferences) -> Refusal | None:
    """Name everything that is wrong with the language and the time zone of a person."""
    faults = _preference_faults(preferences.language, preferences.time_zone)
    return gather(faults, errors.PRECEDENCE)


def _preference_faults(language: str, time_zone: str) -> Iterator[Fault]:
    if language not in LANGUAGES:
        yield Fault(
            errors.LANGUAGE_NOT_VALID,
            f"A language is one of {', '.join(LANGUAGES)}.",
            "language",
            {"language": language},
        )
    yield from time_zone_faults(time_zone)


def password_faults(
    password: str, about: Iterable[str], field: str = "password"
) -> Iterator[Fault]:
    """What is wrong with a password to choose; `about` is what everybody knows of its person."""
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        yield Fault(
            errors.PASSWORD_NOT_VALID,
            f"A password has {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters.",
            field,
            {"length_min": PASSWORD_LENGTH_MIN, "length_max": PASSWORD_LENGTH_MAX},
        )
    elif _is_guessable(password.lower(), [each.lower() for each in about]):
        yield Fault(
            errors.PASSWORD_GUESSABLE,
            "This password is among those that are guessed first. Take a few unusual words.",
            field,
        )


def password_wrong(field: str) -> Refusal:
    """Refuse a change of a password by someone who does not know it."""
    return refuse(errors.PASSWORD_WRONG, "This is not your password.", field=field)


def key_refused() -> Refusal:
    """The one answer to a one-time key that is unknown, used, replaced, revoked or expired."""
    return refuse(
        errors.KEY_NOT_VALID,
        "This key does not hold, or no longer. Check it, or ask for a new one.",
        field="key",
    )


def person_refused(person: Id) -> Refusal:
    """The one answer to a person who is not in the organisation, wherever else they are."""
    return refuse(
        errors.UNKNOWN_PERSON,
        "There is no such person in your organisation. Check the id.",
        field="person",
        facts={"person": ids.PERSON + person} if person else {},
    )


def check_last_owner(owners: Iterable[Id], person: Id) -> Refusal | None:
    """Whether someone else of these owners remains when a person no longer is one."""
    if set(owners) - {person}:
        return None
    return refuse(
        errors.LAST_OWNER,
        "An organisation keeps at least one owner. Make somebody else owner first.",
        field="person",
    )


def _email_faults(email: str) -> Iterator[Fault]:
    if not is_email(email):
        yield Fault(
            errors.EMAIL_NOT_VALID,
            "An e-mail address is written like name@example.com.",
            "email",
            {"email": email[:EMAIL_LENGTH_MAX]},
        )


def _role_faults(caller: Caller, role: str) -> Iterator[Fault]:
    scopes = ROLE_SCOPES.get(role)
    if scopes is None:
        yield Fault(
            errors.ROLE_NOT_VALID,
            f"A role is one of {', '.join(ROLE_SCOPES)}.",
            "role",
            {"role": role},
        )
        return
    for scope in sorted(scopes - caller.scopes):
        yield Fault(
            errors.SCOPE_MISSING,
            f"You cannot give the role {role}: it has the scope {scope}, which you do not have.",
            "role",
            {"scope": scope},
        )


def _is_guessable(password: str, about: Iterable[str]) -> bool:
    if len(set(password)) < _LETTERS_MIN or any(password in run * 2 for run in _RUNS):
        return True
    known = {part for each in about for part in (each, each.partition("@")[0])}
    word = password.strip(string.digits + string.punctuation + string.whitespace)
    spelt = word.translate(_LOOKALIKES)
    return password in known or any(_letters(each) in _COMMON for each in (word, spelt))


def _letters(text: str) -> str:
    return re.sub(r"[^a-z]", "", text)


_LOOKALIKES: Final = str.maketrans("0134578@$!", "oieastbasi")
"""Digits and signs that are written for letters."""
