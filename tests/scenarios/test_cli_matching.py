"""An operator matches two partners' goods and sets prices by the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories.cli import CommandLine

NO_MATCH = "mch_" + "0" * 32
MISTAKES = [
    (("match", "wholesale", "shop", "nobody"), 3, "(catalogue.unknown_supplier)"),
    (("match", "wholesale", "shop", "Corner"), 4, "(partnerships.supplier_not_partner"),
    (("match", "make", "shop", "depot", "MUG", "no"), 3, "(catalogue.unknown_variant)"),
    (("match", "make", "shop", "depot", "no", "W-MUG"), 3, "(catalogue.unknown_variant)"),
    (("match", "make", "shop", "nobody", "MUG", "W-MUG"), 3, "unknown_partnership"),
    (("match", "make", "shop", "depot", "MUG", "W-MUG", "--factor", "0"), 4, "factor_not_valid"),
    (("match", "list", "shop", "nobody"), 3, "(partnerships.unknown_partnership"),
    (("match", "change", "shop", NO_MATCH, "--rank", "1"), 3, "(partnerships.unknown_match"),
    (("match", "change", "shop", NO_MATCH, "--cap", "1", "--no-cap"), 2, "both given"),
    (("match", "end", "shop", "mch_x"), 3, "(partnerships.unknown_match"),
    (("price", "set", "depot", "shop", "W-MUG"), 2, "is not written SKU=QUANTITY"),
    (("price", "set", "depot", "shop", "W-MUG=-1"), 4, "(partnerships.price_not_valid"),
    (("price", "set", "depot", "shop", "no=1"), 3, "(catalogue.unknown_variant)"),
    (("price", "set", "depot", "shop", "W-MUG=1", "--from", "2027-01-04"), 2, "is no moment"),
    (("price", "set", "shop", "depot", "MUG=1"), 4, "(partnerships.wholesaler_only"),
]


@pytest.fixture
def shop(
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> CommandLine:
    entrepot = CommandLine(database, tmp_path / "data", monkeypatch, capsys)
    for name in ("depot", "shop"):
        entrepot.done("organisation", "create", name, "--name", name.title())
    entrepot.done(
        *("variant", "create", "depot", "W-MUG", "--gtin", "4006381333931"),
        *("--wholesale-price", "4", "--vat-rate", "21"),
    )
    entrepot.done("variant", "create", "depot", "W-LOOSE", "--name", "Loose tea")
    entrepot.done("variant", "create", "shop", "MUG", "--gtin", "4006381333931")
    entrepot.done("variant", "create", "shop", "TEA", "--unit", "box")
    entrepot.done("supplier", "create", "shop", "Corner")
    key = entrepot.done("partnership", "invite", "depot", "--percentage", "75")["invite_key"]
    entrepot.done("partnership", "accept", "shop", key)
    return entrepot


def test_goods_are_matched_changed_and_ended(shop: CommandLine) -> None:
    rehearsed = shop.done("match", "wholesale", "shop", "Depot", "--dry-run")
    assert (rehearsed["matched"], rehearsed["none"]) == (1, 1)
    assert shop.done("match", "list", "shop", "depot") == {"matches": []}
    assert shop.done("match", "wholesale", "shop", "Depot") == rehearsed
    seen = shop.done("match", "outcomes", "shop", "Depot")["outcomes"]
    assert [(each["variant"]["sku"], each["outcome"]) for each in seen] == [
        ("MUG", "already_matched"),
        ("TEA", "none"),
    ]
    made = shop.done("match", "make", "shop", "depot", "TEA", "W-LOOSE", "--factor", "20")
    assert (made["factor"], made["state"]) == (20, "active")
    changed = shop.done("match", "change", "depot", made["id"], "--buffer", "5", "--cap", "2.5")
    assert (changed["buffer"], changed["cap"]) == ("5", "2.5")
    changed = shop.done("match", "change", "depot", made["id"], "--no-buffer", "--no-cap")
    assert (changed["buffer"], changed["cap"]) == ("0", None)
    ended = shop.done("match", "end", "shop", made["id"])
    assert (ended["state"], ended["reason"]) == ("ended", "ended_by_retailer")
    listed = shop.done("match", "list", "shop", "depot", "--ended")["matches"]
    assert sorted(each["state"] for each in listed) == ["active", "ended"]


def test_prices_are_set_and_ended(shop: CommandLine) -> None:
    def paid() -> dict[str, tuple[str | None, str | None]]:
        found = shop.done("price", "list", "shop", "depot")["prices"]
        return {each["sku"]: (each["unit_price"], each["basis"]) for each in found}

    assert paid() == {"W-LOOSE": (None, None), "W-MUG": ("3", "percentage")}
    shop.done("price", "set", "depot", "shop", "W-MUG=2.95", "W-LOOSE=0.1")
    later = ("--from", "2999-01-04T00:00:00+01:00")
    done = shop.done("price", "end", "depot", "shop", "W-LOOSE", *later)
    assert done["prices"][0]["unit_price"] is None
    assert paid() == {"W-LOOSE": ("0.1", "fixed"), "W-MUG": ("2.95", "fixed")}
    shop.done("price", "end", "depot", "shop", "W-MUG", "--dry-run")
    assert paid()["W-MUG"] == ("2.95", "fixed")
    found = shop.done("price", "list", "shop", "depot", "--name", "TEA")["prices"]
    assert [(each["sku"], each["next_from"]) for each in found] == [
        ("W-LOOSE", "2999-01-03T23:00:00Z")
    ]


def test_tables_name_what_there_is(shop: CommandLine) -> None:
    says = shop("match", "wholesale", "shop", "Depot")
    assert "matched now" in says.out
    says = shop("match", "list", "shop", "depot")
    assert "W-MUG" in says.out
    says = shop("match", "outcomes", "shop", "Depot", "--outcome", "suggested")
    assert "There are no such variants." in says.err
    says = shop("price", "list", "shop", "depot")
    assert "percentage" in says.out
    says = shop("price", "end", "depot", "shop", "W-MUG")
    assert "by percentage" in says.out


def test_mistakes_are_told_on_stderr_with_an_exit_code(shop: CommandLine) -> None:
    for arguments, code, told in MISTAKES:
        ended = shop(*arguments)
        assert (ended.code, ended.out) == (code, ""), ended
        assert told in ended.err
        assert "Traceback" not in ended.err
