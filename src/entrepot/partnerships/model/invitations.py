"""Rules of invitations: the invite key, how long it holds, and how guessing one is slowed down."""

import hashlib
import re
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from entrepot.kernel import ids, tries
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import quantity_text
from entrepot.kernel.refusal import Fault, Refusal, refuse
from entrepot.kernel.text import is_plain
from entrepot.kernel.weeks import WEEK, week_begins, week_of
from entrepot.partnerships import errors
from entrepot.partnerships.model.partnerships import (
    Agreement,
    Partner,
    PartnershipRow,
    agreement_faults,
)

VALID_DAYS: Final = 14
VALID_DAYS_MAX: Final = 90
NOTE_LENGTH_MAX: Final = 200

KEY_BYTES: Final = 17
"""How many random bytes an invite key is made from; 130 bits of them are in it."""

# Crockford's digits: none that is easily taken for another when read out or typed over.
_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_DIGITS: Final = 26
_CHECK_DIGITS: Final = 4
_GROUP: Final = 5
_PREFIX: Final = "ent_inv_"
_MISREAD: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
_BETWEEN: Final = re.compile(r"[\s-]+")
_TYPED_LENGTH_MAX: Final = 200


class NewPartnershipInvitation(msgspec.Struct, frozen=True):
    """An invitation to make: what is offered, and for how many days.

    `note` says for whom it is, to the wholesaler alone; without a time zone the partnership's
    weeks are those of the wholesaler's.
    """

    agreement: Agreement
    note: str = ""
    time_zone: str | None = None
    valid_days: int = VALID_DAYS


class PartnershipInvitation(msgspec.Struct, frozen=True):
    """An invitation as the wholesaler sees it: open, accepted, expired or revoked."""

    id: str
    state: str
    note: str
    sharing_policy: str
    buffer: str
    cap: str | None
    on_cancel_open_week: str
    on_cancel_later: str
    price_percentage: str
    time_zone: str
    terms: str
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    revoked_at: datetime | None
    partnership: str | None

    @property
    def inner_id(self) -> Id:
        """The id as it is inside Entrepot."""
        return self.id.removeprefix(ids.PARTNERSHIP_INVITATION)


class IssuedPartnershipInvitation(msgspec.Struct, frozen=True):
    """An invitation just made, with its invite key, which is told this once and kept nowhere.

    Sent again, it is answered without (None).
    """

    invitation: PartnershipInvitation
    invite_key: str | None


class InvitationPreview(msgspec.Struct, frozen=True):
    """What a retailer sees of an invitation before it accepts: who offers what, until when."""

    wholesaler: Partner
    sharing_policy: str
    cap: str | None
    on_cancel_open_week: str
    on_cancel_later: str
    price_percentage: str
    currency: str
    time_zone: str
    terms: str
    expires_at: datetime


class PartnershipInvitationRow(NamedTuple):
    """An invitation as it is stored, with what its wholesaler is called."""

    wholesaler: Id
    id: Id
    note: str
    sharing_policy: str
    buffer: Decimal
    cap: Decimal | None
    on_cancel_open_week: str
    on_cancel_later: str
    price_percentage: Decimal
    time_zone: str
    terms: str
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    revoked_at: datetime | None
    partnership: Id | None
    wholesaler_slug: str
    wholesaler_name: str
    wholesaler_currency: str

    def state(self, now: datetime) -> str:
        """What has become of it."""
        if self.accepted_at is not None:
            return "accepted"
        if self.revoked_at is not None:
            return "revoked"
        return "open" if now < self.expires_at else "expired"

    def is_for(self, organisation: Id, now: datetime) -> bool:
        """Whether an organisation may accept it: it is open, and not its own."""
        return self.state(now) == "open" and organisation != self.wholesaler

    def to_show(self, now: datetime) -> PartnershipInvitation:
        """The invitation as the wholesaler may see it."""
        return PartnershipInvitation(
            ids.PARTNERSHIP_INVITATION + self.id,
            self.state(now),
            self.note,
            self.sharing_policy,
            quantity_text(self.buffer),
            None if self.cap is None else quantity_text(self.cap),
            self.on_cancel_open_week,
            self.on_cancel_later,
            quantity_text(self.price_percentage),
            self.time_zone,
            self.terms,
            self.created_at,
            self.expires_at,
            self.accepted_at,
            self.revoked_at,
            None if self.partnership is None else ids.PARTNERSHIP + self.partnership,
        )

    def to_preview(self) -> InvitationPreview:
        """The invitation as whoever was given its key may see it."""
        return InvitationPreview(
            Partner(ids.ORGANISATION + self.wholesaler, self.wholesaler_slug, self.wholesaler_name),
            self.sharing_policy,
            None if self.cap is None else quantity_text(self.cap),
            self.on_cancel_open_week,
            self.on_cancel_later,
            quantity_text(self.price_percentage),
            self.wholesaler_currency,
            self.time_zone,
            self.terms,
            self.expires_at,
        )


def make_invite_key(random: bytes) -> str:
    """Write random bytes as an invite key: groups of five digits, the last four check the others.

    The beginning lets a key be recognised, and hidden, wherever it turns up.
    """
    assert len(random) >= KEY_BYTES, "fewer bytes would leave digits that can be guessed"
    digits = _written(int.from_bytes(random, "big"), _RANDOM_DIGITS)
    digits += _check_digits(digits)
    groups = [digits[start : start + _GROUP] for start in range(0, len(digits), _GROUP)]
    return _PREFIX + "-".join(groups)


def hash_invite_key(typed: str) -> bytes:
    """What is stored of a key, however it was typed over.

    Small letters, spaces and missing hyphens do no harm. What cannot be a key gets the hash of
    nothing, which no key has, so that it costs the same to refuse. A key has too many random digits
    to need a slow hash.
    """
    return hashlib.sha256((_read(typed) or "").encode("ascii")).digest()


def count_try(tried_at: Sequence[datetime], now: datetime) -> list[datetime] | Refusal:
    """Count one more try of an organisation; return those that count from now on.

    Refuses `partnerships.too_many_tries`.
    """
    return tries.count_try(
        tried_at,
        now,
        code=errors.TOO_MANY_TRIES,
        message="Too many wrong invite keys came from your organisation. Try again from {time} on.",
        field="invite_key",
    )


def invite_key_refused() -> Refusal:
    """The one answer to an invite key that is wrong, used, expired, revoked or one's own."""
    return refuse(
        errors.INVITE_KEY_NOT_VALID,
        "This invite key opens no partnership: it is mistyped, used, expired, taken back or your"
        " own. Check it, or ask the wholesaler for a new invitation.",
        field="invite_key",
    )


def already_partners(row: PartnershipInvitationRow) -> Refusal:
    """Say to somebody with a good key that they have what it would make."""
    return refuse(
        errors.ALREADY_PARTNERS,
        f"You have a partnership with {row.wholesaler_name} already, which has not ended. The"
        " invite key stays good until it expires.",
        field="invite_key",
        facts={"wholesaler": ids.ORGANISATION + row.wholesaler},
    )


def unknown_invitation(invitation: Id) -> Refusal:
    """Say that an organisation made no such invitation; "" stands for an id that is none."""
    return refuse(
        errors.UNKNOWN_INVITATION,
        "You made no such invitation. Check its id.",
        field="invitation",
        facts={"invitation": ids.PARTNERSHIP_INVITATION + invitation} if invitation else {},
    )


def invitation_accepted(row: PartnershipInvitationRow) -> Refusal:
    """Say that an invitation cannot be taken back any more."""
    assert row.partnership is not None, "an accepted invitation made a partnership"
    return refuse(
        errors.INVITATION_ACCEPTED,
        "This invitation was accepted. Pause or end the partnership instead.",
        field="invitation",
        facts={"partnership": ids.PARTNERSHIP + row.partnership},
    )


def begin_partnership(
    invitation: PartnershipInvitationRow, partnership: Id, retailer: Id, now: datetime
) -> PartnershipRow:
    """The partnership that an invitation makes: its first open week is the one of `now`."""
    zone = invitation.time_zone
    week = week_of(now, zone)
    return PartnershipRow(
        invitation.wholesaler,
        partnership,
        retailer,
        "active",
        paused_by_wholesaler=False,
        paused_by_retailer=False,
        sharing_policy=invitation.sharing_policy,
        buffer=invitation.buffer,
        cap=invitation.cap,
        on_cancel_open_week=invitation.on_cancel_open_week,
        on_cancel_later=invitation.on_cancel_later,
        price_percentage=invitation.price_percentage,
        currency=invitation.wholesaler_currency,
        time_zone=zone,
        terms=invitation.terms,
        created_at=now,
        ended_at=None,
        closed_through=week - WEEK,
        written_through=week - WEEK,
        next_close_at=week_begins(week + WEEK, zone),
        wholesaler_slug=invitation.wholesaler_slug,
        wholesaler_name=invitation.wholesaler_name,
        retailer_slug="",
        retailer_name="",
        supplier=None,
    )


def invitation_faults(new: NewPartnershipInvitation) -> Iterator[Fault]:
    """What is wrong with an invitation to make, but for its time zone."""
    yield from agreement_faults(new.agreement)
    if new.note and not is_plain(new.note, NOTE_LENGTH_MAX):
        yield Fault(
            errors.NOTE_NOT_VALID,
            f"A note is at most {NOTE_LENGTH_MAX} printable characters on one line, without outer"
            " spaces.",
            "note",
            {"note": new.note[:NOTE_LENGTH_MAX]},
        )
    if not 1 <= new.valid_days <= VALID_DAYS_MAX:
        yield Fault(
            errors.VALID_DAYS_NOT_VALID,
            f"An invitation holds for 1 to {VALID_DAYS_MAX} days.",
            "valid_days",
            {"valid_days": new.valid_days},
        )


def _read(typed: str) -> str | None:
    """The digits of an invite key however it was typed; None for what cannot be one."""
    if len(typed) > _TYPED_LENGTH_MAX or not typed.isascii():
        return None
    text = _BETWEEN.sub("", typed)
    if not text.lower().startswith(_PREFIX):
        return None
    digits = text[len(_PREFIX) :].upper().translate(_MISREAD)
    body, check = digits[:_RANDOM_DIGITS], digits[_RANDOM_DIGITS:]
    is_right = len(body) == _RANDOM_DIGITS and set(digits) <= set(_DIGITS)
    return digits if is_right and check == _check_digits(body) else None


def _check_digits(body: str) -> str:
    return _written(zlib.crc32(body.encode("ascii")), _CHECK_DIGITS)


def _written(number: int, width: int) -> str:
    """The last digits of a number, to the base 32."""
    digits = []
    for _ in range(width):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
