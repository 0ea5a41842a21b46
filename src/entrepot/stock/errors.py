"""Refusals of stock, in order of precedence."""

from typing import Final

UNKNOWN_POSITION: Final = "stock.unknown_position"
ORDER_NEEDED: Final = "stock.order_needed"
VERSION_CHANGED: Final = "stock.version_changed"
INSUFFICIENT_AVAILABLE: Final = "stock.insufficient_available"

PRECEDENCE: Final = (UNKNOWN_POSITION, ORDER_NEEDED, VERSION_CHANGED, INSUFFICIENT_AVAILABLE)
