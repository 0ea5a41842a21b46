"""Keeps the demo network's ids, tokens and passwords in a file that only its user can read."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

FILE_NAME = "demo.json"


class DemoLogin(msgspec.Struct, frozen=True):
    """How the owner of an organisation logs in."""

    email: str
    password: str


class DemoOrganisation(msgspec.Struct, frozen=True):
    """An organisation of the demo network, a token of its own, and its owner's log-in."""

    slug: str
    id: str
    name: str
    token: str
    login: DemoLogin


class DemoVariant(msgspec.Struct, frozen=True):
    """A variant of the demo network and the slug of whose it is."""

    id: str
    legacy_id: int
    sku: str
    organisation: str


class DemoNetwork(msgspec.Struct, frozen=True):
    """Where the demo network is and who is in it."""

    base_url: str
    organisations: tuple[DemoOrganisation, ...]
    variants: tuple[DemoVariant, ...]

    def organisation(self, slug: str) -> DemoOrganisation:
        """The organisation with this slug."""
        return next(each for each in self.organisations if each.slug == slug)

    def variant(self, sku: str) -> DemoVariant:
        """The variant with this sku."""
        return next(each for each in self.variants if each.sku == sku)


class DemoPart(NamedTuple):
    """Some of the organisations of a demo network, and all their variants."""

    organisations: tuple[DemoOrganisation, ...] = ()
    variants: tuple[DemoVariant, ...] = ()


def read_demo(data_dir: Path) -> DemoNetwork | None:
    """The demo network that was made with this data directory; None when there is none."""
    try:
        text = (data_dir / FILE_NAME).read_bytes()
        return msgspec.json.decode(text, type=DemoNetwork)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def keep_demo(data_dir: Path, network: DemoNetwork) -> None:
    """Write the demo network's file, whole or not at all, for this user's eyes only."""
    data_dir.mkdir(parents=True, exist_ok=True)
    beside = data_dir / f".{FILE_NAME}.{os.getpid()}"
    beside.unlink(missing_ok=True)
    opened = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(network), indent=2) + b"\n")
    beside.replace(data_dir / FILE_NAME)


def keep_address(data_dir: Path, base_url: str) -> None:
    """Remember where the demo network's server is now, if there is a demo network of this user."""
    with suppress(PermissionError):
        known = read_demo(data_dir)
        if known is not None and known.base_url != base_url:
            keep_demo(data_dir, msgspec.structs.replace(known, base_url=base_url))
