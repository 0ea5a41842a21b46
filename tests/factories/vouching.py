"""An identity provider of the tests' own: it makes its keys on the spot and signs tokens."""

from __future__ import annotations

import json
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from entrepot.infra.clock import utc_now

NAME = "https://login.example/realms/food"
LIFE_SECONDS = 1800


class Provider:
    """An identity provider with one key at a time."""

    def __init__(self, name: str = NAME) -> None:
        self.name = name
        self.turn()

    def turn(self, key_id: str = "key-1") -> None:
        """Take another key."""
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.key_id = key_id

    def keys(self) -> bytes:
        """The key set, as its address shows it."""
        public: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(
            self._key.public_key(), as_dict=True
        )
        return json.dumps(
            {"keys": [{**public, "kid": self.key_id, "use": "sig", "alg": "RS256"}]}
        ).encode()

    def sign(self, *, kid: str | None = "", **claims: object) -> str:
        """A token with these claims; those that are None are left out."""
        now = int(utc_now().timestamp())
        said: dict[str, object] = {
            "iss": self.name,
            "iat": now,
            "exp": now + LIFE_SECONDS,
            "typ": "Bearer",
            "azp": "ofn",
            "scope": "openid profile email offline_access",
            **claims,
        }
        said = {name: value for name, value in said.items() if value is not None}
        heads = {} if kid is None else {"kid": kid or self.key_id}
        return jwt.encode(said, self._key, algorithm="RS256", headers=heads)
