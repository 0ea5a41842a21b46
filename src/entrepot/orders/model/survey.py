"""What submissions name before anything is read: variants, orders, and what may gain stock."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from entrepot.kernel.demand import WantedPosition
from entrepot.kernel.ids import Id
from entrepot.orders.model.commands import (
    ActOnOrder,
    AdjustStock,
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

    `variants` are (owner, variant) pairs; `gaining` adds whether the variant may gain free stock;
    `acted` are (organisation, order, whether its variants may gain).
    """

    variants: set[tuple[Id, Id]]
    gaining: list[tuple[Id, Id, bool]]
    acted: list[tuple[Id, Id, bool]]


def survey_submissions(submissions: Sequence[Submission], owners: Mapping[Id, Id]) -> Survey:
    """List what submissions name; variants whose owner is unknown are left out."""
    variants: set[tuple[Id, Id]] = set()
    gaining: set[tuple[Id, Id, bool]] = set()
    acted: set[tuple[Id, Id, bool]] = set()
    for each in submissions:
        command = each.command
        gains = not isinstance(command, PlaceOrder)
        for variant in variants_of(command):
            owner = owners.get(variant)
            if owner is not None:
                variants.add((owner, variant))
                gaining.add((owner, variant, gains))
        if not gains:
            continue
        if isinstance(command, RecheckWaiting):
            variants.update(command.variants)
            gaining.update((owner, variant, False) for owner, variant in command.variants)
        elif isinstance(command, SweepExpired):
            acted.update((*key, True) for key in command.orders)
        elif isinstance(command, ActOnOrder):
            acted.add((each.organisation, command.order, True))
    return Survey(variants, sorted(gaining), sorted(acted))


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
