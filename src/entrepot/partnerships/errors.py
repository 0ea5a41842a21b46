"""Refusals of partnerships, in order of precedence."""

from typing import Final

UNKNOWN_TRADING_RIGHT: Final = "partnerships.unknown_trading_right"
KIND_NOT_VALID: Final = "partnerships.kind_not_valid"
RIGHT_WITH_ONESELF: Final = "partnerships.right_with_oneself"

PRECEDENCE: Final = (UNKNOWN_TRADING_RIGHT, KIND_NOT_VALID, RIGHT_WITH_ONESELF)
