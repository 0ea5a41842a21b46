"""Partnerships: who may order whose variants."""

from entrepot.partnerships.actions.end_trading_right import end_trading_right
from entrepot.partnerships.actions.grant_trading_right import grant_trading_right
from entrepot.partnerships.errors import PRECEDENCE
from entrepot.partnerships.model import KINDS, KnownOrganisation, OpenedVariant, TradingRight
from entrepot.partnerships.views import (
    find_known_organisation,
    find_opened_variant,
    list_known_organisations,
    list_opened_variants,
    list_trading_rights,
    resolve_skus,
)

__all__ = [
    "KINDS",
    "PRECEDENCE",
    "KnownOrganisation",
    "OpenedVariant",
    "TradingRight",
    "end_trading_right",
    "find_known_organisation",
    "find_opened_variant",
    "grant_trading_right",
    "list_known_organisations",
    "list_opened_variants",
    "list_trading_rights",
    "resolve_skus",
]
