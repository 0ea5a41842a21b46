"""The generated pages of docs/reference say what the code says today."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def pages() -> dict[str, Callable[[], str]]:
    """The table of docs/generate.py, which is a script and no package."""
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, Callable[[], str]] = module.PAGES
    return found


@pytest.mark.parametrize(("name", "page"), pages().items(), ids=pages().keys())
def test_page_is_up_to_date(name: str, page: Callable[[], str]) -> None:
    written = (DOCS / "reference" / name).read_text(encoding="utf-8")
    assert written == page(), "run `make docs`"
