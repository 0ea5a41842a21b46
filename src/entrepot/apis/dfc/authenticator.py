"""Finds out who asks: from the Authorization header to a caller.

The header's scheme is `Bearer` or `JWT`, for clients disagree: its last word counts. That is a
token of ours, or one that an identity provider has signed for an e-mail address or a client which
is bound to an organisation here.
"""

from typing import Final

from entrepot.apis.dfc.problems import TOKEN_REFUSED
from entrepot.apis.dfc.scopes import scopes_of
from entrepot.identity import find_caller, find_vouched_caller
from entrepot.infra.issuers import Issuers
from entrepot.infra.reading import Database
from entrepot.kernel.caller import Caller
from entrepot.kernel.refusal import RefusedError

HEADER_LENGTH_MAX: Final = 8_192


class Authenticator:
    """Turns Authorization headers into callers."""

    def __init__(self, database: Database, issuers: Issuers) -> None:
        """Ask this database, and these identity providers' keys."""
        self._database = database
        self._issuers = issuers

    async def check(self, header: bytes | None) -> Caller:
        """The caller behind a header. Refuses `identity.token_not_valid`."""
        caller = None
        if header is not None and len(header) <= HEADER_LENGTH_MAX and header.isascii():
            words = header.decode("ascii").split()
            if len(words) == 2:  # noqa: PLR2004 - a scheme and a token
                caller = await self._find(words[1])
        if caller is None:
            raise RefusedError(TOKEN_REFUSED)
        return caller

    async def _find(self, token: str) -> Caller | None:
        if token.startswith("ent_"):
            return await find_caller(self._database, token)
        vouched = await self._issuers.verify(token)
        if vouched is None:
            return None
        caller = await find_vouched_caller(self._database, vouched.issuer, vouched.subject)
        if caller is None:
            return None
        allowed = scopes_of(vouched.scopes)
        if allowed is None:
            return caller
        return Caller(caller.organisation, caller.scopes & allowed, caller.token)
