"""Sending to addresses that others chose: what is checked is what is connected to, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from entrepot.infra import outgoing
from entrepot.infra.outgoing import Answered, Guard, Outgoing, Unanswered
from tests.factories.receiver import Answer, Receiver, open_receiver


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A program that is told what happened."""
    async with open_receiver() as opened:
        yield opened


@pytest.fixture
async def client() -> AsyncIterator[Outgoing]:
    """A client that may send to this machine."""
    made = Outgoing(Guard(inside_allowed=True))
    yield made
    await made.aclose()


async def test_a_request_arrives_as_it_was_sent(receiver: Receiver, client: Outgoing) -> None:
    answer = await client.post(receiver.url + "?a=b", {"webhook-id": "act_1"}, b'{"a":1}')
    assert isinstance(answer, Answered)
    assert (answer.status, answer.retry_after) == (204, None)
    (got,) = receiver.received
    assert (got.path, got.body) == ("/hook?a=b", b'{"a":1}')
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert got.headers["webhook-id"] == "act_1"


async def test_redirects_are_not_followed(receiver: Receiver, client: Outgoing) -> None:
    async with open_receiver() as inside:
        receiver.answer = lambda _: Answer(302, (("Location", inside.url),))
        answer = await client.post(receiver.url, {}, b"")
        assert isinstance(answer, Answered)
        assert answer.status == 302
        assert inside.received == []


async def test_the_address_that_was_checked_is_the_one_connected_to(receiver: Receiver) -> None:
    asked: list[str] = []

    async def changing(host: str, port: int) -> Sequence[str]:
        """A name server that says something else each time it is asked."""
        del port
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.9"]

    client = Outgoing(Guard(inside_allowed=True, resolve=changing))
    url = f"http://changing.example:{receiver.port}/hook"
    answer = await client.post(url, {}, b"")
    await client.aclose()
    assert isinstance(answer, Answered)
    assert asked == ["changing.example"], "it was asked once, and what it said was used"
    assert receiver.received[0].headers["host"] == f"changing.example:{receiver.port}"


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::ffff:127.0.0.1"]]
)
async def test_a_name_that_has_moved_inside_is_not_sent_to(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    moved = False

    async def resolve(host: str, port: int) -> Sequence[str]:
        del host, port
        return addresses if moved else ["93.184.216.34"]

    # The one port that the stub could be reached at, so that nothing but its address is in the way.
    monkeypatch.setattr(outgoing, "PORTS", frozenset({receiver.port}))
    guard = Guard(resolve=resolve)
    client = Outgoing(guard)
    assert await guard.addresses_of("moving.example", receiver.port) == ["93.184.216.34"]
    moved = True
    answer = await client.post(f"https://moving.example:{receiver.port}/hook", {}, b"")
    await client.aclose()
    assert isinstance(answer, Unanswered)
    assert answer.error == "address not allowed"
    assert receiver.received == []


@pytest.mark.parametrize("url", ["http://example.com/", "https://example.com:22/", "unix:///run/x"])
async def test_a_url_is_read_again_when_it_is_sent_to(url: str) -> None:
    client = Outgoing(Guard())
    answer = await client.post(url, {}, b"")
    await client.aclose()
    assert isinstance(answer, Unanswered)
    assert answer.error == "url not valid"


async def test_who_never_answers_is_given_up(receiver: Receiver, client: Outgoing) -> None:
    receiver.answer = lambda _: Answer(seconds=30)
    answer = await client.post(receiver.url, {}, b"", 0.2)
    assert isinstance(answer, Unanswered)
    assert answer.error == "timed out"
    assert 150 <= answer.milliseconds < 20_000


async def test_who_is_not_there_or_hangs_up_is_told_apart(
    receiver: Receiver, client: Outgoing
) -> None:
    receiver.answer = lambda _: Answer(silent=True)
    hung_up = await client.post(receiver.url, {}, b"")
    assert isinstance(hung_up, Unanswered)
    assert hung_up.error == "connection broke off"
    async with open_receiver() as gone:
        url = gone.url
    away = await client.post(url, {}, b"")
    assert isinstance(away, Unanswered)
    assert away.error == "cannot connect"


async def test_a_plain_server_is_no_https(client: Outgoing) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Speak Plainly\r\n\r\n")
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    answer = await client.post(f"https://127.0.0.1:{port}/hook", {}, b"")
    server.close()
    assert isinstance(answer, Unanswered)
    assert answer.error == "tls failed"


async def test_a_status_counts_whatever_becomes_of_the_rest(
    receiver: Receiver, client: Outgoing
) -> None:
    receiver.answer = lambda _: Answer(200, body=b"half", breaks_off=True)
    answer = await client.post(receiver.url, {}, b"")
    assert isinstance(answer, Answered)
    assert answer.status == 200


async def test_little_of_a_long_answer_is_read(receiver: Receiver, client: Outgoing) -> None:
    receiver.answer = lambda _: Answer(200, body=b"a" * 50_000_000)
    async with asyncio.timeout(60):
        answer = await client.post(receiver.url, {}, b"")
    assert isinstance(answer, Answered)
    assert answer.status == 200


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("999999999999", 86_400),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2415 07:28:00 GMT", 86_400),
        ("-5", None),
        ("soon", None),
        ("", None),
    ],
)
async def test_retry_after_is_read_with_care(
    receiver: Receiver, client: Outgoing, value: str, seconds: int | None
) -> None:
    receiver.answer = lambda _: Answer(503, (("Retry-After", value),))
    answer = await client.post(receiver.url, {}, b"")
    assert isinstance(answer, Answered)
    assert answer.retry_after == seconds
