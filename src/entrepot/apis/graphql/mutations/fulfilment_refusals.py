"""Why an act on an invoice was refused, in the words of marketplaces."""

import re
from collections.abc import Sequence
from typing import Final, NoReturn

from entrepot.apis.graphql.failures import BASE, ActRefusedError, done
from entrepot.kernel.refusal import Fault, Refusal

_LINE: Final = re.compile(r"lines\[(\d+)\]\.?(\w*)")
_NAMES: Final = {
    "amount_per_item": "amount_per_item_cents",
    "carrier": "postage_carrier_id",
    "cash_amount": "cash_amount_cents",
    "custom": "custom",
    "dispatched_on": "dispatched_at",
    "line": "line_item_id",
    "note": "note",
    "notes": "notes",
    "quantity": "quantity",
    "reason": "reason",
    "tracking_number": "tracking_number",
}
"""What clients call the attributes of shipments and refund requests."""


def refuse_act(refusal: Refusal, lines: str, count: int = 1) -> NoReturn:
    """Raise what an act was refused for. `lines` is what clients call its lines.

    Among several, the sentence of a line that we wrote says which; those that clients know do not.
    """
    if refusal.code.partition(".")[0] not in {"orders", "stock"}:
        done(refusal)
    raise ActRefusedError(_said(refusal.faults, lines, count))


def _said(faults: Sequence[Fault], lines: str, count: int) -> list[tuple[str, str]]:
    said = []
    for fault in faults:
        field = fault.field or ""
        line = _LINE.fullmatch(field)
        name = line[2] if line is not None else field.partition("[")[0]
        attribute = lines if name == "lines" else _NAMES.get(name, BASE)
        said.append((attribute, fault.message))
        if line is not None and count > 1:
            said.append((attribute, f"This is about line {int(line[1]) + 1} of {count}."))
    return said
