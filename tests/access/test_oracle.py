"""Random reads of a random world are answered as the oracle says, to the byte of every field.

When one is not, the seed and the read are told: the same seed makes the same world and asks the
same again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from random import Random
from typing import NamedTuple, TypeAlias

import msgspec
import pytest

from entrepot.apis.rest.wire import write_cursor
from entrepot.infra.ids import new_id
from entrepot.infra.settings import Settings
from entrepot.kernel.caller import Scope
from tests.access import oracle
from tests.access.facts import Facts, Listed, Reader, RefusedError, Row, read_facts
from tests.access.oracle_of_sales_sessions import read_selling
from tests.access.oracle_world import open_world
from tests.access.random_world import RandomWorld
from tests.access.served import SERVED, fields_of, words_of
from tests.access.table import TABLE, Who
from tests.factories.network import Network
from tests.factories.web import Web

SEEDS = (11, 22, 33, 44)
READS_QUICK = 75
READS_FULL = 2_500

WHO = {row.route: row.who for row in TABLE}
ANSWERED = (*oracle.OF_ORGANISATION, *oracle.OF_READER)
NOT_MODELLED: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "GET /api/v1/suppliers/{supplier}/matching",
            "GET /api/v1/matches",
            "GET /api/v1/matches/{match}",
            "GET /api/v1/partnerships/{partnership}/matches",
            "GET /api/v1/partnerships/{partnership}/prices",
        ),
        "what it tells whom is tried in tests/scenarios/test_matching.py",
    ),
    **dict.fromkeys(
        (
            "GET /api/v1/allocations",
            "GET /api/v1/allocations/{allocation}",
            "GET /api/v1/received-allocations",
            "GET /api/v1/received-allocations/{allocation}",
        ),
        "what it tells whom is tried in tests/scenarios/test_allocations.py",
    ),
    **dict.fromkeys(
        (
            "GET /api/v1/availability",
            "GET /api/v1/availability/{variant}/partners",
            "GET /api/v1/orders/{order}/waiting",
        ),
        "what it tells whom is tried in tests/scenarios/test_availability.py",
    ),
    **dict.fromkeys(
        (
            "GET /api/v1/settlements",
            "GET /api/v1/settlements/{settlement}",
            "GET /api/v1/settlements/{settlement}/lines",
            "GET /api/v1/settlements/{settlement}/lines/{line}/transfers",
            "GET /api/v1/exports/settlements/{settlement}",
            "GET /api/v1/partnerships/{partnership}/open-settlement",
            "GET /api/v1/partnerships/{partnership}/open-settlement/lines",
            "GET /api/v1/partnerships/{partnership}/open-settlement/transfers",
            "GET /api/v1/partnerships/{partnership}/ending-checklist",
        ),
        "an oracle of its own judges them in tests/simulation/test_settlements.py",
    ),
    **dict.fromkeys(
        (
            "GET /api/v1/marketplace-orders",
            "GET /api/v1/marketplace-orders/{order}",
            "GET /api/v1/seller-invoices",
            "GET /api/v1/seller-invoices/{invoice}",
        ),
        "what they tell whom is tried in tests/integration/orders/test_invoices.py",
    ),
    **dict.fromkeys(
        (
            "GET /api/v1/shipments",
            "GET /api/v1/shipments/{shipment}",
            "GET /api/v1/refund-requests",
            "GET /api/v1/refund-requests/{refund_request}",
        ),
        "what they tell whom is tried in tests/scenarios/test_marketplace_fulfilment.py",
    ),
    "GET /api/v1/shipment-carriers": "a list that is the same for all",
    "GET /api/v1/feed": "what it tells whom is tried in tests/scenarios/test_feed.py",
    **{
        f"GET /api/v1/exports/{kind}": "a sheet of what the list of the same name shows"
        for kind in ("products", "suppliers", "stock")
    },
}
"""Reads that the oracle says nothing of, each with the reason."""


STATUSES = {"identity.person_needed": 403, "identity.scope_missing": 403}


class Read(NamedTuple):
    """A read: who asks, at which route, and what it names in its path and query."""

    reader: Reader
    route: str
    path: dict[str, str]
    query: dict[str, str]


def test_every_read_has_an_answer_in_the_oracle() -> None:
    reads = {
        row.route for row in TABLE if row.who is not Who.ANYBODY and row.route.startswith("GET ")
    }
    assert reads == {*ANSWERED, *NOT_MODELLED}
    assert not set(ANSWERED) & set(NOT_MODELLED)


@pytest.mark.parametrize("seed", SEEDS)
async def test_random_reads_agree_with_the_oracle(
    seed: int, network: Network, web: Web, settings: Settings, *, full_size: bool
) -> None:
    dice = Random(seed)
    async with open_world(dice, network, web, settings) as world:
        await world.fill()
    facts = await read_facts(web.pool)
    facts = await read_selling(web.pool, facts)
    asking = Asking(dice, world, facts)
    found = dict.fromkeys((200, 401, 403, 404, 422), 0)
    for number in range(READS_FULL if full_size else READS_QUICK):
        read = asking.draw()
        status, due = due_to(facts, read)
        path = read.route.removeprefix("GET ").format_map(read.path)
        response = await web.nobody(read.reader.secret).send("GET", path, query=read.query)
        shown = response.json() if response.status_code == 200 else response.json()["code"]
        found[response.status_code] += 1
        assert (response.status_code, shown) == (status, due), (
            f"read {number} of seed {seed}: {read}"
        )
    assert found[200] > found[401] + found[403], "most reads should get an answer"


def due_to(facts: Facts, read: Read) -> tuple[int, object]:
    """The status and the answer that are due; of a refusal, its code."""
    reader, who = read.reader, WHO[read.route]
    if reader.organisation is None:
        return 401, "identity.token_not_valid"
    if isinstance(who, Scope) and who.value not in reader.scopes:
        return 403, "identity.scope_missing"
    try:
        due = oracle.answer(facts, read.route, reader, read.path | read.query)
    except RefusedError as refused:
        code = str(refused)
        return STATUSES.get(code, 404 if ".unknown_" in code else 422), code
    return 200, msgspec.to_builtins(due)


Drawing: TypeAlias = Callable[["Asking"], str]


class Asking:
    """Draws reads: of one's own things, of others', of what never was and of nonsense."""

    def __init__(self, dice: Random, world: RandomWorld, facts: Facts) -> None:
        self.dice = dice
        self.world = world
        self.facts = facts
        self.reader = Reader(None)
        self.me: str | None = None

    def draw(self) -> Read:
        """A read of anybody."""
        reader = self.dice.choice(self._living(alive=self.dice.random() < 0.9))
        self.reader, self.me = reader, reader.organisation
        route = self.dice.choice(ANSWERED)
        wanted = fields_of(route)
        named = self._position() if wanted.get("query.location", False) else {}
        if "path.location" in wanted:
            named = self._position()
        path = {
            name: named.get(name) or self._drawn(route, f"path.{name}")
            for where, _, name in (field.partition(".") for field in wanted)
            if where == "path"
        }
        query = {}
        for name, is_needed in self._query_of(route).items():
            if is_needed or self.dice.random() < 0.3:
                query[name] = named.get(name) or self._drawn(route, f"query.{name}")
        if "limit" in query and self.dice.random() < 0.7:
            self._turn_page(route, path, query)
        return Read(reader, route, path, query)

    def _query_of(self, route: str) -> dict[str, bool]:
        """The fields of a route's query, words and times included, and whether they are needed."""
        return {
            field.encode_name: field.required
            for field in msgspec.structs.fields(SERVED[route].query)
            if field.encode_name != "cursor"
        }

    def _turn_page(self, route: str, path: dict[str, str], query: dict[str, str]) -> None:
        """Ask for a page after a row of a list of one's own, or of somebody else's."""
        reader = self.reader
        if reader.organisation is None or self.dice.random() < 0.3:
            reader = self.dice.choice(self._living())
        try:
            rows = oracle.find_due(self.facts, route, reader, path | query)
        except RefusedError:
            return
        if rows and isinstance(rows, list):
            row: Listed = self.dice.choice(rows)
            query["cursor"] = write_cursor(row.place)

    def _living(self, *, alive: bool = True) -> list[Reader]:
        """Readers with a token or session that holds, or those without one."""
        return [each for each in self.world.readers if (each.organisation is not None) == alive]

    def _position(self) -> dict[str, str]:
        """The variant and location of a position that is there, mostly one's own."""
        rows = self.facts["positions"]
        own = [row for row in rows if row["owner"] == self.me]
        row = self.dice.choice(own if own and self.dice.random() < 0.6 else rows)
        named = {"variant": f"var_{row['variant']}", "location": f"loc_{row['location']}"}
        if self.dice.random() < 0.2:
            name = self.dice.choice(list(named))
            named[name] = DRAWN[name](self)
        return named

    def _drawn(self, route: str, field: str) -> str:
        """What stands at a field: one of its words, where it has some."""
        name = field.partition(".")[2]
        words = words_of(route, name)
        if words:
            return str(self.dice.choice(words))
        return (DRAWN.get(f"{route} {name}") or DRAWN.get(field) or DRAWN[name])(self)

    def named(self, table: str, column: str, prefix: str = "") -> str:
        """Something of a table: one's own, a seller's, anybody's, nobody's, or nonsense."""
        rows = [row for row in self.facts[table] if row[column] is not None]
        chance = self.dice.random()
        if chance < 0.1:
            return self.dice.choice(("nonsense", prefix, f"{prefix}x", "Å"))
        if prefix and chance < 0.2:
            return prefix + new_id()
        near = rows
        if chance < 0.5:
            near = [row for row in rows if self.me in _owners_of(row)]
        elif chance < 0.9:
            near = [row for row in rows if _owners_of(row) & self._sellers()]
        return f"{prefix}{self.dice.choice(near or rows)[column]}"

    def _sellers(self) -> set[str]:
        """Who has, or once had, a right by which it sells to the reader."""
        rights = self.facts["trading_rights"]
        return {right["seller"] for right in rights if right["buyer"] == self.me}

    def session_order(self) -> str:
        """A session order at the reader or at anybody, or any order else."""
        rows = [row for row in self.facts["orders"] if row["producer"] is not None]
        near = [row for row in rows if row["producer"] == self.me]
        if not rows or self.dice.random() < 0.3:
            return self.named("orders", "id", "ord_")
        chosen = near if near and self.dice.random() < 0.7 else rows
        return f"ord_{self.dice.choice(chosen)['id']}"

    def moment(self, table: str = "ledger", column: str = "at") -> str:
        """A moment around one at which something happened, or shall."""
        rows = [row for row in self.facts[table] if row[column] is not None]
        at = self.dice.choice(rows)[column]
        shown: str = (at + timedelta(microseconds=self.dice.choice((-1, 0, 1)))).isoformat()
        return shown

    def seller(self) -> str:
        """An organisation by its id or its slug."""
        if self.dice.random() < 0.5:
            return self.named("organisations", "slug")
        return self.named("organisations", "id", "org_")


def _owners_of(row: Row) -> set[object]:
    """Whose a row is: an organisation is its own, what two agreed on is both's."""
    if "wholesaler" in row:
        return {row["wholesaler"], row.get("retailer")}
    return {row.get("organisation", row.get("id"))}


DRAWN: Mapping[str, Drawing] = {
    "GET /api/v1/sales-sessions since": lambda asking: asking.moment(
        "selling_windows", "closes_at"
    ),
    "GET /api/v1/sales-sessions until": lambda asking: asking.moment("selling_windows", "opens_at"),
    "GET /api/v1/session-orders/{order} order": lambda asking: asking.session_order(),
    "path.act": lambda asking: asking.named("audit", "id", "act_"),
    "query.act": lambda asking: asking.named("audit", "act"),
    "as_of": lambda asking: asking.moment(),
    "from": lambda asking: asking.moment("audit"),
    "gtin": lambda asking: asking.named("variants", "gtin"),
    "limit": lambda asking: str(asking.dice.choice((1, 2, 3, 5, 200))),
    "location": lambda asking: asking.named("locations", "id", "loc_"),
    "order": lambda asking: asking.named("orders", "id", "ord_"),
    "organisation": lambda asking: asking.named("organisations", "id", "org_"),
    "partnership": lambda asking: asking.named("partnerships", "id", "pts_"),
    "person": lambda asking: asking.named("memberships", "person", "psn_"),
    "product": lambda asking: asking.named("products", "id", "prd_"),
    "reference": lambda asking: asking.named("orders", "reference"),
    "sales_session": lambda asking: asking.named("sales_sessions", "id", "sal_"),
    "seller": lambda asking: asking.seller(),
    "sku": lambda asking: asking.named("variants", "sku"),
    "subject": lambda asking: asking.named("audit", "subject"),
    "supplier": lambda asking: asking.named("suppliers", "id", "sup_"),
    "token": lambda asking: asking.named("audit", "token", asking.dice.choice(("tok_", "ses_"))),
    "until": lambda asking: asking.moment("audit"),
    "variant": lambda asking: asking.named("variants", "id", "var_"),
    "webhook": lambda asking: asking.named("webhooks", "id", "whk_"),
    "would_miss": lambda asking: asking.dice.choice(("true", "false")),
}
"""How what a read names is drawn: by the route and its name, the field, or the name alone."""
