"""Refusals of the catalogue, in order of precedence."""

from typing import Final

UNKNOWN_VARIANT: Final = "catalogue.unknown_variant"
UNKNOWN_LOCATION: Final = "catalogue.unknown_location"
NO_PRODUCTS: Final = "catalogue.no_products"
NO_VARIANTS: Final = "catalogue.no_variants"
TOO_MANY_VARIANTS: Final = "catalogue.too_many_variants"
CODE_NOT_VALID: Final = "catalogue.code_not_valid"
SKU_NOT_VALID: Final = "catalogue.sku_not_valid"
NAME_NOT_VALID: Final = "catalogue.name_not_valid"
RANK_NOT_VALID: Final = "catalogue.rank_not_valid"
UNIT_NOT_VALID: Final = "catalogue.unit_not_valid"
PRICING_MODEL_NOT_VALID: Final = "catalogue.pricing_model_not_valid"
PRICE_NOT_VALID: Final = "catalogue.price_not_valid"
QUANTITY_NOT_VALID: Final = "catalogue.quantity_not_valid"
STATE_NOT_VALID: Final = "catalogue.state_not_valid"
CODE_TAKEN: Final = "catalogue.code_taken"
SKU_TAKEN: Final = "catalogue.sku_taken"
VARIANT_DELETED: Final = "catalogue.variant_deleted"

PRECEDENCE: Final = (
    UNKNOWN_VARIANT,
    UNKNOWN_LOCATION,
    NO_PRODUCTS,
    NO_VARIANTS,
    TOO_MANY_VARIANTS,
    CODE_NOT_VALID,
    SKU_NOT_VALID,
    NAME_NOT_VALID,
    RANK_NOT_VALID,
    UNIT_NOT_VALID,
    PRICING_MODEL_NOT_VALID,
    PRICE_NOT_VALID,
    QUANTITY_NOT_VALID,
    STATE_NOT_VALID,
    CODE_TAKEN,
    SKU_TAKEN,
    VARIANT_DELETED,
)
