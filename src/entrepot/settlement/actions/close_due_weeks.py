"""Close and write the weeks of every partnership that is due."""

from collections.abc import Callable
from typing import Final

from entrepot.infra.clock import Moment, by_the_clock
from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Pool
from entrepot.infra.reading import reading
from entrepot.infra.writing import Written
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.partnerships import read_due, read_unwritten
from entrepot.settlement.actions.close_weeks import close_weeks
from entrepot.settlement.actions.write_settlements import write_settlements

PARTNERSHIPS_MAX: Final = 100
"""Partnerships that are looked at in one go."""


async def close_due_weeks(
    pool: Pool,
    new_id: Callable[[], Id],
    moment: Moment = by_the_clock,
) -> int:
    """Close up to 100 partnerships' weeks that are over, write what is closed; how many there were.

    What an earlier run left unwritten is written too. A partnership that fails keeps none of the
    others waiting: the rest is done first, then the failures are raised together.
    """
    async with reading(pool) as connection:
        now = moment(await read_clock(connection))
        due = await read_due(connection, now, PARTNERSHIPS_MAX)
        left = await read_unwritten(connection, PARTNERSHIPS_MAX)
    errors, settled = [], len(left)
    for wholesaler, partnership in dict.fromkeys([*due, *left]):
        caller = Caller(wholesaler, frozenset({Scope.SETTLEMENT_WRITE.value}))
        try:
            closed = await close_weeks(pool, new_id, caller, partnership, None, moment)
            assert isinstance(closed, Written), "the scope is there, and partnerships stay for ever"
            settled += closed.answer.newly_closed > 0
            await write_settlements(pool, new_id, caller, partnership, moment)
        except Exception as error:  # noqa: BLE001 - one partnership's trouble is not the others'
            error.add_note(f"{ids.PARTNERSHIP}{partnership}:")
            errors.append(error)
    if errors:
        raise ExceptionGroup("Some partnerships' weeks could not be settled.", errors)
    return settled
