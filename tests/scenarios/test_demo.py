"""The demo network: the same every time, made once, and kept from other people's eyes."""

from __future__ import annotations

import asyncio
import stat
from functools import partial
from pathlib import Path

import asyncpg
import msgspec
import pytest

from entrepot.app import open_services
from entrepot.catalogue import set_variant_state
from entrepot.cli.demo import make_demo
from entrepot.infra.logging import open_log
from entrepot.infra.settings import Settings
from tests.factories.callers import caller_for
from tests.factories.cli import CommandLine

SLUGS = [
    "jeans-farm",
    "hub-a",
    "hub-b",
    "de-groothandel",
    "winkel-noord",
    "winkel-zuid",
    "marketplace",
    "seller-one",
    "seller-two",
]


@pytest.fixture
def entrepot(
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> CommandLine:
    return CommandLine(database, tmp_path / "data", monkeypatch, capsys)


quiet = partial(open_log, "text", "warning")

COUNTS = """
    SELECT
        (SELECT count(*) FROM organisations),
        (SELECT count(*) FROM locations),
        (SELECT count(*) FROM variants),
        (SELECT count(*) FROM tokens),
        (SELECT count(*) FROM trading_rights),
        (SELECT count(*) FROM ledger),
        (SELECT count(*) FROM audit)
"""


async def counts(database: str) -> list[int]:
    connection = await asyncpg.connect(database)
    try:
        return list(await connection.fetchrow(COUNTS) or ())
    finally:
        await connection.close()


def test_it_is_made_and_kept(entrepot: CommandLine) -> None:
    network = entrepot.done("demo")
    assert sorted(network) == ["base_url", "organisations", "variants"]
    assert [each["slug"] for each in network["organisations"]] == SLUGS
    assert all(sorted(each) == ["id", "name", "slug", "token"] for each in network["organisations"])
    assert all(sorted(each) == ["id", "organisation", "sku"] for each in network["variants"])
    assert (
        len([each for each in network["variants"] if each["organisation"] == "de-groothandel"])
        == 20
    )
    kept = entrepot.data_dir / "demo.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert list(entrepot.data_dir.iterdir()) == [kept]


def test_the_farm_has_ten_kilos_of_carrots(entrepot: CommandLine) -> None:
    entrepot.done("demo")
    counted = entrepot.done("stock", "count", "jeans-farm", "CARROTS", "10", "--location", "barn")
    assert counted["positions"][0]["version"] == 2
    rights = entrepot.done("trading-right", "list", "jeans-farm")["trading_rights"]
    assert [each["kind"] for each in rights] == ["session", "session"]


def test_made_again_nothing_changes(entrepot: CommandLine, database: str) -> None:
    first = entrepot.done("demo")
    before = asyncio.run(counts(database))
    assert entrepot.done("demo") == first
    assert asyncio.run(counts(database)) == before


def test_lost_tokens_are_issued_anew(entrepot: CommandLine) -> None:
    first = entrepot.done("demo")
    (entrepot.data_dir / "demo.json").unlink()
    again = entrepot.done("demo")
    assert [each["id"] for each in again["organisations"]] == [
        each["id"] for each in first["organisations"]
    ]
    assert again["variants"] == first["variants"]
    tokens = {each["token"] for each in (*first["organisations"], *again["organisations"])}
    assert len(tokens) == 2 * len(SLUGS)


def test_a_revoked_token_is_replaced(entrepot: CommandLine) -> None:
    first = entrepot.done("demo")
    (token,) = entrepot.done("token", "list", "hub-a")["tokens"]
    entrepot.done("token", "revoke", "hub-a", token["id"])
    again = entrepot.done("demo")
    changed = [
        now["slug"]
        for was, now in zip(first["organisations"], again["organisations"], strict=True)
        if was != now
    ]
    assert changed == ["hub-a"]


def test_a_file_that_was_damaged_is_made_anew(entrepot: CommandLine) -> None:
    first = entrepot.done("demo")
    (entrepot.data_dir / "demo.json").write_text("{")
    assert entrepot.done("demo")["variants"] == first["variants"]


def test_what_was_cut_off_is_finished(entrepot: CommandLine) -> None:
    entrepot.done("organisation", "create", "jeans-farm", "--name", "Jean's farm")
    entrepot.done("location", "create", "jeans-farm", "barn")
    entrepot.done("variant", "create", "jeans-farm", "CARROTS", "--unit", "kg")
    network = entrepot.done("demo")
    assert [each["slug"] for each in network["organisations"]] == SLUGS
    counted = entrepot.done("stock", "count", "jeans-farm", "CARROTS", "10")
    assert counted["positions"][0]["version"] == 2


def test_other_peoples_organisations_are_left_alone(entrepot: CommandLine) -> None:
    entrepot.done("organisation", "create", "hub-b", "--name", "A hub of mine")
    ended = entrepot("demo")
    assert (ended.code, ended.out) == (4, "")
    assert "(identity.slug_taken)" in ended.err
    listed = entrepot.done("organisation", "list")["organisations"]
    assert [each["slug"] for each in listed] == ["hub-b"]


def test_people_and_shells_are_shown_the_tokens(entrepot: CommandLine) -> None:
    network = entrepot.done("demo")
    shown = entrepot("demo").out
    assert f"Entrepot is at {network['base_url']}" in shown
    assert all(each["token"] in shown for each in network["organisations"])
    assert "curl" in shown
    shell = entrepot("demo", "--shell").out.splitlines()
    assert shell[0] == f"SERVER={network['base_url']}"
    assert f"HUB_A={network['organisations'][1]['token']}" in shell


async def test_a_variant_that_was_deleted_stays_away(
    database: str, tmp_path: Path, settings: Settings
) -> None:
    there = msgspec.structs.replace(settings, database_url=database, data_dir=tmp_path)
    async with open_services(there, quiet()) as services:
        network = await make_demo(services, tmp_path, "http://there")
        farm = caller_for(network.organisation("jeans-farm").id.removeprefix("org_"))
        carrots = network.variant("CARROTS").id.removeprefix("var_")
        await set_variant_state(services.pool, services.desk.new_id, farm, carrots, "deleted")
        again = await make_demo(services, tmp_path, "http://there")
    assert again.organisations == network.organisations
    assert set(network.variants) - set(again.variants) == {network.variant("CARROTS")}


async def test_two_processes_make_one_network(
    database: str, tmp_path: Path, settings: Settings
) -> None:
    there = msgspec.structs.replace(settings, database_url=database, data_dir=tmp_path)
    async with open_services(there, quiet()) as one, open_services(there, quiet()) as two:
        networks = await asyncio.gather(
            *[
                make_demo(services, tmp_path / str(number), "http://there")
                for number, services in enumerate((one, two) * 4)
            ]
        )
    assert len({network.variants for network in networks}) == 1
    assert len({tuple(each.id for each in network.organisations) for network in networks}) == 1
    connection = await asyncpg.connect(database)
    received = await connection.fetchval("SELECT count(*) FROM ledger WHERE kind = 'receive'")
    assert received == await connection.fetchval("SELECT count(*) FROM positions WHERE on_hand > 0")
    await connection.close()
