"""The server process itself: is it alive, start it, wait until it answers, stop it.

All of it by process id and by what the kernel says about it, because the server may have been
started by a process that is gone. Linux only: it reads /proc.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from pathlib import Path
from typing import TypeGuard

import asyncpg

from entrepot.infra.clock import monotonic_seconds
from entrepot.infra.postgres.account import Account
from entrepot.infra.postgres.cluster import server_environment
from entrepot.infra.postgres.engine import Engine
from entrepot.infra.postgres.errors import PostgresUnavailable
from entrepot.infra.postgres.places import PORT, Places

POLL_SECONDS = 0.02
STOP_SECONDS_MAX = 120.0
LEFTOVER_PATIENCE_SECONDS = 1.0

_START_LOG_LINES_SHOWN = 8
_STATUS_LINE = 7


def server_pid(places: Places) -> int | None:
    """The process that serves this data directory now, or None.

    A process counts only if it is alive (a killed one that nobody has reaped is not) and works in
    the data directory (a number that was given to another program since does not).
    """
    pid = _noted_pid(places)
    return pid if pid is not None and _serves(pid, places) else None


def is_ready(places: Places) -> bool:
    """Whether the running server has noted that it accepts connections."""
    try:
        lines = (places.data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready"


async def answers(dsn: str) -> bool:
    """Whether a connection to `dsn` succeeds now."""
    try:
        connection = await asyncpg.connect(dsn, timeout=5, statement_cache_size=0)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
        return False
    await connection.close()
    return True


async def clear_leftovers(places: Places) -> None:
    """Make way for a new server after one that died without tidying up.

    A server's own children notice its death and go by themselves; one that does not is told to.
    They must be gone, since they still write to the shared memory of the old server. Only then
    are lock files removed, and only where the new server would wrongly believe them: when the
    number in them is that of a dead process not yet reaped, or of another program.
    """
    patience = monotonic_seconds() + LEFTOVER_PATIENCE_SECONDS
    while children := _processes_in(places.data):
        if monotonic_seconds() > patience:
            for pid in children:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGQUIT)
            patience = monotonic_seconds() + LEFTOVER_PATIENCE_SECONDS
        await asyncio.sleep(POLL_SECONDS)
    _remove_misleading_locks(places)


def _remove_misleading_locks(places: Places) -> None:
    """Remove the lock files whose number belongs to a zombie or to another program by now.

    A number that belongs to nobody is left to the new server, which has checks of its own.
    """
    if (noted := _noted_pid(places)) is not None and _exists(noted):
        (places.data / "postmaster.pid").unlink(missing_ok=True)
    socket = places.socket / f".s.PGSQL.{PORT}"
    lock = socket.with_name(socket.name + ".lock")
    if (noted := _first_number(lock)) is not None and _exists(noted):
        lock.unlink(missing_ok=True)
        socket.unlink(missing_ok=True)


def start_server(
    engine: Engine, places: Places, account: Account, config_file: Path
) -> subprocess.Popen[bytes]:
    """Start the server and return at once; it is not ready yet.

    It gets a session of its own: Ctrl-C in the terminal must reach Entrepot only, which stops its
    own work first and the server last.
    """
    with places.start_log.open("wb") as start_log:
        return subprocess.Popen(
            [
                engine.program("postgres"),
                "-D",
                places.data,
                "-c",
                f"config_file={config_file}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=start_log,
            stderr=start_log,
            cwd=places.data if not account.dropped else "/",
            env=server_environment(),
            umask=0o077,
            start_new_session=True,
            **account.popen_options(),
        )


def start_fault(places: Places, code: int) -> PostgresUnavailable:
    """The error for a server that ended before it was ready, with its last words."""
    words: list[str] = []
    with contextlib.suppress(OSError):
        words = places.start_log.read_text(errors="replace").splitlines()
    said = "\n".join(words[-_START_LOG_LINES_SHOWN:]) or "it said nothing"
    return PostgresUnavailable(
        f"PostgreSQL ended with code {code} while starting: {said}\n"
        f"More may be found in {places.log}."
    )


async def stop_server(places: Places, child: subprocess.Popen[bytes] | None) -> bool:
    """Stop the server cleanly and wait until it is gone; False when none was running.

    Its clients are disconnected and everything is written out. A server that takes longer than
    `STOP_SECONDS_MAX` is stopped at once; its next start then recovers from the log.
    """
    # A child that has only just been started has not noted its number yet.
    pid = child.pid if runs(child) else server_pid(places)
    if pid is None:
        return False
    order = [(signal.SIGINT, STOP_SECONDS_MAX), (signal.SIGQUIT, STOP_SECONDS_MAX)]
    for number, seconds in order:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        limit = monotonic_seconds() + seconds
        while monotonic_seconds() < limit:
            if not runs(child) and not _serves(pid, places):
                return True
            await asyncio.sleep(POLL_SECONDS)
    raise PostgresUnavailable(f"PostgreSQL (process {pid}) does not stop.")


def runs(child: subprocess.Popen[bytes] | None) -> TypeGuard[subprocess.Popen[bytes]]:
    """Whether there is a child and it is alive; its end is noted, so that no zombie remains."""
    return child is not None and child.poll() is None


def _noted_pid(places: Places) -> int | None:
    return _first_number(places.data / "postmaster.pid")


def _first_number(path: Path) -> int | None:
    """The number on the first line of a lock file; a socket's lock may hold it negated."""
    try:
        line = path.read_text().split("\n", 1)[0].strip()
        return abs(int(line))
    except (OSError, ValueError):
        return None


def _serves(pid: int, places: Places) -> bool:
    return _alive(pid) and _works_in(pid, places.data)


def _exists(pid: int) -> bool:
    """True also for a zombie."""
    return Path(f"/proc/{pid}").exists()


def _alive(pid: int) -> bool:
    """True for a process that runs, False for none, a zombie and one that is dying."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return False
    # The name in parentheses may itself hold blanks and parentheses; the state follows the last.
    return status.rpartition(")")[2].split()[0] not in ("Z", "X", "x")


def _works_in(pid: int, directory: Path) -> bool:
    """Whether the process has `directory` as its working directory, as every server process has."""
    try:
        return Path(f"/proc/{pid}/cwd").samefile(directory)
    except OSError:
        return False


def _processes_in(directory: Path) -> list[int]:
    """All live processes whose working directory is `directory`."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if _works_in(pid, directory) and _alive(pid)]
