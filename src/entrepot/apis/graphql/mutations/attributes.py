"""Attributes of adverts and variants as clients send them, in the catalogue's words."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec
from graphql import GraphQLError

from entrepot.apis.graphql.failures import ActRefusedError
from entrepot.apis.graphql.mutations.payload import Given
from entrepot.apis.graphql.scalars import read_decimal
from entrepot.catalogue import NewVariant, VariantChanges

_STATES: Final = {True: "active", False: "deactivated"}


def _as_it_is(value: Any) -> Any:  # noqa: ANN401 - whatever the schema has read
    return value


_READ: Final[Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    "barcode": ("gtin", _as_it_is),
    "infiniteQuantity": ("unlimited", _as_it_is),
    "itemTaxRate": ("vat_rate", _as_it_is),
    "minPurchaseQuantity": ("order_quantity_min", Decimal),
    "price": ("retail_price", _as_it_is),
    "published": ("state", _STATES.__getitem__),
    "sku": ("sku", _as_it_is),
    "wholesalePrice": ("wholesale_price", _as_it_is),
}
"""The catalogue's names of attributes, and how their values are written there."""
_CLEARED: Final = frozenset({"barcode", "itemTaxRate", "price", "wholesalePrice"})
"""Attributes that null takes away; of others, null says nothing."""
_PRICES: Final = {"price": "price", "wholesalePrice": "wholesale_price"}


def variant_values(given: Given) -> dict[str, Any]:
    """What is said of a variant, by the catalogue's names.

    Raises ActRefusedError for prices that are no numbers.
    """
    given = {**given, **_prices(given)}
    values: dict[str, Any] = {}
    for name, (inner, write) in _READ.items():
        value = given.get(name)
        if value is not None:
            values[inner] = write(value)
        elif name in given and name in _CLEARED:
            values[inner] = None
    model = (given.get("variantPricingModel") or {}).get("pricingModel")
    if model is not None:
        values["pricing_model"] = model.lower()
    return values


def as_changes(given: Given) -> VariantChanges:
    """What to change of a variant."""
    return VariantChanges(**variant_values(given))


def as_new(given: Given, name: str) -> NewVariant:
    """A variant to make, with the name of its advert.

    Without a pricing model it is sold at the marketplace's price, as clients expect.
    """
    values = {"pricing_model": "marketplace", "name": name, **variant_values(given)}
    if not values.get("sku"):
        raise ActRefusedError([("sku", "Sku can't be blank: it tells a seller's variants apart.")])
    return NewVariant(**values)


def is_changed(changes: VariantChanges) -> bool:
    """Whether anything is to be changed at all."""
    return any(value is not msgspec.UNSET for value in msgspec.structs.astuple(changes))


def _prices(given: Given) -> dict[str, Decimal]:
    """Prices that came as text."""
    prices, wrong = {}, []
    for name, attribute in _PRICES.items():
        value = given.get(name)
        if isinstance(value, str):
            try:
                prices[name] = read_decimal(value)
            except GraphQLError:
                wrong.append((attribute, "Write a price as a number, such as 349.99."))
    if wrong:
        raise ActRefusedError(wrong)
    return prices
