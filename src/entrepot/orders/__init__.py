"""Orders and the batch that decides them: placing, paying, changing, shipping, waiting.

All acts on stock enter here, so that one transaction decides them with the orders they concern.
"""

from entrepot.orders.actions.adjust_stock import adjust_stock
from entrepot.orders.actions.answer_repeats import Accepted
from entrepot.orders.actions.cancel_order import cancel_order
from entrepot.orders.actions.change_marketplace_order import change_marketplace_order
from entrepot.orders.actions.change_order import change_order
from entrepot.orders.actions.change_window import change_window
from entrepot.orders.actions.close_window import close_window
from entrepot.orders.actions.complete_refund import RefundCompletion, complete_refund
from entrepot.orders.actions.complete_session_order import complete_session_order
from entrepot.orders.actions.complete_window import complete_window
from entrepot.orders.actions.count_stock import count_stock
from entrepot.orders.actions.decide_batch import (
    Answer,
    StoreUnavailableError,
    TooBusyError,
    decide_batch,
)
from entrepot.orders.actions.deny_refund import deny_refund
from entrepot.orders.actions.end_unpaid import end_unpaid
from entrepot.orders.actions.gather_orders import GATHERED_MAX, gather_orders
from entrepot.orders.actions.hand_over_invoice import hand_over_invoice
from entrepot.orders.actions.import_stock import STOCK, import_stock
from entrepot.orders.actions.mark_invoice_ready import mark_invoice_ready
from entrepot.orders.actions.open_remote_window import open_remote_window
from entrepot.orders.actions.open_window import open_window
from entrepot.orders.actions.place_draft import place_draft
from entrepot.orders.actions.place_marketplace_order import (
    NewMarketplaceOrder,
    place_marketplace_order,
)
from entrepot.orders.actions.place_order import place_order
from entrepot.orders.actions.place_orders import place_orders
from entrepot.orders.actions.prioritise_order import prioritise_order
from entrepot.orders.actions.rebuild_orders import rebuild_orders
from entrepot.orders.actions.rebuild_windows import rebuild_windows
from entrepot.orders.actions.receive_stock import receive_stock
from entrepot.orders.actions.recheck_waiting import recheck_waiting
from entrepot.orders.actions.record_payment import record_payment
from entrepot.orders.actions.request_refund import NewRefund, request_refund
from entrepot.orders.actions.restore_refund import restore_refund
from entrepot.orders.actions.return_goods import return_goods
from entrepot.orders.actions.run_batch import BatchTools
from entrepot.orders.actions.ship_invoice import NewShipment, ship_invoice
from entrepot.orders.actions.ship_order import ship_order
from entrepot.orders.actions.submit import Desk
from entrepot.orders.actions.sweep_expired import sweep_expired
from entrepot.orders.actions.take_back_refund import RefundStep, take_back_refund
from entrepot.orders.errors import (
    ALREADY_CANCELLED,
    CHANGED_MEANWHILE,
    EXTERNAL_ID_TAKEN,
    MIXED_PRICING_MODELS,
    NO_LINES,
    PRECEDENCE,
    QUANTITY_NOT_WHOLE,
    SALES_SESSION_NOT_OPEN,
    UNKNOWN_LINE,
    UNKNOWN_ORDER,
    UNKNOWN_SALES_SESSION,
    UNKNOWN_VARIANT,
)
from entrepot.orders.model import (
    AdjustStock,
    CancelOrder,
    ChangeOrder,
    CompleteSessionOrder,
    CountStock,
    GatherOrders,
    LineQuantity,
    OrderAnswer,
    PlaceDraft,
    PlaceOrder,
    PrioritiseOrder,
    ReceiveStock,
    RecordPayment,
    RefundLine,
    ReturnGoods,
    ShipOrder,
    StockAnswer,
    StockLine,
    Submission,
    WantedLine,
)
from entrepot.orders.model.checks import INSUFFICIENT
from entrepot.orders.model.commands import OrderKind, Policy
from entrepot.orders.model.explaining import MissingGoods, PartnerOffer, WaitingExplained
from entrepot.orders.model.fulfilment import OTHER_CARRIER, Initiator, RefundNote, RefundStatus
from entrepot.orders.model.fulfilment_showing import (
    RefundFilter,
    ShipmentCarrier,
    ShipmentFilter,
    ShownRefundLine,
    ShownRefundRequest,
    ShownShipment,
    ShownShippedLine,
)
from entrepot.orders.model.glance import (
    InvoicesGlance,
    OrdersGlance,
    SoldPart,
    SoldParts,
    ToDo,
    Unmatched,
)
from entrepot.orders.model.invoice_status import (
    AggregateStatus,
    InvoiceFlag,
    InvoiceStatus,
    LineStatus,
    LineStatusFull,
)
from entrepot.orders.model.listing import (
    ListedOrder,
    Orderable,
    OrderFilter,
    OrderStatus,
    OrderSummary,
)
from entrepot.orders.model.market import (
    Address,
    Adjustment,
    AdjustmentKind,
    Buyer,
    DeliveryType,
    InvoiceTerms,
    KeyValue,
    Market,
    MarketLine,
    Money,
)
from entrepot.orders.model.market_changes import (
    BuyerChanges,
    MarketOrderChanged,
    MarketOrderChanges,
    MarketStatus,
)
from entrepot.orders.model.market_seeking import (
    Found,
    InvoicesWanted,
    MarketSort,
    NamedRow,
    Numbered,
    OwnerType,
    Place,
)
from entrepot.orders.model.market_showing import (
    InvoiceFilter,
    InvoiceSort,
    MarketOrderFilter,
    ShownAdjustment,
    ShownExternalId,
    ShownInvoice,
    ShownInvoiceLine,
    ShownMarketplaceOrder,
    Side,
)
from entrepot.orders.model.queues import Queue
from entrepot.orders.model.selling import (
    NewRemoteWindow,
    NewWindow,
    ProductNow,
    SoldProduct,
    WindowChange,
    WindowNow,
)
from entrepot.orders.model.showing import HistoryEntry, ShownLine, ShownOrder, ShownTransfer
from entrepot.orders.model.withdrawing import Affected
from entrepot.orders.store import check_orders
from entrepot.orders.store.windows import count_sold, lock_window, read_sold
from entrepot.orders.views.fulfilment import (
    count_refund_requests,
    find_refund_request,
    find_shipment,
    list_refund_requests,
    list_shipment_carriers,
    list_shipments,
)
from entrepot.orders.views.market import (
    count_changed_orders,
    count_invoices,
    find_external_ids,
    find_invoice,
    find_market_sides,
    find_marketplace_order,
    glance_at_invoices,
    list_invoices,
    list_invoices_numbered,
    list_marketplace_orders,
    list_orders_numbered,
    offers_wholesale,
    page_changed_orders,
    page_invoices,
)
from entrepot.orders.views.orders import (
    SUMMED_MAX,
    WAITING_COUNTED_MAX,
    examine_lag,
    explain_order,
    find_affected,
    find_order,
    find_orderable,
    find_references,
    glance_at_orders,
    list_order_history,
    list_orders,
    list_queues,
    search_orderable,
    search_orders,
    show_order,
    sum_parts,
)

__all__ = [
    "ALREADY_CANCELLED",
    "CHANGED_MEANWHILE",
    "EXTERNAL_ID_TAKEN",
    "GATHERED_MAX",
    "INSUFFICIENT",
    "MIXED_PRICING_MODELS",
    "NO_LINES",
    "OTHER_CARRIER",
    "PRECEDENCE",
    "QUANTITY_NOT_WHOLE",
    "SALES_SESSION_NOT_OPEN",
    "STOCK",
    "SUMMED_MAX",
    "UNKNOWN_LINE",
    "UNKNOWN_ORDER",
    "UNKNOWN_SALES_SESSION",
    "UNKNOWN_VARIANT",
    "WAITING_COUNTED_MAX",
    "Accepted",
    "Address",
    "AdjustStock",
    "Adjustment",
    "AdjustmentKind",
    "Affected",
    "AggregateStatus",
    "Answer",
    "BatchTools",
    "Buyer",
    "BuyerChanges",
    "CancelOrder",
    "ChangeOrder",
    "CompleteSessionOrder",
    "CountStock",
    "DeliveryType",
    "Desk",
    "Found",
    "GatherOrders",
    "HistoryEntry",
    "Initiator",
    "InvoiceFilter",
    "InvoiceFlag",
    "InvoiceSort",
    "InvoiceStatus",
    "InvoiceTerms",
    "InvoicesGlance",
    "InvoicesWanted",
    "KeyValue",
    "LineQuantity",
    "LineStatus",
    "LineStatusFull",
    "ListedOrder",
    "Market",
    "MarketLine",
    "MarketOrderChanged",
    "MarketOrderChanges",
    "MarketOrderFilter",
    "MarketSort",
    "MarketStatus",
    "MissingGoods",
    "Money",
    "NamedRow",
    "NewMarketplaceOrder",
    "NewRefund",
    "NewRemoteWindow",
    "NewShipment",
    "NewWindow",
    "Numbered",
    "OrderAnswer",
    "OrderFilter",
    "OrderKind",
    "OrderStatus",
    "OrderSummary",
    "Orderable",
    "OrdersGlance",
    "OwnerType",
    "PartnerOffer",
    "Place",
    "PlaceDraft",
    "PlaceOrder",
    "Policy",
    "PrioritiseOrder",
    "ProductNow",
    "Queue",
    "ReceiveStock",
    "RecordPayment",
    "RefundCompletion",
    "RefundFilter",
    "RefundLine",
    "RefundNote",
    "RefundStatus",
    "RefundStep",
    "ReturnGoods",
    "ShipOrder",
    "ShipmentCarrier",
    "ShipmentFilter",
    "ShownAdjustment",
    "ShownExternalId",
    "ShownInvoice",
    "ShownInvoiceLine",
    "ShownLine",
    "ShownMarketplaceOrder",
    "ShownOrder",
    "ShownRefundLine",
    "ShownRefundRequest",
    "ShownShipment",
    "ShownShippedLine",
    "ShownTransfer",
    "Side",
    "SoldPart",
    "SoldParts",
    "SoldProduct",
    "StockAnswer",
    "StockLine",
    "StoreUnavailableError",
    "Submission",
    "ToDo",
    "TooBusyError",
    "Unmatched",
    "WaitingExplained",
    "WantedLine",
    "WindowChange",
    "WindowNow",
    "adjust_stock",
    "cancel_order",
    "change_marketplace_order",
    "change_order",
    "change_window",
    "check_orders",
    "close_window",
    "complete_refund",
    "complete_session_order",
    "complete_window",
    "count_changed_orders",
    "count_invoices",
    "count_refund_requests",
    "count_sold",
    "count_stock",
    "decide_batch",
    "deny_refund",
    "end_unpaid",
    "examine_lag",
    "explain_order",
    "find_affected",
    "find_external_ids",
    "find_invoice",
    "find_market_sides",
    "find_marketplace_order",
    "find_order",
    "find_orderable",
    "find_references",
    "find_refund_request",
    "find_shipment",
    "gather_orders",
    "glance_at_invoices",
    "glance_at_orders",
    "hand_over_invoice",
    "import_stock",
    "list_invoices",
    "list_invoices_numbered",
    "list_marketplace_orders",
    "list_order_history",
    "list_orders",
    "list_orders_numbered",
    "list_queues",
    "list_refund_requests",
    "list_shipment_carriers",
    "list_shipments",
    "lock_window",
    "mark_invoice_ready",
    "offers_wholesale",
    "open_remote_window",
    "open_window",
    "page_changed_orders",
    "page_invoices",
    "place_draft",
    "place_marketplace_order",
    "place_order",
    "place_orders",
    "prioritise_order",
    "read_sold",
    "rebuild_orders",
    "rebuild_windows",
    "receive_stock",
    "recheck_waiting",
    "record_payment",
    "request_refund",
    "restore_refund",
    "return_goods",
    "search_orderable",
    "search_orders",
    "ship_invoice",
    "ship_order",
    "show_order",
    "sum_parts",
    "sweep_expired",
    "take_back_refund",
]
