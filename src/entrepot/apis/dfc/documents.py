"""From bytes to expanded JSON-LD: limits first, then contexts, then pyld. Nothing is fetched.

What is wrong is raised as a refusal that says where in the document. Numbers with a point stay
text all the way, so that no price passes through a binary fraction.
"""

import json
from collections.abc import Iterator
from typing import Any, Final, NoReturn, TypeAlias

import msgspec

from entrepot.apis.dfc import contexts, errors
from entrepot.kernel.refusal import Fact, RefusedError, refuse

Json: TypeAlias = Any
"""What `json.loads` makes: dict, list, str, int, bool or None, each inside the other."""

RELATIVE: Final = "relative:///"
"""What relative references are resolved against. It marks them, for they mean nothing here."""

_CONTEXT: Final = "@context"
_NEVER_IN_CONTEXT: Final = ("@import", _CONTEXT)
_SHOWN_LENGTH_MAX: Final = 200
_OPENED_PER_NODE: Final = 20


class Limits(msgspec.Struct, frozen=True):
    """What is read at most of one document. Nodes are JSON objects; texts count characters.

    Values are all that stands in objects and lists. An order of the most lines there may be, 1,000,
    has about 5,000 nodes and 25,000 values. Expansion takes a tenth of a millisecond for a node and
    a hundredth for a further value, so no document takes much more than a second.
    """

    bytes_max: int = 5_242_880
    nodes_max: int = 10_000
    values_max: int = 60_000
    depth_max: int = 32
    text_length_max: int = 100_000
    context_terms_max: int = 500
    contexts_max: int = 1_000


LIMITS: Final = Limits()


class _RepeatedKeyError(Exception):
    """A key stands twice in one object; what an object says is not for the reader to choose."""


def expand(body: bytes, limits: Limits = LIMITS) -> list[Json]:
    """Read a document into its expanded nodes. Raises a refusal that names what is wrong."""
    document = parse(body, limits)
    _check(document, limits)
    # It comes with a parser of HTML: a fifth of a second that few processes need.
    from pyld import jsonld  # noqa: PLC0415 - as said above

    options = {"documentLoader": contexts.load, "base": RELATIVE}
    try:
        expanded: list[Json] = jsonld.expand(document, options)
    except jsonld.JsonLdError as error:
        _refuse_json_ld(str(error.code or error.type))
    except Exception as error:  # noqa: BLE001 - pyld meets some odd documents with errors of any kind
        _refuse_json_ld(type(error).__name__)
    return expanded


def parse(body: bytes, limits: Limits) -> dict[str, Json]:
    """Read bytes as one JSON object in which no key stands twice."""
    if len(body) > limits.bytes_max:
        _refuse_large("bytes", limits.bytes_max)
    # Millions of empty lists would cost a hundred times their bytes before they could be counted.
    if body.count(b"{") + body.count(b"[") > _OPENED_PER_NODE * limits.nodes_max:
        _refuse_large("nodes", limits.nodes_max)
    try:
        document = json.loads(
            body.decode("utf-8-sig"),
            parse_float=str,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except RecursionError:
        _refuse_large("depth", limits.depth_max)
    except _RepeatedKeyError as error:
        raise _refused(
            errors.KEY_REPEATED,
            "A key stands twice in one object, so it is not clear what is meant. Send it once; "
            "several values of one property are a list.",
            facts={"key": str(error)[:_SHOWN_LENGTH_MAX]},
        ) from None
    except json.JSONDecodeError as error:
        raise _refused(
            errors.NOT_JSON,
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
        ) from None
    except ValueError:
        raise _refused(
            errors.NOT_JSON, "The body is not JSON in UTF-8, or has a number beyond all use."
        ) from None
    if not isinstance(document, dict):
        raise _refused(
            errors.NOT_AN_OBJECT,
            "A document is one JSON object: a node, or @context and @graph.",
        )
    return document


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise _RepeatedKeyError(key)
        seen.add(key)
    raise AssertionError("a shorter object has a key that repeats")


def _refuse_constant(word: str) -> NoReturn:
    raise _refused(errors.NOT_JSON, f"The body is not JSON: {word} is no number in it.")


class _Place:
    """Where a value stands: the place around it and the step to it. Written out when asked."""

    __slots__ = ("around", "depth", "step")

    def __init__(self, around: "_Place | None", step: str | int) -> None:
        self.around = around
        self.step = step
        self.depth: int = 1 if around is None else around.depth + 1

    def __str__(self) -> str:
        """The path from the root, such as `@graph[3].dfc-b:hasPrice`."""
        steps: list[str] = []
        place = self
        while place.around is not None:
            step = place.step
            steps.append(f"[{step}]" if isinstance(step, int) else f".{step[:_SHOWN_LENGTH_MAX]}")
            place = place.around
        return "".join(reversed(steps)).removeprefix(".")


class _Counts:
    """What has been met so far, against what may be met."""

    __slots__ = ("contexts", "limits", "nodes", "terms", "values")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.nodes = 0
        self.values = 0
        self.contexts = 0
        self.terms = 0


def _check(document: dict[str, Json], limits: Limits) -> None:
    """Hold a document to its limits and to shipped contexts, without recursion."""
    counts = _Counts(limits)
    root = _Place(None, "")
    left: list[tuple[Json, _Place]] = [(document, root)]
    while left:
        value, place = left.pop()
        if place.depth > limits.depth_max:
            _refuse_large("depth", limits.depth_max, place)
        counts.values += len(value)
        if counts.values > limits.values_max:
            _refuse_large("values", limits.values_max, place)
        if isinstance(value, dict):
            counts.nodes += 1
            if counts.nodes > limits.nodes_max:
                _refuse_large("nodes", limits.nodes_max, place)
            if _CONTEXT in value:
                _check_context(value[_CONTEXT], _Place(place, _CONTEXT), counts)
            for key in value:
                _check_text(key, place, limits)
        for step, inner in _inside(value):
            if isinstance(inner, dict | list):
                left.append((inner, _Place(place, step)))
            elif isinstance(inner, str) and not (
                len(inner) < _SHOWN_LENGTH_MAX and inner.isascii()
            ):
                _check_text(inner, _Place(place, step), limits)


def _inside(value: dict[str, Json] | list[Json]) -> Iterator[tuple[str | int, Json]]:
    """What stands in an object or list, but for contexts, which have rules of their own."""
    if isinstance(value, list):
        yield from enumerate(value)
        return
    for key, inner in value.items():
        if key != _CONTEXT:
            yield key, inner


def _check_text(text: str, place: _Place, limits: Limits) -> None:
    if len(text) > limits.text_length_max:
        _refuse_large("text", limits.text_length_max, place)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise _refused(
            errors.NOT_JSON,
            "A text has half a character (a lone surrogate). Send whole characters.",
            str(place),
        ) from None


def _check_context(context: Json, place: _Place, counts: _Counts) -> None:
    """Let shipped contexts and plain inline ones pass.

    A context inside another would be processed at each use of its term, and an imported one
    fetched; no client that is known sends either.
    """
    listed = context if isinstance(context, list) else [context]
    counts.contexts += len(listed)
    if counts.contexts > counts.limits.contexts_max:
        _refuse_large("contexts", counts.limits.contexts_max, place)
    for each in listed:
        if isinstance(each, str):
            if not contexts.is_shipped(each):
                _refuse_address(each, place)
        elif isinstance(each, dict):
            _check_inline(each, place, counts)
        elif each is not None:
            _refuse_context("is neither an address nor an object", place)


def _check_inline(context: dict[str, Json], place: _Place, counts: _Counts) -> None:
    counts.terms += len(context)
    if counts.terms > counts.limits.context_terms_max:
        _refuse_large("terms", counts.limits.context_terms_max, place)
    for around in (context, *context.values()):
        if isinstance(around, dict):
            for key, inner in around.items():
                if key in _NEVER_IN_CONTEXT:
                    _refuse_context(f"has {key}, which is not read", place)
                if around is not context and isinstance(inner, dict):
                    _refuse_context("is nested deeper than a term and its definition", place)
                if isinstance(inner, str):
                    _check_text(inner, place, counts.limits)


def _refuse_address(address: str, place: _Place) -> NoReturn:
    raise _refused(
        errors.CONTEXT_NOT_KNOWN,
        f"Contexts are never fetched, and this one is not known here. Send {contexts.CONTEXT}, "
        "or the terms inline.",
        str(place),
        {"context": address[:_SHOWN_LENGTH_MAX]},
    )


def _refuse_context(why: str, place: _Place) -> NoReturn:
    raise _refused(
        errors.CONTEXT_NOT_VALID,
        f"This context {why}. Send {contexts.CONTEXT}, or plain terms inline.",
        str(place),
    )


def _refuse_json_ld(reason: str) -> NoReturn:
    raise _refused(
        errors.NOT_JSON_LD,
        f"The document is JSON but no JSON-LD ({reason}). Look for @id, @type or @value with a "
        "value of the wrong type.",
        facts={"reason": reason},
    ) from None


_LIMIT_WORDS: Final = {
    "bytes": "has more than {limit} bytes",
    "nodes": "has more than {limit} objects",
    "values": "has more than {limit} values",
    "depth": "is nested more than {limit} deep",
    "text": "has a text of more than {limit} characters",
    "contexts": "has more than {limit} contexts",
    "terms": "has more than {limit} terms in inline contexts",
}


def _refuse_large(what: str, limit: int, place: _Place | None = None) -> NoReturn:
    raise _refused(
        errors.DOCUMENT_TOO_LARGE,
        f"The document {_LIMIT_WORDS[what].format(limit=limit)}. Send a smaller one.",
        None if place is None else str(place),
        {"limit_of": what, "limit": limit},
    )


def _refused(
    code: str, message: str, field: str | None = None, facts: dict[str, Fact] | None = None
) -> RefusedError:
    return RefusedError(refuse(code, message, field=field or None, facts=facts))
