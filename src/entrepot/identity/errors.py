"""Refusals of identity, in order of precedence."""

from typing import Final

TOKEN_NOT_VALID: Final = "identity.token_not_valid"
SCOPE_MISSING: Final = "identity.scope_missing"
UNKNOWN_ORGANISATION: Final = "identity.unknown_organisation"
UNKNOWN_TOKEN: Final = "identity.unknown_token"
SLUG_NOT_VALID: Final = "identity.slug_not_valid"
NAME_NOT_VALID: Final = "identity.name_not_valid"
TIME_ZONE_NOT_VALID: Final = "identity.time_zone_not_valid"
COUNTRY_NOT_VALID: Final = "identity.country_not_valid"
CURRENCY_NOT_VALID: Final = "identity.currency_not_valid"
SCOPE_NOT_VALID: Final = "identity.scope_not_valid"
EXPIRY_NOT_VALID: Final = "identity.expiry_not_valid"
SLUG_TAKEN: Final = "identity.slug_taken"

PRECEDENCE: Final = (
    TOKEN_NOT_VALID,
    SCOPE_MISSING,
    UNKNOWN_ORGANISATION,
    UNKNOWN_TOKEN,
    SLUG_NOT_VALID,
    NAME_NOT_VALID,
    TIME_ZONE_NOT_VALID,
    COUNTRY_NOT_VALID,
    CURRENCY_NOT_VALID,
    SCOPE_NOT_VALID,
    EXPIRY_NOT_VALID,
    SLUG_TAKEN,
)
