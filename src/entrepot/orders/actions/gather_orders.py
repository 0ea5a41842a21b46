"""Gather customer orders of a sales session that closes into its session orders."""

from typing import Final

from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders.actions.submit import Desk, house_keeping
from entrepot.orders.model import GatherOrders

GATHERED_MAX: Final = 500
"""Customer orders of one act, so that nobody else waits long for the positions."""


async def gather_orders(desk: Desk, organisation: Id, command: GatherOrders) -> Refusal | None:
    """Let the batch move what paid orders of a trader's session hold to session orders.

    House-keeping: who asks has closed the session. Done twice, the second finds nothing to move.
    Refuses `orders.reference_taken`, when the trader gives a session order's reference to another
    order at that very moment; asked again, it gets another one.
    """
    assert len(command.orders) <= GATHERED_MAX, "who asks sends chunks"
    answer = await house_keeping(desk, command, organisation)
    return answer if isinstance(answer, Refusal) else None
