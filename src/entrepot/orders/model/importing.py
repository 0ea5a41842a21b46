"""Rules of imported stock: each row counts a variant at a location, or lets some of it arrive."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import ZERO, quantity_text
from entrepot.kernel.refusal import Fault
from entrepot.orders import errors
from entrepot.orders.model.checks import check_quantity
from entrepot.orders.model.commands import CountStock, ReceiveStock, StockLine
from entrepot.orders.model.stocktaking import VERSION_CHANGED

Cells: TypeAlias = Mapping[str, str | Decimal | int | bool | None]
"""What a row says, by the name of the column; None for an empty cell."""


class StockRowFacts(NamedTuple):
    """What a row names: None for what is not there.

    `on_hand` and `version` are the position's as it is; None where there is no position yet.
    """

    variant: Id | None
    location: Id | None
    on_hand: Decimal | None
    version: int | None


def decide_stock_row(
    cells: Cells, facts: StockRowFacts
) -> CountStock | ReceiveStock | tuple[Fault, ...] | None:
    """What a row asks for, or everything that is wrong with it; None when it asks for nothing.

    A row with neither a count nor a receipt asks for nothing: it was not counted.
    """
    count, receipt = cells.get("on_hand"), cells.get("receive")
    if count is None and receipt is None:
        return None
    faults = list(_naming_faults(cells, facts))
    if count is not None and receipt is not None:
        faults.append(
            Fault(
                errors.COUNT_OR_RECEIPT,
                "A row is a count (on_hand) or a receipt (receive), not both.",
                "receive",
            )
        )
    for name, quantity in (("on_hand", count), ("receive", receipt)):
        if isinstance(quantity, Decimal) and (name == "receive" or quantity != ZERO):
            fault = check_quantity(quantity, name)
            faults += [] if fault is None else [fault]
    if faults:
        return tuple(faults)
    assert facts.variant is not None, "a variant that is not there is a fault"
    if isinstance(receipt, Decimal):
        return ReceiveStock((StockLine(facts.variant, receipt, facts.location),))
    version = cells.get("version")
    assert isinstance(count, Decimal), "a row that asks for something counts or receives"
    return CountStock(
        facts.variant, count, version if isinstance(version, int) else None, facts.location
    )


def foresee_stock_row(
    sku: str, command: CountStock | ReceiveStock, facts: StockRowFacts
) -> tuple[Fault, ...]:
    """What would refuse a command as things stand, in the words of the batch."""
    version = facts.version or 0
    if not isinstance(command, CountStock) or command.expected_version in {None, version}:
        return ()
    return (
        Fault(
            VERSION_CHANGED,
            f"{sku} changed while you counted; look again and send version {version}.",
            "expected_version",
            {
                "expected_version": command.expected_version,
                "version": version,
                "on_hand": quantity_text(facts.on_hand or ZERO),
            },
        ),
    )


def changes_figures(command: CountStock | ReceiveStock, facts: StockRowFacts) -> bool:
    """Whether a command would leave other figures than there are."""
    return isinstance(command, ReceiveStock) or command.on_hand != (facts.on_hand or ZERO)


def _naming_faults(cells: Cells, facts: StockRowFacts) -> list[Fault]:
    faults = []
    sku, location = cells.get("sku"), cells.get("location")
    if facts.variant is None:
        faults.append(
            Fault(
                errors.UNKNOWN_VARIANT,
                f"You have no variant {sku or 'without a sku'}. Import your products first.",
                "sku",
                {"sku": str(sku or "")},
            )
        )
    if facts.location is None:
        says = f"You have no location {location}." if location else "You have no location."
        faults.append(
            Fault(
                errors.UNKNOWN_LOCATION,
                f"{says} Name one by its code.",
                "location",
                {"location": str(location or "")},
            )
        )
    return faults
