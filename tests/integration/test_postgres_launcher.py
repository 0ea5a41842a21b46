"""Entrepot's own PostgreSQL starts, survives whatever kills it or its supervisor, and stops."""

from __future__ import annotations

import asyncio
import os
import pwd
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import pytest

from entrepot.infra.postgres import (
    PostgresRefusal,
    PostgresUnavailable,
    Supervisor,
    running_database,
)
from entrepot.infra.postgres.places import Places, places_for
from entrepot.infra.postgres.process import server_pid
from entrepot.infra.settings import Settings
from tests.factories.patience import eventually
from tests.factories.used_before import UsedBefore
from tests.fakes.log import NullLog, RecordingLog
from tests.fakes.other_process import other_process

AS_ROOT = os.geteuid() == 0
NOBODY = 65534
only_root = pytest.mark.skipif(not AS_ROOT, reason="only root runs PostgreSQL as another user")


def settings_for(data_dir: Path, **variables: str) -> Settings:
    return Settings.from_environment({"ENTREPOT_DATA_DIR": str(data_dir), **variables})


@pytest.fixture
def settings(open_dir: Path) -> Settings:
    return settings_for(open_dir / "data")


@pytest.fixture
def places(settings: Settings) -> Places:
    return places_for(settings.data_dir)


@pytest.fixture
def used_before(settings: Settings, used_dirs: UsedBefore) -> Iterator[None]:
    """This test's data directory is one that was used before."""
    used_dirs.move_to(settings.data_dir)
    yield
    used_dirs.take_back(settings.data_dir)


@pytest.fixture
def programs_before(settings: Settings, used_dirs: UsedBefore) -> None:
    """In this test's data directory lie the programs, but no cluster."""
    settings.data_dir.mkdir()
    used_dirs.put_engine(settings.data_dir)


@asynccontextmanager
async def supervised(settings: Settings) -> AsyncIterator[tuple[Supervisor, RecordingLog]]:
    log = RecordingLog()
    supervisor = Supervisor(settings, log)
    await supervisor.start()
    try:
        yield supervisor, log
    finally:
        await supervisor.stop()


async def run_sql(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def answering(dsn: str) -> bool:
    try:
        await run_sql(dsn, "SELECT 1")
    except (OSError, asyncpg.PostgresError):
        return False
    return True


def running_pid(places: Places) -> int:
    pid = server_pid(places)
    assert pid is not None
    return pid


def owner_of(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def program_of(pid: int) -> Path:
    return Path(f"/proc/{pid}/exe").readlink()


def is_zombie(pid: int) -> bool:
    return ") Z " in Path(f"/proc/{pid}/stat").read_text()


@contextmanager
def bystander(places: Places) -> Iterator[int]:
    """The number of a live process of the user that owns the cluster, which is no server."""
    uid = places.data.stat().st_uid if AS_ROOT else None
    with subprocess.Popen(["/bin/sleep", "60"], user=uid) as child:
        yield child.pid
        child.kill()


def put_first_line(path: Path, line: str) -> None:
    path.write_text("\n".join([line, *path.read_text().split("\n")[1:]]))


def output(command: list[str | Path], user: int | None = None) -> str:
    """Everything that a program writes, its complaints included."""
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        user=user,
        check=False,
    )
    return done.stdout


class TestOneProcess:
    @pytest.mark.usefixtures("programs_before")
    async def test_starts_keeps_data_and_stops(self, settings: Settings, places: Places) -> None:
        async with running_database(settings, NullLog()) as dsn:
            await run_sql(dsn, "CREATE TABLE kept AS SELECT 7 AS n")
            assert running_pid(places)
        assert server_pid(places) is None
        assert not (places.data / "postmaster.pid").exists()
        async with running_database(settings, NullLog()) as dsn:
            assert await run_sql(dsn, "SELECT n FROM kept") == 7

    @pytest.mark.usefixtures("used_before")
    async def test_is_set_up_as_designed(self, settings: Settings, places: Places) -> None:
        async with running_database(settings, NullLog()) as dsn:
            for name, value in {
                "listen_addresses": "",
                "fsync": "on",
                "data_checksums": "on",
                "jit": "off",
                "TimeZone": "UTC",
                "max_wal_size": "4GB",
            }.items():
                assert await run_sql(dsn, f"SHOW {name}") == value, name
            provider = "SELECT datlocprovider::text || datlocale FROM pg_database"
            assert await run_sql(dsn, f"{provider} WHERE datname = 'entrepot'") == "bC.UTF-8"
            assert await run_sql(dsn, "SELECT current_user::text") == "entrepot"
            assert await run_sql(dsn, "SHOW is_superuser") == "off"
        for path in (places.data, places.socket, places.log):
            assert stat.S_IMODE(path.stat().st_mode) == 0o700, path

    @pytest.mark.usefixtures("used_before")
    async def test_local_configuration_wins_and_stays(
        self, settings: Settings, places: Places
    ) -> None:
        (places.conf / "local.conf").write_text("work_mem = '7MB'\nport = 5432\n")
        (places.conf / "postgresql.conf").write_text("nonsense")
        async with running_database(settings, NullLog()) as dsn:
            assert await run_sql(dsn, "SHOW work_mem") == "7MB"

    async def test_a_given_database_is_only_passed_on(self, open_dir: Path) -> None:
        url = "postgresql://somebody@elsewhere/db"
        settings = settings_for(open_dir / "data", ENTREPOT_DATABASE_URL=url)
        async with running_database(settings, NullLog()) as dsn:
            assert dsn == url
        assert not settings.data_dir.exists()

    @pytest.mark.usefixtures("used_before")
    async def test_ctrl_c_in_the_terminal_does_not_reach_the_server(
        self, settings: Settings, places: Places
    ) -> None:
        async with supervised(settings):
            assert os.getsid(running_pid(places)) != os.getsid(0)
            assert os.getpgid(running_pid(places)) != os.getpgid(0)

    async def test_an_odd_path(self, open_dir: Path) -> None:
        await _runs_with_a_short_socket(settings_for(open_dir / "it's, %41 ü"))

    async def test_a_long_path(self, open_dir: Path, used_dirs: UsedBefore) -> None:
        settings = settings_for(open_dir / ("x" * 100))
        used_dirs.move_to(settings.data_dir)
        await _runs_with_a_short_socket(settings)
        used_dirs.take_back(settings.data_dir)


async def _runs_with_a_short_socket(settings: Settings) -> None:
    """The server and a follower find one another, though the socket lies elsewhere."""
    async with running_database(settings, NullLog()) as dsn:
        assert await run_sql(dsn, "SELECT 1") == 1
        short = places_for(settings.data_dir).socket
        assert not short.is_relative_to(settings.data_dir)
        with other_process(settings.data_dir) as other:
            assert other.wait_for("ready")[1] == "following"
    assert not short.exists()


async def _answers_once(settings: Settings, log: NullLog) -> bool:
    async with running_database(settings, log) as dsn:
        return await answering(dsn)


@pytest.mark.usefixtures("used_before")
class TestDeaths:
    async def test_a_killed_server_is_restarted_with_its_data(
        self, settings: Settings, places: Places
    ) -> None:
        async with supervised(settings) as (_, log):
            dsn = places.dsn()
            for n in range(3):
                await run_sql(dsn, f"CREATE TABLE t{n} ()")
                before = running_pid(places)
                os.kill(before, signal.SIGKILL)
                await eventually(lambda: log.events.count("postgres.restarted") == n + 1)  # noqa: B023 - called within the round
                assert running_pid(places) != before
                assert await run_sql(dsn, f"SELECT to_regclass('t{n}')::text") == f"t{n}"

    async def test_a_killed_server_with_a_busy_client_is_restarted(
        self, settings: Settings, places: Places
    ) -> None:
        # A backend in the middle of a long statement outlives its server and blocks the next one.
        async with supervised(settings) as (_, log):
            connection = await asyncpg.connect(places.dsn())
            busy = "SELECT count(*) FROM generate_series(1, 100000000000)"
            query = asyncio.create_task(connection.execute(busy))
            await asyncio.sleep(0.2)
            os.kill(running_pid(places), signal.SIGKILL)
            await eventually(lambda: "postgres.restarted" in log.events)
            assert await answering(places.dsn())
            with pytest.raises((asyncpg.PostgresError, OSError)):
                await query

    async def test_an_orphan_is_adopted(self, settings: Settings, places: Places) -> None:
        with other_process(settings.data_dir) as other:
            assert other.wait_for("ready")[1] == "leading"
            pid = running_pid(places)
            other.child.kill()
        assert await answering(places.dsn())
        async with supervised(settings) as (supervisor, log):
            assert supervisor.leads
            assert "postgres.adopted" in log.events
            assert running_pid(places) == pid
            # And it is looked after as if it were our own child.
            os.kill(pid, signal.SIGKILL)
            await eventually(lambda: "postgres.restarted" in log.events)
        assert server_pid(places) is None

    async def test_after_a_power_cut(self, settings: Settings, places: Places) -> None:
        with other_process(settings.data_dir) as other:
            other.wait_for("ready")
            other.child.kill()
            os.kill(running_pid(places), signal.SIGKILL)
        async with running_database(settings, NullLog()) as dsn:
            assert await answering(dsn)

    async def test_a_server_that_dies_while_it_is_adopted_is_replaced(
        self, settings: Settings, places: Places
    ) -> None:
        """A killed process is still seen to run for a moment: here the moment is made long."""
        with other_process(settings.data_dir) as other:
            other.wait_for("ready")
            other.child.kill()
            dying = running_pid(places)
            os.kill(dying, signal.SIGSTOP)
        log = RecordingLog()
        starting = asyncio.create_task(_answers_once(settings, log))
        await eventually(lambda: "postgres.adopted" in log.events)
        os.kill(dying, signal.SIGKILL)
        assert await asyncio.wait_for(starting, 60)

    async def test_lock_files_that_name_another_program(
        self, settings: Settings, places: Places
    ) -> None:
        with other_process(settings.data_dir) as other:
            other.wait_for("ready")
            other.child.kill()
            os.kill(running_pid(places), signal.SIGKILL)
        with bystander(places) as pid:
            for path in (places.data / "postmaster.pid", places.socket / ".s.PGSQL.5432.lock"):
                put_first_line(path, str(pid))
            async with running_database(settings, NullLog()) as dsn:
                assert await answering(dsn)

    async def test_a_dead_server_that_nobody_reaped_counts_as_dead(
        self, settings: Settings, places: Places
    ) -> None:
        with other_process(settings.data_dir) as parent:
            parent.wait_for("ready")
            pid = running_pid(places)
            async with supervised(settings) as (supervisor, log):
                assert not supervisor.leads
                parent.order("leave")
                parent.wait_for("left")
                await eventually(lambda: supervisor.leads)
                os.kill(pid, signal.SIGKILL)
                await eventually(lambda: "postgres.restarted" in log.events)
                assert is_zombie(pid)
                assert await answering(places.dsn())

    async def test_a_restart_that_fails_is_tried_again(
        self, settings: Settings, places: Places
    ) -> None:
        async with supervised(settings) as (_, log):
            (places.conf / "local.conf").write_text("nonsense\n")
            os.kill(running_pid(places), signal.SIGKILL)
            await eventually(lambda: "postgres.restart_failed" in log.events)
            (places.conf / "local.conf").write_text("")
            await eventually(lambda: "postgres.restarted" in log.events)


class TestSeveralProcesses:
    @pytest.mark.usefixtures("used_before")
    async def test_one_leads_the_other_follows_and_takes_over(
        self, settings: Settings, places: Places
    ) -> None:
        with other_process(settings.data_dir) as other:
            assert other.wait_for("ready")[1] == "leading"
            pid = running_pid(places)
            async with supervised(settings) as (supervisor, log):
                assert not supervisor.leads
                connection = await asyncpg.connect(places.dsn())
                other.order("exit")
                other.wait_for("gone")
                await eventually(lambda: supervisor.leads)
                assert log.events == ["postgres.supervision_taken_over"]
                # No outage: the very connection lives on.
                assert await connection.fetchval("SELECT 1") == 1
                await connection.close()
                assert running_pid(places) == pid
        assert server_pid(places) is None

    @pytest.mark.usefixtures("used_before")
    async def test_a_follower_leaves_without_a_trace(
        self, settings: Settings, places: Places
    ) -> None:
        async with supervised(settings) as (supervisor, _):
            pid = running_pid(places)
            with other_process(settings.data_dir) as other:
                assert other.wait_for("ready")[1] == "following"
            assert supervisor.leads
            assert running_pid(places) == pid

    @pytest.mark.usefixtures("programs_before")
    async def test_many_arrive_and_leave_at_once(self, settings: Settings, places: Places) -> None:
        for _ in range(3):
            supervisors = [Supervisor(settings, NullLog()) for _ in range(6)]
            await asyncio.gather(*(supervisor.start() for supervisor in supervisors))
            assert [supervisor.leads for supervisor in supervisors].count(True) == 1
            assert await answering(places.dsn())
            await asyncio.gather(*(supervisor.stop() for supervisor in supervisors))
            assert server_pid(places) is None


class TestCutOffMidway:
    @pytest.mark.usefixtures("programs_before")
    async def test_a_half_made_cluster_is_made_again(
        self, settings: Settings, places: Places
    ) -> None:
        places.base.mkdir()
        (places.base / "data.new").mkdir()
        (places.base / "data.new" / "PG_VERSION").write_text("18\n")
        async with running_database(settings, NullLog()) as dsn:
            assert await answering(dsn)
        assert not (places.base / "data.new").exists()

    @only_root
    @pytest.mark.usefixtures("used_before")
    async def test_half_made_programs_are_copied_again(
        self, settings: Settings, places: Places
    ) -> None:
        [engine] = places.engines.iterdir()
        [program] = engine.glob("*/pginstall/bin/postgres")
        size = program.stat().st_size
        places.engines.unlink()  # these are everybody's
        half = places.engines / program.relative_to(places.engines)
        half.parent.mkdir(parents=True)
        half.write_bytes(b"")
        (places.engines / f"{engine.name}.new").mkdir()
        async with running_database(settings, NullLog()) as dsn:
            assert await answering(dsn)
            assert program_of(running_pid(places)) == half
        assert half.stat().st_size == size

    async def test_told_to_stop_while_starting(self, settings: Settings, places: Places) -> None:
        for seconds in (0.01, 0.3, 0.6, 0.9):
            supervisor = Supervisor(settings, NullLog())
            starting = asyncio.create_task(supervisor.start())
            await asyncio.sleep(seconds)
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            await supervisor.stop()
            assert server_pid(places) is None
        async with running_database(settings, NullLog()) as dsn:
            assert await answering(dsn)


class TestRefusals:
    @pytest.mark.usefixtures("used_before")
    async def test_a_cluster_of_another_version(self, settings: Settings, places: Places) -> None:
        (places.data / "PG_VERSION").write_text("12\n")
        with pytest.raises(PostgresRefusal, match="made by PostgreSQL 12"):
            await Supervisor(settings, NullLog()).start()

    async def test_a_directory_without_programs(self, open_dir: Path) -> None:
        settings = settings_for(open_dir / "data", ENTREPOT_POSTGRES_BIN=str(open_dir))
        with pytest.raises(PostgresRefusal, match="does not hold the programs"):
            await Supervisor(settings, NullLog()).start()

    async def test_an_engine_that_is_too_old(self, open_dir: Path) -> None:
        for name in ("postgres", "initdb"):
            (open_dir / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 12.22'\n")
            (open_dir / name).chmod(0o755)
        settings = settings_for(open_dir / "data", ENTREPOT_POSTGRES_BIN=str(open_dir))
        with pytest.raises(PostgresRefusal, match=r"is version 12\.22; Entrepot needs 18"):
            await Supervisor(settings, NullLog()).start()

    async def test_a_data_directory_that_is_a_file(self, open_dir: Path) -> None:
        (open_dir / "data").write_text("")
        with pytest.raises(PostgresRefusal, match="ENTREPOT_DATA_DIR"):
            await Supervisor(settings_for(open_dir / "data"), NullLog()).start()

    @only_root
    async def test_a_path_that_a_shell_would_read(
        self, open_dir: Path, used_dirs: UsedBefore
    ) -> None:
        settings = settings_for(open_dir / "$(touch oops)")
        settings.data_dir.mkdir()
        used_dirs.put_engine(settings.data_dir)
        with pytest.raises(PostgresRefusal, match="a dollar sign"):
            await Supervisor(settings, NullLog()).start()

    @pytest.mark.usefixtures("used_before")
    async def test_a_server_that_does_not_start_says_why(
        self, settings: Settings, places: Places
    ) -> None:
        (places.conf / "local.conf").write_text("shared_buffers = 'much'\n")
        with pytest.raises(PostgresUnavailable, match="shared_buffers"):
            await Supervisor(settings, NullLog()).start()


@only_root
class TestAsRoot:
    async def test_the_server_runs_as_the_system_user(
        self, settings: Settings, places: Places
    ) -> None:
        async with supervised(settings):
            uid = pwd.getpwnam("entrepot").pw_uid
            assert owner_of(running_pid(places)) == uid
            assert places.data.stat().st_uid == uid
            assert places.base.stat().st_uid == 0
            [engine] = places.engines.iterdir()
            written_by_others = [
                path
                for path in [engine, *engine.rglob("*")]
                if path.lstat().st_uid != 0
                or (not path.is_symlink() and path.stat().st_mode & 0o022)
            ]
            assert written_by_others == []
            assert program_of(running_pid(places)).is_relative_to(engine)

    @pytest.mark.usefixtures("used_before")
    async def test_the_copied_tools_find_their_libraries(
        self, settings: Settings, places: Places
    ) -> None:
        async with supervised(settings):
            [tool] = places.engines.glob("*/*/pginstall/bin/psql")
            assert output([tool, places.dsn(), "-Atc", "SELECT 1"]) == "1\n"

    @pytest.mark.usefixtures("used_before")
    async def test_other_users_get_no_connection(self, settings: Settings, places: Places) -> None:
        async with supervised(settings):
            assert "Permission denied" in output(["/bin/ls", places.socket], user=NOBODY)

    async def test_a_data_directory_out_of_the_users_reach(self, open_dir: Path) -> None:
        home = open_dir / "home"
        home.mkdir(mode=0o700)
        with pytest.raises(PostgresRefusal, match=f"may not enter {home}"):
            await Supervisor(settings_for(home / "data"), NullLog()).start()
        assert stat.S_IMODE(home.stat().st_mode) == 0o700

    @pytest.mark.usefixtures("used_before")
    async def test_a_cluster_of_another_user(self, settings: Settings, places: Places) -> None:
        os.chown(places.data, NOBODY, NOBODY)
        with pytest.raises(PostgresRefusal, match="belongs to nobody"):
            await Supervisor(settings, NullLog()).start()

    async def test_root_as_the_system_user(self, open_dir: Path) -> None:
        settings = settings_for(open_dir / "data", ENTREPOT_POSTGRES_USER="root")
        with pytest.raises(PostgresRefusal, match="which is root"):
            await Supervisor(settings, NullLog()).start()

    async def test_a_system_user_that_cannot_be_made(self, open_dir: Path) -> None:
        settings = settings_for(open_dir / "data", ENTREPOT_POSTGRES_USER="no:such:user")
        with pytest.raises(PostgresRefusal, match="could not be made"):
            await Supervisor(settings, NullLog()).start()

    async def test_an_ordinary_user(self, open_dir: Path) -> None:
        python = _python_for_everybody()
        os.chown(open_dir, NOBODY, NOBODY)
        places = places_for(open_dir / "data")
        with other_process(places.root, user=NOBODY, python=[python]) as other:
            assert other.wait_for("ready")[1] == "leading"
            assert owner_of(running_pid(places)) == NOBODY
            assert stat.S_IMODE(places.root.stat().st_mode) == 0o700
            assert not places.engines.exists()
        assert server_pid(places) is None


def _python_for_everybody() -> str:
    """An interpreter of this very version that an ordinary user may run."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/python{version}"):
        try:
            done = subprocess.run([candidate, "-V"], capture_output=True, user=NOBODY, check=False)
        except OSError:
            continue
        if done.returncode == 0:
            return candidate
    pytest.skip("no interpreter of this version that an ordinary user may run")
