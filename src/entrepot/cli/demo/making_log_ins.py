"""Lets programs and people in: a token and an owner's log-in for each organisation of a demo."""

from __future__ import annotations

from base64 import b32encode
from typing import Final, NamedTuple

from entrepot import identity
from entrepot.app import Services
from entrepot.cli.demo.finding import was_taken
from entrepot.cli.demo.keeping import DemoLogin, DemoNetwork, DemoOrganisation
from entrepot.cli.opening import EVERY_SCOPE, accepted, operator_for
from entrepot.identity import NewPerson, NewToken, Organisation
from entrepot.infra.ids import random_bytes
from entrepot.infra.passwords import FLOOR, Passwords
from entrepot.kernel.caller import Caller, Scope

TOKEN_SCOPES: Final = tuple(sorted(EVERY_SCOPE - {Scope.ORGANISATION_WRITE.value}))
_PASSWORD_BYTES: Final = 15
"""Enough that nobody guesses it, and a whole number of letters and digits."""


class Owner(NamedTuple):
    """Who owns an organisation of the demo."""

    name: str
    email: str
    language: str


class Entrance:
    """Lets the organisations of a demo network in, by what is known of it already."""

    def __init__(self, services: Services, known: DemoNetwork | None) -> None:
        """Prepare to issue what is missing."""
        self._services = services
        self._known = {each.id: each for each in known.organisations} if known else {}
        # Log-ins of a demo need not cost what this machine bears; the first log-in mends it.
        self._passwords = Passwords(FLOOR)

    async def open(self, organisation: Organisation, owner: Owner) -> DemoOrganisation:
        """An organisation as it is shown, with its token and its owner's log-in."""
        caller = operator_for(organisation.inner_id)
        known = self._known.get(organisation.id)
        return DemoOrganisation(
            organisation.slug,
            organisation.id,
            organisation.name,
            await self._token(caller, known),
            known.login if known else await self._login(caller, organisation, owner),
        )

    async def _token(self, caller: Caller, known: DemoOrganisation | None) -> str:
        """The organisation's demo token: the one that is known while it holds, else a new one."""
        services = self._services
        if known is not None and await identity.holds(services.pool, caller, known.token):
            return known.token
        new = NewToken("demo", TOKEN_SCOPES)
        return accepted(
            await identity.issue_token(services.pool, services.desk.new_id, caller, new)
        ).secret

    async def _login(self, caller: Caller, organisation: Organisation, owner: Owner) -> DemoLogin:
        """Make the owner, or give the one there is a new password, as nobody knows the old one."""
        services, passwords = self._services, self._passwords
        password = b32encode(random_bytes(_PASSWORD_BYTES)).decode().lower()
        person = NewPerson(
            owner.email, owner.name, "owner", password, owner.language, organisation.time_zone
        )
        made = await identity.add_person(
            services.pool, services.desk.new_id, passwords, caller, person
        )
        if was_taken(made, identity.EMAIL_TAKEN):
            issued = accepted(
                await identity.issue_password_reset(
                    services.pool, services.desk.new_id, owner.email
                )
            )
            accepted(
                await identity.reset_password(
                    services.pool, services.desk.new_id, passwords, issued.key, password
                )
            )
        else:
            accepted(made)
        return DemoLogin(owner.email, password)
