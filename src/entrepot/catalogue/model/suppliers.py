"""Rules of suppliers: whom an organisation buys from."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from entrepot.catalogue import errors
from entrepot.catalogue.model.changes import ACTIVE, DELETED, STATES
from entrepot.catalogue.model.text import NAME_LENGTH_MAX, name_fault
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Fault, Refusal, gather
from entrepot.kernel.text import is_plain

EMAIL_LENGTH_MAX: Final = 254
BACKORDER_THRESHOLDS: Final = (0, 1)

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


class NewSupplier(msgspec.Struct, frozen=True):
    """A supplier to make.

    With `backorders_allowed`, purchases may be planned for negative stock; the threshold, 0 or 1,
    is handed on to whoever plans them.
    """

    name: str
    email: str | None = None
    backorders_allowed: bool = False
    backorder_threshold: int = 0


class SupplierChanges(msgspec.Struct, frozen=True):
    """What to change of a supplier; what is UNSET stays, an e-mail of None is taken away."""

    name: str | UnsetType = UNSET
    email: str | UnsetType | None = UNSET
    backorders_allowed: bool | UnsetType = UNSET
    backorder_threshold: int | UnsetType = UNSET
    state: str | UnsetType = UNSET


class Supplier(msgspec.Struct, frozen=True):
    """Whom an organisation buys from, with its id as on the wire.

    `partnership`, also as on the wire, is the one by which the supplier shares its stock; None for
    a supplier that does not.
    """

    id: str
    name: str
    email: str | None
    backorders_allowed: bool
    backorder_threshold: int
    state: str
    created_at: datetime
    partnership: str | None = None

    @property
    def inner_partnership(self) -> Id | None:
        """The partnership's id as it is inside Entrepot."""
        return None if self.partnership is None else self.partnership.removeprefix(ids.PARTNERSHIP)

    @property
    def inner_id(self) -> Id:
        """The id as it is inside Entrepot."""
        return self.id.removeprefix(ids.SUPPLIER)

    @property
    def name_key(self) -> str:
        """What its name is compared by."""
        return name_key(self.name)


def make_supplier(id_: Id, new: NewSupplier, at: datetime) -> Supplier:
    """Say what a new supplier will be."""
    return Supplier(
        ids.SUPPLIER + id_,
        new.name,
        new.email,
        new.backorders_allowed,
        new.backorder_threshold,
        ACTIVE,
        at,
    )


def partner_names(name: str, slug: str, partnership: Id) -> tuple[str, ...]:
    """What to call a wholesaler among one's suppliers: by its name, or else told apart by more."""
    more = (f" ({slug})", f" ({ids.PARTNERSHIP}{partnership})")
    return name, *[name[: NAME_LENGTH_MAX - len(each)].rstrip() + each for each in more]


def choose_supplier(
    found: Sequence[Supplier], names: Sequence[str], former: Sequence[Id]
) -> Supplier | str:
    """The supplier that a wholesaler is to its new partner already, or the name of one to make.

    That is the one of a `former` partnership of the two, however it is called now, or else one of
    the first of these names, unless it is another wholesaler's.
    """
    for each in found:
        if each.inner_partnership in former:
            return each
    by_key = {each.name_key: each for each in found}
    for name in names[:-1]:
        there = by_key.get(name_key(name))
        if there is None:
            return name
        if there.partnership is None:
            return there
    return names[-1]


def name_key(name: str) -> str:
    """What names are compared by: without capitals, and however accents were typed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def check_supplier(supplier: NewSupplier | Supplier) -> Refusal | None:
    """Name everything that is wrong with a supplier, to make or as it would be changed."""
    return gather(_faults(supplier), errors.PRECEDENCE)


def name_taken(name: str) -> Fault:
    """Say that an organisation has a supplier of this name already."""
    return Fault(
        errors.NAME_TAKEN,
        f"You have a supplier {name} already; choose another name.",
        "name",
        {"name": name},
    )


def supplier_faults(suppliers: dict[str, Id], states: dict[Id, str]) -> Iterator[Fault]:
    """Name the variants whose supplier is none, by the path of their field.

    `suppliers` says which supplier is named at which path, `states` the states of those there are.
    """
    for field, supplier in suppliers.items():
        state = states.get(supplier)
        if state is None:
            yield unknown_supplier(supplier, field)
        elif state == DELETED:
            yield supplier_deleted(supplier, field)


def unknown_supplier(supplier: Id, field: str = "supplier") -> Fault:
    """Say that an organisation has no such supplier; "" stands for an id that is none."""
    return Fault(
        errors.UNKNOWN_SUPPLIER,
        "You have no such supplier. Check its id.",
        field,
        {"supplier": ids.SUPPLIER + supplier} if supplier else {},
    )


def supplier_deleted(supplier: Id, field: str = "supplier") -> Fault:
    """Say that a supplier was deleted."""
    return Fault(
        errors.SUPPLIER_DELETED,
        "This supplier was deleted; name or make another one.",
        field,
        {"supplier": ids.SUPPLIER + supplier},
    )


def _faults(supplier: NewSupplier | Supplier) -> Iterator[Fault]:
    if not is_plain(supplier.name, NAME_LENGTH_MAX):
        yield name_fault(supplier.name, "name")
    email = supplier.email
    if email is not None and not _is_email(email):
        yield Fault(
            errors.EMAIL_NOT_VALID,
            f"An e-mail address looks like orders@example.com and has at most {EMAIL_LENGTH_MAX}"
            " characters.",
            "email",
            {"email": email[:EMAIL_LENGTH_MAX]},
        )
    if supplier.backorder_threshold not in BACKORDER_THRESHOLDS:
        yield Fault(
            errors.BACKORDER_THRESHOLD_NOT_VALID,
            "A backorder threshold is 0 or 1.",
            "backorder_threshold",
            {"backorder_threshold": supplier.backorder_threshold},
        )
    if isinstance(supplier, Supplier) and supplier.state not in STATES:
        yield Fault(
            errors.STATE_NOT_VALID,
            "A supplier is active, deactivated or deleted.",
            "state",
            {"state": supplier.state},
        )


def _is_email(text: str) -> bool:
    return is_plain(text, EMAIL_LENGTH_MAX) and _EMAIL.fullmatch(text) is not None
