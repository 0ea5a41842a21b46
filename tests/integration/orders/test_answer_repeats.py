"""What a batch answers without deciding: keys used before, twins, and tokens that are dead."""

from __future__ import annotations

from entrepot.identity import TOKEN_NOT_VALID
from entrepot.infra.ids import new_id
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse
from entrepot.orders.actions.answer_repeats import (
    Accepted,
    answer_replays,
    answer_twins,
    refuse_dead_tokens,
)
from entrepot.orders.model import Postponed, RecordPayment, Submission
from entrepot.orders.store import Stored
from tests.factories.counter import Counter, body_of, code_of, order_of, submission
from tests.factories.network import Network


def _sent(owner: Id, key: str, content: bytes = b"", token: Id | None = None) -> Submission:
    return Submission(RecordPayment(new_id(), succeeded=True), owner, new_id(), key, content, token)


def test_a_key_is_answered_as_it_was() -> None:
    owner = new_id()
    lost, same, other, ours = (_sent(owner, key) for key in ("lost", "same", "other", "ours"))
    stored = {
        (owner, "same"): Stored(new_id(), same_content=True, answer=b"said"),
        (owner, "other"): Stored(new_id(), same_content=False, answer=b"said"),
        (owner, "ours"): Stored(ours.act, same_content=True, answer=b"said"),
    }
    replays = [(0, lost), (1, same), (4, other), (5, ours)]
    results = answer_replays(replays, stored)
    assert isinstance(results[0], Postponed)
    assert results[1] == Accepted(stored[owner, "same"].act, b"said", replayed=True)
    assert isinstance(results[4], Refusal)
    assert results[4].code == "request.key_reused"
    assert results[5] == Accepted(ours.act, b"said", replayed=False)


def test_only_dead_tokens_are_refused() -> None:
    live, dead = new_id(), new_id()
    sent = [_sent("o", "a", token=live), _sent("o", "b", token=dead), _sent("o", "c")]
    results = refuse_dead_tokens(sent, {live})
    assert list(results) == [1]
    assert isinstance(results[1], Refusal)
    assert results[1].code == TOKEN_NOT_VALID


def test_twins_are_answered_like_the_first() -> None:
    sent = [_sent("o", "a"), _sent("o", "a"), _sent("o", "a", b"else"), _sent("p", "b")]
    said = Accepted("act", b"said")
    answers = answer_twins(sent, {("o", "a"): 0, ("p", "b"): 3}, {0: said, 3: said})
    assert answers[1] == Accepted("act", b"said", replayed=True)
    assert isinstance(answers[2], Refusal)
    assert list(answers) == [1, 2]


def test_a_dead_tokens_twin_is_decided_for_itself() -> None:
    sent = [_sent("o", "a", token="dead"), _sent("o", "a", token="live")]
    dead = refuse(TOKEN_NOT_VALID, "This token was revoked.")
    assert isinstance(answer_twins(sent, {("o", "a"): 0}, {0: dead})[1], Postponed)


async def test_it_is_so_in_a_batch(network: Network, counter: Counter) -> None:
    owner = await network.organisation()
    variant = await network.variant(owner)
    await counter.receive(owner, variant, 5)
    order = order_of((variant, 3))
    first, twin, else_ = await counter.batch(
        submission(owner, order, "k"),
        submission(owner, order, "k"),
        submission(owner, order_of((variant, 1)), "k"),
    )
    assert body_of(first) == body_of(twin)
    assert code_of(else_) == "request.key_reused"
    assert (await counter.figures(variant))[:2] == (5, 3)
