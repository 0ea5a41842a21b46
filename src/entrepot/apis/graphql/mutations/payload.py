"""What every act answers, and how it is sent: its payload, its key, its object."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from entrepot.apis.graphql.context import Context
from entrepot.apis.graphql.failures import (
    ActRefusedError,
    not_found,
    validation_errors,
)
from entrepot.apis.graphql.resolving import Info
from entrepot.identity import check_scope
from entrepot.infra.writing import Sent
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.refusal import RefusedError
from entrepot.stock import MarketProduct, MarketVariant

OK: Final = 200
_ENCODER: Final = msgspec.json.Encoder(order="sorted")

Given = dict[str, Any]
"""The input of an act, as it was read."""


class Sending:
    """How one act of a document came: its place in the document, and the key of the request.

    Acts of one document are told apart by their names in it, so sent again each meets its own.
    """

    def __init__(self, context: Context, info: Info, given: Given) -> None:
        """`given` is what the act says."""
        self._context = context
        self._place = f"{info.field_name}/{info.path.key}"
        content = {name: value for name, value in given.items() if name != "clientMutationId"}
        self._content = _ENCODER.encode((info.field_name, content))

    def sent(self, part: str) -> Sent | None:
        """How a part of the act is sent: None without a key, for then it happens each time."""
        if self._context.key is None:
            return None
        content = hashlib.sha256(self._content).digest()
        # Callers' keys are kept apart from our own defaults by their first character.
        return Sent(f"={self._key(part)}", content, self._context.request)

    def key(self, part: str) -> str:
        """The key of a part of the act that passes through the batch."""
        return (
            self._context.services.desk.new_id() if self._context.key is None else self._key(part)
        )

    def _key(self, part: str) -> str:
        """The key of a part: those of a marketplace never meet those of the seller it acts for."""
        organisation = self._context.caller.organisation
        return f"{organisation}/{self._context.key}/{self._place}/{part}"


async def answer(
    given: Given, name: str, act: Callable[[], Awaitable[object]]
) -> dict[str, object]:
    """Do an act and answer its payload: the object under its name, or what is wrong.

    `errors` is null on success, never an empty list: clients ask exactly that.
    """
    payload: dict[str, object] = {
        "clientMutationId": given.get("clientMutationId"),
        "status": OK,
        "errors": None,
        name: None,
    }
    try:
        payload[name] = await act()
    except ActRefusedError as refused:
        payload["errors"] = validation_errors(refused.wrong)
    return payload


def need(context: Context, *scopes: Scope) -> None:
    """Refuse an act whose scopes the key does not have, before any part of it is done."""
    for scope in scopes:
        refusal = check_scope(context.caller, scope)
        if refusal is not None:
            raise RefusedError(refusal)


def acting(
    context: Context, found: MarketProduct | MarketVariant | None, argument: str, id_: str
) -> Caller:
    """Who changes something: its seller, or the marketplace that sells it, in the seller's name.

    A key sees its own and, as a marketplace, what rights open to it; it changes no other. What it
    does for a seller is booked as the seller's act, by the marketplace's token.
    """
    if found is None:
        raise not_found(argument, id_)
    return msgspec.structs.replace(context.caller, organisation=found.seller)
