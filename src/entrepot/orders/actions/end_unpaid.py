"""End orders that nobody has paid for."""

from collections.abc import Sequence

from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, RefusedError
from entrepot.orders import errors
from entrepot.orders.actions.submit import Desk, Handed, submit_all
from entrepot.orders.model import RecordPayment

_STANDS = frozenset({errors.ALREADY_PAID, errors.ALREADY_CANCELLED})


async def end_unpaid(
    desk: Desk, caller: Caller, orders: Sequence[Id], request: str | None = None
) -> int:
    """Cancel unpaid orders of the caller's as if their payments had failed; how many were ended.

    One that is paid meanwhile, or cancelled, stays as it is. Done again, nothing more happens.
    Raises what kept any of them from being decided, and RefusedError with what else was refused
    (`identity.scope_missing`).
    """
    handed = [
        Handed(RecordPayment(order, succeeded=False), "", request, None, f"end-unpaid:{order}")
        for order in orders
    ]
    ended = 0
    for answer in await submit_all(desk, caller, handed):
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, Refusal):
            if answer.code not in _STANDS:
                raise RefusedError(answer)
        else:
            ended += not answer.replayed
    return ended
