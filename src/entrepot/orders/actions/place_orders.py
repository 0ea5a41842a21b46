"""Place many orders in one request."""

from collections.abc import Sequence

from entrepot.kernel.caller import Caller
from entrepot.orders.actions.decide_batch import Answer
from entrepot.orders.actions.place_order import hand_in
from entrepot.orders.actions.submit import Desk, submit_all
from entrepot.orders.model import PlaceOrder


async def place_orders(
    desk: Desk,
    caller: Caller,
    commands: Sequence[tuple[PlaceOrder, str]],
    request: str | None = None,
) -> list[Answer | BaseException]:
    """Place each (order, key) on its own and answer each, in order: no order fails another.

    Refuses, order by order, what `place_order` refuses.
    """
    handed = [hand_in(command, key, request) for command, key in commands]
    return await submit_all(desk, caller, handed)
