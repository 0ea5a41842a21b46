"""A wholesaler whose goods several retailers sell as their own."""

from __future__ import annotations

from typing import NamedTuple

from entrepot.kernel.ids import Id
from tests.factories.counter import Counter
from tests.factories.network import Network


class Retailer(NamedTuple):
    """A retailer, its variant, and how both are tied to the wholesaler's."""

    organisation: Id
    variant: Id
    partnership: Id
    match: Id


class Consignment(NamedTuple):
    """A wholesaler, its variant, and who sells it."""

    wholesaler: Id
    variant: Id
    retailers: tuple[Retailer, ...]


async def open_consignment(
    network: Network, counter: Counter, *, retailers: int = 1, on_hand: object = 100
) -> Consignment:
    """A wholesaler with goods on hand, each retailer matched with all of its stock."""
    wholesaler = await network.organisation("wholesaler")
    variant = await network.variant(wholesaler, "CARROTS")
    sold_by = [await add_retailer(network, wholesaler, variant) for _ in range(retailers)]
    if on_hand:
        await counter.receive(wholesaler, variant, on_hand)
    return Consignment(wholesaler, variant, tuple(sold_by))


async def add_retailer(
    network: Network,
    wholesaler: Id,
    variant: Id,
    *,
    factor: int = 1,
    buffer: object = 0,
    cap: object = None,
    policy: str = "all_stock",
) -> Retailer:
    """A retailer of a wholesaler's variant, without stock of its own."""
    retailer = await network.organisation("retailer")
    own = await network.variant(retailer, "WORTELS")
    partnership = await network.partnership(
        wholesaler, retailer, policy=policy, buffer=buffer, cap=cap
    )
    match = await network.match(partnership, (wholesaler, variant), (retailer, own), factor=factor)
    return Retailer(retailer, own, partnership, match)
