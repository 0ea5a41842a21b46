"""What the harness tells a load and what a load tells back, each one line of JSON.

A load reads its task from the file that is its first argument (other users could read the
argument itself, and it holds secrets), says `ready` once it has connected, goes on until
its standard input is closed, and then says what it did.
"""

from __future__ import annotations

import msgspec

from benchmarks.world import Buyer, Spread

READY = "ready"


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What to send, with how many callers, and where to write it down."""

    callers: int
    spread: Spread
    seed: int
    log: str
    buyers: list[Buyer]
    bulk: int = 0
    """Orders in one request; 0 means one order, by the door for single ones."""
    dsn: str = ""
    """The database, for a load that is Entrepot itself."""
    batch_max: int = 256
    in_sessions: bool = False
    """Whether orders are checkouts in the sales session of their buyer."""
    ports: list[int] = []
    """The web servers, for a load that comes through them."""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What a load did from its first request to its last."""

    orders: int
    """Orders that were acknowledged."""
    faults: list[str]
    """The first answers that were no acknowledgement."""
    batches: int = 0
    """Batches that they were decided in, where the load can tell."""
