"""Another Entrepot process, as far as the database is concerned.

Run as a program it joins the server of ENTREPOT_DATA_DIR and obeys one-word orders on stdin:
`leave` gives up its share but lives on without looking after its children, as a careless first
process of a container does; `exit` (or the end of stdin) ends it in good order. It reports each
event on a line of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import entrepot
from entrepot.infra.postgres import PostgresError, Supervisor
from entrepot.infra.settings import Settings

SRC = Path(entrepot.__file__).parents[1]
HERE = Path(__file__).parents[2]


class OtherProcess:
    """The test's end of such a process."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self.child = child

    @property
    def pid(self) -> int:
        return self.child.pid

    def wait_for(self, event: str) -> list[str]:
        """Read events until `event`, which must come; returns its line cut at blanks."""
        assert self.child.stdout is not None
        seen: list[str] = []
        for line in self.child.stdout:
            seen.append(line.strip())
            if line.split()[0] == event:
                return line.split()
        raise AssertionError(f"{event} never came, only {seen}")

    def order(self, word: str) -> None:
        assert self.child.stdin is not None
        self.child.stdin.write(word + "\n")
        self.child.stdin.flush()


@contextlib.contextmanager
def other_process(
    data_dir: Path, *, user: int | None = None, python: Sequence[str] = (sys.executable,)
) -> Iterator[OtherProcess]:
    """Start one on `data_dir`; it is gone when the context ends, however that comes about."""
    environ = {
        "PATH": os.environ["PATH"],
        "ENTREPOT_DATA_DIR": str(data_dir),
        "PYTHONPATH": os.pathsep.join([str(SRC), str(HERE), *filter(None, sys.path)]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    child = subprocess.Popen(
        [*python, "-m", "tests.fakes.other_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env=environ,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )
    try:
        yield OtherProcess(child)
    finally:
        with contextlib.suppress(BrokenPipeError):
            child.communicate(timeout=60)


def _say(*words: object) -> None:
    print(*words, flush=True)  # noqa: T201 - the test reads it from stdout


class _PrintingLog:
    def info(self, event: str, **facts: object) -> None:
        _say(event, *(f"{name}={value}" for name, value in facts.items()))

    warning = info
    error = info


async def _main() -> None:
    supervisor = Supervisor(Settings.from_environment(os.environ), _PrintingLog())
    try:
        await supervisor.start()
    except PostgresError as error:
        _say("refused", error)
        return
    _say("ready", "leading" if supervisor.leads else "following")
    while (line := await asyncio.to_thread(sys.stdin.readline)).strip() == "leave":
        await supervisor.stop()
        _say("left")
    del line
    await supervisor.stop()
    _say("gone")


if __name__ == "__main__":
    asyncio.run(_main())
