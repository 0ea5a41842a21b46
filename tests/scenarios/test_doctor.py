"""`entrepot doctor` tells people and scripts what is wrong, and mends what can be derived."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest

from entrepot.cli.exit_codes import ExitCode
from entrepot.infra.ids import new_id
from entrepot.infra.pool import open_pool
from entrepot.infra.settings import Settings
from entrepot.kernel.ids import Id
from tests.factories.cli import CommandLine, Ended
from tests.factories.counter import Counter, order_of
from tests.factories.damages import MAY_EDIT, dump, live, live_in_sessions, run_sql
from tests.factories.databases import Databases
from tests.factories.network import Network
from tests.factories.served import environ_of, served

T = TypeVar("T")

pytestmark = [
    pytest.mark.damages_database("that is what a doctor is for"),
    pytest.mark.usefixtures("durable_server"),
]


class Damage(NamedTuple):
    """What somebody did to the database, and an invariant by which that must be found."""

    sql: str
    breaks: str


def of(reference: str) -> str:
    return f"(SELECT id FROM orders WHERE reference = '{reference}')"


UNLIMITED = "(SELECT id FROM variants WHERE unlimited)"
PLENTY = f"(SELECT variant FROM order_lines WHERE order_id = {of('cancelled')})"

MENDED = (
    Damage(
        "UPDATE positions SET on_hand = on_hand + 1 WHERE NOT unlimited",
        "figures_are_sum_of_ledger",
    ),
    Damage(
        f"UPDATE positions SET held = held - 1 WHERE variant = {PLENTY}",
        "held_is_sum_of_live_holds",
    ),
    Damage(
        f"UPDATE positions SET allocated = 5 WHERE variant = {PLENTY}",
        "allocated_is_what_is_left",
    ),
    Damage("UPDATE positions SET version = version - 1", "versions_have_no_gap"),
    Damage(f"DELETE FROM positions WHERE variant = {UNLIMITED}", "versions_have_no_gap"),
    Damage(f"DELETE FROM positions WHERE variant = {PLENTY}", "held_is_sum_of_live_holds"),
    Damage(
        f"UPDATE order_lines SET held = held - 1 WHERE order_id = {of('complete')} AND line_no = 1",
        "lines_hold_what_their_holds_keep",
    ),
    Damage(
        "UPDATE order_lines SET shipped = shipped - 1 WHERE shipped > 0",
        "shipped_is_what_was_converted",
    ),
    Damage("DELETE FROM waiting_lines", "queue_mirrors_orders"),
    Damage("UPDATE waiting_lines SET missing = missing + 1", "queue_mirrors_orders"),
    Damage(
        "INSERT INTO waiting_lines SELECT owner, variant, place || 'f', line_no, organisation,"
        " gen_random_uuid(), missing FROM waiting_lines",
        "queue_mirrors_orders",
    ),
    Damage("UPDATE orders SET next_hold_no = 1", "hold_numbers_are_not_reused"),
    Damage("UPDATE orders SET queue_place = '0' || queue_place", "places_follow_from_orders"),
    Damage(
        f"UPDATE orders SET fulfilment_status = 'fulfilled' WHERE id = {of('complete')}",
        "statuses_agree",
    ),
)

LEFT_ALONE = (
    Damage("DELETE FROM ledger WHERE kind = 'ship'", "versions_have_no_gap"),
    Damage("DELETE FROM holds WHERE state = 'live'", "held_is_sum_of_live_holds"),
    Damage("UPDATE holds SET ended_version = 1 WHERE state = 'released'", "holds_end_in_ledger"),
    Damage("UPDATE ledger SET on_hand = on_hand + 1 WHERE version = 1", "ledger_rows_add_up"),
    Damage("UPDATE positions SET version = version + 1", "versions_have_no_gap"),
    Damage(f"DELETE FROM order_lines WHERE order_id = {of('complete')}", "orders_have_lines"),
    Damage(
        f"UPDATE order_lines SET quantity = 9 WHERE order_id = {of('complete')} AND line_no = 1",
        "lines_add_up",
    ),
    Damage(
        f"UPDATE orders SET payment_status = 'unpaid' WHERE id = {of('complete')}", "statuses_agree"
    ),
    Damage(
        "INSERT INTO idempotency_keys SELECT organisation, key || '-again', body_hash, act,"
        " claimed_at FROM idempotency_keys LIMIT 1",
        "acts_have_one_key",
    ),
)


class Patient:
    """A database with a past, and the command line of who looks after it."""

    def __init__(
        self, entrepot: CommandLine, databases: Databases, database: str, settings: Settings
    ) -> None:
        self.entrepot = entrepot
        self.databases = databases
        self.database = database
        self.settings = settings

    def given(self, happens: Callable[[Network, Counter], Awaitable[T]]) -> T:
        """Let something happen in the database."""

        async def run() -> T:
            pool = await open_pool(self.database, self.settings)
            try:
                return await happens(Network(pool), Counter(pool))
            finally:
                await pool.close()

        return asyncio.run(run())

    def sql(self, *statements: str) -> None:
        asyncio.run(run_sql(self.database, MAY_EDIT, *statements))

    def dump(self) -> dict[str, list[str]]:
        return asyncio.run(dump(self.database))

    def breaches(self) -> set[str]:
        """The names of the invariants that do not hold, without asking the command."""
        return {each.invariant for each in asyncio.run(self.databases.broken_now(self.database))}

    def doctor(self, *options: str) -> Ended:
        return self.entrepot("doctor", "--json", *options)

    def broken(self, ended: Ended | None = None) -> list[str]:
        """The names of what is broken."""
        found = (ended or self.doctor()).json["findings"]
        return [each["check"] for each in found if each["state"] == "broken"]


@pytest.fixture
def entrepot(
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> CommandLine:
    return CommandLine(database, tmp_path, monkeypatch, capsys)


@pytest.fixture
def patient(
    entrepot: CommandLine, databases: Databases, database: str, settings: Settings
) -> Patient:
    """A database in which everything has happened once."""
    patient = Patient(entrepot, databases, database, settings)
    patient.given(live)
    return patient


def finding(ended: Ended, check: str) -> Any:  # noqa: ANN401 - JSON, as a script reads it
    (found,) = [each for each in ended.json["findings"] if each["check"] == check]
    return found


class _Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


class TestFindings:
    """What doctor says when nobody asks it to repair."""

    def test_a_sound_installation(self, patient: Patient) -> None:
        ended = patient.entrepot("doctor")
        assert (ended.code, ended.err) == (0, "Everything agrees.\n")
        assert "PostgreSQL 18" in ended.out
        ended = patient.doctor()
        assert ended.code == 0
        found = ended.json["findings"]
        assert {each["state"] for each in found} == {"ok"}
        assert [each["check"] for each in found if each["kind"] == "installation"] == [
            "database",
            "connections",
            "clock",
            "time_zones",
            "durability",
            "vacuuming",
            "schema_is_current",
            "outbox",
            "keys",
            "feed",
            "queue_parks_nothing",
            "limits",
            "rechecks",
        ]
        assert ended.json["repairs"] is None

    def test_a_damaged_database(self, patient: Patient) -> None:
        patient.sql(LONELY_OUTBOX_ROW)
        ended = patient.entrepot("doctor")
        assert ended.code == ExitCode.PROBLEMS_FOUND
        assert "acts_are_told: Restore the rows" in ended.out
        assert "act=None, event=stock.received" in ended.out
        assert ended.err.startswith("1 place is broken.")
        ended = patient.doctor()
        assert ended.code == ExitCode.PROBLEMS_FOUND
        broken = finding(ended, "acts_are_told")
        assert broken["places"][0]["facts"] == {"act": None, "event": "stock.received"}
        assert broken["facts"] == {"places": 1, "more": False}

    def test_a_database_of_an_older_release(self, patient: Patient) -> None:
        patient.sql(FORGET_LAST_MIGRATION)
        ended = patient.doctor()
        assert (ended.code, patient.broken(ended)) == (6, ["schema_is_current"])
        assert "`entrepot migrate`" in finding(ended, "schema_is_current")["do"]
        ended = patient.entrepot("doctor", "--repair", "--yes")
        assert (ended.code, ended.err) == (6, "1 check of the installation failed.\n")

    def test_it_works_while_a_server_runs(self, patient: Patient, tmp_path: Path) -> None:
        patient.sql("DELETE FROM waiting_lines")
        with served(environ_of(patient.database, tmp_path), "serve") as process:
            process.read_until("Entrepot is at ")
            assert patient.broken() == ["queue_mirrors_orders"]
            assert patient.doctor("--repair", "--yes").code == 0

    def test_a_database_of_a_newer_release(self, patient: Patient) -> None:
        patient.sql("INSERT INTO schema_migrations (name, sha256) VALUES ('9999_later', '')")
        ended = patient.doctor()
        assert (ended.code, patient.broken(ended)) == (6, ["schema_is_current"])
        assert "9999_later" in finding(ended, "schema_is_current")["says"]

    def test_limits_that_nobody_sweeps(self, patient: Patient) -> None:
        async def lapse(network: Network, counter: Counter) -> Id:
            owner = await network.organisation()
            variant = await network.variant(owner)
            await counter.receive(owner, variant, 5)
            order = order_of((variant, 5))
            await counter.place(owner, order)
            return order.order

        order = patient.given(lapse)
        past = "'2020-01-01T00:00:00Z'"
        patient.sql(
            f"UPDATE orders SET hold_until = {past} WHERE id = '{order}'",
            f"UPDATE holds SET expires_at = {past} WHERE order_id = '{order}'",
        )
        ended = patient.doctor()
        limits = finding(ended, "limits")
        assert (ended.code, limits["state"]) == (0, "warning")
        assert "`entrepot work`" in limits["do"]
        assert limits["facts"]["orders"] == limits["facts"]["holds"] == 1
        assert patient.entrepot("doctor").err == "Everything agrees; 1 to look at.\n"

    def test_old_keys_that_nobody_purges(self, patient: Patient) -> None:
        patient.sql("UPDATE idempotency_keys SET claimed_at = now() - interval '40 days'")
        assert finding(patient.doctor(), "keys")["state"] == "warning"

    def test_options_that_need_another(self, patient: Patient) -> None:
        for option in ("--yes", "--dry-run"):
            ended = patient.entrepot("doctor", option)
            assert (ended.code, ended.out) == (ExitCode.USAGE, "")
            assert "--repair" in ended.err


class TestRepair:
    """What `--repair` rebuilds, and what it leaves to a person."""

    def test_whatever_can_be_derived_is_mended(self, patient: Patient) -> None:
        sound = _comparable(patient.dump())
        for number, damage in enumerate(MENDED, 1):
            patient.sql(damage.sql)
            assert damage.breaks in patient.breaches(), damage.sql
            ended = patient.doctor("--repair", "--yes")
            assert (ended.code, patient.broken(ended)) == (0, []), f"{damage.sql}: {ended.err}"
            assert ended.json["repairs"]["count"] == len(ended.json["repairs"]["happened"]) > 0
            assert _comparable(patient.dump()) == sound, f"{number}: {damage.sql}"
        assert patient.doctor("--repair", "--yes").json["repairs"] is None

    def test_whatever_is_lost_is_left_to_a_person(self, patient: Patient) -> None:
        for damage in LEFT_ALONE:
            patient.sql(*KEEP, damage.sql)
            before = patient.dump()
            assert damage.breaks in patient.breaches(), damage.sql
            ended = patient.doctor("--repair", "--yes")
            assert ended.code == ExitCode.PROBLEMS_FOUND
            assert damage.breaks in patient.broken(ended), damage.sql
            assert finding(ended, damage.breaks)["do"]
            assert ended.json["repairs"]["count"] == 0, damage.sql
            assert patient.dump() == before, damage.sql
            patient.sql(*RESTORE)
        assert patient.broken() == []

    def test_what_sessions_hold_is_mended(self, patient: Patient) -> None:
        patient.given(live_in_sessions)
        sound = patient.dump()["window_products"]
        patient.sql("UPDATE window_products SET held = held + 1")
        assert patient.broken() == ["sessions_hold_what_their_orders_hold"]
        ended = patient.doctor("--repair", "--yes")
        assert {each["act"] for each in ended.json["repairs"]["happened"]} == {
            "orders.session_repaired"
        }
        assert (ended.code, patient.broken()) == (0, [])
        assert patient.dump()["window_products"] == sound

    def test_one_that_is_lost_keeps_no_other_from_being_mended(self, patient: Patient) -> None:
        patient.sql(LEFT_ALONE[0].sql, "DELETE FROM waiting_lines")
        ended = patient.doctor("--repair", "--yes")
        assert ended.code == ExitCode.PROBLEMS_FOUND
        assert "queue_mirrors_orders" not in patient.broken(ended)
        assert "versions_have_no_gap" in patient.broken(ended)

    def test_repairs_are_audited(self, patient: Patient) -> None:
        patient.sql(MENDED[0].sql, "DELETE FROM waiting_lines")
        happened = patient.doctor("--repair", "--yes").json["repairs"]["happened"]
        assert {each["act"] for each in happened} == {"stock.repaired", "orders.repaired"}
        audited = patient.dump()["audit"]
        for each in happened:
            assert any(each["act"] in row and each["subject"] in row for row in audited)
        figures = next(each for each in happened if each["act"] == "stock.repaired")["answer"]
        assert int(figures["before"]["on_hand"]) == int(figures["after"]["on_hand"]) + 1

    def test_those_who_wait_are_looked_at_again(self, patient: Patient) -> None:
        patient.sql("UPDATE positions SET recheck_after = NULL", "DELETE FROM waiting_lines")
        assert patient.doctor("--repair", "--yes").code == 0
        assert finding(patient.doctor(), "rechecks")["facts"]["positions"] == 1

    def test_a_dry_run_changes_nothing(self, patient: Patient) -> None:
        patient.sql(MENDED[0].sql, MENDED[6].sql)
        before = patient.dump()
        ended = patient.doctor("--repair", "--dry-run")
        assert ended.code == ExitCode.PROBLEMS_FOUND
        assert patient.broken(ended)
        repairs = ended.json["repairs"]
        assert (repairs["dry_run"], repairs["count"]) == (True, 3)
        assert {each["state"] for each in repairs["findings"]} == {"ok"}
        assert patient.dump() == before
        shown = patient.entrepot("doctor", "--repair", "--dry-run")
        assert "Would be rebuilt:" in shown.out
        assert "3 places would be rebuilt, and 0 invariants stay broken." in shown.err

    def test_nobody_is_there_to_ask(self, patient: Patient) -> None:
        patient.sql("DELETE FROM waiting_lines")
        before = patient.dump()
        ended = patient.entrepot("doctor", "--repair")
        assert (ended.code, ended.out) == (ExitCode.USAGE, "")
        assert "--yes" in ended.err
        assert patient.dump() == before

    def test_a_person_is_asked(self, patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
        patient.sql("DELETE FROM waiting_lines")
        monkeypatch.setattr("sys.stdin", _Terminal("n\ny\n"))
        declined = patient.entrepot("doctor", "--repair")
        assert declined.code == ExitCode.PROBLEMS_FOUND
        assert declined.err.endswith("Nothing was changed.\n")
        assert patient.entrepot("doctor", "--repair").code == 0

    def test_many_orders_take_several_chunks(
        self, patient: Patient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("entrepot.orders.actions.rebuild_orders.ORDERS_MAX", 1)
        monkeypatch.setattr("entrepot.stock.actions.rebuild_figures.POSITIONS_MAX", 1)
        patient.sql(MENDED[0].sql, "UPDATE orders SET next_hold_no = 1")
        ended = patient.doctor("--repair", "--yes")
        assert (ended.code, patient.broken(ended)) == (0, [])
        assert ended.json["repairs"]["count"] > 4


KEPT = ("ledger", "holds", "positions", "orders", "order_lines", "idempotency_keys")
KEEP = tuple(
    statement
    for table in KEPT
    for statement in (
        f"DROP TABLE IF EXISTS kept_{table}",
        f"CREATE TABLE kept_{table} AS TABLE {table}",
    )
)
RESTORE = tuple(
    statement
    for table in KEPT
    for statement in (
        f"DELETE FROM {table}",
        f"INSERT INTO {table} SELECT * FROM kept_{table}",
        f"DROP TABLE kept_{table}",
    )
)

LONELY_OUTBOX_ROW = (
    "INSERT INTO outbox (organisation, id, at, event, subject)"
    f" VALUES ('{new_id()}', '{new_id()}', now(), 'stock.received', 'var_1')"
)
FORGET_LAST_MIGRATION = (
    "DELETE FROM schema_migrations WHERE name = (SELECT max(name) FROM schema_migrations)"
)


def _comparable(dumped: dict[str, list[str]]) -> dict[str, list[str]]:
    """What a repair must bring back: all but its own audit, and the marks for those who wait."""
    left_out = {"audit", "outbox"}
    compared = {name: rows for name, rows in dumped.items() if name not in left_out}
    compared["positions"] = sorted(row.rpartition(",")[0] for row in compared["positions"])
    return compared
