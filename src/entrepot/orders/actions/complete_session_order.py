"""Complete a remote trader's session order."""

import msgspec

from entrepot.kernel.caller import Caller
from entrepot.orders.actions.decide_batch import Answer
from entrepot.orders.actions.submit import Desk, Handed, submit
from entrepot.orders.model import CompleteSessionOrder


async def complete_session_order(
    desk: Desk, caller: Caller, command: CompleteSessionOrder, key: str, request: str | None = None
) -> Answer:
    """Complete a session order with its final lines through the batch: if short, nothing changes.

    `key` makes it repeatable: sent again, it is answered as before. Refuses
    `orders.unknown_order`, `orders.not_a_session_order`, `orders.already_cancelled`,
    `orders.already_complete` with other lines, `orders.already_gathered`,
    `orders.changed_meanwhile`, those of the lines, and `stock.insufficient_available`.
    """
    content = msgspec.structs.replace(command, expected=None)
    return await submit(desk, caller, Handed(command, key, request, content))
