"""Rules of partnerships: what two organisations agree on, and the states their partnership goes by.

States: active, paused (by either side or both), ending, ended; design 6.6 and the fulfilment
reference, section 11.
"""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import QUANTITY_MAX, is_too_precise, quantity_text
from entrepot.kernel.refusal import Fault, Refusal, gather, refuse
from entrepot.kernel.weeks import week_label
from entrepot.partnerships import errors

Role: TypeAlias = Literal["wholesaler", "retailer"]
"""Which of the two sides an organisation is on."""

SHARING_POLICIES: Final = ("all_stock", "allocated_only")
ON_CANCEL: Final = ("reverse", "keep")
TERMS_LENGTH_MAX: Final = 10_000
PERCENTAGE_MAX: Final = Decimal(999)
PERCENTAGE_PLACES: Final = 4

RIGHT_STATES: Final = {"active": "active", "paused": "paused", "ending": "paused", "ended": "ended"}
"""What a partnership's state makes of the consignment right of its two."""


class Agreement(msgspec.Struct, frozen=True):
    """What a wholesaler offers a retailer, and may change later.

    `buffer` is kept back, in the wholesaler's units, and told to nobody else; `cap` is the most
    that is offered, in the retailer's units, None for no such limit. The percentage is of the
    wholesale price, where no fixed price is agreed. `on_cancel_open_week` and `on_cancel_later` say
    whether goods that passed go back when the order is cancelled.
    """

    sharing_policy: str
    buffer: Decimal = Decimal(0)
    cap: Decimal | None = None
    on_cancel_open_week: str = "reverse"
    on_cancel_later: str = "keep"
    price_percentage: Decimal = Decimal(100)
    terms: str = ""


class AgreementChanges(msgspec.Struct, frozen=True):
    """What to change of an agreement; what is UNSET stays, a cap of None is taken away."""

    sharing_policy: str | UnsetType = UNSET
    buffer: Decimal | UnsetType = UNSET
    cap: Decimal | UnsetType | None = UNSET
    on_cancel_open_week: str | UnsetType = UNSET
    on_cancel_later: str | UnsetType = UNSET
    price_percentage: Decimal | UnsetType = UNSET
    terms: str | UnsetType = UNSET


class Partner(msgspec.Struct, frozen=True):
    """An organisation as its partner sees it."""

    id: str
    slug: str
    name: str


class FoundPartner(msgspec.Struct, frozen=True):
    """A partnership as a search finds it: its state, one's own role, and who the partner is."""

    id: str
    state: str
    role: Role
    name: str
    slug: str


class Partnership(msgspec.Struct, frozen=True):
    """A partnership as one of its sides sees it, which is on the side `role`.

    The buffer is the wholesaler's own business (None to the retailer), and the supplier, which the
    wholesaler is in the retailer's catalogue, the retailer's. Weeks up to `closed_through`
    (`2026-W12`) are settled; the open one ends at `next_close_at`.
    """

    id: str
    role: Role
    partner: Partner
    state: str
    paused_by_you: bool
    paused_by_partner: bool
    sharing_policy: str
    buffer: str | None
    cap: str | None
    on_cancel_open_week: str
    on_cancel_later: str
    price_percentage: str
    currency: str
    time_zone: str
    terms: str
    supplier: str | None
    created_at: datetime
    ended_at: datetime | None
    closed_through: str
    next_close_at: datetime

    @property
    def inner_id(self) -> Id:
        """The id as it is inside Entrepot."""
        return self.id.removeprefix(ids.PARTNERSHIP)


class PartnershipRow(NamedTuple):
    """A partnership as it is stored, with what its two sides are called.

    `closed_through` and `written_through` are Mondays; `supplier` is the retailer's.
    """

    wholesaler: Id
    id: Id
    retailer: Id
    state: str
    paused_by_wholesaler: bool
    paused_by_retailer: bool
    sharing_policy: str
    buffer: Decimal
    cap: Decimal | None
    on_cancel_open_week: str
    on_cancel_later: str
    price_percentage: Decimal
    currency: str
    time_zone: str
    terms: str
    created_at: datetime
    ended_at: datetime | None
    closed_through: date
    written_through: date
    next_close_at: datetime
    wholesaler_slug: str
    wholesaler_name: str
    retailer_slug: str
    retailer_name: str
    supplier: Id | None

    @property
    def subject(self) -> str:
        """The id as on the wire."""
        return ids.PARTNERSHIP + self.id

    def role_of(self, organisation: Id) -> Role:
        """Which side one of the two organisations is on."""
        assert organisation in {self.wholesaler, self.retailer}, "a partnership is its sides' own"
        return "wholesaler" if organisation == self.wholesaler else "retailer"

    def other_than(self, organisation: Id) -> Id:
        """The other side."""
        return self.retailer if organisation == self.wholesaler else self.wholesaler

    def agreement(self) -> Agreement:
        """What the two agreed on."""
        return Agreement(
            self.sharing_policy,
            self.buffer,
            self.cap,
            self.on_cancel_open_week,
            self.on_cancel_later,
            self.price_percentage,
            self.terms,
        )

    def to_show(self, organisation: Id) -> Partnership:
        """The partnership as one of its sides may see it."""
        role = self.role_of(organisation)
        is_wholesaler = role == "wholesaler"
        theirs = Partner(
            ids.ORGANISATION + self.other_than(organisation),
            self.retailer_slug if is_wholesaler else self.wholesaler_slug,
            self.retailer_name if is_wholesaler else self.wholesaler_name,
        )
        paused = self.paused_by_wholesaler, self.paused_by_retailer
        by_you, by_partner = paused if is_wholesaler else paused[::-1]
        return Partnership(
            self.subject,
            role,
            theirs,
            self.state,
            by_you,
            by_partner,
            self.sharing_policy,
            quantity_text(self.buffer) if is_wholesaler else None,
            None if self.cap is None else quantity_text(self.cap),
            self.on_cancel_open_week,
            self.on_cancel_later,
            quantity_text(self.price_percentage),
            self.currency,
            self.time_zone,
            self.terms,
            None if is_wholesaler or self.supplier is None else ids.SUPPLIER + self.supplier,
            self.created_at,
            self.ended_at,
            week_label(self.closed_through),
            self.next_close_at,
        )


class PartnerNotice(msgspec.Struct, frozen=True):
    """Something that the people of one side should know of a partnership."""

    organisation: Id
    kind: str
    subject: str
    facts: dict[str, str]


def partner_notice(row: PartnershipRow, by: Id, happened: str, **facts: str) -> PartnerNotice:
    """Tell the other side what one did: `happened` as in `partnerships.paused`."""
    name = row.wholesaler_name if by == row.wholesaler else row.retailer_name
    told = {"partner": name, "state": row.state, **facts}
    return PartnerNotice(row.other_than(by), f"partnerships.{happened}", row.subject, told)


def changed_names(before: Agreement, after: Agreement) -> list[str]:
    """What of an agreement is another than before, by the names of its fields."""
    return [
        name for name in before.__struct_fields__ if getattr(before, name) != getattr(after, name)
    ]


def check_agreement(agreement: Agreement) -> Refusal | None:
    """Name everything that is wrong with what somebody would agree on."""
    return gather(agreement_faults(agreement), errors.PRECEDENCE)


def agreement_faults(agreement: Agreement) -> Iterator[Fault]:
    """What is wrong with an agreement, by the names of its fields."""
    if agreement.sharing_policy not in SHARING_POLICIES:
        yield Fault(
            errors.SHARING_POLICY_NOT_VALID,
            "A sharing policy is all_stock or allocated_only.",
            "sharing_policy",
            {"sharing_policy": agreement.sharing_policy},
        )
    for name in ("on_cancel_open_week", "on_cancel_later"):
        chosen = getattr(agreement, name)
        if chosen not in ON_CANCEL:
            yield Fault(
                errors.ON_CANCEL_NOT_VALID,
                "What passed to the retailer is given back (reverse) or kept (keep) when its order"
                " is cancelled.",
                name,
                {name: chosen},
            )
    if not is_amount(agreement.buffer):
        yield _amount_fault(errors.BUFFER_NOT_VALID, "buffer", agreement.buffer)
    if agreement.cap is not None and not is_amount(agreement.cap):
        yield _amount_fault(errors.CAP_NOT_VALID, "cap", agreement.cap)
    if not _is_percentage(agreement.price_percentage):
        yield Fault(
            errors.PRICE_PERCENTAGE_NOT_VALID,
            f"A price is 0 to {PERCENTAGE_MAX} per cent of the wholesale price, with at most"
            f" {PERCENTAGE_PLACES} decimals.",
            "price_percentage",
            {"price_percentage": str(agreement.price_percentage)},
        )
    if not _are_terms(agreement.terms):
        yield Fault(
            errors.TERMS_NOT_VALID,
            f"Terms are at most {TERMS_LENGTH_MAX} characters of plain text, in lines.",
            "terms",
            {"length": len(agreement.terms)},
        )


def is_amount(amount: Decimal) -> bool:
    """Whether a number can be kept back or be the most: not negative, of three decimals."""
    return amount.is_finite() and 0 <= amount <= QUANTITY_MAX and not is_too_precise(amount)


def with_changes(agreement: Agreement, changes: AgreementChanges) -> Agreement:
    """An agreement with what is given of it changed."""
    given = {
        name: value
        for name in changes.__struct_fields__
        if (value := getattr(changes, name)) is not UNSET
    }
    return msgspec.structs.replace(agreement, **given)


def paused_or_active(row: PartnershipRow) -> PartnershipRow:
    """A partnership that is not ending, in the state that its sides' pauses make."""
    paused = row.paused_by_wholesaler or row.paused_by_retailer
    return row._replace(state="paused" if paused else "active")


def set_pause(row: PartnershipRow, role: Role, *, paused: bool) -> PartnershipRow:
    """A partnership after one side paused it or lifted its own pause; the other's stands."""
    if role == "wholesaler":
        return paused_or_active(row._replace(paused_by_wholesaler=paused))
    return paused_or_active(row._replace(paused_by_retailer=paused))


def unknown_partnership(partnership: Id) -> Refusal:
    """Say that an organisation has no such partnership; "" stands for an id that is none."""
    return refuse(
        errors.UNKNOWN_PARTNERSHIP,
        "You have no such partnership. Check its id.",
        field="partnership",
        facts={"partnership": ids.PARTNERSHIP + partnership} if partnership else {},
    )


def is_ending(row: PartnershipRow) -> Refusal | None:
    """Refuse what only a partnership takes that goes on."""
    if row.state not in {"ending", "ended"}:
        return None
    return refuse(
        errors.PARTNERSHIP_ENDING,
        "This partnership has ended. A new invitation makes a new one."
        if row.state == "ended"
        else "This partnership is ending and cannot go on. A new invitation makes a new one, once"
        " this one has ended.",
        field="partnership",
        facts={"partnership": row.subject, "state": row.state},
    )


def wholesaler_only(row: PartnershipRow) -> Refusal:
    """Say to the retailer that something is for the wholesaler to do."""
    return refuse(
        errors.WHOLESALER_ONLY,
        f"Only the wholesaler can do this. Ask {row.wholesaler_name}.",
        field="partnership",
        facts={"partnership": row.subject, "wholesaler": ids.ORGANISATION + row.wholesaler},
    )


def _amount_fault(code: str, field: str, amount: Decimal) -> Fault:
    return Fault(
        code,
        f"A {field} is 0 or more, with at most three decimals.",
        field,
        {field: str(amount)},
    )


def _is_percentage(percentage: Decimal) -> bool:
    if not percentage.is_finite() or not 0 <= percentage <= PERCENTAGE_MAX:
        return False
    return percentage == round(percentage, PERCENTAGE_PLACES)


def _are_terms(terms: str) -> bool:
    if len(terms) > TERMS_LENGTH_MAX:
        return False
    return all(sign.isprintable() or sign in "\n\r\t" for sign in terms)
