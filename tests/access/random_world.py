"""A random world: organisations, rights of every kind and state, goods, orders, holds, tokens.

Everything is drawn from one seed and made through the door, so that it looks like real trade; what
no door offers yet (rights that are paused, limits that have passed) is written into the tables.
"""

from __future__ import annotations

from itertools import count
from random import Random
from typing import Any

from entrepot.connectors.webhooks import tell_webhooks
from entrepot.identity.model import make_secret
from entrepot.infra.following import number_events
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from tests.access.facts import Reader
from tests.access.table import ROLES
from tests.access.world import gtin_of
from tests.factories.network import Network
from tests.factories.people import opened_by, somebody
from tests.factories.web import Asker, Web

ORGANISATIONS = 7
ORDERS = 45
ACTS = 45
KINDS = ("session", "marketplace")
STATES = ("active", "active", "paused", "ended")

_numbers = count(1)


class RandomWorld:
    """Organisations with their goods, as far as making more of it needs to know them."""

    def __init__(self, dice: Random, network: Network, web: Web) -> None:
        self.dice = dice
        self.network = network
        self.web = web
        self.organisations: list[Id] = []
        self.askers: dict[Id, Asker] = {}
        self.locations: dict[Id, list[Id]] = {}
        self.variants: dict[Id, list[Id]] = {}
        self.orders: list[tuple[Id, str]] = []
        self.readers: list[Reader] = []

    async def fill(self) -> None:
        """Make everything."""
        for _ in range(ORGANISATIONS):
            await self._join()
        await self._give_rights()
        await self._share()
        for _ in range(ORDERS):
            await self._place()
        for _ in range(ACTS):
            await self._act()
        await self._count()
        await self._tell()
        await self._retire()
        for organisation in self.organisations:
            await self._issue(organisation)
            await self._log_in(organisation)
        self.readers += [Reader(None), Reader(make_secret("pat", self.dice.randbytes(32)))]

    async def _join(self) -> None:
        """An organisation, its locations and its goods, most of them in stock."""
        dice = self.dice
        ident = await self.network.organisation("org", waiting_holds=dice.random() < 0.7)
        for number in range(dice.randrange(3)):
            await self.network.location(
                ident, f"place-{number}", rank=dice.randrange(3), ships_orders=dice.random() < 0.7
            )
        variants = [
            await self.network.variant(ident, unlimited=dice.random() < 0.1)
            for _ in range(dice.randint(3, 6))
        ]
        self.organisations.append(ident)
        asker = self.askers[ident] = await self.web.asker(ident)
        await self._buy(asker, variants)
        self.variants[ident] = variants
        self.locations[ident] = [
            each["id"].removeprefix("loc_") for each in (await asker.get("/locations"))["data"]
        ]
        lines = [
            {
                "variant": f"var_{variant}",
                "location": f"loc_{dice.choice(self.locations[ident])}",
                "quantity": str(dice.randint(1, 60) / 2),
            }
            for variant in variants
            for _ in range(dice.randrange(3))
        ]
        if lines:
            await asker.post("/stock/receipts", {"lines": lines})

    async def _buy(self, asker: Asker, variants: list[Id]) -> None:
        """Suppliers, of whom one is gone, and what is bought from them at which price."""
        dice = self.dice
        names = [f"Supplier {next(_numbers)}" for _ in range(3)]
        suppliers = [(await asker.post("/suppliers", {"name": name}))["id"] for name in names]
        for variant in variants:
            body = {
                "supplier": dice.choice((*suppliers, None)),
                "purchase_price": str(dice.randint(1, 999) / 100),
                "gtin": dice.choice((gtin_of(next(_numbers)), None)),
            }
            await asker.send(
                "PATCH", f"/api/v1/variants/var_{variant}", body, key=f"buy-{next(_numbers)}"
            )
        await self._write(
            "UPDATE suppliers SET state = $2 WHERE id = $1",
            suppliers[0].removeprefix("sup_"),
            dice.choice(("deactivated", "deleted")),
        )

    async def _give_rights(self) -> None:
        """Some sell to some, in every kind; all are active while the orders are placed."""
        for seller in self.organisations:
            for buyer in self.organisations:
                for kind in KINDS:
                    if seller != buyer and self.dice.random() < 0.2:
                        await self.network.right(seller, buyer, kind)

    async def _tell(self) -> None:
        """Most have webhooks, one of them deleted again, and were told what happened since."""
        dice = self.dice
        made = []
        for organisation in self.organisations:
            for _ in range(dice.randrange(4)):
                body = {"url": "https://93.184.216.34/hook", "events": ["catalogue.*"]}
                answer = await self.askers[organisation].post("/webhooks", body)
                made.append((organisation, answer["webhook"]["id"]))
        for organisation, webhook in made:
            await self.askers[organisation].post(f"/webhooks/{webhook}/ping")
            await self.askers[organisation].post("/suppliers", {"name": f"of {webhook}"})
        await number_events(self.web.pool)
        while await tell_webhooks(self.web.pool):
            pass
        await self._write(
            "UPDATE webhook_deliveries SET state = 'delivered', ended_at = now(), tries = 1"
            " WHERE event = 'webhooks.pinged'"
        )
        await self._write(
            "INSERT INTO webhook_attempts (organisation, webhook, act, number, at, milliseconds,"
            " status) SELECT organisation, webhook, act, 1, ended_at, 7, 204"
            " FROM webhook_deliveries WHERE state = 'delivered'"
        )
        for organisation, webhook in made[:3]:
            state = {"state": dice.choice(("disabled", "deleted"))}
            await self.askers[organisation].patch(f"/webhooks/{webhook}", state)

    async def _share(self) -> None:
        """Some share their stock with some; other invitations are open, taken back or expired."""
        dice = self.dice
        for wholesaler in self.organisations:
            for retailer in self.organisations:
                if wholesaler != retailer and dice.random() < 0.25:
                    await self._invite(wholesaler, retailer)
        await self._write(
            "UPDATE partnership_invitations SET expires_at = now() - interval '1 minute'"
            " WHERE id IN (SELECT i.id FROM partnership_invitations AS i"
            " WHERE i.accepted_at IS NULL AND i.revoked_at IS NULL ORDER BY i.id LIMIT 2)"
        )

    async def _invite(self, wholesaler: Id, retailer: Id) -> None:
        """An invitation, and what becomes of it."""
        dice = self.dice
        theirs, ours = self.askers[wholesaler], self.askers[retailer]
        body = {
            "sharing_policy": dice.choice(("all_stock", "allocated_only")),
            "buffer": str(dice.randrange(9) / 2),
            "cap": dice.choice((None, "12.5")),
            "price_percentage": dice.choice(("100", "87.5")),
            "note": dice.choice(("", "somebody")),
            "terms": dice.choice(("", "Be good.")),
        }
        invited = await theirs.post("/partnership-invitations", body)
        fate = dice.choice(("open", "revoked", *["accepted"] * 4))
        if fate == "revoked":
            ident = invited["invitation"]["id"]
            await theirs.post(f"/partnership-invitations/{ident}/revoke")
        if fate != "accepted":
            return
        key = {"invite_key": invited["invite_key"]}
        made = await ours.post("/partnership-invitations/accept", key)
        for asker in (theirs, ours):
            if dice.random() < 0.2:
                act = dice.choice(("pause", "begin-ending"))
                await asker.try_post(f"/partnerships/{made['id']}/{act}")

    async def _place(self) -> None:
        """An order of anybody on anything; many are refused, as in life."""
        dice = self.dice
        buyer = dice.choice(self.organisations)
        kind = dice.choice(("own", "own", "session", "marketplace"))
        goods = self.variants[buyer] if kind == "own" else await self._opened(buyer, kind)
        goods = goods or self.variants[dice.choice(self.organisations)]
        body = {
            "reference": f"order-{next(_numbers)}",
            "kind": kind,
            "lines": [
                {
                    "variant": f"var_{dice.choice(goods)}",
                    "quantity": str(dice.randint(1, 24) / 2),
                    **({"unit_price": "1.25"} if dice.random() < 0.3 else {}),
                }
                for _ in range(dice.randint(1, 3))
            ],
            "paid": dice.random() < 0.5,
            "draft": dice.random() < 0.1,
            "priority": dice.choice((0, 0, 7)),
        }
        if kind == "own":
            body["policy"] = dice.choice(("refuse_short", "ship_complete", "allow_split"))
        answer = await self.askers[buyer].try_post("/orders", body)
        if answer.status_code == 201:
            shown = answer.json()
            self.orders += [(buyer, shown[name]) for name in ("id", "followed_by") if name in shown]

    async def _opened(self, buyer: Id, kind: str) -> list[Id]:
        """What the rights of a kind open to a buyer."""
        rows = await self._rows(
            "SELECT v.id FROM variants AS v INNER JOIN trading_rights AS r"
            " ON r.seller = v.organisation WHERE r.buyer = $1 AND r.kind = $2 ORDER BY v.id",
            buyer,
            kind,
        )
        return [id_ for (id_,) in rows]

    async def _act(self) -> None:
        """Something happens to an order, where it may."""
        dice = self.dice
        organisation, order = dice.choice(self.orders)
        part = {"lines": [{"line": 1, "quantity": "0.5"}]}
        path, body = dice.choice(
            (
                ("shipments", None),
                ("shipments", part),
                ("cancel", None),
                ("cancel", part),
                ("payment", {"succeeded": True}),
                ("payment", {"succeeded": False}),
                ("returns", part),
                ("place", {"paid": True}),
                (None, None),
            )
        )
        if path is None:
            await self.network.set_clock_past(order.removeprefix("ord_"))
        else:
            await self.askers[organisation].try_post(f"/orders/{order}/{path}", body)

    async def _count(self) -> None:
        """Some counts find less than was promised, or come too late."""
        for organisation in self.organisations:
            rows = (await self.askers[organisation].get("/positions", limit=200))["data"]
            for row in self.dice.sample(rows, min(2, len(rows))):
                body = {
                    "variant": row["variant"],
                    "location": row["location"],
                    "on_hand": str(self.dice.randrange(5)),
                    "expected_version": row["version"],
                }
                await self.askers[organisation].try_post("/stock/counts", body)

    async def _retire(self) -> None:
        """Some rights are paused or ended, some variants deactivated or deleted."""
        for seller, buyer, kind in await self._rows(
            "SELECT seller, buyer, kind FROM trading_rights WHERE kind <> 'consignment'"
            " ORDER BY seller, buyer, kind"
        ):
            await self._write(
                "UPDATE trading_rights SET state = $4"
                " WHERE seller = $1 AND buyer = $2 AND kind = $3",
                seller,
                buyer,
                kind,
                self.dice.choice(STATES),
            )
        for variants in self.variants.values():
            for variant in variants:
                state = self.dice.choice(("active",) * 4 + ("deactivated", "deleted"))
                await self._write("UPDATE variants SET state = $2 WHERE id = $1", variant, state)

    async def _issue(self, organisation: Id) -> None:
        """Programs with some scopes; one whose token holds no more."""
        for number in range(2):
            chosen = [scope for scope in Scope if number == 0 or self.dice.random() < 0.7]
            scopes = chosen or [Scope.ORDERS_READ]
            issued = await self.web.token(organisation, *scopes)
            held = frozenset(scope.value for scope in scopes)
            ident = issued.token.id.removeprefix("tok_")
            self.readers.append(Reader(issued.secret, organisation, held, ident))
        column = self.dice.choice(("revoked_at", "expires_at"))
        dead = await self.web.token(organisation)
        await self._write(
            f"UPDATE tokens SET {column} = now() WHERE id = $1", dead.token.id.removeprefix("tok_")
        )
        self.readers.append(Reader(dead.secret))

    async def _log_in(self, organisation: Id) -> None:
        """People of two roles, of whom one has logged out again; and somebody who is invited."""
        for role in self.dice.sample(list(ROLES), 2):
            person = await somebody(self.web.pool, organisation, role)
            kept = await opened_by(self.web.pool, person)
            gone = await opened_by(self.web.pool, person)
            ended = self.web.nobody(gone.secret)
            assert (await ended.post("/sessions/current/revoke"))["revoked_at"]
            held = frozenset(scope.value for scope in ROLES[role])
            session = kept.session.id.removeprefix("ses_")
            reader = Reader(kept.secret, organisation, held, session, person.id)
            self.readers += [reader, Reader(gone.secret)]
            body = {"email": f"new-{next(_numbers)}@example.com", "role": role}
            # Refused to all but owners.
            await self.web.nobody(kept.secret).try_post("/colleague-invitations", body)

    async def _rows(self, sql: str, *values: object) -> list[Any]:
        async with self.web.pool.acquire() as connection:
            rows: list[Any] = await connection.fetch(sql, *values)
            return rows

    async def _write(self, sql: str, *values: object) -> None:
        async with self.web.pool.acquire() as connection:
            await connection.execute(sql, *values)
