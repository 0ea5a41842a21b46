"""Raise what is on hand by goods that arrived."""

from entrepot.kernel.caller import Caller
from entrepot.orders.actions.decide_batch import Answer
from entrepot.orders.actions.submit import Desk, Handed, submit
from entrepot.orders.model import ReceiveStock


async def receive_stock(
    desk: Desk, caller: Caller, command: ReceiveStock, key: str, request: str | None = None
) -> Answer:
    """Raise what is on hand by goods that arrived, through the batch.

    `key` makes it repeatable: sent again, it is answered as before. Refuses
    `orders.unknown_variant`, `orders.unknown_location` and those of quantities.
    """
    return await submit(desk, caller, Handed(command, key, request))
