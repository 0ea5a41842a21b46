"""Stock: positions, holds and the ledger. It decides demands and knows no order.

Others lock, decide and write through what is named here; nobody else touches its tables.
"""

from entrepot.stock.actions.allocate_stock import allocate_stock
from entrepot.stock.actions.change_allocation import change_allocation
from entrepot.stock.actions.close_allocation import close_allocation
from entrepot.stock.actions.lock_stock import lock_stock
from entrepot.stock.actions.look_again import look_again
from entrepot.stock.actions.rebuild_figures import rebuild_figures
from entrepot.stock.actions.sweep_allocations import sweep_allocations
from entrepot.stock.actions.write_stock import write_stock
from entrepot.stock.errors import (
    ALLOCATION_ABOVE_AVAILABLE,
    ALLOCATION_BELOW_USED,
    ALLOCATION_ENDED,
    LOCATION_SHIPS_NOTHING,
    NOTE_NOT_VALID,
    PRECEDENCE,
    QUANTITY_NOT_VALID,
    UNKNOWN_ALLOCATION,
    UNLIMITED_NOT_ALLOCATED,
    VALIDITY_NOT_VALID,
    VARIANT_NOT_ACTIVE,
)
from entrepot.stock.model import Allocated, Book, Figures, decide, expire
from entrepot.stock.model.allocations import (
    Allocation,
    AllocationChanges,
    NewAllocation,
    ReceivedAllocation,
)
from entrepot.stock.model.availability import (
    Availability,
    AvailableAt,
    Offer,
    OfferedNow,
    ShownToPartner,
)
from entrepot.stock.model.goods import FiguresThen, Goods, GoodsFilter
from entrepot.stock.model.history import check_history
from entrepot.stock.model.recorded import Breach, BreachKind, History, Operation, Record
from entrepot.stock.model.shown import Hold, HoldState, LedgerEntry, Position
from entrepot.stock.views import (
    check_ledger,
    count_unmatched,
    export_stock,
    find_allocation,
    find_availability,
    find_position,
    find_received_allocation,
    list_allocations,
    list_availability,
    list_figures_then,
    list_goods,
    list_held_parts,
    list_holds,
    list_ledger,
    list_offered,
    list_positions,
    list_received_allocations,
    list_shown,
    read_expired_holds,
    read_holds_to_give_up,
    read_last_hold_numbers,
    read_open_allocations,
    read_order_holds,
    read_order_transfers,
    unknown_position,
)

__all__ = [
    "ALLOCATION_ABOVE_AVAILABLE",
    "ALLOCATION_BELOW_USED",
    "ALLOCATION_ENDED",
    "LOCATION_SHIPS_NOTHING",
    "NOTE_NOT_VALID",
    "PRECEDENCE",
    "QUANTITY_NOT_VALID",
    "UNKNOWN_ALLOCATION",
    "UNLIMITED_NOT_ALLOCATED",
    "VALIDITY_NOT_VALID",
    "VARIANT_NOT_ACTIVE",
    "Allocated",
    "Allocation",
    "AllocationChanges",
    "Availability",
    "AvailableAt",
    "Book",
    "Breach",
    "BreachKind",
    "Figures",
    "FiguresThen",
    "Goods",
    "GoodsFilter",
    "History",
    "Hold",
    "HoldState",
    "LedgerEntry",
    "NewAllocation",
    "Offer",
    "OfferedNow",
    "Operation",
    "Position",
    "ReceivedAllocation",
    "Record",
    "ShownToPartner",
    "allocate_stock",
    "change_allocation",
    "check_history",
    "check_ledger",
    "close_allocation",
    "count_unmatched",
    "decide",
    "expire",
    "export_stock",
    "find_allocation",
    "find_availability",
    "find_position",
    "find_received_allocation",
    "list_allocations",
    "list_availability",
    "list_figures_then",
    "list_goods",
    "list_held_parts",
    "list_holds",
    "list_ledger",
    "list_offered",
    "list_positions",
    "list_received_allocations",
    "list_shown",
    "lock_stock",
    "look_again",
    "read_expired_holds",
    "read_holds_to_give_up",
    "read_last_hold_numbers",
    "read_open_allocations",
    "read_order_holds",
    "read_order_transfers",
    "rebuild_figures",
    "sweep_allocations",
    "unknown_position",
    "write_stock",
]
