"""What waits is looked at again from the first order on, whatever had been looked at."""

from __future__ import annotations

from entrepot.infra.writing import writing
from entrepot.stock import look_again
from tests.factories.counter import Counter
from tests.factories.network import Network


async def test_the_cursor_goes_back_to_the_beginning(network: Network, counter: Counter) -> None:
    owner = await network.organisation()
    first, second, third = [await network.variant(owner) for _ in range(3)]
    cellar = await network.location(owner, "cellar", rank=1)
    for variant in (first, second, third):
        await counter.receive(owner, variant, 1)
    await counter.receive(owner, first, 1, cellar)
    await counter.rows("UPDATE positions SET recheck_after = 'm' WHERE variant = $1", first)
    await counter.rows("UPDATE positions SET recheck_after = '' WHERE variant = $1", second)
    async with writing(counter.pool) as connection:
        wanted = [(owner, second), (owner, first), (owner, first)]
        assert await look_again(connection, wanted) == 2
        assert await look_again(connection, wanted) == 0
        assert await look_again(connection, []) == 0
    rows = await counter.rows("SELECT variant, recheck_after FROM positions ORDER BY variant")
    assert set(rows) == {(first, ""), (second, ""), (third, None)}


async def test_only_of_who_is_named(network: Network, counter: Counter) -> None:
    owner, other = await network.organisation(), await network.organisation()
    variant = await network.variant(owner)
    await counter.receive(owner, variant, 1)
    async with writing(counter.pool) as connection:
        assert await look_again(connection, [(other, variant)]) == 0
    assert await counter.rows("SELECT recheck_after FROM positions") == [(None,)]
