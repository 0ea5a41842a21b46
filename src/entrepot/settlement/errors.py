"""Refusals of settlement, in order of precedence."""

from typing import Final

UNKNOWN_SETTLEMENT: Final = "settlement.unknown_settlement"
UNKNOWN_LINE: Final = "settlement.unknown_line"
WEEK_NOT_VALID: Final = "settlement.week_not_valid"
WEEK_NOT_OVER: Final = "settlement.week_not_over"
WEEK_CLOSED: Final = "settlement.week_closed"
REASON_NOT_VALID: Final = "settlement.reason_not_valid"
ALREADY_ACKNOWLEDGED: Final = "settlement.already_acknowledged"
NOT_ENDING: Final = "settlement.not_ending"
CHECKLIST_OPEN: Final = "settlement.checklist_open"

PRECEDENCE: Final = (
    UNKNOWN_SETTLEMENT,
    UNKNOWN_LINE,
    WEEK_NOT_VALID,
    WEEK_NOT_OVER,
    WEEK_CLOSED,
    REASON_NOT_VALID,
    ALREADY_ACKNOWLEDGED,
    NOT_ENDING,
    CHECKLIST_OPEN,
)
