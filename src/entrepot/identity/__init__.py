"""Identity: organisations, tokens and what a caller may do."""

from entrepot.identity.actions.create_organisation import create_organisation
from entrepot.identity.actions.issue_token import issue_token
from entrepot.identity.actions.revoke_token import revoke_token
from entrepot.identity.errors import (
    PRECEDENCE,
    SCOPE_MISSING,
    SLUG_TAKEN,
    TOKEN_NOT_VALID,
    UNKNOWN_ORGANISATION,
    UNKNOWN_TOKEN,
)
from entrepot.identity.model import (
    IssuedToken,
    NewOrganisation,
    NewToken,
    Organisation,
    Token,
    check_scope,
    hash_secret,
    is_well_formed,
)
from entrepot.identity.views import (
    find_caller,
    find_organisation,
    find_organisations,
    holds,
    list_organisations,
    list_tokens,
    organisation_exists,
)

__all__ = [
    "PRECEDENCE",
    "SCOPE_MISSING",
    "SLUG_TAKEN",
    "TOKEN_NOT_VALID",
    "UNKNOWN_ORGANISATION",
    "UNKNOWN_TOKEN",
    "IssuedToken",
    "NewOrganisation",
    "NewToken",
    "Organisation",
    "Token",
    "check_scope",
    "create_organisation",
    "find_caller",
    "find_organisation",
    "find_organisations",
    "hash_secret",
    "holds",
    "is_well_formed",
    "issue_token",
    "list_organisations",
    "list_tokens",
    "organisation_exists",
    "revoke_token",
]
