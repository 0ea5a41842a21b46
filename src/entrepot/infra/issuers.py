"""Tokens that identity providers sign (RS256 JWTs), and the keys by which they are checked.

Which providers are trusted is said in a file, with where each one's keys are: another file, or an
address. Keys are remembered for an hour; one that is not known is looked for again, at most twice a
minute. Nothing is fetched in a transaction, and nothing of a token is ever logged. What checks
signatures is loaded for the first token that has to be: most installations trust nobody.
"""

from __future__ import annotations

import asyncio
import json
import tomllib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from entrepot.infra.clock import monotonic_seconds
from entrepot.infra.settings import Settings, SettingsError

if TYPE_CHECKING:
    import jwt

KEYS_BYTES_MAX: Final = 256 * 1024
REMEMBERED_SECONDS: Final = 3_600.0
LOOKED_FOR_AGAIN_SECONDS: Final = 30.0
LEEWAY_SECONDS_MAX: Final = 300
_ALGORITHM: Final = "RS256"
_ACCESS: Final = "bearer"
"""What a provider calls a token that is for asking with, where it says so."""

Fetch: TypeAlias = Callable[[str], Awaitable[bytes | None]]
"""From an address to what is there; None when it cannot be had now."""


class Issuer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One identity provider: how it calls itself, and where its keys are.

    With an `audience`, only tokens that name it count. Clocks may differ by the leeway.
    """

    name: str
    keys: str
    audience: str | None = None
    leeway_seconds: int = 30


class _Trusted(msgspec.Struct, forbid_unknown_fields=True):
    """The file that says who is trusted."""

    issuer: list[Issuer] = []


class Vouched(msgspec.Struct, frozen=True):
    """Whom a token speaks for, by its issuer, and the scopes that it names.

    The subject is `email:` with an address in lower case, or `client:` with a client's id.
    """

    issuer: str
    subject: str
    scopes: tuple[str, ...]


class _Keys:
    """The keys of one issuer, and when they were looked for last."""

    def __init__(self) -> None:
        self.by_id: dict[str, jwt.PyJWK] = {}
        self.asked_at = float("-inf")
        self.lock = asyncio.Lock()


class Issuers:
    """Checks tokens of the identity providers that are trusted."""

    def __init__(self, trusted: tuple[Issuer, ...], fetch: Fetch) -> None:
        self._trusted = {each.name: each for each in trusted}
        self._keys = {each.name: _Keys() for each in trusted}
        self._fetch = fetch

    async def verify(self, token: str) -> Vouched | None:
        """Whom a token speaks for; None when it is none, not trusted, not for us, or expired."""
        if not self._trusted:
            return None
        import jwt  # noqa: PLC0415 - see above: only who trusts somebody pays for it

        try:
            head = jwt.get_unverified_header(token)
            said = jwt.decode(token, options={"verify_signature": False})
            issuer = self._trusted.get(str(said.get("iss")))
            if issuer is None or head.get("alg") != _ALGORITHM:
                return None
            key = await self._find_key(issuer, head.get("kid"))
            if key is None:
                return None
            claims = jwt.decode(
                token,
                key.key,
                algorithms=[_ALGORITHM],
                issuer=issuer.name,
                audience=issuer.audience,
                leeway=issuer.leeway_seconds,
                options={"require": ["exp", "iss"], "verify_aud": issuer.audience is not None},
            )
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            return None
        return _vouched(issuer.name, claims)

    async def _find_key(self, issuer: Issuer, key_id: object) -> jwt.PyJWK | None:
        """The key that a token names, or the only one there is."""
        keys = self._keys[issuer.name]
        found = _choose(keys.by_id, key_id)
        asked_at = keys.asked_at
        age = monotonic_seconds() - asked_at
        if age < (LOOKED_FOR_AGAIN_SECONDS if found is None else REMEMBERED_SECONDS):
            return found
        async with keys.lock:
            if keys.asked_at == asked_at:  # nobody else has asked meanwhile
                keys.asked_at = monotonic_seconds()
                read = _read_keys(await self._get(issuer.keys))
                keys.by_id = keys.by_id if read is None else read
        return _choose(keys.by_id, key_id)

    async def _get(self, place: str) -> bytes | None:
        if "://" in place:
            return await self._fetch(place)
        try:
            return Path(place).read_bytes()  # noqa: ASYNC240 - a few kilobytes, once an hour
        except OSError:
            return None


def _choose(by_id: Mapping[str, jwt.PyJWK], key_id: object) -> jwt.PyJWK | None:
    if isinstance(key_id, str):
        return by_id.get(key_id)
    return next(iter(by_id.values())) if len(by_id) == 1 else None


def _read_keys(content: bytes | None) -> dict[str, jwt.PyJWK] | None:
    """The keys of a set that are for checking RS256; None when it is no set of keys."""
    if content is None:
        return None
    try:
        keys = json.loads(content)["keys"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    import jwt  # noqa: PLC0415 - see above: only who trusts somebody pays for it

    found: dict[str, jwt.PyJWK] = {}
    for number, each in enumerate(keys if isinstance(keys, list) else ()):
        if not isinstance(each, dict) or each.get("kty") != "RSA" or "d" in each:
            continue
        if each.get("use", "sig") != "sig" or each.get("alg", _ALGORITHM) != _ALGORITHM:
            continue
        try:
            found[str(each.get("kid", number))] = jwt.PyJWK(each, algorithm=_ALGORITHM)
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
    return found


def _vouched(issuer: str, claims: Mapping[str, Any]) -> Vouched | None:
    """Whom the claims of a checked token speak for.

    A person is known by an e-mail address that the provider does not call unverified; a platform
    that asks for itself has a client's id and no e-mail address.
    """
    if str(claims.get("typ", _ACCESS)).lower() != _ACCESS:
        return None
    email, client = claims.get("email"), claims.get("client_id")
    if isinstance(email, str) and email:
        if claims.get("email_verified", True) is not True:
            return None
        subject = subject_of_email(email)
    elif email is None and isinstance(client, str) and client:
        subject = subject_of_client(client)
    else:
        return None
    scope = claims.get("scope", "")
    words = scope.split() if isinstance(scope, str) else scope
    scopes = tuple([str(each) for each in words]) if isinstance(words, list) else ()
    return Vouched(issuer, subject, scopes)


def subject_of_email(email: str) -> str:
    """What a person is bound by."""
    return "email:" + email.strip().lower()


def subject_of_client(client: str) -> str:
    """What a platform is bound by."""
    return "client:" + client


def open_issuers(settings: Settings) -> Issuers:
    """The identity providers that this installation trusts. Refuses a file that says it badly."""

    async def fetch(url: str) -> bytes | None:
        from entrepot.infra.outgoing import (  # noqa: PLC0415 - what sends takes long to load
            Fetched,
            Outgoing,
            open_guard,
        )

        outgoing = Outgoing(open_guard(settings))
        try:
            fetched = await outgoing.get(url, KEYS_BYTES_MAX)
        finally:
            await outgoing.aclose()
        return fetched.body if isinstance(fetched, Fetched) else None

    path = settings.issuers_file
    return Issuers(() if path is None else _load(path), fetch)


def _load(path: Path) -> tuple[Issuer, ...]:
    """Read who is trusted; files of keys are named from beside the file itself."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
        trusted = msgspec.convert(said, _Trusted).issuer
    except (OSError, UnicodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SettingsError((f"ENTREPOT_ISSUERS_FILE cannot be read: {error}",)) from error
    faults = [
        f"ENTREPOT_ISSUERS_FILE: {each.name} needs leeway_seconds from 0 to {LEEWAY_SECONDS_MAX}."
        for each in trusted
        if not 0 <= each.leeway_seconds <= LEEWAY_SECONDS_MAX
    ]
    named = [each.name for each in trusted]
    faults += [
        f"ENTREPOT_ISSUERS_FILE: {name} stands in it more than once."
        for name in sorted({name for name in named if named.count(name) > 1})
    ]
    if faults:
        raise SettingsError(tuple(faults))
    return tuple(
        [
            each
            if "://" in each.keys
            else msgspec.structs.replace(each, keys=str(path.parent / each.keys))
            for each in trusted
        ]
    )
