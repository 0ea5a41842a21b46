"""Who orders in the demo network's marketplace, and what is said beside the lines. Pure."""

from __future__ import annotations

from typing import Final

from entrepot.cli.demo.dice import Dice
from entrepot.orders import Address, Adjustment, Buyer, KeyValue, Market, MarketLine, Money

_PEOPLE: Final = (
    ("Trisha", "Connors"),
    ("Ben", "Ellis"),
    ("Chloe", "Nguyen"),
    ("Darcy", "Walsh"),
    ("Emily", "Papas"),
    ("Finn", "Murray"),
    ("Grace", "Tran"),
    ("Hugh", "Bennett"),
    ("Isla", "Kaur"),
    ("Jack", "Morelli"),
)
_PLACES: Final = (
    ("34 Casino Road", "Melbourne", "3000", "Victoria"),
    ("7 Wattle Street", "Geelong", "3220", "Victoria"),
    ("112 Harbour View", "Sydney", "2000", "New South Wales"),
    ("5 Ironbark Lane", "Newcastle", "2300", "New South Wales"),
    ("81 Jetty Parade", "Brisbane", "4000", "Queensland"),
    ("19 Vine Terrace", "Adelaide", "5000", "South Australia"),
    ("2 Heath Close", "Hobart", "7000", "Tasmania"),
    ("260 Swan Avenue", "Perth", "6000", "Western Australia"),
)
_MESSAGES: Final = (
    "Leave it at the door, please.",
    "Ring the bell twice.",
    "Call before you come.",
)
_POSTAGE: Final = (0, 0, 950, 1450)
"""What sending a line costs the customer, in cents."""


def market_of(reference: str, lines: int) -> Market:
    """All that is said of an order of so many lines, which costs what its goods cost in the shop.

    It follows from the reference alone. One in six has a promotion, half of which the seller bears.
    """
    dice = Dice(f"customer of {reference}")
    first_name, surname = dice.choose(_PEOPLE)
    street, city, postcode, state = dice.choose(_PLACES)
    buyer = Buyer(
        first_name=first_name,
        surname=surname,
        phone=f"04{dice.between(10_000_000, 99_999_999)}",
        email=f"{first_name}.{surname}@customers.example".lower(),
        address=Address(street, None, city, postcode, state, "AU"),
        message_to_seller=dice.choose(_MESSAGES) if dice.falls(20) else None,
    )
    said = [MarketLine(postage=_postage(dice.choose(_POSTAGE))) for _ in range(lines)]
    if dice.falls(16):
        promotion = Adjustment("promotion", -500, 250, "Five dollars off")
        said[0] = MarketLine(postage=said[0].postage, adjustments=(promotion,))
    return Market(tuple(said), buyer, external_ids=(KeyValue("web shop", reference),))


def _postage(cents: int) -> Money | None:
    return Money(cents) if cents else None
