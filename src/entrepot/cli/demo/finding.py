"""Finds what a demo network has already: organisations, variants, a history that was begun."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from entrepot import catalogue, identity, orders, stock
from entrepot.app import Services
from entrepot.catalogue import Variant
from entrepot.cli.demo.keeping import DemoNetwork
from entrepot.cli.demo.steps import Calendar
from entrepot.cli.opening import accepted
from entrepot.identity import NewOrganisation, Organisation
from entrepot.infra.clock import utc_now
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal, RefusedError, refuse

SKUS_AT_ONCE: Final = 1_000
_FIRST_VERSION: Final = Page(limit=1, after=(2,))
"""The ledger row that made a position's first version."""


def was_taken(answer: object, code: str) -> bool:
    """Whether another process made the same a moment before."""
    return isinstance(answer, Refusal) and answer.code == code


async def organisations_of(
    services: Services, wanted: Sequence[NewOrganisation], known: DemoNetwork | None
) -> dict[str, Organisation]:
    """The organisations by slug, in the order wanted; those that are missing are made.

    Refuses, with RefusedError, a slug that an organisation has which is not the demo's.
    """
    by_slug = {each.slug: each for each in wanted}
    found = await _known(services, by_slug, known)
    for slug, new in by_slug.items():
        if slug not in found:
            made = await identity.create_organisation(services.pool, services.desk.new_id, new)
            if not was_taken(made, identity.SLUG_TAKEN):
                found[slug] = accepted(made)
    if len(found) < len(by_slug):
        found = await _known(services, by_slug, known)
    return {slug: found[slug] for slug in by_slug}


async def _known(
    services: Services, wanted: Mapping[str, NewOrganisation], known: DemoNetwork | None
) -> dict[str, Organisation]:
    """Find organisations by slug. Refuses what is not the demo's own."""
    ours = {each.id for each in known.organisations} if known else set()
    found = await identity.find_organisations(services.pool, list(wanted))
    for each in found:
        if each.id not in ours and each.name != wanted[each.slug].name:
            raise RefusedError(
                refuse(
                    identity.SLUG_TAKEN,
                    f"There is an organisation {each.slug} that is not of the demo network. "
                    "Make the demo in a database of its own.",
                    facts={"slug": each.slug},
                )
            )
    return {each.slug: each for each in found}


async def variants_of(
    services: Services, caller: Caller, skus: Iterable[str]
) -> dict[str, Variant]:
    """The caller's variants by sku, in the order asked. Those that were deleted are left out."""
    wanted = list(skus)
    found: dict[str, Variant] = {}
    for first in range(0, len(wanted), SKUS_AT_ONCE):
        some = wanted[first : first + SKUS_AT_ONCE]
        known = accepted(await catalogue.find_variants(services.pool, caller, some))
        found.update((each.sku, each) for each in known)
    return {sku: found[sku] for sku in wanted if sku in found}


async def has_order(services: Services, caller: Caller, reference: str) -> bool:
    """Whether the caller placed an order with this reference."""
    page = Page(limit=1)
    found = await orders.list_orders(services.pool, caller, page, reference=reference)
    return bool(accepted(found))


async def begun_calendar(services: Services, caller: Caller, variant: Id, days: int) -> Calendar:
    """The calendar of a history that was begun, as a first receipt tells; else a new one's."""
    for location in accepted(await catalogue.list_locations(services.pool, caller)):
        rows = await stock.list_ledger(
            services.pool, caller, _FIRST_VERSION, variant, location.inner_id
        )
        if not isinstance(rows, Refusal) and rows:
            return Calendar.opened_at(rows[0].at, days)
    return Calendar(utc_now().date(), days)
