"""Send a command through the intake."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgspec

from entrepot.identity import check_scope
from entrepot.infra.intake import Intake
from entrepot.infra.pool import Pool
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders.actions.decide_batch import Answer
from entrepot.orders.model import (
    ActOnInvoice,
    AdjustStock,
    Command,
    CountStock,
    GatherOrders,
    HouseKeeping,
    PlaceOrder,
    ReceiveStock,
    Submission,
    check_reference,
)

_ENCODER: Final = msgspec.msgpack.Encoder()
_ON_STOCK: Final = (ReceiveStock, AdjustStock, CountStock)


class Desk(NamedTuple):
    """Where commands are handed in: the process's intake, a source of ids, and the pool to read."""

    intake: Intake[Submission, Answer]
    new_id: Callable[[], Id]
    pool: Pool


class Handed(NamedTuple):
    """A command handed in, under the caller's key, with the request it came by.

    `content` is what is hashed to recognise the same request; None means the command itself.
    `default_key` serves when the caller gave no key.
    """

    command: Command
    key: str
    request: str | None = None
    content: object = None
    default_key: str = ""


async def submit(desk: Desk, caller: Caller, handed: Handed) -> Answer:
    """Check the caller's scope, queue the command and wait for the batch that decides it.

    Raises `IntakeFullError` when too much has queued, and what `decide_batch` raises.
    """
    refusal = _check(caller, handed.command)
    if refusal is not None:
        return refusal
    return await desk.intake.submit(_submission(desk, caller, handed))


async def submit_all(
    desk: Desk, caller: Caller, handed: Sequence[Handed]
) -> list[Answer | BaseException]:
    """Hand in many commands of one caller; each gets its own answer, in order."""
    for each in handed:
        refusal = _check(caller, each.command)
        if refusal is not None:
            return [refusal for _ in handed]
    return await desk.intake.submit_all([_submission(desk, caller, each) for each in handed])


async def house_keeping(
    desk: Desk, command: HouseKeeping | GatherOrders, organisation: Id | None = None
) -> Answer:
    """Hand in Entrepot's own house-keeping; it has no caller and needs no key.

    What is done for one `organisation` is booked under it.
    """
    booked = organisation or desk.new_id()
    return await desk.intake.submit(Submission(command, booked, desk.new_id(), "", b""))


def _check(caller: Caller, command: Command) -> Refusal | None:
    """Each kind of act needs its own scope; a NUL would break the batch that it is in."""
    if isinstance(command, PlaceOrder) and "\0" in command.reference:
        fault = check_reference(command.reference)
        assert fault is not None, "no reference holds a NUL"
        return Refusal((fault,))
    if isinstance(command, ActOnInvoice):
        return check_scope(caller, Scope.MARKETPLACE_WRITE)
    if isinstance(command, PlaceOrder) and command.market is not None:
        return check_scope(caller, Scope.MARKETPLACE_WRITE)
    on_stock = isinstance(command, _ON_STOCK)
    return check_scope(caller, Scope.STOCK_WRITE if on_stock else Scope.ORDERS_WRITE)


def _submission(desk: Desk, caller: Caller, handed: Handed) -> Submission:
    """Give a command its act id and the hash by which a second sending is recognised."""
    content = handed.command if handed.content is None else handed.content
    digest = hashlib.sha256(_ENCODER.encode((type(handed.command).__name__, content))).digest()
    # Callers' keys are kept apart from our own defaults by their first character.
    key = "=" + handed.key if handed.key else handed.default_key
    assert key, "every write carries a key"
    return Submission(
        handed.command,
        caller.organisation,
        desk.new_id(),
        key,
        digest,
        caller.token,
        handed.request,
    )
