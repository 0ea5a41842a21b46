"""Refusals of webhooks, in order of precedence."""

from typing import Final

UNKNOWN_WEBHOOK: Final = "webhooks.unknown_webhook"
UNKNOWN_DELIVERY: Final = "webhooks.unknown_delivery"
URL_NOT_VALID: Final = "webhooks.url_not_valid"
ADDRESS_NOT_FOUND: Final = "webhooks.address_not_found"
ADDRESS_NOT_ALLOWED: Final = "webhooks.address_not_allowed"
EVENTS_NOT_VALID: Final = "webhooks.events_not_valid"
DESCRIPTION_NOT_VALID: Final = "webhooks.description_not_valid"
STATE_NOT_VALID: Final = "webhooks.state_not_valid"
QUERY_NOT_VALID: Final = "webhooks.query_not_valid"
HMAC_KEY_NOT_VALID: Final = "webhooks.hmac_key_not_valid"
HEADERS_NOT_VALID: Final = "webhooks.headers_not_valid"
LIMIT_NOT_VALID: Final = "webhooks.limit_not_valid"
OTHER_KIND: Final = "webhooks.other_kind"
TOO_MANY_WEBHOOKS: Final = "webhooks.too_many_webhooks"
NOT_ENABLED: Final = "webhooks.not_enabled"

PRECEDENCE: Final = (
    UNKNOWN_WEBHOOK,
    UNKNOWN_DELIVERY,
    URL_NOT_VALID,
    ADDRESS_NOT_FOUND,
    ADDRESS_NOT_ALLOWED,
    EVENTS_NOT_VALID,
    DESCRIPTION_NOT_VALID,
    STATE_NOT_VALID,
    QUERY_NOT_VALID,
    HMAC_KEY_NOT_VALID,
    HEADERS_NOT_VALID,
    LIMIT_NOT_VALID,
    OTHER_KIND,
    TOO_MANY_WEBHOOKS,
    NOT_ENABLED,
)
