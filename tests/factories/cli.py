"""The command `entrepot`, run in this process on a test's own database."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from entrepot.cli import app
from entrepot.cli.main import guarded


class Ended(NamedTuple):
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON, as a script reads it
        """The data that it wrote."""
        return msgspec.json.decode(self.out)


class CommandLine:
    """Runs commands as a terminal would, but for the process."""

    def __init__(
        self,
        database: str,
        data_dir: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.data_dir = data_dir
        self._capsys = capsys
        monkeypatch.setenv("ENTREPOT_DATABASE_URL", database)
        monkeypatch.setenv("ENTREPOT_DATA_DIR", str(data_dir))

    def __call__(self, *arguments: str) -> Ended:
        """Run `entrepot` with these arguments."""
        self._capsys.readouterr()
        code = guarded(lambda: app(args=list(arguments), prog_name="entrepot"))
        out, err = self._capsys.readouterr()
        return Ended(code, out, err)

    def done(self, *arguments: str) -> Any:  # noqa: ANN401 - JSON, as a script reads it
        """Run a command that succeeds, and return the data that it wrote."""
        ended = self(*arguments, "--json")
        assert ended.code == 0, ended.err
        return ended.json
