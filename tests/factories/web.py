"""Entrepot as programs see it: the REST door over a database, and callers with tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, cast

import httpx
import msgspec
from structlog.typing import FilteringBoundLogger

from entrepot.apis.rest import Door, Metrics, create_app
from entrepot.app import open_desk
from entrepot.identity import IssuedToken, NewToken, issue_token
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from tests.factories.callers import caller_for
from tests.factories.people import quick_passwords
from tests.fakes.log import NullLog

_numbers = count(1)


class Asker:
    """A program of one organisation: it sends its token, and a key with every act."""

    def __init__(self, http: httpx.AsyncClient, secret: str | None) -> None:
        self.http = http
        self.secret = secret

    async def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        query: Mapping[str, object] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send one request as it is."""
        sent = dict(headers or {})
        if self.secret is not None:
            sent.setdefault("Authorization", f"Bearer {self.secret}")
        if key is not None:
            sent.setdefault("Idempotency-Key", key)
        if body is not None:
            content = msgspec.json.encode(body)
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        params = {name: str(value) for name, value in query.items()} if query else None
        return await self.http.request(method, path, content=content, headers=sent, params=params)

    async def get(self, path: str, **query: object) -> Any:  # noqa: ANN401 - JSON, as it is read
        """What is shown at a path below /api/v1."""
        response = await self.send("GET", f"/api/v1{path}", query=query)
        assert response.status_code == 200, response.text
        return response.json()

    async def post(self, path: str, body: object = None, *, key: str | None = None) -> Any:  # noqa: ANN401 - JSON, as it is read
        """What an act that is accepted is answered with."""
        response = await self.try_post(path, body, key=key)
        assert response.status_code in {200, 201}, response.text
        return response.json()

    async def try_post(
        self, path: str, body: object = None, *, key: str | None = None
    ) -> httpx.Response:
        """How an act is answered, accepted or not."""
        return await self.send("POST", f"/api/v1{path}", body, key=key or f"key-{next(_numbers)}")

    async def put(self, path: str, body: object, *, key: str | None = None) -> httpx.Response:
        """How a change is answered, accepted or not."""
        return await self.send("PUT", f"/api/v1{path}", body, key=key or f"key-{next(_numbers)}")

    async def patch(self, path: str, body: object, *, key: str | None = None) -> httpx.Response:
        """How a change of some fields is answered, accepted or not."""
        return await self.send("PATCH", f"/api/v1{path}", body, key=key or f"key-{next(_numbers)}")


class Web:
    """A running door, and who may come in by it."""

    def __init__(self, pool: Pool, door: Door, http: httpx.AsyncClient) -> None:
        self.pool = pool
        self.door = door
        self.http = http

    async def token(self, organisation: Id, *scopes: Scope) -> IssuedToken:
        """A token of an organisation with these scopes, or with all."""
        wanted = tuple(scope.value for scope in scopes or Scope)
        issued = await issue_token(
            self.pool, new_id, caller_for(organisation), NewToken("test", wanted)
        )
        assert isinstance(issued, IssuedToken), issued
        return issued

    async def asker(self, organisation: Id, *scopes: Scope) -> Asker:
        """A program of an organisation, with a token of its own."""
        return Asker(self.http, (await self.token(organisation, *scopes)).secret)

    def nobody(self, secret: str | None = None) -> Asker:
        """Someone without a token, or with a wrong one."""
        return Asker(self.http, secret)


@asynccontextmanager
async def open_web(pool: Pool, settings: Settings, log: Any = None) -> AsyncIterator[Web]:  # noqa: ANN401 - any log
    """Open the door over a pool, with an intake of its own."""
    metrics = Metrics()
    desk = open_desk(pool, settings, metrics)
    desk.intake.start()
    door = create_app(
        pool,
        desk,
        settings,
        cast("FilteringBoundLogger", log or NullLog()),
        metrics=metrics,
        passwords=quick_passwords(),
    )
    transport = httpx.ASGITransport(door)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://entrepot") as http:
            yield Web(pool, door, http)
    finally:
        await desk.intake.close()
