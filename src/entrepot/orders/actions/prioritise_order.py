"""Move a waiting order in the queue."""

from entrepot.kernel.caller import Caller
from entrepot.orders.actions.decide_batch import Answer
from entrepot.orders.actions.submit import Desk, Handed, submit
from entrepot.orders.model import PrioritiseOrder


async def prioritise_order(
    desk: Desk, caller: Caller, command: PrioritiseOrder, key: str, request: str | None = None
) -> Answer:
    """Move a waiting order in the queue, through the batch.

    `key` makes it repeatable: sent again, it is answered as before. Refuses
    `orders.unknown_order`, `orders.already_cancelled`, `orders.limit_not_valid`.
    """
    return await submit(desk, caller, Handed(command, key, request))
