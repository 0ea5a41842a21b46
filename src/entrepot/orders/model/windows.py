"""Orders in sales sessions: what a session lets a customer order, and how much of it is left.

A session's limit is on what its customers hold together, over one pool of the producer's stock
(source text wholesale-order-processing; reference dfc.md, "several items/offers for one product").
"""

from collections.abc import Iterable
from decimal import Decimal

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import QUANTITY_MAX, ZERO
from entrepot.kernel.refusal import Fact, Fault
from entrepot.orders import errors
from entrepot.orders.model.checks import opens
from entrepot.orders.model.commands import WantedLine
from entrepot.orders.model.facts import Facts, Window
from entrepot.orders.model.record import Order


def window_of(facts: Facts, order: Order) -> Window | None:
    """The sales session of a customer's order; None for all other orders."""
    if order.window is None or order.producer is not None:
        return None
    return facts.windows[order.organisation, order.window]


def check_window(
    facts: Facts, organisation: Id, name: Id, lines: Iterable[WantedLine]
) -> list[Fault]:
    """Whether a customer may order these lines in a session now; another's answers as none."""
    window = facts.windows.get((organisation, name))
    if window is None or window.is_remote:
        return [_unknown(name)]
    assert window.opens_at is not None, "a session of one's own has both its times"
    assert window.closes_at is not None, "a session of one's own has both its times"
    if window.state != "open" or not window.opens_at <= facts.now < window.closes_at:
        return [
            Fault(
                errors.SALES_SESSION_NOT_OPEN,
                "This sales session is not open now; order in one that is.",
                "sales_session",
                {
                    "sales_session": ids.SALES_SESSION + name,
                    "state": window.state,
                    "opens_at": window.opens_at.isoformat(),
                    "closes_at": window.closes_at.isoformat(),
                },
            )
        ]
    return check_products(facts, organisation, window, lines)


def check_remote_window(facts: Facts, organisation: Id, name: Id) -> Fault | None:
    """Whether a remote trader may order in its session now: until its holds end with it."""
    window = facts.windows.get((organisation, name))
    if window is None or not window.is_remote:
        return _unknown(name)
    assert window.hold_until is not None, "a remote session says how long its orders hold"
    if facts.now < window.hold_until:
        return None
    return Fault(
        errors.SALES_SESSION_NOT_OPEN,
        "This sales session is past its end, and what was held in it was let go.",
        "sales_session",
        {
            "sales_session": ids.SALES_SESSION + name,
            "hold_until": window.hold_until.isoformat(),
        },
    )


def _unknown(name: Id) -> Fault:
    return Fault(
        errors.UNKNOWN_SALES_SESSION,
        "There is no such sales session. Check its id.",
        "sales_session",
        {"sales_session": ids.SALES_SESSION + name},
    )


def check_products(
    facts: Facts, organisation: Id, window: Window, lines: Iterable[WantedLine]
) -> list[Fault]:
    """Name each line whose product the session does not sell; what no right opens is unknown."""
    faults = []
    for number, line in enumerate(lines):
        variant = facts.variants.get(line.variant)
        if variant is None or line.variant in window.products:
            continue
        if opens(facts, organisation, "session", variant):
            known: dict[str, Fact] = {"variant": ids.VARIANT + variant.id, "sku": variant.sku}
            faults.append(
                Fault(
                    errors.NOT_IN_SALES_SESSION,
                    f"{variant.sku} is not sold in this sales session.",
                    f"lines[{number}].variant",
                    known,
                )
            )
    return faults


def may_return(window: Window, order: Order) -> bool:
    """Whether an order that was let go may come back: its session is open and sells all of it."""
    return window.state == "open" and all(line.variant in window.products for line in order.lines)


def left_in_window(facts: Facts, order: Order, *, gives_back: bool) -> dict[Id, Decimal]:
    """How many units its session leaves a customer's order of each of its variants.

    What the order holds itself counts as left where the same demand `gives_back` all of it. Without
    a limit a session's customers may hold together what can be written of one line.
    """
    window = window_of(facts, order)
    if window is None:
        return {}
    own = facts.counted.get((order.organisation, order.id), {}) if gives_back else {}
    left: dict[Id, Decimal] = {}
    for variant in {line.variant for line in order.lines}:
        product = window.products.get(variant)
        if product is not None:
            most = QUANTITY_MAX if product.quantity_max is None else product.quantity_max
            left[variant] = max(most - product.held + own.get(variant, ZERO), ZERO)
    return left


def count_held(facts: Facts, order: Order) -> None:
    """Let what a session's products hold follow a customer's order as it stands now."""
    window = window_of(facts, order)
    if window is None:
        return
    key = (order.organisation, order.id)
    before = facts.counted.get(key, {})
    now: dict[Id, Decimal] = {}
    for line in order.lines:
        if line.held:
            now[line.variant] = now.get(line.variant, ZERO) + line.held
    for variant in before.keys() | now.keys():
        product = window.products.get(variant)
        if product is not None:
            product.held += now.get(variant, ZERO) - before.get(variant, ZERO)
    facts.counted[key] = now


def begin_counting(facts: Facts) -> None:
    """Note what the orders of the batch hold already, which its windows' products count.

    Live holds tell: the lines of an order past its limit still say what they held, until the sweep.
    """
    for key, order in facts.orders.items():
        if order.window is not None and order.producer is None:
            held: dict[Id, Decimal] = {}
            for hold in order.holds:
                variant = hold.position.variant
                held[variant] = held.get(variant, ZERO) + hold.quantity
            facts.counted[key] = held
