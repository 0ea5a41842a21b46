"""Stock: positions, holds and the ledger. It decides demands and knows no order.

Others lock, decide and write through what is named here; nobody else touches its tables.
"""

from entrepot.stock.actions.lock_stock import lock_stock
from entrepot.stock.actions.rebuild_figures import rebuild_figures
from entrepot.stock.actions.write_stock import write_stock
from entrepot.stock.model import Book, Figures, decide, expire
from entrepot.stock.model.history import check_history
from entrepot.stock.model.recorded import Breach, BreachKind, History, Operation, Record
from entrepot.stock.views import (
    Hold,
    HoldState,
    LedgerEntry,
    Position,
    check_ledger,
    export_stock,
    find_position,
    list_held_parts,
    list_holds,
    list_ledger,
    list_positions,
    read_expired_holds,
    read_holds_to_give_up,
    read_last_hold_numbers,
    read_order_holds,
    unknown_position,
)

__all__ = [
    "Book",
    "Breach",
    "BreachKind",
    "Figures",
    "History",
    "Hold",
    "HoldState",
    "LedgerEntry",
    "Operation",
    "Position",
    "Record",
    "check_history",
    "check_ledger",
    "decide",
    "expire",
    "export_stock",
    "find_position",
    "list_held_parts",
    "list_holds",
    "list_ledger",
    "list_positions",
    "lock_stock",
    "read_expired_holds",
    "read_holds_to_give_up",
    "read_last_hold_numbers",
    "read_order_holds",
    "rebuild_figures",
    "unknown_position",
    "write_stock",
]
