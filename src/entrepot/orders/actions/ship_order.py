"""Ship what is held for a complete order, or part of it."""

from entrepot.kernel.caller import Caller
from entrepot.orders.actions.decide_batch import Answer
from entrepot.orders.actions.submit import Desk, Handed, submit
from entrepot.orders.model import ShipOrder


async def ship_order(
    desk: Desk, caller: Caller, command: ShipOrder, key: str, request: str | None = None
) -> Answer:
    """Ship what is held for a complete order, or part of it, through the batch.

    `key` makes it repeatable: sent again, it is answered as before. Refuses
    `orders.unknown_order`, `orders.already_cancelled`, `orders.not_complete`,
    `orders.already_shipped`, `orders.unknown_line`, `orders.more_than_held`.
    """
    return await submit(desk, caller, Handed(command, key, request))
