"""Raise notices: write what a person should act on, with what it tells of."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from entrepot.infra.pool import Connection
from entrepot.kernel.ids import Id
from entrepot.notices import store


class NoticeLike(Protocol):
    """What a notice says, and to whom."""

    @property
    def organisation(self) -> Id:
        """Whose people should act."""

    @property
    def kind(self) -> str:
        """What happened, as `area.reason`."""

    @property
    def subject(self) -> str:
        """The wire id of what it is about."""

    @property
    def facts(self) -> Mapping[str, str]:
        """The facts a sentence is made from."""


async def raise_notices(
    connection: Connection,
    at: datetime,
    notices: Sequence[NoticeLike],
    new_id: Callable[[], Id],
) -> None:
    """Write notices in the transaction of what they tell of."""
    rows = [
        (each.organisation, new_id(), each.kind, each.subject, msgspec.json.encode(each.facts))
        for each in notices
    ]
    await store.insert_notices(connection, at, rows)
