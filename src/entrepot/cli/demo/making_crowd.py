"""Makes the crowd of a large demo network, a few extras at a time, and finds it again later."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeVar

from entrepot import catalogue, identity, partnerships
from entrepot.app import Services
from entrepot.catalogue import NewLocation
from entrepot.cli.demo.crowd import Extra, Size, extras, products_of
from entrepot.cli.demo.crowd_trading import last_reference, plan_bustle
from entrepot.cli.demo.finding import (
    begun_calendar,
    has_order,
    organisations_of,
    variants_of,
    was_taken,
)
from entrepot.cli.demo.keeping import DemoNetwork, DemoOrganisation, DemoPart, DemoVariant
from entrepot.cli.demo.making_log_ins import Entrance, Owner
from entrepot.cli.demo.members import MEMBERS
from entrepot.cli.demo.playing import play_history
from entrepot.cli.opening import accepted, operator_for
from entrepot.cli.progress import Tell
from entrepot.kernel.caller import Caller

_AT_ONCE: Final = 4
"""Extras that are made at the same time: what keeps two cores busy."""
_LOCATION: Final = NewLocation("magazijn", "Magazijn")

Result = TypeVar("Result")


async def find_crowd(services: Services, known: DemoNetwork | None) -> DemoPart:
    """The crowd that is known and still there, as it was kept."""
    members = {member.slug for member in MEMBERS}
    kept = [each for each in known.organisations if each.slug not in members] if known else []
    if known is None or not kept:
        return DemoPart()
    found = await identity.find_organisations(services.pool, [each.slug for each in kept])
    there = {each.slug: each.id for each in found}
    organisations = tuple(each for each in kept if there.get(each.slug) == each.id)
    slugs = {each.slug for each in organisations}
    return DemoPart(
        organisations, tuple(each for each in known.variants if each.organisation in slugs)
    )


async def make_crowd(
    services: Services, known: DemoNetwork | None, size: Size, days: int, tell: Tell
) -> DemoPart:
    """Find a crowd of this size, or make what is missing of it."""
    crowd = extras(size)
    organisations = await organisations_of(services, [each.organisation for each in crowd], known)
    callers = {slug: operator_for(each.inner_id) for slug, each in organisations.items()}
    last, reference = last_reference(crowd)
    is_whole = await has_order(services, callers[last.slug], reference)
    if not is_whole:
        await _for_each(crowd, "goods", tell, lambda each: _equip(services, crowd, callers, each))
    found = await _for_each(
        crowd,
        "variants",
        tell,
        lambda each: variants_of(
            services, callers[each.slug], [each.sku(place) for place in range(each.variants)]
        ),
    )
    if not is_whole:
        variants = {
            (extra.slug, sku): each.inner_id
            for extra, goods in zip(crowd, found, strict=True)
            for sku, each in goods.items()
        }
        first = variants[crowd[0].slug, crowd[0].sku(1)]
        calendar = await begun_calendar(services, callers[crowd[0].slug], first, days)
        steps = plan_bustle(crowd, calendar, variants)
        await play_history(services, callers, steps, size.orders, tell)
    entrance = Entrance(services, known)

    async def let_in(extra: Extra) -> DemoOrganisation:
        owner = Owner("Eigenaar", f"eigenaar@{extra.slug}.example", "nl")
        return await entrance.open(organisations[extra.slug], owner)

    return DemoPart(
        tuple(await _for_each(crowd, "log-ins", tell, let_in)),
        tuple(
            DemoVariant(each.id, each.legacy_id, each.sku, extra.slug)
            for extra, goods in zip(crowd, found, strict=True)
            for each in goods.values()
        ),
    )


async def _equip(
    services: Services, crowd: Sequence[Extra], callers: Mapping[str, Caller], extra: Extra
) -> None:
    """Make what is missing of one extra's location, goods, and right for the next extra."""
    caller, new_id = callers[extra.slug], services.desk.new_id
    made = await catalogue.create_location(services.pool, new_id, caller, _LOCATION)
    if not was_taken(made, catalogue.CODE_TAKEN):
        accepted(made)
    # All of an extra's products are made at once, or none.
    if not await variants_of(services, caller, [extra.sku(0)]):
        created = await catalogue.create_products(services.pool, new_id, caller, products_of(extra))
        if not was_taken(created, catalogue.SKU_TAKEN):
            accepted(created)
    buyer = crowd[(extra.number + 1) % len(crowd)]
    granted = await partnerships.grant_trading_right(
        services.pool, new_id, caller, callers[buyer.slug].organisation, "session"
    )
    accepted(granted)


async def _for_each(
    crowd: Sequence[Extra],
    what: str,
    tell: Tell,
    work: Callable[[Extra], Awaitable[Result]],
) -> list[Result]:
    """Do something for each extra, a few at a time; the results are in their order."""
    turns = asyncio.Semaphore(_AT_ONCE)
    done = 0

    async def take(extra: Extra) -> Result:
        nonlocal done
        async with turns:
            result = await work(extra)
        done += 1
        tell(what, done, len(crowd))
        return result

    return await asyncio.gather(*[take(each) for each in crowd])
