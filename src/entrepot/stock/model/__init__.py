"""Deciding about stock: a book of positions, demands in, outcomes and effects out. Pure."""

from entrepot.stock.model.book import Book, Figures
from entrepot.stock.model.decide import decide, expire
from entrepot.stock.model.effects import Effects, HoldEnded, HoldOpened, LedgerRow

__all__ = [
    "Book",
    "Effects",
    "Figures",
    "HoldEnded",
    "HoldOpened",
    "LedgerRow",
    "decide",
    "expire",
]
