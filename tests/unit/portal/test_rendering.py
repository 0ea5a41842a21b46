"""Templates are compiled once, for all languages and processes, where that can be kept."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest

from entrepot.portal import rendering

TEMPLATE = "base.html.jinja"


@pytest.fixture(autouse=True)
def _anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a process that has rendered nothing yet."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    rendering._environment.cache_clear()  # noqa: SLF001 - what a new process has not
    yield
    rendering._environment.cache_clear()  # noqa: SLF001 - what a new process has not


def load(language: str) -> jinja2.Template:
    return rendering._environment(language).get_template(TEMPLATE)  # noqa: SLF001 - where it is loaded


def test_a_template_is_compiled_for_whoever_comes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    load("nl")
    monkeypatch.setattr(jinja2.Environment, "compile", lambda *_: pytest.fail("compiled again"))
    assert load("en").name == TEMPLATE


def test_who_may_keep_nothing_compiles_each_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "file"))
    assert load("nl").name == load("en").name == TEMPLATE
