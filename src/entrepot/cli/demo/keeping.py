"""Keeps the demo network's ids and tokens in a file that only its user can read."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

FILE_NAME = "demo.json"


class DemoOrganisation(msgspec.Struct, frozen=True):
    """An organisation of the demo network and a token of its own."""

    slug: str
    id: str
    name: str
    token: str


class DemoVariant(msgspec.Struct, frozen=True):
    """A variant of the demo network and the slug of whose it is."""

    id: str
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
