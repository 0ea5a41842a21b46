"""Set what is on hand to a counted figure."""

from entrepot.kernel.caller import Caller
from entrepot.orders.actions.decide_batch import Answer
from entrepot.orders.actions.submit import Desk, Handed, submit
from entrepot.orders.model import CountStock


async def count_stock(
    desk: Desk, caller: Caller, command: CountStock, key: str, request: str | None = None
) -> Answer:
    """Set what is on hand to a counted figure, through the batch.

    `key` makes it repeatable: sent again, it is answered as before. Refuses
    `orders.unknown_variant`, `orders.unknown_location`, those of quantities, and
    `stock.version_changed`.
    """
    return await submit(desk, caller, Handed(command, key, request))
