"""Makes the demo network, or what is missing of it, one process of a data directory at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Final

from entrepot import identity
from entrepot.app import Services
from entrepot.cli.demo.crowd import NOBODY, Size, is_of_crowd
from entrepot.cli.demo.keeping import DemoNetwork, keep_demo, read_demo
from entrepot.cli.demo.making_crowd import find_crowd, make_crowd
from entrepot.cli.demo.making_members import make_members
from entrepot.cli.demo.members import MEMBERS
from entrepot.cli.demo.steps import DAYS
from entrepot.cli.progress import Tell, tell_nobody
from entrepot.infra.postgres.locks import FileLock

LOCK_NAME: Final = "demo.lock"
_LOCK_PAUSE_SECONDS: Final = 0.1
_ORGANISATIONS_AT_ONCE: Final = 1_000


async def is_place_for_demo(services: Services) -> bool:
    """Whether nobody but the demo's own organisations is in the database: it disturbs nobody."""
    members = {(member.slug, member.organisation.name) for member in MEMBERS}
    after: str | None = ""
    while after is not None:
        found = await identity.list_organisations(services.pool, after, _ORGANISATIONS_AT_ONCE)
        for each in found:
            if (each.slug, each.name) not in members and not is_of_crowd(each.slug, each.name):
                return False
        after = found[-1].slug if len(found) == _ORGANISATIONS_AT_ONCE else None
    return True


async def make_demo(
    services: Services,
    data_dir: Path,
    base_url: str,
    *,
    crowd: Size = NOBODY,
    days: int = DAYS,
    tell: Tell = tell_nobody,
) -> DemoNetwork:
    """Make whatever is missing of the demo network and its crowd, and keep it in `data_dir`.

    Several processes may do so at once: what another has just made is found instead. Tokens and
    log-ins come last, so that nobody trades in the midst of the history of so many `days`. A crowd
    that was made before stays. Refuses, with RefusedError, when an organisation that is not the
    demo's has one of its slugs.
    """
    async with nullcontext() if services.rehearsal else _alone_in(data_dir):
        known = read_demo(data_dir)
        members = await make_members(services, known, days, tell)
        if crowd == NOBODY:
            others = await find_crowd(services, known)
        else:
            others = await make_crowd(services, known, crowd, days, tell)
        network = DemoNetwork(
            base_url,
            members.organisations + others.organisations,
            members.variants + others.variants,
        )
        if network != known and not services.rehearsal:
            keep_demo(data_dir, network)
    return network


@asynccontextmanager
async def _alone_in(data_dir: Path) -> AsyncIterator[None]:
    """Let one process make a demo with this data directory; others wait, and then find it."""
    data_dir.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - takes no time worth a thread
    lock = FileLock(data_dir / LOCK_NAME)
    while not lock.try_alone():  # noqa: ASYNC110 - the holder may be another process
        await asyncio.sleep(_LOCK_PAUSE_SECONDS)
    try:
        yield
    finally:
        lock.release()
