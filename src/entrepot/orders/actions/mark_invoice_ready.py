"""Say that an invoice's goods are ready for the customer to fetch."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once, record
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders import store
from entrepot.orders.actions.find_place import find_invoice_place
from entrepot.orders.model.market_changes import InvoiceReady, ready_from
from entrepot.orders.store import fulfilment


async def mark_invoice_ready(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    invoice: Id,
    sent: Sent | None = None,
) -> Written[InvoiceReady] | Refusal:
    """Say that an invoice can be fetched, as its marketplace or its seller; both are told.

    An invoice that is ready stays ready from when it was. Refuses `identity.scope_missing`,
    `request.key_reused`, `orders.unknown_invoice`, `orders.under_review`, `orders.not_fetched` and
    `orders.nothing_to_fetch`.
    """
    place = await find_invoice_place(pool, caller, invoice)
    if isinstance(place, Refusal):
        return place
    marketplace = place[0]

    async def work(connection: Connection, now: datetime) -> Done[InvoiceReady] | Refusal:
        await store.lock_orders(connection, [place])
        stands = await fulfilment.read_pickup(connection, marketplace, invoice)
        at = ready_from(invoice, stands, now)
        if isinstance(at, Refusal):
            return at
        answer = InvoiceReady(ids.INVOICE + invoice, stands.legacy_id, at)
        if stands.ready_at is not None:
            return Done(answer)
        await fulfilment.write_ready(connection, marketplace, invoice, now)
        happening = Happening("orders.invoice_ready", answer.id, answer)
        others = {marketplace, stands.seller} - {caller.organisation}
        for other in sorted(others):
            told = msgspec.structs.replace(caller, organisation=other, token=None)
            await record(connection, now, new_id, told, [happening])
        return Done(answer, (happening,))

    return await act_once(pool, new_id, caller, sent, InvoiceReady, work)
