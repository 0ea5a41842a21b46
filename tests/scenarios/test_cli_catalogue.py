"""An operator fills a shop's catalogue by the command line, and changes what was wrong in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories.cli import CommandLine

MISTAKES = [
    (("variant", "change", "shop", "MUG", "--clear", "name"), 2, "is not one of gtin"),
    (("variant", "change", "shop", "MUG", "--gtin", "1", "--clear", "gtin"), 2, "both given"),
    (
        ("variant", "change", "shop", "MUG", "--supplier", "Aardewerk", "--clear", "supplier"),
        2,
        "both given",
    ),
    (("supplier", "change", "shop", "Aardewerk", "--email", "x", "--no-email"), 2, "both given"),
    (("variant", "list", "shop", "--state", "sold"), 2, "--state"),
    (("variant", "change", "shop", "CUP", "--name", "x"), 3, "(catalogue.unknown_variant)"),
    (("variant", "create", "shop", "CUP", "--supplier", "no"), 3, "(catalogue.unknown_supplier)"),
    (("variant", "create", "shop", "CUP", "--product", "no"), 3, "(catalogue.unknown_product"),
    (("supplier", "change", "shop", "nobody"), 3, "(catalogue.unknown_supplier)"),
    (("product", "show", "shop", "prd_x"), 3, "(catalogue.unknown_product)"),
    (("product", "show", "shop", "prd_" + "0" * 32), 3, "(catalogue.unknown_product)"),
    (("product", "rename", "shop", "prd_x", "Mug"), 3, "(catalogue.unknown_product"),
    (("location", "change", "shop", "moon"), 3, "(catalogue.unknown_location)"),
    (("variant", "create", "shop", "CUP", "--gtin", "1"), 4, "(catalogue.gtin_not_valid"),
    (("variant", "create", "shop", "CUP", "--vat-rate", "200"), 4, "(catalogue.vat_rate_not_valid"),
    (("variant", "create", "shop", "CUP", "--prices-include-vat"), 4, "(catalogue.vat_rate_needed"),
    (("variant", "create", "shop", "CUP", "--legacy-id", "5356"), 4, "(catalogue.legacy_id_taken"),
    (("variant", "change", "shop", "MUG", "--units-per-case", "0"), 4, "units_per_case_not_valid"),
    (("supplier", "create", "shop", "AARDEWERK"), 4, "(catalogue.name_taken [name])"),
    (("supplier", "create", "shop", "x", "--email", "y"), 4, "(catalogue.email_not_valid [email])"),
    (("product", "create", "shop", "Mug", "A", "A"), 4, "(catalogue.sku_taken"),
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
    entrepot.done("location", "create", "shop", "front")
    entrepot.done("supplier", "create", "shop", "Aardewerk", "--email", "a@aardewerk.example")
    entrepot.done(
        *("variant", "create", "shop", "MUG", "--name", "Mug", "--gtin", "4006381333931"),
        *("--retail-price", "12.10", "--vat-rate", "21", "--prices-include-vat"),
        *("--supplier", "aardewerk", "--purchase-price", "3", "--legacy-id", "5356"),
    )
    return entrepot


def test_a_variant_has_everything_that_was_said_of_it(shop: CommandLine) -> None:
    (variant,) = shop.done("variant", "list", "shop")["variants"]
    (supplier,) = shop.done("supplier", "list", "shop")["suppliers"]
    assert (variant["retail_price"], variant["vat_rate"]) == ("10", "21")
    assert (variant["legacy_id"], variant["supplier"]) == (5356, supplier["id"])
    # Prices that include VAT are all of those given with the option.
    assert variant["purchase_price"] == "2.4793"


def test_a_variant_is_changed_in_part(shop: CommandLine) -> None:
    (before,) = shop.done("variant", "list", "shop")["variants"]
    changed = shop.done(
        *("variant", "change", "shop", "MUG", "--new-sku", "BEAKER", "--retail-price", "11"),
        *("--whole-units", "--not-orderable", "--clear", "gtin", "--clear", "supplier"),
        *("--state", "deactivated"),
    )
    assert changed == before | {
        "sku": "BEAKER",
        "retail_price": "11",
        "whole_units": True,
        "is_orderable": False,
        "gtin": None,
        "supplier": None,
        "state": "deactivated",
    }
    assert shop.done("variant", "list", "shop", "--supplier", "Aardewerk")["variants"] == []
    listed = shop.done("variant", "list", "shop", "--state", "deactivated")["variants"]
    assert listed == [changed]


def test_products(shop: CommandLine) -> None:
    made = shop.done(
        *("product", "create", "shop", "Plate", "PLATE-S=Side plate", "PLATE"),
        *("--retail-price", "8", "--legacy-id", "77"),
    )
    assert made["legacy_id"] == 77
    names = [(each["sku"], each["name"]) for each in made["variants"]]
    assert names == [("PLATE", "Plate"), ("PLATE-S", "Side plate")]
    added = shop.done("variant", "create", "shop", "PLATE-L", "--product", made["id"])
    assert added["product"] == made["id"]
    renamed = shop.done("product", "rename", "shop", made["id"], "Stoneware plate")
    assert shop.done("product", "show", "shop", made["id"]) == renamed
    listed = shop.done("product", "list", "shop")["products"]
    assert [each["name"] for each in listed] == ["Mug", "Stoneware plate"]
    shown = shop("product", "show", "shop", made["id"])
    assert "PLATE, PLATE-L, PLATE-S" in shown.out
    assert "Side plate" in shown.out


def test_suppliers_and_locations_are_changed(shop: CommandLine) -> None:
    changed = shop.done(
        *("supplier", "change", "shop", "AARDEWERK", "--new-name", "Keramiek", "--no-email"),
        *("--backorders-allowed", "--backorder-threshold", "1"),
    )
    assert (changed["name"], changed["email"]) == ("Keramiek", None)
    assert (changed["backorders_allowed"], changed["backorder_threshold"]) == (True, 1)
    assert shop.done("supplier", "change", "shop", "Keramiek", "--state", "deleted")
    assert shop.done("supplier", "list", "shop")["suppliers"] == []
    (gone,) = shop.done("supplier", "list", "shop", "--state", "deleted")["suppliers"]
    assert gone["name"] == "Keramiek"
    moved = shop.done(
        *("location", "change", "shop", "front", "--new-code", "back", "--rank", "4"),
        "--ships-no-orders",
    )
    assert (moved["code"], moved["rank"], moved["ships_orders"]) == ("back", 4, False)


def test_a_dry_run_changes_nothing(shop: CommandLine) -> None:
    before = shop.done("variant", "list", "shop")
    tried = shop.done("variant", "change", "shop", "MUG", "--name", "Beaker", "--dry-run")
    assert tried["name"] == "Beaker"
    shop.done("product", "create", "shop", "Plate", "PLATE", "--dry-run")
    assert shop.done("variant", "list", "shop") == before


@pytest.mark.parametrize(("arguments", "code", "told"), MISTAKES)
def test_mistakes_are_told_on_stderr_with_an_exit_code(
    shop: CommandLine, arguments: tuple[str, ...], code: int, told: str
) -> None:
    ended = shop(*arguments)
    assert (ended.code, ended.out) == (code, "")
    assert told in ended.err
    assert "Traceback" not in ended.err
