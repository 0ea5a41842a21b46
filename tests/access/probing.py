"""Asks at a route of the table with one's own, another's or nobody's identifiers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any, NamedTuple, TypeAlias

import httpx

from tests.access.served import SERVED
from tests.access.table import Answer, Example, Row
from tests.access.world import Member, absent
from tests.factories.web import Asker

Naming: TypeAlias = Callable[[str, str], str]
"""Says what stands at a field for a kind of thing."""

UNTRIED = frozenset({None, Answer.FREE, Answer.OWN, Answer.SECRET})
"""What stands in a request and names nothing of somebody else's."""

_HOLE = re.compile(r"\{(\w+)\}")
_keys = count(1)


class Place(NamedTuple):
    """A place of a request that names something: the field, and the kind of what it names."""

    field: str
    kind: str


class Request(NamedTuple):
    """A request to send, and the identifiers that stand in it, by their places."""

    method: str
    path: str
    query: dict[str, str]
    body: object
    sheet: dict[str, str]
    named: dict[Place, str]

    async def send(self, asker: Asker, key: str | None = None) -> httpx.Response:
        """Send it, with a key where it is an act."""
        is_act = self.method not in {"GET", "HEAD"}
        headers = {"X-Request-Id": "same"}
        content = None
        if self.sheet:
            headers["Content-Type"] = "text/csv"
            rows = (self.sheet.keys(), self.sheet.values())
            content = "".join(",".join(row) + "\r\n" for row in rows).encode()
        return await asker.send(
            self.method,
            self.path,
            self.body,
            key=(key or f"probe-{next(_keys)}") if is_act else None,
            query=self.query,
            content=content,
            headers=headers,
        )


def places_of(row: Row, example: Example) -> list[Place]:
    """Where an example names something."""
    found: list[Place] = []

    def note(field: str, kind: str) -> str:
        found.append(Place(field, kind))
        return kind

    make_request(row, example, note)
    return list(dict.fromkeys(found))


def make_request(row: Row, example: Example, naming: Naming) -> Request:
    """Fill an example in."""
    route = SERVED[row.route]
    named: dict[Place, str] = {}

    def fill(field: str, text: str) -> str:
        def one(match: re.Match[str]) -> str:
            kind = match[1]
            value = naming(field, kind)
            named[Place(field, kind)] = value
            return value

        return _HOLE.sub(one, text)

    def walk(field: str, value: Any) -> Any:  # noqa: ANN401 - any JSON
        if isinstance(value, dict):
            return {name: walk(f"{field}.{name}", each) for name, each in value.items()}
        if isinstance(value, list):
            return [walk(f"{field}[]", each) for each in value]
        return fill(field, value) if isinstance(value, str) else value

    def step(match: re.Match[str]) -> str:
        kind = example.using.get(match[1], match[1])
        return fill(f"path.{match[1]}", f"{{{kind}}}")

    path = _HOLE.sub(step, route.path)
    query = {name: fill(f"query.{name}", text) for name, text in example.query.items()}
    sheet = {name: fill(f"sheet.{name}", text) for name, text in example.sheet.items()}
    return Request(route.method, path, query, walk("body", example.body), sheet, named)


def own_request(row: Row, example: Example, things: Mapping[str, str]) -> Request:
    """Fill an example in with what somebody has, and with names that are still free."""

    def naming(field: str, kind: str) -> str:
        is_free = row.names.get(field) is Answer.FREE
        return absent(things[kind]) if is_free else things[kind]

    return make_request(row, example, naming)


async def fresh_request(
    row: Row, example: Example, member: Member, goods: Member | None = None
) -> Request:
    """Fill an example in with things of a member that nothing was done with yet.

    `goods` is whose they are, where they are not the member's own. Reading does nothing.
    """
    if SERVED[row.route].method == "GET":
        return own_request(row, example, (goods or member).things)
    kinds = {place.kind for place in places_of(row, example)}
    return own_request(row, example, await (goods or member).fresh(kinds))


class Pair(NamedTuple):
    """Two requests that must be answered alike: one names another's things, one nobody's."""

    foreign: Request
    absent: Request
    fields: tuple[str, ...]


def pairs_of(
    row: Row, example: Example, own: Mapping[str, str], foreign: Mapping[str, str]
) -> Iterator[Pair]:
    """Every identifier alone, then all of them, as somebody else's and as nobody's."""
    nobody = {kind: absent(value) for kind, value in foreign.items()}
    fields = [
        place.field
        for place in places_of(row, example)
        if row.names.get(place.field) not in UNTRIED
    ]
    choices: list[tuple[str, ...]] = [(field,) for field in fields]
    if len(fields) > 1:
        choices.append(tuple(fields))
    for chosen in choices:

        def naming(things: Mapping[str, str], chosen: tuple[str, ...] = chosen) -> Naming:
            free = {kind: absent(value) for kind, value in own.items()}

            def name(field: str, kind: str) -> str:
                if field in chosen:
                    return things[kind]
                return free[kind] if row.names.get(field) is Answer.FREE else own[kind]

            return name

        yield Pair(
            make_request(row, example, naming(foreign)),
            make_request(row, example, naming(nobody)),
            chosen,
        )


def neutral(response: httpx.Response, request: Request) -> tuple[int, str, list[tuple[str, str]]]:
    """An answer without what the request itself said: its status, its body and its headers."""
    text = response.text
    for value in sorted(request.named.values(), key=len, reverse=True):
        text = text.replace(value, "...")
    # A report of an import names the content of its sheet.
    text = re.sub(r'"sheet":"[^"]*"', "", text)
    headers = [each for each in response.headers.items() if each[0] != "content-length"]
    return response.status_code, text, headers


def told_of(
    response: httpx.Response, request: Request, owner: Member, known: frozenset[str] = frozenset()
) -> list[str]:
    """What an answer gives away of an owner's that the request did not say itself.

    `known` are the kinds that the asker may know.
    """
    said = set(request.named.values())
    told = [value for kind, value in owner.things.items() if kind not in {*known, "password"}]
    text = f"{response.headers} {response.text}"
    return [each for each in told if each not in said and each in text]


def blurred(text: str, *chosen: str) -> str:
    """An answer without ids, times and the names that were chosen."""
    for value in chosen:
        text = text.replace(value, "...")
    text = re.sub(r"\b([a-z]{3}_)[0-9a-f]{32}", r"\1", text)
    text = re.sub(r"ent_[a-z]{3}_(\.\.\.)?[0-9A-Za-z-]+", "secret", text)
    text = re.sub(r'"(legacy_id|sheet)":[^,]*', "", text)
    return re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "time", text)
