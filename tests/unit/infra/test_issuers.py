"""Keys of identity providers: when they are asked for, and what is taken for one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from entrepot.infra import issuers as tested
from entrepot.infra.issuers import Issuer, Issuers, open_issuers
from entrepot.infra.settings import Settings, SettingsError
from tests.factories.vouching import NAME, Provider

KEYS = "https://login.example/certs"


class Place:
    """An address where keys are, which counts how often it is asked."""

    def __init__(self, content: bytes | None) -> None:
        self.content = content
        self.asked = 0

    async def __call__(self, url: str) -> bytes | None:
        assert url == KEYS
        self.asked += 1
        return self.content


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that the test moves."""
    now = [1000.0]
    monkeypatch.setattr(tested, "monotonic_seconds", lambda: now[0])
    return now


async def holds(issuers: Issuers, provider: Provider, **claims: Any) -> bool:  # noqa: ANN401 - claims of any kind
    return await issuers.verify(provider.sign(email="a@b.example", **claims)) is not None


async def test_keys_are_asked_for_once_an_hour(clock: list[float]) -> None:
    provider = Provider()
    place = Place(provider.keys())
    issuers = Issuers((Issuer(NAME, KEYS),), place)
    for _ in range(5):
        assert await holds(issuers, provider)
    assert place.asked == 1
    clock[0] += 3_601
    assert await holds(issuers, provider)
    assert place.asked == 2


async def test_a_new_key_is_looked_for_at_most_twice_a_minute(clock: list[float]) -> None:
    provider = Provider()
    place = Place(provider.keys())
    issuers = Issuers((Issuer(NAME, KEYS),), place)
    assert await holds(issuers, provider)
    provider.turn("key-2")
    place.content = provider.keys()
    assert not await holds(issuers, provider)
    clock[0] += 31
    assert await holds(issuers, provider)
    for _ in range(5):
        assert not await holds(issuers, Provider(), kid="invented")
    assert place.asked == 2


async def test_keys_are_kept_when_their_place_is_away(clock: list[float]) -> None:
    provider = Provider()
    place = Place(provider.keys())
    issuers = Issuers((Issuer(NAME, KEYS),), place)
    assert await holds(issuers, provider)
    for content in (None, b"no json", b"[]", b'{"keys": 7}'):
        clock[0] += 3_601
        place.content = content
        assert await holds(issuers, provider) is (content != b'{"keys": 7}')


async def test_a_token_without_a_key_id_is_of_the_only_key() -> None:
    provider = Provider()
    issuers = Issuers((Issuer(NAME, KEYS),), Place(provider.keys()))
    assert await holds(issuers, provider, kid=None)


async def test_only_public_keys_for_signing_count() -> None:
    provider = Provider()
    (key,) = json.loads(provider.keys())["keys"]
    for other in (
        {**key, "use": "enc"},
        {**key, "alg": "RS512"},
        {**key, "kty": "oct", "k": "c2VjcmV0"},
        {**key, "d": "AQAB"},
        {**key, "n": "!"},
        "text",
    ):
        place = Place(json.dumps({"keys": [other]}).encode())
        assert not await holds(Issuers((Issuer(NAME, KEYS),), place), provider), other


def trusted(tmp_path: Path, text: str) -> Issuers:
    """The issuers of a file."""
    path = tmp_path / "issuers.toml"
    path.write_text(text, encoding="utf-8")
    environ = {"ENTREPOT_DATA_DIR": str(tmp_path), "ENTREPOT_ISSUERS_FILE": str(path)}
    return open_issuers(Settings.from_environment(environ))


async def test_the_file_says_whom_to_trust(tmp_path: Path) -> None:
    provider = Provider()
    (tmp_path / "keys.json").write_bytes(provider.keys())
    issuers = trusted(tmp_path, f'[[issuer]]\nname = "{NAME}"\nkeys = "keys.json"\n')
    assert await holds(issuers, provider)


@pytest.mark.parametrize(
    "text",
    [
        "[[issuer",
        '[[issuer]]\nname = "a"\n',
        '[[issuer]]\nname = "a"\nkeys = "k"\ncolour = "red"\n',
        '[[issuer]]\nname = "a"\nkeys = "k"\nleeway_seconds = 900\n',
        '[[issuer]]\nname = "a"\nkeys = "k"\n[[issuer]]\nname = "a"\nkeys = "k"\n',
    ],
)
def test_a_file_that_says_it_badly_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match="ENTREPOT_ISSUERS_FILE"):
        trusted(tmp_path, text)


async def test_without_a_file_nobody_is_trusted(tmp_path: Path) -> None:
    issuers = open_issuers(Settings.from_environment({"ENTREPOT_DATA_DIR": str(tmp_path)}))
    assert not await holds(issuers, Provider())


async def test_keys_are_not_fetched_from_inside(tmp_path: Path) -> None:
    """The same guard as for webhooks: an address inside the network is never asked."""
    text = f'[[issuer]]\nname = "{NAME}"\nkeys = "https://127.0.0.1:8443/certs"\n'
    assert not await holds(trusted(tmp_path, text), Provider())
