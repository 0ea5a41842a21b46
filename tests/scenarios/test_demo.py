"""The demo network: the same every time, made once, true to every rule, and kept from others."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import msgspec
import pytest

from entrepot import identity
from entrepot.app import Services, open_services
from entrepot.catalogue import VariantChanges, change_variant
from entrepot.cli.demo import DemoNetwork, make_demo
from entrepot.cli.demo.crowd import Size
from entrepot.identity import LogIn
from entrepot.infra.passwords import Passwords
from entrepot.infra.settings import Settings
from entrepot.kernel.refusal import Refusal
from entrepot.kernel.weeks import week_of
from entrepot.stock import find_position
from tests.factories.addresses import with_database
from tests.factories.callers import caller_for
from tests.factories.cli import CommandLine
from tests.factories.databases import Databases
from tests.factories.demo import ADDRESS, Demo, quiet
from tests.factories.served import environ_of, served

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
    "fulfilment",
    "client-one",
    "client-two",
]
DAYS = 2
"""Of a history that a test makes for itself: long enough to have a bit of everything usual."""

COUNTS = """
    SELECT
        (SELECT count(*) FROM organisations),
        (SELECT count(*) FROM locations),
        (SELECT count(*) FROM suppliers),
        (SELECT count(*) FROM variants),
        (SELECT count(*) FROM tokens),
        (SELECT count(*) FROM people),
        (SELECT count(*) FROM trading_rights),
        (SELECT count(*) FROM orders),
        (SELECT count(*) FROM ledger),
        (SELECT count(*) FROM audit)
"""
STANDS = """
    SELECT o.reference, o.kind, o.status, o.fulfilment_status, o.payment_status, o.placed_at,
        l.line_no, v.sku, l.quantity, l.held, l.shipped, l.returned, l.cancelled, l.short
    FROM orders AS o
    INNER JOIN order_lines AS l ON o.organisation = l.organisation AND o.id = l.order_id
    INNER JOIN variants AS v ON l.variant = v.id
    ORDER BY o.reference, l.line_no
"""
LEDGER = """
    SELECT g.slug, v.sku, l.version, l.at, l.kind, l.on_hand, l.held
    FROM ledger AS l
    INNER JOIN organisations AS g ON l.owner = g.id
    INNER JOIN variants AS v ON l.variant = v.id
    ORDER BY g.slug, v.sku, l.version
"""

Result = TypeVar("Result")


async def fetched(database: str, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    connection = await asyncpg.connect(database)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def with_services(
    database: str, settings: Settings, work: Callable[[Services], Awaitable[Result]]
) -> Result:
    """What some work with opened services comes to."""
    there = msgspec.structs.replace(settings, database_url=database)
    async with open_services(there, quiet()) as services:
        return await work(services)


@pytest.fixture
def entrepot(
    demo: Demo,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> CommandLine:
    """The command line where a demo network is already."""
    return CommandLine(demo.database, demo.data_dir, monkeypatch, capsys)


@pytest.fixture
def empty(
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> CommandLine:
    """The command line where nobody is yet."""
    return CommandLine(database, tmp_path / "data", monkeypatch, capsys)


def test_it_prints_what_programs_expect(entrepot: CommandLine) -> None:
    network = entrepot.done("demo")
    assert sorted(network) == ["base_url", "organisations", "variants"]
    assert network["base_url"] == ADDRESS
    assert [each["slug"] for each in network["organisations"]] == SLUGS
    for each in network["organisations"]:
        assert sorted(each) == ["id", "login", "name", "slug", "token"]
        assert sorted(each["login"]) == ["email", "password"]
    for each in network["variants"]:
        assert sorted(each) == ["id", "legacy_id", "organisation", "sku"]
    numbers = {each["legacy_id"]: each["organisation"] for each in network["variants"]}
    assert len(numbers) == len(network["variants"]) > 140
    assert (numbers[5356], numbers[5354]) == ("seller-one", "seller-two")


def test_only_its_user_can_read_what_is_kept(entrepot: CommandLine) -> None:
    kept = entrepot.data_dir / "demo.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert sorted(each.name for each in entrepot.data_dir.iterdir()) == ["demo.json", "demo.lock"]


async def test_a_token_and_a_login_open_each_organisation(demo: Demo, settings: Settings) -> None:
    network = demo.network

    async def enter(services: Services) -> None:
        passwords = Passwords()
        for each in network.organisations[:2]:
            by_token = await identity.find_caller(services.pool, each.token)
            login = LogIn(each.login.email, each.login.password)
            opened = await identity.log_in(services.pool, services.desk.new_id, passwords, login)
            assert not isinstance(opened, Refusal), opened
            by_login = await identity.find_caller(services.pool, opened.secret)
            assert by_token is not None
            assert by_login is not None
            assert by_login.organisation == by_token.organisation == each.id[len("org_") :]

    await with_services(demo.database, settings, enter)


def test_the_farm_has_ten_kilos_of_carrots_that_nobody_touched(entrepot: CommandLine) -> None:
    counted = entrepot.done("stock", "count", "jeans-farm", "CARROTS", "10", "--location", "barn")
    assert counted["positions"][0]["version"] == 2
    assert counted["positions"][0]["available"] == "10"
    rights = entrepot.done("trading-right", "list", "jeans-farm")["trading_rights"]
    assert [each["kind"] for each in rights] == ["session", "session"]


async def test_three_weeks_hold_every_kind_and_state_of_order(demo: Demo) -> None:
    rows = await fetched(
        demo.database,
        "SELECT kind, status, fulfilment_status, payment_status, policy, placed_at FROM orders",
    )
    now = datetime.now(UTC)
    assert {row[0] for row in rows} == {"own", "session", "marketplace"}
    assert {row[1] for row in rows} == {"draft", "waiting", "held", "complete", "cancelled"}
    assert {row[2] for row in rows} >= {"unfulfilled", "partly_fulfilled", "fulfilled", "held"}
    assert {row[3] for row in rows} == {"unpaid", "paid", "refunded", "cancelled"}
    assert len({row[4] for row in rows}) == 5
    assert all(now - timedelta(days=23) < row[5] < now for row in rows)
    assert len(rows) > 450
    kinds = await fetched(demo.database, "SELECT DISTINCT kind FROM ledger")
    assert {row[0] for row in kinds} == {
        *("receive", "adjust", "count", "hold", "release", "expire", "ship", "return"),
        *("allocate", "transfer_out", "transfer_in", "reversal_out", "reversal_in"),
    }
    assert await fetched(demo.database, "SELECT kind FROM notices ORDER BY kind") == [
        ("orders.line_short",),
        ("partnerships.invitation_accepted",),
        ("partnerships.invitation_accepted",),
        ("partnerships.match_failed",),
        ("partnerships.match_failed",),
        ("settlement.disputed",),
    ]
    successors = await fetched(
        demo.database, "SELECT reference FROM orders WHERE follows IS NOT NULL"
    )
    assert successors == [("G-2004#2",)]


async def test_the_shops_sold_what_is_the_wholesalers(demo: Demo) -> None:
    """As `docs/guides/demo.md` tells it; no unit was refused that the stories want."""
    stands = await fetched(
        demo.database,
        "SELECT reference, status, fulfilment_status FROM orders"
        " WHERE reference LIKE '_-300_' ORDER BY reference",
    )
    assert [row[1:] for row in stands] == [
        *[("complete", "fulfilled")] * 3,
        ("cancelled", "cancelled"),
        ("waiting", "held"),
        ("complete", "unfulfilled"),
        *[("complete", "fulfilled")] * 2,
        ("waiting", "held"),
    ]
    moved = await fetched(
        demo.database,
        "SELECT o.reference, v.sku, t.quantity::integer, t.factor, t.reverses IS NULL, t.at, t.week"
        " FROM transfers AS t"
        " INNER JOIN orders AS o ON t.organisation = o.organisation AND t.order_id = o.id"
        " INNER JOIN variants AS v ON t.wholesaler_variant = v.id"
        " ORDER BY t.at, v.sku",
    )
    assert [row[:5] for row in moved] == [
        ("N-3001", "GH-1031", 2, 1, True),
        ("Z-3001", "GH-1031", 2, 1, True),
        ("N-3002", "GH-1031", 3, 1, True),
        ("Z-3002", "GH-1052", 2, 1, True),
        ("Z-3002", "GH-4042", 6, 1, True),
        ("N-3003", "GH-3012", 2, 2, True),
        ("N-3004", "GH-1031", 4, 1, True),
        ("N-3004", "GH-1031", 4, 1, False),
        ("N-3006", "GH-1031", 7, 1, True),
    ]
    assert {row[6] for row in moved} == {week_of(row[5], "Europe/Amsterdam") for row in moved}
    faces = await fetched(
        demo.database,
        "SELECT g.slug, s.face, s.state, count(*) FROM settlements AS s"
        " INNER JOIN organisations AS g ON s.organisation = g.id"
        " GROUP BY g.slug, s.face, s.state",
    )
    counts = {row[:3]: row[3] for row in faces}
    assert counts["winkel-noord", "inbound", "acknowledged"] == 1
    assert counts["winkel-zuid", "inbound", "disputed"] == 1
    inbounds = sum(number for (_, face, _), number in counts.items() if face == "inbound")
    assert counts["de-groothandel", "order", "closed"] == inbounds >= 4
    matched = await fetched(
        demo.database, "SELECT factor FROM product_matches WHERE matched_by = 'hand'"
    )
    assert matched == [(2,)]


async def test_time_never_goes_back_so_stock_is_right_as_of_any_moment(
    demo: Demo, settings: Settings
) -> None:
    rows = await fetched(
        demo.database,
        "SELECT owner, variant, location, version, at, on_hand, held FROM ledger"
        " ORDER BY owner, variant, location, version",
    )
    histories: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for row in rows:
        histories.setdefault(row[:3], []).append(row[4:])
    assert all(
        [row[0] for row in history] == sorted(row[0] for row in history)
        for history in histories.values()
    )
    key, history = max(histories.items(), key=lambda each: len(each[1]))
    owner, variant, location = (str(each).replace("-", "") for each in key)

    async def look_back(services: Services) -> None:
        caller = caller_for(owner)
        for at, on_hand, held in {row[0]: row for row in history}.values():
            assert isinstance(at, datetime)
            found = await find_position(services.pool, caller, variant, location, at)
            assert not isinstance(found, Refusal)
            assert (found.on_hand, found.held) == (f"{on_hand:.0f}", f"{held:.0f}")

    await with_services(demo.database, settings, look_back)


def test_made_again_nothing_changes(entrepot: CommandLine, demo: Demo) -> None:
    before = asyncio.run(fetched(demo.database, COUNTS))
    first = entrepot.done("demo")
    assert entrepot.done("demo") == first
    assert asyncio.run(fetched(demo.database, COUNTS)) == before


def test_what_was_lost_is_given_anew(entrepot: CommandLine, demo: Demo) -> None:
    first = entrepot.done("demo")
    (entrepot.data_dir / "demo.json").write_text("{")
    orders = asyncio.run(fetched(demo.database, STANDS))
    again = entrepot.done("demo")
    assert again["variants"] == first["variants"]
    for was, now in zip(first["organisations"], again["organisations"], strict=True):
        assert was["id"] == now["id"]
        assert was["token"] != now["token"]
        assert was["login"]["email"] == now["login"]["email"]
        assert was["login"]["password"] != now["login"]["password"]
    assert asyncio.run(fetched(demo.database, STANDS)) == orders


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


async def test_a_variant_that_was_deleted_stays_away(demo: Demo, settings: Settings) -> None:
    async def delete_and_make(services: Services) -> None:
        first = await make_demo(services, demo.data_dir, ADDRESS)
        farm = caller_for(first.organisation("jeans-farm").id.removeprefix("org_"))
        carrots = first.variant("CARROTS")
        changes = VariantChanges(state="deleted")
        id_ = carrots.id.removeprefix("var_")
        deleted = await change_variant(services.pool, services.desk.new_id, farm, id_, changes)
        assert not isinstance(deleted, Refusal), deleted
        again = await make_demo(services, demo.data_dir, ADDRESS)
        assert again.organisations == first.organisations
        assert set(first.variants) - set(again.variants) == {carrots}

    await with_services(demo.database, settings, delete_and_make)


def test_people_and_shells_are_shown_the_tokens(entrepot: CommandLine) -> None:
    network = entrepot.done("demo")
    shown = entrepot("demo").out
    assert f"Entrepot is at {network['base_url']}" in shown
    for each in network["organisations"]:
        assert each["token"] in shown
        assert each["login"]["password"] in shown
    assert "curl" in shown
    shell = entrepot("demo", "--shell").out.splitlines()
    assert shell[0] == f"SERVER={network['base_url']}"
    assert f"HUB_A={network['organisations'][1]['token']}" in shell


def test_it_knows_where_its_server_is(demo: Demo) -> None:
    with served(environ_of(demo.database, demo.data_dir), "serve") as process:
        (told,) = process.read_until("Entrepot is at ")
    assert told == f"Entrepot is at {demo.network.base_url}"


def test_other_peoples_installations_are_left_alone(empty: CommandLine, database: str) -> None:
    empty.done("organisation", "create", "orchard")
    before = asyncio.run(fetched(database, COUNTS))
    ended = empty("demo", "--size", "large")
    assert (ended.code, ended.out) == (4, "")
    assert "--among-others" in ended.err
    assert asyncio.run(fetched(database, COUNTS)) == before
    assert not (empty.data_dir / "demo.json").exists()


def test_other_peoples_slugs_are_not_taken_over(empty: CommandLine) -> None:
    empty.done("organisation", "create", "hub-b", "--name", "A hub of mine")
    ended = empty("demo", "--among-others")
    assert (ended.code, ended.out) == (4, "")
    assert "(identity.slug_taken)" in ended.err
    listed = empty.done("organisation", "list")["organisations"]
    assert [each["slug"] for each in listed] == ["hub-b"]


async def test_what_was_begun_by_hand_is_finished(
    database: str, tmp_path: Path, settings: Settings
) -> None:
    async def begin_and_make(services: Services) -> DemoNetwork:
        farm = identity.NewOrganisation("jeans-farm", "Jean's farm")
        await identity.create_organisation(services.pool, services.desk.new_id, farm)
        return await make_demo(services, tmp_path, ADDRESS, days=DAYS)

    network = await with_services(database, settings, begin_and_make)
    assert [each.slug for each in network.organisations] == SLUGS


async def test_a_history_that_is_cut_off_goes_on_as_if_it_had_not_been(
    database: str, databases: Databases, tmp_path: Path, settings: Settings
) -> None:
    class CutOffError(Exception):
        """The process ends here."""

    def cut_off_at(limit: int) -> Callable[[str, int, int], None]:
        def tell(_what: str, done: int, _total: int) -> None:
            if done >= limit:
                raise CutOffError

        return tell

    async def make_in_pieces(services: Services) -> None:
        for limit in (1, 20, 21, 40):
            with pytest.raises(CutOffError):
                await make_demo(services, tmp_path, ADDRESS, days=DAYS, tell=cut_off_at(limit))
        await make_demo(services, tmp_path, ADDRESS, days=DAYS)

    await with_services(database, settings, make_in_pieces)
    whole = await databases.lend(fresh=False)
    other = with_database(databases.server, whole)
    await with_services(
        other,
        settings,
        lambda services: make_demo(services, tmp_path / "whole", ADDRESS, days=DAYS),
    )
    for query in (STANDS, LEDGER, COUNTS):
        assert await fetched(database, query) == await fetched(other, query)
    await databases.drop(whole)


async def test_two_processes_make_one_network(
    database: str, tmp_path: Path, settings: Settings
) -> None:
    there = msgspec.structs.replace(settings, database_url=database)
    async with open_services(there, quiet()) as one, open_services(there, quiet()) as two:
        networks = await asyncio.gather(
            *[
                make_demo(services, tmp_path / place, ADDRESS, days=DAYS)
                for services, place in ((one, "here"), (two, "here"), (two, "there"))
            ]
        )
    assert networks[0] == networks[1]
    assert len({network.variants for network in networks}) == 1
    assert len({tuple(each.id for each in network.organisations) for network in networks}) == 1
    twice = "SELECT kind FROM ledger WHERE kind = 'receive' AND version > 1"
    assert not await fetched(database, twice)


async def test_a_crowd_is_made_once_and_stays(
    database: str, tmp_path: Path, settings: Settings
) -> None:
    crowd = Size(6, 60, 240)

    async def make(services: Services) -> None:
        told = []
        first = await make_demo(
            services,
            tmp_path,
            ADDRESS,
            crowd=crowd,
            days=DAYS,
            tell=lambda what, done, total: told.append((what, done, total)),
        )
        assert ("orders", 240, 240) in told
        assert len(first.organisations) == len(SLUGS) + 6
        assert len(first.variants) > 200
        before = await fetched(database, COUNTS)
        assert await make_demo(services, tmp_path, ADDRESS, crowd=crowd) == first
        assert await make_demo(services, tmp_path, ADDRESS) == first
        assert await fetched(database, COUNTS) == before

    await with_services(database, settings, make)
    placed = await fetched(database, "SELECT status FROM orders WHERE reference LIKE 'X-%'")
    assert len(placed) == 240
    assert {row[0] for row in placed} >= {"complete", "waiting", "held"}
