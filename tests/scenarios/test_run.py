"""`entrepot run` on its first start, on its second, and where somebody is already."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.factories.served import PROGRAM, environ_of, read_until, served

LAST_WORDS = "-d '{"


def address(lines: list[str]) -> str:
    """The address that a server says it is at."""
    (line,) = [line for line in lines if line.startswith("Entrepot is at ")]
    return line.removeprefix("Entrepot is at ")


def tokens(lines: list[str]) -> list[str]:
    """The rows of the table of tokens."""
    return [line for line in lines if line.split()[-1:] and line.split()[-1].startswith("ent_app_")]


def test_the_second_start_keeps_everything(database: str, tmp_path: Path) -> None:
    environ = environ_of(database, tmp_path)
    with served(environ) as process:
        first = read_until(process, LAST_WORDS)
    with served(environ) as process:
        second = read_until(process, LAST_WORDS)
    assert process.returncode == 0
    assert tokens(first) == tokens(second)
    assert len(tokens(first)) == 12
    kept = (tmp_path / "demo.json").read_text(encoding="utf-8")
    assert address(second) in kept


def test_no_demo_where_somebody_is_already(database: str, tmp_path: Path) -> None:
    environ = environ_of(database, tmp_path)
    subprocess.run(
        [PROGRAM, "organisation", "create", "orchard"],
        env=environ,
        check=True,
        capture_output=True,
    )
    with served(environ) as process:
        assert len(read_until(process, "Entrepot is at ")) == 1
    assert not (tmp_path / "demo.json").exists()


def test_serve_makes_no_demo(database: str, tmp_path: Path) -> None:
    environ = environ_of(database, tmp_path)
    with served(environ, "serve") as process:
        read_until(process, "Entrepot is at ")
    assert process.returncode == 0
    assert not (tmp_path / "demo.json").exists()


def test_two_first_starts_at_once_make_one_demo(database: str, tmp_path: Path) -> None:
    one, two = (environ_of(database, tmp_path / each) for each in ("one", "two"))
    with served(one) as first, served(two) as second:
        shown = [read_until(process, LAST_WORDS) for process in (first, second)]
    slugs = [[row.split()[0] for row in tokens(lines)] for lines in shown]
    assert slugs[0] == slugs[1]
    assert len(slugs[0]) == 12


def test_a_port_that_is_taken_is_told(database: str, tmp_path: Path) -> None:
    environ = environ_of(database, tmp_path)
    with served(environ) as process:
        port = address(read_until(process, LAST_WORDS)).rpartition(":")[2]
        second = subprocess.run(
            [PROGRAM, "run"],
            env=environ | {"ENTREPOT_PORT": port},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (second.returncode, second.stdout) == (4, "")
    assert f"Cannot listen on 127.0.0.1:{port}" in second.stderr
