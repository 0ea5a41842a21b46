"""Keeps secrets that must be read again, such as what webhooks are signed with, unreadable at rest.

Keys are Fernet keys: the first seals, all of them open, so that a key can be followed by another.
They come from the setting `ENTREPOT_SECRET_KEYS`, or else from a file in the data directory that
only the user who runs Entrepot can read. Nothing here is ever logged.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from entrepot.infra.ids import random_bytes
from entrepot.infra.settings import Settings

FILE_NAME: Final = "secret.keys"
_FILE_MODE: Final = 0o600


class SecretsError(Exception):
    """Keys that cannot be used, or a secret that none of them opens; it says what to do."""


class _Sealed(msgspec.Struct, frozen=True):
    """What is sealed: the secret, and what it belongs to, so that it opens nowhere else."""

    owner: str
    secret: bytes


class SecretBox:
    """Seals secrets for the database and opens them again."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        assert keys, "there is a key"
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise SecretsError(
                "A key in ENTREPOT_SECRET_KEYS, or in the file secret.keys, is no Fernet key: 32"
                " bytes in URL-safe base64."
            ) from error

    def seal(self, owner: str, secret: bytes) -> bytes:
        """Make a secret unreadable; `owner` names whose it is, and is needed to open it."""
        return self._fernet.encrypt(msgspec.msgpack.encode(_Sealed(owner, secret)))

    def open(self, owner: str, sealed: bytes) -> bytes:
        """Read a secret that was sealed for this owner. Raises SecretsError."""
        try:
            found = msgspec.msgpack.decode(self._fernet.decrypt(sealed), type=_Sealed)
        except InvalidToken as error:
            raise SecretsError(
                "A secret was sealed with a key that is not here. Give every process the same"
                " ENTREPOT_SECRET_KEYS, the old keys behind the new one."
            ) from error
        if found.owner != owner:
            raise SecretsError("A secret stands where another one's should.")
        return found.secret


@lru_cache(maxsize=8)
def open_box(settings: Settings) -> SecretBox:
    """The box of this installation; its key is made when there is none yet.

    Raises SecretsError for keys that are none, and for a file that others could read.
    """
    if settings.secret_keys is not None:
        return SecretBox([key.encode() for key in settings.secret_keys.split(",")])
    path = settings.data_dir / FILE_NAME
    try:
        return SecretBox(_read(path))
    except FileNotFoundError:
        _make(path)
        return SecretBox(_read(path))


def _read(path: Path) -> list[bytes]:
    mode = path.stat().st_mode
    if stat.S_IMODE(mode) & 0o077:
        raise SecretsError(
            f"{path} can be read by others than its owner; nothing in it is secret any longer."
            f" Run `chmod 600 {path}`, and rotate the secrets of all webhooks."
        )
    return path.read_bytes().split()


def _make(path: Path) -> None:
    """Write a new key, once: whoever comes second uses the first one's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Whole before it has its name, so that nobody ever reads half a key.
    draft = path.with_name(f".{FILE_NAME}.{os.getpid()}.{random_bytes(4).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink(missing_ok=True)
