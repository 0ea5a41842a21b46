"""Plays a planned history through the usual batch, which is told the time.

So orders and ledger rows carry the moments of the plan, and every rule and invariant holds for them
as for any other. Each step has a key of its own: a history that was cut off goes on where it ended
when it is played again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from itertools import groupby, islice
from types import MappingProxyType
from typing import Any, Final

import msgspec

from entrepot import orders
from entrepot.app import Services, open_desk
from entrepot.cli.demo.market_playing import act_on_invoices
from entrepot.cli.demo.partnering import NOBODY, Partners, act_as_partner
from entrepot.cli.demo.steps import ActOfOne, ActOfPartner, ActOnInvoices, Step
from entrepot.cli.opening import accepted
from entrepot.cli.progress import Tell
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.orders import Answer, Desk, NewMarketplaceOrder, PlaceOrder, sweep_expired

_AT_ONCE_MAX: Final = 1_000
"""Steps in flight: a few batches full."""

_ACTIONS: Final[Mapping[type, Callable[[Desk, Caller, Any, str], Awaitable[Answer]]]] = (
    MappingProxyType(
        {
            orders.PlaceOrder: orders.place_order,
            orders.PlaceDraft: orders.place_draft,
            orders.ChangeOrder: orders.change_order,
            orders.RecordPayment: orders.record_payment,
            orders.CancelOrder: orders.cancel_order,
            orders.ShipOrder: orders.ship_order,
            orders.ReturnGoods: orders.return_goods,
            orders.PrioritiseOrder: orders.prioritise_order,
            orders.ReceiveStock: orders.receive_stock,
            orders.AdjustStock: orders.adjust_stock,
            orders.CountStock: orders.count_stock,
        }
    )
)


class _ToldClock:
    """Shows the moment that it was set to, whatever the database's clock shows."""

    at: datetime

    def __call__(self, _: datetime) -> datetime:
        return self.at


class _OrderId(msgspec.Struct, frozen=True):
    """What is read of the answer to a placing."""

    id: str


def count_orders(steps: Iterable[Step]) -> int:
    """How many orders steps place."""
    return sum(isinstance(step.act, PlaceOrder) for step in steps)


async def play_history(
    services: Services,
    callers: Mapping[str, Caller],
    steps: Iterable[Step],
    total: int,
    tell: Tell,
    partners: Partners = NOBODY,
) -> None:
    """Play steps in the order of their moments, those of one moment together.

    `tell` is told how many of the `total` orders have been placed. Raises RefusedError for a step
    that is refused; all before it have happened.
    """
    clock = _ToldClock()
    desk = open_desk(services.pool, services.settings, moment=clock)
    desk.intake.start()
    placed: dict[str, Id] = {}
    by_organisation = {caller.organisation: caller for caller in callers.values()}

    async def take(step: Step, key: str) -> None:
        caller, act = callers[step.organisation], step.act
        if isinstance(act, ActOfPartner):
            partnership = partners.between(step.organisation, act.partner)
            await act_as_partner(services, caller, partnership, act, key, clock)
        elif isinstance(act, ActOnInvoices):
            order = caller, placed[step.reference]
            await act_on_invoices(desk, by_organisation, order, act, clock.at, key)
        elif act is None:
            await sweep_expired(desk)
        else:
            await _act(desk, caller, placed, act, step.reference, key)

    numbered = enumerate(steps)
    at_once = min(_AT_ONCE_MAX, services.settings.queue_max)
    tell("orders", 0, total)
    try:
        for at, group in groupby(numbered, key=lambda each: each[1].at):
            clock.at = at
            while some := list(islice(group, at_once)):
                await asyncio.gather(*[take(step, f"demo-{number}") for number, step in some])
            tell("orders", len(placed), total)
    finally:
        await desk.intake.close()


async def _act(
    desk: Desk, caller: Caller, placed: dict[str, Id], act: ActOfOne, reference: str, key: str
) -> None:
    """Act on an order or on stock, and remember by its reference which order was placed."""
    if isinstance(act, PlaceOrder):
        act = msgspec.structs.replace(act, order=desk.new_id())
    elif reference:
        act = msgspec.structs.replace(act, order=placed[reference])
    if isinstance(act, PlaceOrder) and act.market is not None:
        new = NewMarketplaceOrder(act.lines, act.market, act.reference)
        answer = accepted(await orders.place_marketplace_order(desk, caller, new, key))
    else:
        answer = accepted(await _ACTIONS[type(act)](desk, caller, act, key))
    if isinstance(act, PlaceOrder):
        order = msgspec.json.decode(answer.body, type=_OrderId)
        placed[reference] = order.id.removeprefix(ids.ORDER)
