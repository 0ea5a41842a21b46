"""Loads many things at once that were asked for one by one: one statement a level of a document."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")


class Loader(Generic[KeyT, ValueT]):
    """Gathers the keys that are asked for in one turn of the event loop, and loads them together.

    What was loaded stays for as long as the request that the loader belongs to.
    """

    def __init__(
        self, load_all: Callable[[Sequence[KeyT]], Awaitable[Mapping[KeyT, ValueT]]]
    ) -> None:
        """`load_all` brings what there is of some keys; what is missing has none."""
        self._load_all = load_all
        self._asked: dict[KeyT, asyncio.Future[ValueT | None]] = {}
        self._waiting: dict[KeyT, asyncio.Future[ValueT | None]] = {}
        self._loading: set[asyncio.Task[None]] = set()

    def load(self, key: KeyT) -> asyncio.Future[ValueT | None]:
        """What stands under a key, or None."""
        found = self._asked.get(key)
        if found is None:
            loop = asyncio.get_running_loop()
            found = self._asked[key] = loop.create_future()
            if not self._waiting:
                loop.call_soon(self._begin)
            self._waiting[key] = found
        return found

    def know(self, key: KeyT, value: ValueT) -> None:
        """Put what was read in another way where it will be asked for."""
        if key not in self._asked:
            known: asyncio.Future[ValueT | None] = asyncio.get_running_loop().create_future()
            known.set_result(value)
            self._asked[key] = known

    def forget(self) -> None:
        """Load everything anew, for it may have changed."""
        self._asked.clear()

    def _begin(self) -> None:
        waiting, self._waiting = self._waiting, {}
        task = asyncio.get_running_loop().create_task(self._load(waiting))
        self._loading.add(task)
        task.add_done_callback(self._loading.discard)

    async def _load(self, waiting: Mapping[KeyT, asyncio.Future[ValueT | None]]) -> None:
        try:
            found = await self._load_all(list(waiting))
        except Exception as error:  # noqa: BLE001 - each one who waits is told
            for future in waiting.values():
                if not future.done():
                    future.set_exception(error)
                    future.exception()  # who no longer waits need not be told
            return
        for key, future in waiting.items():
            if not future.done():
                future.set_result(found.get(key))
