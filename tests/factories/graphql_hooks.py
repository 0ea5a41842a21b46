"""Webhooks of the GraphQL door, made there, and a receiver that keeps what it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from entrepot.apis.graphql import open_asking
from entrepot.connectors.webhooks import Sender, send_round, tell_webhooks
from entrepot.infra.following import number_events
from entrepot.infra.ids import new_id
from entrepot.infra.outgoing import Answered, Unanswered
from entrepot.infra.secrets import open_box
from entrepot.infra.settings import Settings
from entrepot.kernel.ids import Id
from tests.factories.graphql import Graphql, Key, LoudLog
from tests.factories.hooks import URL, Sent

CREATE = """
mutation ($input: WebhookCreateMutationInput!) {
  webhookCreate(input: $input) {
    clientMutationId status errors { field messages }
    webhook { id type eventName enabled queryString headers maxRetries concurrentSendLimit
      allowSkip legacyFormat url seller { id } }
  }
}
"""


class GraphqlHooks:
    """The webhooks of everybody at a GraphQL door, and what they were sent."""

    def __init__(self, graphql: Graphql, settings: Settings) -> None:
        self.pool = graphql.pool
        self.settings = settings
        self.passed = timedelta(0)
        self.sent: list[Sent] = []
        self.waited: list[float] = []
        self.answers: list[Answered | Unanswered] = []
        self.answer: Answered | Unanswered = Answered(204, 3)
        ask = open_asking(graphql.pool, graphql.desk, settings, LoudLog())  # type: ignore[arg-type] # it logs as one
        self.sender = Sender(
            graphql.pool,
            new_id,
            open_box(settings),
            self._post,
            ask,
            lambda shown: shown + self.passed,
        )

    async def make(self, key: Key, told_of: str, **attributes: object) -> Any:  # noqa: ANN401 - JSON, as it is read
        """A webhook that is told of such objects; what it is answered with."""
        given = {"type": told_of, "url": URL, **attributes}
        payload = (await key.data(CREATE, {"input": {"attributes": given}}))["webhookCreate"]
        assert payload["errors"] is None, payload
        return payload["webhook"]

    async def tell(self) -> None:
        """Let events be numbered and made into deliveries."""
        while await number_events(self.pool):
            pass
        while await tell_webhooks(self.pool):
            pass

    async def send(self) -> list[Any]:
        """Tell, and send all that is due to anybody; the bodies of what is sent."""
        await self.tell()
        before = len(self.sent)
        rows = await self.pool.fetch("SELECT organisation, id FROM webhooks ORDER BY legacy_id")
        for organisation, webhook in rows:
            while await send_round(self.sender, organisation, webhook):
                pass
        return [each.said for each in self.sent[before:]]

    def wait(self, **time: float) -> None:
        """Let time pass."""
        self.passed += timedelta(**time)

    async def states(self) -> list[str]:
        """The states of all deliveries, in the order they were numbered."""
        rows = await self.pool.fetch("SELECT state FROM webhook_deliveries ORDER BY number")
        return [state for (state,) in rows]

    async def webhook(self, organisation: Id) -> tuple[str, str | None, int]:
        """An organisation's one webhook: state, why it is off, and how many it is sent at once."""
        row = await self.pool.fetchrow(
            "SELECT state, disabled_reason, at_once_max FROM webhooks WHERE organisation = $1",
            organisation,
        )
        assert row is not None
        return row[0], row[1], row[2]

    async def notices(self, organisation: Id) -> list[tuple[str, Any]]:
        """An organisation's notices: kind and facts; oldest first."""
        rows = await self.pool.fetch(
            "SELECT kind, facts FROM notices WHERE organisation = $1 ORDER BY id", organisation
        )
        return [(kind, msgspec.json.decode(facts)) for kind, facts in rows]

    async def _post(
        self, url: str, headers: Mapping[str, str], content: bytes, seconds: float
    ) -> Answered | Unanswered:
        self.sent.append(Sent(url, headers, content))
        self.waited.append(seconds)
        return self.answers.pop(0) if self.answers else self.answer
