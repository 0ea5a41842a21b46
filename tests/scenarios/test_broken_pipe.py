"""A reader who leaves before the end, as `head` does, ends a command quietly."""

from __future__ import annotations

import subprocess

import pytest

from entrepot.cli.exit_codes import ExitCode
from tests.factories.demo import Demo
from tests.factories.served import PROGRAM, environ_of

SECONDS_MAX = 60


@pytest.mark.parametrize("command", [("run",), ("organisation", "list", "--json")])
def test_nothing_is_said_of_it(demo: Demo, command: tuple[str, ...]) -> None:
    """The server also stops: whoever started it so has seen enough."""
    with subprocess.Popen(
        [PROGRAM, *command],
        env=environ_of(demo.database, demo.data_dir),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(SECONDS_MAX) == ExitCode.FAILED
    assert said == ""
