"""Change the language one reads, and the time zone in which one is told of times."""

from collections.abc import Callable
from datetime import datetime

from msgspec import UNSET

from entrepot.identity import errors, store
from entrepot.identity.model import PreferenceChanges, Preferences, check_preferences
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse


async def change_preferences(
    pool: Pool,
    new_id: Callable[[], Id],
    caller: Caller,
    changes: PreferenceChanges,
    sent: Sent | None = None,
) -> Written[Preferences] | Refusal:
    """Change what is given of the caller's own preferences; the rest stays.

    They hold wherever the person logs in, and need no scope: they are nobody else's business.
    Refuses `identity.person_needed`, `identity.language_not_valid`,
    `identity.time_zone_not_valid` and `request.key_reused`.
    """
    person = caller.person
    if person is None:
        return refuse(
            errors.PERSON_NEEDED, "A token has no preferences; log in as a person to change yours."
        )

    async def work(connection: Connection, _: datetime) -> Done[Preferences] | Refusal:
        found = await store.lock_person(connection, person)
        language = found.language if changes.language is UNSET else changes.language
        time_zone = found.time_zone if changes.time_zone is UNSET else changes.time_zone
        changed = Preferences(ids.PERSON + person, language, time_zone)
        refusal = check_preferences(changed)
        if refusal is not None:
            return refusal
        if (found.language, found.time_zone) == (language, time_zone):
            return Done(changed)
        await store.set_preferences(connection, person, language, time_zone)
        return Done(changed, (Happening("identity.preferences_changed", changed.person, changed),))

    return await act_once(pool, new_id, caller, sent, Preferences, work)
