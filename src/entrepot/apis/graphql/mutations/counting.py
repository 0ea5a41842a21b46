"""Sets how much is available of a variant: what is on hand becomes that, and what is promised.

Clients send an absolute figure and compare quantities with it, so it is what is available. It is
written as a count, through the batch, against the version of the figures that it was made from.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from entrepot import catalogue, orders, stock
from entrepot.apis.graphql.context import Context
from entrepot.apis.graphql.failures import ActRefusedError, done, granted
from entrepot.catalogue import Location
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page
from entrepot.kernel.quantity import ZERO, quantity_text
from entrepot.kernel.refusal import Refusal
from entrepot.orders import CountStock
from entrepot.stock import Position

ATTEMPTS_MAX: Final = 8
KEY_REUSED: Final = "request.key_reused"
VERSION_CHANGED: Final = "stock.version_changed"
REASON: Final = "countOnHand"
_ATTRIBUTE: Final = "count_on_hand"


class _Target(NamedTuple):
    """Where to count, what, and against which version of its figures."""

    location: Id | None
    on_hand: Decimal
    version: int | None


def check_count(count: int | None, *, unlimited: bool) -> None:
    """Refuse a figure that no stock can have, before anything is done."""
    if count is None:
        return
    if count < 0:
        raise ActRefusedError([(_ATTRIBUTE, "Count on hand must be zero or more.")])
    if unlimited and count:
        raise ActRefusedError(
            [(_ATTRIBUTE, "This variant has no limit, so nothing of it is counted.")]
        )


async def set_count(context: Context, caller: Caller, variant: Id, count: int, key: str) -> None:
    """Let `count` be available of one of the caller's own variants.

    Orders that come between the reading and the writing are seen: then it is tried again with
    what they left. Sent again under the same key, nothing is counted again, whatever was sold
    since. Raises what `done` raises, and for more at other locations than there shall be in all.
    """
    services, version = context.services, 0
    for _ in range(ATTEMPTS_MAX):
        target = await _aim(context, caller, variant, count)
        expected = target.version
        if expected is not None:
            expected = max(expected, version)
        command = CountStock(variant, target.on_hand, expected, target.location, REASON)
        answer = await orders.count_stock(services.desk, caller, command, key, context.request)
        if not isinstance(answer, Refusal):
            return
        if answer.code == KEY_REUSED and context.key is not None:
            # The rest of the act said that it is the same; only the figures around it have changed.
            return
        if answer.code != VERSION_CHANGED:
            done(answer)
        version = int(answer.faults[0].facts.get("version") or 0)
    raise ActRefusedError([(_ATTRIBUTE, "It sells too fast to be counted; send it again.")])


async def _aim(context: Context, caller: Caller, variant: Id, count: int) -> _Target:
    database = context.services.database
    places = [
        each
        for each in granted(await catalogue.list_locations(database, caller))
        if each.ships_orders
    ]
    positions = granted(
        await stock.list_positions(database, caller, Page(limit=1000), variant=variant)
    )
    return _target(places, positions, count)


def _target(places: Sequence[Location], positions: Sequence[Position], count: int) -> _Target:
    """Count at the first location that orders ship from, so that all of these have so many."""
    if not places:
        return _Target(None, Decimal(count), None)
    shipping = {each.inner_id for each in places}
    first = places[0].inner_id
    here: Position | None = None
    elsewhere = ZERO
    for position in positions:
        location = position.location.removeprefix(ids.LOCATION)
        if location == first:
            here = position
        elif location in shipping:
            elsewhere += Decimal(position.available)
    wanted = Decimal(count) - elsewhere
    if wanted < ZERO:
        raise ActRefusedError(
            [
                (
                    _ATTRIBUTE,
                    f"At other locations are {quantity_text(elsewhere)} already; count it there.",
                )
            ]
        )
    if here is None:
        return _Target(first, wanted, None)
    promised = Decimal(here.held) + Decimal(here.allocated)
    return _Target(first, wanted + promised, here.version)
