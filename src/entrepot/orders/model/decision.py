"""What deciding an act gives back to the batch: what to write, and what to answer."""

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.demand import Demand, HoldKey, Outcome
from entrepot.kernel.ids import Id
from entrepot.orders.model.fulfilment import Refund, Shipment
from entrepot.orders.model.record import Order

Ask: TypeAlias = Callable[[Demand], Outcome]
"""Asks the stock ledger to decide a demand; an accepted one is posted to the batch's book."""


class Notice(msgspec.Struct, frozen=True):
    """Something a person of an organisation should act on."""

    organisation: Id
    kind: str
    subject: str
    facts: dict[str, str]


class Decision(msgspec.Struct):
    """An act that happens.

    `placed` are new orders, `changed` existing ones as they are now; `answer` goes to the caller
    and, byte for byte, into the audit. `lifted` are holds whose limit was lifted or moved with
    their order's. `shipments` are new; `refunds` are requests as they are now. `prefix` says what
    the subject is. The act is `told` others too, each in words of its own.
    """

    act: str
    subject: str
    answer: msgspec.Struct
    placed: tuple[Order, ...] = ()
    changed: tuple[Order, ...] = ()
    lifted: tuple[HoldKey, ...] = ()
    notices: tuple[Notice, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    prefix: str = ids.ORDER
    told: tuple[tuple[Id, "Decision"], ...] = ()


class Happened(msgspec.Struct, frozen=True):
    """A decision with the organisation it is booked under and its act id."""

    organisation: Id
    act: Id
    decision: Decision


class Postponed(msgspec.Struct, frozen=True):
    """The facts locked do not suffice (something moved in between): decide in the next batch."""

    why: str
