"""Deciding about stock: a book of positions, demands in, outcomes and effects out. Pure."""

from entrepot.stock.model.book import Allocated, Book, Figures
from entrepot.stock.model.decide import decide, expire, expire_allocations
from entrepot.stock.model.effects import (
    Effects,
    HoldEnded,
    HoldOpened,
    LedgerRow,
    LegRow,
    TransferRow,
)

__all__ = [
    "Allocated",
    "Book",
    "Effects",
    "Figures",
    "HoldEnded",
    "HoldOpened",
    "LedgerRow",
    "LegRow",
    "TransferRow",
    "decide",
    "expire",
    "expire_allocations",
]
