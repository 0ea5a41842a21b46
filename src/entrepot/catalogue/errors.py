"""Refusals of the catalogue, in order of precedence."""

from typing import Final

UNKNOWN_PRODUCT: Final = "catalogue.unknown_product"
UNKNOWN_VARIANT: Final = "catalogue.unknown_variant"
UNKNOWN_LOCATION: Final = "catalogue.unknown_location"
UNKNOWN_SUPPLIER: Final = "catalogue.unknown_supplier"
NO_PRODUCTS: Final = "catalogue.no_products"
NO_VARIANTS: Final = "catalogue.no_variants"
TOO_MANY_VARIANTS: Final = "catalogue.too_many_variants"
CODE_NOT_VALID: Final = "catalogue.code_not_valid"
SKU_NOT_VALID: Final = "catalogue.sku_not_valid"
NAME_NOT_VALID: Final = "catalogue.name_not_valid"
GTIN_NOT_VALID: Final = "catalogue.gtin_not_valid"
EMAIL_NOT_VALID: Final = "catalogue.email_not_valid"
RANK_NOT_VALID: Final = "catalogue.rank_not_valid"
UNIT_NOT_VALID: Final = "catalogue.unit_not_valid"
PRICING_MODEL_NOT_VALID: Final = "catalogue.pricing_model_not_valid"
WHOLESALE_NOT_OFFERED: Final = "catalogue.wholesale_not_offered"
PRICE_NOT_VALID: Final = "catalogue.price_not_valid"
VAT_RATE_NEEDED: Final = "catalogue.vat_rate_needed"
VAT_RATE_NOT_VALID: Final = "catalogue.vat_rate_not_valid"
QUANTITY_NOT_VALID: Final = "catalogue.quantity_not_valid"
UNITS_PER_CASE_NOT_VALID: Final = "catalogue.units_per_case_not_valid"
BACKORDER_THRESHOLD_NOT_VALID: Final = "catalogue.backorder_threshold_not_valid"
LEGACY_ID_NOT_VALID: Final = "catalogue.legacy_id_not_valid"
STATE_NOT_VALID: Final = "catalogue.state_not_valid"
CODE_TAKEN: Final = "catalogue.code_taken"
NAME_TAKEN: Final = "catalogue.name_taken"
SKU_TAKEN: Final = "catalogue.sku_taken"
GTIN_TAKEN: Final = "catalogue.gtin_taken"
LEGACY_ID_TAKEN: Final = "catalogue.legacy_id_taken"
UNLIMITED_IS_FIXED: Final = "catalogue.unlimited_is_fixed"
PRODUCT_IS_FIXED: Final = "catalogue.product_is_fixed"
VARIANT_DELETED: Final = "catalogue.variant_deleted"
SUPPLIER_DELETED: Final = "catalogue.supplier_deleted"

PRECEDENCE: Final = (
    UNKNOWN_PRODUCT,
    UNKNOWN_VARIANT,
    UNKNOWN_LOCATION,
    UNKNOWN_SUPPLIER,
    NO_PRODUCTS,
    NO_VARIANTS,
    TOO_MANY_VARIANTS,
    CODE_NOT_VALID,
    SKU_NOT_VALID,
    NAME_NOT_VALID,
    GTIN_NOT_VALID,
    EMAIL_NOT_VALID,
    RANK_NOT_VALID,
    UNIT_NOT_VALID,
    PRICING_MODEL_NOT_VALID,
    WHOLESALE_NOT_OFFERED,
    PRICE_NOT_VALID,
    VAT_RATE_NEEDED,
    VAT_RATE_NOT_VALID,
    QUANTITY_NOT_VALID,
    UNITS_PER_CASE_NOT_VALID,
    BACKORDER_THRESHOLD_NOT_VALID,
    LEGACY_ID_NOT_VALID,
    STATE_NOT_VALID,
    CODE_TAKEN,
    NAME_TAKEN,
    SKU_TAKEN,
    GTIN_TAKEN,
    LEGACY_ID_TAKEN,
    UNLIMITED_IS_FIXED,
    PRODUCT_IS_FIXED,
    VARIANT_DELETED,
    SUPPLIER_DELETED,
)
