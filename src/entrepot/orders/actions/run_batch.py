"""Run one batch as one transaction: claim, lock, read, decide, write.

The one order in which locks are taken, everywhere: idempotency keys by key; selling windows by
(organisation, id), shared to place in them; orders by (organisation, id); partnerships by
(wholesaler, id), shared; positions by (owner, variant, location), which keep their allocations too.
What a decision rests on is read by separate statements after the last lock was granted: the locking
statement itself still shows old versions of rows it did not lock. A fixed number of statements
runs, whatever the batch's size.
"""

from collections.abc import Callable, Collection, Iterable, Sequence

import msgspec

from entrepot import stock
from entrepot.infra.clock import Moment, by_the_clock
from entrepot.infra.deciding import deciding
from entrepot.infra.ground import Claim, claim_keys
from entrepot.infra.pool import Connection, Pool
from entrepot.kernel.demand import PositionKey, WantedPosition
from entrepot.kernel.ids import Id
from entrepot.orders import store
from entrepot.orders.actions.answer_repeats import (
    Accepted,
    Result,
    answer_replays,
    answer_twins,
    refuse_dead_tokens,
)
from entrepot.orders.actions.write_batch import Outcomes, next_cursors, write_batch
from entrepot.orders.model import (
    ActOnOrder,
    BatchDecided,
    Decision,
    Facts,
    GatherOrders,
    Happened,
    Order,
    PlaceOrder,
    ReturnGoods,
    Submission,
    Waiting,
    acted_key,
    allocations_by_position,
    begin_counting,
    decide_batch_purely,
    followed_reference,
    lacks_place,
    partners_by_variant,
    positions_of,
    products_of,
    survey_market,
    survey_submissions,
    takers_of,
    variants_of,
    windows_of,
)

CANDIDATES_MAX = 200
"""Waiting orders decided for one variant in one batch; the recheck cursor keeps the rest."""

SHORT_LOOK = store.Reach(rows=1_000, of_a_partner=200)
LONG_LOOK = store.Reach(rows=25_000, of_a_partner=25_000)
"""How far one batch looks for those it could serve: long where the short look found too few."""

OWNERS_MAX = 200_000
"""How many variants' owners a process remembers."""


class NeedsCareError(Exception):
    """A batch of plain placings met something that asks for the orders behind it to be locked."""


class AllocationsPastError(Exception):
    """A batch met allocations past their validity, whose end is to be written first."""


class BatchTools(msgspec.Struct, frozen=True):
    """What a batch works with: the pool, a source of ids, and what this process has learnt.

    `owners` says whose variants are whose, which never changes; `partnered` who has matches, or had
    some once: only their orders are looked up among partners before locks are taken.

    `moment` says when the batch happens, given what the database's clock shows. Only who tells a
    history answers anything else, and never an earlier moment than before: the rows of a position
    rise with time.
    """

    pool: Pool
    new_id: Callable[[], Id]
    owners: dict[Id, Id]
    partnered: set[Id]
    moment: Moment = by_the_clock


async def run_batch(
    tools: BatchTools, submissions: Sequence[Submission], *, careful: bool
) -> list[Result]:
    """Decide submissions in one transaction and answer each, in order.

    Plain placings may run without `careful`; it costs the statements that find, lock and read
    existing orders. Having changed nothing, raises `NeedsCareError` when a plain batch turns out
    to need them, and `AllocationsPastError` when allocations are to be ended first. Results that
    are postponed changed nothing and should be sent again.
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
        self.survey = survey_submissions([], {})
        self.looked = store.Looked([], {})
        self.reach = SHORT_LOOK
        self.order_keys: list[tuple[Id, Id]] = []
        self.orders: dict[tuple[Id, Id], Order] = {}
        self.session_orders: dict[tuple[Id, Id, Id], Id] = {}
        self.drawn: set[store.Drawn] = set()
        self.partnerships: list[tuple[Id, Id]] = []
        self.figures: list[stock.Figures] = []
        self.cursors: dict[PositionKey, str | None] = {}

    async def run(self) -> list[Result]:
        """Claim, lock, read, decide, write."""
        await self._claim()
        self.survey = survey_submissions([each for _, each in self.live], self.tools.owners)
        variants = set(self.survey.variants)
        await self._lock_windows()
        if self.careful and self.live:
            await self._find_partners(variants, self.survey.undone)
            variants |= await self._lock_orders(variants)
        elif any(owner in self.tools.partnered for owner, _ in variants):
            await self._find_partners(variants, [])
        if self.drawn:
            named = sorted({(each.wholesaler, each.partnership) for each in self.drawn})
            self.partnerships = await store.lock_partnerships(self.connection, named)
        if variants:
            await self._lock_positions(variants)
            variants.update((each.wholesaler, each.wholesaler_variant) for each in self.drawn)
        facts, answered = await self._read_facts(variants)
        book = await self._open_book(facts)
        self.results |= answer_replays(self.replays, answered.stored)
        self.results |= refuse_dead_tokens(self.submissions, facts.live_tokens)
        expired = await self._expire(facts, answered, book)
        begin_counting(facts)
        decided = decide_batch_purely(
            facts,
            [pair for pair in self.live if pair[0] not in self.results],
            [Waiting(*each[2:]) for each in self.looked.candidates],
            lambda demand: stock.decide(book, demand),
            self.tools.new_id,
        )
        await self._write(facts, book, decided, expired)
        self.results |= answer_twins(self.submissions, self.firsts, self.results)
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

    async def _lock_windows(self) -> None:
        """Lock the sales sessions in which stock is asked for; a plain batch only shares them."""
        submissions = [each for _, each in self.live]
        windows, alone = windows_of(submissions)
        takers = takers_of(submissions)
        if takers:
            windows |= await store.read_windows_of_orders(self.connection, takers)
        if not windows:
            return
        if alone and not self.careful:
            raise NeedsCareError
        self.session_orders = await store.lock_windows(
            self.connection, sorted(windows), alone=alone
        )

    async def _find_partners(
        self, variants: Collection[tuple[Id, Id]], orders: Sequence[tuple[Id, Id]]
    ) -> None:
        """Find, without locks, what may be drawn on for variants, and what orders have drawn."""
        if variants or orders:
            self.drawn.update(await store.read_drawn(self.connection, sorted(variants), orders))

    async def _lock_orders(self, variants: set[tuple[Id, Id]]) -> set[tuple[Id, Id]]:
        """Find and lock the orders acted on or considered; return their lines' variants."""
        connection = self.connection
        self.looked = await self._look(variants)
        enough = len(self.looked.candidates) >= CANDIDATES_MAX
        self.reach = SHORT_LOOK if enough else LONG_LOOK
        if self.looked.candidates and self.looked.ends and not enough:
            self.looked = await self._look(variants)
        keys = set(self.survey.acted)
        keys.update((trader, order) for (trader, _, _), order in self.session_orders.items())
        keys.update((each.organisation, each.order) for each in self.looked.candidates)
        if self.survey.counted:
            keys.update(await stock.read_holds_to_give_up(connection, self.survey.counted))
        if not keys:
            return set()
        locked = sorted(await store.lock_orders(connection, sorted(keys)))
        self.order_keys = locked
        if not locked:
            return set()
        named = set(await store.read_line_variants(connection, locked))
        await self._find_partners(named - variants, [])
        return named

    async def _look(self, variants: Iterable[tuple[Id, Id]]) -> store.Looked:
        """Look at who waits for variants, and for what partners have that matches them."""
        touched = set(variants)
        touched.update((each.wholesaler, each.wholesaler_variant) for each in self.drawn)
        return await store.read_candidates(
            self.connection,
            [(*key, self.survey.gains.get(key)) for key in sorted(touched)],
            self.survey.acted,
            CANDIDATES_MAX,
            self.reach,
        )

    async def _lock_positions(self, variants: set[tuple[Id, Id]]) -> None:
        """Lock every position of the variants, and of what may be drawn on for them.

        A plain batch that finds more to do needs care.
        """
        missing: list[WantedPosition] = []
        if self.careful:
            for _, each in self.live:
                missing += positions_of(each, self.tools.owners)
            missing += await self._places_for_returns()
            missing += [place for each in self.drawn for place in each.places()]
        partners = {(each.wholesaler, each.wholesaler_variant) for each in self.drawn}
        locked = await stock.lock_stock(self.connection, sorted(variants | partners), missing)
        self.figures = [figures for figures, _ in locked]
        self.cursors = {figures.key: cursor for figures, cursor in locked}
        if not self.careful:
            found = {(key.owner, key.variant) for key in self.cursors}
            if not variants <= found or any(cursor is not None for cursor in self.cursors.values()):
                raise NeedsCareError

    async def _places_for_returns(self) -> list[WantedPosition]:
        """List the positions that goods come back to, where that is not where they left from."""
        places = {
            acted_key(each.organisation, each.command): (each.organisation, each.command.location)
            for _, each in self.live
            if isinstance(each.command, ReturnGoods) and each.command.location is not None
        }
        if not places:
            return []
        found = await store.read_line_variants(self.connection, sorted(places))
        return [
            WantedPosition(owner, variant, location, buyer, any_will_do=False)
            for owner, variant in found
            for buyer, location in set(places.values())
        ]

    async def _read_facts(self, variants: set[tuple[Id, Id]]) -> tuple[Facts, store.Answered]:
        """Read, after the last lock, everything the decisions rest on."""
        if self.order_keys:
            await self._read_orders()
        answered = await store.read_facts(self.connection, self._asked(variants))
        self._mind_what_asks_for_care(answered)
        if self.careful and self.live:  # later than the clock, so that what it freed is looked at
            self.looked = await self._look(variants)
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
        await self._read_windows(facts, frees=bool(answered.freeing))
        asked = survey_market([each for _, each in self.live], self.tools.owners)
        facts.market = await store.read_market_facts(self.connection, asked)
        return facts, answered

    async def _read_windows(self, facts: Facts, *, frees: bool) -> None:
        """Read the sales sessions that are placed in, and those of orders that are acted on."""
        named = products_of((each for _, each in self.live), self.orders)
        if named:
            facts.session_orders = self.session_orders
            facts.windows = await store.read_windows(self.connection, named, facts.now, frees=frees)
        last = [
            (each.organisation, each.command)
            for _, each in self.live
            if isinstance(each.command, GatherOrders) and each.command.last
        ]
        if last:
            closing = sorted({(trader, command.window) for trader, command in last})
            gathered = [order for _, command in last for order in command.orders]
            facts.unfinished = await store.read_unfinished(
                self.connection, closing, gathered, facts.now
            )

    def _mind_what_asks_for_care(self, answered: store.Answered) -> None:
        """Leave a plain batch for a careful one where more has to be known than was locked for."""
        learnt = answered.partnered - self.tools.partnered
        self.tools.partnered.update(learnt)
        if not self.careful and (answered.freeing or learnt):
            raise NeedsCareError

    async def _open_book(self, facts: Facts) -> stock.Book:
        """Open the book over what was locked, with the allocations there and partners' terms."""
        connection = self.connection
        allocated = {(each.key.owner, each.key.variant) for each in self.figures if each.allocated}
        if self.survey.undone:  # what goes back may fill one again of which nothing is left
            allocated.update((each.wholesaler, each.wholesaler_variant) for each in self.drawn)
        allocations: list[stock.Allocated] = []
        if allocated:
            allocations, past = await stock.read_open_allocations(
                connection, sorted(allocated), facts.now
            )
            if past:
                raise AllocationsPastError
        book = stock.Book(
            self.figures,
            {key[1]: each.next_hold_no for key, each in self.orders.items()},
            allocations,
            self.tools.new_id,
        )
        terms = {(each.key.owner, each.partnership) for each in allocations}
        terms.update(self.partnerships)
        if terms:
            facts.partnerships = await store.read_partnerships(connection, sorted(terms))
            facts.allocations = allocations_by_position(allocations)
        if self.partnerships:
            asked = sorted({(each.retailer, each.variant) for each in self.drawn})
            matches = await store.read_partners(connection, asked)
            facts.partners = partners_by_variant(facts, matches)
            if not self.careful and lacks_place(facts, matches):
                raise NeedsCareError
        return book

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
        undone = [key for key in self.survey.undone if key in self.orders]
        if undone:
            transfers = await stock.read_order_transfers(self.connection, undone)
            for key, some in transfers.items():
                self.orders[key].transfers = some

    def _asked(self, variants: set[tuple[Id, Id]]) -> store.Asked:
        """List the facts to ask for, each once."""
        rights: set[tuple[Id, Id, str]] = set()
        references = [
            (order.organisation, followed_reference(order))
            for order in self.orders.values()
            if order.policy == "allow_split"
        ]
        organisations = {order.organisation for order in self.orders.values()}
        organisations.update(owner for owner, _ in variants)
        for _, each in self.live:
            command = each.command
            kind = ""
            if isinstance(command, PlaceOrder):
                kind = command.kind
                references.append((each.organisation, command.reference))
            elif isinstance(command, GatherOrders):
                references += [(each.organisation, name) for _, name in command.references]
            elif isinstance(command, ActOnOrder):
                order = self.orders.get(acted_key(each.organisation, command))
                kind = "" if order is None else order.kind
                rights.update(
                    (line.owner, each.organisation, kind) for line in (order.lines if order else ())
                )
            if kind and kind != "own":
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

    async def _expire(self, facts: Facts, answered: store.Answered, book: stock.Book) -> Id | None:
        """End the holds on locked positions whose limit has passed, before anything else."""
        if not answered.freeing:
            return None
        act = self.tools.new_id()
        holds = await stock.read_expired_holds(self.connection, answered.freeing, facts.now)
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
        happened: list[tuple[Happened, Submission | None]] = [
            (each, None) for each in decided.besides
        ]
        accepted: list[int] = []
        freed = []
        for number, each in self.live:
            result = self.results.get(number) or decided.results.get(number)
            if isinstance(result, Decision):
                happened.append((Happened(each.organisation, each.act, result), each))
                accepted.append(number)
            elif result is None:
                assert not each.key, "only house-keeping has no result of its own"
                self.results[number] = Accepted(each.act, b"{}")
            else:
                self.results[number] = result
                if each.key:
                    freed.append((each.organisation, each.key))
        if not (happened or expired or freed or self.careful):
            return
        answers = await write_batch(
            self.connection,
            self.tools.new_id,
            Outcomes(facts, book, happened, freed, self._cursors_after(facts, book)),
            has_windows=bool(facts.windows or expired),
        )
        for number, answer in zip(accepted, answers[len(decided.besides) :], strict=True):
            self.results[number] = Accepted(self.submissions[number].act, answer)

    def _cursors_after(self, facts: Facts, book: stock.Book) -> list[tuple[Id, Id, Id, str | None]]:
        """Say where the next look at those who wait begins; a plain batch met nobody who waits."""
        if not self.careful:
            return [(*key, "") for key in sorted(book.left_over)]
        return next_cursors(book, self.cursors, self.looked, facts.orders, CANDIDATES_MAX)
