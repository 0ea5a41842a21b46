"""`entrepot run` on its first start, on its second, and where somebody is already."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from entrepot.cli.demo import DemoNetwork
from tests.factories.cli import CommandLine
from tests.factories.served import PROGRAM, environ_of, served

LAST_WORDS = "-d '{"
SHORT_RUN = (sys.executable, Path(__file__).parents[1] / "fakes" / "short_run.py")
"""A program that makes two days of history, where the three weeks prove no more."""


def address(lines: list[str]) -> str:
    """The address that a server says it is at."""
    (line,) = [line for line in lines if line.startswith("Entrepot is at ")]
    return line.removeprefix("Entrepot is at ")


def tokens(lines: list[str]) -> list[str]:
    """The rows of the table of tokens."""
    return [line for line in lines if line.split()[-1:] and line.split()[-1].startswith("ent_app_")]


def test_the_second_start_keeps_everything(
    database: str, tmp_path: Path, *, full_size: bool
) -> None:
    environ = environ_of(database, tmp_path)
    program = (PROGRAM,) if full_size else SHORT_RUN
    with served(environ, program=program) as process:
        first = process.read_until(LAST_WORDS)
    with served(environ, program=program) as process:
        second = process.read_until(LAST_WORDS)
    assert process.returncode == 0
    assert tokens(first) == tokens(second)
    assert len(tokens(first)) == 12
    kept = (tmp_path / "demo.json").read_text(encoding="utf-8")
    assert address(second) in kept


def test_no_demo_where_somebody_is_already(
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    CommandLine(database, tmp_path, monkeypatch, capsys).done("organisation", "create", "orchard")
    with served(environ_of(database, tmp_path)) as process:
        assert len(process.read_until("Entrepot is at ")) == 1
    assert not (tmp_path / "demo.json").exists()


def test_serve_makes_no_demo(database: str, tmp_path: Path) -> None:
    environ = environ_of(database, tmp_path)
    with served(environ, "serve") as process:
        process.read_until("Entrepot is at ")
    assert process.returncode == 0
    assert not (tmp_path / "demo.json").exists()


def test_two_first_starts_at_once_make_one_demo(database: str, tmp_path: Path) -> None:
    places = tmp_path / "one", tmp_path / "two"
    one, two = (environ_of(database, each) for each in places)
    with served(one, program=SHORT_RUN) as first, served(two, program=SHORT_RUN) as second:
        shown = [process.read_until(LAST_WORDS) for process in (first, second)]
    slugs = [[row.split()[0] for row in tokens(lines)] for lines in shown]
    assert slugs[0] == slugs[1]
    assert len(slugs[0]) == 12
    networks = [
        msgspec.json.decode((each / "demo.json").read_bytes(), type=DemoNetwork) for each in places
    ]
    assert networks[0].variants == networks[1].variants
    ids = [[each.id for each in network.organisations] for network in networks]
    assert ids[0] == ids[1]


def test_a_port_that_is_taken_is_told(database: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as taken:
        # Only who asks to share a port may have it too, which no server may do by itself.
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [PROGRAM, "run"],
            env=environ_of(database, tmp_path) | {"ENTREPOT_PORT": port},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (ended.returncode, ended.stdout) == (4, "")
    assert f"Cannot listen on 127.0.0.1:{port}" in ended.stderr
    assert not (tmp_path / "demo.json").exists()
