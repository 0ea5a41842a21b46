"""Which lines of an invoice an act names."""

import asyncio
from collections.abc import Sequence
from typing import Final

from entrepot.apis.graphql.context import Context
from entrepot.apis.graphql.failures import ActRefusedError, not_found
from entrepot.apis.graphql.queries.nodes import find_line_item
from entrepot.orders import ShownInvoice

LINES_MAX: Final = 1_000
"""Lines that are looked up; an act names fewer."""
ELSEWHERE: Final = 0
"""Stands for a line of another invoice: no line has this number."""


async def lines_named(context: Context, invoice: ShownInvoice, named: Sequence[str]) -> list[int]:
    """The numbers in the order of lines by their ids, all in one statement.

    Raises for what is not there; what is on another invoice is `ELSEWHERE`.
    """
    if len(named) > LINES_MAX:
        raise ActRefusedError([("line_items", f"Name at most {LINES_MAX} lines.")])
    found = await asyncio.gather(*[find_line_item(context, each) for each in named])
    numbers = []
    for id_, item in zip(named, found, strict=True):
        if item is None:
            raise not_found("lineItemId", id_)
        numbers.append(item.line.line if item.invoice.id == invoice.id else ELSEWHERE)
    return numbers
