"""Tokens, and the secrets by which programs, log-in sessions and one-time keys are known."""

import hashlib
import re
import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, TypeAlias

import msgspec

from entrepot.identity import errors
from entrepot.identity.model.organisations import NAME_LENGTH_MAX, name_fault
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.refusal import Fault, Refusal, gather, refuse
from entrepot.kernel.text import is_plain

TokenKind: TypeAlias = Literal["app", "pat"]
"""Whose a token is: a program's, or a person's."""

SecretKind: TypeAlias = Literal["app", "pat", "ses", "key"]
"""What a secret is for: a token, a log-in session, or a key that is used once."""

SECRET_BYTES: Final = 32
"""How many random bytes a secret is made from."""

ISSUER_LENGTH_MAX: Final = 500
SUBJECT_LENGTH_MAX: Final = 254

_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_DIGITS: Final = 30
_CHECK_DIGITS: Final = 6
_SHOWN_DIGITS: Final = 4
_SECRET: Final = re.compile(r"ent_(app|pat|ses|key)_[0-9A-Za-z]{36}", re.ASCII)


class NewToken(msgspec.Struct, frozen=True):
    """A token to issue; without `expires_at` it holds until it is revoked."""

    name: str
    scopes: tuple[str, ...]
    expires_at: datetime | None = None
    kind: TokenKind = "app"


class NewBinding(msgspec.Struct, frozen=True):
    """Whom an identity provider vouches for, to be bound to an organisation.

    The subject is `email:` with an address in lower case, or `client:` with the id of a client.
    """

    name: str
    scopes: tuple[str, ...]
    issuer: str
    subject: str

    @property
    def shown(self) -> str:
        """What is shown in the place of a secret's beginning."""
        return f"{self.subject.partition(':')[2]} at {self.issuer}"


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


def check_token(caller: Caller, new: NewToken, now: datetime) -> Refusal | None:
    """Name everything that is wrong with a token to issue.

    Nobody hands out a scope that they were not given themselves.
    """
    faults = []
    if not is_plain(new.name, NAME_LENGTH_MAX):
        faults.append(name_fault(new.name))
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


def check_binding(caller: Caller, new: NewBinding, now: datetime) -> Refusal | None:
    """Name everything that is wrong with a binding to make."""
    refusal = check_token(caller, NewToken(new.name, new.scopes), now)
    faults = [] if refusal is None else list(refusal.faults)
    kind, _, who = new.subject.partition(":")
    is_email = kind == "email" and "@" in who and who == who.lower()
    if not (
        (is_email or kind == "client")
        and is_plain(who, SUBJECT_LENGTH_MAX)
        and is_plain(new.issuer, ISSUER_LENGTH_MAX)
    ):
        faults.append(
            Fault(
                errors.SUBJECT_NOT_VALID,
                "Name the issuer as its tokens do, and either an e-mail address or a client id.",
                "subject",
                {"issuer": new.issuer[:SUBJECT_LENGTH_MAX], "subject": new.subject},
            )
        )
    return gather(faults, errors.PRECEDENCE)


def unique_scopes(scopes: Sequence[str]) -> tuple[str, ...]:
    """The scopes, each once, in their usual order."""
    return tuple(scope.value for scope in Scope if scope.value in scopes)


def make_secret(kind: SecretKind, random: bytes) -> str:
    """Write random bytes as a secret: its kind, thirty digits, and six that check the others.

    The beginning lets a secret be recognised wherever it turns up.
    """
    assert len(random) >= SECRET_BYTES, "fewer bytes would leave digits that can be guessed"
    body = f"ent_{kind}_{_base62(int.from_bytes(random, 'big'), _RANDOM_DIGITS)}"
    return body + _check_digits(body)


def is_well_formed(secret: str, kinds: Sequence[SecretKind] = ("app", "pat", "ses")) -> bool:
    """Whether a text could be a secret of these kinds at all, told without asking the database.

    Without `kinds`, those that a caller shows with each request.
    """
    found = _SECRET.fullmatch(secret)
    if found is None or found[1] not in kinds:
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
