"""Run one batch as one transaction: claim, lock, read, decide, write.

The one order in which locks are taken, everywhere: idempotency keys by key; orders by
(organisation, id); positions by (owner, variant, location). What a decision rests on is read by a
separate statement after the last lock was granted: the locking statement itself still shows old
versions of rows it did not lock. A fixed number of statements runs, whatever the batch's size.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from entrepot import stock
from entrepot.identity import TOKEN_NOT_VALID
from entrepot.infra.deciding import deciding
from entrepot.infra.ground import Act, Claim, claim_keys, write_ground
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import key_reused
from entrepot.kernel import ids
from entrepot.kernel.demand import HoldKey, PositionKey, WantedPosition
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse
from entrepot.notices import raise_notices
from entrepot.orders import store
from entrepot.orders.model import (
    ActOnOrder,
    BatchDecided,
    CountStock,
    Decision,
    Facts,
    Happened,
    Notice,
    Order,
    PlaceOrder,
    Postponed,
    ReturnGoods,
    Submission,
    decide_batch_purely,
    followed_reference,
    positions_of,
    survey_submissions,
    variants_of,
)

CANDIDATES_MAX = 200
"""Waiting orders looked at for one variant in one batch; the recheck cursor keeps the rest."""

OWNERS_MAX = 200_000
"""How many variants' owners a process remembers."""

_ENCODER = msgspec.json.Encoder()


class NeedsCareError(Exception):
    """A batch of plain placings met something that asks for the orders behind it to be locked."""


class Accepted(msgspec.Struct, frozen=True):
    """What was accepted: the act's id and the answer as JSON, the same however often it is sent."""

    act: Id
    body: bytes
    replayed: bool = False


Result = Accepted | Refusal | Postponed


def by_the_clock(now: datetime) -> datetime:
    """The moment at which a batch happens: the one that the database's clock shows."""
    return now


class BatchTools(msgspec.Struct, frozen=True):
    """What a batch works with: the pool, a source of ids, and whose variants are known to be.

    `moment` says when the batch happens, given what the database's clock shows. Only who tells a
    history answers anything else, and never an earlier moment than before: the rows of a position
    rise with time.
    """

    pool: Pool
    new_id: Callable[[], Id]
    owners: dict[Id, Id]
    moment: Callable[[datetime], datetime] = by_the_clock


async def run_batch(
    tools: BatchTools, submissions: Sequence[Submission], *, careful: bool
) -> list[Result]:
    """Decide submissions in one transaction and answer each, in order.

    Plain placings may run without `careful`; it costs the statements that find, lock and read
    existing orders. Raises `NeedsCareError` (having changed nothing) when a plain batch turns out
    to need them. Results that are postponed changed nothing and should be sent again.
    """
    async with tools.pool.acquire() as connection:
        await _learn_owners(tools, connection, submissions)
        async with deciding(connection):
            return await _Batch(tools, connection, submissions, careful=careful).run()


async def _learn_owners(
    tools: BatchTools, connection: Connection, submissions: Sequence[Submission]
) -> None:
    """Look up whose variants are named, once: an owner never changes."""
    owners = tools.owners
    unknown = {
        variant
        for submission in submissions
        for variant in variants_of(submission.command)
        if variant not in owners
    }
    if unknown:
        if len(owners) > OWNERS_MAX:
            owners.clear()
        owners.update(await store.read_variant_owners(connection, sorted(unknown)))


class _Batch:
    """The state of one batch while it runs."""

    def __init__(
        self,
        tools: BatchTools,
        connection: Connection,
        submissions: Sequence[Submission],
        *,
        careful: bool,
    ) -> None:
        self.tools = tools
        self.connection = connection
        self.submissions = submissions
        self.careful = careful
        self.results: dict[int, Result] = {}
        self.firsts: dict[tuple[Id, str], int] = {}
        self.live: list[tuple[int, Submission]] = []
        self.replays: list[tuple[int, Submission]] = []
        self.gaining: list[tuple[Id, Id, bool]] = []
        self.acted: list[tuple[Id, Id, bool]] = []
        self.waiting: list[store.Candidate] = []
        self.order_keys: list[tuple[Id, Id]] = []
        self.orders: dict[tuple[Id, Id], Order] = {}
        self.figures: list[stock.Figures] = []
        self.cursors: dict[PositionKey, str | None] = {}

    async def run(self) -> list[Result]:
        """Claim, lock, read, decide, write."""
        await self._claim()
        survey = survey_submissions([each for _, each in self.live], self.tools.owners)
        self.gaining, self.acted = survey.gaining, survey.acted
        variants = survey.variants
        if self.careful and self.live:
            variants |= await self._lock_orders()
        if variants:
            await self._lock_positions(sorted(variants))
        facts, answered = await self._read_facts(variants)
        self._answer_replays(answered)
        self._refuse_dead_tokens(facts)
        book = stock.Book(
            self.figures, {key[1]: each.next_hold_no for key, each in self.orders.items()}
        )
        expired = await self._expire(facts, answered, book)
        decided = decide_batch_purely(
            facts,
            [pair for pair in self.live if pair[0] not in self.results],
            [(each.organisation, each.order) for each in self.waiting],
            lambda demand: stock.decide(book, demand),
            self.tools.new_id,
        )
        await self._write(facts, book, decided, expired)
        self._answer_twins()
        return [self.results[number] for number in range(len(self.submissions))]

    async def _claim(self) -> None:
        """Claim each distinct key once; what was claimed before is a replay."""
        claims = []
        for number, each in enumerate(self.submissions):
            twin = (each.organisation, each.key)
            if not each.key:
                self.live.append((number, each))
            elif twin not in self.firsts:
                self.firsts[twin] = number
                claims.append(Claim(each.organisation, each.key, each.content_hash, each.act))
        claimed = await claim_keys(self.connection, claims) if claims else set()
        for number in self.firsts.values():
            each = self.submissions[number]
            (self.live if each.act in claimed else self.replays).append((number, each))
        self.live.sort(key=lambda pair: pair[0])

    async def _lock_orders(self) -> set[tuple[Id, Id]]:
        """Find and lock the orders acted on or considered; return their lines' variants."""
        connection = self.connection
        found = await store.read_candidates(connection, self.gaining, self.acted, CANDIDATES_MAX)
        keys = {(organisation, order) for organisation, order, _ in self.acted}
        keys.update((each.organisation, each.order) for each in found)
        counts = [
            (each.organisation, each.command.variant, each.command.location, each.command.on_hand)
            for _, each in self.live
            if isinstance(each.command, CountStock) and each.command.variant
        ]
        if counts:
            keys.update(await stock.read_holds_to_give_up(connection, counts))
        if not keys:
            return set()
        locked = sorted(await store.lock_orders(connection, sorted(keys)))
        self.order_keys = locked
        return set(await store.read_line_variants(connection, locked)) if locked else set()

    async def _lock_positions(self, variants: list[tuple[Id, Id]]) -> None:
        """Lock every position of the variants; a plain batch that finds more to do needs care."""
        missing: list[WantedPosition] = []
        if self.careful:
            for _, each in self.live:
                missing += positions_of(each, self.tools.owners)
            missing += await self._places_for_returns()
        locked = await stock.lock_stock(self.connection, variants, missing)
        self.figures = [figures for figures, _ in locked]
        self.cursors = {figures.key: cursor for figures, cursor in locked}
        if not self.careful:
            found = {(key.owner, key.variant) for key in self.cursors}
            if len(found) != len(variants) or any(
                cursor is not None for cursor in self.cursors.values()
            ):
                raise NeedsCareError

    async def _places_for_returns(self) -> list[WantedPosition]:
        """List the positions that goods come back to, where that is not where they left from."""
        places = {
            (each.organisation, each.command.order): each.command.location
            for _, each in self.live
            if isinstance(each.command, ReturnGoods) and each.command.location is not None
        }
        if not places:
            return []
        found = await store.read_line_variants(self.connection, sorted(places))
        return [
            WantedPosition(owner, variant, location, buyer, any_will_do=False)
            for owner, variant in found
            for buyer, location in {(key[0], location) for key, location in places.items()}
        ]

    async def _read_facts(self, variants: set[tuple[Id, Id]]) -> tuple[Facts, store.Answered]:
        """Read, after the last lock, everything the decisions rest on."""
        if self.order_keys:
            await self._read_orders()
        answered = await store.read_facts(self.connection, self._asked(variants))
        if answered.freeing and not self.careful:
            raise NeedsCareError
        if self.careful and self.live:  # later than the clock, so that what it freed is looked at
            gaining = [*self.gaining, *((*each, True) for each in answered.freeing)]
            self.waiting = await store.read_candidates(
                self.connection, gaining, self.acted, CANDIDATES_MAX
            )
        locked: dict[tuple[Id, Id], list[PositionKey]] = {}
        for figures in self.figures:
            locked.setdefault((figures.key.owner, figures.key.variant), []).append(figures.key)
        facts = Facts(
            self.tools.moment(answered.now),
            answered.variants,
            answered.rights,
            answered.locations,
            locked,
            answered.tokens,
            answered.references,
            answered.waits_holding,
            self.orders,
        )
        return facts, answered

    async def _read_orders(self) -> None:
        """Read the locked orders, their lines and holds."""
        self.orders = await store.read_orders(self.connection, self.order_keys)
        by_id = {order.id: order for order in self.orders.values()}
        owners = {(line.owner, order.id) for order in by_id.values() for line in order.lines}
        live, converted = await stock.read_order_holds(self.connection, sorted(owners))
        for hold in live:
            by_id[hold.key.order].holds.append(hold)
        for hold, units in converted:
            by_id[hold.key.order].shipped_from.append((hold.line_no, hold.position, units))

    def _asked(self, variants: set[tuple[Id, Id]]) -> store.Asked:
        """List the facts to ask for, each once."""
        rights: set[tuple[Id, Id, str]] = set()
        references = [
            (order.organisation, followed_reference(order))
            for order in self.orders.values()
            if order.policy == "allow_split"
        ]
        organisations = {order.organisation for order in self.orders.values()}
        for _, each in self.live:
            command = each.command
            kind = ""
            if isinstance(command, PlaceOrder):
                kind = command.kind
                references.append((each.organisation, command.reference))
            elif isinstance(command, ActOnOrder):
                order = self.orders.get((each.organisation, command.order))
                kind = "" if order is None else order.kind
                rights.update(
                    (line.owner, each.organisation, kind) for line in (order.lines if order else ())
                )
            if kind == "own":
                organisations.add(each.organisation)
            elif kind:
                rights.update(
                    (owner, each.organisation, kind)
                    for variant in variants_of(command)
                    if (owner := self.tools.owners.get(variant)) is not None
                )
        tokens = {each.token for each in self.submissions if each.token is not None}
        keys = [(each.organisation, each.key, each.content_hash) for _, each in self.replays]
        return store.Asked(
            sorted(variants),
            sorted(rights),
            sorted({owner for owner, _ in variants}),
            sorted(tokens),
            references,
            sorted(organisations),
            keys,
        )

    def _answer_replays(self, answered: store.Answered) -> None:
        """Answer keys that were claimed before from what was said then."""
        for number, each in self.replays:
            stored = answered.stored.get((each.organisation, each.key))
            if stored is None:
                self.results[number] = Postponed("the key was forgotten, for its age, meanwhile")
            elif not stored.same_content:
                self.results[number] = key_reused(each.key)
            else:
                assert stored.answer is not None, "a claimed key has its act's audit row"
                again = stored.act != each.act  # else it is our own, whose commit went unanswered
                self.results[number] = Accepted(stored.act, stored.answer, replayed=again)

    def _refuse_dead_tokens(self, facts: Facts) -> None:
        """Refuse what a token asked that was revoked or expired meanwhile."""
        for number, each in enumerate(self.submissions):
            if each.token is not None and each.token not in facts.live_tokens:
                self.results[number] = refuse(
                    TOKEN_NOT_VALID, "This token was revoked or has expired. Ask for a new one."
                )

    async def _expire(self, facts: Facts, answered: store.Answered, book: stock.Book) -> Id | None:
        """End the holds on locked positions whose limit has passed, before anything else."""
        if not answered.freeing:
            return None
        holds = await stock.read_expired_holds(self.connection, answered.freeing, facts.now)
        act = self.tools.new_id()
        stock.expire(book, [hold for hold in holds if hold.position in book.positions], act)
        gone = {hold.key for hold in holds}
        for order in self.orders.values():
            for hold in order.holds:
                if hold.key in gone:
                    line = next(each for each in order.lines if each.line_no == hold.line_no)
                    line.held -= hold.quantity
            order.holds = [hold for hold in order.holds if hold.key not in gone]
        return act

    async def _write(
        self, facts: Facts, book: stock.Book, decided: BatchDecided, expired: Id | None
    ) -> None:
        """Write everything that happened, one statement an area, and answer it."""
        happened = list(decided.besides)
        acts = [_act(each, None) for each in happened]
        freed = []
        for number, each in self.live:
            result = self.results.get(number) or decided.results.get(number)
            if isinstance(result, Decision):
                happened.append(Happened(each.organisation, each.act, result))
                acts.append(_act(happened[-1], each))
                self.results[number] = Accepted(each.act, acts[-1].answer)
            elif result is None:
                assert not each.key, "only house-keeping has no result of its own"
                self.results[number] = Accepted(each.act, b"{}")
            else:
                self.results[number] = result
                if each.key:
                    freed.append((each.organisation, each.key))
        if happened or expired or freed or self.careful:
            await self._write_rows(facts, book, happened, acts, freed)

    async def _write_rows(
        self,
        facts: Facts,
        book: stock.Book,
        happened: list[Happened],
        acts: list[Act],
        freed: list[tuple[Id, str]],
    ) -> None:
        connection = self.connection
        placed: dict[tuple[Id, Id], Order] = {}
        changed: dict[tuple[Id, Id], Order] = {}
        lifted: list[HoldKey] = []
        notices: list[Notice] = []
        # Acts are decided in another order than they came in, so an order is written as the facts
        # have it in the end, not as any one of its decisions does.
        for decision in (each.decision for each in happened):
            for order in decision.placed:
                key = (order.organisation, order.id)
                placed[key] = facts.orders[key]
            for order in decision.changed:
                key = (order.organisation, order.id)
                if key not in placed:
                    changed[key] = facts.orders[key]
            lifted += decision.lifted
            notices += decision.notices
        for order in (*placed.values(), *changed.values()):
            order.next_hold_no = book.hold_numbers.get(order.id, 1)
        cursors = self._next_cursors(book) if self.careful else []
        await stock.write_stock(connection, facts.now, book, lifted, cursors)
        if placed:
            await store.place_orders(connection, list(placed.values()))
        if changed:
            await store.change_orders(connection, list(changed.values()))
        if placed or changed:
            await store.queue_lines(connection, list(placed.values()), list(changed.values()))
        if notices:
            await raise_notices(connection, facts.now, notices, self.tools.new_id)
        if acts or freed:
            await write_ground(connection, facts.now, acts, freed)

    def _next_cursors(self, book: stock.Book) -> list[tuple[Id, Id, Id, str | None]]:
        """Say for each position where the next look at those who wait begins, where that changes.

        A waiting order that appeared only after the locks were taken, or more of them than one
        batch looks at, leave the cursor set for the next batch.
        """
        looked: dict[tuple[Id, Id], list[store.Candidate]] = {}
        for each in self.waiting:
            looked.setdefault((each.owner, each.variant), []).append(each)
        cursors: list[tuple[Id, Id, Id, str | None]] = []
        for key, before in self.cursors.items():
            candidates = looked.get((key.owner, key.variant), [])
            unlocked = any(
                (each.organisation, each.order) not in self.orders for each in candidates
            )
            figures = book.positions[key]
            after: str | None = None
            if figures.available:
                if unlocked:
                    after = ""
                elif len(candidates) >= CANDIDATES_MAX:
                    after = candidates[-1].place
            if after != before:
                cursors.append((*key, after))
        return cursors

    def _answer_twins(self) -> None:
        """Answer keys that came twice in one batch like the first of them."""
        for number, each in enumerate(self.submissions):
            if number in self.results:
                continue
            first = self.firsts[each.organisation, each.key]
            result = self.results[first]
            if self.submissions[first].content_hash != each.content_hash:
                result = key_reused(each.key)
            elif isinstance(result, Refusal) and result.code == TOKEN_NOT_VALID:
                result = Postponed("the twin's token is dead, this one's is not")
            elif isinstance(result, Accepted):
                result = Accepted(result.act, result.body, replayed=True)
            self.results[number] = result


def _act(each: Happened, submission: Submission | None) -> Act:
    """Write the audit row of something that happened; its answer is what the caller is told."""
    decision = each.decision
    prefix = ids.VARIANT if decision.act.startswith("stock.") else ids.ORDER
    return Act(
        each.organisation,
        each.act,
        None if submission is None else submission.token,
        decision.act,
        prefix + decision.subject,
        _ENCODER.encode(decision.answer),
        None if submission is None else submission.request,
    )
