"""Finds out who asks: from the Authorization header to a caller.

Most routes ask the database each time. The two hot ones may use what is remembered for a short
while, because the batch reads the token again after its locks.
"""

import hashlib
from typing import Final

from entrepot.apis.rest.problems import TOKEN_REFUSED
from entrepot.identity import find_caller
from entrepot.infra.clock import monotonic_seconds
from entrepot.infra.reading import Database
from entrepot.kernel.caller import Caller
from entrepot.kernel.refusal import RefusedError

CALLERS_MAX: Final = 10_000
REMEMBERED_SECONDS: Final = 60.0
HEADER_LENGTH_MAX: Final = 200
_SCHEME: Final = b"bearer "


class Authenticator:
    """Turns Authorization headers into callers."""

    def __init__(self, database: Database) -> None:
        """Ask this database; remember callers by the hash of their header, never by the header."""
        self._database = database
        self._remembered: dict[bytes, tuple[Caller, float]] = {}

    async def check(self, header: bytes | None) -> Caller:
        """The caller behind a header, asked of the database. Refuses `identity.token_not_valid`."""
        secret = _secret(header)
        caller = None if secret is None else await find_caller(self._database, secret)
        if caller is None or header is None:
            raise RefusedError(TOKEN_REFUSED)
        if len(self._remembered) >= CALLERS_MAX:
            self._remembered.clear()
        until = monotonic_seconds() + REMEMBERED_SECONDS
        self._remembered[hashlib.sha256(header).digest()] = (caller, until)
        return caller

    def recall(self, header: bytes | None) -> Caller | None:
        """The caller remembered for a header. Its token may have been revoked since."""
        if header is None:
            return None
        found = self._remembered.get(hashlib.sha256(header).digest())
        if found is None or found[1] < monotonic_seconds():
            return None
        return found[0]

    def forget(self, header: bytes | None) -> None:
        """Ask the database again when this header comes next."""
        if header is not None:
            self._remembered.pop(hashlib.sha256(header).digest(), None)


def _secret(header: bytes | None) -> str | None:
    """Read the token's secret off a header; None when there is none."""
    if header is None or len(header) > HEADER_LENGTH_MAX:
        return None
    if header[: len(_SCHEME)].lower() != _SCHEME:
        return None
    secret = header[len(_SCHEME) :].strip()
    return secret.decode("ascii") if secret.isascii() else None
