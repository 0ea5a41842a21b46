"""Choices that look like chance and are the same every time, on every machine and Python."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

Item = TypeVar("Item")


class Dice:
    """Throws that follow from a seed: the same seed, the same throws, in the same order."""

    def __init__(self, seed: str) -> None:
        """Begin a row of throws that is told from others by its seed."""
        self._seed = seed.encode()
        self._throws = 0

    def below(self, sides: int) -> int:
        """A whole number from 0 up to, not including, `sides`."""
        self._throws += 1
        digest = blake2b(self._throws.to_bytes(8, "big"), digest_size=8, key=self._seed).digest()
        return int.from_bytes(digest, "big") % sides

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def choose(self, items: Sequence[Item]) -> Item:
        """One of the items, each as likely as another."""
        return items[self.below(len(items))]

    def pick(self, items: Sequence[Item], count: int) -> list[Item]:
        """As many different items as wanted, or all of them where there are fewer."""
        left = list(items)
        return [left.pop(self.below(len(left))) for _ in range(min(count, len(left)))]

    def falls(self, percent: int) -> bool:
        """Whether something that happens in so many cases of a hundred happens now."""
        return self.below(100) < percent
