"""An operator makes a webhook for a shop by the command line, tries it and takes it away again."""

from __future__ import annotations

from pathlib import Path

import pytest

from entrepot.infra.secrets import open_box
from tests.factories.cli import CommandLine

URL = "https://93.184.216.34/hook"
NEVER = "whk_" + "0" * 32

MISTAKES = [
    (("create", "shop", "http://93.184.216.34/hook"), 4, "(webhooks.url_not_valid [url])"),
    (("create", "shop", "https://127.0.0.1/hook"), 4, "(webhooks.address_not_allowed [url])"),
    (("create", "shop", URL, "--event", "orders"), 4, "(webhooks.events_not_valid [events])"),
    (("change", "shop", NEVER, "--disable"), 3, "(webhooks.unknown_webhook"),
    (("rotate-secret", "shop", "whk_x"), 3, "(webhooks.unknown_webhook"),
    (("ping", "shop", NEVER), 3, "(webhooks.unknown_webhook"),
    (("redeliver", "shop", NEVER, "act_x"), 3, "(webhooks.unknown_webhook"),
    (("attempts", "shop", NEVER), 3, "(webhooks.unknown_webhook"),
    (("delete", "nobody", NEVER), 3, "unknown_organisation"),
]


@pytest.fixture
def shop(
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> CommandLine:
    entrepot = CommandLine(database, tmp_path / "data", monkeypatch, capsys)
    entrepot.done("organisation", "create", "shop")
    return entrepot


def test_a_webhook_from_its_making_to_its_end(shop: CommandLine) -> None:
    made = shop.done("webhook", "create", "shop", URL, "--event", "orders.*")
    ident = made["webhook"]["id"]
    assert made["secret"].startswith("whsec_")
    assert shop.done("webhook", "ping", "shop", ident) == {"webhook": ident}
    changed = shop.done("webhook", "change", "shop", ident, "--event", "stock.*", "--disable")
    assert (changed["events"], changed["state"]) == (["stock.*"], "disabled")
    rotated = shop.done("webhook", "rotate-secret", "shop", ident)
    assert rotated["secret"] != made["secret"]
    assert rotated["webhook"]["two_secrets_until"] is not None
    assert shop("webhook", "ping", "shop", ident).code == 4
    assert shop.done("webhook", "attempts", "shop", ident) == {"attempts": []}
    (listed,) = shop.done("webhook", "list", "shop")["webhooks"]
    assert listed["id"] == ident
    assert "whsec_" not in shop("webhook", "list", "shop").out
    assert shop.done("webhook", "delete", "shop", ident)["state"] == "deleted"
    assert shop.done("webhook", "list", "shop") == {"webhooks": []}


def test_a_dry_run_makes_nothing_and_tells_no_secret(shop: CommandLine) -> None:
    made = shop.done("webhook", "create", "shop", URL, "--dry-run")
    assert (made["secret"], made["webhook"]["events"]) == (None, ["*"])
    assert shop.done("webhook", "list", "shop") == {"webhooks": []}


def test_a_key_that_others_can_read_stops_it(shop: CommandLine) -> None:
    shop.done("webhook", "create", "shop", URL)
    (shop.data_dir / "secret.keys").chmod(0o640)
    open_box.cache_clear()
    ended = shop("webhook", "create", "shop", URL)
    assert (ended.code, len(shop.done("webhook", "list", "shop")["webhooks"])) == (4, 1)
    assert "chmod 600" in ended.err


@pytest.mark.parametrize(("words", "code", "says"), MISTAKES)
def test_mistakes_are_told_apart(
    shop: CommandLine, words: tuple[str, ...], code: int, says: str
) -> None:
    ended = shop("webhook", *words)
    assert ended.code == code
    assert says in ended.err
