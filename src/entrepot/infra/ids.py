"""The one place that makes ids and other random values."""

import secrets

import uuid_utils

from entrepot.kernel.ids import Id


def new_id() -> Id:
    """Make an id: the 32 hex digits of a new UUIDv7, which rise with time."""
    return uuid_utils.uuid7().hex


def random_bytes(size: int) -> bytes:
    """Make bytes that nobody can guess."""
    return secrets.token_bytes(size)


def random_share() -> float:
    """Make a random number in [0, 1), for spreading retries."""
    return secrets.randbelow(1 << 30) / (1 << 30)
