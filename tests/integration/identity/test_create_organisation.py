"""Making an organisation: what is refused, and what the audit says of it."""

from __future__ import annotations

import asyncio

import pytest

from entrepot.identity import NewOrganisation, Organisation, create_organisation, find_organisation
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of


async def test_an_organisation_is_made_and_found(pool: Pool) -> None:
    made = await create_organisation(pool, new_id, NewOrganisation("jeans-farm", "Jean's farm"))
    assert isinstance(made, Organisation)
    assert (made.slug, made.time_zone, made.currency) == ("jeans-farm", "Europe/Amsterdam", "EUR")
    assert await find_organisation(pool, "jeans-farm") == made
    assert await find_organisation(pool, made.id) == made
    ((act, subject, answer),) = await acts_of(pool, made.inner_id)
    assert (act, subject) == ("identity.organisation_created", made.id)
    assert answer["slug"] == "jeans-farm"


async def test_a_slug_is_given_once(pool: Pool) -> None:
    new = NewOrganisation("hub-a", "Hub A")
    answers = await asyncio.gather(*[create_organisation(pool, new_id, new) for _ in range(8)])
    refusals = [answer for answer in answers if isinstance(answer, Refusal)]
    assert len(refusals) == 7
    for refusal in refusals:
        (fault,) = refusal.faults
        assert (fault.code, fault.field) == ("identity.slug_taken", "slug")
        assert fault.facts == {"slug": "hub-a"}


@pytest.mark.parametrize("slug", ["", "Hub", "-hub", "hub-", "hub a", "h" * 64, "hüb", "hub\n"])
async def test_a_slug_that_is_none_is_refused(pool: Pool, slug: str) -> None:
    refusal = await create_organisation(pool, new_id, NewOrganisation(slug, "Hub"))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "identity.slug_not_valid"


async def test_every_fault_is_named_at_once(pool: Pool) -> None:
    new = NewOrganisation("No!", " ", "Europe/Nowhere", "Netherlands", "€")
    refusal = await create_organisation(pool, new_id, new)
    assert isinstance(refusal, Refusal)
    assert [(fault.code, fault.field) for fault in refusal.faults] == [
        ("identity.slug_not_valid", "slug"),
        ("identity.name_not_valid", "name"),
        ("identity.time_zone_not_valid", "time_zone"),
        ("identity.country_not_valid", "country"),
        ("identity.currency_not_valid", "currency"),
    ]


@pytest.mark.parametrize("zone", ["", "Europe", "../etc/passwd", "/etc/localtime", "a" * 5000])
async def test_a_time_zone_is_a_name_and_no_path(pool: Pool, zone: str) -> None:
    refusal = await create_organisation(pool, new_id, NewOrganisation("hub", "Hub", zone))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "identity.time_zone_not_valid"
