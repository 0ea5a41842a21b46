"""Line items: lines of invoices, the goods as they were called when they were sold."""

from collections.abc import Awaitable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from entrepot.apis.graphql.context import context_of
from entrepot.apis.graphql.ids import ADVERT, LINE_ITEM, VARIANT, write_id
from entrepot.apis.graphql.money import cents
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.apis.graphql.types.adjustment import WrittenAdjustment, adjusted, discount
from entrepot.apis.graphql.types.naming import ExternalId, external_ids, metadata
from entrepot.apis.graphql.types.variant import Inventory, whole
from entrepot.orders import ShownInvoice, ShownInvoiceLine, ShownShipment
from entrepot.stock import MarketProduct, MarketVariant


class LineItem(NamedTuple):
    """A line with the invoice that it is on."""

    invoice: ShownInvoice
    line: ShownInvoiceLine

    @property
    def currency(self) -> str:
        """What its amounts are in."""
        return self.invoice.currency

    @property
    def minor_digits(self) -> int:
        """How many digits minor units are."""
        return self.invoice.minor_digits


def line_items(invoices: Sequence[ShownInvoice]) -> list[LineItem]:
    """The lines of invoices, in the order that they were ordered in."""
    items = [LineItem(invoice, line) for invoice in invoices for line in invoice.lines]
    return sorted(items, key=lambda item: item.line.line)


def line_numbered(invoice: ShownInvoice, number: int) -> LineItem | None:
    """The line of an invoice with this number, if it is one of its."""
    return next(
        (LineItem(invoice, line) for line in invoice.lines if line.legacy_id == number), None
    )


def _shipped_in(item: LineItem) -> list[ShownShipment]:
    """The shipments that units of a line left in."""
    return [
        shipment
        for shipment in item.invoice.shipments
        if any(part.line_legacy_id == item.line.legacy_id for part in shipment.lines)
    ]


def _shipment(item: LineItem, _: Info) -> ShownShipment | None:
    shipments = _shipped_in(item)
    return shipments[-1] if shipments else None


def _variant(item: LineItem, info: Info) -> Awaitable[MarketVariant | None]:
    return context_of(info).variants_numbered.load(item.line.variant_legacy_id)


async def _inventory(item: LineItem, info: Info) -> Inventory | None:
    found = await _variant(item, info)
    return None if found is None else Inventory(found)


def _advert(item: LineItem, info: Info) -> Awaitable[MarketProduct | None]:
    return context_of(info).products_numbered.load(item.line.product_legacy_id)


def _adjustments(item: LineItem, _: Info) -> list[WrittenAdjustment]:
    return [each for each in adjusted(item.invoice) if each.line == item.line.line]


def _wholesale_price(item: LineItem, _: Info) -> Decimal | None:
    price = item.line.wholesale_price
    return None if price is None else Decimal(price)


def _rate(text: str | None) -> float | None:
    return None if text is None else float(text)


def _paid(item: LineItem) -> int:
    return item.line.cost + item.line.postage


def _external_ids(item: LineItem, _: Info) -> list[ExternalId]:
    return external_ids(LINE_ITEM, item.line.legacy_id, item, item.line.external_ids)


FIELDS: Final[Resolvers] = {
    "id": lambda item, _: write_id(LINE_ITEM, item.line.legacy_id),
    "legacyId": lambda item, _: item.line.legacy_id,
    "adjustments": _adjustments,
    "advert": _advert,
    "advertId": lambda item, _: write_id(ADVERT, item.line.product_legacy_id),
    "advertLegacyId": lambda item, _: item.line.product_legacy_id,
    "advertTitle": lambda item, _: item.line.product_name,
    "externalIds": _external_ids,
    "inventory": _inventory,
    "metadata": lambda item, _: metadata(item.line.metadata, item.invoice),
    "postageTaxRate": lambda item, _: _rate(item.line.postage_tax_rate),
    "pricingModel": lambda item, _: item.line.pricing_model.upper(),
    "quantity": lambda item, _: whole(Decimal(item.line.quantity)),
    "quantityAwaitingDispatch": lambda item, _: whole(
        Decimal(item.line.quantity_awaiting_dispatch)
    ),
    "quantityReturnable": lambda item, _: whole(Decimal(item.line.quantity_returnable)),
    "shipment": _shipment,
    "shipments": lambda item, _: _shipped_in(item),
    "status": lambda item, _: item.line.status.upper(),
    "statusFull": lambda item, _: item.line.status_full.upper(),
    "taxRate": lambda item, _: _rate(item.line.tax_rate),
    "variant": _variant,
    "variantBarcode": lambda item, _: item.line.gtin,
    "variantId": lambda item, _: write_id(VARIANT, item.line.variant_legacy_id),
    "variantLegacyId": lambda item, _: item.line.variant_legacy_id,
    "variantName": lambda item, _: item.line.variant_name,
    "variantSku": lambda item, _: item.line.sku,
    "wholesalePrice": _wholesale_price,
    **cents("discount", lambda item: discount(item.line.adjustments)),
    **cents("itemAmount", lambda item: item.line.cost // int(Decimal(item.line.quantity))),
    **cents("postage", lambda item: item.line.postage),
    **cents("subtotal", lambda item: item.line.cost),
    **cents("taxTotal", lambda item: item.line.cost_tax + item.line.postage_tax),
    **cents("total", _paid),
}
"""LineItem."""
