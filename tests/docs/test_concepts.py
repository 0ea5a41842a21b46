"""The pages on stock and orders name what there is in the code: kinds, policies, limits."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from entrepot.orders import OrderKind, Policy
from entrepot.orders.model.checks import HOLD_MINUTES_MAX, LINES_MAX
from entrepot.partnerships import KINDS

ROOT = Path(__file__).parents[2]
FIRST_CELL = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)
MIGRATIONS = "\n".join(
    path.read_text("utf-8") for path in sorted((ROOT / "src/entrepot/migrations").glob("*.sql"))
)


def section(page: str, heading: str) -> str:
    """The text below a heading, up to the next of the same level."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    _, found, rest = text.partition(f"\n## {heading}\n")
    assert found, f"{page} has no section {heading}"
    return rest.partition("\n## ")[0]


def allowed(constraint: str) -> set[str]:
    """The values that a check constraint of the schema allows, as last written."""
    written = rf"CONSTRAINT {constraint}\s+CHECK\s*\((.*?)\)\s*\)"
    found = re.findall(written, MIGRATIONS, re.DOTALL)
    assert found, constraint
    return set(re.findall(r"'(\w+)'", found[-1]))


def test_the_kinds_of_ledger_rows() -> None:
    assert set(FIRST_CELL.findall(section("concepts/stock.md", "The ledger"))) == allowed(
        "ledger_kind_known"
    )


def test_the_kinds_of_orders() -> None:
    kinds = FIRST_CELL.findall(section("concepts/orders.md", "Kinds"))
    assert kinds == list(get_args(OrderKind))
    assert set(kinds) == allowed("orders_kind_known")


def test_the_statuses() -> None:
    text = section("concepts/orders.md", "Three statuses")
    for name in ("status", "fulfilment_status", "payment_status"):
        row = next(line for line in text.splitlines() if line.startswith(f"| `{name}`"))
        assert set(re.findall(r"`(\w+)`", row)) - {name} == allowed(f"orders_{name}_known")


def test_the_policies() -> None:
    heading = "Policies: what happens when stock is short"
    policies = FIRST_CELL.findall(section("concepts/orders.md", heading))
    assert policies == list(get_args(Policy))
    assert set(policies) == allowed("orders_policy_known")


def test_the_limits() -> None:
    assert f"1 to {LINES_MAX:,} lines" in section("concepts/orders.md", "Kinds").replace("\n", " ")
    assert HOLD_MINUTES_MAX == 90 * 24 * 60
    assert "at most ninety days" in section("concepts/orders.md", "Limits")


def test_the_kinds_of_trading_rights() -> None:
    glossary = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    row = next(line for line in glossary.splitlines() if line.startswith("| trading right |"))
    assert all(kind in row for kind in KINDS)
