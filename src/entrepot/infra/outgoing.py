"""Sends requests to addresses that others chose, and only to addresses outside.

A name is resolved once, every address it has is checked, and the connection is made to one that
was: a name server that changes its mind in between changes nothing. Redirects are not followed,
proxies of the environment are not used, and little of an answer is read.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import httpcore
import msgspec

from entrepot.infra.clock import monotonic_seconds, utc_now
from entrepot.infra.settings import Settings

TIMEOUT_SECONDS: Final = 15.0
ANSWER_BYTES_MAX: Final = 16 * 1024
ANSWER_SECONDS_MAX: Final = 2.0
"""How long the rest of an answer is waited for once its status is known."""
URL_LENGTH_MAX: Final = 2000
PORTS: Final = frozenset({443, 8443})
RESOLVE_SECONDS: Final = 5.0
RESOLVERS: Final = 64
"""Names that are looked up at once."""
ADDRESSES_TRIED_MAX: Final = 3
CONNECT_SECONDS: Final = 4.0
"""How long one address may take to answer, so that the next ones have their turn."""
RETRY_AFTER_SECONDS_MAX: Final = 86_400
KEEP_ALIVE_SECONDS: Final = 5.0

# A look-up goes on in its thread after nobody waits for it any more. Threads of its own keep names
# whose servers are slow from whatever else the process does in threads.
_RESOLVERS: Final = ThreadPoolExecutor(RESOLVERS, thread_name_prefix="resolve")

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""From a host and a port to its addresses; raises OSError when there are none."""

_URL: Final = re.compile(r"[!-~]+")
_HOST: Final = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?|\[[0-9a-f:.]+\]", re.IGNORECASE)
_PORT_OF: Final[Mapping[str, int]] = {"https": 443, "http": 80}

# Inside by their use, though some are not private by name: what `ipaddress` leaves open differs
# from one release of Python to the next.
_INSIDE_V4: Final = tuple(
    ipaddress.IPv4Network(each)
    for each in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_OUTSIDE_V6: Final = ipaddress.IPv6Network("2000::/3")
_INSIDE_V6: Final = tuple(
    ipaddress.IPv6Network(each) for each in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


class UrlNotValidError(Exception):
    """An address that nothing may be sent to by its form; the message says what it must be."""


class AddressNotAllowedError(Exception):
    """A host that lies inside, or one of whose addresses does."""


class HostNotFoundError(Exception):
    """A host that has no address now."""


class Target(msgspec.Struct, frozen=True):
    """Where to send to, taken apart once: what was checked is what is connected to."""

    scheme: str
    host: str
    port: int
    path: str


class Answered(msgspec.Struct, frozen=True):
    """An answer came: its status, how long it took, and after how many seconds to come back."""

    status: int
    milliseconds: int
    retry_after: int | None = None


class Fetched(msgspec.Struct, frozen=True):
    """What was at an address, whole."""

    body: bytes


class Unanswered(msgspec.Struct, frozen=True):
    """No answer came; `error` says why in a few words of ours."""

    error: str
    milliseconds: int


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, as this machine resolves it. Raises OSError."""
    loop = asyncio.get_running_loop()
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    async with asyncio.timeout(RESOLVE_SECONDS):
        found = await loop.run_in_executor(_RESOLVERS, look_up)
    return [str(each[4][0]) for each in found]


def is_outside(address: str) -> bool:
    """Whether an address is one on the public internet, of a single machine."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped
        if inner is None and found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
        if inner is None:
            return found in _OUTSIDE_V6 and not any(found in each for each in _INSIDE_V6)
        found = inner
    return not any(found in each for each in _INSIDE_V4)


class Guard:
    """Decides which addresses may be sent to."""

    def __init__(self, *, inside_allowed: bool = False, resolve: Resolve = resolve) -> None:
        self.inside_allowed = inside_allowed
        self._resolve = resolve

    def read_url(self, url: str) -> Target:
        """Take a URL apart. Raises UrlNotValidError."""
        says = "Give an address such as https://example.com/hook"
        if len(url) > URL_LENGTH_MAX or _URL.fullmatch(url) is None or "\\" in url:
            raise UrlNotValidError(f"{says}: at most {URL_LENGTH_MAX} printable ASCII characters.")
        try:
            parts = urlsplit(url)
            host, given = parts.hostname or "", parts.port
        except ValueError as error:
            raise UrlNotValidError(f"{says}; its host or port cannot be read.") from error
        schemes = ("https", "http") if self.inside_allowed else ("https",)
        if parts.scheme not in schemes:
            raise UrlNotValidError(f"{says}; it begins with https://.")
        if "@" in parts.netloc:
            raise UrlNotValidError(f"{says}; it holds no user name and no password.")
        shown = f"[{host}]" if ":" in host else host
        if _HOST.fullmatch(shown) is None:
            raise UrlNotValidError(f"{says}; write the host in ASCII, as in xn--bcher-kva.example.")
        if parts.fragment:
            raise UrlNotValidError(f"{says}; nothing stands behind a #.")
        port = _PORT_OF[parts.scheme] if given is None else given
        if not self.inside_allowed and port not in PORTS:
            raise UrlNotValidError(f"{says}; its port is 443 or 8443.")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Target(parts.scheme, host, port, path)

    async def addresses_of(self, host: str, port: int) -> Sequence[str]:
        """Resolve a host and check every address that it has.

        Raises HostNotFoundError, and AddressNotAllowedError when any address lies inside.
        """
        try:
            found = await self._resolve(host, port)
        except (OSError, UnicodeError, TimeoutError) as error:
            raise HostNotFoundError from error
        if not found:
            raise HostNotFoundError
        if not self.inside_allowed and not all(is_outside(each) for each in found):
            raise AddressNotAllowedError
        return list(dict.fromkeys(found))


class _PinnedBackend(httpcore.AsyncNetworkBackend):
    """Connects to an address that the guard has just checked; the name is not looked up again."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the name that the library gives it
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first of the host's addresses that answers."""
        addresses = await self._guard.addresses_of(host, port)
        failed: Exception = HostNotFoundError()
        for address in addresses[:ADDRESSES_TRIED_MAX]:
            try:
                return await self._inner.connect_tcp(
                    address,
                    port,
                    CONNECT_SECONDS if timeout is None else min(timeout, CONNECT_SECONDS),
                    local_address,
                    socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the name that the library gives it
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Nothing is ever sent to a socket of this machine."""
        del path, timeout, socket_options
        raise AddressNotAllowedError

    async def sleep(self, seconds: float) -> None:
        """Wait, for the library's own retries, which are off."""
        await self._inner.sleep(seconds)


class Outgoing:
    """An HTTP client for addresses that others chose; close it when it is no longer needed."""

    def __init__(self, guard: Guard, tls: ssl.SSLContext | None = None) -> None:
        if tls is None:
            tls = httpcore.default_ssl_context()
            tls.load_default_certs()  # authorities that this machine's owner trusts besides
        self.guard = guard
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=None,
            max_keepalive_connections=100,
            keepalive_expiry=KEEP_ALIVE_SECONDS,
            http2=False,
            retries=0,
            network_backend=_PinnedBackend(guard),
        )

    async def post(
        self,
        url: str,
        headers: Mapping[str, str],
        content: bytes,
        seconds: float = TIMEOUT_SECONDS,
    ) -> Answered | Unanswered:
        """Send a request and wait so long for its status; whatever goes wrong is returned."""
        began = monotonic_seconds()
        try:
            target = self.guard.read_url(url)
            async with asyncio.timeout(seconds):
                status, retry_after = await self._send(target, headers, content)
        except Exception as error:  # noqa: BLE001 - the other side can break in any way it likes
            return Unanswered(_words_for(error), _milliseconds_since(began))
        return Answered(status, _milliseconds_since(began), retry_after)

    async def get(self, url: str, bytes_max: int) -> Fetched | Unanswered:
        """Fetch what is at an address, in 15 s and in so many bytes at most."""
        began = monotonic_seconds()
        try:
            target = self.guard.read_url(url)
            async with asyncio.timeout(TIMEOUT_SECONDS):
                body = await self._receive(target, bytes_max)
        except Exception as error:  # noqa: BLE001 - the other side can break in any way it likes
            return Unanswered(_words_for(error), _milliseconds_since(began))
        if body is None:
            return Unanswered("not answered with what was asked", _milliseconds_since(began))
        return Fetched(body)

    async def aclose(self) -> None:
        """Let all connections go."""
        await self._pool.aclose()

    async def _send(
        self, target: Target, headers: Mapping[str, str], content: bytes
    ) -> tuple[int, int | None]:
        async with self._pool.stream(
            "POST", _url_of(target), headers=list(headers.items()), content=content
        ) as response:
            # The status says it all; the rest is only read so that the connection may be kept.
            with suppress(TimeoutError, httpcore.ProtocolError, httpcore.NetworkError):
                async with asyncio.timeout(ANSWER_SECONDS_MAX):
                    await _read_little(response)
            return response.status, _retry_after_of(response)

    async def _receive(self, target: Target, bytes_max: int) -> bytes | None:
        """What is answered, when it is answered at all and not too long."""
        parts, size = [], 0
        async with self._pool.stream("GET", _url_of(target)) as response:
            if response.status != HTTPStatus.OK:
                return None
            async for part in response.aiter_stream():
                size += len(part)
                if size > bytes_max:
                    return None
                parts.append(part)
        return b"".join(parts)


def _url_of(target: Target) -> httpcore.URL:
    host = f"[{target.host}]" if ":" in target.host else target.host
    return httpcore.URL(scheme=target.scheme, host=host, port=target.port, target=target.path)


async def _read_little(response: httpcore.Response) -> None:
    """Read an answer up to 16 KiB; what is longer is cut off with its connection."""
    size = 0
    async for part in response.aiter_stream():
        size += len(part)
        if size > ANSWER_BYTES_MAX:
            return


def _retry_after_of(response: httpcore.Response) -> int | None:
    """After how many seconds the other side wants to be asked again, at most a day."""
    for name, value in response.headers:
        if name.lower() != b"retry-after":
            continue
        text = value.decode("latin-1").strip()
        if text.isascii() and text.isdigit():
            return min(int(text[:9]), RETRY_AFTER_SECONDS_MAX)
        with suppress(ValueError, TypeError, OverflowError):
            seconds = int((parsedate_to_datetime(text) - utc_now()).total_seconds())
            return min(max(seconds, 0), RETRY_AFTER_SECONDS_MAX)
    return None


def _words_for(error: Exception) -> str:
    """Say in a few words why no answer came. Nothing that the other side said is repeated."""
    match error:
        case UrlNotValidError():
            return "url not valid"
        case AddressNotAllowedError():
            return "address not allowed"
        case HostNotFoundError():
            return "host not found"
        case TimeoutError() | httpcore.TimeoutException():
            return "timed out"
        case httpcore.ConnectError() if isinstance(error.__cause__, ssl.SSLError) or (
            "certificate" in str(error).lower() or "ssl" in str(error).lower()
        ):
            return "tls failed"
        case httpcore.ConnectError():
            return "cannot connect"
        case httpcore.NetworkError() | httpcore.ProtocolError():
            return "connection broke off"
        case _:
            return "cannot be sent"


def _milliseconds_since(began: float) -> int:
    return round((monotonic_seconds() - began) * 1000)


def open_guard(settings: Settings) -> Guard:
    """The guard of this installation."""
    return Guard(inside_allowed=settings.webhooks_inside)
