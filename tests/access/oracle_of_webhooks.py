"""The oracle's answers about webhooks, what they were told, and each try."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from entrepot.kernel.ids import Id
from tests.access.facts import Asked, Facts, Listed, RefusedError, Row, inner, shown

WEBHOOK = (
    "url",
    "events",
    "description",
    "state",
    "disabled_reason",
    "created_at",
    "last_success_at",
    "last_failure_at",
    "consecutive_failures",
)
DELIVERY = (
    "event",
    "subject",
    "state",
    "created_at",
    "tries",
    "last_status",
    "last_error",
    "ended_at",
)
ATTEMPT = ("number", "at", "milliseconds", "status", "error")


def list_webhooks(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    del asked
    return [
        Listed(_seen(facts, row), (row["id"],))
        for row in facts["webhooks"]
        if row["organisation"] == me and row["state"] != "deleted"
    ]


def find_webhook(facts: Facts, me: Id, asked: Asked) -> dict[str, Any]:
    return _seen(facts, _own(facts, me, asked))


def list_deliveries(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    webhook = _own(facts, me, asked)
    return [
        Listed(
            shown(
                row,
                DELIVERY,
                id=f"act_{row['act']}",
                next_try_at=row["next_try_at"] if row["state"] == "waiting" else None,
            ),
            (row["seq"], row["act"]),
        )
        for row in facts["webhook_deliveries"]
        if row["webhook"] == webhook["id"] and asked.get("state", row["state"]) == row["state"]
    ]


def list_attempts(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    webhook = _own(facts, me, asked)
    since = datetime(1970, 1, 1, tzinfo=UTC)
    return [
        Listed(
            shown(row, ATTEMPT, delivery=f"act_{row['act']}"),
            ((row["at"] - since) // timedelta(microseconds=1), row["act"], row["number"]),
        )
        for row in facts["webhook_attempts"]
        if row["webhook"] == webhook["id"]
    ]


def _own(facts: Facts, me: Id, asked: Asked) -> Row:
    row = facts.one("webhooks", organisation=me, id=inner("whk_", asked["webhook"]))
    if row is None or row["state"] == "deleted":
        raise RefusedError("webhooks.unknown_webhook")
    return row


def _seen(facts: Facts, row: Row) -> dict[str, Any]:
    due = [
        each["next_try_at"]
        for each in facts["webhook_deliveries"]
        if each["webhook"] == row["id"] and each["state"] == "waiting"
    ]
    next_try_at = min(due) if due and row["state"] == "enabled" else None
    return shown(
        row,
        WEBHOOK,
        id=f"whk_{row['id']}",
        next_try_at=next_try_at,
        two_secrets_until=row["previous_until"],
        kind="standard",
        graphql=None,
    )
