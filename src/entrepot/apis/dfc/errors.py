"""Refusals of requests and documents, in order of precedence: what cannot be read comes first."""

from typing import Final

PROFILE_NOT_SUPPORTED: Final = "dfc.profile_not_supported"
CODING_NOT_SUPPORTED: Final = "dfc.coding_not_supported"
QUERY_NOT_VALID: Final = "dfc.query_not_valid"
ORDER_CHANGED: Final = "dfc.order_changed"
DOCUMENT_TOO_LARGE: Final = "dfc.document_too_large"
NOT_JSON: Final = "dfc.not_json"
KEY_REPEATED: Final = "dfc.key_repeated"
NOT_AN_OBJECT: Final = "dfc.not_an_object"
CONTEXT_NOT_KNOWN: Final = "dfc.context_not_known"
CONTEXT_NOT_VALID: Final = "dfc.context_not_valid"
NOT_JSON_LD: Final = "dfc.not_json_ld"
NODE_MISSING: Final = "dfc.node_missing"
NODE_REPEATED: Final = "dfc.node_repeated"
TYPE_NOT_VALID: Final = "dfc.type_not_valid"
LINE_OF_NO_ORDER: Final = "dfc.line_of_no_order"
VALUE_MISSING: Final = "dfc.value_missing"
VALUE_NOT_CLEAR: Final = "dfc.value_not_clear"
PRODUCT_NOT_NAMED: Final = "dfc.product_not_named"
IRI_NOT_VALID: Final = "dfc.iri_not_valid"
QUANTITY_NOT_VALID: Final = "dfc.quantity_not_valid"
PRICE_NOT_VALID: Final = "dfc.price_not_valid"
STOCK_NOT_VALID: Final = "dfc.stock_not_valid"
SKU_NOT_VALID: Final = "dfc.sku_not_valid"
STATUS_NOT_VALID: Final = "dfc.status_not_valid"
DATE_NOT_VALID: Final = "dfc.date_not_valid"
DATES_NOT_IN_ORDER: Final = "dfc.dates_not_in_order"
ANOTHER_ORDER: Final = "dfc.another_order"

PRECEDENCE: Final = (
    PROFILE_NOT_SUPPORTED,
    CODING_NOT_SUPPORTED,
    QUERY_NOT_VALID,
    ORDER_CHANGED,
    DOCUMENT_TOO_LARGE,
    NOT_JSON,
    KEY_REPEATED,
    NOT_AN_OBJECT,
    CONTEXT_NOT_KNOWN,
    CONTEXT_NOT_VALID,
    NOT_JSON_LD,
    NODE_MISSING,
    NODE_REPEATED,
    TYPE_NOT_VALID,
    LINE_OF_NO_ORDER,
    VALUE_MISSING,
    VALUE_NOT_CLEAR,
    PRODUCT_NOT_NAMED,
    IRI_NOT_VALID,
    QUANTITY_NOT_VALID,
    PRICE_NOT_VALID,
    STOCK_NOT_VALID,
    SKU_NOT_VALID,
    STATUS_NOT_VALID,
    DATE_NOT_VALID,
    DATES_NOT_IN_ORDER,
    ANOTHER_ORDER,
)
