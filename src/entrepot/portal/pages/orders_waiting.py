"""Why an order waits, ready to be shown: what there is, who has it, and what would release it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec

from entrepot import orders
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.orders import (
    MissingGoods,
    PartnerOffer,
    Queue,
    ShownLine,
    ShownOrder,
    WaitingExplained,
)
from entrepot.portal.charts import Part, draw_gauge
from entrepot.portal.routes import Visit, granted

EXPLAINED_MAX: Final = 8
"""Products that are explained one by one; of the others only figures are shown."""


class Holder(msgspec.Struct, frozen=True):
    """One of one's own orders that holds what is missing; `is_enough`: without it this could go."""

    order: str
    reference: str
    quantity: str
    is_enough: bool


class Goods(msgspec.Struct, frozen=True):
    """What is missing of one variant, and all that is known about it.

    `asked` is what the order wants of it still, held included; `gauge` draws what that is made of.
    `in_turn` is what must come in if all those before it are served from that too. `offering` are
    the partners that offer some of it now; of those that may be drawn on `receiving` would offer
    what lacks if it came in there, `allocating` if they allocated it, `capped` have a cap that is
    too low, and `still` give nothing while the partnership is paused or ends.
    """

    told: MissingGoods
    name: str
    unit: str
    asked: Decimal
    held: Decimal
    gauge: tuple[Part, ...]
    is_lacking: bool
    offering: tuple[PartnerOffer, ...]
    receiving: tuple[PartnerOffer, ...]
    allocating: tuple[PartnerOffer, ...]
    capped: tuple[PartnerOffer, ...]
    still: tuple[PartnerOffer, ...]
    in_turn: Decimal
    holders: tuple[Holder, ...]
    queue: Queue | None


class Overtaken(msgspec.Struct, frozen=True):
    """An order of one's own that would come later, were this one served first."""

    order: str
    reference: str


class Why(msgspec.Struct, frozen=True):
    """Why an order waits: `goods` first what must come in; `others` are those beyond the first few.

    `lacking` is (quantity, sku) of all that must come; `once_paid` is what of that partners do not
    offer to an order that is not paid: it `waits_for_payment` where they offer all. `only` is the
    one product that lacks; `is_helped`: more may come from partners, if it `has_partners`. Without
    what lacks, there is something left that can go (`can_go_in_part`).
    `first` is the priority that would put it before all that merely wait; None where it is the
    first already (`is_first`), or where no priority does.
    """

    told: WaitingExplained
    goods: tuple[Goods, ...]
    others: tuple[Goods, ...]
    lacking: tuple[tuple[str, str], ...]
    once_paid: tuple[tuple[str, str], ...]
    waits_for_payment: bool
    only: Goods | None
    is_first: bool
    first: int | None
    overtakes: tuple[Overtaken, ...]
    is_rivalled: bool
    is_helped: bool
    has_partners: bool
    can_go_in_part: bool


async def explain(visit: Visit, order: Id, shown: ShownOrder) -> Why | None:
    """Find out why an order waits; None for one that waits for nothing."""
    if "prioritise" not in shown.may:
        return None
    told = granted(await orders.explain_order(visit.database, visit.caller, order))
    is_paid = told.payment_status == "paid"
    variants = [each.variant.removeprefix(ids.VARIANT) for each in told.missing]
    queues = granted(await orders.list_queues(visit.database, visit.caller, order, variants))
    by_variant = {each.variant: each for each in queues}
    by_missing = {each.variant for each in told.missing}
    goods = tuple(
        sorted(
            [
                _goods(each, shown.lines, by_variant.get(each.variant), is_paid=is_paid)
                for each in told.missing
            ],
            key=lambda each: not each.is_lacking,
        )
    )
    lacking = [each for each in goods if each.is_lacking]
    once_paid = [each for each in lacking if each.told.lacking_once_paid != "0"]
    before = [
        rival
        for queue in queues
        for rival in queue.rivals
        if rival.is_before and not rival.is_short
    ]
    return Why(
        told,
        goods[:EXPLAINED_MAX],
        goods[EXPLAINED_MAX:],
        tuple([(each.told.lacking, each.told.sku) for each in lacking]),
        tuple([(each.told.lacking_once_paid, each.told.sku) for each in once_paid]),
        bool(lacking) and not once_paid and not told.more_missing,
        lacking[0] if len(lacking) == 1 and not told.more_missing else None,
        not before,
        _first(queues) if before else None,
        tuple(
            {
                rival.order: Overtaken(rival.order, rival.reference)
                for rival in before
                if rival.order is not None and rival.reference is not None
            }.values()
        ),
        any(each.told.orders_before for each in goods),
        any(each.receiving or each.allocating for each in lacking),
        any(each.told.partners for each in goods),
        any(each.held + Decimal(each.told.missing) > Decimal(each.told.lacking) for each in goods)
        or any(line.open != "0" and line.variant not in by_missing for line in shown.lines),
    )


def _first(queues: Sequence[Queue]) -> int | None:
    """The priority that comes before all that merely wait in each of the queues."""
    wanted = [each.priority_to_be_first for each in queues]
    known = [each for each in wanted if each is not None]
    return max(known) if len(known) == len(wanted) else None


def _goods(
    told: MissingGoods, lines: Sequence[ShownLine], queue: Queue | None, *, is_paid: bool
) -> Goods:
    own = [line for line in lines if line.variant == told.variant]
    held = sum((Decimal(line.held) for line in own), Decimal(0))
    missing, lacking = Decimal(told.missing), Decimal(told.lacking)
    at_last = Decimal(told.lacking_once_paid)
    there = missing - at_last
    of_own = there if told.own_available is None else min(Decimal(told.own_available), there)
    return Goods(
        told,
        own[0].name,
        own[0].unit,
        held + missing,
        held,
        draw_gauge([("held", held), ("in", of_own), ("moved", there - of_own), ("lack", at_last)]),
        lacking > 0,
        tuple([each for each in told.partners if each.offered != "0"]),
        _moved_by(told, "receipt", is_paid=is_paid),
        _moved_by(told, "allocation", is_paid=is_paid),
        _moved_by(told, "cap", is_paid=is_paid),
        tuple(
            [each for each in told.partners if each.reason == "partnership_inactive" and is_paid]
        ),
        lacking + Decimal(told.missing_before),
        tuple(
            [
                Holder(
                    each.order, each.reference, each.quantity, Decimal(each.quantity) >= lacking > 0
                )
                for each in told.held_by
            ]
        ),
        queue,
    )


def _moved_by(told: MissingGoods, what: str, *, is_paid: bool) -> tuple[PartnerOffer, ...]:
    """The partners that this would let offer more; none to an order that is not paid."""
    return tuple([each for each in told.partners if is_paid and each.more_by == what])
