"""What Home shows of partnerships: what there is to begin with, and what stands still."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id

EXPIRING_SOON: Final = timedelta(days=3)
"""How long before it expires an open invitation is told of."""
EXPIRING_COUNTED_MAX: Final = 100
"""How many of these are counted, at most."""
STILL_MAX: Final = 10
"""Partnerships that stand still and are named, at most."""


class BeginningsRow(NamedTuple):
    """What an organisation has to begin with, and its open invitations that expire soon."""

    has_products: bool
    has_partners: bool
    has_invitations: bool
    expiring: int
    first_note: str | None
    first_expires_at: datetime | None


class StillRow(NamedTuple):
    """A partnership that is paused or ending, as one side sees it."""

    id: Id
    is_wholesaler: bool
    partner_name: str
    state: str
    paused_by_you: bool


class StillPartnership(msgspec.Struct, frozen=True):
    """A partnership in which nothing passes now: `state` is paused or ending."""

    id: str
    is_wholesaler: bool
    partner_name: str
    state: str
    paused_by_you: bool


class PartnershipsGlance(msgspec.Struct, frozen=True):
    """What an organisation has to begin with, and what of its partnerships needs a person.

    `expiring` counts open invitations that expire within three days, up to a hundred; `first_note`
    and `first_expires_at` are the first one's. `still` are at most ten.
    """

    has_products: bool
    has_partners: bool
    has_invitations: bool
    expiring: int
    first_note: str | None
    first_expires_at: datetime | None
    still: tuple[StillPartnership, ...]


def show_glance(beginnings: BeginningsRow, still: Sequence[StillRow]) -> PartnershipsGlance:
    """What needs a person, as it is shown."""
    shown = [StillPartnership(ids.PARTNERSHIP + row.id, *row[1:]) for row in still]
    return PartnershipsGlance(*beginnings, tuple(shown))
