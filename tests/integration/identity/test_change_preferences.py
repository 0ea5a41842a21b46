"""Changing the language and the time zone of oneself, and of nobody else."""

from __future__ import annotations

import pytest

from entrepot.identity import PreferenceChanges, change_preferences, describe_caller
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Sent, Written
from entrepot.kernel import ids
from entrepot.kernel.caller import Caller
from entrepot.kernel.refusal import Refusal
from tests.factories.callers import acts_of, caller_for
from tests.factories.network import Network
from tests.factories.people import Somebody, caller_of, code_of, joined, opened_by, somebody


@pytest.fixture
async def ann(pool: Pool, network: Network) -> Somebody:
    return await somebody(pool, await network.organisation("hub"), "reader")


async def preferences_of(pool: Pool, caller: Caller) -> tuple[str, str]:
    """What a person is shown of themselves."""
    person = (await describe_caller(pool, caller)).person
    assert person is not None
    return person.language, person.time_zone


async def test_what_is_given_changes_wherever_the_person_is(
    pool: Pool, network: Network, ann: Somebody
) -> None:
    other = await joined(pool, ann, await network.organisation("other"), "clerk")
    here = await caller_of(pool, await opened_by(pool, ann, f"org_{ann.organisation}"))
    there = await caller_of(pool, await opened_by(pool, ann, f"org_{other.organisation}"))
    changed = await change_preferences(pool, new_id, here, PreferenceChanges(language="en"))
    assert isinstance(changed, Written)
    assert (changed.answer.language, changed.answer.time_zone) == ("en", "Europe/Amsterdam")
    await change_preferences(pool, new_id, here, PreferenceChanges(time_zone="Europe/Lisbon"))
    assert await preferences_of(pool, here) == ("en", "Europe/Lisbon")
    assert await preferences_of(pool, there) == ("en", "Europe/Lisbon")
    act, subject, answer = (await acts_of(pool, ann.organisation))[-1]
    assert (act, subject) == ("identity.preferences_changed", ids.PERSON + ann.id)
    assert answer["time_zone"] == "Europe/Lisbon"
    assert ann.email not in str(answer)


async def test_nobody_elses_change(pool: Pool, ann: Somebody) -> None:
    colleague = await somebody(pool, ann.organisation, "owner")
    owner = await caller_of(pool, await opened_by(pool, colleague))
    reader = await caller_of(pool, await opened_by(pool, ann))
    await change_preferences(pool, new_id, owner, PreferenceChanges("en", "Europe/Lisbon"))
    assert await preferences_of(pool, reader) == ("nl", "Europe/Amsterdam")


async def test_the_same_again_changes_nothing(pool: Pool, ann: Somebody) -> None:
    caller = await caller_of(pool, await opened_by(pool, ann))
    before = await acts_of(pool, ann.organisation)
    same = PreferenceChanges("nl", "Europe/Amsterdam")
    for changes in (same, PreferenceChanges()):
        answer = await change_preferences(pool, new_id, caller, changes)
        assert isinstance(answer, Written)
    assert await acts_of(pool, ann.organisation) == before


async def test_sent_again_it_is_answered_as_before(pool: Pool, ann: Somebody) -> None:
    caller, sent = await caller_of(pool, await opened_by(pool, ann)), Sent("k", b"c")
    first = await change_preferences(pool, new_id, caller, PreferenceChanges("en"), sent)
    await change_preferences(pool, new_id, caller, PreferenceChanges("nl"))
    again = await change_preferences(pool, new_id, caller, PreferenceChanges("en"), sent)
    assert isinstance(first, Written)
    assert again == Written(first.answer, replayed=True)
    assert await preferences_of(pool, caller) == ("nl", "Europe/Amsterdam")
    other = Sent("k", b"other")
    refused = await change_preferences(pool, new_id, caller, PreferenceChanges("en"), other)
    assert code_of(refused) == "request.key_reused"


async def test_all_that_is_wrong_is_named_and_nothing_changes(pool: Pool, ann: Somebody) -> None:
    caller = await caller_of(pool, await opened_by(pool, ann))
    wrong = PreferenceChanges("tlh", "Europe/Atlantis")
    refused = await change_preferences(pool, new_id, caller, wrong)
    assert isinstance(refused, Refusal)
    assert [(each.code, each.field) for each in refused.faults] == [
        ("identity.language_not_valid", "language"),
        ("identity.time_zone_not_valid", "time_zone"),
    ]
    for zone in ("", "../../etc/passwd", "Europe/Amsterdam\0", "europe/amsterdam"):
        refused = await change_preferences(pool, new_id, caller, PreferenceChanges(time_zone=zone))
        assert code_of(refused) == "identity.time_zone_not_valid", zone
    assert await preferences_of(pool, caller) == ("nl", "Europe/Amsterdam")


async def test_a_token_has_none(pool: Pool, ann: Somebody) -> None:
    caller = caller_for(ann.organisation)
    refused = await change_preferences(pool, new_id, caller, PreferenceChanges("en"))
    assert code_of(refused) == "identity.person_needed"
