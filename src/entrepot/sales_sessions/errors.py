"""Refusals of sales sessions, in order of precedence; an unknown one is the orders' own."""

from typing import Final

REFERENCE_TAKEN: Final = "sales_sessions.reference_taken"
REFERENCE_NOT_VALID: Final = "sales_sessions.reference_not_valid"
NAME_NOT_VALID: Final = "sales_sessions.name_not_valid"
TIMES_NOT_VALID: Final = "sales_sessions.times_not_valid"
ALREADY_CLOSED: Final = "sales_sessions.already_closed"
TOO_MANY_PRODUCTS: Final = "sales_sessions.too_many_products"
NAMED_TWICE: Final = "sales_sessions.named_twice"
LIMIT_NOT_VALID: Final = "sales_sessions.limit_not_valid"
PRICE_NOT_VALID: Final = "sales_sessions.price_not_valid"
LIMIT_BELOW_HELD: Final = "sales_sessions.limit_below_held"
PRODUCT_HAS_ORDERS: Final = "sales_sessions.product_has_orders"

PRECEDENCE: Final = (
    REFERENCE_TAKEN,
    REFERENCE_NOT_VALID,
    NAME_NOT_VALID,
    TIMES_NOT_VALID,
    ALREADY_CLOSED,
    TOO_MANY_PRODUCTS,
    NAMED_TWICE,
    LIMIT_NOT_VALID,
    PRICE_NOT_VALID,
    LIMIT_BELOW_HELD,
    PRODUCT_HAS_ORDERS,
)
