"""Catalogue: locations, products and their variants, each organisation's own."""

from entrepot.catalogue.actions.create_location import create_location
from entrepot.catalogue.actions.create_products import create_products
from entrepot.catalogue.actions.set_variant_state import set_variant_state
from entrepot.catalogue.errors import (
    CODE_TAKEN,
    PRECEDENCE,
    SKU_TAKEN,
    UNKNOWN_LOCATION,
    UNKNOWN_VARIANT,
)
from entrepot.catalogue.model import (
    Location,
    NewLocation,
    NewProduct,
    NewVariant,
    Product,
    Variant,
)
from entrepot.catalogue.views import (
    find_variant,
    find_variants,
    list_locations,
    list_variants,
)

__all__ = [
    "CODE_TAKEN",
    "PRECEDENCE",
    "SKU_TAKEN",
    "UNKNOWN_LOCATION",
    "UNKNOWN_VARIANT",
    "Location",
    "NewLocation",
    "NewProduct",
    "NewVariant",
    "Product",
    "Variant",
    "create_location",
    "create_products",
    "find_variant",
    "find_variants",
    "list_locations",
    "list_variants",
    "set_variant_state",
]
