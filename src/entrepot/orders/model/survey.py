"""What submissions name before anything is read: variants, orders, and what may gain stock."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from entrepot.kernel.demand import WantedPosition
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import QUANTITY_MAX, ZERO
from entrepot.orders.model.commands import (
    ActOnInvoice,
    ActOnOrder,
    AdjustStock,
    CancelOrder,
    ChangeOrder,
    Command,
    CompleteRefund,
    CompleteSessionOrder,
    CountStock,
    GatherOrders,
    PlaceDraft,
    PlaceOrder,
    ReceiveStock,
    RecheckWaiting,
    RecordPayment,
    ReturnGoods,
    ShipOrder,
    Submission,
    SweepExpired,
)
from entrepot.orders.model.record import Order


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
        acted.update(_acted(each.organisation, command))
        if isinstance(command, CancelOrder | ChangeOrder | CompleteRefund):
            undone.add(acted_key(each.organisation, command))
    return Survey(variants, gains, sorted(acted), sorted(undone), counted)


def _acted(organisation: Id, command: Command) -> Iterable[tuple[Id, Id]]:
    """The existing orders that a command is on."""
    if isinstance(command, SweepExpired):
        return command.orders
    if isinstance(command, GatherOrders):
        return [(organisation, order) for order in command.orders]
    if isinstance(command, ActOnOrder):
        return [acted_key(organisation, command)]
    return []


def acted_key(organisation: Id, command: ActOnOrder) -> tuple[Id, Id]:
    """Which order an act is on: one's own, or one that another has.

    A producer ships a trader's session order, a seller its part of a marketplace's.
    """
    if isinstance(command, ActOnInvoice):
        return command.marketplace, command.order
    trader = command.trader if isinstance(command, ShipOrder | ReturnGoods) else None
    return trader or organisation, command.order


def windows_of(submissions: Iterable[Submission]) -> tuple[set[tuple[Id, Id]], bool]:
    """The sales sessions that submissions name, and whether one is to be had alone.

    Customers place in a session side by side. Whoever makes a session order, or gathers, is alone:
    there is one a producer, made once.
    """
    windows: set[tuple[Id, Id]] = set()
    alone = False
    for each in submissions:
        command = each.command
        if isinstance(command, PlaceOrder | GatherOrders) and command.window is not None:
            windows.add((each.organisation, command.window))
            alone = alone or isinstance(command, GatherOrders) or command.producer is not None
    return windows, alone


def products_of(
    submissions: Iterable[Submission], orders: Mapping[tuple[Id, Id], Order]
) -> list[tuple[Id, Id, Id | None]]:
    """What of which sales sessions a batch decides on, as (trader, session, variant).

    That is what is placed in them, and what orders of theirs have or are to have; None names a
    session for itself.
    """
    named: set[tuple[Id, Id, Id | None]] = set()
    for each in submissions:
        command = each.command
        window = None
        if isinstance(command, PlaceOrder | GatherOrders):
            window = command.window
        elif isinstance(command, ActOnOrder):
            order = orders.get(acted_key(each.organisation, command))
            window = None if order is None else order.window
        if window is not None:
            named.update((each.organisation, window, variant) for variant in variants_of(command))
            if isinstance(command, GatherOrders):
                named.add((each.organisation, window, None))
    for order in orders.values():
        if order.window is not None:
            named.add((order.organisation, order.window, None))
            named.update((order.organisation, order.window, line.variant) for line in order.lines)
    return sorted(named, key=lambda each: (each[0], each[1], each[2] or ""))


class MarketSurvey(NamedTuple):
    """What orders of marketplaces name: (owner, variant) pairs, who runs one, sellers.

    `external_ids` are those that orders are to have, as (marketplace, key, value). `invoiced` are
    the orders whose invoices are acted on.
    """

    variants: list[tuple[Id, Id]]
    marketplaces: list[Id]
    sellers: list[Id]
    external_ids: list[tuple[Id, str, str]]
    invoiced: list[tuple[Id, Id]]


def survey_market(
    submissions: Iterable[Submission], owners: Mapping[Id, Id]
) -> MarketSurvey | None:
    """List what orders of marketplaces name; None where there are no such orders."""
    variants: set[tuple[Id, Id]] = set()
    marketplaces: set[Id] = set()
    external_ids: set[tuple[Id, str, str]] = set()
    invoiced: set[tuple[Id, Id]] = set()
    for each in submissions:
        command = each.command
        if isinstance(command, ActOnInvoice):
            invoiced.add(acted_key(each.organisation, command))
        if isinstance(command, PlaceOrder) and command.market is not None:
            marketplaces.add(each.organisation)
            named = variants_of(command)
            variants.update((owners[variant], variant) for variant in named if variant in owners)
            external_ids.update(
                (each.organisation, said.key, said.value)
                for said in command.market.external_ids
                if "\0" not in said.key + said.value  # no text in the database holds one
            )
    if not marketplaces and not invoiced:
        return None
    sellers = {owner for owner, _ in variants}
    return MarketSurvey(
        sorted(variants),
        sorted(marketplaces),
        sorted(sellers),
        sorted(external_ids),
        sorted(invoiced),
    )


def takers_of(submissions: Iterable[Submission]) -> list[tuple[Id, Id]]:
    """The existing orders for which stock is asked: nothing is taken in a session that closes."""
    return sorted(
        {
            acted_key(each.organisation, each.command)
            for each in submissions
            if isinstance(each.command, _TAKING)
        }
    )


_TAKING: Final = (PlaceDraft, ChangeOrder, CompleteSessionOrder, RecordPayment)


def _arriving(command: Command) -> list[tuple[Id, Decimal]]:
    """The most that a command may add to what is on hand, by variant."""
    if isinstance(command, ReceiveStock | AdjustStock):
        return [(line.variant, line.quantity) for line in command.lines]
    if isinstance(command, CountStock):
        return [(command.variant, command.on_hand)]
    return []


_WITH_LINES: Final = (PlaceOrder, ChangeOrder, CompleteSessionOrder, ReceiveStock, AdjustStock)


def variants_of(command: Command) -> set[Id]:
    """List the variants a command names."""
    if isinstance(command, _WITH_LINES):
        return {line.variant for line in command.lines or () if line.variant}
    if isinstance(command, CountStock):
        return {command.variant} if command.variant else set()
    return set()


def positions_of(each: Submission, owners: Mapping[Id, Id]) -> list[WantedPosition]:
    """List the positions a command needs, to be made where there are none."""
    command = each.command
    places: list[tuple[Id, Id | None, bool]] = []
    if isinstance(command, PlaceOrder | ChangeOrder | CompleteSessionOrder):
        places = [(line.variant, None, True) for line in command.lines or ()]
    elif isinstance(command, ReceiveStock | AdjustStock):
        places = [(line.variant, line.location, False) for line in command.lines]
    elif isinstance(command, CountStock):
        places = [(command.variant, command.location, False)]
    return [
        WantedPosition(owners[variant], variant, location, each.organisation, any_will_do)
        for variant, location, any_will_do in places
        if variant in owners
    ]
