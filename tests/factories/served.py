"""A whole Entrepot, started by its command as a process of its own, on a test's database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

SECONDS_MAX = 60.0
PROGRAM = Path(sys.executable).with_name("entrepot")


def environ_of(database: str, data_dir: Path) -> dict[str, str]:
    """The environment in which a command uses this database and keeps files here."""
    return {
        "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
        "ENTREPOT_DATABASE_URL": database,
        "ENTREPOT_DATA_DIR": str(data_dir),
        "ENTREPOT_PORT": "0",
        "NO_COLOR": "1",
    }


@contextmanager
def served(
    environ: dict[str, str], command: str = "run", program: Sequence[str | Path] = (PROGRAM,)
) -> Iterator[subprocess.Popen[str]]:
    """Run it until the context ends, when it is stopped as an operator would.

    What it writes, talk and log included, comes from its stdout.
    """
    with subprocess.Popen(
        [*program, command],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)


def read_until(process: subprocess.Popen[str], words: str) -> list[str]:
    """The lines that a process writes, up to the first with these words in it, which must come."""
    assert process.stdout is not None
    lines = []
    impatience = threading.Timer(SECONDS_MAX, process.kill)
    impatience.start()
    try:
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if words in line:
                return lines
    finally:
        impatience.cancel()
    raise AssertionError(f"{words!r} never came, only {lines}")
