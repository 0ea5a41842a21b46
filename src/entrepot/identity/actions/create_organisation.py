"""Make an organisation."""

from collections.abc import Callable

from entrepot.identity import errors, store
from entrepot.identity.model import NewOrganisation, Organisation, check_organisation
from entrepot.infra.ground import read_clock
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Happening, record, writing
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse


async def create_organisation(
    pool: Pool, new_id: Callable[[], Id], new: NewOrganisation
) -> Organisation | Refusal:
    """Make an organisation. The operator's act: no caller of another organisation gets here.

    Refuses `identity.slug_not_valid`, `identity.name_not_valid`, `identity.time_zone_not_valid`,
    `identity.country_not_valid`, `identity.currency_not_valid` and `identity.slug_taken`.
    """
    refusal = check_organisation(new)
    if refusal is not None:
        return refusal
    made = new_id()
    async with writing(pool) as connection:
        now = await read_clock(connection)
        if not await store.insert_organisation(connection, made, new, now):
            return refuse(
                errors.SLUG_TAKEN,
                f"There is an organisation {new.slug} already; choose another slug.",
                field="slug",
                facts={"slug": new.slug},
            )
        organisation = Organisation(
            ids.ORGANISATION + made,
            new.slug,
            new.name,
            new.time_zone,
            new.country,
            new.currency,
            now,
        )
        happening = Happening("identity.organisation_created", organisation.id, organisation)
        await record(connection, now, new_id, Caller(made, frozenset()), [happening])
    return organisation
