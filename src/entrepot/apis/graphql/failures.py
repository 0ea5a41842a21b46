"""What goes wrong, in the words of this door: errors of a request, of a document, and of an act.

Errors of a request have a status of their own. Those of a document and of an act are answered with
200: the first among `errors` beside the data, the second in the act's payload, by attribute.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, print_ast
from structlog.typing import FilteringBoundLogger

from entrepot.identity import SCOPE_MISSING
from entrepot.infra.intake import IntakeClosedError, IntakeFullError
from entrepot.infra.reach import DatabaseUnreachable
from entrepot.kernel.refusal import Fault, Refusal, RefusedError
from entrepot.orders import StoreUnavailableError, TooBusyError

Answer = TypeVar("Answer")

Shown = dict[str, object]
"""An error as it is answered."""

KEY_REFUSED: Final = "API Token has expired"
"""What clients know a key by that is missing, wrong, expired or revoked."""

LIMIT_PASSED: Final = "LIMIT_PASSED"
MISSING_SCOPE: Final = "MISSING_SCOPE"
NOT_FOUND: Final = "NOT_FOUND"
NOT_PERMITTED: Final = "NOT_PERMITTED"
FAILED: Final = "FAILED"

BASE: Final = "base"
"""The attribute of what concerns the whole."""

_VARIABLE: Final = re.compile(
    r"Variable '\$(\w+)' has invalid value(?: at ([^:]+))?: (.*)", re.DOTALL
)

FIELDS: Final[Mapping[str, str]] = {
    "at_once_max": "concurrent_send_limit",
    "gtin": "barcode",
    "headers": "headers",
    "hmac_key": "hmac_key",
    "is_orderable": "published",
    "legacy_id": "legacy_id",
    "name": "title",
    "on_hand": "count_on_hand",
    "order_quantity_min": "min_purchase_quantity",
    "order_quantity_multiple": "min_purchase_quantity",
    "pricing_model": "variant_pricing_model",
    "product": "advert_id",
    "quantity": "quantity",
    "query": "query_string",
    "retail_price": "price",
    "retries_max": "max_retries",
    "sku": "sku",
    "state": "published",
    "told_of": "type",
    "unlimited": "infinite_quantity",
    "url": "url",
    "variant": "variant_id",
    "variants": "variants",
    "vat_rate": "item_tax_rate",
    "wholesale_price": "wholesale_price",
}
"""What clients call the attributes that areas refuse, by the last name in a fault's path."""


class ServerBusyError(Exception):
    """Nothing can be done now; the same can be sent again after so many seconds."""

    def __init__(self, seconds: int) -> None:
        """Keep the seconds."""
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


class ActRefusedError(Exception):
    """An act was refused: what is wrong, by attribute."""

    def __init__(self, wrong: Iterable[tuple[str, str]]) -> None:
        """Keep what is wrong: attributes, each with a sentence."""
        super().__init__("refused")
        self.wrong = tuple(wrong)


def not_found(argument: str, id_: str) -> GraphQLError:
    """Say that an argument's object is not there, or is somebody else's."""
    return GraphQLError(
        f"No object found for {argument}: {id_[:200]}", extensions={"code": NOT_FOUND}
    )


def granted(answer: Answer | Refusal) -> Answer:
    """What a view or an action answered; a refusal is raised."""
    if isinstance(answer, Refusal):
        raise RefusedError(answer)
    return answer


def done(answer: Answer | Refusal) -> Answer:
    """What an act answered; a refusal is raised as what is wrong with its attributes.

    What is no matter of attributes stays what it is: a scope that is missing, a key sent twice.
    """
    if not isinstance(answer, Refusal):
        return answer
    if answer.code == SCOPE_MISSING or answer.code.startswith("request."):
        raise RefusedError(answer)
    raise ActRefusedError((attribute_of(fault), fault.message) for fault in answer.faults)


def validation_errors(wrong: Iterable[tuple[str, str]]) -> list[dict[str, object]]:
    """Write what is wrong by attribute, each once with all its sentences, the weightiest first."""
    by_field: dict[str, list[str]] = {}
    for field, message in wrong:
        messages = by_field.setdefault(field, [])
        if message not in messages:
            messages.append(message)
    return [{"field": field, "messages": messages} for field, messages in by_field.items()]


def attribute_of(fault: Fault) -> str:
    """The attribute that a fault is about, as clients call it."""
    last = (fault.field or "").rpartition(".")[2].partition("[")[0]
    return FIELDS.get(last, BASE)


def show_error(
    error: GraphQLError, document: DocumentNode | None, log: FilteringBoundLogger
) -> Shown:
    """Write an error of a document. A bug is logged and says nothing of itself.

    Raises ServerBusyError for an error that stands for the whole request.
    """
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if cause is None:
        shown = error.formatted
        if document is not None:
            shown = {**shown, "message": _as_known(error.message, document)}
        return dict(shown)
    if isinstance(cause, IntakeFullError):
        raise ServerBusyError(cause.retry_after_seconds) from cause
    if isinstance(
        cause, TooBusyError | StoreUnavailableError | DatabaseUnreachable | IntakeClosedError
    ):
        raise ServerBusyError(2) from cause
    located = {key: value for key, value in error.formatted.items() if key in {"locations", "path"}}
    if isinstance(cause, RefusedError):
        code = MISSING_SCOPE if cause.refusal.code == SCOPE_MISSING else cause.refusal.code
        faults = cause.refusal.faults
        message = " ".join(dict.fromkeys(fault.message for fault in faults))
        return {"message": message, **located, "extensions": {"code": code}}
    log.error("graphql.failed", path=error.path, exc_info=cause)
    message = "Something went wrong here; it has been logged. Try again later."
    return {"message": message, **located, "extensions": {"code": FAILED}}


def _as_known(message: str, document: DocumentNode) -> str:
    """Say what is wrong with a variable in the words that clients of marketplaces know."""
    found = _VARIABLE.fullmatch(message)
    if found is None:
        return message
    name, path, reason = found.groups()
    kind = next(
        (
            print_ast(variable.type)
            for definition in document.definitions
            if isinstance(definition, OperationDefinitionNode)
            for variable in definition.variable_definitions or ()
            if variable.variable.name.value == name
        ),
        "",
    )
    where = f" for {path.lstrip('.')}" if path else ""
    return (
        f"Variable ${name} of type {kind} was provided invalid value{where} ({reason.rstrip('.')})"
    )
