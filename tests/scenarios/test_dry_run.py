"""A dry run does everything and undoes it: same checks, same answers, and not one row differs."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import asyncpg
import pytest
import typer.main
from typer.core import TyperGroup

from entrepot.cli import app
from entrepot.cli.demo import make_demo
from entrepot.cli.demo.members import MEMBERS
from entrepot.infra.pool import Pool
from entrepot.infra.rehearsing import rehearsing
from entrepot.infra.settings import Settings
from tests.factories.cli import CommandLine
from tests.factories.damages import dump

SAID = "Dry run: this is what would have happened. Nothing was kept."

READING = {
    "entrepot availability list-shown",
    "entrepot availability show-waiting",
    "entrepot check-history",
    "entrepot export products",
    "entrepot export settlement",
    "entrepot webhook attempts",
    "entrepot export stock",
    "entrepot export suppliers",
    "entrepot match outcomes",
    "entrepot partnership invitations",
    "entrepot person invitations",
    "entrepot person sessions",
    "entrepot run",
    "entrepot sales-session preview",
    "entrepot serve",
    "entrepot session-order demand",
    "entrepot settlement checklist",
    "entrepot settlement open",
    "entrepot settlement transfers",
    "entrepot version",
    "entrepot work",
}
"""Commands that change nothing by themselves, beside those that list or show."""

COMMANDS = (
    ("organisation", "create", "orchard"),
    ("location", "create", "farm", "cellar"),
    ("variant", "create", "farm", "LEEKS"),
    ("variant", "deactivate", "farm", "CARROTS"),
    ("token", "issue", "farm"),
    ("token", "bind", "farm", "--issuer", "https://login.example", "--email", "a@b.example"),
    ("trading-right", "grant", "farm", "hub", "marketplace"),
    ("trading-right", "end", "farm", "hub", "session"),
    ("stock", "receive", "farm", "CARROTS=5"),
    ("stock", "count", "farm", "CARROTS", "1"),
)


@pytest.fixture
def entrepot(
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> CommandLine:
    return CommandLine(database, tmp_path / "data", monkeypatch, capsys)


@pytest.fixture
def farm(entrepot: CommandLine) -> CommandLine:
    """A farm with ten kilos of carrots, and a hub that may order them."""
    entrepot.done("organisation", "create", "farm")
    entrepot.done("organisation", "create", "hub")
    entrepot.done("location", "create", "farm", "barn")
    entrepot.done("variant", "create", "farm", "CARROTS", "--unit", "kg")
    entrepot.done("stock", "receive", "farm", "CARROTS=10")
    entrepot.done("trading-right", "grant", "farm", "hub", "session")
    return entrepot


def test_nothing_is_kept(farm: CommandLine, database: str) -> None:
    before = asyncio.run(dump(database))
    for command in COMMANDS:
        ended = farm(*command, "--dry-run")
        assert (ended.code, ended.err) == (0, SAID + "\n"), ended
        assert ended.out
        assert asyncio.run(dump(database)) == before, command


def test_the_answer_is_what_would_have_been(farm: CommandLine) -> None:
    rehearsed = farm("stock", "receive", "farm", "CARROTS=5", "--dry-run", "--json").json
    done = farm.done("stock", "receive", "farm", "CARROTS=5")
    assert rehearsed["positions"] == done["positions"]
    (position,) = done["positions"]
    assert (position["on_hand"], position["version"]) == ("15", 2)


def test_a_token_that_will_not_be_has_no_secret(farm: CommandLine) -> None:
    assert "ent_app_" not in farm("token", "issue", "hub", "--dry-run").out.replace(
        "ent_app_...", ""
    )
    assert farm("token", "issue", "hub", "--dry-run", "--json").json["secret"] is None


def test_what_would_be_refused_is_refused(farm: CommandLine) -> None:
    ended = farm("organisation", "create", "farm", "--dry-run")
    assert (ended.code, ended.out) == (4, "")
    assert "identity.slug_taken" in ended.err
    assert SAID not in ended.err
    assert farm("stock", "receive", "farm", "NOTHING=5", "--dry-run").code == 3


def test_a_demo_is_rehearsed_whole(
    entrepot: CommandLine, database: str, monkeypatch: pytest.MonkeyPatch, *, full_size: bool
) -> None:
    """Many transactions that build upon one another, and a file that is not written."""
    if not full_size:  # two days of history, where the three weeks prove no more
        monkeypatch.setattr("entrepot.cli.demo.command.make_demo", partial(make_demo, days=2))
    before = asyncio.run(dump(database))
    ended = entrepot("demo", "--dry-run", "--json")
    assert ended.code == 0, ended.err
    assert [each["slug"] for each in ended.json["organisations"]] == [each.slug for each in MEMBERS]
    assert asyncio.run(dump(database)) == before
    assert not entrepot.data_dir.exists()


@pytest.mark.damages_database("the tables of the queue are gone")
def test_a_database_without_a_schema_is_left_alone(entrepot: CommandLine, database: str) -> None:
    async def undo() -> None:
        connection = await asyncpg.connect(database)
        await connection.execute("DELETE FROM schema_migrations WHERE name LIKE '0025%'")
        await connection.execute(
            "ALTER TABLE marketplace_orders DROP COLUMN is_under_review CASCADE"
        )
        await connection.execute("ALTER TABLE seller_invoices DROP COLUMN ready_at")
        await connection.execute("DROP TABLE pgqueuer, pgqueuer_log, pgqueuer_statistics CASCADE")
        await connection.execute("DROP TYPE pgqueuer_status CASCADE")
        await connection.close()

    asyncio.run(undo())
    ended = entrepot("organisation", "create", "farm", "--dry-run")
    assert (ended.code, ended.out) == (4, "")
    assert "`entrepot migrate`" in ended.err
    assert entrepot("migrate", "--dry-run").out.splitlines()[-1] == "0025_reviews_and_pickups"
    assert entrepot("migrate", "--dry-run", "--json").json == {
        "migrations": ["0025_reviews_and_pickups"]
    }
    assert entrepot("migrate", "--json").json == {"migrations": ["0025_reviews_and_pickups"]}
    assert entrepot("migrate", "--json").json == {"migrations": []}


def test_every_writing_command_can_be_rehearsed() -> None:
    lacking = []
    for name, command in _commands(typer.main.get_command(app), "entrepot"):
        options = {each for parameter in command.params for each in parameter.opts}
        reads = name in READING or name.split()[-1] in {"list", "show"}
        if not reads and "--dry-run" not in options:
            lacking.append(name)
    assert lacking == []


async def test_an_error_takes_back_its_own_part_only(database: str, settings: Settings) -> None:
    """As it would in a pool, where each user has a transaction of its own."""
    async with rehearsing(database, settings) as pool:
        await _use(pool, "CREATE TABLE kept (one integer)")
        with pytest.raises(asyncpg.UndefinedTableError):
            await _use(pool, "INSERT INTO kept VALUES (1)", "INSERT INTO no_such_table VALUES (1)")
        async with pool.acquire() as connection:
            assert await connection.fetchval("SELECT count(*) FROM kept") == 0
    assert "kept" not in await dump(database)


async def test_a_second_user_waits_for_the_first(database: str, settings: Settings) -> None:
    async with rehearsing(database, settings) as pool, pool.acquire():
        with pytest.raises(TimeoutError):
            async with pool.acquire(timeout=0.05):
                pytest.fail("two users of one connection")


async def _use(pool: Pool, *statements: str) -> None:
    async with pool.acquire() as connection:
        for sql in statements:
            await connection.execute(sql)


def _commands(command: object, name: str) -> list[tuple[str, typer.core.TyperCommand]]:
    """Every command that does something, by its name."""
    if isinstance(command, TyperGroup):
        return [
            found
            for word, inner in command.commands.items()
            for found in _commands(inner, f"{name} {word}")
        ]
    assert isinstance(command, typer.core.TyperCommand)
    return [(name, command)]
