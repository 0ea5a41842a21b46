"""Hand an invoice's goods over to the customer, who fetches them."""

from typing import Final

from entrepot.infra.clock import utc_now
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders.actions.decide_batch import Answer
from entrepot.orders.actions.find_place import find_invoice_place
from entrepot.orders.actions.submit import Desk, Handed, submit
from entrepot.orders.model import ShipInvoice
from entrepot.orders.model.fulfilment import OTHER_CARRIER

FETCHED: Final = "Collected"
"""What stands in place of a tracking number where the customer fetched the goods."""


async def hand_over_invoice(
    desk: Desk, caller: Caller, invoice: Id, key: str, request: str | None = None
) -> Answer:
    """Hand over all that is there to go, through the batch: by its marketplace, or by its seller.

    It leaves in a shipment without a parcel: by carrier 1, other, with `Collected` for its number.
    `key` makes it repeatable: sent again, it is answered as before. Answers a `ShownShipment`.
    Refuses `orders.unknown_invoice`, `orders.under_review`, `orders.not_fetched` and
    `orders.nothing_to_fetch`.
    """
    place = await find_invoice_place(desk.pool, caller, invoice)
    if isinstance(place, Refusal):
        return place
    marketplace, order = place
    today = utc_now().date()
    command = ShipInvoice(
        order, marketplace, invoice, desk.new_id(), None, OTHER_CARRIER, FETCHED, today
    )
    return await submit(desk, caller, Handed(command, key, request, ("hand over", invoice)))
