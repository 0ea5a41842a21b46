"""Place a marketplace's order over many sellers, and make their invoices."""

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.orders.actions.decide_batch import Answer
from entrepot.orders.actions.submit import Desk, Handed, submit
from entrepot.orders.model import PlaceOrder, WantedLine
from entrepot.orders.model.market import Market


class NewMarketplaceOrder(msgspec.Struct, frozen=True):
    """An order to place: its lines, and in `market` what is said of each and of the whole.

    Without a `reference` it is named by its id.
    """

    lines: tuple[WantedLine, ...]
    market: Market
    reference: str | None = None


async def place_marketplace_order(
    desk: Desk,
    caller: Caller,
    new: NewMarketplaceOrder,
    key: str,
    request: str | None = None,
) -> Answer:
    """Place an order that is paid already, through the batch: whole, or not at all.

    `key` makes it repeatable; without one its reference does, and without both nothing but an
    external id keeps it from being placed twice. Refuses `orders.*` codes of references, external
    ids, lines, money, pricing models and totals, and `stock.insufficient_available`.
    """
    order = desk.new_id()
    reference = ids.ORDER + order if new.reference is None else new.reference
    command = PlaceOrder(
        order,
        reference,
        "marketplace",
        "refuse_short",
        new.lines,
        paid=True,
        market=new.market,
    )
    # Made anew at each sending, its id does not count when an order is recognised.
    content = msgspec.structs.replace(command, order="", reference=new.reference or "")
    return await submit(desk, caller, Handed(command, key, request, content, f"order:{reference}"))
