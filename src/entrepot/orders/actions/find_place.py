"""Find, before an act on an invoice or a refund request is handed in, whose order it is on."""

from entrepot.identity import check_scope
from entrepot.infra.pool import Pool
from entrepot.infra.reading import reading
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders.model.fulfilment_showing import unknown_refund
from entrepot.orders.model.market_showing import unknown_invoice
from entrepot.orders.store import fulfilment


async def find_invoice_place(pool: Pool, caller: Caller, invoice: Id) -> tuple[Id, Id] | Refusal:
    """Whose order, and which, an invoice is of, which never changes.

    Refuses `identity.scope_missing` and `orders.unknown_invoice`.
    """
    refusal = check_scope(caller, Scope.MARKETPLACE_WRITE)
    if refusal is not None:
        return refusal
    if not invoice:
        return unknown_invoice(invoice)
    async with reading(pool) as connection:
        place = await fulfilment.find_invoice_place(connection, caller.organisation, invoice)
    return place or unknown_invoice(invoice)


async def find_refund_place(pool: Pool, caller: Caller, refund: Id) -> tuple[Id, Id] | Refusal:
    """Whose order, and which, a refund request is on, which never changes.

    Refuses `identity.scope_missing` and `orders.unknown_refund_request`.
    """
    refusal = check_scope(caller, Scope.MARKETPLACE_WRITE)
    if refusal is not None:
        return refusal
    if not refund:
        return unknown_refund(refund)
    async with reading(pool) as connection:
        place = await fulfilment.find_refund_place(connection, caller.organisation, refund)
    return place or unknown_refund(refund)
