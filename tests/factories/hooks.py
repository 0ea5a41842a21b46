"""Webhooks of an organisation, what happens to it, and a receiver that answers as it is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

import msgspec
from cryptography.fernet import Fernet

from entrepot.connectors.webhooks import (
    Attempt,
    Delivery,
    IssuedWebhook,
    NewWebhook,
    Said,
    Sender,
    Webhook,
    create_webhook,
    find_webhook,
    list_attempts,
    list_deliveries,
    send_round,
    tell_webhooks,
)
from entrepot.infra.following import number_events
from entrepot.infra.ground import read_clock
from entrepot.infra.ids import new_id
from entrepot.infra.outgoing import Answered, Guard, Unanswered
from entrepot.infra.pool import Pool
from entrepot.infra.secrets import SecretBox
from entrepot.infra.writing import Happening, record, writing
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import caller_for

URL = "https://93.184.216.34/hook"
BOX = SecretBox([Fernet.generate_key()])
_numbers = count(1)


async def nothing_asked(caller: Caller, query: str, node: str) -> Said:
    """Stand for the queries of receivers where nothing has any."""
    raise AssertionError((caller, query, node))


class Thing(msgspec.Struct, frozen=True):
    """What an act of a test answers."""

    number: int


class Sent(NamedTuple):
    """One request as it was sent."""

    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> Any:  # noqa: ANN401 - JSON, as it is read
        """The body, read."""
        return msgspec.json.decode(self.body)


class Hooks:
    """An organisation with webhooks, its clock, and what they were sent."""

    def __init__(self, pool: Pool, organisation: Id) -> None:
        self.pool = pool
        self.caller: Caller = caller_for(organisation)
        self.passed = timedelta(0)
        self.sent: list[Sent] = []
        self.answers: list[Answered | Unanswered] = []
        self.answer: Answered | Unanswered = Answered(204, 3)
        self.sender = Sender(
            pool, new_id, BOX, self._post, nothing_asked, lambda shown: shown + self.passed
        )

    async def make(self, *events: str, url: str = URL) -> IssuedWebhook:
        """A webhook that asks for these events, or for all."""
        new = NewWebhook(url, events or ("*",))
        made = await create_webhook(
            self.pool, new_id, self.caller, new, Guard(inside_allowed=True), BOX
        )
        assert isinstance(made, IssuedWebhook), made
        return made

    async def happen(self, event: str = "orders.placed", subject: str = "ord_1") -> str:
        """Let something happen to the organisation; the wire id of the act."""
        made: list[Id] = []

        def ident() -> Id:
            made.append(new_id())
            return made[-1]

        happening = Happening(event, subject, Thing(next(_numbers)))
        async with writing(self.pool) as connection:
            await record(connection, await read_clock(connection), ident, self.caller, [happening])
        return f"act_{made[0]}"

    async def tell(self) -> None:
        """Let events be numbered and made into deliveries."""
        while await number_events(self.pool):
            pass
        while await tell_webhooks(self.pool):
            pass

    async def round(self, webhook: Webhook) -> int:
        """Send one round to a webhook."""
        return await send_round(self.sender, self.caller.organisation, webhook.inner_id)

    async def send(self, webhook: Webhook) -> None:
        """Tell, and send all that is due to a webhook."""
        await self.tell()
        while await self.round(webhook):
            pass

    def wait(self, **time: float) -> None:
        """Let time pass."""
        self.passed += timedelta(**time)

    async def now(self) -> datetime:
        """What time it is for whoever sends."""
        async with self.pool.acquire() as connection:
            return await read_clock(connection) + self.passed

    async def webhook(self, webhook: Webhook) -> Webhook:
        """A webhook as it is now."""
        found = await find_webhook(self.pool, self.caller, webhook.inner_id)
        assert isinstance(found, Webhook), found
        return found

    async def deliveries(self, webhook: Webhook) -> list[Delivery]:
        """What a webhook was told, or is to be, oldest first."""
        found = await list_deliveries(self.pool, self.caller, webhook.inner_id, Page(1000))
        assert not isinstance(found, Refusal), found
        return [row for _, row in found][::-1]

    async def attempts(self, webhook: Webhook) -> list[Attempt]:
        """The tries, oldest first."""
        found = await list_attempts(self.pool, self.caller, webhook.inner_id, Page(1000))
        assert not isinstance(found, Refusal), found
        return list(found)[::-1]

    async def notices(self) -> list[tuple[str, str, Any]]:
        """The organisation's notices: kind, subject, facts; oldest first."""
        rows = await self.pool.fetch(
            "SELECT kind, subject, facts FROM notices WHERE organisation = $1 ORDER BY id",
            self.caller.organisation,
        )
        return [(kind, subject, msgspec.json.decode(facts)) for kind, subject, facts in rows]

    async def _post(
        self, url: str, headers: Mapping[str, str], content: bytes, seconds: float
    ) -> Answered | Unanswered:
        del seconds
        self.sent.append(Sent(url, headers, content))
        return self.answers.pop(0) if self.answers else self.answer
