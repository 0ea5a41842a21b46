"""A sheet is kept for the person who sent it, the last one only, and for a day."""

from __future__ import annotations

import msgspec
import pytest

from entrepot.infra.ids import new_id
from entrepot.infra.keeping import (
    KeptSheet,
    NewSheet,
    find_sheet,
    keep_sheet,
    note_sheet,
    purge_sheets,
)
from entrepot.infra.pool import Pool
from entrepot.kernel.caller import Caller
from tests.factories.callers import caller_for
from tests.factories.network import Network

SHEET = NewSheet("stock", "count.csv", b"sku\nA\n", b'{"whole": true}')


@pytest.fixture
async def person(network: Network) -> Caller:
    return somebody_in(caller_for(await network.organisation()))


def somebody_in(caller: Caller) -> Caller:
    """A person who has logged in to the same organisation."""
    return msgspec.structs.replace(caller, person=new_id())


async def test_a_sheet_is_found_as_it_was_sent(pool: Pool, person: Caller) -> None:
    kept = await keep_sheet(pool, new_id, person, SHEET)
    assert await find_sheet(pool, person, kept) == KeptSheet(kept, *SHEET, None)
    await note_sheet(pool, person, kept, b"{}", b'{"rows": 1}')
    assert await find_sheet(pool, person, kept) == KeptSheet(
        kept, *SHEET[:3], b"{}", b'{"rows": 1}'
    )


async def test_another_sheet_takes_the_place_of_the_one_before(pool: Pool, person: Caller) -> None:
    first = await keep_sheet(pool, new_id, person, SHEET)
    await note_sheet(pool, person, first, b"{}", b"{}")
    second = await keep_sheet(pool, new_id, person, SHEET._replace(kind="products"))
    assert await find_sheet(pool, person, first) is None
    found = await find_sheet(pool, person, second)
    assert found is not None
    assert (found.kind, found.report) == ("products", None)
    await note_sheet(pool, person, first, b'{"late": true}', b"{}")
    assert await find_sheet(pool, person, second) == found


async def test_nobody_else_finds_it(pool: Pool, person: Caller, network: Network) -> None:
    kept = await keep_sheet(pool, new_id, person, SHEET)
    elsewhere = msgspec.structs.replace(person, organisation=await network.organisation())
    for other in (somebody_in(person), elsewhere):
        assert await find_sheet(pool, other, kept) is None


async def test_a_sheet_that_was_left_is_forgotten_by_a_job(pool: Pool, person: Caller) -> None:
    kept = await keep_sheet(pool, new_id, person, SHEET)
    colleague = somebody_in(person)
    fresh = await keep_sheet(pool, new_id, colleague, SHEET)
    async with pool.acquire() as connection:
        await connection.execute(
            "UPDATE kept_sheets SET kept_at = now() - interval '25 hours' WHERE id = $1", kept
        )
    assert await purge_sheets(pool) == 1
    assert await find_sheet(pool, person, kept) is None
    assert await find_sheet(pool, colleague, fresh) is not None
