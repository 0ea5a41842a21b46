"""Log lines say what happened and hold no secret, whatever a caller puts into them."""

from __future__ import annotations

import json

import pytest

from entrepot.infra.logging import open_log
from entrepot.infra.settings import LogFormat

SECRET = "ent_app_0123456789abcdefghijABCDEFGHIJ012345"
INVITE_KEY = "ent_inv_01234-56789-ABCDE-FGHJK-MNPQR-STVWX"
ADDRESS = "postgresql://entrepot:hunter2@db.example/entrepot"


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_tokens_and_passwords_are_blanked(
    log_format: LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    log = open_log(log_format)
    deep = {"list": [ADDRESS, SECRET.encode(), INVITE_KEY]}
    log.info("web.tried", header=f"Bearer {SECRET}", deep=deep)
    said = capsys.readouterr().err
    assert "web.tried" in said
    assert "ent_app_***" in said
    assert SECRET[8:] not in said
    assert "ent_inv_***" in said
    assert not [group for group in INVITE_KEY[8:].split("-") if group in said]
    assert "hunter2" not in said


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_an_error_is_written_without_the_values_at_hand(
    log_format: LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    log = open_log(log_format)

    def fail() -> None:
        body = "what the caller sent"
        raise ValueError(f"{len(body)} {SECRET}")

    try:
        fail()
    except ValueError as error:
        log.exception("web.failed", exc_info=error)
    said = capsys.readouterr().err
    assert "ValueError" in said
    assert "in fail" in said or '"name": "fail"' in said
    assert "what the caller sent" not in said
    assert SECRET[8:] not in said


def test_a_line_for_programs_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    open_log("json").info("web.answered", status=200)
    said = json.loads(capsys.readouterr().err)
    assert said["event"] == "web.answered"
    assert said["status"] == 200
    assert said["level"] == "info"
