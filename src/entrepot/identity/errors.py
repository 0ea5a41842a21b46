"""Refusals of identity, in order of precedence."""

from typing import Final

TOKEN_NOT_VALID: Final = "identity.token_not_valid"
TOO_MANY_TRIES: Final = "identity.too_many_tries"
LOG_IN_NOT_VALID: Final = "identity.log_in_not_valid"
KEY_NOT_VALID: Final = "identity.key_not_valid"
PERSON_NEEDED: Final = "identity.person_needed"
SCOPE_MISSING: Final = "identity.scope_missing"
UNKNOWN_ORGANISATION: Final = "identity.unknown_organisation"
UNKNOWN_TOKEN: Final = "identity.unknown_token"
UNKNOWN_PERSON: Final = "identity.unknown_person"
UNKNOWN_SESSION: Final = "identity.unknown_session"
UNKNOWN_INVITATION: Final = "identity.unknown_invitation"
UNKNOWN_ACT: Final = "identity.unknown_act"
ORGANISATION_NEEDED: Final = "identity.organisation_needed"
PASSWORD_WRONG: Final = "identity.password_wrong"
SLUG_NOT_VALID: Final = "identity.slug_not_valid"
EMAIL_NOT_VALID: Final = "identity.email_not_valid"
NAME_NOT_VALID: Final = "identity.name_not_valid"
ROLE_NOT_VALID: Final = "identity.role_not_valid"
LANGUAGE_NOT_VALID: Final = "identity.language_not_valid"
TIME_ZONE_NOT_VALID: Final = "identity.time_zone_not_valid"
COUNTRY_NOT_VALID: Final = "identity.country_not_valid"
CURRENCY_NOT_VALID: Final = "identity.currency_not_valid"
SCOPE_NOT_VALID: Final = "identity.scope_not_valid"
SUBJECT_NOT_VALID: Final = "identity.subject_not_valid"
EXPIRY_NOT_VALID: Final = "identity.expiry_not_valid"
PASSWORD_NOT_VALID: Final = "identity.password_not_valid"
PASSWORD_GUESSABLE: Final = "identity.password_guessable"
SLUG_TAKEN: Final = "identity.slug_taken"
EMAIL_TAKEN: Final = "identity.email_taken"
ALREADY_BOUND: Final = "identity.already_bound"
ALREADY_COLLEAGUE: Final = "identity.already_colleague"
INVITATION_ACCEPTED: Final = "identity.invitation_accepted"
LAST_OWNER: Final = "identity.last_owner"

PRECEDENCE: Final = (
    TOKEN_NOT_VALID,
    TOO_MANY_TRIES,
    LOG_IN_NOT_VALID,
    KEY_NOT_VALID,
    PERSON_NEEDED,
    SCOPE_MISSING,
    UNKNOWN_ORGANISATION,
    UNKNOWN_TOKEN,
    UNKNOWN_PERSON,
    UNKNOWN_SESSION,
    UNKNOWN_INVITATION,
    UNKNOWN_ACT,
    ORGANISATION_NEEDED,
    PASSWORD_WRONG,
    SLUG_NOT_VALID,
    EMAIL_NOT_VALID,
    NAME_NOT_VALID,
    ROLE_NOT_VALID,
    LANGUAGE_NOT_VALID,
    TIME_ZONE_NOT_VALID,
    COUNTRY_NOT_VALID,
    CURRENCY_NOT_VALID,
    SCOPE_NOT_VALID,
    SUBJECT_NOT_VALID,
    EXPIRY_NOT_VALID,
    PASSWORD_NOT_VALID,
    PASSWORD_GUESSABLE,
    SLUG_TAKEN,
    EMAIL_TAKEN,
    ALREADY_BOUND,
    ALREADY_COLLEAGUE,
    INVITATION_ACCEPTED,
    LAST_OWNER,
)
