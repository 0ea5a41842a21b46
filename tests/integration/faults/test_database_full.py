"""The database has no room: 503, nothing half done, and on it goes once there is room again."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from entrepot.infra.migrate import migrate
from entrepot.infra.pool import open_pool
from entrepot.infra.postgres import running_database
from entrepot.infra.postgres.account import find_account
from entrepot.infra.postgres.places import SUPERUSER, places_for
from entrepot.infra.settings import Settings
from tests.factories.addresses import with_database
from tests.factories.counter import Counter, order_of
from tests.factories.examined import broken_in
from tests.factories.network import Network
from tests.factories.stall import Stall, open_stall
from tests.factories.used_before import UsedBefore
from tests.factories.web import Asker, open_web
from tests.fakes.log import NullLog
from tests.fakes.proxy import Fate, Proxy

BYTES = 32 * 2**20


async def place(asker: Asker, variant: str, key: str) -> int:
    """Order something with many words, so that it takes room; the status of the answer."""
    lines = [{"variant": f"var_{variant}", "quantity": "1"} for _ in range(200)]
    body = {"reference": key, "kind": "own", "lines": lines}
    response = await asker.try_post("/orders", body, key=key)
    if response.status_code == 503:
        assert response.json()["code"] == "request.store_unavailable"
        assert response.headers["retry-after"]
    return response.status_code


async def orders_of(stall: Stall) -> list[tuple[object, ...]]:
    return list(
        await stall.counter.rows(
            "SELECT o.reference, count(*) FROM orders AS o INNER JOIN order_lines AS l"
            " ON o.organisation = l.organisation AND o.id = l.order_id GROUP BY 1 ORDER BY 1"
        )
    )


async def test_a_commit_that_finds_no_room(stall: Stall, line: Proxy, settings: Settings) -> None:
    """As the server says it (SQLSTATE 53100), put in its place by the network."""
    variant = await stall.goods(10)
    pool = await open_pool(line.dsn, settings)
    async with open_web(pool, settings) as web:
        asker = await web.asker(stall.owner)
        line.fate = lambda _: Fate.FULL
        body = {
            "reference": "r",
            "kind": "own",
            "lines": [{"variant": f"var_{variant}", "quantity": "4"}],
        }
        refused = await asker.try_post("/orders", body, key="k")
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
        assert line.counts[Fate.FULL] > 1, "it was tried more than once"
        assert await stall.counter.figures(variant) == (10, 0, 1)
        assert await stall.counter.rows("SELECT count(*) FROM idempotency_keys") == [(1,)]
        line.fate = lambda _: Fate.DONE
        again = await asker.try_post("/orders", body, key="k")
        assert (again.status_code, again.headers.get("idempotent-replayed")) == (201, None)
        assert await stall.counter.figures(variant) == (10, 4, 2)
    pool.terminate()


@pytest.fixture
def small_disk(open_dir: Path, settings: Settings) -> Iterator[Path]:
    """A file system of a few megabytes that PostgreSQL may write to."""
    if os.geteuid() != 0 or settings.database_url is not None:
        pytest.skip("only root can mount a small disk, and only our own server can be put on it")
    disk = open_dir / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={BYTES}", "none", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this root may not mount")
    try:
        account = find_account(settings)
        space = disk / "space"
        space.mkdir(mode=0o700)
        os.chown(space, account.uid, account.gid)
        yield space
    finally:
        subprocess.run(["umount", str(disk)], check=True)  # noqa: S607 - the system's own


@pytest.fixture
async def small_database(
    small_disk: Path, open_dir: Path, used_dirs: UsedBefore
) -> AsyncIterator[str]:
    """A migrated database on the small disk, of a server of its own.

    A full disk makes every checkpoint fail, and with it what other tests do to a shared server.
    """
    used_dirs.move_to(open_dir / "own")
    own = Settings.from_environment({"ENTREPOT_DATA_DIR": str(open_dir / "own")})
    async with running_database(own, NullLog()) as dsn:
        address = places_for(own.data_dir).dsn(SUPERUSER, "postgres")
        admin = await asyncpg.connect(address, statement_cache_size=0)
        role = await _role(dsn)
        try:
            await admin.execute(f"CREATE TABLESPACE small LOCATION '{small_disk}'")
            await admin.execute(f"CREATE DATABASE small OWNER {role} TABLESPACE small")
            small = with_database(dsn, "small")
            await migrate(small)
            yield small
        finally:
            await admin.execute("DROP DATABASE IF EXISTS small WITH (FORCE)")
            await admin.execute("DROP TABLESPACE IF EXISTS small")
            await admin.close()


async def _role(dsn: str) -> str:
    connection = await asyncpg.connect(dsn)
    try:
        role: str = await connection.fetchval("SELECT current_user")
        return role
    finally:
        await connection.close()


async def test_a_disk_that_is_full(
    small_database: str, small_disk: Path, settings: Settings
) -> None:
    pool = await open_pool(small_database, settings)
    stall = await open_stall(Network(pool), Counter(pool), small_database)
    variant = await stall.goods(1_000_000)
    filler = small_disk.parent / "filler"
    async with open_web(pool, settings) as web:
        asker = await web.asker(stall.owner)
        assert await place(asker, variant, "before") == 201
        _fill(filler)
        statuses: list[int] = []
        while 503 not in statuses:
            numbers = range(len(statuses), len(statuses) + 8)
            statuses += await asyncio.gather(
                *(place(asker, variant, f"full {number:04}") for number in numbers)
            )
            assert len(statuses) < 500, "the disk should be full by now"
        assert set(statuses) <= {201, 503}
        assert (await web.http.get("/healthz")).status_code == 200
        held = statuses.count(201) + 1
        assert [lines for _, lines in await orders_of(stall)] == [200] * held
        assert (await stall.counter.figures(variant))[1] == 200 * held
        filler.unlink()
        repeated = [
            await place(asker, variant, f"full {number:04}") for number in range(len(statuses))
        ]
        assert repeated == [201] * len(statuses)
        assert [lines for _, lines in await orders_of(stall)] == [200] * (len(statuses) + 1)
        assert (await stall.counter.act(stall.owner, order_of((variant, 1)))) is not None
    assert not await broken_in(small_database)
    await pool.close()


def _fill(path: Path) -> None:
    """Take all the room that is left."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return
