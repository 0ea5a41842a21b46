"""The invariants of the ledger and of orders, over a world without a database."""

from __future__ import annotations

from decimal import Decimal

from entrepot.kernel.demand import LiveHold, PositionKey
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import ZERO
from entrepot.orders.model import Order
from entrepot.stock.model import LedgerRow
from tests.simulation.pure_world import PureWorld

KINDS = {"converted": "ship", "released": "release", "expired": "expire"}


def unsound(world: PureWorld) -> list[str]:
    """Everything that does not hold, in words."""
    return [*_positions(world), *_holds(world), *_orders(world)]


def _positions(world: PureWorld) -> list[str]:
    faults = []
    written: dict[PositionKey, list[LedgerRow]] = {}
    for row in world.ledger:
        written.setdefault(row.position, []).append(row)
    promised: dict[PositionKey, Decimal] = {}
    for kept in world.holds.values():
        if kept.state == "live":
            key = kept.hold.position
            promised[key] = promised.get(key, ZERO) + kept.hold.quantity
    for key, figures in world.positions.items():
        rows = written.get(key, [])
        if [row.version for row in rows] != list(range(1, figures.version + 1)):
            faults.append(f"versions of {key} have a gap")
        if figures.unlimited:
            continue
        if figures.on_hand < figures.held + figures.allocated or figures.held < ZERO:
            faults.append(f"{key} promises more than there is")
        live = promised.get(key, ZERO)
        if live != figures.held:
            faults.append(f"{key} holds {figures.held}, its live holds {live}")
        on_hand = held = ZERO
        for row in rows:
            on_hand, held = on_hand + row.on_hand_change, held + row.held_change
            if (row.on_hand, row.held) != (on_hand, held):
                faults.append(f"{key} does not add up at version {row.version}")
        if (on_hand, held) != (figures.on_hand, figures.held):
            faults.append(f"{key} is not the sum of its ledger")
    return faults


def _holds(world: PureWorld) -> list[str]:
    faults = []
    ended: dict[tuple[PositionKey, int], int] = {}
    rows = {(row.position, row.version): row for row in world.ledger}
    for key, kept in world.holds.items():
        if kept.state == "live":
            continue
        assert kept.ended_version is not None
        place = (kept.hold.position, kept.ended_version)
        ended[place] = ended.get(place, 0) + 1
        row = rows[place]
        if (row.kind, row.held_change, row.hold_no, row.order) != (
            KINDS[kept.state],
            -(kept.ended_quantity or ZERO),
            key.hold_no,
            key.order,
        ):
            faults.append(f"{key} ended without its ledger row")
    return [
        *faults,
        *(f"two holds ended by one row: {place}" for place, n in ended.items() if n > 1),
    ]


def _orders(world: PureWorld) -> list[str]:
    faults = []
    holds: dict[tuple[Id, Id], list[LiveHold]] = {}
    for kept in world.holds.values():
        if kept.state == "live":
            hold = kept.hold
            holds.setdefault((hold.organisation, hold.key.order), []).append(hold)
    for key, order in world.orders.items():
        live: dict[int, Decimal] = {}
        for hold in holds.get(key, ()):
            live[hold.line_no] = live.get(hold.line_no, ZERO) + hold.quantity
            if hold.expires_at != order.hold_until:
                faults.append(f"{hold.key} has a limit that is not its order's")
        if order.is_past_limit(world.now):
            continue
        for line in order.lines:
            if line.held != live.pop(line.line_no, ZERO):
                faults.append(f"line {line.line_no} of {order.id} does not hold what it says")
            faults += _line(order, line.line_no)
        if live:
            faults.append(f"{order.id} has holds without lines")
    return faults


def _line(order: Order, number: int) -> list[str]:
    line = next(each for each in order.lines if each.line_no == number)
    parts = line.shipped + line.held + line.short + line.cancelled + line.gathered
    if order.status in {"held", "complete"} and line.quantity != parts:
        return [f"line {number} of {order.id} does not add up"]
    if order.status in {"draft", "cancelled"} and (line.held or line.short):
        return [f"line {number} of {order.id} keeps something"]
    if order.status == "waiting" and (line.short or line.quantity < parts):
        return [f"line {number} of {order.id} waits wrongly"]
    return []
