"""Finding out whether a password is right costs the same work, whoever it is for."""

from __future__ import annotations

import pytest

from entrepot.identity import store
from entrepot.identity.actions.check_password import check_password
from entrepot.identity.model import PersonRow
from entrepot.infra.passwords import Passwords
from entrepot.infra.pool import Pool
from entrepot.kernel.refusal import Refusal
from tests.factories.network import Network
from tests.factories.people import PASSWORD, Somebody, quick_passwords, somebody


@pytest.fixture
async def ann(pool: Pool, network: Network) -> Somebody:
    return await somebody(pool, await network.organisation())


class Watched(Passwords):
    """Notes each hash that is worked through, and with how many characters."""

    def __init__(self) -> None:
        super().__init__(quick_passwords()._cost)  # noqa: SLF001 - the cost of the tests
        self.worked: list[tuple[str, int]] = []

    async def verify(self, hashed: str | None, password: str) -> bool:
        is_right = await super().verify(hashed, password)
        worked = self._dummy if hashed is None else hashed
        self.worked.append((worked[: worked.rindex("$", 0, worked.rindex("$"))], len(worked)))
        return is_right


async def test_the_right_password_gives_the_person(pool: Pool, ann: Somebody) -> None:
    person = await check_password(pool, quick_passwords(), ann.email.lower(), PASSWORD)
    assert isinstance(person, PersonRow)
    assert (person.id, person.email) == (ann.id, ann.email)


async def test_each_answer_takes_the_same_statements_and_one_hash_of_equal_cost(
    pool: Pool, ann: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S6 by structure: no clock tells as surely that nothing is skipped."""
    done: list[str] = []
    for name in ("lock_tries", "set_tries", "purge_tries", "find_person_by_email"):
        real = getattr(store, name)

        async def noted(*args: object, real: object = real, name: str = name) -> object:
            done.append(name)
            return await real(*args)  # type: ignore[operator] # one of the store's functions

        monkeypatch.setattr(store, name, noted)
    passwords = Watched()
    seen = []
    for email, password in (
        (ann.email, PASSWORD),
        (ann.email, "wrong password"),
        ("nobody@example.com", "wrong password"),
        ("nobody at all", "wrong password"),
    ):
        done.clear()
        passwords.worked.clear()
        await check_password(pool, passwords, email, password)
        seen.append((tuple(done), tuple(passwords.worked)))
    assert len(seen[0][0]) == 4
    assert len(seen[0][1]) == 1
    assert set(seen) == {seen[0]}


async def test_a_try_that_may_not_be_made_asks_for_no_hash(pool: Pool, ann: Somebody) -> None:
    passwords = Watched()
    answers = [await check_password(pool, passwords, ann.email, "wrong") for _ in range(12)]
    codes = [answer.code for answer in answers if isinstance(answer, Refusal)]
    assert codes == ["identity.log_in_not_valid"] * 10 + ["identity.too_many_tries"] * 2
    assert len(passwords.worked) == 10


async def test_what_was_typed_is_kept_by_its_hash_alone(pool: Pool) -> None:
    await check_password(pool, quick_passwords(), "my secret by mistake", "x")
    rows = str(await pool.fetch("SELECT * FROM log_in_tries"))
    assert "mistake" not in rows
