"""Refusals of orders, in order of precedence: the first that applies names the refusal.

Faults of one request are all named at once, sorted by this order.
"""

from typing import Final

REFERENCE_TAKEN: Final = "orders.reference_taken"
EXTERNAL_ID_TAKEN: Final = "orders.external_id_taken"
REFERENCE_NOT_VALID: Final = "orders.reference_not_valid"
UNKNOWN_ORDER: Final = "orders.unknown_order"
UNKNOWN_INVOICE: Final = "orders.unknown_invoice"
UNKNOWN_REFUND_REQUEST: Final = "orders.unknown_refund_request"
UNKNOWN_SHIPMENT: Final = "orders.unknown_shipment"
NEEDS_INVOICES: Final = "orders.needs_invoices"
MARKETPLACE_DECIDES: Final = "orders.marketplace_decides"
NO_LINES: Final = "orders.no_lines"
TOO_MANY_LINES: Final = "orders.too_many_lines"
UNKNOWN_SALES_SESSION: Final = "orders.unknown_sales_session"
SALES_SESSION_NOT_OPEN: Final = "orders.sales_session_not_open"
POLICY_NEEDS_OWN_STOCK: Final = "orders.policy_needs_own_stock"
UNKNOWN_LINE: Final = "orders.unknown_line"
LINE_OF_ANOTHER_INVOICE: Final = "orders.line_of_another_invoice"
UNKNOWN_CARRIER: Final = "orders.unknown_carrier"
UNKNOWN_VARIANT: Final = "orders.unknown_variant"
NOT_IN_SALES_SESSION: Final = "orders.not_in_sales_session"
UNKNOWN_LOCATION: Final = "orders.unknown_location"
VARIANT_NOT_ORDERABLE: Final = "orders.variant_not_orderable"
MIXED_PRICING_MODELS: Final = "orders.mixed_pricing_models"
WHOLESALE_NOT_OFFERED: Final = "orders.wholesale_not_offered"
WHOLESALE_PRICE_NEEDED: Final = "orders.wholesale_price_needed"
COUNT_OR_RECEIPT: Final = "orders.count_or_receipt"
QUANTITY_NOT_POSITIVE: Final = "orders.quantity_not_positive"
QUANTITY_TOO_LARGE: Final = "orders.quantity_too_large"
QUANTITY_TOO_PRECISE: Final = "orders.quantity_too_precise"
QUANTITY_NOT_WHOLE: Final = "orders.quantity_not_whole"
QUANTITY_BELOW_MIN: Final = "orders.quantity_below_min"
QUANTITY_NOT_MULTIPLE: Final = "orders.quantity_not_multiple"
PRICE_NOT_VALID: Final = "orders.price_not_valid"
COST_NEEDED: Final = "orders.cost_needed"
MONEY_NOT_VALID: Final = "orders.money_not_valid"
TAX_INCOMPLETE: Final = "orders.tax_incomplete"
ADJUSTMENT_NOT_VALID: Final = "orders.adjustment_not_valid"
INVOICE_LINES_NOT_VALID: Final = "orders.invoice_lines_not_valid"
DETAIL_NOT_VALID: Final = "orders.detail_not_valid"
DISPATCHED_BEFORE_ORDERED: Final = "orders.dispatched_before_ordered"
TOTAL_OUT_OF_RANGE: Final = "orders.total_out_of_range"
LIMIT_NOT_VALID: Final = "orders.limit_not_valid"
PRIORITY_NOT_VALID: Final = "orders.priority_not_valid"
NOT_A_DRAFT: Final = "orders.not_a_draft"
ALREADY_CANCELLED: Final = "orders.already_cancelled"
ALREADY_PAID: Final = "orders.already_paid"
ALREADY_SHIPPED: Final = "orders.already_shipped"
ALREADY_INVOICED: Final = "orders.already_invoiced"
FULFILLED_BY_INVOICE: Final = "orders.fulfilled_by_invoice"
UNDER_REVIEW: Final = "orders.under_review"
NOT_FETCHED: Final = "orders.not_fetched"
NOTHING_TO_FETCH: Final = "orders.nothing_to_fetch"
NOT_PLACED: Final = "orders.not_placed"
PAYS_ON_COMPLETION: Final = "orders.pays_on_completion"
NOT_A_SESSION_ORDER: Final = "orders.not_a_session_order"
ALREADY_COMPLETE: Final = "orders.already_complete"
ALREADY_GATHERED: Final = "orders.already_gathered"
SHIPPED_BY_PRODUCER: Final = "orders.shipped_by_producer"
CHANGED_MEANWHILE: Final = "orders.changed_meanwhile"
NOT_COMPLETE: Final = "orders.not_complete"
MORE_THAN_HELD: Final = "orders.more_than_held"
MORE_THAN_OPEN: Final = "orders.more_than_open"
MORE_THAN_SHIPPED: Final = "orders.more_than_shipped"
MORE_THAN_UNDISPATCHED: Final = "orders.more_than_undispatched"
MORE_THAN_REFUNDABLE: Final = "orders.more_than_refundable"
REFUND_NOT_AWAITING: Final = "orders.refund_not_awaiting"
REFUND_NOT_RETURNED: Final = "orders.refund_not_returned"
REFUND_NOT_DENIED: Final = "orders.refund_not_denied"
REFUND_ENDED: Final = "orders.refund_ended"
REFUND_TOO_LARGE: Final = "orders.refund_too_large"
PAYMENT_TOO_LATE: Final = "orders.payment_too_late"

PRECEDENCE: Final = (
    REFERENCE_TAKEN,
    EXTERNAL_ID_TAKEN,
    REFERENCE_NOT_VALID,
    UNKNOWN_ORDER,
    UNKNOWN_INVOICE,
    UNKNOWN_REFUND_REQUEST,
    UNKNOWN_SHIPMENT,
    NEEDS_INVOICES,
    MARKETPLACE_DECIDES,
    NO_LINES,
    TOO_MANY_LINES,
    UNKNOWN_SALES_SESSION,
    SALES_SESSION_NOT_OPEN,
    POLICY_NEEDS_OWN_STOCK,
    UNKNOWN_LINE,
    LINE_OF_ANOTHER_INVOICE,
    UNKNOWN_CARRIER,
    UNKNOWN_VARIANT,
    NOT_IN_SALES_SESSION,
    UNKNOWN_LOCATION,
    VARIANT_NOT_ORDERABLE,
    MIXED_PRICING_MODELS,
    WHOLESALE_NOT_OFFERED,
    WHOLESALE_PRICE_NEEDED,
    COUNT_OR_RECEIPT,
    QUANTITY_NOT_POSITIVE,
    QUANTITY_TOO_LARGE,
    QUANTITY_TOO_PRECISE,
    QUANTITY_NOT_WHOLE,
    QUANTITY_BELOW_MIN,
    QUANTITY_NOT_MULTIPLE,
    PRICE_NOT_VALID,
    COST_NEEDED,
    MONEY_NOT_VALID,
    TAX_INCOMPLETE,
    ADJUSTMENT_NOT_VALID,
    INVOICE_LINES_NOT_VALID,
    DETAIL_NOT_VALID,
    DISPATCHED_BEFORE_ORDERED,
    TOTAL_OUT_OF_RANGE,
    LIMIT_NOT_VALID,
    PRIORITY_NOT_VALID,
    NOT_A_DRAFT,
    ALREADY_CANCELLED,
    ALREADY_PAID,
    ALREADY_SHIPPED,
    ALREADY_INVOICED,
    FULFILLED_BY_INVOICE,
    UNDER_REVIEW,
    NOT_FETCHED,
    NOTHING_TO_FETCH,
    NOT_PLACED,
    PAYS_ON_COMPLETION,
    NOT_A_SESSION_ORDER,
    ALREADY_COMPLETE,
    ALREADY_GATHERED,
    SHIPPED_BY_PRODUCER,
    CHANGED_MEANWHILE,
    NOT_COMPLETE,
    MORE_THAN_HELD,
    MORE_THAN_OPEN,
    MORE_THAN_SHIPPED,
    MORE_THAN_UNDISPATCHED,
    MORE_THAN_REFUNDABLE,
    REFUND_NOT_AWAITING,
    REFUND_NOT_RETURNED,
    REFUND_NOT_DENIED,
    REFUND_ENDED,
    REFUND_TOO_LARGE,
    PAYMENT_TOO_LATE,
)
