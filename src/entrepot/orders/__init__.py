"""Orders and the batch that decides them: placing, paying, changing, shipping, waiting.

All acts on stock enter here, so that one transaction decides them with the orders they concern.
"""

from entrepot.orders.actions.adjust_stock import adjust_stock
from entrepot.orders.actions.cancel_order import cancel_order
from entrepot.orders.actions.change_order import change_order
from entrepot.orders.actions.count_stock import count_stock
from entrepot.orders.actions.decide_batch import (
    Answer,
    StoreUnavailableError,
    TooBusyError,
    decide_batch,
)
from entrepot.orders.actions.import_stock import STOCK, import_stock
from entrepot.orders.actions.place_draft import place_draft
from entrepot.orders.actions.place_order import place_order
from entrepot.orders.actions.place_orders import place_orders
from entrepot.orders.actions.prioritise_order import prioritise_order
from entrepot.orders.actions.rebuild_orders import rebuild_orders
from entrepot.orders.actions.receive_stock import receive_stock
from entrepot.orders.actions.recheck_waiting import recheck_waiting
from entrepot.orders.actions.record_payment import record_payment
from entrepot.orders.actions.return_goods import return_goods
from entrepot.orders.actions.run_batch import Accepted, BatchTools
from entrepot.orders.actions.ship_order import ship_order
from entrepot.orders.actions.submit import Desk
from entrepot.orders.actions.sweep_expired import sweep_expired
from entrepot.orders.errors import PRECEDENCE
from entrepot.orders.model import (
    AdjustStock,
    CancelOrder,
    ChangeOrder,
    CountStock,
    LineQuantity,
    OrderAnswer,
    PlaceDraft,
    PlaceOrder,
    PrioritiseOrder,
    ReceiveStock,
    RecordPayment,
    ReturnGoods,
    ShipOrder,
    StockAnswer,
    StockLine,
    Submission,
    WantedLine,
)
from entrepot.orders.model.commands import OrderKind, Policy
from entrepot.orders.model.explaining import MissingGoods, WaitingExplained
from entrepot.orders.model.withdrawing import Affected
from entrepot.orders.store import check_orders
from entrepot.orders.views import (
    OrderStatus,
    OrderSummary,
    examine_lag,
    explain_order,
    find_affected,
    find_order,
    list_orders,
)

__all__ = [
    "PRECEDENCE",
    "STOCK",
    "Accepted",
    "AdjustStock",
    "Affected",
    "Answer",
    "BatchTools",
    "CancelOrder",
    "ChangeOrder",
    "CountStock",
    "Desk",
    "LineQuantity",
    "MissingGoods",
    "OrderAnswer",
    "OrderKind",
    "OrderStatus",
    "OrderSummary",
    "PlaceDraft",
    "PlaceOrder",
    "Policy",
    "PrioritiseOrder",
    "ReceiveStock",
    "RecordPayment",
    "ReturnGoods",
    "ShipOrder",
    "StockAnswer",
    "StockLine",
    "StoreUnavailableError",
    "Submission",
    "TooBusyError",
    "WaitingExplained",
    "WantedLine",
    "adjust_stock",
    "cancel_order",
    "change_order",
    "check_orders",
    "count_stock",
    "decide_batch",
    "examine_lag",
    "explain_order",
    "find_affected",
    "find_order",
    "import_stock",
    "list_orders",
    "place_draft",
    "place_order",
    "place_orders",
    "prioritise_order",
    "rebuild_orders",
    "receive_stock",
    "recheck_waiting",
    "record_payment",
    "return_goods",
    "ship_order",
    "sweep_expired",
]
