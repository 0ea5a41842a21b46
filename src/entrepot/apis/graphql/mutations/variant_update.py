"""variantUpdate: changes a variant of a seller's, and how much there is of it."""

from typing import Final

from entrepot import catalogue
from entrepot.apis.graphql.context import Context, context_of
from entrepot.apis.graphql.failures import ActRefusedError, done
from entrepot.apis.graphql.mutations.attributes import as_changes, is_changed
from entrepot.apis.graphql.mutations.counting import check_count, set_count
from entrepot.apis.graphql.mutations.payload import Given, Sending, acting, answer, need
from entrepot.apis.graphql.queries.nodes import find_variant
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.kernel.caller import Scope
from entrepot.stock import MarketVariant


async def variant_update(
    _: object,
    info: Info,
    input: Given,  # noqa: A002 - an argument of the schema
) -> dict[str, object]:
    """Change what is given of a variant; sent again under the same key, it happens once."""
    context = context_of(info)
    sending = Sending(context, info, input)
    return await answer(input, "variant", lambda: _update(context, sending, input))


async def _update(context: Context, sending: Sending, given: Given) -> MarketVariant | None:
    attributes: Given = given["attributes"]
    id_ = given.get("variantId") or attributes.get("id")
    if not id_:
        raise ActRefusedError([("variant_id", "Variant can't be blank: give variantId.")])
    found = await find_variant(context, id_)
    caller = acting(context, found, "variantId", id_)
    assert found is not None, "what somebody acts on is there"
    count = attributes.get("countOnHand")
    need(context, Scope.CATALOGUE_WRITE)
    if count is not None:
        need(context, Scope.STOCK_WRITE, Scope.STOCK_READ)
    check_count(count, unlimited=found.unlimited)
    changes, sent = as_changes(attributes), sending.sent("attributes")
    if is_changed(changes) or sent is not None:
        services = context.services
        done(
            await catalogue.change_variant(
                services.database, services.desk.new_id, caller, found.id, changes, sent
            )
        )
    if count is not None and not found.unlimited:
        await set_count(context, caller, found.id, count, sending.key("count"))
    context.forget()
    return await find_variant(context, id_)


FIELDS: Final[Resolvers] = {"variantUpdate": variant_update}
