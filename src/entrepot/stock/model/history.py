"""Checking a recorded history against what a sound ledger promises, in O(n log n).

Every change of a position has a version of its own, and answers name it. So nothing has to be
searched: the versions give the order, and each operation is looked up in it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Final, NamedTuple, TypeAlias

from entrepot.kernel.quantity import ZERO, quantity_text
from entrepot.stock.model.matching import Matching, claim_versions
from entrepot.stock.model.recorded import (
    ALWAYS,
    INSUFFICIENT,
    NEVER,
    Breach,
    BreachKind,
    History,
    Opening,
    Operation,
    Part,
    Row,
    Told,
    Write,
    gather_writes,
)

Figures: TypeAlias = tuple[Decimal, Decimal, Decimal]
"""On hand, held, allocated."""

_PROMISES: Final = frozenset({"hold", "adjust"})


class Step(NamedTuple):
    """A version of a position: whose it is, and what is answered and written of it."""

    version: int
    write: Write | None
    part: Part | None
    row: Row | None


class Moment:
    """A version as it became current: since when it may, and by when it must have been so."""

    __slots__ = ("available", "completed", "figures", "invoked", "lines", "version")

    def __init__(self, version: int, write: Write | None, figures: Figures | None) -> None:
        """Without a write the times are unknown, without figures so is what was available."""
        self.version = version
        self.invoked = ALWAYS if write is None else write.invoked
        self.completed = NEVER if write is None else write.completed
        self.lines = () if write is None else write.lines
        self.figures = figures
        self.available = None if figures is None else figures[0] - figures[1] - figures[2]


class Sight(NamedTuple):
    """An answer that shows a version: a read, a refusal with its facts, or a write's own."""

    version: int
    is_read: bool
    invoked: float
    completed: float
    lines: tuple[int, ...]


def check_history(history: History, watch: Callable[[str], None] = lambda _: None) -> list[Breach]:
    """Find everything in a history that a sound ledger never does.

    `watch` is told which position is looked at.
    """
    breaches: list[Breach] = []
    writes = gather_writes(history.operations, breaches)
    if history.rows is None:
        claim_versions(writes, breaches)
    else:
        Matching(history.rows, breaches).match(writes)
    everything = _Everything(history)
    everything.add_versions(writes)
    everything.add_sights()
    for position, seen in sorted(everything.positions.items()):
        watch(position)
        _Position(position, seen, breaches).check()
    return breaches


class _Seen:
    """Everything about one position."""

    __slots__ = ("has_ledger", "open_parts", "opening", "reads", "refusals", "steps")

    def __init__(self, opening: Opening, *, has_ledger: bool) -> None:
        self.opening = opening
        self.has_ledger = has_ledger
        self.steps: dict[int, Step] = {}
        self.open_parts = 0
        self.reads: list[tuple[Told, Part]] = []
        self.refusals: list[tuple[Told, Part, Decimal]] = []


class _Everything:
    """What is known of every position."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.positions: dict[str, _Seen] = {}

    def at(self, position: str) -> _Seen:
        """What is known of one."""
        if position not in self.positions:
            opening = self.history.openings.get(position, Opening(position))
            has_ledger = self.history.rows is not None
            self.positions[position] = _Seen(opening, has_ledger=has_ledger)
        return self.positions[position]

    def add_versions(self, writes: Iterable[Write]) -> None:
        """Add the versions of the ledger and of what was answered."""
        for row in self.history.rows or ():
            steps = self.at(row.position).steps
            steps[row.version] = Step(row.version, None, None, row)
        for write in writes:
            for position, version, part in write.points:
                steps = self.at(position).steps
                known = steps.get(version)
                if known is None or known.write is None:
                    written = None if known is None else known.row
                    steps[version] = Step(version, write, part, written)
            for part in write.parts:
                self.at(part.position).open_parts += part.version is None or not write.is_known

    def add_sights(self) -> None:
        """Add what was read, and what was refused for want of stock."""
        for told in self.history.operations:
            each = told.operation
            if each.kind == "read" and each.outcome == "ok":
                for part in each.parts:
                    self.at(part.position).reads.append((told, part))
            elif each.outcome == "refused" and each.code == INSUFFICIENT:
                for part, need in _needs(each):
                    self.at(part.position).refusals.append((told, part, need))


def _needs(refused: Operation) -> Iterable[tuple[Part, Decimal]]:
    """What a refusal says was not there: the parts it tells more of, or its only one.

    Parts at one position were asked for together, so that what was told of one of them alone is
    no figure of the position.
    """
    if refused.kind not in _PROMISES:
        return
    sign = 1 if refused.kind == "hold" else -1
    together: dict[str, list[Part]] = {}
    for part in refused.parts:
        together.setdefault(part.position, []).append(part)
    for parts in together.values():
        if len(together) == 1 or any(part.available is not None for part in parts):
            need = sum((part.quantity or ZERO for part in parts), ZERO) * sign
            told = parts[0]
            if len(parts) > 1:
                told = Part(told.position, version=told.version)
            yield told, need


class _Position:
    """Checks one position."""

    def __init__(self, position: str, seen: _Seen, breaches: list[Breach]) -> None:
        self.position = position
        self.seen = seen
        self.breaches = breaches
        self.moments: list[Moment] = []
        self.versions: list[int] = []

    def check(self) -> None:
        self._replay()
        self.versions = [each.version for each in self.moments]
        sights = [
            Sight(each.version, False, each.invoked, each.completed, each.lines)  # noqa: FBT003 - the field is named in the type
            for each in self.moments
        ]
        for told, part in self.seen.reads:
            self._compare_read(told, part, sights)
        for told, part, _ in self.seen.refusals:
            self._compare_read(told, part, sights)
        self._check_order(sights)
        self._check_refusals()

    def _tell(self, kind: BreachKind, sentence: str, lines: Iterable[int] = ()) -> None:
        self.breaches.append(Breach(kind, self.position, sentence, tuple(lines)))

    def _replay(self) -> None:
        """Replay the writes in the order of their versions, and compare each with its answer."""
        opening = self.seen.opening
        figures: Figures | None = (opening.on_hand, opening.held, opening.allocated)
        first = Moment(opening.version, None, figures)
        first.completed = ALWAYS
        self.moments.append(first)
        missing: list[int] = []
        for version in sorted(self.seen.steps):
            step = self.seen.steps[version]
            if version <= opening.version:
                says = f"{self.position} opened at version {opening.version}, yet {version} is new."
                self._tell(BreachKind.VERSION_TWICE, says, step.write.lines if step.write else ())
                continue
            gap = range(self.moments[-1].version + 1, version)
            if gap:
                missing += gap
                self.moments.append(Moment(version - 1, None, None))
                figures = None
            figures = self._step(step, figures)
        if len(missing) > (0 if self.seen.has_ledger else self.seen.open_parts):
            named = ", ".join(str(each) for each in missing[:10]) + ("..." if missing[10:] else "")
            says = f"{self.position} lacks versions that nothing explains: {named}."
            self._tell(BreachKind.VERSION_MISSING, says)

    def _step(self, step: Step, before: Figures | None) -> Figures | None:
        """Make one version's figures and compare them with what was answered and written."""
        lines = step.write.lines if step.write else ()
        figures = _after(step, before)
        if step.row is not None:
            written = (step.row.on_hand, step.row.held, step.row.allocated)
            if figures not in {None, written}:
                says = f"The ledger's figures after version {step.version} of {self.position} are "
                says += f"{_text(written)}, but its rows make {_text(figures)}."
                self._tell(BreachKind.FIGURES_DIFFER, says, lines)
            figures = written
        if figures is None:
            figures = None if step.part is None else _answered(step.part)
        elif step.part is not None:
            self._compare(step.part, figures, lines)
        moment = Moment(step.version, step.write, figures)
        last = self.moments[-1].available
        if moment.available is not None and moment.available < ZERO and (last is None or last >= 0):
            says = f"Version {step.version} of {self.position} promises "
            says += f"{quantity_text(-moment.available)} more than is on hand."
            self._tell(BreachKind.OVERSOLD, says, lines)
        self.moments.append(moment)
        return figures

    def _compare(self, part: Part, figures: Figures, lines: Sequence[int]) -> None:
        """Compare what an answer says of a version with the figures that version has."""
        on_hand, held, allocated = figures
        available = on_hand - held - allocated
        answered = (part.on_hand, part.held, part.allocated, part.available)
        real = (on_hand, held, allocated, available if available > ZERO else ZERO)
        if any(a is not None and a != b for a, b in zip(answered, real, strict=True)):
            says = f"Line {lines[0]} was answered {_text(answered)} for version {part.version} of "
            says += f"{self.position}, which has {_text(real)}."
            self._tell(BreachKind.FIGURES_DIFFER, says, lines)

    def _compare_read(self, told: Told, part: Part, sights: list[Sight]) -> None:
        """Compare a read with the version it shows, and note when that version was seen."""
        if part.version is None:
            return
        times = told.operation.invoked, told.operation.ended
        sights.append(Sight(part.version, True, *times, (told.line,)))  # noqa: FBT003 - the field is named in the type
        place = bisect_left(self.versions, part.version)
        if place == len(self.versions) or self.versions[place] != part.version:
            if self.seen.has_ledger or self.versions[-1] < part.version:
                self._tell_unknown(told.line, part.version)
        elif (figures := self.moments[place].figures) is not None:
            self._compare(part, figures, (told.line,))

    def _tell_unknown(self, line: int, version: int) -> None:
        """Say that a version was shown which nothing made; an open write may have made it."""
        if self.seen.has_ledger or not self.seen.open_parts:
            says = f"Line {line} shows version {version} of {self.position}, which nothing made."
            self._tell(BreachKind.EARLY_READ, says, (line,))

    def _check_order(self, sights: list[Sight]) -> None:
        """What was answered before something was asked has no higher version than that.

        Two sweeps, so that each late read or write and each early read is told once.
        """
        sights.sort(key=attrgetter("version", "is_read"))
        first_done: Sight | None = None
        for level in reversed(_levels(sights)):
            for each in level:
                if first_done is not None and first_done.completed < each.invoked:
                    if each.is_read:
                        self._tell_pair(BreachKind.STALE_READ, first_done, each)
                    elif not first_done.is_read:
                        self._tell_pair(BreachKind.OUT_OF_ORDER, first_done, each)
            first_done = min((*level, first_done or level[0]), key=attrgetter("completed"))
        last_asked: Sight | None = None
        for each in sights:
            if not each.is_read:
                if last_asked is None or each.invoked > last_asked.invoked:
                    last_asked = each
            elif last_asked is not None and each.completed < last_asked.invoked:
                self._tell_pair(BreachKind.EARLY_READ, each, last_asked)

    def _tell_pair(self, kind: BreachKind, earlier: Sight, later: Sight) -> None:
        """Tell of two operations, the earlier of which has the higher version."""
        one, other = _name(earlier), _name(later)
        says = f"{one} ended before {other} began, yet has version {earlier.version} of "
        says += f"{self.position}, and the later one {later.version}."
        self._tell(kind, says, (*earlier.lines, *later.lines))

    def _check_refusals(self) -> None:
        """A refusal for want of stock needs a version in its window that had too little."""
        if not self.seen.refusals:
            return
        asked_up_to: list[float] = []
        for each in self.moments:
            before = asked_up_to[-1] if asked_up_to else ALWAYS
            asked_up_to.append(max(before, each.invoked))
        done_from: list[float] = []
        for each in reversed(self.moments):
            done_from.append(min(done_from[-1] if done_from else NEVER, each.completed))
        done_from.reverse()
        lowest = _Lowest([_or_nothing(each.available) for each in self.moments])
        for told, part, need in self.seen.refusals:
            first = max(bisect_left(done_from, told.operation.invoked) - 1, 0)
            last = max(bisect_right(asked_up_to, told.operation.ended) - 1, first)
            if lowest.between(first, last) >= need:
                versions = f"{self.moments[first].version} to {self.moments[last].version}"
                says = f"Line {told.line} was refused {quantity_text(need)} of {part.position}, "
                says += f"though every version it can have met ({versions}) had that much."
                self._tell(BreachKind.REFUSED_IN_VAIN, says, (told.line,))


class _Lowest:
    """The least of any stretch of a list, in constant time once it is built."""

    def __init__(self, values: list[Decimal]) -> None:
        self.tables = [values]
        width = 1
        while 2 * width <= len(values):
            last = self.tables[-1]
            pairs = zip(last, last[width:], strict=False)
            self.tables.append([one if one < other else other for one, other in pairs])
            width *= 2

    def between(self, first: int, last: int) -> Decimal:
        """The least from `first` to `last`, both included."""
        power = (last - first + 1).bit_length() - 1
        table = self.tables[power]
        return min(table[first], table[last + 1 - (1 << power)])


def _levels(sights: Sequence[Sight]) -> list[list[Sight]]:
    """Sights of one version and sort together: between those, no order is promised."""
    levels: list[list[Sight]] = []
    for each in sights:
        if levels and levels[-1][0][:2] == each[:2]:
            levels[-1].append(each)
        else:
            levels.append([each])
    return levels


def _after(step: Step, before: Figures | None) -> Figures | None:
    """The figures that a version makes of those before it; None where they cannot be known."""
    if before is None:
        return None
    on_hand, held, allocated = before
    if step.row is not None:
        return (
            on_hand + step.row.on_hand_change,
            held + step.row.held_change,
            allocated + step.row.allocated_change,
        )
    if step.part is None or step.part.quantity is None or step.write is None:
        return None
    quantity, kind = step.part.quantity, step.write.kind
    if kind == "hold":
        return on_hand, held + quantity, allocated
    if kind in {"release", "expire"}:
        return on_hand, held - quantity, allocated
    if kind == "ship":
        return on_hand - quantity, held - quantity, allocated
    if kind == "count":
        return quantity, held, allocated
    return on_hand + quantity, held, allocated


def _answered(part: Part) -> Figures | None:
    """The figures that an answer tells whole, to go on from."""
    if part.on_hand is None or part.held is None:
        return None
    return part.on_hand, part.held, part.allocated or ZERO


def _or_nothing(available: Decimal | None) -> Decimal:
    """What was available; where nobody knows, less than anything, which excuses a refusal."""
    return Decimal("-Infinity") if available is None else available


def _name(sight: Sight) -> str:
    return f"Line {sight.lines[0]}" if sight.lines else "What opened the position"


def _text(figures: Sequence[Decimal | None] | None) -> str:
    words = ("on hand", "held", "allocated", "available")
    pairs = zip(figures or (), words, strict=False)
    return ", ".join(f"{quantity_text(each)} {word}" for each, word in pairs if each is not None)
