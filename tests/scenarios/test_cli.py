"""An operator sets up a small network by the command line alone, and makes every mistake once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories.cli import CommandLine

WHAT_IS_LOADED = """
import sys
from entrepot.cli import main
try:
    main()
finally:
    print(*sys.modules, sep="\\n", file=sys.stderr)
"""
HEAVY = {"cryptography", "httpcore", "jwt", "litestar", "pgqueuer", "pyld", "rich", "structlog"}
"""Each takes from a twentieth to a fifth of a second to load, or more."""

MISTAKES = [
    # Wrongly written: exit code 2.
    (("organisation", "create"), 2, "Missing argument"),
    (("organisation", "make", "farm"), 2, "No such command"),
    (("stock", "receive", "farm", "CARROTS"), 2, "not written SKU=QUANTITY"),
    (("stock", "receive", "farm", "CARROTS=ten"), 2, "is not a number"),
    (("stock", "receive", "farm", "CARROTS=1_0"), 2, "is not a number"),
    (("stock", "count", "farm", "CARROTS", "NaN"), 2, "is not a number"),
    (("variant", "create", "farm", "LEEKS", "--retail-price", "x"), 2, "is not a number"),
    (("token", "issue", "farm", "--days", "0"), 2, "--days"),
    # Not there: exit code 3.
    (("location", "list", "nobody"), 3, "(identity.unknown_organisation)"),
    (("location", "list", "org_" + "0" * 32), 3, "(identity.unknown_organisation)"),
    (("variant", "deactivate", "farm", "LEEKS"), 3, "(catalogue.unknown_variant)"),
    (("stock", "receive", "farm", "LEEKS=1", "BEETS=2"), 3, "BEETS"),
    (("stock", "count", "farm", "CARROTS", "1", "--location", "moon"), 3, "unknown_location"),
    (("token", "revoke", "farm", "tok_" + "0" * 32), 3, "(identity.unknown_token [token])"),
    (("token", "revoke", "farm", "ent_app_x"), 3, "(identity.unknown_token [token])"),
    (("trading-right", "grant", "farm", "nobody", "session"), 3, "unknown_organisation"),
    (("trading-right", "end", "farm", "hub", "marketplace"), 3, "unknown_trading_right"),
    # Refused: exit code 4.
    (("organisation", "create", "farm"), 4, "(identity.slug_taken [slug])"),
    (("organisation", "create", "Farm!"), 4, "(identity.slug_not_valid [slug])"),
    (("location", "create", "farm", "barn"), 4, "(catalogue.code_taken [code])"),
    (("variant", "create", "farm", "CARROTS"), 4, "(catalogue.sku_taken"),
    (("variant", "create", "farm", "LEEKS", "--unit", ""), 4, "(catalogue.unit_not_valid"),
    (("token", "issue", "farm", "--scope", "stock:eat"), 4, "(identity.scope_not_valid [scopes])"),
    (("trading-right", "grant", "farm", "farm", "session"), 4, "right_with_oneself"),
    (("stock", "receive", "farm", "CARROTS=0"), 4, "(orders.quantity_not_positive"),
    (("stock", "receive", "farm", "CARROTS=0.0001"), 4, "(orders.quantity_too_precise"),
    (
        ("stock", "count", "farm", "CARROTS", "9", "--expected-version", "7"),
        4,
        "(stock.version_changed",
    ),
]


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
    """A farm with ten kilos of carrots in its barn, and a hub that may order them."""
    entrepot.done("organisation", "create", "farm", "--name", "The farm")
    entrepot.done("organisation", "create", "hub")
    entrepot.done("location", "create", "farm", "barn")
    entrepot.done("variant", "create", "farm", "CARROTS", "--unit", "kg", "--retail-price", "2.40")
    entrepot.done("stock", "receive", "farm", "CARROTS=10")
    entrepot.done("trading-right", "grant", "farm", "hub", "session")
    return entrepot


def test_a_network_is_set_up_and_listed(farm: CommandLine) -> None:
    organisations = farm.done("organisation", "list")["organisations"]
    assert [(each["slug"], each["name"]) for each in organisations] == [
        ("farm", "The farm"),
        ("hub", "hub"),
    ]
    (location,) = farm.done("location", "list", "farm")["locations"]
    assert (location["code"], location["ships_orders"]) == ("barn", True)
    (variant,) = farm.done("variant", "list", organisations[0]["id"])["variants"]
    assert (variant["sku"], variant["unit"], variant["retail_price"]) == ("CARROTS", "kg", "2.4")
    (right,) = farm.done("trading-right", "list", "hub")["trading_rights"]
    assert (right["seller"], right["kind"]) == (organisations[0]["id"], "session")


def test_people_read_tables(farm: CommandLine) -> None:
    for command, words in (
        (("organisation", "list"), "farm org_ The farm Europe/Amsterdam NL EUR"),
        (("location", "list", "farm"), "barn loc_ barn 0 yes"),
        (("variant", "list", "farm"), "CARROTS var_ CARROTS - kg 2.4 - active"),
        (("trading-right", "list", "farm"), "org_ org_ session active"),
        (("stock", "receive", "farm", "CARROTS=2.5"), "CARROTS barn 12.5 0 12.5 2"),
    ):
        ended = farm(*command)
        assert ended.code == 0, ended.err
        _, row, *_ = ended.out.splitlines()
        cells = [
            cell[:4] if cell.startswith(("org_", "loc_", "var_")) else cell for cell in row.split()
        ]
        assert cells == words.split()
        assert ended.err == ""


def test_an_empty_network_says_what_to_do(entrepot: CommandLine) -> None:
    ended = entrepot("organisation", "list")
    assert (ended.code, ended.out) == (0, "")
    assert "`entrepot organisation create`" in ended.err
    assert entrepot.done("organisation", "list") == {"organisations": []}


def test_stock_is_received_once_under_a_key(farm: CommandLine) -> None:
    command = ("stock", "receive", "farm", "CARROTS=5", "--key", "delivery-1")
    first = farm.done(*command)
    assert farm.done(*command) == first
    (position,) = first["positions"]
    assert (position["on_hand"], position["version"]) == ("15", 2)
    other = farm("stock", "receive", "farm", "CARROTS=6", "--key", "delivery-1")
    assert (other.code, other.out) == (4, "")
    assert "(request.key_reused" in other.err


def test_stock_is_counted_against_its_version(farm: CommandLine) -> None:
    counted = farm.done("stock", "count", "farm", "CARROTS", "9.5", "--expected-version", "1")
    assert (counted["positions"][0]["on_hand"], counted["positions"][0]["version"]) == ("9.5", 2)
    stale = farm("stock", "count", "farm", "CARROTS", "9", "--expected-version", "1", "--json")
    assert (stale.code, stale.out) == (4, "")
    assert '"code": "stock.version_changed"' in stale.err
    assert '"version": 2' in stale.err
    nothing = farm.done("stock", "count", "farm", "CARROTS", "0")
    assert nothing["positions"][0]["available"] == "0"


def test_a_variant_is_deactivated_and_activated(farm: CommandLine) -> None:
    assert farm.done("variant", "deactivate", "farm", "CARROTS")["state"] == "deactivated"
    assert farm.done("variant", "deactivate", "farm", "CARROTS")["state"] == "deactivated"
    assert farm.done("variant", "activate", "farm", "CARROTS")["state"] == "active"


def test_a_token_is_shown_once(farm: CommandLine) -> None:
    issued = farm("token", "issue", "hub", "--name", "web shop", "--days", "30")
    assert issued.code == 0
    secret = issued.out.strip()
    assert secret.startswith("ent_app_")
    (token,) = farm.done("token", "list", "hub")["tokens"]
    assert (token["name"], token["shown"]) == ("web shop", f"ent_app_...{secret[-4:]}")
    assert secret not in farm("token", "list", "hub").out
    assert "organisation:write" not in token["scopes"]
    revoked = farm.done("token", "revoke", "hub", token["id"])
    assert revoked["revoked_at"] is not None
    assert farm.done("token", "revoke", "hub", token["id"]) == revoked


def test_a_trading_right_is_ended(farm: CommandLine) -> None:
    assert farm.done("trading-right", "end", "farm", "hub", "session")["state"] == "ended"
    assert farm.done("trading-right", "grant", "farm", "hub", "session")["state"] == "active"


def test_every_mistake_is_told_on_stderr(farm: CommandLine) -> None:
    """One farm for all of them: a mistake changes nothing, so the next meets the same farm."""
    wrong = []
    for command, code, says in MISTAKES:
        ended = farm(*command)
        if ended.code != code or says not in ended.err or ended.out:
            wrong.append((command, ended))
    assert not wrong


def test_a_database_that_is_away(entrepot: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREPOT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    ended = entrepot("organisation", "list")
    assert (ended.code, ended.out) == (5, "")
    assert "cannot be reached" in ended.err


def test_a_setting_that_is_wrong(entrepot: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREPOT_PORT", "eighty")
    ended = entrepot("organisation", "list")
    assert (ended.code, ended.out) == (2, "")
    assert "ENTREPOT_PORT" in ended.err


def test_every_command_shows_an_example(entrepot: CommandLine) -> None:
    for group in ("organisation", "location", "variant", "token", "trading-right", "stock"):
        listed = entrepot(group, "--help").out.partition("Commands:")[2]
        commands = [
            line.split()[0]
            for line in listed.splitlines()
            if line.startswith("  ") and not line.startswith("   ")
        ]
        assert commands
        for command in commands:
            shown = entrepot(group, command, "--help").out
            assert f"entrepot {group} {command}" in shown.partition("Examples:")[2], command


@pytest.fixture
def environ(database: str, tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "ENTREPOT_DATABASE_URL": database,
        "ENTREPOT_DATA_DIR": str(tmp_path),
    }


def test_as_a_process_of_its_own(environ: dict[str, str]) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "entrepot", *arguments],
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )

    made = run("organisation", "create", "farm")
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.splitlines()[1].startswith("farm")
    again = run("organisation", "create", "farm")
    assert (again.returncode, again.stdout) == (4, "")
    assert again.stderr == (
        "entrepot: There is an organisation farm already; choose another slug."
        " (identity.slug_taken [slug])\n"
    )


@pytest.mark.parametrize(
    ("command", "never"),
    [
        (("version",), HEAVY | {"asyncpg", "entrepot.app", "entrepot.orders", "uvloop"}),
        (("organisation", "list", "--json"), HEAVY | {"entrepot.cli.demo", "entrepot.settlement"}),
    ],
)
def test_a_command_loads_only_what_it_needs(
    environ: dict[str, str], command: tuple[str, ...], never: set[str]
) -> None:
    """People and scripts wait for it every time."""
    done = subprocess.run(
        [sys.executable, "-c", WHAT_IS_LOADED, *command],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    loaded = set(done.stderr.split())
    assert done.returncode == 0, done.stderr
    assert "typer" in loaded
    assert sorted(loaded & never) == []


def test_the_shell_can_complete_commands(environ: dict[str, str]) -> None:
    completed = subprocess.run(
        [Path(sys.executable).with_name("entrepot")],
        env=environ
        | {
            "_ENTREPOT_COMPLETE": "complete_bash",
            "COMP_WORDS": "entrepot trading-right g",
            "COMP_CWORD": "2",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.stdout.split() == ["grant"]


def test_whom_an_identity_provider_vouches_for_is_bound_like_a_token(farm: CommandLine) -> None:
    at = ("--issuer", "https://login.example")
    bound = farm.done("token", "bind", "hub", *at, "--email", "Shop@Hub.example")
    assert bound["shown"] == "shop@hub.example at https://login.example"
    assert bound["scopes"] == ["orders:read", "orders:write", "catalogue:read"]
    taken = farm("token", "bind", "farm", *at, "--email", "shop@hub.example")
    assert (taken.code, "(identity.already_bound" in taken.err) == (4, True)
    farm.done("token", "revoke", "hub", bound["id"])
    again = farm.done("token", "bind", "farm", *at, "--email", "shop@hub.example")
    assert again["id"] in farm("token", "list", "farm").out
    farm.done("token", "bind", "hub", *at, "--client-id", "shop", "--scope", "orders:read")
    for both in ((), ("--email", "a@b.example", "--client-id", "c")):
        refused = farm("token", "bind", "hub", *at, *both)
        assert (refused.code, "--client-id" in refused.err) == (2, True)
