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


class Running:
    """A program that runs. All it writes is read at once: nobody else would, and it would stop."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said: list[str] = []
        """The lines that it has written so far."""
        self._news = threading.Condition()
        self._has_ended = False
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self.said.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._has_ended = True
            self._news.notify_all()

    @property
    def returncode(self) -> int | None:
        """How it ended; None while it runs."""
        return self.process.returncode

    def read_until(self, words: str) -> list[str]:
        """What it wrote up to the first line with these words in it, which must come."""
        with self._news:
            self._news.wait_for(lambda: self._find(words) or self._has_ended, SECONDS_MAX)
            found = self._find(words)
            assert found, f"{words!r} never came, only {self.said}"
            return self.said[:found]

    def _find(self, words: str) -> int:
        """How many lines there are up to the one with these words; 0 without."""
        return next((n for n, line in enumerate(self.said, 1) if words in line), 0)

    def stop(self) -> None:
        """Stop it as an operator would."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)
        self._listener.join()


@contextmanager
def served(
    environ: dict[str, str], command: str = "run", program: Sequence[str | Path] = (PROGRAM,)
) -> Iterator[Running]:
    """Run it until the context ends. What it says is all of its output, talk and log included."""
    with subprocess.Popen(
        [*program, command],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        running = Running(process)
        try:
            yield running
        finally:
            running.stop()
