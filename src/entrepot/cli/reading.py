"""Reads what people type into exact values: quantities, prices, lines, moments."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer


def decimal_of(given: str | Decimal) -> Decimal:
    """An exact number, written with a point. Refuses, as wrong usage, what is no number.

    A default, which is a number already, comes through here too.
    """
    text = str(given)
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    # Decimal would also take "1_000" and other scripts' digits.
    if not number.is_finite() or "_" in text or not text.isascii():
        raise typer.BadParameter(f"{text!r} is not a number such as 2.5.")
    return number


def line_of(text: str) -> tuple[str, Decimal]:
    """A sku and a quantity, written SKU=QUANTITY; the sku may hold further `=`."""
    sku, equals, quantity = text.rpartition("=")
    if not equals or not sku:
        raise typer.BadParameter(f"{text!r} is not written SKU=QUANTITY.")
    return sku, decimal_of(quantity)


def moment_of(text: str | datetime) -> datetime:
    """A moment, written with its zone. Refuses, as wrong usage, what is none."""
    try:
        moment = datetime.fromisoformat(str(text))
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise typer.BadParameter(f"{str(text)!r} is no moment such as 2027-01-04T00:00:00+01:00.")


OrganisationArgument = Annotated[
    str, typer.Argument(metavar="ORGANISATION", help="Its slug or id.")
]
