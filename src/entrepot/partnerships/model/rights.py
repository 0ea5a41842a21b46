"""Rules of trading rights: who may be given which, and what one opens."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Fault, Refusal, gather
from entrepot.partnerships import errors

KINDS: Final = ("consignment", "session", "marketplace")


class TradingRight(msgspec.Struct, frozen=True):
    """What opens a seller's variants to a buyer; organisations by their wire ids."""

    seller: str
    buyer: str
    kind: str
    state: str
    created_at: datetime


class KnownOrganisation(msgspec.Struct, frozen=True):
    """An organisation that the reader trades with, or itself.

    `sells_to_you` and `buys_from_you` name the kinds of trading right between the two.
    """

    id: str
    slug: str
    name: str
    time_zone: str
    country: str
    currency: str
    sells_to_you: list[str]
    buys_from_you: list[str]


class OpenedVariant(msgspec.Struct, frozen=True):
    """A seller's variant as a buyer sees it: what it is and how it is ordered, no figures."""

    id: str
    seller: str
    sku: str
    name: str
    unit: str
    pricing_model: str
    whole_units: bool
    is_orderable: bool
    order_quantity_min: str
    order_quantity_multiple: str
    state: str


def consignment_faults(kind: str) -> Iterator[Fault]:
    """Say that the rights of partnerships follow these, and are not given or ended by hand."""
    if kind == "consignment":
        yield Fault(
            errors.CONSIGNMENT_BY_INVITATION,
            "A consignment right comes and goes with a partnership. Invite the retailer, or end the"
            " partnership.",
            "kind",
            {"kind": kind},
        )


def check_right(seller: Id, buyer: Id, kind: str) -> Refusal | None:
    """Name everything that is wrong with a trading right to give."""
    faults = [*consignment_faults(kind)]
    if kind not in KINDS:
        faults.append(
            Fault(
                errors.KIND_NOT_VALID,
                "A trading right is of the kind consignment, session or marketplace.",
                "kind",
                {"kind": kind},
            )
        )
    if seller == buyer:
        faults.append(
            Fault(
                errors.RIGHT_WITH_ONESELF,
                "An organisation may order its own variants without a trading right.",
                "buyer",
                {"buyer": ids.ORGANISATION + buyer},
            )
        )
    return gather(faults, errors.PRECEDENCE)
