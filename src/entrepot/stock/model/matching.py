"""Matching a history with the ledger: which row is whose, what is lost, what nobody asked for.

Answers that name their versions are looked up by them; all others (answers without a version,
writes that were never answered) are looked up by order, kind and units. A row has one owner.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TypeAlias

from entrepot.kernel.quantity import quantity_text
from entrepot.stock.model.recorded import Breach, BreachKind, Part, Row, Write, sum_units

Place: TypeAlias = tuple[str, int]
"""A position and one of its versions."""
Wanted: TypeAlias = tuple[str | None, str, frozenset[tuple[str, Decimal]]]
"""An order, a kind of row, and the units at each position."""


def claim_versions(writes: Iterable[Write], breaches: list[Breach]) -> None:
    """Take the versions that answers name, without a ledger to compare them with."""
    claims: dict[Place, Write] = {}
    for write in writes:
        if write.is_known:
            for part in write.parts:
                if part.version is not None:
                    _claim(claims, write, (part.position, part.version), breaches)
                    write.points.append((part.position, part.version, part))


class Matching:
    """Finds the rows of each write."""

    def __init__(self, rows: Sequence[Row], breaches: list[Breach]) -> None:
        """Index the ledger."""
        self.breaches = breaches
        self.rows: dict[Place, Row] = {}
        self.owners: dict[Place, Write] = {}
        self.claims: dict[Place, Write] = {}
        self.acts: dict[str, list[Row]] = {}
        self.unfound: dict[tuple[str | None, str], Write] = {}
        for row in sorted(rows, key=lambda each: each.version):
            if (row.position, row.version) in self.rows:
                says = f"The ledger has version {row.version} of {row.position} twice."
                breaches.append(Breach(BreachKind.VERSION_TWICE, row.position, says))
            self.rows[row.position, row.version] = row
            self.acts.setdefault(row.act, []).append(row)

    def match(self, writes: Sequence[Write]) -> None:
        """Give every write its rows, then say what is lost, torn or asked by nobody."""
        left = [write for write in writes if not (write.is_numbered and self._take_named(write))]
        free = self._free_acts()
        # Answered ones first, then the earliest: the most that can be explained is.
        for write in sorted(left, key=lambda each: (not each.is_known, each.invoked)):
            found = free.get((write.order, write.kind, write.units()))
            if found:
                self._take_rows(write, found.popleft())
            else:
                self.unfound[write.order, write.kind] = write
                if write.is_known:
                    self._miss(write)
        self._find_unasked()

    def _take_named(self, write: Write) -> bool:
        """Take the rows of the versions that were answered, if they are this write's indeed."""
        acts: set[str] = set()
        is_right = True
        for part in write.parts:
            assert part.version is not None, "a numbered write names all its versions"
            place = (part.position, part.version)
            _claim(self.claims, write, place, self.breaches)
            row = self.rows.get(place)
            if row is None or not _is_of(row, write, part):
                is_right = False
                self._contradict(write, part, row)
            else:
                acts.add(row.act)
        if len(acts) > 1:
            self._tear(write, f"has its rows in {len(acts)} acts")
        if is_right:
            for part in write.parts:
                assert part.version is not None, "a numbered write names all its versions"
                self._own(write, (part.position, part.version), part)
        return is_right

    def _contradict(self, write: Write, part: Part, row: Row | None) -> None:
        """Say that the ledger does not have what was answered."""
        says = f"Line {write.lines[0]} was answered version {part.version} of {part.position}, "
        if row is None:
            says += "which the ledger does not have."
        else:
            units = quantity_text(row.quantity)
            says += f"which is another's in the ledger: {row.kind} {units} for {row.order or '-'}."
        self.breaches.append(Breach(BreachKind.FIGURES_DIFFER, part.position, says, write.lines))

    def _free_acts(self) -> dict[Wanted, deque[list[Row]]]:
        """Sort the rows without an owner by order, kind and units; those of one act go together."""
        free: dict[Wanted, deque[list[Row]]] = {}
        for rows in self.acts.values():
            kinds: dict[tuple[str | None, str], list[Row]] = {}
            for row in rows:
                if (row.position, row.version) not in self.owners:
                    kinds.setdefault((row.order, row.kind), []).append(row)
            for (order, kind), some in kinds.items():
                units = sum_units((row.position, row.quantity) for row in some)
                free.setdefault((order, kind, units), deque()).append(some)
        return free

    def _take_rows(self, write: Write, rows: Iterable[Row]) -> None:
        """Own rows that were found by what they do; a part says more only where it is alone."""
        for row in rows:
            same = [part for part in write.parts if part.position == row.position]
            alone = same[0] if len(same) == 1 and same[0].version == row.version else None
            self._own(write, (row.position, row.version), alone)

    def _own(self, write: Write, place: Place, part: Part | None) -> None:
        self.owners.setdefault(place, write)
        write.points.append((*place, part))

    def _miss(self, write: Write) -> None:
        """Say that an answered write is nowhere, or not whole."""
        where = ", ".join(sorted({part.position for part in write.parts}))
        says = f"Line {write.lines[0]} ({write.kind} at {where}) was accepted, but "
        says += "the ledger has no rows that do this."
        position = write.parts[0].position if len(write.parts) == 1 else None
        self.breaches.append(Breach(BreachKind.LOST, position, says, write.lines))

    def _tear(self, write: Write, says: str) -> None:
        sentence = (
            f"Order {write.order or '-'} of line {write.lines[0]} {says}; it needs one whole."
        )
        self.breaches.append(Breach(BreachKind.TORN, None, sentence, write.lines))

    def _find_unasked(self) -> None:
        """Name each row without an owner, but for what goes with an owned act or by itself.

        A count releases holds of many orders. Limits pass without anybody asking.
        """
        asked: dict[tuple[str | None, str], Write] = {}
        for place, write in self.owners.items():
            asked[write.order, self.rows[place].kind] = write
        for act in self.acts.values():
            own = [self.owners.get((row.position, row.version)) for row in act]
            counts = any(write is not None and write.kind == "count" for write in own)
            for row, owner in zip(act, own, strict=True):
                if owner is not None or counts or row.kind == "expire":
                    continue
                beside = next((each for each in own if each is not None), None)
                self._tell_unasked(row, beside, asked.get((row.order, row.kind)))

    def _tell_unasked(self, row: Row, beside: Write | None, twin: Write | None) -> None:
        if beside is not None:
            self._tear(beside, f"has a row more than was answered, at {row.position}")
            return
        partial = self.unfound.get((row.order, row.kind))
        if partial is not None and row.order is not None:
            self._tear(partial, f"is in the ledger in part only, with version {row.version}")
            return
        says = f"Version {row.version} of {row.position} ({row.kind} {quantity_text(row.quantity)}"
        says += f" for {row.order or '-'}) is in the ledger, but nobody asked for it"
        lines: tuple[int, ...] = ()
        if twin is not None and row.order is not None:
            says += " a second time"
            lines = twin.lines
        self.breaches.append(Breach(BreachKind.UNASKED, row.position, says + ".", lines))


def _claim(claims: dict[Place, Write], write: Write, place: Place, breaches: list[Breach]) -> None:
    """Take a version for a write; it must be nobody else's."""
    other = claims.setdefault(place, write)
    if other is not write:
        says = f"Lines {other.lines[0]} and {write.lines[0]} both were answered version {place[1]}"
        lines = (*other.lines, *write.lines)
        says += f" of {place[0]}."
        breaches.append(Breach(BreachKind.VERSION_TWICE, place[0], says, lines))


def _is_of(row: Row, write: Write, part: Part) -> bool:
    """Whether a row does what was answered of it."""
    return (
        row.kind == write.kind
        and row.order == write.order
        and (part.quantity is None or row.quantity == part.quantity)
    )
