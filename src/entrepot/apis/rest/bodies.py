"""What callers send: one type a body, and how each becomes a command.

Shapes are checked here, unknown fields refused; whether a quantity, a reference or a variant is a
good one is for the areas to say.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Final, TypeAlias

import msgspec

from entrepot.apis.rest import errors
from entrepot.apis.rest.wire import WireInt
from entrepot.infra.reading import Database
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import LOWEST
from entrepot.kernel.refusal import Fault, Refusal, RefusedError, refuse
from entrepot.orders import LineQuantity, OrderKind, PlaceOrder, Policy, WantedLine
from entrepot.partnerships import resolve_skus

Text: TypeAlias = Annotated[str, msgspec.Meta(max_length=200)]
Moment: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]

_QUIET: Final = Decimal("NaN")


class OrderLineBody(msgspec.Struct, forbid_unknown_fields=True):
    """A line to order: the variant by `variant`, or by `sku` and `seller` (id or slug)."""

    quantity: Decimal
    variant: Text | None = None
    sku: Text | None = None
    seller: Text | None = None
    unit_price: Decimal | None = None


class OrderBody(msgspec.Struct, forbid_unknown_fields=True):
    """An order to place, or to save with `draft`.

    `policy` says what happens when stock is short; without it, own orders wait until they can be
    shipped whole (`ship_complete`) and others are refused (`refuse_short`). With a `sales_session`
    it is a customer's order in it, so its kind is `session`.
    """

    reference: Text
    lines: list[OrderLineBody]
    kind: OrderKind = "own"
    policy: Policy | None = None
    paid: bool = False
    draft: bool = False
    hold_minutes: WireInt = 30
    priority: WireInt = 0
    sales_session: Text | None = None


class BulkOrderBody(OrderBody, forbid_unknown_fields=True):
    """One of many orders; `key` is its own idempotency key, its reference serves without one."""

    key: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] | None = None


class BulkBody(msgspec.Struct, forbid_unknown_fields=True):
    """Orders to place in one request, each on its own."""

    orders: list[BulkOrderBody]


class PlaceDraftBody(msgspec.Struct, forbid_unknown_fields=True):
    """How to place a draft."""

    paid: bool = False
    hold_minutes: WireInt = 30


class ChangeOrderBody(msgspec.Struct, forbid_unknown_fields=True):
    """All lines that the order shall have."""

    lines: list[OrderLineBody]


class PaymentBody(msgspec.Struct, forbid_unknown_fields=True):
    """How the payment ended."""

    succeeded: bool


class LineQuantityBody(msgspec.Struct, forbid_unknown_fields=True):
    """A part of an order line, by the line's number."""

    line: WireInt
    quantity: Decimal


class CancelBody(msgspec.Struct, forbid_unknown_fields=True):
    """What to cancel: all that was not shipped, or these quantities."""

    lines: list[LineQuantityBody] | None = None


class ShipmentBody(msgspec.Struct, forbid_unknown_fields=True):
    """What leaves: all that is held, or these quantities."""

    lines: list[LineQuantityBody] | None = None


class ReturnBody(msgspec.Struct, forbid_unknown_fields=True):
    """What comes back, to where it was shipped from or to `location`."""

    lines: list[LineQuantityBody]
    location: Text | None = None


class PriorityBody(msgspec.Struct, forbid_unknown_fields=True):
    """The place in the queue: 0 is usual, 99 is served first."""

    priority: WireInt


class StockLineBody(msgspec.Struct, forbid_unknown_fields=True):
    """Units of one's own variant, at a location (without one: the first that orders ship from)."""

    quantity: Decimal
    variant: Text | None = None
    sku: Text | None = None
    location: Text | None = None


class ReceiptBody(msgspec.Struct, forbid_unknown_fields=True):
    """Goods that arrived."""

    lines: list[StockLineBody]
    reason: Text = ""


class AdjustmentBody(msgspec.Struct, forbid_unknown_fields=True):
    """Differences to correct by, up or down."""

    lines: list[StockLineBody]
    reason: Text = ""


class CountBody(msgspec.Struct, forbid_unknown_fields=True):
    """A counted figure, and the version of the position when it was counted."""

    on_hand: Decimal
    expected_version: WireInt
    variant: Text | None = None
    sku: Text | None = None
    location: Text | None = None
    reason: Text = ""


class FixedPriceBody(msgspec.Struct, forbid_unknown_fields=True):
    """A fixed price of one's own variant, ex VAT; `null` lets the percentage decide again.

    It holds from `valid_from` on; without it, from now.
    """

    unit_price: Decimal | None
    variant: Text | None = None
    sku: Text | None = None
    valid_from: Moment | None = None


class SessionProductBody(msgspec.Struct, forbid_unknown_fields=True):
    """A product to sell in a sales session: by `variant`, or by `sku` and `seller`, its producer.

    `quantity_max` bounds what its customers order together, `null` does not. `unit_price` is what a
    customer pays, ex VAT; without it, what the producer asks of its own customers.
    """

    variant: Text | None = None
    sku: Text | None = None
    seller: Text | None = None
    quantity_max: Decimal | None = None
    unit_price: Decimal | None = None


AnyLine: TypeAlias = OrderLineBody | StockLineBody | CountBody | FixedPriceBody | SessionProductBody


def check_kind(body: OrderBody) -> Refusal | None:
    """Whether an order is one that is placed by itself: a marketplace's is placed with invoices."""
    if body.kind != "marketplace" or body.sales_session is not None:
        return None
    return refuse(
        "orders.needs_invoices",
        "An order over many sellers has an invoice for each of them: place it as a marketplace"
        " order.",
        field="kind",
    )


def place_command(body: OrderBody, variants: Sequence[Id] | None, order: Id) -> PlaceOrder:
    """Make the command of an order. `variants` are its lines', where some are named by sku."""
    lines = body.lines
    if variants is None:
        variants = [variant_id(line.variant or "") for line in lines]
    kind, policy, window = body.kind, body.policy, None
    if body.sales_session is not None:
        kind = "session"
        # What is no id is nobody's session, like the lowest id.
        window = ids.from_wire(ids.SALES_SESSION, body.sales_session) or LOWEST
    if policy is None:
        policy = "ship_complete" if kind == "own" else "refuse_short"
    return PlaceOrder(
        order,
        body.reference,
        kind,
        policy,
        tuple(
            [
                WantedLine(variant, quiet(line.quantity), line.unit_price)
                for variant, line in zip(variants, lines, strict=True)
            ]
        ),
        body.paid,
        body.draft,
        body.hold_minutes,
        body.priority,
        window,
    )


def wanted_lines(lines: Sequence[OrderLineBody], variants: Sequence[Id]) -> tuple[WantedLine, ...]:
    """Make the lines of a change."""
    return tuple(
        [
            WantedLine(variant, quiet(line.quantity), line.unit_price)
            for variant, line in zip(variants, lines, strict=True)
        ]
    )


def parts(lines: Sequence[LineQuantityBody]) -> tuple[LineQuantity, ...]:
    """Make the parts of order lines."""
    return tuple([LineQuantity(line.line, quiet(line.quantity)) for line in lines])


def all_by_id(lines: Sequence[AnyLine]) -> bool:
    """Whether every line names its variant by id and nothing else, which needs no look-up."""
    for line in lines:
        if line.variant is None or line.sku is not None:
            return False
        if getattr(line, "seller", None) is not None:
            return False
    return True


async def resolve(
    database: Database, caller: Caller, lines: Sequence[AnyLine], path: str = "lines"
) -> list[Id]:
    """The variants that lines name, "" where none is opened. Refuses badly named ones.

    `path` is where the lines are in the body; "" for a body that is itself the line.
    """
    refusal = check_naming(lines, path)
    if refusal is not None:
        raise RefusedError(refusal)
    return await look_up(database, caller, lines)


def check_naming(lines: Sequence[AnyLine], path: str = "lines") -> Refusal | None:
    """Whether each line names its variant in one way and no other."""
    faults = [
        fault
        for number, line in enumerate(lines)
        for fault in _naming_faults(line, f"{path}[{number}]." if path else "")
    ]
    return Refusal(tuple(faults)) if faults else None


async def look_up(database: Database, caller: Caller, lines: Sequence[AnyLine]) -> list[Id]:
    """The variants that well-named lines name, "" where none is opened, in one query at most."""
    named = {(getattr(line, "seller", None), line.sku) for line in lines if line.sku is not None}
    unique = sorted(
        (each for each in named if "\0" not in f"{each[0]}{each[1]}"),
        key=lambda each: (each[0] or "", each[1]),
    )
    found: dict[tuple[str | None, str], Id | None] = {}
    if unique:
        found = dict(zip(unique, await resolve_skus(database, caller, unique), strict=True))
    return [
        variant_id(line.variant or "")
        if line.sku is None
        else found.get((getattr(line, "seller", None), line.sku)) or ""
        for line in lines
    ]


def as_named(refusal: Refusal, lines: Sequence[AnyLine], path: str = "lines") -> Refusal:
    """Tell the caller of unknown variants by the sku that it sent, and nothing but that."""
    faults = []
    for fault in refusal.faults:
        named = fault
        if fault.code == "orders.unknown_variant" and fault.field is not None:
            for number, line in enumerate(lines):
                before = f"{path}[{number}]." if path else ""
                if line.sku is not None and fault.field == f"{before}variant":
                    named = Fault(fault.code, fault.message, f"{before}sku", {"sku": line.sku})
                    break
        faults.append(named)
    return Refusal(tuple(faults))


def variant_id(text: str) -> Id:
    """Read a variant's wire id; "" when it is none."""
    return ids.from_wire(ids.VARIANT, text) or ""


def location_id(text: str | None, field: str) -> Id | None:
    """Read a location's wire id. Refuses what is none."""
    if text is None:
        return None
    location = ids.from_wire(ids.LOCATION, text)
    if location is None:
        raise RefusedError(
            Refusal(
                (
                    Fault(
                        errors.FIELD_NOT_VALID,
                        f"{field} must be the id of a location, such as loc_...",
                        field,
                    ),
                )
            )
        )
    return location


def quiet(quantity: Decimal) -> Decimal:
    """Make a signalling not-a-number a quiet one, which can be compared and refused."""
    return _QUIET if quantity.is_snan() else quantity


def moment(given: datetime, field: str) -> datetime:
    """A moment in UTC. Refuses what no calendar has there."""
    try:
        return given.astimezone(UTC)
    except OverflowError as error:
        says = f"{field} is out of all bounds."
        raise RefusedError(refuse(errors.FIELD_NOT_VALID, says, field=field)) from error


def _naming_faults(line: AnyLine, before: str) -> Iterator[Fault]:
    if line.variant is None and line.sku is None:
        yield Fault(
            errors.FIELD_MISSING, "Name the variant by its id or its sku.", f"{before}variant"
        )
    if line.variant is not None and (
        line.sku is not None or getattr(line, "seller", None) is not None
    ):
        yield Fault(
            errors.FIELD_NOT_VALID,
            "Name the variant by its id or by its sku (and seller), not both.",
            f"{before}variant",
        )
    elif line.sku is None and getattr(line, "seller", None) is not None:
        yield Fault(errors.FIELD_MISSING, "A seller goes with a sku.", f"{before}sku")
