"""Brings the partners of the demo network together, and does what they do between themselves.

All of it is told the time, as orders are: a partnership begins before its first transfer, and each
week is settled as it ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from entrepot import partnerships, settlement, stock
from entrepot.app import Services
from entrepot.cli.demo.finding import was_taken
from entrepot.cli.demo.members import MATCHES, PRICES, SHARES, Share
from entrepot.cli.demo.steps import ActOfPartner, Allocate, Answer, Variants
from entrepot.cli.opening import accepted
from entrepot.infra.clock import Moment
from entrepot.infra.writing import Sent
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page
from entrepot.partnerships import NewFixedPrice, NewMatch, NewPartnershipInvitation, Partnership
from entrepot.settlement import SettlementFilter
from entrepot.stock import NewAllocation

_NOTHING_SENT: Final = b""
"""Stands for the content of an act: its key says all of it."""


class Partners(NamedTuple):
    """The ids of the partnerships, by the slugs of the wholesaler and the retailer."""

    by_slugs: Mapping[tuple[str, str], Id]

    def between(self, one: str, other: str) -> Id:
        """The partnership of two, whichever of them is the wholesaler."""
        return self.by_slugs.get((one, other)) or self.by_slugs[other, one]


NOBODY: Final = Partners({})
"""Where no step is between partners."""


async def begin_partnerships(
    services: Services, callers: Mapping[str, Caller], variants: Variants, at: datetime
) -> Partners:
    """Invite whoever is not a partner yet, accept for them, and match their goods, at a moment."""
    begun = {}
    for share in SHARES:
        found = await _partnership(services, callers, share, lambda _: at)
        begun[share.wholesaler, share.retailer] = found.inner_id
        await _match(services, callers[share.retailer], found, lambda _: at)
    partners = Partners(begun)
    for each in MATCHES:
        new = NewMatch(
            partners.between(each.wholesaler, each.retailer),
            variants[each.retailer, each.sku],
            variants[each.wholesaler, each.wholesaler_sku],
            each.factor,
        )
        made = await partnerships.match_by_hand(
            services.pool, services.desk.new_id, callers[each.retailer], new, moment=lambda _: at
        )
        if not was_taken(made, partnerships.ALREADY_MATCHED):
            accepted(made)
    for price_list in PRICES:
        prices = [
            NewFixedPrice(variants[price_list.wholesaler, sku], Decimal(price))
            for sku, price in price_list.prices
        ]
        accepted(
            await partnerships.set_fixed_prices(
                services.pool,
                services.desk.new_id,
                callers[price_list.wholesaler],
                partners.between(price_list.wholesaler, price_list.retailer),
                prices,
                Sent(f"demo-prices-{price_list.retailer}", _NOTHING_SENT),
                lambda _: at,
            )
        )
    return partners


async def _partnership(
    services: Services, callers: Mapping[str, Caller], share: Share, moment: Moment
) -> Partnership:
    """The partnership of two as the retailer sees it; where there is none, it begins."""
    pool, new_id = services.pool, services.desk.new_id
    wholesaler, retailer = callers[share.wholesaler], callers[share.retailer]
    found = await _known(services, retailer, share)
    if found is not None:
        return found
    new = NewPartnershipInvitation(share.agreement, note=share.retailer)
    invited = accepted(
        await partnerships.invite_retailer(pool, new_id, wholesaler, new, moment=moment)
    )
    key = invited.answer.invite_key
    assert key is not None, "it was not sent before"
    begun = await partnerships.accept_partnership_invitation(
        pool, new_id, retailer, key, moment=moment
    )
    if not was_taken(begun, partnerships.ALREADY_PARTNERS):
        accepted(begun)
    found = await _known(services, retailer, share)
    assert found is not None, "it has just begun"
    return found


async def _known(services: Services, retailer: Caller, share: Share) -> Partnership | None:
    known = accepted(
        await partnerships.list_partnerships(services.pool, retailer, Page(), "retailer")
    )
    return next((each for each in known if each.partner.slug == share.wholesaler), None)


async def _match(
    services: Services, retailer: Caller, partnership: Partnership, moment: Moment
) -> None:
    """Match what has the same GTIN."""
    supplier = ids.from_wire(ids.SUPPLIER, partnership.supplier or "")
    assert supplier is not None, "the wholesaler is a supplier of its retailer's"
    accepted(
        await partnerships.match_wholesale(
            services.pool, services.desk.new_id, retailer, supplier, moment=moment
        )
    )


async def act_as_partner(
    services: Services,
    caller: Caller,
    partnership: Id,
    act: ActOfPartner,
    key: str,
    moment: Moment,
) -> None:
    """Do what one partner does in the face of the other. Raises RefusedError when it is refused."""
    pool, new_id = services.pool, services.desk.new_id
    sent = Sent(key, _NOTHING_SENT)
    if isinstance(act, Allocate):
        new = NewAllocation(partnership, act.variant, act.quantity, note=act.note)
        accepted(await stock.allocate_stock(pool, new_id, caller, new, sent, moment))
    elif isinstance(act, Answer):
        await _answer(services, caller, partnership, act, sent, moment)
    else:
        accepted(await settlement.close_weeks(pool, new_id, caller, partnership, moment=moment))
        accepted(await settlement.write_settlements(pool, new_id, caller, partnership, moment))


async def _answer(
    services: Services, caller: Caller, partnership: Id, act: Answer, sent: Sent, moment: Moment
) -> None:
    """Answer the newest settlement; none is there where a worker was about and settled later."""
    pool, new_id = services.pool, services.desk.new_id
    newest = accepted(
        await settlement.list_settlements(
            pool, caller, Page(limit=1), SettlementFilter(partnership)
        )
    )
    for each in newest:
        if act.dispute:
            accepted(
                await settlement.dispute_settlement(
                    pool, new_id, caller, each.inner_id, act.dispute, sent, moment
                )
            )
        else:
            accepted(
                await settlement.acknowledge_settlement(
                    pool, new_id, caller, each.inner_id, sent, moment
                )
            )
