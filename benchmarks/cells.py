"""The cells of the table: what is sent, how, and by how many; and the ratios that are promised."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from benchmarks.world import Shelves, Spread

Kind = Literal["pgbench", "intake", "rest"]
Figure = Literal["rate", "cpu", "application", "postgres"]


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One workload."""

    name: str
    title: str
    kind: Kind
    callers: int
    spread: Spread = "even"
    script: str = ""
    """The pgbench script of a floor."""
    orders: int = 1
    """Orders in one request or transaction."""
    processes: int = 1
    """Web processes."""
    batch_max: int = 256
    shelves: Shelves | None = None
    """Where the buyers have variants of their own and order those: what of them is their own."""
    in_sessions: bool = False
    """Whether the orders are checkouts in sales sessions, which hold until they are paid."""

    @property
    def transfers(self) -> int:
        """How many of an order's two lines a partner has to meet."""
        return 0 if self.shelves is None else self.shelves.transfers


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """A promise: a figure of a cell against the best such figure of its floor's cells."""

    cell: str
    floor: tuple[str, ...]
    floor_title: str
    figure: Figure
    bound: float

    @property
    def title(self) -> str:
        words = {
            "rate": "orders/s",
            "cpu": "CPU an order",
            "application": "CPU an order, application",
            "postgres": "CPU an order, PostgreSQL",
        }
        return words[self.figure]

    def is_met(self, ratio: float) -> bool:
        """Rates are to reach the bound, CPU is to stay within it."""
        return ratio >= self.bound if self.figure == "rate" else ratio <= self.bound


def _floor(name: str, title: str, script: str, clients: int, spread: Spread = "even") -> Cell:
    return Cell(
        name=f"{name}-{clients}",
        title=f"{title}, {clients} clients",
        kind="pgbench",
        callers=clients,
        script=script,
        spread=spread,
    )


FLOOR_A: Final = (
    *[_floor("a-statements", "A, statements", "statements", n) for n in (8, 16)],
    *[_floor("a-one", "A, one statement", "one_statement", n) for n in (8, 16)],
)
FLOOR_A_HOT: Final = (
    *[
        _floor("a-hot-statements", "A, one product, statements", "statements_hot", n, "hot")
        for n in (8, 16)
    ],
    *[
        _floor("a-hot-one", "A, one product, one statement", "one_statement_hot", n, "hot")
        for n in (8, 16)
    ],
)
FLOOR_B: Final = tuple(
    msgspec.structs.replace(_floor("b", "B, 100 orders a transaction", "set_based", n), orders=100)
    for n in (1, 2)
)
INTAKE: Final = (
    Cell(name="intake-1", title="in process, 1 caller", kind="intake", callers=1),
    Cell(name="intake-64", title="in process, 64", kind="intake", callers=64),
    Cell(name="intake-256", title="in process, 256", kind="intake", callers=256),
    Cell(
        name="intake-hot-64",
        title="in process, one product, 64",
        kind="intake",
        callers=64,
        spread="hot",
    ),
    Cell(
        name="intake-hot-256",
        title="in process, one product, 256",
        kind="intake",
        callers=256,
        spread="hot",
    ),
    Cell(
        name="intake-80-20-64",
        title="in process, 80/20, 64",
        kind="intake",
        callers=64,
        spread="80-20",
    ),
)
REST: Final = (
    Cell(name="rest-1", title="REST, 1 caller", kind="rest", callers=1),
    Cell(name="rest-8", title="REST, 8", kind="rest", callers=8),
    Cell(name="rest-64", title="REST, 64", kind="rest", callers=64),
    Cell(name="rest-256", title="REST, 256", kind="rest", callers=256),
    Cell(name="rest-hot-64", title="REST, one product, 64", kind="rest", callers=64, spread="hot"),
    Cell(
        name="rest-bulk",
        title="REST, 1,000 orders a request, 2 callers",
        kind="rest",
        callers=2,
        orders=1_000,
        batch_max=1_000,
    ),
    Cell(
        name="rest-two",
        title="REST, two web processes, 64",
        kind="rest",
        callers=64,
        processes=2,
    ),
)
EXTRA: Final = (
    Cell(
        name="intake-bulk",
        title="in process, 1,000 orders at once, 2 callers",
        kind="intake",
        callers=2,
        orders=1_000,
        batch_max=1_000,
    ),
)
"""Measured only when named."""


def _own(name: str, title: str, shelves: Shelves) -> tuple[Cell, Cell]:
    small, large = [
        Cell(
            name=f"{name}-{callers}",
            title=f"own variants, {title}, {callers}",
            kind="intake",
            callers=callers,
            spread="own",
            shelves=shelves,
        )
        for callers in (64, 256)
    ]
    return small, large


OWN: Final = _own("own", "no partners", Shelves(stocked=2, matched=False))
TRANSFER: Final = (
    *_own("beside", "partners beside them", Shelves(stocked=2, matched=True)),
    *_own("transfer", "one line by transfer", Shelves(stocked=1, matched=True)),
    *_own("transfers", "both lines by transfer", Shelves(stocked=0, matched=True)),
)

SESSIONS: Final = tuple(
    Cell(
        name=f"checkout-{callers}",
        title=f"checkout holds in sales sessions, {callers}",
        kind="intake",
        callers=callers,
        in_sessions=True,
    )
    for callers in (64, 256)
)

USUAL: Final = (*FLOOR_A, *FLOOR_A_HOT, *FLOOR_B, *INTAKE, *REST, *SESSIONS)
CONSIGNMENT: Final = (*OWN, *TRANSFER)
CELLS: Final = {cell.name: cell for cell in (*USUAL, *CONSIGNMENT, *EXTRA)}


PLAIN: Final = INTAKE[1:3]
"""Orders of the same size through the same batch, which checkouts are held against."""


def _bar(cell: str, floor: tuple[Cell, ...], figure: Figure, bound: float) -> Bar:
    titles = {
        FLOOR_A: "A",
        FLOOR_A_HOT: "A, one product",
        FLOOR_B: "B",
        OWN[:1]: "no partners",
        OWN[1:]: "no partners",
        PLAIN[:1]: "plain placing",
        PLAIN[1:]: "plain placing",
    }
    return Bar(
        cell=cell,
        floor=tuple(each.name for each in floor),
        floor_title=titles[floor],
        figure=figure,
        bound=bound,
    )


PARTS: Final[tuple[Figure, ...]] = ("cpu", "application", "postgres")
BARS: Final = (
    _bar("rest-64", FLOOR_A, "cpu", 1.0),
    _bar("rest-64", FLOOR_A, "rate", 0.65),
    _bar("rest-256", FLOOR_A, "rate", 0.9),
    _bar("intake-hot-64", FLOOR_A_HOT, "rate", 4.0),
    _bar("rest-hot-64", FLOOR_A_HOT, "rate", 2.0),
    _bar("rest-bulk", FLOOR_B, "cpu", 2.0),
    _bar("rest-bulk", FLOOR_B, "postgres", 1.2),
    _bar("intake-256", FLOOR_B, "cpu", 2.0),
    _bar("intake-256", FLOOR_B, "postgres", 1.4),
    _bar("intake-64", FLOOR_B, "cpu", 2.75),
    _bar("intake-64", FLOOR_B, "postgres", 1.75),
    _bar("checkout-64", PLAIN[:1], "rate", 0.7),
    _bar("checkout-256", PLAIN[1:], "rate", 0.7),
    *[
        _bar(f"{name}-{callers}", floor, figure, 2.0)
        for name in ("beside", "transfer", "transfers")
        for callers, floor in ((64, OWN[:1]), (256, OWN[1:]))
        for figure in PARTS
    ],
)
