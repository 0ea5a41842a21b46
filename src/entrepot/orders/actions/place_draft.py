"""Place a saved draft as it stands."""

from entrepot.kernel.caller import Caller
from entrepot.orders.actions.decide_batch import Answer
from entrepot.orders.actions.submit import Desk, Handed, submit
from entrepot.orders.model import PlaceDraft


async def place_draft(
    desk: Desk, caller: Caller, command: PlaceDraft, key: str, request: str | None = None
) -> Answer:
    """Place a saved draft as it stands, through the batch.

    `key` makes it repeatable: sent again, it is answered as before. Refuses
    `orders.unknown_order`, `orders.not_a_draft`, those of its lines, and
    `stock.insufficient_available`.
    """
    return await submit(desk, caller, Handed(command, key, request))
