"""What submissions name before anything is read: variants, orders, and what may gain stock."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from entrepot.kernel.demand import WantedPosition
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import QUANTITY_MAX, ZERO
from entrepot.orders.model.commands import (
    ActOnOrder,
    AdjustStock,
    CancelOrder,
    ChangeOrder,
    Command,
    CountStock,
    PlaceOrder,
    ReceiveStock,
    RecheckWaiting,
    Submission,
    SweepExpired,
)


class Survey(NamedTuple):
    """What a batch will have to look at.

    `variants` are (owner, variant) pairs; `gains` says the most that some of them gain by goods
    that arrive or are counted; `acted` are the orders acted on, which may let go what they hold,
    and `undone` those of them that may send transferred goods back. `counted` are counts, as
    (owner, variant, location or None, on hand), which may take from holds.
    """

    variants: set[tuple[Id, Id]]
    gains: dict[tuple[Id, Id], Decimal]
    acted: list[tuple[Id, Id]]
    undone: list[tuple[Id, Id]]
    counted: list[tuple[Id, Id, Id | None, Decimal]]


def survey_submissions(submissions: Sequence[Submission], owners: Mapping[Id, Id]) -> Survey:
    """List what submissions name; variants whose owner is unknown are left out."""
    variants: set[tuple[Id, Id]] = set()
    gains: dict[tuple[Id, Id], Decimal] = {}
    acted: set[tuple[Id, Id]] = set()
    undone: set[tuple[Id, Id]] = set()
    counted: list[tuple[Id, Id, Id | None, Decimal]] = []
    for each in submissions:
        command = each.command
        for variant in variants_of(command):
            owner = owners.get(variant)
            if owner is not None:
                variants.add((owner, variant))
        if isinstance(command, PlaceOrder):
            continue
        for variant, quantity in _arriving(command):
            key = (owners.get(variant, ""), variant)
            if key in variants and quantity.is_finite() and quantity > ZERO:
                gains[key] = gains.get(key, ZERO) + min(quantity, QUANTITY_MAX)
        if isinstance(command, RecheckWaiting):
            variants.update(command.variants)
        elif isinstance(command, CountStock) and command.variant:
            counted.append((each.organisation, command.variant, command.location, command.on_hand))
        elif isinstance(command, SweepExpired):
            acted.update(command.orders)
        elif isinstance(command, ActOnOrder):
            acted.add((each.organisation, command.order))
            if isinstance(command, CancelOrder | ChangeOrder):
                undone.add((each.organisation, command.order))
    return Survey(variants, gains, sorted(acted), sorted(undone), counted)


def _arriving(command: Command) -> list[tuple[Id, Decimal]]:
    """The most that a command may add to what is on hand, by variant."""
    if isinstance(command, ReceiveStock | AdjustStock):
        return [(line.variant, line.quantity) for line in command.lines]
    if isinstance(command, CountStock):
        return [(command.variant, command.on_hand)]
    return []


_WITH_LINES: Final = (PlaceOrder, ChangeOrder, ReceiveStock, AdjustStock)


def variants_of(command: Command) -> set[Id]:
    """List the variants a command names."""
    if isinstance(command, _WITH_LINES):
        return {line.variant for line in command.lines if line.variant}
    if isinstance(command, CountStock):
        return {command.variant} if command.variant else set()
    return set()


def positions_of(each: Submission, owners: Mapping[Id, Id]) -> list[WantedPosition]:
    """List the positions a command needs, to be made where there are none."""
    command = each.command
    places: list[tuple[Id, Id | None, bool]] = []
    if isinstance(command, PlaceOrder | ChangeOrder):
        places = [(line.variant, None, True) for line in command.lines]
    elif isinstance(command, ReceiveStock | AdjustStock):
        places = [(line.variant, line.location, False) for line in command.lines]
    elif isinstance(command, CountStock):
        places = [(command.variant, command.location, False)]
    return [
        WantedPosition(owners[variant], variant, location, each.organisation, any_will_do)
        for variant, location, any_will_do in places
        if variant in owners
    ]
