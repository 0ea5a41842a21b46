"""What is stored of organisations, tokens, people and sessions, and what of it may be shown.

Hashes of secrets are not read back; a person's password hash is, and is never shown.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from entrepot.identity.model.organisations import Organisation
from entrepot.identity.model.people import OWNER, ColleagueInvitation, Membership, Person
from entrepot.identity.model.sessions import LogInSession
from entrepot.identity.model.tokens import Token
from entrepot.kernel import ids
from entrepot.kernel.ids import Id


class OrganisationRow(NamedTuple):
    """An organisation as it is stored."""

    id: Id
    slug: str
    name: str
    time_zone: str
    country: str
    currency: str
    created_at: datetime

    def to_show(self) -> Organisation:
        """The organisation with its id as on the wire."""
        return Organisation(ids.ORGANISATION + self.id, *self[1:])


class TokenRow(NamedTuple):
    """A token as it is stored, without its hash."""

    id: Id
    name: str
    scopes: list[str]
    shown: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def to_show(self) -> Token:
        """The token with its id as on the wire."""
        return Token(ids.TOKEN + self.id, self.name, tuple(self.scopes), *self[3:])


class LiveTokenRow(NamedTuple):
    """A token that may be used now: whose it is, and what it may do."""

    id: Id
    organisation: Id
    scopes: list[str]


class PersonRow(NamedTuple):
    """A person as they are stored, with the hash of their password."""

    id: Id
    email: str
    name: str
    language: str
    time_zone: str
    password_hash: str
    password_set_at: datetime
    created_at: datetime

    def to_show(self) -> Person:
        """The person as they see themselves."""
        return Person(ids.PERSON + self.id, *self[1:5], self.created_at)


class MembershipRow(NamedTuple):
    """What a person is, or was, in an organisation."""

    person: Id
    role: str
    created_at: datetime
    ended_at: datetime | None

    def to_show(self) -> Membership:
        """The membership with its ids as on the wire."""
        return Membership(ids.PERSON + self.person, *self[1:])


class InvitationRow(NamedTuple):
    """An invitation of a colleague as it is stored, without its key's hash."""

    organisation: Id
    id: Id
    email: str
    role: str
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    revoked_at: datetime | None

    def to_show(self) -> ColleagueInvitation:
        """The invitation as acts answer it."""
        return ColleagueInvitation(ids.COLLEAGUE_INVITATION + self.id, *self[3:])


class SessionRow(NamedTuple):
    """A log-in session as it is stored, without its hash."""

    id: Id
    organisation: Id
    person: Id
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    def to_show(self) -> LogInSession:
        """The session as acts answer it."""
        return LogInSession(
            ids.SESSION + self.id,
            ids.ORGANISATION + self.organisation,
            ids.PERSON + self.person,
            *self[3:],
        )


class LiveSessionRow(NamedTuple):
    """A log-in session that may be used now: whose it is, and what they are in the organisation."""

    id: Id
    organisation: Id
    person: Id
    role: str
    seen_at: datetime
    now: datetime


class ResetRow(NamedTuple):
    """A one-time key for a new password, as it is stored."""

    id: Id
    person: Id
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


class AuditRow(NamedTuple):
    """An act and who did it; or, without an id's act, how many acts were looked through."""

    looked_through: int
    id: Id | None
    at: datetime
    act: str
    subject: str
    token: Id | None
    token_name: str | None
    token_shown: str | None
    person: Id | None
    person_name: str | None
    person_email: str | None
    request: str | None
    answer: bytes = b""


def live_owners(memberships: Iterable[MembershipRow]) -> list[Id]:
    """Who of an organisation is an owner of it now."""
    return [each.person for each in memberships if each.role == OWNER and each.ended_at is None]
