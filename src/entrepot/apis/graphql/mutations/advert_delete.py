"""advertDelete: deletes an advert: all its variants, for ever."""

from typing import Final

from entrepot import catalogue
from entrepot.apis.graphql.context import Context, context_of
from entrepot.apis.graphql.failures import ActRefusedError, done
from entrepot.apis.graphql.ids import ADVERT, number_in
from entrepot.apis.graphql.mutations.payload import Given, Sending, acting, answer, need
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.catalogue import VariantChanges
from entrepot.kernel.caller import Scope
from entrepot.stock import MarketProduct

VARIANTS_MAX: Final = 100
"""Variants that one act deletes."""


async def advert_delete(
    _: object,
    info: Info,
    input: Given,  # noqa: A002 - an argument of the schema
) -> dict[str, object]:
    """Delete an advert; what is deleted stays so, however often it is sent."""
    context = context_of(info)
    sending = Sending(context, info, input)
    return await answer(input, "advert", lambda: _delete(context, sending, input))


async def _delete(context: Context, sending: Sending, given: Given) -> MarketProduct | None:
    """Delete each variant: orders that were placed keep their goods, and their lines their names.

    Whoever stops halfway has deleted some, and deletes the rest by sending it again.
    """
    id_ = given["id"]
    number = number_in(id_, ADVERT)
    found = None if number is None else await context.products_numbered.load(number)
    caller = acting(context, found, "id", id_)
    assert found is not None, "what somebody acts on is there"
    need(context, Scope.CATALOGUE_WRITE)
    services = context.services
    variants = await context.variants_in.load(found.key) or []
    if len(variants) > VARIANTS_MAX:
        raise ActRefusedError([("variants", f"Delete at most {VARIANTS_MAX} variants at once.")])
    for each in variants:
        done(
            await catalogue.change_variant(
                services.database,
                services.desk.new_id,
                caller,
                each.id,
                VariantChanges(state="deleted"),
                sending.sent(each.id),
            )
        )
    context.forget()
    return await context.products_numbered.load(found.legacy_id)


FIELDS: Final[Resolvers] = {"advertDelete": advert_delete}
