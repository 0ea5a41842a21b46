"""Installing the connector ends in a plain word when it cannot be done, and names no registry."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.connector.conftest import HERE, PACKAGES, install


def test_a_registry_that_is_not_reached_is_named_as_the_cause(tmp_path: Path) -> None:
    npm = [sys.executable, "-c", "raise SystemExit('getaddrinfo ENOTFOUND')"]
    with pytest.raises(pytest.fail.Exception, match=r"npm registry.*\n.*ENOTFOUND"):
        install(npm, tmp_path)
    assert not (tmp_path / ".installed").exists()


def test_what_is_installed_is_marked_so(tmp_path: Path) -> None:
    install([sys.executable, "-c", "pass"], tmp_path)
    assert (tmp_path / ".installed").exists()
    assert all((tmp_path / name).exists() for name in PACKAGES)


def test_the_lock_says_what_and_not_where_from() -> None:
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert len(packages) > 50
    assert all(each["integrity"].startswith("sha512-") for each in packages.values())
    assert not any("resolved" in each for each in packages.values())
