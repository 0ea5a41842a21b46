"""Place an order, or save it as a draft."""

import msgspec

from entrepot.kernel.caller import Caller
from entrepot.orders.actions.decide_batch import Answer
from entrepot.orders.actions.submit import Desk, Handed, submit
from entrepot.orders.model import PlaceOrder


async def place_order(
    desk: Desk, caller: Caller, command: PlaceOrder, key: str, request: str | None = None
) -> Answer:
    """Place an order, or save it as a draft, through the batch.

    `key` makes it repeatable: sent again, it is answered as before. Refuses `orders.*` codes of
    lines, reference and policy, and `stock.insufficient_available`.
    """
    return await submit(desk, caller, hand_in(command, key, request))


def hand_in(command: PlaceOrder, key: str, request: str | None = None) -> Handed:
    """Prepare an order for the intake; without a key, its reference is the key.

    Its id is made anew at each sending, so it does not count when an order is recognised; nor does
    the reference of a session order, which is made of its id.
    """
    reference = command.reference if command.producer is None else ""
    content = msgspec.structs.replace(command, order="", reference=reference)
    return Handed(command, key, request, content, f"order:{command.reference}")
