"""Availability: what can be promised and what that number is made of; and why an order waits."""

from typing import Final

from entrepot import catalogue, orders, stock
from entrepot.apis.rest.bodies import Text, variant_id
from entrepot.apis.rest.problems import Reply
from entrepot.apis.rest.routes import (
    API,
    Call,
    NoQuery,
    PageQuery,
    Route,
    granted,
    page_of,
    page_type,
    show,
    show_page,
)
from entrepot.apis.rest.wire import HexId
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.orders import WaitingExplained
from entrepot.stock import Availability, ShownToPartner


class AvailabilityQuery(PageQuery, kw_only=True):
    """Whose numbers to show; without `variant`, of every variant."""

    variant: Text | None = None


async def list_availability(call: Call[AvailabilityQuery, None]) -> Reply:
    """Show what the caller can promise."""
    page = page_of(call.query, tuple[HexId])
    named = call.query.variant
    variant = None if named is None else variant_id(named)
    if variant == "":
        return show_page([], page, lambda _: ())
    rows = granted(
        await stock.list_availability(call.services.database, call.caller, page, variant=variant)
    )
    return show_page(rows, page, lambda row: (row.inner_id,))


async def list_shown(call: Call[PageQuery, None]) -> Reply:
    """Show what each partner is shown of a variant."""
    page = page_of(call.query, tuple[HexId, HexId])
    variant = variant_id(call.path["variant"])
    rows = granted(await stock.list_shown(call.services.database, call.caller, page, variant))
    return show_page(rows, page, lambda row: row.key)


async def explain(call: Call[NoQuery, None]) -> Reply:
    """Say why an order waits."""
    order = ids.from_wire(ids.ORDER, call.path["order"]) or ""
    return show(granted(await orders.explain_order(call.services.database, call.caller, order)))


ROUTES: Final = (
    Route(
        method="GET",
        path=f"{API}/availability",
        topic="Availability",
        summary="Show what you can promise of your variants, and what that is made of",
        detail=(
            "Your own at each location that orders ship from, and what each partner offers, as it"
            " is at this moment. What a partner offers may be shown to others too, and be gone"
            " before you ask for it: only an order takes it. `null` is unlimited."
        ),
        handler=list_availability,
        query=AvailabilityQuery,
        answer=page_type("Availability", Availability),
        scope=Scope.STOCK_READ,
    ),
    Route(
        method="GET",
        path=f"{API}/availability/{{variant}}/partners",
        topic="Availability",
        summary="List what each partner is shown of your variant",
        detail=(
            "With the pool, buffer and cap that make it. The same free pool is shown to several"
            " partners, so these numbers add up to more than there is: whoever's order comes first"
            " has it. To keep units for one of them alone, allocate them."
        ),
        handler=list_shown,
        query=PageQuery,
        answer=page_type("ShownToPartner", ShownToPartner),
        scope=Scope.PARTNERSHIPS_READ,
        refusals=(catalogue.UNKNOWN_VARIANT,),
    ),
    Route(
        method="GET",
        path=f"{API}/orders/{{order}}/waiting",
        topic="Availability",
        summary="Say why an order waits, and what would release it",
        detail=(
            "What each line misses, which of your own orders hold it, how much is held for others,"
            " what partners offer and what would let them offer more, who is served before it, and"
            " how much must come at least."
        ),
        handler=explain,
        answer=WaitingExplained,
        scope=Scope.ORDERS_READ,
        refusals=("orders.unknown_order",),
    ),
)
