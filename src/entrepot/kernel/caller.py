"""Who asks: the organisation, the token, and what it may do. Every action and view takes one."""

from enum import Enum

import msgspec

from entrepot.kernel.ids import Id


class Scope(str, Enum):  # noqa: UP042 - StrEnum would change nothing but the text of members
    """What a token may do; `read` never changes anything."""

    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    STOCK_READ = "stock:read"
    STOCK_WRITE = "stock:write"
    CATALOGUE_READ = "catalogue:read"
    CATALOGUE_WRITE = "catalogue:write"
    PARTNERSHIPS_READ = "partnerships:read"
    PARTNERSHIPS_WRITE = "partnerships:write"
    SETTLEMENT_READ = "settlement:read"
    SETTLEMENT_WRITE = "settlement:write"
    MARKETPLACE_READ = "marketplace:read"
    MARKETPLACE_WRITE = "marketplace:write"
    WEBHOOKS_WRITE = "webhooks:write"
    ORGANISATION_WRITE = "organisation:write"
    AUDIT_READ = "audit:read"


class Caller(msgspec.Struct, frozen=True):
    """Who asks, in which organisation's name.

    `token` is the token or log-in session that was shown; None for the operator's own command line.
    `person` is who logged in; None for a program.
    """

    organisation: Id
    scopes: frozenset[str]
    token: Id | None = None
    person: Id | None = None
