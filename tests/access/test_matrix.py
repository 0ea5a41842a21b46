"""Every served route with every kind of caller: the table says who may, this tries it.

Nothing here knows a single route. A test tries all rows and reports all that is wrong at once.
"""

from __future__ import annotations

import base64
import re
from typing import Any

import httpx
import msgspec
import pytest

from entrepot.identity.model import make_secret
from entrepot.kernel.caller import Scope
from tests.access.probing import (
    Place,
    Request,
    blurred,
    fresh_request,
    make_request,
    neutral,
    own_request,
    pairs_of,
    places_of,
    told_of,
)
from tests.access.served import SERVED, fields_of
from tests.access.table import ROLES, TABLE, Answer, Example, Row, Who
from tests.access.world import Member, World, absent
from tests.factories.digests import digest_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOTHING: dict[str, object] = {"data": [], "next": None}
# An order on opened stock is answered with the place where the units are held, so that whoever
# compares histories can tell positions apart; an id of a location opens nothing.
# A variant that something is allocated of, or that was transferred, is one like any other.
KNOWN_TO_PARTNERS = frozenset(
    {
        "organisation",
        "slug",
        "variant",
        "sku",
        "held_variant",
        "allocated",
        "location",
        "matched",
        "moved",
        "unmatched",
    }
)
KEPT_OF_SHEETS = frozenset({"audit", "idempotency_keys", "outbox"})
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
NEEDING = [row for row in TABLE if row.who is not Who.ANYBODY]
EXAMPLES = [(row, example) for row in NEEDING for example in row.examples]
FOR_ANYBODY = [
    (row, example) for row in TABLE if row.who is Who.ANYBODY for example in row.examples
]


async def test_without_a_valid_token_all_routes_give_one_answer(world: World) -> None:
    owner = world.owner
    secrets = [None, "", "nonsense", f"ent_app_{'A' * 36}", make_secret("app", bytes(range(32)))]
    secrets += [await dead_token(world, change) for change in DEAD_TOKENS]
    secrets += [await dead_session(world, change) for change in (*DEAD_TOKENS, IDLE)]
    nobodies = [world.web.nobody(secret) for secret in secrets]
    before = await digest_of(world.web.pool)
    answers: dict[str, str] = {}
    for row, example in EXAMPLES:
        requests = [own_request(row, example, owner.things)]
        requests.append(make_request(row, example, lambda _, kind: absent(owner.things[kind])))
        for request in requests:
            for nobody in nobodies:
                response = await request.send(nobody)
                answers.setdefault(f"{response.status_code} {response.text}", row.route)
    assert len(answers) == 1, answers
    assert next(iter(answers)).startswith("401 ")
    assert await digest_of(world.web.pool) == before


async def test_what_anybody_may_ask_says_nothing_of_anybody(world: World) -> None:
    wrong: list[object] = []
    nobody = world.web.nobody()
    for row, example in FOR_ANYBODY:
        request = await fresh_request(row, example, world.stranger)
        response = await request.send(nobody)
        if not succeeded(response) or told_of(response, request, world.owner):
            wrong.append((row.route, response.text))
        for place in places_of(row, example):
            if row.names.get(place.field) is Answer.SECRET:
                things = {**request_things(request), place.kind: absent(request.named[place])}
                refused = await own_request(row, example, things).send(nobody)
                if refused.status_code < 400:
                    wrong.append((row.route, refused.text))
        for pair in pairs_of(row, example, world.stranger.things, world.owner.things):
            foreign = await pair.foreign.send(nobody)
            nobodys = await pair.absent.send(nobody)
            if neutral(foreign, pair.foreign) != neutral(nobodys, pair.absent):
                wrong.append((f"{row.route} {pair.fields}", foreign.text, nobodys.text))
            if not any(answers(row.names[field], foreign) for field in pair.fields):
                wrong.append((f"{row.route} {pair.fields}", foreign.text))
    assert not wrong


async def test_a_route_needs_its_scope_and_no_other(world: World) -> None:
    owner = world.owner
    wrong: list[object] = []
    for row, example in EXAMPLES:
        if isinstance(row.who, Who):
            continue
        without = await owner.asker_with(*(each for each in Scope if each != row.who))
        alone = await owner.asker_with(row.who, *row.hands_out)
        refused = await own_request(row, example, owner.things).send(without)
        if not lacks(refused, row.who):
            wrong.append((row.route, refused.text))
        if example.own:
            request = await fresh_request(row, example, owner)
            allowed = await request.send(alone)
            if not succeeded(allowed):
                wrong.append((row.route, allowed.text))
    assert not wrong


@pytest.mark.parametrize("role", ROLES)
async def test_people_may_what_their_role_says(world: World, role: str) -> None:
    """Asked about what is not there, so that nothing is done."""
    asker, _ = await world.owner.asker_as(role)
    wrong: list[object] = []
    for row, example in EXAMPLES:
        if isinstance(row.who, Who):
            continue
        request = make_request(row, example, lambda _, kind: absent(world.owner.things[kind]))
        response = await request.send(asker)
        if row.who in ROLES[role]:
            if response.status_code in {401, 403}:
                wrong.append((row.route, response.text))
        elif not lacks(response, row.who):
            wrong.append((row.route, response.text))
    assert not wrong


async def test_everybody_may_do_it_with_ones_own(world: World) -> None:
    """Two organisations send the same under the same key, and neither is answered for the other."""
    wrong: list[object] = []
    for number, (row, example) in enumerate(EXAMPLES):
        if not example.own:
            continue
        for member in (world.owner, world.stranger):
            request = await fresh_request(row, example, member)
            asker = member.asker
            if example.by_person:
                asker, things = await member.asker_as("owner")
                request = own_request(row, example, {**member.things, **things})
            response = await request.send(asker, key=f"same-{number}")
            if not succeeded(response) or "idempotent-replayed" in response.headers:
                wrong.append((row.route, member.name, response.text))
            elif Answer.EMPTY in row.names.values() and response.json() == NOTHING:
                wrong.append((row.route, member.name, "the example finds nothing"))
    assert not wrong


@pytest.mark.parametrize("who", ["partner", "former", "stranger"])
async def test_what_is_anothers_answers_like_what_is_not_there(world: World, who: str) -> None:
    asking: Member = getattr(world, who)
    is_partner = asking is world.partner
    known = KNOWN_TO_PARTNERS if is_partner else frozenset()
    wrong: list[object] = []
    # That a sheet was sent is kept, also when every row of it failed.
    for has_sheet, kept in ((False, frozenset[str]()), (True, KEPT_OF_SHEETS)):
        before = await digest_of(world.web.pool)
        for row, example in EXAMPLES:
            if is_partner and example.opened:
                continue  # What a right opens is tried below.
            if bool(example.sheet) == has_sheet:
                wrong += await told_apart(row, example, asking, world.owner, known)
        after = await digest_of(world.web.pool)
        assert {name for name in after if after[name] != before[name]} <= kept
    assert not wrong


async def told_apart(
    row: Row, example: Example, asking: Member, owner: Member, known: frozenset[str]
) -> list[tuple[str, ...]]:
    """Where the owner's things answer other than what is not there, tell of it, or do something."""
    wrong: list[tuple[str, ...]] = []
    for pair in pairs_of(row, example, asking.things, owner.things):
        foreign = await pair.foreign.send(asking.asker)
        nobodys = await pair.absent.send(asking.asker)
        about = f"{row.route} {pair.fields}"
        if neutral(foreign, pair.foreign) != neutral(nobodys, pair.absent):
            wrong.append((about, foreign.text, nobodys.text))
        told = told_of(foreign, pair.foreign, owner, known)
        if told:
            wrong.append((about, "tells", *told))
        if not any(answers(row.names[field], foreign) for field in pair.fields):
            wrong.append((about, "is not what the row says", foreign.text))
    return wrong


async def test_what_is_ones_own_tells_nothing_of_others(world: World) -> None:
    wrong: list[object] = []
    for row, example in EXAMPLES:
        if SERVED[row.route].method != "GET" or not example.own:
            continue
        for asking in world.others:
            known = KNOWN_TO_PARTNERS if asking is world.partner else frozenset[str]()
            request = own_request(row, example, asking.things)
            response = await request.send(asking.asker)
            told = told_of(response, request, world.owner, known)
            if told:
                wrong.append((row.route, asking.name, told))
    assert not wrong


async def test_what_is_no_id_answers_like_what_is_not_there(world: World) -> None:
    asking = world.stranger
    wrong: list[object] = []
    for row, example in EXAMPLES:
        for place in places_of(row, example):
            if not place.field.startswith("path."):
                continue
            answered = set()
            for value in ("nonsense", world.owner.ident, "%00", absent(asking.things[place.kind])):
                request = make_request(
                    row,
                    example,
                    lambda field, kind, place=place, value=value: (  # type: ignore[misc] # ruff wants them bound
                        value if field == place.field else asking.things[kind]
                    ),
                )
                shown = (await request.send(asking.asker)).json()
                answered.add((shown["status"], shown["code"], shown["detail"]))
            if len(answered) != 1:
                wrong.append((row.route, answered))
    assert not wrong


async def test_a_partner_may_use_what_a_right_opens(world: World) -> None:
    """And reads nothing in it that is not for partners."""
    wrong: list[object] = []
    for row, example in EXAMPLES:
        if not example.opened:
            continue
        request = await fresh_request(row, example, world.partner, goods=world.owner)
        response = await request.send(world.partner.asker)
        told = told_of(response, request, world.owner, KNOWN_TO_PARTNERS)
        if not succeeded(response) or response.json() == NOTHING or told:
            wrong.append((row.route, told, response.text))
    assert not wrong


async def test_a_cursor_of_another_is_a_place_in_ones_own_list(world: World) -> None:
    wrong: list[object] = []
    for row in NEEDING:
        if "query.cursor" not in row.names:
            continue
        example = paged_example(row)
        cursor = (await page(row, example, world.owner, limit="1"))["next"]
        assert cursor is not None, f"the owner needs two rows in {row.route}"
        for asking in world.others:
            own = await all_rows(row, example, asking)
            shown = await page(row, example, asking, limit="200", cursor=cursor)
            if not all(each in own for each in shown["data"]):
                wrong.append((row.route, asking.name, shown))
            beside = await page(row, example, asking, limit="200", cursor=moved(cursor))
            # A partner has rows of its own about the owner, at the very place of the cursor.
            if asking is not world.partner and shown["data"] != beside["data"]:
                wrong.append((row.route, asking.name, shown, beside))
    assert not wrong


async def test_a_name_that_another_uses_is_still_free(world: World) -> None:
    wrong: list[object] = []
    for row, example in EXAMPLES:
        for place in places_of(row, example):
            if row.names.get(place.field) is not Answer.FREE or not example.own:
                continue
            taken = (await world.owner.fresh({place.kind}))[place.kind]
            answered = set()
            for name in (taken, absent(taken)):
                kinds = {each.kind for each in places_of(row, example)}
                things = await world.stranger.fresh(kinds)
                own = own_request(row, example, things)
                request = make_request(
                    row,
                    example,
                    lambda field, kind, own=own, place=place, name=name: (  # type: ignore[misc] # as above
                        name if field == place.field else own.named[Place(field, kind)]
                    ),
                )
                response = await request.send(world.stranger.asker)
                text = blurred(response.text, *request.named.values(), *things.values())
                # Lists in it may be sorted by the very name.
                answered.add((response.status_code, *sorted(re.split(r"[][{},]", text))))
            if len(answered) != 1:
                wrong.append((row.route, place.field, answered))
    assert not wrong


async def test_other_methods_are_refused_alike(world: World) -> None:
    """A method that a path does not take says so to everybody, and does nothing."""
    for path in {route.path for route in SERVED.values()}:
        taken: set[str] = {route.method for route in SERVED.values() if route.path == path}
        if "GET" in taken:
            taken.add("HEAD")
        shown = path.replace("{", "").replace("}", "")
        for method in METHODS - taken:
            for asker in (world.web.nobody(), world.stranger.asker):
                response = await asker.send(method, shown)
                assert response.status_code == 405, (method, path)


async def test_asking_for_the_head_needs_a_token_too(world: World) -> None:
    for row in NEEDING:
        if SERVED[row.route].method == "GET":
            request = own_request(row, row.examples[0], world.owner.things)._replace(method="HEAD")
            assert (await request.send(world.web.nobody())).status_code == 401, row.route


def succeeded(response: httpx.Response) -> bool:
    """Whether a request was done, and each part of it."""
    if response.status_code >= 300:
        return False
    if response.headers["content-type"] != "application/json":
        return True
    shown = response.json()
    if isinstance(shown, dict) and shown.get("failed"):
        return False
    parts = shown.get("answers", ()) if isinstance(shown, dict) else ()
    return all(part["status"] < 300 for part in parts)


def lacks(response: httpx.Response, scope: Scope) -> bool:
    """Whether a request was refused for want of a scope, and says which."""
    if response.status_code != 403:
        return False
    shown = response.json()
    facts: dict[str, str] = shown["faults"][0]["facts"]
    return shown["code"] == "identity.scope_missing" and facts == {"scope": scope.value}


def request_things(request: Request) -> dict[str, str]:
    """What a request names, by kind."""
    return {place.kind: value for place, value in request.named.items()}


def answers(answer: Answer, response: httpx.Response) -> bool:
    """Whether a response is what an identifier of somebody else's answers."""
    shown = response.json()
    if answer is Answer.ABSENT:
        return response.status_code == 404 and ".unknown_" in shown["code"]
    if answer is Answer.EMPTY:
        return response.status_code == 200 and shown == NOTHING
    if answer is Answer.HIDDEN:
        return response.status_code == 401
    if answer is Answer.ROW:
        return response.status_code == 200 and (shown["rows"], shown["failed"]) == (1, 1)
    assert answer is Answer.EACH
    return response.status_code == 200 and {part["status"] for part in shown["answers"]} == {404}


def paged_example(row: Row) -> Example:
    """An example with only the query that the route needs, so that the list is long.

    A list that needs no scope is somebody's, and its first example says whose.
    """
    needed = {
        field
        for field, is_needed in fields_of(row.route).items()
        if is_needed and field.startswith("query.")
    }
    if row.who is Who.ANY_CALLER:
        return row.examples[0]
    for example in row.examples:
        query = {name: text for name, text in example.query.items() if f"query.{name}" in needed}
        if len(query) == len(needed):
            return Example(query, using=example.using)
    raise AssertionError(f"no example of {row.route} has all that it needs")


async def page(row: Row, example: Example, member: Member, **paging: str) -> Any:  # noqa: ANN401 - JSON, as it is read
    """A page of a member's own list."""
    request = own_request(row, example, member.things)
    response = await request._replace(query={**request.query, **paging}).send(member.asker)
    assert response.status_code == 200, response.text
    return response.json()


async def all_rows(row: Row, example: Example, asking: Member) -> list[object]:
    """A whole list, however many pages it has. The feed always names a next one."""
    read = await page(row, example, asking, limit="200")
    rows: list[object] = read["data"]
    while read["next"] is not None and read["data"]:
        read = await page(row, example, asking, limit="200", cursor=read["next"])
        rows += read["data"]
    return rows


def moved(cursor: str) -> str:
    """A cursor for a place that nobody's row has, right beside that of another."""
    key = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    last = key[-1]
    if isinstance(last, str):
        key[-1] = last[:-1] + ("1" if last.endswith("0") else "0")
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode("ascii").rstrip("=")


DEAD_TOKENS = ("expires_at = now()", "revoked_at = now()")
IDLE = "seen_at = now() - interval '9 hours'"


async def dead_token(world: World, change: str) -> str:
    """The secret of a token that held, was used where callers are remembered, and holds no more."""
    issued = await world.web.token(world.owner.ident)
    await use(world, issued.secret)
    await write(world, f"UPDATE tokens SET {change} WHERE id = $1", issued.token.id)
    return issued.secret


async def dead_session(world: World, change: str) -> str:
    """The same of a log-in session; one that idles was not used just before."""
    asker, things = await world.owner.asker_as("owner")
    assert asker.secret is not None
    if change != IDLE:
        await use(world, asker.secret)
    await write(world, f"UPDATE log_in_sessions SET {change} WHERE id = $1", things["session"])
    return asker.secret


async def use(world: World, secret: str) -> None:
    """Come in with a secret, by the route that remembers who came."""
    body: dict[str, object] = {"reference": "nothing", "lines": []}
    response = await world.web.nobody(secret).send("POST", "/api/v1/orders", body)
    assert response.status_code == 422, response.text


async def write(world: World, sql: str, wire_id: str) -> None:
    """Change one row, by its id."""
    async with world.web.pool.acquire() as connection:
        await connection.execute(sql, wire_id.partition("_")[2])
