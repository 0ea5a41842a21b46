"""What can be promised, and what that number is made of (design 6.1).

`available to promise = own available + what each partner offers`. Partners are shown the agreed
number and no more: a retailer sees what is offered to it and its cap, never a pool, a buffer or
what is on hand; a wholesaler sees what it shows, never whom else the retailer buys from.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import quantity_text


class AvailabilityRow(NamedTuple):
    """A variant's own figures by location, and its partners' offers, each a column of arrays."""

    variant: Id
    sku: str
    is_orderable: bool
    unlimited: bool
    own: Decimal
    locations: Sequence[Id]
    codes: Sequence[str]
    availables: Sequence[Decimal]
    offered: Decimal
    is_boundless: bool
    matches: Sequence[Id]
    partnerships: Sequence[Id]
    partners: Sequence[Id]
    partner_names: Sequence[str]
    ranks: Sequence[int]
    factors: Sequence[int]
    caps: Sequence[Decimal | None]
    offers: Sequence[Decimal | None]


class ShownRow(NamedTuple):
    """What one partner is shown of a variant; `pool` and `offered` None mean unlimited."""

    match: Id
    partnership: Id
    retailer: Id
    partner_name: str
    sharing_policy: str
    factor: int
    allocation_left: Decimal
    pool: Decimal | None
    buffer: Decimal
    cap: Decimal | None
    offered: Decimal | None


class OfferedRow(NamedTuple):
    """What an active match opens to the retailer, in its units; None means unlimited."""

    match: Id
    wholesaler_variant: Id
    variant: Id
    factor: int
    offered: Decimal | None


class OfferedNow(msgspec.Struct, frozen=True):
    """What an active match opens to the retailer now, in the retailer's units; None is unlimited.

    Each of them is `factor` units of `wholesaler_variant`. A match that is not active has none.
    """

    match: str
    wholesaler_variant: str
    variant: str
    factor: int
    offered: str | None


class AvailableAt(msgspec.Struct, frozen=True):
    """What is available of one's own at a location that orders ship from; None is unlimited."""

    location: str
    code: str
    available: str | None


class Offer(msgspec.Struct, frozen=True):
    """What one partner offers, in one's own units; None is unlimited.

    `factor` units of the partner's make one of one's own. Partners are drawn on by rank. `cap` is
    the most that this partner ever shows.
    """

    match: str
    partnership: str
    partner: str
    partner_name: str
    rank: int
    factor: int
    cap: str | None
    offered: str | None


class Availability(msgspec.Struct, frozen=True):
    """What can be promised of a variant: what is one's own, and what partners offer.

    `available_to_promise` is their sum, None where it is unlimited, and nothing of a variant that
    cannot be ordered (`orderable`). What partners offer may be taken by others first: only an order
    takes it.
    """

    variant: str
    sku: str
    orderable: bool
    available_to_promise: str | None
    own: str | None
    offered: str | None
    locations: tuple[AvailableAt, ...]
    partners: tuple[Offer, ...]

    @property
    def inner_id(self) -> Id:
        """The variant's id as it is inside Entrepot."""
        return self.variant.removeprefix(ids.VARIANT)


class ShownToPartner(msgspec.Struct, frozen=True):
    """What a partner is shown of one's variant, and what that is made of, in one's own units.

    `shown` and `cap` are in the partner's units, of which each is `factor` of one's own. The pool
    is what the sharing policy opens; the buffer stays back from it. None is unlimited. Of a pool
    that is free for all, every partner is shown the same units: only one can have them.
    """

    match: str
    partnership: str
    partner: str
    partner_name: str
    sharing_policy: str
    allocated: str
    pool: str | None
    buffer: str
    factor: int
    cap: str | None
    shown: str | None

    @property
    def key(self) -> tuple[Id, Id]:
        """Its place in the list."""
        return self.partner.removeprefix(ids.ORGANISATION), self.match.removeprefix(
            ids.PRODUCT_MATCH
        )


def show_availability(row: AvailabilityRow) -> Availability:
    """Show what can be promised of a variant to its owner."""
    promised: str | None = "0"
    if row.is_orderable:
        boundless = row.unlimited or row.is_boundless
        promised = None if boundless else quantity_text(row.own + row.offered)
    return Availability(
        ids.VARIANT + row.variant,
        row.sku,
        row.is_orderable,
        promised,
        None if row.unlimited else quantity_text(row.own),
        None if row.is_boundless else quantity_text(row.offered),
        tuple(
            [
                AvailableAt(
                    ids.LOCATION + location,
                    code,
                    None if row.unlimited else quantity_text(available),
                )
                for location, code, available in zip(
                    row.locations, row.codes, row.availables, strict=True
                )
            ]
        ),
        tuple(
            [
                Offer(
                    ids.PRODUCT_MATCH + match,
                    ids.PARTNERSHIP + partnership,
                    ids.ORGANISATION + partner,
                    name,
                    rank,
                    factor,
                    _text(cap),
                    _text(offered),
                )
                for match, partnership, partner, name, rank, factor, cap, offered in zip(
                    row.matches,
                    row.partnerships,
                    row.partners,
                    row.partner_names,
                    row.ranks,
                    row.factors,
                    row.caps,
                    row.offers,
                    strict=True,
                )
            ]
        ),
    )


def show_shown(row: ShownRow) -> ShownToPartner:
    """Show the wholesaler what it shows to a partner."""
    return ShownToPartner(
        ids.PRODUCT_MATCH + row.match,
        ids.PARTNERSHIP + row.partnership,
        ids.ORGANISATION + row.retailer,
        row.partner_name,
        row.sharing_policy,
        quantity_text(row.allocation_left),
        _text(row.pool),
        quantity_text(row.buffer),
        row.factor,
        _text(row.cap),
        _text(row.offered),
    )


def show_offered(row: OfferedRow) -> OfferedNow:
    """Show what a match opens to either of its sides: it is the number that both agreed on."""
    return OfferedNow(
        ids.PRODUCT_MATCH + row.match,
        ids.VARIANT + row.wholesaler_variant,
        ids.VARIANT + row.variant,
        row.factor,
        _text(row.offered),
    )


def _text(quantity: Decimal | None) -> str | None:
    return None if quantity is None else quantity_text(quantity)
