"""What an organisation has to sell, variant by variant, with its stock in a line."""

from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import quantity_text

GoodsState: TypeAlias = Literal["active", "deactivated"]


class GoodsFilter(msgspec.Struct, frozen=True):
    """Which goods to show: all that is asked for must fit.

    `text` stands in the sku, the name or the supplier's sku, or is the GTIN. `short` are active
    goods of which nothing is available of one's own; `shared` those that partners are shown,
    `offered` those that partners offer. `supplier` is an id as inside Entrepot.
    """

    text: str = ""
    state: GoodsState | None = None
    supplier: Id | None = None
    short: bool = False
    shared: bool = False
    offered: bool = False

    @property
    def is_narrow(self) -> bool:
        """Whether goods are read that may not fit, so that a search must end somewhere."""
        return bool(self.text) or self.short or self.shared or self.offered

    @property
    def pattern(self) -> str | None:
        """What the text is compared by, as SQL's LIKE has it."""
        if not self.text:
            return None
        escaped = self.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return f"%{escaped}%"


class GoodsRow(NamedTuple):
    """A variant with its figures where orders ship from; `offered` is in its own units."""

    variant: Id
    sku: str
    name: str
    unit: str
    retail_price: Decimal | None
    supplier: Id | None
    supplier_name: str | None
    state: str
    is_orderable: bool
    unlimited: bool
    on_hand: Decimal
    available: Decimal
    partners: int
    offered: Decimal
    is_boundless: bool
    is_shared: bool
    fits: bool
    number: int


class Goods(msgspec.Struct, frozen=True):
    """A variant and its stock, over the locations that orders ship from.

    `available` is one's own, `offered` what partners add to it (None: unlimited); `partners` are
    how many offer it, `is_shared` says whether any partner is shown it.
    """

    variant: str
    sku: str
    name: str
    unit: str
    retail_price: str | None
    supplier: str | None
    supplier_name: str | None
    state: str
    is_orderable: bool
    unlimited: bool
    on_hand: str
    available: str
    partners: int
    offered: str | None
    is_shared: bool


class FiguresThen(NamedTuple):
    """A position's figures as its ledger had them at a moment; None before its first row."""

    moment: datetime
    on_hand: Decimal | None
    held: Decimal | None
    allocated: Decimal | None


def show_goods(row: GoodsRow) -> Goods:
    """Show a variant and its stock to its owner."""
    return Goods(
        ids.VARIANT + row.variant,
        row.sku,
        row.name,
        row.unit,
        None if row.retail_price is None else quantity_text(row.retail_price),
        None if row.supplier is None else ids.SUPPLIER + row.supplier,
        row.supplier_name,
        row.state,
        row.is_orderable,
        row.unlimited,
        quantity_text(row.on_hand),
        quantity_text(row.available),
        row.partners,
        None if row.is_boundless else quantity_text(row.offered),
        row.is_shared,
    )
