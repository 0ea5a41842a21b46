"""Which addresses something may be sent to: those of single machines on the public internet."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from entrepot.infra.outgoing import (
    AddressNotAllowedError,
    Guard,
    HostNotFoundError,
    Target,
    UrlNotValidError,
    is_outside,
)

INSIDE = [
    "0.0.0.0",  # noqa: S104 - it is not bound to but refused
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "5f00::1",
    "localhost",
]
OUTSIDE = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.1",
    "172.32.0.1",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2606:4700:4700::1111",
    "2a00:1450:4001::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside_are_not_sent_to(address: str) -> None:
    assert not is_outside(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_addresses_outside_are(address: str) -> None:
    assert is_outside(address)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/hook",
        "http://example.com/hook",
        "ftp://example.com/hook",
        "unix:///run/docker.sock",
        "file:///etc/passwd",
        "https:///hook",
        "https://user@example.com/hook",
        "https://user:word@example.com/hook",
        "https://@example.com/hook",
        "https://example.com:80/hook",
        "https://example.com:5432/hook",
        "https://example.com:99999/hook",
        "https://example.com:0x1bb/hook",
        "https://example.com/hook#part",
        "https://example.com\\@127.0.0.1/hook",
        "https://exa mple.com/hook",
        "https://example.com/ho\nok",
        "https://example.com/hook\r\nHost: inside",
        "https://bücher.example/hook",
        "https://[::1/hook",
        "https://-example.com/hook",
        "https://example.com/" + "a" * 2000,
    ],
)
def test_urls_that_nothing_is_sent_to(url: str) -> None:
    with pytest.raises(UrlNotValidError):
        Guard().read_url(url)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://example.com", Target("https", "example.com", 443, "/")),
        ("https://EXAMPLE.com:8443/a?b=c&d", Target("https", "example.com", 8443, "/a?b=c&d")),
        ("https://[2606:4700::1]/a", Target("https", "2606:4700::1", 443, "/a")),
    ],
)
def test_a_url_is_taken_apart_once(url: str, target: Target) -> None:
    assert Guard().read_url(url) == target


def test_inside_is_for_trying_things_out() -> None:
    target = Guard(inside_allowed=True).read_url("http://127.0.0.1:9000/hook")
    assert target == Target("http", "127.0.0.1", 9000, "/hook")


def guard_for(*addresses: str) -> Guard:
    async def resolve(host: str, port: int) -> Sequence[str]:
        del host, port
        return addresses

    return Guard(resolve=resolve)


async def test_one_address_inside_is_enough_to_refuse() -> None:
    with pytest.raises(AddressNotAllowedError):
        await guard_for("93.184.216.34", "10.0.0.1").addresses_of("two.example", 443)


async def test_each_address_is_tried_once() -> None:
    found = await guard_for("93.184.216.34", "93.184.216.34", "1.1.1.1").addresses_of("a", 443)
    assert found == ["93.184.216.34", "1.1.1.1"]


async def test_a_host_without_addresses_is_not_found() -> None:
    with pytest.raises(HostNotFoundError):
        await guard_for().addresses_of("none.example", 443)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "::1", "localhost"],
)
async def test_however_a_host_writes_this_machine_it_is_refused(host: str) -> None:
    with pytest.raises((AddressNotAllowedError, HostNotFoundError)):
        await Guard().addresses_of(host, 443)
