"""Who asks, by whom an identity provider vouches for."""

from __future__ import annotations

from entrepot.identity import NewBinding, bind_subject, find_caller, find_vouched_caller
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Written
from entrepot.kernel import ids
from tests.factories.callers import caller_for
from tests.factories.network import Network

ISSUER = "https://login.example"


async def test_it_is_the_organisation_that_the_subject_is_bound_to(
    pool: Pool, network: Network
) -> None:
    organisation = await network.organisation()
    new = NewBinding("hub", ("orders:read", "orders:write"), ISSUER, "client:hub")
    bound = await bind_subject(pool, new_id, caller_for(organisation), new)
    assert isinstance(bound, Written)
    found = await find_vouched_caller(pool, ISSUER, "client:hub")
    assert found is not None
    assert (found.organisation, found.scopes) == (organisation, frozenset(new.scopes))
    assert (found.token, found.person) == (bound.answer.id.removeprefix(ids.TOKEN), None)


async def test_others_are_nobody(pool: Pool, network: Network) -> None:
    organisation = await network.organisation()
    new = NewBinding("hub", ("orders:read",), ISSUER, "client:hub")
    await bind_subject(pool, new_id, caller_for(organisation), new)
    for issuer, subject in (
        (ISSUER, "client:HUB"),
        (ISSUER, "email:hub"),
        ("https://login.other", "client:hub"),
        ("", ""),
    ):
        assert await find_vouched_caller(pool, issuer, subject) is None
    # What is shown of a binding is no secret that would open it.
    assert await find_caller(pool, f"hub at {ISSUER}") is None
