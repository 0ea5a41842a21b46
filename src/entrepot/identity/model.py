"""Rules of identity: what a caller may do, what a good organisation and a good token look like."""

import hashlib
import re
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from entrepot.identity import errors
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Fault, Refusal, gather, refuse
from entrepot.kernel.text import is_plain

NAME_LENGTH_MAX: Final = 200
SLUG: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)

TokenKind: TypeAlias = Literal["app", "pat"]
"""Whose a token is: a program's, or a person's."""

SECRET_BYTES: Final = 32
"""How many random bytes a secret is made from."""

_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_DIGITS: Final = 30
_CHECK_DIGITS: Final = 6
_SHOWN_DIGITS: Final = 4
_SECRET: Final = re.compile(r"ent_(?:app|pat)_[0-9A-Za-z]{36}", re.ASCII)


class NewOrganisation(msgspec.Struct, frozen=True):
    """An organisation to make."""

    slug: str
    name: str
    time_zone: str = "Europe/Amsterdam"
    country: str = "NL"
    currency: str = "EUR"


class Organisation(msgspec.Struct, frozen=True):
    """An organisation on this network, with its id as on the wire."""

    id: str
    slug: str
    name: str
    time_zone: str
    country: str
    currency: str
    created_at: datetime

    @property
    def inner_id(self) -> Id:
        """The id as it is inside Entrepot."""
        return self.id.removeprefix(ids.ORGANISATION)


class NewToken(msgspec.Struct, frozen=True):
    """A token to issue; without `expires_at` it holds until it is revoked."""

    name: str
    scopes: tuple[str, ...]
    expires_at: datetime | None = None
    kind: TokenKind = "app"


class Token(msgspec.Struct, frozen=True):
    """A token as it may be shown: its beginning and its last digits, never the secret."""

    id: str
    name: str
    scopes: tuple[str, ...]
    shown: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


class IssuedToken(msgspec.Struct, frozen=True):
    """A token just issued, with its secret, which is told this once and kept nowhere."""

    token: Token
    secret: str


def check_scope(caller: Caller, scope: Scope) -> Refusal | None:
    """Whether a caller's token was given a scope."""
    if scope.value in caller.scopes:
        return None
    return refuse(
        errors.SCOPE_MISSING,
        f"This token may not do that; it needs the scope {scope.value}.",
        facts={"scope": scope.value},
    )


def check_organisation(new: NewOrganisation) -> Refusal | None:
    """Name everything that is wrong with an organisation to make."""
    return gather(_organisation_faults(new), errors.PRECEDENCE)


def _organisation_faults(new: NewOrganisation) -> Iterator[Fault]:
    if not SLUG.fullmatch(new.slug):
        yield Fault(
            errors.SLUG_NOT_VALID,
            "A slug is 1 to 63 lower-case letters, digits and inner hyphens.",
            "slug",
            {"slug": new.slug},
        )
    if not is_plain(new.name, NAME_LENGTH_MAX):
        yield _name_fault(new.name)
    if not _is_time_zone(new.time_zone):
        yield Fault(
            errors.TIME_ZONE_NOT_VALID,
            "There is no such time zone; give one such as Europe/Amsterdam.",
            "time_zone",
            {"time_zone": new.time_zone},
        )
    if not COUNTRY.fullmatch(new.country):
        yield Fault(
            errors.COUNTRY_NOT_VALID,
            "A country is its two capital letters, such as NL.",
            "country",
            {"country": new.country},
        )
    if not CURRENCY.fullmatch(new.currency):
        yield Fault(
            errors.CURRENCY_NOT_VALID,
            "A currency is its three capital letters, such as EUR.",
            "currency",
            {"currency": new.currency},
        )


def check_token(caller: Caller, new: NewToken, now: datetime) -> Refusal | None:
    """Name everything that is wrong with a token to issue.

    Nobody hands out a scope that they were not given themselves.
    """
    faults = []
    if not is_plain(new.name, NAME_LENGTH_MAX):
        faults.append(_name_fault(new.name))
    known = {scope.value for scope in Scope}
    unknown = [scope for scope in new.scopes if scope not in known]
    if unknown or not new.scopes:
        faults.append(
            Fault(
                errors.SCOPE_NOT_VALID,
                f"Give one or more of these scopes: {', '.join(sorted(known))}.",
                "scopes",
                {"scopes": " ".join(unknown)},
            )
        )
    faults += [
        Fault(
            errors.SCOPE_MISSING,
            f"You cannot give the scope {scope}, which you do not have yourself.",
            "scopes",
            {"scope": scope},
        )
        for scope in new.scopes
        if scope in known and scope not in caller.scopes
    ]
    if new.expires_at is not None and new.expires_at <= now:
        faults.append(
            Fault(
                errors.EXPIRY_NOT_VALID,
                "A token expires in the future, or never.",
                "expires_at",
                {"expires_at": new.expires_at.isoformat()},
            )
        )
    return gather(faults, errors.PRECEDENCE)


def unique_scopes(scopes: Sequence[str]) -> tuple[str, ...]:
    """The scopes, each once, in their usual order."""
    return tuple(scope.value for scope in Scope if scope.value in scopes)


def make_secret(kind: TokenKind, random: bytes) -> str:
    """Write random bytes as a secret: its kind, thirty digits, and six that check the others.

    The beginning lets a secret be recognised wherever it turns up.
    """
    assert len(random) >= SECRET_BYTES, "fewer bytes would leave digits that can be guessed"
    body = f"ent_{kind}_{_base62(int.from_bytes(random, 'big'), _RANDOM_DIGITS)}"
    return body + _check_digits(body)


def is_well_formed(secret: str) -> bool:
    """Whether a text could be a token's secret at all, told without asking the database."""
    if not _SECRET.fullmatch(secret):
        return False
    return secret.endswith(_check_digits(secret[:-_CHECK_DIGITS]))


def hash_secret(secret: str) -> bytes:
    """What is stored of a secret. It has too many random digits to need a slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def shown_part(secret: str) -> str:
    """What may be shown of a secret: its kind and its last digits."""
    return secret[: secret.index("_", len("ent_")) + 1] + "..." + secret[-_SHOWN_DIGITS:]


def _check_digits(body: str) -> str:
    return _base62(zlib.crc32(body.encode("ascii")), _CHECK_DIGITS)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, len(_BASE62))
        digits.append(_BASE62[digit])
    return "".join(reversed(digits))


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _name_fault(name: str) -> Fault:
    return Fault(
        errors.NAME_NOT_VALID,
        f"A name is 1 to {NAME_LENGTH_MAX} printable characters, without outer spaces.",
        "name",
        {"name": name[:NAME_LENGTH_MAX]},
    )
