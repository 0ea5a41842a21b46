"""Who is in the demo network, what they sell, and who may order from whom."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from entrepot.catalogue import NewLocation, NewVariant
from entrepot.identity import NewOrganisation


class Goods(NamedTuple):
    """A variant and what is on hand of it at first."""

    variant: NewVariant
    on_hand: Decimal


class Member(NamedTuple):
    """An organisation of the demo network, its one location and its goods."""

    organisation: NewOrganisation
    location: NewLocation
    goods: tuple[Goods, ...] = ()


class Right(NamedTuple):
    """A trading right, by the slugs of who gives it to whom."""

    seller: str
    buyer: str
    kind: str


def _kilos(sku: str, name: str, price: str, on_hand: str) -> Goods:
    return Goods(
        NewVariant(sku=sku, name=name, unit="kg", retail_price=Decimal(price)), Decimal(on_hand)
    )


def _pieces(
    sku: str, name: str, price: str, on_hand: int, *, model: str = "wholesale", multiple: int = 0
) -> Goods:
    variant = NewVariant(
        sku=sku,
        name=name,
        unit="piece",
        pricing_model=model,
        retail_price=Decimal(price),
        whole_units=True,
        order_quantity_min=Decimal(multiple),
        order_quantity_multiple=Decimal(multiple),
    )
    return Goods(variant, Decimal(on_hand))


_IN_AUSTRALIA = ("Australia/Melbourne", "AU", "AUD")

WHOLESALE_GOODS = (
    _pieces("GH-MUG-BLUE", "Mug, blue", "8.95", 240, multiple=6),
    _pieces("GH-MUG-GREEN", "Mug, green", "8.95", 180, multiple=6),
    _pieces("GH-MUG-WHITE", "Mug, white", "7.95", 300, multiple=6),
    _pieces("GH-BOWL-SMALL", "Bowl, small", "6.50", 120),
    _pieces("GH-BOWL-LARGE", "Bowl, large", "11.50", 80),
    _pieces("GH-PLATE-DINNER", "Dinner plate", "12.00", 160, multiple=4),
    _pieces("GH-PLATE-SIDE", "Side plate", "8.00", 160, multiple=4),
    _pieces("GH-TEAPOT", "Teapot, one litre", "34.50", 25),
    _pieces("GH-KETTLE", "Kettle", "42.00", 18),
    _pieces("GH-VASE-TALL", "Vase, tall", "24.95", 40),
    _pieces("GH-VASE-ROUND", "Vase, round", "19.95", 45),
    _pieces("GH-CANDLE-10", "Candles, box of ten", "14.00", 200),
    _pieces("GH-LANTERN", "Lantern", "27.50", 30),
    _pieces("GH-TOWEL-TEA", "Tea towel", "5.95", 400),
    _pieces("GH-TOWEL-HAND", "Hand towel", "9.95", 220),
    _pieces("GH-APRON", "Apron", "22.00", 60),
    _pieces("GH-TRAY", "Serving tray", "29.00", 35),
    _pieces("GH-KNIFE-BREAD", "Bread knife", "31.00", 50),
    _pieces("GH-BOARD", "Chopping board", "26.50", 70),
    _pieces("GH-LAMP-DESK", "Desk lamp", "64.00", 3),
)

MEMBERS = (
    Member(
        NewOrganisation("jeans-farm", "Jean's farm"),
        NewLocation("barn", "The barn"),
        (
            _kilos("CARROTS", "Carrots", "2.40", "10"),
            _kilos("LEEKS", "Leeks", "3.10", "25"),
            _kilos("BEETROOT", "Beetroot", "2.20", "40"),
            _kilos("POTATOES", "Potatoes", "1.30", "200"),
            _pieces("EGGS-6", "Eggs, box of six", "2.95", 60),
        ),
    ),
    Member(NewOrganisation("hub-a", "Hub A"), NewLocation("hub", "Hub A")),
    Member(NewOrganisation("hub-b", "Hub B"), NewLocation("hub", "Hub B")),
    Member(
        NewOrganisation("de-groothandel", "De Groothandel"),
        NewLocation("warehouse", "Warehouse"),
        WHOLESALE_GOODS,
    ),
    Member(
        NewOrganisation("winkel-noord", "Winkel Noord"),
        NewLocation("shop", "Shop"),
        (
            _pieces("WN-MUG-BLUE", "Blue mug", "12.95", 12),
            _pieces("WN-TEAPOT", "Teapot", "44.50", 2),
            _pieces("WN-LAMP-DESK", "Desk lamp", "89.00", 0),
            _pieces("WN-TOWEL-TEA", "Tea towel", "8.50", 30),
            _pieces("WN-JAM", "Strawberry jam", "4.95", 48),
        ),
    ),
    Member(
        NewOrganisation("winkel-zuid", "Winkel Zuid"),
        NewLocation("shop", "Shop"),
        (
            _pieces("WZ-MUG-BLUE", "Mug (blue)", "13.50", 6),
            _pieces("WZ-TEAPOT", "Teapot, 1 l", "46.00", 0),
            _pieces("WZ-LANTERN", "Lantern", "36.00", 5),
            _pieces("WZ-SOAP", "Lavender soap", "5.25", 90),
        ),
    ),
    Member(
        NewOrganisation("marketplace", "Marketplace", *_IN_AUSTRALIA),
        NewLocation("office", "Office"),
    ),
    Member(
        NewOrganisation("seller-one", "Seller One", *_IN_AUSTRALIA),
        NewLocation("depot", "Depot"),
        (
            _pieces("S1-CHAIR", "Garden chair", "79.00", 40),
            _pieces("S1-TABLE", "Garden table", "249.00", 8),
        ),
    ),
    Member(
        NewOrganisation("seller-two", "Seller Two", *_IN_AUSTRALIA),
        NewLocation("depot", "Depot"),
        (
            _pieces("S2-RUG", "Woven rug", "119.00", 15, model="marketplace"),
            _pieces("S2-CUSHION", "Cushion", "35.00", 60, model="marketplace"),
        ),
    ),
)

RIGHTS = (
    Right("jeans-farm", "hub-a", "session"),
    Right("jeans-farm", "hub-b", "session"),
    Right("de-groothandel", "winkel-noord", "consignment"),
    Right("de-groothandel", "winkel-zuid", "consignment"),
    Right("seller-one", "marketplace", "marketplace"),
    Right("seller-two", "marketplace", "marketplace"),
)
