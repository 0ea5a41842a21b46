"""Changes: structs whose absent fields are UNSET. What is given is written over what there is."""

from typing import Any, Final, TypeVar

import msgspec

Kept = TypeVar("Kept", bound=msgspec.Struct)

ACTIVE: Final = "active"
DEACTIVATED: Final = "deactivated"
DELETED: Final = "deleted"
STATES: Final = (ACTIVE, DEACTIVATED, DELETED)
LISTED: Final = (ACTIVE, DEACTIVATED)
"""The states that a list shows when none is asked for."""


def given(changes: msgspec.Struct) -> dict[str, Any]:
    """The fields that are given, by name."""
    values = msgspec.structs.asdict(changes)
    return {name: value for name, value in values.items() if value is not msgspec.UNSET}


def with_changes(kept: Kept, changes: msgspec.Struct) -> Kept:
    """What there is, with what is given instead."""
    return msgspec.structs.replace(kept, **given(changes))
