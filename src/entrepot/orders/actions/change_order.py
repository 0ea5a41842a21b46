"""Replace the lines of an order of which nothing was shipped."""

import msgspec

from entrepot.kernel.caller import Caller
from entrepot.orders.actions.decide_batch import Answer
from entrepot.orders.actions.submit import Desk, Handed, submit
from entrepot.orders.model import ChangeOrder


async def change_order(
    desk: Desk, caller: Caller, command: ChangeOrder, key: str, request: str | None = None
) -> Answer:
    """Replace the lines of an order of which nothing was shipped, through the batch.

    `key` makes it repeatable: sent again, it is answered as before. Refuses
    `orders.unknown_order`, `orders.already_cancelled`, `orders.already_shipped`, those of the
    lines, and `stock.insufficient_available`; `orders.changed_meanwhile` where other lines were
    expected, which does not count when the same request is sent again.
    """
    content = msgspec.structs.replace(command, expected=None)
    return await submit(desk, caller, Handed(command, key, request, content))
