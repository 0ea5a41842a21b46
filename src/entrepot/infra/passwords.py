"""Hashes passwords with argon2id, slowly on purpose, beside everything else that goes on.

How slow is found once for each process, on the machine it runs on. Two hashes at most are made at
once, in threads, so that a wave of log-ins leaves room for orders; what queues for long is refused.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple, TypeVar

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from entrepot.infra.clock import monotonic_seconds
from entrepot.infra.intake import IntakeFullError

AT_ONCE_MAX: Final = 2
WAITING_MAX: Final = 100
"""Hashes that may be asked for and not made yet; they are worth some ten seconds."""
RETRY_AFTER_SECONDS: Final = 5

WANTED_SECONDS: Final = 0.1
"""What one hash should take at least."""

Result = TypeVar("Result")


class Cost(NamedTuple):
    """What a hash costs: memory in KiB, passes over it, and lanes."""

    memory: int
    passes: int
    lanes: int = 1


FLOOR: Final = Cost(19 * 1024, 2)
"""Less than this is never used."""
PASSES_MAX: Final = 12
"""More would make a machine that was busy at the start slow for as long as it runs."""

_DUMMY: Final = "a password that nobody has"


class Passwords:
    """Makes and checks the hashes of passwords for as long as a process runs."""

    def __init__(self, cost: Cost | None = None) -> None:
        """Hash at this cost; without one, at what this machine is found to bear at first use."""
        self._cost = cost
        self._hasher: PasswordHasher | None = None
        self._dummy = ""
        self._threads = ThreadPoolExecutor(AT_ONCE_MAX, thread_name_prefix="passwords")
        self._waiting = 0
        self._settling = asyncio.Lock()

    async def hash(self, password: str) -> str:
        """Hash a password; the answer says how it was made, and holds its salt.

        Raises IntakeFullError when too many wait.
        """
        hasher = await self._settled()
        return await self._run(lambda: hasher.hash(_octets(password)))

    async def verify(self, hashed: str | None, password: str) -> bool:
        """Whether a password is the one behind a hash.

        Without a hash the answer is no, after the same work as with one. Raises IntakeFullError
        when too many wait.
        """
        hasher = await self._settled()
        known = self._dummy if hashed is None else hashed
        is_right = await self._run(lambda: _is_right(hasher, known, password))
        return is_right and hashed is not None

    async def is_outdated(self, hashed: str) -> bool:
        """Whether a hash was made at a lower cost than hashes are made at now."""
        await self._settled()
        assert self._cost is not None, "a hasher has its cost"
        made = extract_parameters(hashed)
        return made.memory_cost < self._cost.memory or made.time_cost < self._cost.passes

    async def _settled(self) -> PasswordHasher:
        """The hasher at the cost of this process, which is found at its first use."""
        async with self._settling:
            if self._hasher is None:
                if self._cost is None:
                    self._cost = await self._run(calibrate)
                hasher = _hasher(self._cost)
                self._dummy = await self._run(lambda: hasher.hash(_DUMMY))
                self._hasher = hasher
        return self._hasher

    async def _run(self, work: Callable[[], Result]) -> Result:
        if self._waiting >= WAITING_MAX:
            raise IntakeFullError(RETRY_AFTER_SECONDS)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def calibrate(
    clock: Callable[[], float] = monotonic_seconds,
    floor: Cost = FLOOR,
    wanted: float = WANTED_SECONDS,
) -> Cost:
    """Find the least number of passes, from the floor up, at which a hash takes long enough."""
    began = clock()
    _hasher(floor).hash(_DUMMY)
    seconds_of_a_pass = max((clock() - began) / floor.passes, 1e-6)
    passes = min(max(floor.passes, -int(-wanted // seconds_of_a_pass)), PASSES_MAX)
    return floor._replace(passes=passes)


def _hasher(cost: Cost) -> PasswordHasher:
    return PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory, parallelism=cost.lanes)


def _is_right(hasher: PasswordHasher, hashed: str, password: str) -> bool:
    try:
        return hasher.verify(hashed, _octets(password))
    except (VerificationError, InvalidHashError):
        return False


def _octets(password: str) -> bytes:
    """A password as it is hashed: the same however a keyboard composes its letters."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
