"""Refusals of the door itself, in order of precedence: what is wrong with a request as such."""

from typing import Final

UNKNOWN_PATH: Final = "request.unknown_path"
METHOD_NOT_ALLOWED: Final = "request.method_not_allowed"
TOO_LARGE: Final = "request.too_large"
MEDIA_TYPE_NOT_SUPPORTED: Final = "request.media_type_not_supported"
MALFORMED: Final = "request.malformed"
KEY_MISSING: Final = "request.key_missing"
KEY_NOT_VALID: Final = "request.key_not_valid"
FIELD_UNKNOWN: Final = "request.field_unknown"
FIELD_MISSING: Final = "request.field_missing"
FIELD_NOT_VALID: Final = "request.field_not_valid"
CURSOR_NOT_VALID: Final = "request.cursor_not_valid"
TOO_MANY_ORDERS: Final = "request.too_many_orders"
TOO_BUSY: Final = "request.too_busy"
STORE_UNAVAILABLE: Final = "request.store_unavailable"
FAILED: Final = "request.failed"

PRECEDENCE: Final = (
    UNKNOWN_PATH,
    METHOD_NOT_ALLOWED,
    TOO_LARGE,
    MEDIA_TYPE_NOT_SUPPORTED,
    MALFORMED,
    KEY_MISSING,
    KEY_NOT_VALID,
    FIELD_UNKNOWN,
    FIELD_MISSING,
    FIELD_NOT_VALID,
    CURSOR_NOT_VALID,
    TOO_MANY_ORDERS,
    TOO_BUSY,
    STORE_UNAVAILABLE,
    FAILED,
)
