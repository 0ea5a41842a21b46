"""Sellers: organisations whose goods a key sees."""

from typing import Final

from entrepot.apis.graphql.ids import write_seller_id
from entrepot.apis.graphql.resolving import Resolvers

FIELDS: Final[Resolvers] = {
    "id": lambda seller, _: write_seller_id(seller.id),
    "businessName": lambda seller, _: seller.name,
    "createdAt": lambda seller, _: seller.created_at,
    "isRetailer": lambda *_: True,
    "online": lambda *_: True,
}
"""Seller."""
