"""Whom a key belongs to, and whether all is well."""

from typing import Final

from entrepot.apis.graphql.context import context_of
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.apis.graphql.types.address import Country
from entrepot.identity import describe_caller
from entrepot.infra.clock import monotonic_seconds
from entrepot.infra.migrate import is_migrated
from entrepot.infra.reach import DatabaseUnreachable
from entrepot.stock import MarketSeller


async def principal(_: object, info: Info) -> dict[str, object]:
    """The program or person behind a key, and the seller it acts for unless for a marketplace."""
    context = context_of(info)
    me = await describe_caller(context.services.database, context.caller)
    person = me.person
    return {
        "name": me.organisation.name if person is None else person.name,
        "emailAddress": None if person is None else person.email,
        "username": me.organisation.slug if person is None else person.email,
        "seller": _seller,
    }


async def _seller(info: Info) -> MarketSeller | None:
    context = context_of(info)
    own = await context.sellers.load(context.caller.organisation)
    assert own is not None, "a caller sees itself"
    return None if own.is_marketplace else own


async def site_config(_: object, info: Info) -> dict[str, object]:
    """The organisation of a key, with the country and the currency of its prices."""
    context = context_of(info)
    own = (await describe_caller(context.services.database, context.caller)).organisation
    return {
        "name": own.name,
        "currencyCode": own.currency,
        "country": Country(own.country),
    }


async def health_check(_: object, info: Info) -> dict[str, object]:
    """Whether the database answers and is up to date."""
    began = monotonic_seconds()
    try:
        is_well = await is_migrated(context_of(info).services.database)
        message = None if is_well else "The database is not migrated."
    except DatabaseUnreachable:
        is_well, message = False, "The database cannot be reached."
    took = round(monotonic_seconds() - began, 6)
    return {
        "success": is_well,
        "database": {"success": is_well, "message": message, "time": took},
    }


FIELDS: Final[Resolvers] = {
    "apiKeyPrincipal": principal,
    "healthCheck": health_check,
    "siteConfig": site_config,
}
