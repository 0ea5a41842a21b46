"""What others call orders, invoices and lines, and what they noted of them."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from entrepot.apis.graphql.ids import EXTERNAL_ID, write_id
from entrepot.apis.graphql.resolving import Resolvers
from entrepot.orders import ShownExternalId, ShownInvoice, ShownMarketplaceOrder

_BITS: Final = 60


class ExternalId(NamedTuple):
    """What others call something; `name` is the type and number of that."""

    owner: Any
    name: str
    key: str
    value: str

    @property
    def number(self) -> int:
        """A number that stands for all of it."""
        text = f"{self.name}\0{self.key}\0{self.value}"
        digest = hashlib.sha256(text.encode()).digest()
        return int.from_bytes(digest) >> (len(digest) * 8 - _BITS)


def external_ids(
    kind: str,
    number: int,
    owner: Any,  # noqa: ANN401 - an object that is served
    some: Iterable[ShownExternalId],
) -> list[ExternalId]:
    """What others call an object, of this type and number."""
    return [ExternalId(owner, f"{kind}-{number}", each.key, each.value) for each in some]


def metadata(
    noted: Mapping[str, str], owner: ShownInvoice | ShownMarketplaceOrder
) -> list[dict[str, object]]:
    """What was noted of an object; when is known of the order or invoice only."""
    return [
        {
            "key": key,
            "value": value,
            "createdAt": owner.created_at,
            "updatedAt": owner.updated_at,
        }
        for key, value in noted.items()
    ]


FIELDS: Final[Resolvers] = {
    "id": lambda each, _: write_id(EXTERNAL_ID, each.number),
    "key": lambda each, _: each.key,
    "owner": lambda each, _: each.owner,
    "value": lambda each, _: each.value,
}
"""ExternalID."""
