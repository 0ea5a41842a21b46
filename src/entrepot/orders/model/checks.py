"""Checking what was asked against the facts, naming every fault of a request at once."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from entrepot.kernel import ids
from entrepot.kernel.demand import Shortage
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import QUANTITY_MAX, ZERO, is_too_precise, quantity_text
from entrepot.kernel.refusal import Fact, Fault, Refusal
from entrepot.orders import errors
from entrepot.orders.model.commands import Policy, WantedLine
from entrepot.orders.model.facts import Facts, VariantFacts
from entrepot.orders.model.record import PRIORITY_MAX

LINES_MAX: Final = 1000
REFERENCE_LENGTH_MAX: Final = 100
HOLD_MINUTES_MAX: Final = 90 * 24 * 60
PRICE_MAX: Final = Decimal("99999999999.9999")
PRICE_PLACES: Final = 4
INSUFFICIENT: Final = "stock.insufficient_available"

_RANK: Final = {code: rank for rank, code in enumerate(errors.PRECEDENCE)}


def refusal_of(faults: Iterable[Fault]) -> Refusal | None:
    """Gather faults into a refusal, weightiest first; None when there are none."""
    ordered = sorted(faults, key=lambda each: _RANK.get(each.code, len(_RANK)))
    return Refusal(tuple(ordered)) if ordered else None


def check_quantity(quantity: Decimal, field: str) -> Fault | None:
    """Whether a quantity is one at all: above zero, of three places, within bounds."""
    if not quantity.is_finite() or quantity <= ZERO:
        return Fault(
            errors.QUANTITY_NOT_POSITIVE,
            "A quantity must be above zero.",
            field,
            {"quantity": str(quantity)},
        )
    if quantity > QUANTITY_MAX:
        return Fault(
            errors.QUANTITY_TOO_LARGE,
            f"A quantity can be at most {QUANTITY_MAX}.",
            field,
            {"quantity": str(quantity), "max": str(QUANTITY_MAX)},
        )
    if is_too_precise(quantity):
        return Fault(
            errors.QUANTITY_TOO_PRECISE,
            "A quantity has at most three decimal places.",
            field,
            {"quantity": str(quantity)},
        )
    return None


def check_ordered_quantity(variant: VariantFacts, quantity: Decimal, field: str) -> Fault | None:
    """Whether a quantity may be ordered of this variant: whole units, minimum, multiple."""
    fault = check_quantity(quantity, field)
    if fault is not None:
        return fault
    if variant.whole_units and quantity % 1:
        return Fault(
            errors.QUANTITY_NOT_WHOLE,
            f"{variant.sku} is sold in whole units.",
            field,
            _asked(variant, quantity),
        )
    least = variant.order_quantity_min
    if quantity < least:
        return Fault(
            errors.QUANTITY_BELOW_MIN,
            f"Order at least {quantity_text(least)} of {variant.sku}.",
            field,
            _asked(variant, quantity) | {"order_quantity_min": quantity_text(least)},
        )
    multiple = variant.order_quantity_multiple
    if multiple and quantity % multiple:
        return Fault(
            errors.QUANTITY_NOT_MULTIPLE,
            f"Order {variant.sku} in multiples of {quantity_text(multiple)}.",
            field,
            _asked(variant, quantity) | {"order_quantity_multiple": quantity_text(multiple)},
        )
    return None


def _asked(variant: VariantFacts, quantity: Decimal) -> dict[str, Fact]:
    """Say what was asked of which variant."""
    return {"sku": variant.sku, "quantity": quantity_text(quantity)}


def opens(facts: Facts, organisation: Id, kind: str, variant: VariantFacts) -> bool:
    """Whether an order of this kind may name the variant: one's own, or one a right opens."""
    if kind == "own":
        return variant.owner == organisation
    return (variant.owner, organisation, kind) in facts.rights


def check_line(
    facts: Facts, organisation: Id, kind: str, line: WantedLine, field: str
) -> Fault | None:
    """Find the weightiest fault of one wanted line."""
    variant = facts.variants.get(line.variant)
    if variant is None or not opens(facts, organisation, kind, variant):
        return Fault(
            errors.UNKNOWN_VARIANT,
            "There is no such variant for you to order. Check its id and your trading rights.",
            field + ".variant",
            {"variant": ids.VARIANT + line.variant} if line.variant else {},
        )
    if not variant.is_orderable:
        return Fault(
            errors.VARIANT_NOT_ORDERABLE,
            f"{variant.sku} cannot be ordered now.",
            field + ".variant",
            {"variant": ids.VARIANT + variant.id, "sku": variant.sku},
        )
    price = line.unit_price
    if price is not None and not (
        price.is_finite() and ZERO <= price <= PRICE_MAX and price == round(price, PRICE_PLACES)
    ):
        return Fault(
            errors.PRICE_NOT_VALID,
            "A unit price is zero or more, with at most four decimal places.",
            field + ".unit_price",
            {"unit_price": str(price)},
        )
    return check_ordered_quantity(variant, line.quantity, field + ".quantity")


def check_lines(
    facts: Facts, organisation: Id, kind: str, lines: tuple[WantedLine, ...]
) -> list[Fault]:
    """Find every fault of the lines of an order."""
    if not lines:
        return [Fault(errors.NO_LINES, "An order needs at least one line.", "lines")]
    if len(lines) > LINES_MAX:
        return [
            Fault(
                errors.TOO_MANY_LINES,
                f"An order has at most {LINES_MAX} lines; split it.",
                "lines",
                {"lines": len(lines), "max": LINES_MAX},
            )
        ]
    faults = []
    for number, line in enumerate(lines):
        fault = check_line(facts, organisation, kind, line, f"lines[{number}]")
        if fault is not None:
            faults.append(fault)
    return faults


def check_policy(kind: str, policy: Policy) -> Fault | None:
    """Only orders on one's own variants may wait or be cut short."""
    if kind != "own" and policy not in {"refuse_short", "line_by_line"}:
        return Fault(
            errors.POLICY_NEEDS_OWN_STOCK,
            "Only orders on your own variants can wait; choose refuse_short or line_by_line.",
            "policy",
            {"policy": policy, "kind": kind},
        )
    return None


def check_reference(reference: str) -> Fault | None:
    """A reference is 1 to 100 printable characters; `#` is kept for successors."""
    if (
        not reference
        or len(reference) > REFERENCE_LENGTH_MAX
        or "#" in reference
        or not reference.isprintable()
        or reference != reference.strip()
    ):
        return Fault(
            errors.REFERENCE_NOT_VALID,
            "A reference is 1 to 100 printable characters, without # and outer spaces.",
            "reference",
            {"reference": reference[:REFERENCE_LENGTH_MAX]},
        )
    return None


def check_limit(hold_minutes: int) -> Fault | None:
    """A limit is between one minute and ninety days."""
    if not 1 <= hold_minutes <= HOLD_MINUTES_MAX:
        return Fault(
            errors.LIMIT_NOT_VALID,
            f"Give hold_minutes from 1 to {HOLD_MINUTES_MAX}.",
            "hold_minutes",
            {"hold_minutes": hold_minutes, "max": HOLD_MINUTES_MAX},
        )
    return None


def check_priority(priority: int) -> Fault | None:
    """A priority is between 0 (usual) and 99 (served first)."""
    if not 0 <= priority <= PRIORITY_MAX:
        return Fault(
            errors.PRIORITY_NOT_VALID,
            f"Give a priority from 0 (usual) to {PRIORITY_MAX} (first).",
            "priority",
            {"priority": priority, "max": PRIORITY_MAX},
        )
    return None


def shortage_faults(
    facts: Facts,
    lines: dict[int, Id],
    shortages: tuple[Shortage, ...],
) -> tuple[Fault, ...]:
    """Name every short line, what it asked for and what is left.

    `lines` maps line numbers to variants. A line with a single source carries its position's
    version, so that a history of refusals can be checked.
    """
    faults = []
    for shortage in shortages:
        variant = facts.variants[lines[shortage.line_no]]
        left = quantity_text(shortage.available)
        asked = quantity_text(shortage.quantity)
        known: dict[str, Fact] = {
            "line": shortage.line_no,
            "variant": ids.VARIANT + variant.id,
            "sku": variant.sku,
            "quantity": asked,
            "available": left,
        }
        if shortage.version is not None:
            known["version"] = shortage.version
        faults.append(
            Fault(
                INSUFFICIENT,
                f"You asked for {_amount(asked, variant)} of {variant.sku};"
                f" {_amount(left, variant)} is left.",
                f"lines[{shortage.line_no - 1}].quantity",
                known,
            )
        )
    return tuple(faults)


def _amount(quantity: str, variant: VariantFacts) -> str:
    """Say a quantity with its unit; pieces are just counted."""
    return quantity if variant.unit == "piece" else f"{quantity} {variant.unit}"
