"""The network that is measured: 1,000 variants of 20 sellers, 50 buyers who may order all of them.

Ids are numbered, so that a pgbench script can name a variant by a number, and rise with their
number, so that the order of numbers is the order of keys. Nothing here measures.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Final, Literal

import msgspec

from entrepot.identity import IssuedToken, NewToken, issue_token
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.statements import load_statements
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id

SQL: Final = load_statements("benchmarks", "world.sql")

SELLERS: Final = 20
BUYERS: Final = 50
VARIANTS: Final = 1_000
VARIANTS_PER_SELLER: Final = VARIANTS // SELLERS
ON_HAND: Final = Decimal(100_000_000)
QUANTITY_MAX: Final = 5

SELLER_PREFIX: Final = "0198f0aa-0001-7000-8000-"
BUYER_PREFIX: Final = "0198f0aa-0002-7000-8000-"
LOCATION_PREFIX: Final = "0198f0aa-0003-7000-8000-"
PRODUCT_PREFIX: Final = "0198f0aa-0004-7000-8000-"
VARIANT_PREFIX: Final = "0198f0aa-0005-7000-8000-"

Spread = Literal["even", "hot", "80-20", "own"]
"""Which variants orders name: all alike, one alone, a fifth of them four times out of five, or a
first and a second of the buyer's own, counted from its first."""

HOT_VARIANT: Final = VARIANTS // 2 - 1
HOT_SHARE: Final = 0.8
HOT_VARIANTS: Final = VARIANTS // 5

VARIANTS_PER_BUYER: Final = VARIANTS // BUYERS
OWN_LOCATION_PREFIX: Final = "0198f0aa-0009-7000-8000-"
OWN_PRODUCT_PREFIX: Final = "0198f0aa-000a-7000-8000-"
OWN_VARIANT_PREFIX: Final = "0198f0aa-000b-7000-8000-"
SESSION_PREFIX: Final = "0198f0aa-000c-7000-8000-"

SCOPES: Final = frozenset(scope.value for scope in Scope)


class Shelves(msgspec.Struct, frozen=True):
    """How buyers have variants of their own, each the same product as one seller's."""

    stocked: int
    """How many of an order's two lines they have in stock; the first before the second."""
    matched: bool
    """Whether the sellers share theirs with them."""

    @property
    def transfers(self) -> int:
        return 2 - self.stocked


class Buyer(msgspec.Struct, frozen=True):
    """A buyer: its id, its token's id, and the secret it shows to the web server."""

    organisation: Id
    token: Id
    secret: str

    @property
    def caller(self) -> Caller:
        return Caller(self.organisation, SCOPES, self.token)


def numbered(prefix: str, number: int) -> Id:
    """The id with this number, as it is inside Entrepot."""
    return f"{prefix}{number:012x}".replace("-", "")


async def make_world(pool: Pool) -> list[Buyer]:
    """Fill an empty, migrated database; return its buyers."""
    async with pool.acquire() as connection, connection.transaction():
        for prefix, word, count in (
            (SELLER_PREFIX, "seller", SELLERS),
            (BUYER_PREFIX, "buyer", BUYERS),
        ):
            await connection.execute(SQL["insert_organisations"], prefix, word, count)
        await connection.execute(SQL["insert_locations"], SELLER_PREFIX, LOCATION_PREFIX, SELLERS)
        await connection.execute(
            SQL["insert_products"], SELLER_PREFIX, PRODUCT_PREFIX, VARIANTS, VARIANTS_PER_SELLER
        )
        await connection.execute(SQL["insert_variants"], VARIANT_PREFIX)
        await connection.execute(SQL["insert_rights"])
        await connection.execute(SQL["insert_positions"], ON_HAND)
    return [await _issue(pool, numbered(BUYER_PREFIX, number)) for number in range(BUYERS)]


async def _issue(pool: Pool, organisation: Id) -> Buyer:
    operator = Caller(organisation, SCOPES)
    issued = await issue_token(pool, new_id, operator, NewToken("bench", tuple(SCOPES)))
    assert isinstance(issued, IssuedToken), issued
    return Buyer(organisation, issued.token.id.removeprefix("tok_"), issued.secret)


async def fill_shelves(pool: Pool, shelves: Shelves) -> None:
    """Give buyers variants of their own, as many as the sellers have; first and second in turn."""
    async with pool.acquire() as connection:
        await connection.execute(SQL["insert_locations"], BUYER_PREFIX, OWN_LOCATION_PREFIX, BUYERS)
        await connection.execute(
            SQL["insert_products"], BUYER_PREFIX, OWN_PRODUCT_PREFIX, VARIANTS, VARIANTS_PER_BUYER
        )
        await connection.execute(SQL["insert_variants"], OWN_VARIANT_PREFIX)
        await connection.execute(SQL["insert_own_positions"], ON_HAND, shelves.stocked)
        if shelves.matched:
            await connection.execute(SQL["insert_partnerships"])
            await connection.execute(SQL["insert_matches"])


async def open_sessions(pool: Pool) -> None:
    """Let each buyer sell everything in a sales session of its own."""
    async with pool.acquire() as connection:
        await connection.execute(SQL["insert_session_rights"])
        await connection.execute(SQL["insert_sessions"], BUYER_PREFIX, SESSION_PREFIX, BUYERS)
        await connection.execute(SQL["insert_session_products"], ON_HAND)


def chooser(spread: Spread, chance: random.Random) -> Callable[[], tuple[int, int]]:
    """A function that draws the variants of an order's two lines, by number."""

    def even() -> tuple[int, int]:
        first = int(chance.random() * VARIANTS)
        second = int(chance.random() * (VARIANTS - 1))
        return first, second + (second >= first)

    def mostly_few() -> tuple[int, int]:
        first, second = few(), few()
        while second == first:
            second = few()
        return first, second

    def few() -> int:
        if chance.random() < HOT_SHARE:
            # Every fifth variant, so that each seller has some that sell well.
            return int(chance.random() * HOT_VARIANTS) * (VARIANTS // HOT_VARIANTS)
        return int(chance.random() * VARIANTS)

    def of_one_buyer() -> tuple[int, int]:
        begin = int(chance.random() * VARIANTS_PER_BUYER // 2) * 2
        return begin, int(chance.random() * VARIANTS_PER_BUYER // 2) * 2 + 1

    if spread == "own":
        return of_one_buyer
    if spread == "even":
        return even
    if spread == "80-20":
        return mostly_few
    return lambda: (HOT_VARIANT, HOT_VARIANT)
