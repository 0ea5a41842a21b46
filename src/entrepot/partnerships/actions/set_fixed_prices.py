"""Set a partnership's fixed prices."""

from collections.abc import Callable, Sequence
from datetime import datetime

from entrepot.catalogue import UNKNOWN_VARIANT
from entrepot.identity import check_scope
from entrepot.infra.clock import Moment, by_the_clock
from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.quantity import quantity_text
from entrepot.kernel.refusal import Refusal, gather
from entrepot.partnerships import errors
from entrepot.partnerships.model.partnerships import (
    is_ending,
    unknown_partnership,
    wholesaler_only,
)
from entrepot.partnerships.model.prices import (
    FixedPrice,
    FixedPricesSet,
    NewFixedPrice,
    price_faults,
    unknown_variant_faults,
)
from entrepot.partnerships.store import partnerships
from entrepot.partnerships.store import prices as price_store


async def set_fixed_prices(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    partnership: Id,
    prices: Sequence[NewFixedPrice],
    sent: Sent | None = None,
    moment: Moment = by_the_clock,
) -> Written[FixedPricesSet] | Refusal:
    """Agree on fixed prices of the caller's variants with one retailer, all of them or none.

    Transfers made before a price begins keep theirs. A price that begins at the same moment as one
    that was set before replaces it. `moment` says when this happens.

    Refuses `identity.scope_missing`, `request.key_reused`,
    `partnerships.unknown_partnership`, `partnerships.wholesaler_only`,
    `partnerships.partnership_ending`, `catalogue.unknown_variant`, `partnerships.prices_not_valid`,
    `partnerships.price_not_valid`, `partnerships.price_in_the_past` and
    `partnerships.price_given_twice`.
    """
    refusal = check_scope(caller, Scope.PARTNERSHIPS_WRITE)
    if refusal is not None:
        return refusal

    async def work(connection: Connection, _: datetime) -> Done[FixedPricesSet] | Refusal:
        row = await partnerships.lock_partnership(connection, caller.organisation, partnership)
        if row is None:
            return unknown_partnership(partnership)
        if row.wholesaler != caller.organisation:
            return wholesaler_only(row)
        ending = is_ending(row)
        if ending is not None:
            return ending
        # Read under the lock, so that no transfer of the old price is later than the new price.
        now = moment(await read_clock(connection))
        faults = [*price_faults(prices, now)]
        if not any(fault.code == errors.PRICES_NOT_VALID for fault in faults):
            wanted = sorted({price.variant for price in prices if price.variant})
            known = await price_store.find_own_variants(connection, row.wholesaler, wanted)
            faults += unknown_variant_faults(prices, known, UNKNOWN_VARIANT)
        refused = gather(faults, (UNKNOWN_VARIANT, *errors.PRECEDENCE))
        if refused is not None:
            return refused
        rows = [(each.variant, each.valid_from or now, each.unit_price) for each in prices]
        await price_store.put_fixed_prices(connection, row.wholesaler, partnership, rows)
        shown = tuple(
            [
                FixedPrice(
                    ids.VARIANT + variant, None if price is None else quantity_text(price), at
                )
                for variant, at, price in rows
            ]
        )
        done = FixedPricesSet(row.subject, row.currency, shown)
        return Done(done, (Happening("partnerships.prices_set", row.subject, done),))

    return await act_once(pool, new_id, caller, sent, FixedPricesSet, work)
