"""Makes the demo network through the actions that doors use, and finds it again later."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from entrepot import catalogue, identity, orders, partnerships
from entrepot.app import Services
from entrepot.catalogue import Location, NewProduct, Variant
from entrepot.cli.demo.goods import MEMBERS, RIGHTS, Goods, Member
from entrepot.cli.demo.keeping import (
    DemoNetwork,
    DemoOrganisation,
    DemoVariant,
    keep_demo,
    read_demo,
)
from entrepot.cli.opening import EVERY_SCOPE, accepted, operator_for
from entrepot.identity import NewOrganisation, NewToken, Organisation
from entrepot.infra.errors import KEY_REUSED
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.refusal import Refusal, RefusedError, refuse
from entrepot.orders import ReceiveStock, StockLine

TOKEN_SCOPES = tuple(sorted(EVERY_SCOPE - {Scope.ORGANISATION_WRITE.value}))
STOCK_KEY = "demo-first-stock"


async def is_place_for_demo(services: Services) -> bool:
    """Whether nobody but the demo's own organisations is in the database: it disturbs nobody."""
    ours = {(member.organisation.slug, member.organisation.name) for member in MEMBERS}
    found = await identity.list_organisations(services.pool, limit=len(ours) + 1)
    return all((each.slug, each.name) in ours for each in found)


async def make_demo(services: Services, data_dir: Path, base_url: str) -> DemoNetwork:
    """Make whatever of the demo network is missing, and keep its tokens in `data_dir`.

    Several processes may do so at once: what another has just made is found instead. Refuses, with
    RefusedError, when an organisation that is not the demo's has one of its slugs.
    """
    known = read_demo(data_dir)
    organisations = await _organisations(services, known)
    made = [
        await _member(services, organisations[member.organisation.slug], member)
        for member in MEMBERS
    ]
    for right in RIGHTS:
        accepted(
            await partnerships.grant_trading_right(
                services.pool,
                services.desk.new_id,
                operator_for(organisations[right.seller].inner_id),
                organisations[right.buyer].inner_id,
                right.kind,
            )
        )
    tokens = [await _token(services, each, known) for each in organisations.values()]
    network = DemoNetwork(
        base_url,
        tuple(
            DemoOrganisation(each.slug, each.id, each.name, token)
            for each, token in zip(organisations.values(), tokens, strict=True)
        ),
        tuple(
            DemoVariant(variant.id, variant.sku, member.organisation.slug)
            for member, variants in zip(MEMBERS, made, strict=True)
            for variant in variants
        ),
    )
    if network != known:
        keep_demo(data_dir, network)
    return network


async def _organisations(services: Services, known: DemoNetwork | None) -> dict[str, Organisation]:
    """Find the network's organisations by slug, and make those that are missing."""
    wanted = {member.organisation.slug: member.organisation for member in MEMBERS}
    found = await _known_organisations(services, known, wanted)
    for slug, new in wanted.items():
        if slug not in found:
            made = await identity.create_organisation(services.pool, services.desk.new_id, new)
            if not was_taken(made, identity.SLUG_TAKEN):
                found[slug] = accepted(made)
    if len(found) < len(wanted):
        found = await _known_organisations(services, known, wanted)
    return {slug: found[slug] for slug in wanted}


async def _known_organisations(
    services: Services, known: DemoNetwork | None, wanted: dict[str, NewOrganisation]
) -> dict[str, Organisation]:
    """Find the network's organisations by slug. Refuses what is not the demo's own."""
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


def was_taken(answer: object, code: str) -> bool:
    """Whether another process made the same a moment before."""
    return isinstance(answer, Refusal) and answer.code == code


async def _member(services: Services, organisation: Organisation, member: Member) -> list[Variant]:
    """Make what is missing of one organisation's location, variants and first stock."""
    caller = operator_for(organisation.inner_id)
    location = await _location(services, caller, member)
    variants = await _variants(services, caller, member.goods)
    lines = tuple(
        StockLine(variants[goods.variant.sku].inner_id, goods.on_hand, location.inner_id)
        for goods in member.goods
        if goods.on_hand and goods.variant.sku in variants
    )
    if lines:
        # The key keeps a demo that was cut off, or made again, from receiving twice.
        command = ReceiveStock(lines, "demo")
        answer = await orders.receive_stock(services.desk, caller, command, STOCK_KEY)
        if not was_taken(answer, KEY_REUSED):
            accepted(answer)
    return list(variants.values())


async def _location(services: Services, caller: Caller, member: Member) -> Location:
    new = member.location
    made = await catalogue.create_location(services.pool, services.desk.new_id, caller, new)
    if not was_taken(made, catalogue.CODE_TAKEN):
        return accepted(made)
    locations = accepted(await catalogue.list_locations(services.pool, caller))
    return next(each for each in locations if each.code == new.code)


async def _variants(
    services: Services, caller: Caller, goods: tuple[Goods, ...]
) -> dict[str, Variant]:
    """Find the variants of these goods by sku, make those that are missing.

    One that was deleted meanwhile is left out: its sku stays taken.
    """
    wanted = {each.variant.sku: each.variant for each in goods}
    found = await _found(services, caller, wanted)
    missing = [NewProduct(each.name, (each,)) for sku, each in wanted.items() if sku not in found]
    if missing:
        made = await catalogue.create_products(services.pool, services.desk.new_id, caller, missing)
        if not was_taken(made, catalogue.SKU_TAKEN):
            accepted(made)
        found = await _found(services, caller, wanted)
    return {sku: found[sku] for sku in wanted if sku in found}


async def _found(services: Services, caller: Caller, wanted: Iterable[str]) -> dict[str, Variant]:
    known = accepted(await catalogue.find_variants(services.pool, caller, list(wanted)))
    return {each.sku: each for each in known}


async def _token(services: Services, organisation: Organisation, known: DemoNetwork | None) -> str:
    """The organisation's demo token: the one that is known while it holds, else a new one."""
    caller = operator_for(organisation.inner_id)
    if known is not None:
        kept = {each.id: each.token for each in known.organisations}.get(organisation.id)
        if kept is not None and await identity.holds(services.pool, caller, kept):
            return kept
    new = NewToken("demo", TOKEN_SCOPES)
    issued = await identity.issue_token(services.pool, services.desk.new_id, caller, new)
    return accepted(issued).secret
