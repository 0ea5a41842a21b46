"""Ids: 32 hex digits of a UUIDv7 inside, a short prefix and those digits on the wire.

An id is plain text inside Entrepot: its order as text is its order in PostgreSQL, it hashes fast
and needs no conversion on the way to JSON. New ids come from an `IdSource`, never from here.
"""

from typing import Final, Protocol, TypeAlias

Id: TypeAlias = str
"""32 lower-case hex digits."""

ORGANISATION: Final = "org_"
TOKEN: Final = "tok_"
PRODUCT: Final = "prd_"
VARIANT: Final = "var_"
LOCATION: Final = "loc_"
ORDER: Final = "ord_"
ACT: Final = "act_"
NOTICE: Final = "ntc_"
SUPPLIER: Final = "sup_"
PERSON: Final = "psn_"
SESSION: Final = "ses_"
COLLEAGUE_INVITATION: Final = "cin_"
PARTNERSHIP: Final = "pts_"
PARTNERSHIP_INVITATION: Final = "pin_"
PRODUCT_MATCH: Final = "mch_"
ALLOCATION: Final = "alc_"
TRANSFER: Final = "trf_"
SETTLEMENT: Final = "stl_"
WEBHOOK: Final = "whk_"
SALES_SESSION: Final = "sal_"
INVOICE: Final = "inv_"
SHIPMENT: Final = "shp_"
REFUND_REQUEST: Final = "rfr_"

_DIGITS: Final = frozenset("0123456789abcdef")


class IdSource(Protocol):
    """Makes ids that rise with time; handed in from the edge so that tests can choose them."""

    def __call__(self) -> Id:
        """Return a new id."""


def to_wire(prefix: str, identifier: Id) -> str:
    """Write an id with the prefix that says what it is."""
    return prefix + identifier


def from_wire(prefix: str, text: str) -> Id | None:
    """Read an id off the wire; None when it is not one of this kind."""
    digits = text[len(prefix) :]
    if text.startswith(prefix) and len(digits) == 32 and _DIGITS.issuperset(digits):  # noqa: PLR2004 - an id has 32 digits
        return digits
    return None
