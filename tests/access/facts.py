"""What the oracle knows: whole tables, who reads, and how columns are answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

import msgspec

from entrepot.infra.pool import Pool
from entrepot.kernel.ids import Id

Row: TypeAlias = Mapping[str, Any]
Asked: TypeAlias = Mapping[str, str]
"""What a read names, in its path and its query alike."""
Place: TypeAlias = tuple[Any, ...]

TABLES = (
    "audit",
    "colleague_invitations",
    "log_in_sessions",
    "memberships",
    "organisations",
    "partnership_invitations",
    "partnerships",
    "people",
    "products",
    "suppliers",
    "tokens",
    "trading_rights",
    "variants",
    "webhook_attempts",
    "webhook_deliveries",
    "webhooks",
    "locations",
    "positions",
    "holds",
    "ledger",
    "orders",
    "order_lines",
    "notices",
)
OPENING = frozenset({"session", "marketplace"})
WIRE = {
    "act": "act_",
    "follows": "ord_",
    "location": "loc_",
    "order_id": "ord_",
    "organisation": "org_",
    "partnership": "pts_",
    "person": "psn_",
    "product": "prd_",
    "seller": "org_",
    "supplier": "sup_",
    "variant": "var_",
}


class Reader(NamedTuple):
    """Who reads: a secret, and whose it is with which scopes (None: nobody's).

    `token` is the id of the token or log-in session, `person` who logged in.
    """

    secret: str | None
    organisation: Id | None = None
    scopes: frozenset[str] = frozenset()
    token: Id | None = None
    person: Id | None = None


class RefusedError(Exception):
    """The read is refused, with this code."""


class Listed(NamedTuple):
    """A row of a list: what is shown, and its place, which is what a cursor to it says."""

    shown: dict[str, Any]
    place: Place


class Facts:
    """All rows of all tables at one moment."""

    def __init__(self, tables: Mapping[str, list[Row]], now: datetime) -> None:
        self.tables = tables
        self.now = now

    def __getitem__(self, table: str) -> list[Row]:
        return self.tables[table]

    def one(self, table: str, **wanted: object) -> Row | None:
        """The only row with these values, if there is one."""
        return next(
            (row for row in self[table] if all(row[name] == each for name, each in wanted.items())),
            None,
        )

    def is_past(self, moment: datetime | None) -> bool:
        """Whether a limit has passed."""
        return moment is not None and moment <= self.now

    def kinds(self, seller: Id, buyer: Id, *states: str) -> list[str]:
        """The kinds of right in these states by which one sells to another."""
        return sorted(
            row["kind"]
            for row in self["trading_rights"]
            if (row["seller"], row["buyer"]) == (seller, buyer) and row["state"] in states
        )

    def opens(self, seller: Id, buyer: Id) -> bool:
        """Whether a right that is active lets one order what another has."""
        return bool(OPENING & set(self.kinds(seller, buyer, "active")))


async def read_facts(pool: Pool) -> Facts:
    """Read whole tables, in an order that is the same for the same world."""
    async with pool.acquire() as connection:
        tables: dict[str, list[Row]] = {
            name: [
                dict(row)
                for row in await connection.fetch(f"SELECT * FROM {name} AS t ORDER BY t::text")
            ]
            for name in TABLES
        }
        return Facts(tables, await connection.fetchval("SELECT now()"))


def inner(prefix: str, text: str | None) -> Id | None:
    """An id off the wire; None for what is none of this kind."""
    if text is None or not text.startswith(prefix) or len(text) != len(prefix) + 32:
        return None
    return text.removeprefix(prefix)


def shown(row: Row, columns: Iterable[str], **more: object) -> dict[str, Any]:
    """Columns of a row as they are answered: ids with what they are, amounts as text."""
    values = {name: row[name] for name in columns} | more
    return {name: said(name, value) for name, value in values.items()}


def said(name: str, value: Any) -> Any:  # noqa: ANN401 - any column
    """A value as it is answered."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime):
        return msgspec.to_builtins(value.astimezone(UTC))
    if name in WIRE and value is not None:
        return value if str(value).startswith(WIRE[name]) else f"{WIRE[name]}{value}"
    return value
