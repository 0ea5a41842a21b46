"""Seal what a webhook of the GraphQL door keeps secret, and open it again."""

from collections.abc import Mapping

import msgspec

from entrepot.connectors.webhooks.model import NewGraphqlWebhook, WebhookRow
from entrepot.connectors.webhooks.store.webhooks import Sealed
from entrepot.infra.secrets import SecretBox
from entrepot.kernel import ids
from entrepot.kernel.ids import Id

_HEADERS = msgspec.json.Decoder(dict[str, str])


def seal_secrets(box: SecretBox, webhook: Id, new: NewGraphqlWebhook) -> Sealed:
    """Seal a webhook's key, which may be empty, and its headers, any of which may be a secret."""
    owner = ids.WEBHOOK + webhook
    return Sealed(
        box.seal(owner, new.hmac_key.encode()),
        box.seal(f"{owner}/headers", msgspec.json.encode(new.headers)),
    )


def open_secrets(box: SecretBox, row: WebhookRow) -> tuple[str, Mapping[str, str]]:
    """Open a webhook's key and headers. Raises SecretsError."""
    owner = ids.WEBHOOK + row.id
    assert row.headers is not None, "it is one of the GraphQL door"
    headers = _HEADERS.decode(box.open(f"{owner}/headers", row.headers))
    return box.open(owner, row.secret).decode(), headers
