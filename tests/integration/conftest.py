"""Data directories that tests of whole servers share."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories.used_before import UsedBefore


@pytest.fixture(scope="session")
def used_dirs() -> Iterator[UsedBefore]:
    """Data directories that were used before."""
    root = Path(os.environ["ENTREPOT_TEST_ROOT"])
    base = Path(tempfile.mkdtemp(dir=root))
    base.chmod(0o755)
    yield UsedBefore(root / "used-before", base)
    shutil.rmtree(base, ignore_errors=True)
