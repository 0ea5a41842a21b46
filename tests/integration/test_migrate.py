"""Migrations run forwards, once, whole, and never after they were edited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from entrepot.infra import migrate as module
from entrepot.infra.migrate import MigrationRefusal, migrate, pending, read_migrations
from entrepot.infra.reach import DatabaseUnreachable
from tests.factories.addresses import with_database

FIRST = "-- deploy: before\nCREATE TABLE one (a int);\nINSERT INTO one VALUES (1);\n"
SECOND = "-- deploy: after\nCREATE TABLE two ();\n"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "0001_first_table.sql").write_text(FIRST)
    (tmp_path / "0002_second.sql").write_text(SECOND)
    (tmp_path / "notes.txt").write_text("not a migration")
    return tmp_path


@pytest.fixture
async def empty(server: str) -> AsyncIterator[str]:
    """A database without any migration."""
    connection = await asyncpg.connect(server, statement_cache_size=0)
    await connection.execute("DROP DATABASE IF EXISTS test_migrate WITH (FORCE)")
    await connection.execute("CREATE DATABASE test_migrate")
    yield with_database(server, "test_migrate")
    await connection.execute("DROP DATABASE test_migrate WITH (FORCE)")
    await connection.close()


async def fetchval(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_applies_what_is_lacking_and_nothing_twice(empty: str, directory: Path) -> None:
    assert await pending(empty, directory) == ("0001_first_table", "0002_second")
    assert await migrate(empty, directory) == ("0001_first_table", "0002_second")
    assert await pending(empty, directory) == ()
    assert await migrate(empty, directory) == ()
    assert await fetchval(empty, "SELECT count(*) FROM one") == 1


async def test_pending_changes_nothing(empty: str, directory: Path) -> None:
    await pending(empty, directory)
    assert await fetchval(empty, "SELECT to_regclass('schema_migrations')") is None


async def test_before_stops_at_the_first_that_must_wait(empty: str, directory: Path) -> None:
    assert await pending(empty, directory, deploy="before") == ("0001_first_table",)
    assert await migrate(empty, directory, deploy="before") == ("0001_first_table",)
    assert await pending(empty, directory, deploy="before") == ()
    assert await migrate(empty, directory, deploy="before") == ()
    assert await pending(empty, directory) == ("0002_second",)


async def test_a_failing_file_leaves_nothing_of_itself(empty: str, directory: Path) -> None:
    (directory / "0003_bad.sql").write_text(
        "-- deploy: before\nCREATE TABLE three ();\nSELECT 1/0;\n"
    )
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(empty, directory)
    assert await fetchval(empty, "SELECT to_regclass('three')") is None
    assert await pending(empty, directory) == ("0003_bad",)


async def test_several_processes_at_once_apply_each_once(empty: str, directory: Path) -> None:
    outcomes = await asyncio.gather(*(migrate(empty, directory) for _ in range(4)))
    assert sorted(name for names in outcomes for name in names) == [
        "0001_first_table",
        "0002_second",
    ]


async def test_refuses_an_applied_file_that_was_changed(empty: str, directory: Path) -> None:
    await migrate(empty, directory)
    (directory / "0001_first_table.sql").write_text(FIRST + "-- a harmless comment\n")
    for act in (migrate, pending):
        with pytest.raises(MigrationRefusal, match="0001_first_table was changed"):
            await act(empty, directory)


async def test_refuses_a_database_of_a_newer_release(empty: str, directory: Path) -> None:
    await migrate(empty, directory)
    (directory / "0002_second.sql").unlink()
    for act in (migrate, pending):
        with pytest.raises(MigrationRefusal, match="0002_second, which this release does not know"):
            await act(empty, directory)


async def test_refuses_a_file_slipped_in_before_applied_ones(empty: str, directory: Path) -> None:
    await migrate(empty, directory)
    await fetchval(empty, "DELETE FROM schema_migrations WHERE name = '0001_first_table'")
    with pytest.raises(MigrationRefusal, match="0002_second was applied although"):
        await migrate(empty, directory)


async def test_a_busy_table_is_tried_again_and_then_refused(
    empty: str, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr(module, "LOCK_PAUSE_SECONDS", 0.05)
    await migrate(empty, directory)
    (directory / "0003_alter.sql").write_text("-- deploy: before\nALTER TABLE one ADD b int;\n")
    other = await asyncpg.connect(empty)
    transaction = other.transaction()
    await transaction.start()
    await other.execute("LOCK TABLE one IN ACCESS SHARE MODE")
    with pytest.raises(MigrationRefusal, match="stayed locked"):
        await migrate(empty, directory)
    monkeypatch.setattr(module, "LOCK_ATTEMPTS_MAX", 1_000)
    patient = asyncio.create_task(migrate(empty, directory))
    await asyncio.sleep(0.15)
    await transaction.rollback()
    assert await patient == ("0003_alter",)
    await other.close()


async def test_says_when_the_database_is_out_of_reach(directory: Path) -> None:
    for act in (migrate, pending):
        with pytest.raises(DatabaseUnreachable):
            await act("postgresql://nobody@127.0.0.1:1/nothing", directory)


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("0003-words.sql", FIRST, "not named like"),
        ("0003_Words.sql", FIRST, "not named like"),
        ("0004_words.sql", FIRST, "should be number 0003"),
        ("0002_again.sql", FIRST, "should be number 0003"),
        ("0003_words.sql", "SELECT 1;\n", "does not open with"),
        ("0003_words.sql", "-- deploy: later\n", "does not open with"),
        ("0003_words.sql", "", "does not open with"),
    ],
)
def test_refuses_a_directory_that_breaks_the_rules(
    directory: Path, name: str, text: str, fault: str
) -> None:
    (directory / name).write_text(text)
    with pytest.raises(MigrationRefusal, match=fault):
        read_migrations(directory)


def test_the_migrations_of_this_release_keep_the_rules() -> None:
    assert [migration.name[:4] for migration in read_migrations()][:1] == ["0001"]
