"""Settlement: what passed between two partners in a week, and how a partnership ends.

A week that is open is read from its transfers; closed, it is a document with two faces that never
changes.
"""

from entrepot.settlement.actions.acknowledge_settlement import acknowledge_settlement
from entrepot.settlement.actions.close_due_weeks import close_due_weeks
from entrepot.settlement.actions.close_weeks import close_weeks
from entrepot.settlement.actions.dispute_settlement import dispute_settlement
from entrepot.settlement.actions.end_partnership import end_partnership
from entrepot.settlement.actions.write_settlements import write_settlements
from entrepot.settlement.errors import (
    ALREADY_ACKNOWLEDGED,
    CHECKLIST_OPEN,
    NOT_ENDING,
    PRECEDENCE,
    REASON_NOT_VALID,
    UNKNOWN_LINE,
    UNKNOWN_SETTLEMENT,
    WEEK_CLOSED,
    WEEK_NOT_OVER,
    WEEK_NOT_VALID,
)
from entrepot.settlement.model import (
    ClosedWeeks,
    EndedPartnership,
    EndingChecklist,
    OpenLine,
    OpenSettlement,
    PartnerAnswer,
    SettledTransfer,
    Settlement,
    SettlementLine,
    ToSettle,
    Total,
)
from entrepot.settlement.views import (
    SettlementFilter,
    check_settlements,
    ending_checklist,
    export_settlement,
    find_open_settlement,
    find_partnership_to_settle,
    find_settlement,
    list_line_transfers,
    list_lines,
    list_open_lines,
    list_open_transfers,
    list_partnerships_to_settle,
    list_settlements,
)

__all__ = [
    "ALREADY_ACKNOWLEDGED",
    "CHECKLIST_OPEN",
    "NOT_ENDING",
    "PRECEDENCE",
    "REASON_NOT_VALID",
    "UNKNOWN_LINE",
    "UNKNOWN_SETTLEMENT",
    "WEEK_CLOSED",
    "WEEK_NOT_OVER",
    "WEEK_NOT_VALID",
    "ClosedWeeks",
    "EndedPartnership",
    "EndingChecklist",
    "OpenLine",
    "OpenSettlement",
    "PartnerAnswer",
    "SettledTransfer",
    "Settlement",
    "SettlementFilter",
    "SettlementLine",
    "ToSettle",
    "Total",
    "acknowledge_settlement",
    "check_settlements",
    "close_due_weeks",
    "close_weeks",
    "dispute_settlement",
    "end_partnership",
    "ending_checklist",
    "export_settlement",
    "find_open_settlement",
    "find_partnership_to_settle",
    "find_settlement",
    "list_line_transfers",
    "list_lines",
    "list_open_lines",
    "list_open_transfers",
    "list_partnerships_to_settle",
    "list_settlements",
    "write_settlements",
]
