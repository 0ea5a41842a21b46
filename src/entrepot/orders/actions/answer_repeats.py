"""Answer what a batch need not decide: keys that were used before, twins, and dead tokens."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from entrepot.identity import TOKEN_NOT_VALID
from entrepot.infra.writing import key_reused
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse
from entrepot.orders import store
from entrepot.orders.model import Postponed, Submission


class Accepted(msgspec.Struct, frozen=True):
    """What was accepted: the act's id and the answer as JSON, the same however often it is sent."""

    act: Id
    body: bytes
    replayed: bool = False


Result = Accepted | Refusal | Postponed


def answer_replays(
    replays: Iterable[tuple[int, Submission]], stored: Mapping[tuple[Id, str], store.Stored]
) -> dict[int, Result]:
    """Answer numbered submissions whose keys were claimed before, from what was said then."""
    results: dict[int, Result] = {}
    for number, each in replays:
        said = stored.get((each.organisation, each.key))
        if said is None:
            results[number] = Postponed("the key was forgotten, for its age, meanwhile")
        elif not said.same_content:
            results[number] = key_reused(each.key)
        else:
            assert said.answer is not None, "a claimed key has its act's audit row"
            again = said.act != each.act  # else it is our own, whose commit went unanswered
            results[number] = Accepted(said.act, said.answer, replayed=again)
    return results


def refuse_dead_tokens(
    submissions: Sequence[Submission], live_tokens: Collection[Id]
) -> dict[int, Result]:
    """Refuse, by their numbers, what a token asked that was revoked or expired meanwhile."""
    return {
        number: refuse(TOKEN_NOT_VALID, "This token was revoked or has expired. Ask for a new one.")
        for number, each in enumerate(submissions)
        if each.token is not None and each.token not in live_tokens
    }


def answer_twins(
    submissions: Sequence[Submission],
    firsts: Mapping[tuple[Id, str], int],
    results: Mapping[int, Result],
) -> dict[int, Result]:
    """Answer those without a result, whose keys came twice in one batch, like the first of them."""
    answers: dict[int, Result] = {}
    for number, each in enumerate(submissions):
        if number in results:
            continue
        first = firsts[each.organisation, each.key]
        result = results[first]
        if submissions[first].content_hash != each.content_hash:
            result = key_reused(each.key)
        elif isinstance(result, Refusal) and result.code == TOKEN_NOT_VALID:
            result = Postponed("the twin's token is dead, this one's is not")
        elif isinstance(result, Accepted):
            result = Accepted(result.act, result.body, replayed=True)
        answers[number] = result
    return answers
