"""The invariants of allocations and transfers, over a world without a database."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from entrepot.kernel.demand import PositionKey
from entrepot.kernel.quantity import ZERO
from entrepot.stock.model import LedgerRow
from entrepot.stock.model.effects import TransferRow
from tests.simulation.pure_world import PureWorld

FORTH = ("transfer_out", "transfer_in")
BACK = ("reversal_in", "reversal_out")
"""Ledger kinds of a transfer and of a reversal: at the wholesaler's, then at the retailer's."""


def unsound_partners(world: PureWorld) -> list[str]:
    """Everything that does not hold between partners, in words."""
    return [*_allocations(world), *_transfers(world), *_reversals(world), *_waiting(world)]


def _allocations(world: PureWorld) -> Iterator[str]:
    """What is allocated is what is left of open allocations; what was used of each was taken."""
    left: dict[PositionKey, Decimal] = {}
    for key, each in world.partners.allocations.items():
        left[each.position] = left.get(each.position, ZERO) + each.remaining
        used = ZERO
        for row in world.partners.transfers:
            sign = 1 if row.reverses is None else -1
            legs = world.partners.legs[row.id]
            used += sign * sum((leg.quantity for leg in legs if leg.allocation == key[1]), ZERO)
        sound = ZERO <= each.remaining <= each.quantity == each.remaining + used
        if not sound and not each.is_closed:
            yield f"{key}: of {each.quantity} there is {each.remaining} left, {used} was used"
        if each.is_closed and each.remaining:
            yield f"{key} is closed and keeps {each.remaining}"
    for position, figures in world.positions.items():
        if figures.allocated != left.get(position, ZERO):
            yield f"{position} has allocated {figures.allocated}, open is {left.get(position)}"


def _transfers(world: PureWorld) -> Iterator[str]:
    """Each transfer takes at one side what it brings at the other, and has its ledger rows."""
    rows = {(row.position, row.version): row for row in world.ledger}
    seen = 0
    for each in world.partners.transfers:
        forth = each.reverses is None
        theirs, ours = FORTH if forth else BACK
        sign = 1 if forth else -1
        legs = world.partners.legs[each.id]
        seen += 1 + len(legs)
        if sum((leg.quantity for leg in legs), ZERO) != each.quantity * each.partner.factor:
            yield f"{each.id}: its legs are not what was transferred"
        if not _says(rows[each.partner.target, each.version], ours, sign * each.quantity, ZERO):
            yield f"{each.id}: the retailer's ledger says otherwise"
        for leg in legs:
            place = each.partner.positions[0]._replace(location=leg.location)
            reserved = ZERO if leg.allocation is None else -sign * leg.quantity
            if not _says(rows[place, leg.version], theirs, -sign * leg.quantity, reserved):
                yield f"{each.id}: the wholesaler's ledger says otherwise at {place}"
    if seen != sum(row.kind in FORTH + BACK for row in world.ledger):
        yield "ledger rows of transfers without their transfer"


def _says(row: LedgerRow, kind: str, on_hand: Decimal, allocated: Decimal) -> bool:
    return (row.kind, row.on_hand_change, row.held_change, row.allocated_change) == (
        kind,
        on_hand,
        ZERO,
        allocated,
    )


def _reversals(world: PureWorld) -> Iterator[str]:
    """No more goes back than came, by the terms under which it came."""
    forth = {each.id: each for each in world.partners.transfers if each.reverses is None}
    back: dict[str, Decimal] = {}
    for each in world.partners.transfers:
        if each.reverses is None:
            continue
        if each.reverses not in forth:
            yield f"{each.id} undoes what is not there"
            continue
        first = forth[each.reverses]
        back[first.id] = back.get(first.id, ZERO) + each.quantity
        if _terms(each) != _terms(first):
            yield f"{each.id} goes back by other terms than it came"
        if each.week < first.week:
            yield f"{each.id} goes back before it came"
    for ident, quantity in back.items():
        if quantity > forth[ident].quantity:
            yield f"of {ident} more went back than came"


def _terms(row: TransferRow) -> tuple[object, ...]:
    partner = row.partner
    return (
        partner.match,
        partner.partnership,
        partner.target,
        partner.factor,
        partner.unit_price,
        row.organisation,
        row.order,
    )


def _waiting(world: PureWorld) -> Iterator[str]:
    """Who waits has nothing at any wholesaler, and only what is paid ever drew."""
    for kept in world.holds.values():
        order = world.orders[kept.hold.organisation, kept.hold.key.order]
        if order.status == "waiting" and kept.hold.position.owner != order.organisation:
            yield f"{order.id} waits and holds at {kept.hold.position}"
    for row in world.partners.transfers:
        if world.orders[row.organisation, row.order].payment_status != "paid":
            yield f"{row.order} is not paid and drew on a partner"


def made_or_lost(world: PureWorld, weights: dict[str, int]) -> dict[str, Decimal]:
    """By how much changes of owner changed the sum of each product over all owners, in base units.

    `weights` are base units by variant; the product is what a sku names before the first blank.
    """
    sums: dict[str, Decimal] = {}
    for row in world.ledger:
        if row.kind in FORTH + BACK:
            product = world.variants[row.position.variant].sku.split()[0]
            units = row.on_hand_change * weights[row.position.variant]
            sums[product] = sums.get(product, ZERO) + units
    return {product: units for product, units in sums.items() if units}
