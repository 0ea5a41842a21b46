"""Who trades what, and how: the habits that the orders of the demo network follow."""

from __future__ import annotations

from typing import NamedTuple

from entrepot.orders import OrderKind


class Fates(NamedTuple):
    """What becomes of so many of a hundred orders; all others are paid at once and shipped whole.

    `invoiced` ones are paid days later, `abandoned` ones never, `in_parts` ones leave in two
    shipments, `trimmed` ones lose a line before they leave.
    """

    invoiced: int = 0
    abandoned: int = 0
    failed: int = 0
    cancelled: int = 0
    trimmed: int = 0
    in_parts: int = 0
    returned: int = 0
    drafted: int = 0
    changed: int = 0


class Trade(NamedTuple):
    """How the goods of some sellers are ordered, by whom, and when.

    `orders` counts those of a usual Monday, Tuesday and so on; `hours` are the local hours between
    which they come, each span as busy as another. A line has up to `lots_max` times what the
    variant is ordered by. Goods leave at `ships_at` on `ship_days`, goods arrive on `refill_days`.
    """

    sellers: tuple[str, ...]
    buyers: tuple[str, ...]
    prefix: str
    kind: OrderKind
    orders: tuple[int, int, int, int, int, int, int]
    hours: tuple[tuple[int, int], ...]
    lines_max: int
    lots_max: int
    ships_at: int
    ship_days: frozenset[int]
    refill_days: frozenset[int]
    fates: Fates
    zone: str = "Europe/Amsterdam"


_MONDAY, _TUESDAY, _WEDNESDAY, _THURSDAY, _FRIDAY, _SATURDAY, _SUNDAY = range(7)
_WORKDAYS = frozenset(range(5))
_SHOP_DAYS = frozenset(range(6))
_EVERY_DAY = frozenset(range(7))

TRADES = (
    Trade(
        ("de-groothandel",),
        ("de-groothandel",),
        "G",
        "own",
        (8, 6, 6, 9, 7, 1, 0),
        ((8, 12), (13, 17), (9, 11)),
        5,
        4,
        16,
        _WORKDAYS,
        frozenset({_TUESDAY, _FRIDAY}),
        Fates(invoiced=30, cancelled=4, trimmed=4, in_parts=8, returned=5, drafted=4, changed=4),
    ),
    Trade(
        ("winkel-noord",),
        ("winkel-noord",),
        "N",
        "own",
        (3, 3, 4, 6, 6, 8, 2),
        ((10, 13), (13, 18), (14, 17)),
        3,
        2,
        18,
        _EVERY_DAY,
        frozenset({_WEDNESDAY}),
        Fates(returned=6, cancelled=2),
    ),
    Trade(
        ("winkel-zuid",),
        ("winkel-zuid",),
        "Z",
        "own",
        (3, 3, 3, 5, 6, 8, 3),
        ((10, 13), (13, 18), (14, 17)),
        3,
        2,
        18,
        _EVERY_DAY,
        frozenset({_THURSDAY}),
        Fates(returned=6, cancelled=2, drafted=3),
    ),
    Trade(
        ("client-one",),
        ("client-one",),
        "C1",
        "own",
        (4, 4, 3, 3, 3, 4, 6),
        ((8, 17), (19, 22), (20, 23)),
        3,
        1,
        17,
        _SHOP_DAYS,
        frozenset({_MONDAY}),
        Fates(abandoned=8, failed=5, cancelled=5, in_parts=4, returned=8, changed=3),
    ),
    Trade(
        ("client-two",),
        ("client-two",),
        "C2",
        "own",
        (3, 2, 2, 2, 3, 4, 5),
        ((9, 17), (19, 22), (10, 16)),
        4,
        3,
        17,
        _SHOP_DAYS,
        frozenset({_THURSDAY}),
        Fates(abandoned=8, failed=5, cancelled=4, trimmed=5, returned=4),
    ),
    Trade(
        ("jeans-farm",),
        ("hub-a", "hub-b"),
        "B",
        "session",
        (4, 5, 4, 2, 1, 1, 2),
        ((8, 12), (18, 22), (19, 22)),
        4,
        4,
        10,
        frozenset({_FRIDAY}),
        frozenset({_MONDAY, _THURSDAY}),
        Fates(abandoned=4, failed=4, cancelled=6),
    ),
    Trade(
        ("seller-one", "seller-two"),
        ("marketplace",),
        "M",
        "marketplace",
        (2, 2, 2, 2, 3, 4, 3),
        ((9, 17), (18, 22), (11, 15)),
        3,
        2,
        15,
        _WORKDAYS,
        frozenset({_TUESDAY}),
        Fates(cancelled=5, in_parts=14, returned=9),
        "Australia/Melbourne",
    ),
)

SET_ASIDE = frozenset(
    {
        *("CARROTS", "GH-1061", "GH-2024", "GH-3031", "GH-5011", "GH-5041", "GH-5051"),
        *("GH-1031", "GH-1051", "GH-1052", "GH-3012", "GH-3051", "GH-4042"),
        *("WN-105", "WN-107", "WN-120", "WN-125", "WZ-104", "WZ-106", "WZ-115"),
    }
)
"""Skus that the usual trade leaves alone: the README's carrots, and what stories are told with."""
