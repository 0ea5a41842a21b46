"""Session orders and producers' goods as a trader's own platform sees them. Pure.

A variant has two faces: itself, and the case of so many units. A line is of one of them; what is
held of either is held on the one position of the variant.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import ZERO, quantity_text
from entrepot.kernel.refusal import Fact, Fault, Refusal, refuse

# What identity, orders and stock say of the same things, as this is decided without asking them.
UNKNOWN_ORGANISATION: Final = "identity.unknown_organisation"
UNKNOWN_ORDER: Final = "orders.unknown_order"
UNKNOWN_VARIANT: Final = "orders.unknown_variant"
QUANTITY_NOT_WHOLE: Final = "orders.quantity_not_whole"
INSUFFICIENT: Final = "stock.insufficient_available"

PlacedStatus: TypeAlias = Literal["draft", "held", "complete", "cancelled"]


class Producer(NamedTuple):
    """An organisation that a trader may order from, or itself."""

    id: Id
    slug: str
    name: str
    currency: str


class Supplied(NamedTuple):
    """A variant of a producer as traders order it.

    `available` is what is left for anybody, in units (None: no limit); the price is of one unit,
    without VAT. One that is not sold may stand on an order from before.
    """

    variant: Id
    sku: str
    name: str
    unit: str
    units_per_case: int
    unit_price: Decimal | None
    vat_rate: Decimal | None
    is_sold: bool
    available: Decimal | None


class PlacedOrderRow(NamedTuple):
    """A session order as it is stored, with its session's times and its producer."""

    id: Id
    reference: str
    status: PlacedStatus
    fulfilment_status: str
    placed_at: datetime
    is_past: bool
    session: Id
    opens_at: datetime | None
    closes_at: datetime | None
    producer: Id
    slug: str
    currency: str


class PlacedLineRow(NamedTuple):
    """A line of a session order, in units."""

    order: Id
    line_no: int
    variant: Id
    quantity: Decimal
    cancelled: Decimal
    unit_price: Decimal | None
    case_units: Decimal | None
    vat_rate: Decimal | None


class PlacedSession(NamedTuple):
    """A sales session in which a trader ordered, by its times where they are set."""

    id: Id
    opens_at: datetime | None
    closes_at: datetime | None


class Face(NamedTuple):
    """How much is wanted of which face of a variant, counted in that face."""

    variant: Id
    quantity: Decimal
    is_case: bool = False


class PlacedLine(msgspec.Struct, frozen=True):
    """A line of a session order: `quantity` in units, and of how many a case, if by the case."""

    line: int
    variant: Id
    quantity: Decimal
    unit_price: Decimal | None
    vat_rate: Decimal | None
    case_units: Decimal | None

    @property
    def face(self) -> Face:
        """The line counted in its face; what is no whole number of cases is counted loose."""
        if self.case_units is None or self.quantity % self.case_units:
            return Face(self.variant, self.quantity)
        return Face(self.variant, self.quantity / self.case_units, is_case=True)

    @property
    def face_price(self) -> Decimal | None:
        """What one of the face costs, without VAT."""
        if self.unit_price is None or self.case_units is None or not self.face.is_case:
            return self.unit_price
        return self.unit_price * self.case_units


class PlacedOrder(msgspec.Struct, frozen=True):
    """A session order as its trader sees it; past its limit it counts as cancelled."""

    id: Id
    reference: str
    status: PlacedStatus
    fulfilment_status: str
    placed_at: datetime
    session: PlacedSession
    producer: Id
    slug: str
    currency: str
    lines: tuple[PlacedLine, ...]


class NewSessionOrder(msgspec.Struct, frozen=True):
    """What a trader's platform orders in a session that it knows by its times alone.

    As a draft nothing is held; with `is_final` the order is complete at once.
    """

    opens_at: datetime | None
    closes_at: datetime | None
    lines: tuple[Face, ...]
    is_draft: bool = False
    is_final: bool = False


class Amendment(msgspec.Struct, frozen=True):
    """What a session order shall be from now on: all its lines, and its status.

    `is_based`: the lines were worked out from those that stood, so these must stand still.
    """

    lines: tuple[Face, ...]
    status: PlacedStatus
    is_based: bool = False


class WrittenOrder(msgspec.Struct, frozen=True):
    """A session order after an act on it; new ones were opened by it."""

    order: PlacedOrder
    is_new: bool = False
    replayed: bool = False


class WantedUnits(NamedTuple):
    """A face as units of its variant, with the units of its case."""

    variant: Id
    quantity: Decimal
    case_units: Decimal | None


def show_placed(row: PlacedOrderRow, lines: Iterable[PlacedLineRow]) -> PlacedOrder:
    """Show a session order to its trader. What was cancelled of a live one is no part of it."""
    status: PlacedStatus = "cancelled" if row.is_past else row.status
    shown = []
    for each in lines:
        quantity = each.quantity if status == "cancelled" else each.quantity - each.cancelled
        if quantity > ZERO:
            shown.append(
                PlacedLine(
                    each.line_no,
                    each.variant,
                    quantity,
                    each.unit_price,
                    each.vat_rate,
                    each.case_units,
                )
            )
    return PlacedOrder(
        row.id,
        row.reference,
        status,
        "cancelled" if row.is_past else row.fulfilment_status,
        row.placed_at,
        PlacedSession(row.session, row.opens_at, row.closes_at),
        row.producer,
        row.slug,
        row.currency,
        tuple(shown),
    )


def show_all_placed(
    rows: Iterable[PlacedOrderRow], lines: Iterable[PlacedLineRow]
) -> list[PlacedOrder]:
    """Show session orders with the lines of all of them."""
    by_order: dict[Id, list[PlacedLineRow]] = {}
    for line in lines:
        by_order.setdefault(line.order, []).append(line)
    return [show_placed(row, by_order.get(row.id, ())) for row in rows]


def unknown_producer(slug: str) -> Refusal:
    """Refuse an organisation that is not there, or that lets the caller order nothing."""
    return refuse(
        UNKNOWN_ORGANISATION,
        "There is no such organisation for you to order from. Check its short name.",
        facts={"slug": slug},
    )


def unknown_order(order: Id) -> Refusal:
    """Answer for an order that is not there, and for one of somebody else."""
    return refuse(
        UNKNOWN_ORDER,
        "There is no such order. Check its id.",
        facts={"order": ids.ORDER + order} if order else {},
    )


def count_units(
    lines: Sequence[Face], supplied: Mapping[Id, Supplied], standing: Iterable[PlacedLine] = ()
) -> tuple[tuple[WantedUnits, ...], list[Fault]]:
    """Count faces in units of their variants; name what has no such face.

    A line of cases that stands and does not grow keeps the size of its cases, though new ones may
    be of another by now.
    """
    agreed = {line.variant: line for line in standing if line.case_units is not None}
    wanted, faults = [], []
    for number, face in enumerate(lines):
        if not face.is_case:
            wanted.append(WantedUnits(face.variant, face.quantity, None))
            continue
        field = f"lines[{number}]"
        size = _case_size(face, supplied.get(face.variant), agreed.get(face.variant))
        if size is None:
            faults.append(
                Fault(
                    UNKNOWN_VARIANT,
                    "This producer sells no cases of this variant. Order the variant itself.",
                    f"{field}.variant",
                    {"variant": ids.VARIANT + face.variant} if face.variant else {},
                )
            )
            continue
        if face.quantity % 1:
            faults.append(
                Fault(
                    QUANTITY_NOT_WHOLE,
                    "Cases are ordered whole.",
                    f"{field}.quantity",
                    {"quantity": quantity_text(face.quantity)},
                )
            )
            continue
        wanted.append(WantedUnits(face.variant, face.quantity * size, size))
    return tuple(wanted), faults


def _case_size(face: Face, known: Supplied | None, stands: PlacedLine | None) -> Decimal | None:
    """How many units a case has that is ordered; None where a variant is sold by no case."""
    size = None
    if known is not None and known.units_per_case > 1:
        size = Decimal(known.units_per_case)
    if stands is None or stands.case_units is None:
        return size
    keeps = size is None or face.quantity * stands.case_units <= stands.quantity
    return stands.case_units if keeps else size


def by_the_face(refusal: Refusal, wanted: Sequence[WantedUnits]) -> Refusal:
    """Let shortages of cases be told in cases, as they were ordered."""
    sizes = {
        f"lines[{number}].quantity": line.case_units
        for number, line in enumerate(wanted)
        if line.case_units is not None
    }
    return Refusal(tuple([_by_the_face(fault, sizes) for fault in refusal.faults]))


def _by_the_face(fault: Fault, sizes: Mapping[str, Decimal]) -> Fault:
    size = sizes.get(fault.field or "")
    if size is None or fault.code != INSUFFICIENT:
        return fault
    asked = Decimal(str(fault.facts["quantity"])) / size
    left = (Decimal(str(fault.facts["available"])) / size).to_integral_value(ROUND_FLOOR)
    facts: dict[str, Fact] = {
        **fault.facts,
        "quantity": quantity_text(asked),
        "available": quantity_text(left),
        "case_units": quantity_text(size),
    }
    sku = fault.facts["sku"]
    message = f"You asked for {quantity_text(asked)} cases of {sku}; {quantity_text(left)} is left."
    return Fault(fault.code, message, fault.field, facts)
