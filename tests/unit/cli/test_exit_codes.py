"""What an operator's script learns from the exit code, and a person from stderr."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from entrepot import __version__
from entrepot.cli import app
from entrepot.cli.exit_codes import ExitCode
from entrepot.cli.main import guarded
from entrepot.infra.migrate import MigrationRefusal
from entrepot.infra.postgres import PostgresRefusal, PostgresUnavailable
from entrepot.infra.reach import DatabaseUnreachable
from entrepot.infra.settings import SettingsError


def raising(error: BaseException) -> Callable[[], None]:
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsError(("ENTREPOT_PORT must be so.",)), 2),
        (PostgresRefusal("no"), 4),
        (MigrationRefusal("no"), 4),
        (PostgresUnavailable("gone"), 5),
        (DatabaseUnreachable("gone"), 5),
        (SystemExit(3), 3),
        (SystemExit(None), 0),
    ],
)
def test_expected_failures_have_their_code(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(raising(error)) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err == ("" if isinstance(error, SystemExit) else f"entrepot: {error}\n")


def test_success() -> None:
    assert guarded(lambda: None) == ExitCode.OK


def test_a_bug_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        guarded(raising(ZeroDivisionError()))


def test_version_is_data_on_stdout() -> None:
    done = CliRunner().invoke(app, ["version"])
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"{__version__}\n", "")


def test_a_mistyped_command_is_recognised() -> None:
    done = CliRunner().invoke(app, ["organisaton"])
    assert (done.exit_code, done.stdout) == (ExitCode.USAGE, "")
    assert "Did you mean 'organisation'?" in done.stderr


@pytest.mark.parametrize("arguments", [["no-such-command"], ["serve", "--port", "high"]])
def test_a_wrong_command_is_a_usage_error(arguments: list[str]) -> None:
    done = CliRunner().invoke(app, arguments)
    assert (done.exit_code, done.stdout) == (2, "")
