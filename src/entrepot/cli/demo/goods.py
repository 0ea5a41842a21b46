"""What the members of the demo network sell: the rows of `goods.csv`, one a variant.

The two shops share goods with the wholesaler and with each other: most by GTIN, some only by sku,
some only by a name that is almost the same. GTINs begin with 2, the range that nobody is given for
goods of their own, so that none is a real product's.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from entrepot.catalogue import NewVariant


class Goods(NamedTuple):
    """A variant, whose it is, and what is on hand of it at first.

    `supplier` is the name of the owner's supplier, "" for what the owner makes; the variant itself
    names it only once there is one.
    """

    organisation: str
    product: str
    variant: NewVariant
    supplier: str
    on_hand: Decimal


@cache
def read_goods() -> tuple[Goods, ...]:
    """All goods of the demo network, in the order of their file."""
    with files("entrepot.cli.demo").joinpath("goods.csv").open(encoding="utf-8") as file:
        return tuple(_goods(row) for row in csv.DictReader(file))


def goods_of(organisation: str) -> tuple[Goods, ...]:
    """The goods of one member."""
    return tuple(each for each in read_goods() if each.organisation == organisation)


def _goods(row: Mapping[str, str]) -> Goods:
    variant = NewVariant(
        sku=row["sku"],
        name=row["name"],
        gtin=row["gtin"] or None,
        unit=row["unit"],
        pricing_model=row["pricing_model"],
        retail_price=_number(row["retail_price"]),
        wholesale_price=_number(row["wholesale_price"]),
        purchase_price=_number(row["purchase_price"]),
        vat_rate=_number(row["vat_rate"]),
        whole_units=row["unit"] == "piece",
        order_quantity_min=Decimal(row["order_quantity_min"]),
        order_quantity_multiple=Decimal(row["order_quantity_multiple"]),
        units_per_case=int(row["units_per_case"]),
        supplier_sku=row["supplier_sku"] or None,
        legacy_id=int(row["legacy_id"]) if row["legacy_id"] else None,
    )
    return Goods(
        row["organisation"], row["product"], variant, row["supplier"], Decimal(row["on_hand"])
    )


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None
