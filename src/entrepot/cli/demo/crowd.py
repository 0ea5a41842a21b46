"""The crowd of the large demo network: as many extras, with their goods, as are asked for. Pure.

An extra is named by a calling and a town, `kaashandel-alkmaar`; what it has follows from its number
alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from entrepot.catalogue import NewProduct, NewVariant
from entrepot.cli.demo.dice import Dice
from entrepot.identity import NewOrganisation

CALLINGS: Final = (
    ("Bakkerij", "Brood", 9),
    ("Bierbrouwerij", "Bier", 21),
    ("Bloemenhandel", "Boeket", 9),
    ("Boekhandel", "Boek", 9),
    ("Chocolaterie", "Bonbons", 9),
    ("Destilleerderij", "Jenever", 21),
    ("Drogisterij", "Zeep", 21),
    ("Fietshandel", "Fietstas", 21),
    ("Fruitteler", "Appels", 9),
    ("Glashandel", "Glas", 21),
    ("Groenteteler", "Pompoen", 9),
    ("Houthandel", "Plank", 21),
    ("Imkerij", "Honing", 9),
    ("Kaashandel", "Kaas", 9),
    ("Kaarsenmakerij", "Kaars", 21),
    ("Koffiebranderij", "Koffie", 9),
    ("Kruidenhandel", "Kruiden", 9),
    ("Kwekerij", "Plant", 9),
    ("Lampenhandel", "Lamp", 21),
    ("Leerhandel", "Tas", 21),
    ("Mosterdmakerij", "Mosterd", 9),
    ("Notenhandel", "Noten", 9),
    ("Papierhandel", "Schrift", 21),
    ("Pottenbakkerij", "Kom", 21),
    ("Sapmakerij", "Sap", 9),
    ("Speelgoedhandel", "Puzzel", 21),
    ("Stoffenhandel", "Stof", 21),
    ("Theehandel", "Thee", 9),
    ("Tuincentrum", "Zaden", 9),
    ("Vishandel", "Haring", 9),
    ("Visrokerij", "Paling", 9),
    ("Wijnhandel", "Wijn", 21),
    ("Wolwinkel", "Garen", 21),
    ("Zuivelhandel", "Yoghurt", 9),
)
TOWNS: Final = (
    "Alkmaar",
    "Almelo",
    "Amersfoort",
    "Apeldoorn",
    "Arnhem",
    "Assen",
    "Breda",
    "Delft",
    "Deventer",
    "Doetinchem",
    "Dordrecht",
    "Ede",
    "Emmen",
    "Enkhuizen",
    "Goes",
    "Gouda",
    "Harderwijk",
    "Heerenveen",
    "Helmond",
    "Hoorn",
    "Kampen",
    "Leiden",
    "Meppel",
    "Middelburg",
    "Nijmegen",
    "Oss",
    "Roermond",
    "Sneek",
    "Tiel",
    "Venlo",
)
KINDS: Final = ("klein", "middel", "groot", "doos")
SORTS: Final = ("klassiek", "biologisch", "seizoen", "luxe", "dagelijks", "streek", "feest")


class Size(NamedTuple):
    """How many organisations, variants and orders a demo network has besides its members."""

    organisations: int
    variants: int
    orders: int


NOBODY: Final = Size(0, 0, 0)


class Extra(NamedTuple):
    """One of the crowd, by its number."""

    number: int
    organisation: NewOrganisation
    variants: int
    orders: int

    @property
    def slug(self) -> str:
        """The organisation's slug."""
        return self.organisation.slug

    def sku(self, place: int) -> str:
        """The sku of its variant in this place, from 0 up to `variants`."""
        return f"{self.number:04d}-{place:05d}"


def extras(size: Size) -> list[Extra]:
    """The extras that make a crowd; variants and orders are shared out evenly."""
    count = size.organisations
    assert count <= len(CALLINGS) * len(TOWNS), "every extra has a name of its own"
    return [
        Extra(
            number,
            NewOrganisation(f"{calling}-{town}".lower(), f"{calling} {town}"),
            _share(size.variants, number, count),
            _share(size.orders, number, count),
        )
        for number, (calling, town) in enumerate(_names(count))
    ]


def is_of_crowd(slug: str, name: str) -> bool:
    """Whether an organisation bears the name of one of the crowd."""
    calling, _, town = name.partition(" ")
    known = town in TOWNS and any(calling == each for each, _, _ in CALLINGS)
    return known and slug == f"{calling}-{town}".lower()


def products_of(extra: Extra) -> list[NewProduct]:
    """All that an extra sells: products of up to four kinds each."""
    _, goods, vat_rate = CALLINGS[extra.number % len(CALLINGS)]
    dice = Dice(extra.slug)
    products = []
    for first in range(0, extra.variants, len(KINDS)):
        name = f"{goods} {dice.choose(SORTS)} {1 + first // len(KINDS)}"
        price = Decimal(dice.between(150, 6_000)) / 100
        places = range(first, min(first + len(KINDS), extra.variants))
        products.append(
            NewProduct(
                name,
                tuple(
                    NewVariant(
                        sku=extra.sku(place),
                        name=f"{name}, {KINDS[place - first]}",
                        gtin=_gtin(extra.number, place),
                        retail_price=price * (1 + place - first),
                        vat_rate=Decimal(vat_rate),
                        whole_units=True,
                    )
                    for place in places
                ),
            )
        )
    return products


def _names(count: int) -> Iterator[tuple[str, str]]:
    """Different pairs of a calling and a town, town by town."""
    for number in range(count):
        town, calling = divmod(number, len(CALLINGS))
        yield CALLINGS[calling][0], TOWNS[town]


def _share(total: int, number: int, count: int) -> int:
    return total // count + (1 if number < total % count else 0)


def _gtin(number: int, place: int) -> str:
    """A GTIN-13 of the range that is for internal use, with its check digit."""
    digits = f"21{number:05d}{place:05d}"
    weighed = sum(int(digit) * (3 if odd % 2 else 1) for odd, digit in enumerate(digits))
    return f"{digits}{-weighed % 10}"
