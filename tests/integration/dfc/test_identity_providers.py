"""Tokens of identity providers at the DFC door: which hold, whom they speak for, what they may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import jwt
import pytest

from entrepot.identity import NewBinding, Token, bind_subject, revoke_token
from entrepot.infra.clock import utc_now
from entrepot.infra.ids import new_id
from entrepot.infra.issuers import Issuer, Issuers
from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from entrepot.infra.writing import Written
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from tests.factories.callers import caller_for
from tests.factories.dfc import Basket, Dfc, Platform, no_keys, open_dfc
from tests.factories.farm import receive
from tests.factories.network import Network
from tests.factories.vouching import Provider

SCOPES = ("catalogue:read", "orders:read", "orders:write")


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def dfc(
    pool: Pool, settings: Settings, provider: Provider, tmp_path: Path
) -> AsyncIterator[Dfc]:
    """The door, trusting the provider by a file of its keys."""
    keys = tmp_path / "keys.json"
    keys.write_bytes(provider.keys())
    issuers = Issuers((Issuer(provider.name, str(keys)),), no_keys)
    async with open_dfc(pool, settings, issuers) as door:
        yield door


async def bind(pool: Pool, organisation: Id, provider: Provider, subject: str) -> Token:
    """Let the provider's tokens for a subject speak for an organisation."""
    new = NewBinding("platform", SCOPES, provider.name, subject)
    written = await bind_subject(pool, new_id, caller_for(organisation), new)
    assert isinstance(written, Written), written
    return written.answer


async def ask(dfc: Dfc, token: str, path: str = "/api/dfc/Enterprises") -> int:
    """How a request with a token is answered."""
    return (await Platform(dfc.http, token).send("GET", path)).status_code


async def test_a_person_orders_for_the_hub_that_their_address_is_bound_to(
    dfc: Dfc, network: Network, provider: Provider
) -> None:
    """Open Food Network's users log in without scopes of the standard: what was bound counts."""
    jean, hub = await network.organisation("jean"), await network.organisation("hub")
    await network.right(jean, hub)
    carrots = await network.variant(jean, "CARROTS")
    await receive(dfc, jean, carrots, 10)
    bound = await bind(dfc.pool, hub, provider, "email:shop@hub.example")
    platform = Platform(dfc.http, provider.sign(email="Shop@Hub.example", email_verified=True))
    basket = Basket(await dfc.slug(jean))
    posted = await platform.send("POST", basket.orders, basket.order({basket.product(carrots): 1}))
    assert posted.status_code == 201, posted.text
    async with dfc.pool.acquire() as connection:
        token = await connection.fetchval("SELECT token FROM audit WHERE act = 'orders.placed'")
    assert ids.TOKEN + token == bound.id
    # Revoked, it opens nothing, though the provider's token still holds.
    await revoke_token(dfc.pool, new_id, caller_for(hub), bound.id.removeprefix(ids.TOKEN))
    assert (await platform.send("GET", basket.orders)).status_code == 401
    await bind(dfc.pool, hub, provider, "email:shop@hub.example")
    assert (await platform.send("GET", basket.orders)).status_code == 200


async def test_a_platform_asks_for_itself_by_its_client_id(
    dfc: Dfc, network: Network, provider: Provider
) -> None:
    hub = await network.organisation("hub")
    await bind(dfc.pool, hub, provider, "client:hub-platform")
    assert await ask(dfc, provider.sign(client_id="hub-platform")) == 200
    assert await ask(dfc, provider.sign(client_id="other-platform")) == 401
    # People who log in by way of that platform are not the platform.
    assert await ask(dfc, provider.sign(client_id="hub-platform", email="a@b.example")) == 401
    assert await ask(dfc, provider.sign(azp="hub-platform")) == 401


@pytest.mark.parametrize(
    ("named", "catalogue", "orders"),
    [
        ("openid email", 200, 200),
        ("ReadEnterprise", 403, 403),
        ("ReadProducts", 200, 403),
        ("ReadProduct ReadOrder", 200, 200),
        ("dfc:orders.read", 403, 200),
        ("dfc:catalog.read", 200, 403),
        (
            "https://github.com/datafoodconsortium/taxonomies/scopes.rdf#ReadOrders",
            403,
            200,
        ),
        ("WriteOrders openid", 403, 403),
    ],
)
async def test_scopes_as_they_are_spelt(
    dfc: Dfc, network: Network, provider: Provider, named: str, catalogue: int, orders: int
) -> None:
    hub = await network.organisation("hub")
    slug = await dfc.slug(hub)
    await bind(dfc.pool, hub, provider, "email:a@b.example")
    token = provider.sign(email="a@b.example", scope=named)
    here = f"/api/dfc/Enterprises/{slug}"
    assert await ask(dfc, token, f"{here}/SuppliedProducts") == catalogue
    assert await ask(dfc, token, f"{here}/Orders") == orders
    assert await ask(dfc, token, here) == 200


async def test_tokens_that_do_not_hold(dfc: Dfc, network: Network, provider: Provider) -> None:
    hub = await network.organisation("hub")
    await bind(dfc.pool, hub, provider, "email:a@b.example")
    now = int(utc_now().timestamp())
    good = provider.sign(email="a@b.example")
    assert await ask(dfc, good) == 200
    stranger = Provider()
    head, body, signature = good.split(".")
    bad = {
        "expired": provider.sign(email="a@b.example", exp=now - 60),
        "endless": provider.sign(email="a@b.example", exp=None),
        "not yet": provider.sign(email="a@b.example", nbf=now + 600),
        "not trusted": Provider("https://evil.example").sign(email="a@b.example"),
        "signed by another": stranger.sign(email="a@b.example"),
        "unknown key": provider.sign(email="a@b.example", kid="key-9"),
        "address not verified": provider.sign(email="a@b.example", email_verified=False),
        "for nobody": provider.sign(email="c@d.example"),
        "of no one": provider.sign(),
        "an id token": provider.sign(email="a@b.example", typ="ID"),
        "cut": good[:-8],
        "another body": f"{head}.{body[:-4]}AAAA.{signature}",
        "no algorithm": jwt.encode({"iss": provider.name}, "", algorithm="none"),
        "our key as a secret": jwt.encode(
            {"iss": provider.name, "exp": now + 60, "email": "a@b.example"},
            "a-secret-that-is-long-enough-for-the-algorithm",
            algorithm="HS256",
            headers={"kid": provider.key_id},
        ),
    }
    answers = {name: await ask(dfc, token) for name, token in bad.items()}
    assert answers == dict.fromkeys(bad, 401)
    # Clocks may differ by half a minute.
    assert await ask(dfc, provider.sign(email="a@b.example", exp=now - 10)) == 200


async def test_the_audience_where_one_is_set(
    pool: Pool, settings: Settings, network: Network, provider: Provider
) -> None:
    async def fetch(url: str) -> bytes | None:
        assert url == "https://login.example/certs"
        return provider.keys()

    hub = await network.organisation("hub")
    await bind(pool, hub, provider, "email:a@b.example")
    issuer = Issuer(provider.name, "https://login.example/certs", audience="entrepot")
    async with open_dfc(pool, settings, Issuers((issuer,), fetch)) as dfc:
        for audience, status in (("entrepot", 200), (["x", "entrepot"], 200), ("x", 401)):
            token = provider.sign(email="a@b.example", aud=audience)
            assert await ask(dfc, token) == status
        assert await ask(dfc, provider.sign(email="a@b.example")) == 401
