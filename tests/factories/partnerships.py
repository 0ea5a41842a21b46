"""Partnerships as two organisations make them: by an invitation that is accepted."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple, TypeVar

import msgspec

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Written
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.partnerships import (
    Agreement,
    IssuedPartnershipInvitation,
    NewPartnershipInvitation,
    Partnership,
    accept_partnership_invitation,
    invite_retailer,
)
from tests.factories.callers import caller_for
from tests.factories.network import Network

Answer = TypeVar("Answer", bound=msgspec.Struct)

ALL_STOCK = Agreement("all_stock", buffer=Decimal(3), cap=Decimal(50), terms="Pay within 30 days.")


class Pair(NamedTuple):
    """A wholesaler, a retailer, and their partnership, by its id inside and as each sees it."""

    wholesaler: Id
    retailer: Id
    id: Id
    shown: Partnership


def done(answer: Written[Answer] | Refusal) -> Answer:
    """The answer of an act that was not refused."""
    assert isinstance(answer, Written), answer
    return answer.answer


async def invited(
    pool: Pool, wholesaler: Id, agreement: Agreement = ALL_STOCK, note: str = ""
) -> IssuedPartnershipInvitation:
    """An invitation of a wholesaler, with its key."""
    new = NewPartnershipInvitation(agreement, note)
    return done(await invite_retailer(pool, new_id, caller_for(wholesaler), new))


async def invite_key_of(pool: Pool, wholesaler: Id) -> str:
    """The key of a new invitation of a wholesaler."""
    key = (await invited(pool, wholesaler)).invite_key
    assert key is not None
    return key


async def paired(pool: Pool, network: Network, agreement: Agreement = ALL_STOCK) -> Pair:
    """Two new organisations with a partnership between them."""
    wholesaler = await network.organisation("wholesale")
    retailer = await network.organisation("shop")
    key = (await invited(pool, wholesaler, agreement)).invite_key
    assert key is not None
    shown = done(await accept_partnership_invitation(pool, new_id, caller_for(retailer), key))
    return Pair(wholesaler, retailer, shown.inner_id, shown)
