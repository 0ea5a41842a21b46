"""How a delivery is signed and what it says: by Standard Webhooks 1.0, or as marketplaces do.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
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


class _Payload(msgspec.Struct, frozen=True):
    data: msgspec.Raw


class _EventBody(msgspec.Struct, frozen=True):
    id: str
    event_name: str
    payload: _Payload


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


def node_id(named: str) -> str:
    """Write the id by which the GraphQL door knows something, as `Variant-5356`."""
    return base64.b64encode(named.encode("ascii")).decode("ascii")


def write_event_body(number: int, event_name: str, data: bytes) -> bytes:
    """Write an event of the GraphQL door's; `data` is what the receiver's query says, as JSON."""
    payload = _Payload(msgspec.Raw(data))
    return _ENCODER.encode(_EventBody(node_id(f"WebhookEvent-{number}"), event_name, payload))


def write_event_headers(
    vertical: str, number: int, body: bytes, key: bytes, own: Mapping[str, str], program: str
) -> dict[str, str]:
    """Write the headers of an event: its number, and the body's signature where there is a key.

    `vertical` is the organisation's short name. `own` are the receiver's own headers, none of ours.
    """
    headers = {
        **own,
        "Content-Type": "application/json",
        "User-Agent": program,
        "Marketplacer-Sequence": str(number),
        "Marketplacer-Vertical": vertical,
        "Idempotency-Key": base64.b64encode(f"{vertical}:{number}".encode()).decode("ascii"),
    }
    if key:
        digest = hmac.digest(key, body, hashlib.sha256)
        headers["Marketplacer-Hmac-256"] = base64.b64encode(digest).decode("ascii")
    return headers
