"""Refusals of stock, in order of precedence."""

from typing import Final

UNKNOWN_POSITION: Final = "stock.unknown_position"
UNKNOWN_ALLOCATION: Final = "stock.unknown_allocation"
ORDER_NEEDED: Final = "stock.order_needed"
VERSION_CHANGED: Final = "stock.version_changed"
ALLOCATION_ENDED: Final = "stock.allocation_ended"
VARIANT_NOT_ACTIVE: Final = "stock.variant_not_active"
UNLIMITED_NOT_ALLOCATED: Final = "stock.unlimited_not_allocated"
LOCATION_SHIPS_NOTHING: Final = "stock.location_ships_nothing"
QUANTITY_NOT_VALID: Final = "stock.quantity_not_valid"
VALIDITY_NOT_VALID: Final = "stock.validity_not_valid"
NOTE_NOT_VALID: Final = "stock.note_not_valid"
ALLOCATION_BELOW_USED: Final = "stock.allocation_below_used"
ALLOCATION_ABOVE_AVAILABLE: Final = "stock.allocation_above_available"
INSUFFICIENT_AVAILABLE: Final = "stock.insufficient_available"

PRECEDENCE: Final = (
    UNKNOWN_POSITION,
    UNKNOWN_ALLOCATION,
    ORDER_NEEDED,
    VERSION_CHANGED,
    ALLOCATION_ENDED,
    VARIANT_NOT_ACTIVE,
    UNLIMITED_NOT_ALLOCATED,
    LOCATION_SHIPS_NOTHING,
    QUANTITY_NOT_VALID,
    VALIDITY_NOT_VALID,
    NOTE_NOT_VALID,
    ALLOCATION_BELOW_USED,
    ALLOCATION_ABOVE_AVAILABLE,
    INSUFFICIENT_AVAILABLE,
)
