"""Names and codes, which everything in the catalogue has."""

from typing import Final

from entrepot.catalogue import errors
from entrepot.kernel.refusal import Fault

CODE_LENGTH_MAX: Final = 64
NAME_LENGTH_MAX: Final = 200


def name_fault(name: str, field: str) -> Fault:
    """Say what a good name looks like."""
    return Fault(
        errors.NAME_NOT_VALID,
        f"A name is 1 to {NAME_LENGTH_MAX} printable characters, without outer spaces.",
        field,
        {"name": name[:NAME_LENGTH_MAX]},
    )
