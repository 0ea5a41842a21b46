"""Every route of the DFC door with every kind of caller: the table says who may, this tries it.

Nothing here knows a single route. A test tries all rows and reports all that is wrong at once.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

import httpx
import pytest

from entrepot.apis.dfc import ROUTES
from entrepot.identity.model import make_secret
from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from tests.access.dfc_table import DFC_TABLE, DfcRow
from tests.factories.dfc import CONTEXT, Platform, nodes, open_dfc, order_id
from tests.factories.digests import digest_of
from tests.factories.farm import Farm, plant
from tests.factories.network import Network

API = "/api/dfc"
ABSENT = "0" * 32


class Scene(NamedTuple):
    """A hub with an order at a producer, and what stands in the paths that lead to it."""

    farm: Farm
    own: Mapping[str, str]

    def path(self, row: DfcRow, **names: str) -> str:
        """The path of a row, with other names where some are given."""
        return API + row.route.partition(" ")[2].format(**{**self.own, **names})

    async def ask(self, platform: Platform, row: DfcRow, **names: str) -> httpx.Response:
        """How a row is answered."""
        method, body = row.route.partition(" ")[0], None
        if row.body == "order":
            body = self.farm.basket.order({self.farm.carrot: 1}, status="Held")
        elif row.body == "line":
            body = {
                "@context": CONTEXT,
                "@type": "dfc-b:OrderLine",
                "dfc-b:quantity": 1,
                "dfc-b:concerns": {"@id": self.farm.carrot},
            }
        sent: Any = body
        if body is not None and "slug" in names:
            sent = json.dumps(body).replace(self.farm.slug, names["slug"]).encode()
        headers = {"X-Request-Id": "same"}
        return await platform.send(method, self.path(row, **names), sent, headers=headers)


@pytest.fixture
async def scene(pool: Pool, settings: Settings, network: Network) -> AsyncIterator[Scene]:
    async with open_dfc(pool, settings) as dfc:
        farm = await plant(dfc, network)
        body = farm.basket.order({farm.carrot: 1})
        placed = await farm.hub.send("POST", farm.basket.orders, body)
        session = nodes(placed.json(), "SaleSession")[0]["@id"]
        own = {
            "slug": farm.slug,
            "product": f"var_{farm.carrots}",
            "order": f"ord_{order_id(placed.json())}",
            "line": "1",
            "session": session.rpartition("/")[2],
        }
        yield Scene(farm, own)


def test_every_route_has_its_row() -> None:
    served = {f"{route.method} {route.path}" for route in ROUTES}
    assert {row.route for row in DFC_TABLE} == served
    assert len(DFC_TABLE) == len(served)


async def test_without_a_valid_token_all_routes_give_one_answer(scene: Scene) -> None:
    dfc = scene.farm.dfc
    secrets = [None, "", "nonsense", f"ent_app_{'A' * 36}", make_secret("app", bytes(range(32)))]
    secrets += [await dead(scene, change) for change in ("revoked_at", "expires_at")]
    before = await digest_of(dfc.pool)
    answers = set()
    for row in DFC_TABLE:
        for secret in secrets:
            for names in ({}, {"slug": "nobody-at-all"}):
                response = await scene.ask(dfc.nobody(secret), row, **names)
                answers.add((response.status_code, response.text))
    ((status, _),) = answers
    assert status == 401
    assert await digest_of(dfc.pool) == before


async def dead(scene: Scene, column: str) -> str:
    """The secret of a token of the hub's that was revoked or has expired."""
    platform = await scene.farm.dfc.platform(scene.farm.hub_id)
    async with scene.farm.dfc.pool.acquire() as connection:
        await connection.execute(
            f"UPDATE tokens SET {column} = now() - interval '1 second' WHERE id = ("
            " SELECT id FROM tokens WHERE organisation = $1 ORDER BY id DESC LIMIT 1)",
            scene.farm.hub_id,
        )
    assert platform.secret is not None
    return platform.secret


async def test_a_route_needs_its_scope_and_no_other(scene: Scene) -> None:
    dfc, hub = scene.farm.dfc, scene.farm.hub_id
    wrong: list[object] = []
    for row in DFC_TABLE:
        alone = await dfc.platform(hub, row.scope or Scope.SETTLEMENT_READ)
        done = await scene.ask(alone, row)
        if done.status_code not in {200, 201}:
            wrong.append((row.route, done.text))
        if row.scope is None:
            continue
        without = await dfc.platform(hub, *(each for each in Scope if each is not row.scope))
        for names in ({}, {"slug": "nobody-at-all"}):
            refused = await scene.ask(without, row, **names)
            if refused.status_code != 403 or refused.json()["faults"][0]["facts"] != {
                "scope": row.scope.value
            }:
                wrong.append((row.route, refused.text))
    assert not wrong


async def test_what_is_anothers_is_answered_like_what_is_nobodys(scene: Scene) -> None:
    """A stranger without a right, and a rival with one: neither learns that anything is there."""
    farm = scene.farm
    stranger = await farm.dfc.platform(await farm.network.organisation("stranger"))
    rival = await farm.another_hub()
    producer = await farm.dfc.platform(farm.jean)
    other = await farm.network.variant(await farm.network.organisation("other"), "LEEK")
    before = await digest_of(farm.dfc.pool)
    wrong: list[object] = []
    for row in DFC_TABLE:
        if "{slug}" in row.route:
            foreign = await scene.ask(stranger, row)
            absent = await scene.ask(stranger, row, slug="nobody-at-all")
            check(row, foreign, absent, wrong, farm.slug)
        for asker in (rival, producer):
            for name in ("order", "session"):
                if "{" + name + "}" in row.route:
                    foreign = await scene.ask(asker, row)
                    nobodys = scene.own[name][:4] + ABSENT
                    absent = await scene.ask(asker, row, **{name: nobodys})
                    check(row, foreign, absent, wrong, scene.own[name])
        if "{product}" in row.route:
            foreign = await scene.ask(farm.hub, row, product=f"var_{other}")
            absent = await scene.ask(farm.hub, row, product=f"var_{ABSENT}")
            check(row, foreign, absent, wrong, f"var_{other}")
    assert not wrong
    assert await digest_of(farm.dfc.pool) == before


def check(
    row: DfcRow, foreign: httpx.Response, absent: httpx.Response, wrong: list[object], name: Id
) -> None:
    """Note an answer that says more than that nothing is there."""
    if (foreign.status_code, absent.status_code) != (404, 404):
        wrong.append((row.route, foreign.text, absent.text))
    nobodys = absent.text.replace(name[:4] + ABSENT, name).replace("nobody-at-all", name)
    if foreign.text != nobodys:
        wrong.append((row.route, foreign.text, absent.text))
