"""Makes the members of the demo network with all they have, their rights, and their history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from entrepot import catalogue, partnerships
from entrepot.app import Services
from entrepot.catalogue import NewProduct, NewSupplier, NewVariant, Variant
from entrepot.cli.demo.finding import (
    begun_calendar,
    has_order,
    organisations_of,
    variants_of,
    was_taken,
)
from entrepot.cli.demo.goods import Goods, goods_of
from entrepot.cli.demo.history import plan_history
from entrepot.cli.demo.keeping import DemoNetwork, DemoPart, DemoVariant
from entrepot.cli.demo.making_log_ins import Entrance, Owner
from entrepot.cli.demo.members import MEMBERS, RIGHTS, Member
from entrepot.cli.demo.partnering import begin_partnerships
from entrepot.cli.demo.playing import count_orders, play_history
from entrepot.cli.demo.selling import open_sessions
from entrepot.cli.demo.stories import LAST_REFERENCE, TELLER
from entrepot.cli.opening import accepted, operator_for
from entrepot.cli.progress import Tell
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id


async def make_members(
    services: Services, known: DemoNetwork | None, days: int, tell: Tell
) -> DemoPart:
    """Find the members, or make what is missing of them; a history that was made is left alone."""
    wanted = [member.organisation for member in MEMBERS]
    organisations = await organisations_of(services, wanted, known)
    callers = {slug: operator_for(each.inner_id) for slug, each in organisations.items()}
    is_whole = await has_order(services, callers[TELLER], LAST_REFERENCE)
    if not is_whole:
        for member in MEMBERS:
            await _equip(services, callers[member.slug], member)
        await _grant_rights(services, callers)
    variants = {
        slug: await variants_of(services, caller, [each.variant.sku for each in goods_of(slug)])
        for slug, caller in callers.items()
    }
    if not is_whole:
        await _make_history(services, callers, variants, days, tell)
    await open_sessions(services, callers, variants)
    entrance = Entrance(services, known)
    return DemoPart(
        tuple(
            [
                await entrance.open(
                    organisations[member.slug], Owner(member.owner, member.email, member.language)
                )
                for member in MEMBERS
            ]
        ),
        tuple(
            DemoVariant(each.id, each.legacy_id, each.sku, slug)
            for slug, found in variants.items()
            for each in found.values()
        ),
    )


async def _equip(services: Services, caller: Caller, member: Member) -> None:
    """Make what is missing of one member's location, suppliers and variants."""
    new_id = services.desk.new_id
    made = await catalogue.create_location(services.pool, new_id, caller, member.location)
    if not was_taken(made, catalogue.CODE_TAKEN):
        accepted(made)
    suppliers = await _suppliers(services, caller, member.suppliers)
    goods = goods_of(member.slug)
    found = await variants_of(services, caller, [each.variant.sku for each in goods])
    missing = [each for each in goods if each.variant.sku not in found]
    if missing:
        products = _products(missing, suppliers)
        created = await catalogue.create_products(services.pool, new_id, caller, products)
        if not was_taken(created, catalogue.SKU_TAKEN):
            accepted(created)


async def _suppliers(
    services: Services, caller: Caller, wanted: Iterable[NewSupplier]
) -> dict[str, Id]:
    """The inner ids of these suppliers by name; those that are missing are made."""
    suppliers = {}
    for new in wanted:
        made = await catalogue.create_supplier(services.pool, services.desk.new_id, caller, new)
        if was_taken(made, catalogue.NAME_TAKEN):
            named = await catalogue.find_suppliers_by_name(services.pool, caller, [new.name])
            suppliers[new.name] = accepted(named)[new.name].inner_id
        else:
            suppliers[new.name] = accepted(made).answer.inner_id
    return suppliers


def _products(goods: Iterable[Goods], suppliers: Mapping[str, Id]) -> list[NewProduct]:
    """The products of these goods; each variant names its owner's supplier of that name."""
    products: dict[str, list[NewVariant]] = {}
    for each in goods:
        variant = msgspec.structs.replace(each.variant, supplier=suppliers.get(each.supplier))
        products.setdefault(each.product, []).append(variant)
    return [NewProduct(name, tuple(variants)) for name, variants in products.items()]


async def _grant_rights(services: Services, callers: Mapping[str, Caller]) -> None:
    for right in RIGHTS:
        granted = await partnerships.grant_trading_right(
            services.pool,
            services.desk.new_id,
            callers[right.seller],
            callers[right.buyer].organisation,
            right.kind,
        )
        accepted(granted)


async def _make_history(
    services: Services,
    callers: Mapping[str, Caller],
    variants: Mapping[str, Mapping[str, Variant]],
    days: int,
    tell: Tell,
) -> None:
    """Play the history, or what is left of one that was cut off, in the days it was begun with."""
    known = {
        (slug, sku): each.inner_id
        for slug, found in variants.items()
        for sku, each in found.items()
    }
    first = known["jeans-farm", "CARROTS"]
    calendar = await begun_calendar(services, callers["jeans-farm"], first, days)
    partners = await begin_partnerships(services, callers, known, calendar.opening)
    steps = plan_history(calendar, known)
    await play_history(services, callers, steps, count_orders(steps), tell, partners)
