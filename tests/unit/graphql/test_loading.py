"""Loaders: what is asked for one by one is loaded together, and once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from entrepot.apis.graphql.loading import Loader


class Store:
    """Doubles of numbers; odd ones are not there."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []

    async def load(self, keys: Sequence[int]) -> Mapping[int, int]:
        self.asked.append(list(keys))
        await asyncio.sleep(0)
        return {key: key * 2 for key in keys if key % 2 == 0}


async def test_what_is_asked_for_in_one_turn_is_loaded_together() -> None:
    store = Store()
    loader: Loader[int, int] = Loader(store.load)

    async def ask(key: int) -> int | None:
        return await loader.load(key)

    assert await asyncio.gather(*[ask(key) for key in (2, 3, 4, 2)]) == [4, None, 8, 4]
    assert store.asked == [[2, 3, 4]]
    assert await ask(4) == 8
    assert store.asked == [[2, 3, 4]]
    loader.forget()
    assert await ask(4) == 8
    assert store.asked[1:] == [[4]]


async def test_what_is_known_is_not_loaded() -> None:
    store = Store()
    loader: Loader[int, int] = Loader(store.load)
    loader.know(2, 99)
    assert await loader.load(2) == 99
    waiting = loader.load(4)
    loader.know(4, 1)
    loader.forget()
    assert await waiting == 8
    assert store.asked == [[4]]


async def test_everybody_who_waits_is_told_what_broke() -> None:
    async def broken(_: Sequence[int]) -> Mapping[int, int]:
        raise ValueError("broken")

    loader: Loader[int, int] = Loader(broken)
    for waiting in [loader.load(1), loader.load(2)]:
        with pytest.raises(ValueError, match="broken"):
            await waiting
