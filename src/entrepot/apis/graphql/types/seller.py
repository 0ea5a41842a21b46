"""Sellers: organisations whose goods a key sees."""

from typing import Final

from entrepot.apis.graphql.ids import SELLER, write_id
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.stock import MarketSeller


def _sells_wholesale(seller: MarketSeller, _: Info) -> bool:
    return seller.is_wholesaler


FIELDS: Final[Resolvers] = {
    "id": lambda seller, _: write_id(SELLER, seller.legacy_id),
    "legacyId": lambda seller, _: seller.legacy_id,
    "businessName": lambda seller, _: seller.name,
    "businessNumber": lambda *_: "",
    "createdAt": lambda seller, _: seller.created_at,
    "emailAddress": lambda *_: "",
    "enableWholesalePricing": _sells_wholesale,
    "enableWholesalePricingPromo": lambda *_: False,
    "enableWholesaleProduct": _sells_wholesale,
    "externalIds": lambda *_: [],
    "initiateRefundsEnabled": lambda *_: True,
    "isRetailer": lambda *_: True,
    "legalBusinessName": lambda seller, _: seller.name,
    "metadata": lambda *_: [],
    "online": lambda seller, _: seller.is_open,
    "phone": lambda *_: "",
}
"""Seller."""
