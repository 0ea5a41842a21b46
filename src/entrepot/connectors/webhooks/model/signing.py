"""How a delivery is signed and what it says, by Standard Webhooks 1.0.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id

SECRET_BYTES: Final = 32
"""How many random bytes a secret has; the specification asks for 24 to 64."""
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - how every secret begins is none


class Told(NamedTuple):
    """An act as it is told: its id, its name, when it was, and what its caller was answered."""

    act: Id
    event: str
    at: datetime
    answer: bytes


class _Body(msgspec.Struct, frozen=True):
    type: str
    timestamp: datetime
    data: msgspec.Raw


_ENCODER: Final = msgspec.json.Encoder()


def write_secret(secret: bytes) -> str:
    """Write a secret as its owner keeps it."""
    return SECRET_PREFIX + base64.b64encode(secret).decode("ascii")


def write_body(told: Told) -> bytes:
    """Write what is told: the same bytes at every try."""
    return _ENCODER.encode(_Body(told.event, told.at, msgspec.Raw(told.answer)))


def write_headers(
    act: Id, at: datetime, body: bytes, secrets: Sequence[bytes], program: str
) -> dict[str, str]:
    """Write the headers of one try: an id that stays, the time, a signature for each secret."""
    ident, timestamp = ids.ACT + act, str(int(at.timestamp()))
    signed = b".".join((ident.encode(), timestamp.encode(), body))
    signatures = [
        "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode("ascii")
        for secret in secrets
    ]
    return {
        "Content-Type": "application/json",
        "User-Agent": program,
        "webhook-id": ident,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }
