"""Refusals of partnerships, in order of precedence."""

from typing import Final

TOO_MANY_TRIES: Final = "partnerships.too_many_tries"
INVITE_KEY_NOT_VALID: Final = "partnerships.invite_key_not_valid"
UNKNOWN_PARTNERSHIP: Final = "partnerships.unknown_partnership"
UNKNOWN_INVITATION: Final = "partnerships.unknown_invitation"
UNKNOWN_TRADING_RIGHT: Final = "partnerships.unknown_trading_right"
UNKNOWN_MATCH: Final = "partnerships.unknown_match"
WHOLESALER_ONLY: Final = "partnerships.wholesaler_only"
RETAILER_ONLY: Final = "partnerships.retailer_only"
PARTNER_DECIDES: Final = "partnerships.partner_decides"
KIND_NOT_VALID: Final = "partnerships.kind_not_valid"
CONSIGNMENT_BY_INVITATION: Final = "partnerships.consignment_by_invitation"
RIGHT_WITH_ONESELF: Final = "partnerships.right_with_oneself"
SHARING_POLICY_NOT_VALID: Final = "partnerships.sharing_policy_not_valid"
ON_CANCEL_NOT_VALID: Final = "partnerships.on_cancel_not_valid"
BUFFER_NOT_VALID: Final = "partnerships.buffer_not_valid"
CAP_NOT_VALID: Final = "partnerships.cap_not_valid"
PRICE_PERCENTAGE_NOT_VALID: Final = "partnerships.price_percentage_not_valid"
TERMS_NOT_VALID: Final = "partnerships.terms_not_valid"
NOTE_NOT_VALID: Final = "partnerships.note_not_valid"
VALID_DAYS_NOT_VALID: Final = "partnerships.valid_days_not_valid"
FACTOR_NOT_VALID: Final = "partnerships.factor_not_valid"
RANK_NOT_VALID: Final = "partnerships.rank_not_valid"
PRICES_NOT_VALID: Final = "partnerships.prices_not_valid"
PRICE_NOT_VALID: Final = "partnerships.price_not_valid"
PRICE_IN_THE_PAST: Final = "partnerships.price_in_the_past"
PRICE_GIVEN_TWICE: Final = "partnerships.price_given_twice"
ALREADY_PARTNERS: Final = "partnerships.already_partners"
INVITATION_ACCEPTED: Final = "partnerships.invitation_accepted"
PARTNERSHIP_ENDING: Final = "partnerships.partnership_ending"
SUPPLIER_NOT_PARTNER: Final = "partnerships.supplier_not_partner"
VARIANT_NOT_ACTIVE: Final = "partnerships.variant_not_active"
ALREADY_MATCHED: Final = "partnerships.already_matched"
MATCH_ENDED: Final = "partnerships.match_ended"

PRECEDENCE: Final = (
    TOO_MANY_TRIES,
    INVITE_KEY_NOT_VALID,
    UNKNOWN_PARTNERSHIP,
    UNKNOWN_INVITATION,
    UNKNOWN_TRADING_RIGHT,
    UNKNOWN_MATCH,
    WHOLESALER_ONLY,
    RETAILER_ONLY,
    PARTNER_DECIDES,
    KIND_NOT_VALID,
    CONSIGNMENT_BY_INVITATION,
    RIGHT_WITH_ONESELF,
    SHARING_POLICY_NOT_VALID,
    ON_CANCEL_NOT_VALID,
    BUFFER_NOT_VALID,
    CAP_NOT_VALID,
    PRICE_PERCENTAGE_NOT_VALID,
    TERMS_NOT_VALID,
    NOTE_NOT_VALID,
    VALID_DAYS_NOT_VALID,
    FACTOR_NOT_VALID,
    RANK_NOT_VALID,
    PRICES_NOT_VALID,
    PRICE_NOT_VALID,
    PRICE_IN_THE_PAST,
    PRICE_GIVEN_TWICE,
    ALREADY_PARTNERS,
    INVITATION_ACCEPTED,
    PARTNERSHIP_ENDING,
    SUPPLIER_NOT_PARTNER,
    VARIANT_NOT_ACTIVE,
    ALREADY_MATCHED,
    MATCH_ENDED,
)
