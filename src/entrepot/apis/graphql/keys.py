"""Finds out who asks, from either of two headers: a Bearer token, or a header for the key alone.

Where the second one is sent it counts alone: sites behind a password send that as Authorization.
"""

from collections.abc import Mapping
from typing import Final

from entrepot.identity import is_well_formed

KEY_HEADER: Final = b"marketplacer-api-key"
HEADER_LENGTH_MAX: Final = 200
_SCHEME: Final = b"bearer "


def secret_in(heads: Mapping[bytes, bytes]) -> str | None:
    """The key in a request's headers; None when there is none that could be right."""
    given = heads.get(KEY_HEADER)
    if given is None:
        given = heads.get(b"authorization", b"")
        if given[: len(_SCHEME)].lower() != _SCHEME:
            return None
        given = given[len(_SCHEME) :]
    given = given.strip()
    if len(given) > HEADER_LENGTH_MAX or not given.isascii():
        return None
    secret = given.decode("ascii")
    return secret if is_well_formed(secret) else None
