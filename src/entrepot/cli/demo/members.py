"""Who is in the demo network, where their stock lies, whom they buy from, and who may order it."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from entrepot.catalogue import NewLocation, NewSupplier
from entrepot.identity import NewOrganisation
from entrepot.partnerships import Agreement


class Member(NamedTuple):
    """An organisation of the demo network, its owner's name, its one location, its suppliers."""

    organisation: NewOrganisation
    owner: str
    location: NewLocation
    suppliers: tuple[NewSupplier, ...] = ()

    @property
    def slug(self) -> str:
        """The organisation's slug, by which everything else here names it."""
        return self.organisation.slug

    @property
    def email(self) -> str:
        """The owner's e-mail address, at a domain that nobody can have."""
        return f"{self.owner.partition(' ')[0].lower()}@{self.slug}.example"

    @property
    def language(self) -> str:
        """The owner's language: Dutch in the Netherlands, else English."""
        return "nl" if self.organisation.country == "NL" else "en"


class Right(NamedTuple):
    """A trading right, by the slugs of who gives it to whom."""

    seller: str
    buyer: str
    kind: str


class Share(NamedTuple):
    """A partnership, by the slugs of its two, and what they agree on."""

    wholesaler: str
    retailer: str
    agreement: Agreement


class HandMatch(NamedTuple):
    """Goods that nothing but their owners' word makes the same, and how many units make one."""

    wholesaler: str
    wholesaler_sku: str
    retailer: str
    sku: str
    factor: int


class PriceList(NamedTuple):
    """What a retailer pays for some of a wholesaler's goods, ex VAT, whatever others pay."""

    wholesaler: str
    retailer: str
    prices: tuple[tuple[str, str], ...]


def _supplier(name: str, email: str, *, backorders: bool = False) -> NewSupplier:
    return NewSupplier(name, email, backorders, 1 if backorders else 0)


_IN_AUSTRALIA = ("Australia/Melbourne", "AU", "AUD")
_THE_WHOLESALER = _supplier("De Groothandel", "bestellingen@de-groothandel.example")
_SOAP = _supplier("Zeeperij Groningen", "verkoop@zeeperij.example")

MEMBERS = (
    Member(
        NewOrganisation("jeans-farm", "Jean's farm"),
        "Jean Dubois",
        NewLocation("barn", "The barn"),
    ),
    Member(NewOrganisation("hub-a", "Hub A"), "Anouk Visser", NewLocation("hub", "Hub A")),
    Member(NewOrganisation("hub-b", "Hub B"), "Bram Mulder", NewLocation("hub", "Hub B")),
    Member(
        NewOrganisation("de-groothandel", "De Groothandel"),
        "Greet Hoekstra",
        NewLocation("warehouse", "Magazijn Zwolle"),
        (
            _supplier("Aardewerk Makkum", "orders@aardewerk-makkum.example", backorders=True),
            _supplier("Koffiebranderij De Zwaan", "inkoop@de-zwaan.example"),
            _supplier("Textielhuis Twente", "orders@textielhuis.example", backorders=True),
            _supplier("Zaanse Lekkernijen", "bestel@zaanse-lekkernijen.example"),
        ),
    ),
    Member(
        NewOrganisation("winkel-noord", "Winkel Noord"),
        "Nynke de Boer",
        NewLocation("shop", "Winkel Groningen"),
        (_THE_WHOLESALER, _supplier("Imkerij Drenthe", "honing@imkerij-drenthe.example"), _SOAP),
    ),
    Member(
        NewOrganisation("winkel-zuid", "Winkel Zuid"),
        "Zeno Janssen",
        NewLocation("shop", "Winkel Maastricht"),
        (
            _THE_WHOLESALER,
            _supplier("Brouwerij Limburg", "orders@brouwerij-limburg.example", backorders=True),
            _supplier("Vlaaienbakkerij Maas", "bakkerij@vlaai-maas.example"),
            _SOAP,
        ),
    ),
    Member(
        NewOrganisation("marketplace", "Marketplace", *_IN_AUSTRALIA),
        "Mia Walker",
        NewLocation("office", "Office"),
    ),
    Member(
        NewOrganisation("seller-one", "Seller One", *_IN_AUSTRALIA),
        "Oscar Reid",
        NewLocation("depot", "Depot"),
        (_supplier("Coast Timber", "orders@coast-timber.example", backorders=True),),
    ),
    Member(
        NewOrganisation("seller-two", "Seller Two", *_IN_AUSTRALIA),
        "Tessa Nguyen",
        NewLocation("depot", "Depot"),
        (_supplier("Loom & Co", "studio@loom.example"),),
    ),
    Member(
        NewOrganisation("fulfilment", "Fulfilment"),
        "Frits Bakker",
        NewLocation("warehouse", "Magazijn Tilburg"),
    ),
    Member(
        NewOrganisation("client-one", "Client One"),
        "Carla Peters",
        NewLocation("fulfilment", "Bij Fulfilment, Tilburg"),
        (
            _supplier("Fietsdelen Oost", "verkoop@fietsdelen.example", backorders=True),
            _supplier("Regenkleding Noordzee", "sales@noordzee.example"),
        ),
    ),
    Member(
        NewOrganisation("client-two", "Client Two"),
        "Dirk Smit",
        NewLocation("fulfilment", "Bij Fulfilment, Tilburg"),
        (
            _supplier("Kwekerij Aalsmeer", "bollen@kwekerij-aalsmeer.example"),
            _supplier("Tuingereedschap De Wit", "orders@tuin-dewit.example", backorders=True),
        ),
    ),
)

RIGHTS = (
    Right("jeans-farm", "hub-a", "session"),
    Right("jeans-farm", "hub-b", "session"),
    Right("seller-one", "marketplace", "marketplace"),
    Right("seller-two", "marketplace", "marketplace"),
)

SHARES = (
    Share(
        "de-groothandel",
        "winkel-noord",
        Agreement("all_stock", buffer=Decimal(2), price_percentage=Decimal(90)),
    ),
    Share("de-groothandel", "winkel-zuid", Agreement("allocated_only")),
)

MATCHES = (HandMatch("de-groothandel", "GH-3012", "winkel-noord", "WN-125", 2),)

PRICES = (PriceList("de-groothandel", "winkel-zuid", (("GH-1031", "19.50"), ("GH-1052", "11.25"))),)
