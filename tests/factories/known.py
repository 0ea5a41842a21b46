"""What a fuzz test can name: all that a shop of the demo network has, made over REST.

The shop sells its wholesaler's goods, lets hubs sell its own, has orders in every state, settled
weeks, sales sessions and session orders, and programs that are told what happens.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import count
from typing import Any

import httpx

from entrepot.cli.demo import DemoNetwork
from entrepot.infra.clock import utc_now
from tests.factories.served import PROGRAM

SHOP = "winkel-noord"
WHOLESALER = "de-groothandel"
HUBS = ("hub-a", "hub-b")
"""They sell the shop's own honey."""
LEAVING = ("fulfilment", "jeans-farm")
"""They have begun to end their partnerships with the shop, in which nothing ever passed."""
INVITING = ("seller-one", "client-one", "client-two")
"""Their invitations lie with the shop, unused."""

PRODUCER = "jeans-farm"
"""The shop's sales sessions sell its goods."""
TRADER = "hub-a"
"""Its sales sessions sell the shop's goods."""
SELLER = "seller-two"
"""The shop sells its goods as a marketplace."""
FARMED = ("CARROTS", "LEEKS", "BEETROOT", "POTATOES", "ONIONS", "KALE")
"""The producer's goods by weight; only the first is ordered."""

HONEY = "WN-HEIDEHONING"
"""The shop's own, on no partner's shelves but its hubs'."""
TOWELS = "WN-125"
"""The shop has none; two of its wholesaler's make one."""
SUPPLIED = ("GH-3012", "GH-1031")
"""What the wholesaler gives more of: those towels, and a teapot that it keeps for the shop."""
UNMATCHED = ("GH-4021", "GH-5021", "WN-123", "WN-124")
UNMATCHED_THERE = ("GH-4021", "GH-5021", "GH-4072", "GH-3031")
"""Goods of the shop and of its wholesaler that nobody has matched."""

PLENTY = "1000"
LIMIT = 200
TOLD_SECONDS_MAX = 60.0

_numbers = count(1)


class Program:
    """A program of one organisation: it sends its token, and a key with every act."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def get(self, path: str, **query: str | int) -> Any:  # noqa: ANN401 - JSON, as it is read
        """What is shown at a path."""
        answer = self.http.get(f"/api/v1{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def listed(self, path: str, **query: str | int) -> list[str]:
        """The ids of what is listed at a path, on its first page."""
        return [each["id"] for each in self.get(path, limit=LIMIT, **query)["data"]]

    def post(self, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON, as it is read
        """What an act that is accepted is answered with."""
        headers = {"Idempotency-Key": f"known {next(_numbers)}"}
        answer = self.http.post(f"/api/v1{path}", json=body, headers=headers)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    def variants(self) -> dict[str, dict[str, Any]]:
        """Its own variants, by sku."""
        return {each["sku"]: each for each in self.get("/variants", limit=LIMIT)["data"]}


def grant_rights(environ: Mapping[str, str]) -> None:
    """Open the producer's and a seller's goods to the shop, and the shop's to the trader.

    REST cannot.
    """
    rights = (
        (PRODUCER, SHOP, "session"),
        (SHOP, TRADER, "session"),
        (SELLER, SHOP, "marketplace"),
    )
    for seller, buyer, kind in rights:
        command = [str(PROGRAM), "trading-right", "grant", seller, buyer, kind]
        subprocess.run(command, env=environ, check=True, capture_output=True)


@contextmanager
def open_known(network: DemoNetwork) -> Iterator[Known]:
    """Make all of it in a demo network that is served, in which the rights were granted."""
    with ExitStack() as stack:
        programs = {}
        for each in network.organisations:
            headers = {"Authorization": f"Bearer {each.token}"}
            http = httpx.Client(base_url=network.base_url, headers=headers, trust_env=False)
            programs[each.slug] = Program(stack.enter_context(http))
        yield Known(network.base_url, programs)


class Known:
    """Ids that are really there, by what they name.

    `ids["variant"]` holds what goes for any variant; `ids["matches variant"]` what goes for one
    where `matches` is a word of the path, or the method.
    """

    def __init__(self, address: str, programs: Mapping[str, Program]) -> None:
        self.address = address
        self.programs = programs
        self.shop = programs[SHOP]
        self.ids: dict[str, list[str]] = {}
        for make in (
            self._told,
            self._goods,
            self._bought,
            self._sold,
            self._invited,
            self._orders,
            self._sessions,
            self._session_orders,
            self._marketplace_orders,
            self._listed,
            self._deliveries,
        ):
            self.ids |= make()

    def version(self, variant: str, location: str) -> int:
        """Which version a position of the shop has; 0 where there is none."""
        answer = self.shop.http.get(f"/api/v1/positions/{variant}/{location}")
        return int(answer.json()["version"]) if answer.status_code == 200 else 0

    def cursor(self, path: str, query: dict[str, Any]) -> str | None:
        """Where the second page of a list begins; None where there is none."""
        asked = {**query, "limit": 1}
        asked.pop("cursor", None)
        answer = self.shop.http.get(path, params=asked)
        return answer.json()["next"] if answer.status_code == 200 else None

    def _told(self) -> dict[str, list[str]]:
        """Webhooks: two that are told of partnerships, and some that may be switched off.

        They are at a path that this server does not have, so nothing leaves the machine.
        """
        body = {"url": f"{self.address}/hook", "events": ["partnerships.*"]}
        made = [self.shop.post("/webhooks", body)["webhook"]["id"] for _ in range(6)]
        return {"webhook": made[:2], "PATCH webhook": made[2:], "url": [body["url"]]}

    def _deliveries(self) -> dict[str, list[str]]:
        """What both webhooks were told of, once a worker has made deliveries of it."""
        latest = time.monotonic() + TOLD_SECONDS_MAX
        while True:
            told = [
                set(self.shop.listed(f"/webhooks/{each}/deliveries"))
                for each in self.ids["webhook"]
            ]
            if both := set.intersection(*told):
                return {"delivery": sorted(both)}
            assert time.monotonic() < latest, "no webhook is told anything"
            time.sleep(0.1)

    def _goods(self) -> dict[str, list[str]]:
        """Variants of which any quantity may be ordered, and plenty is there of most."""
        variant = {"sku": "fuzz", "name": "Fuzz by the kilo", "retail_price": "2.5"}
        product = {"name": "Fuzz", "variants": [variant]}
        made = self.shop.post("/products", {"products": [product]})["products"][0]
        kilo = made["variants"][0]["id"]
        own = self.shop.variants()
        honey = own[HONEY]["id"]
        lines = [{"variant": each, "quantity": PLENTY} for each in (kilo, honey)]
        self.shop.post("/stock/receipts", {"lines": lines})
        return {
            "variant": [kilo, honey, own[TOWELS]["id"]],
            "matches variant": [own[sku]["id"] for sku in UNMATCHED],
            "allocations variant": [honey],
            "supplier": [self.shop.post("/suppliers", {"name": "Fuzz"})["id"]],
        }

    def _bought(self) -> dict[str, list[str]]:
        """As a retailer: the demo's partnership, what is kept in it, and settled weeks of it."""
        (buying,) = self.shop.get("/partnerships", role="retailer")["data"]
        wholesaler = self.programs[WHOLESALER]
        theirs = wholesaler.variants()
        towels, teapot = [theirs[sku]["id"] for sku in SUPPLIED]
        lines = [{"variant": each, "quantity": PLENTY} for each in (towels, teapot)]
        wholesaler.post("/stock/receipts", {"lines": lines})
        kept = {"partnership": buying["id"], "variant": teapot, "quantity": "9"}
        allocated = [wholesaler.post("/allocations", kept)["id"] for _ in range(2)]
        settled = self.shop.get("/settlements")["data"]
        return {
            "partnership": [buying["id"]],
            "matches partnership": [buying["id"]],
            "match-wholesale supplier": [buying["supplier"]],
            "matching supplier": [buying["supplier"]],
            "wholesaler_variant": [theirs[sku]["id"] for sku in UNMATCHED_THERE],
            "match": self.shop.listed(f"/partnerships/{buying['id']}/matches")[:4],
            "received-allocations allocation": allocated,
            "settlement": [each["id"] for each in settled],
            "dispute settlement": [each["id"] for each in settled if each["state"] == "closed"],
            "acknowledge settlement": [each["id"] for each in settled if each["state"] != "closed"],
            "settlements line": ["1"],
            "week": [self.shop.get(f"/partnerships/{buying['id']}/open-settlement")["week"]],
        }

    def _sold(self) -> dict[str, list[str]]:
        """As a wholesaler: partnerships in which goods passed, and two that are ending."""
        honey = self.ids["allocations variant"][0]
        gtin = self.shop.variants()[HONEY]["gtin"]
        selling, matches, allocated = [], [], []
        for slug in HUBS:
            hub = self.programs[slug]
            partnership = self._share_with(slug)
            variant = {"sku": "honey", "name": "Honey", "gtin": gtin}
            hub.post("/products", {"products": [{"name": "Honey", "variants": [variant]}]})
            hub.post(f"/suppliers/{partnership['supplier']}/match-wholesale")
            line = {"sku": "honey", "quantity": "2"}
            hub.post("/orders", {"reference": "honey", "paid": True, "lines": [line]})
            kept = {"partnership": partnership["id"], "variant": honey, "quantity": "5"}
            allocated += [self.shop.post("/allocations", kept)["id"] for _ in range(2)]
            matches += self.shop.listed(f"/partnerships/{partnership['id']}/matches")
            selling.append(partnership["id"])
        leaving = [self._share_with(slug)["id"] for slug in LEAVING]
        for each in leaving:
            self.shop.post(f"/partnerships/{each}/begin-ending")
        return {
            "partnership": [*self.ids["partnership"], *selling],
            "PATCH partnership": [*selling, *self.ids["partnership"]],
            "prices partnership": selling,
            "allocations partnership": selling,
            "end partnership": leaving,
            "match": [*self.ids["match"], *matches],
            "allocation": allocated,
        }

    def _invited(self) -> dict[str, list[str]]:
        """Invitations of the shop's own, and the keys of others'."""
        invitations = [self._invite(self.shop)["invitation"]["id"] for _ in range(3)]
        keys = [self._invite(self.programs[slug])["invite_key"] for slug in INVITING]
        return {"invitation": invitations, "invite_key": keys}

    def _invite(self, wholesaler: Program) -> Any:  # noqa: ANN401 - JSON, as it is read
        return wholesaler.post("/partnership-invitations", {"sharing_policy": "all_stock"})

    def _share_with(self, slug: str) -> Any:  # noqa: ANN401 - JSON, as it is read
        """A partnership in which the shop is the wholesaler, as its retailer sees it."""
        key = {"invite_key": self._invite(self.shop)["invite_key"]}
        return self.programs[slug].post("/partnership-invitations/accept", key)

    def _orders(self) -> dict[str, list[str]]:
        """Orders in each state that an act may find; some drew on the wholesaler."""
        kilo, _honey, towels = self.ids["variant"]
        drafts = self._place([kilo] * 4, draft=True)
        unpaid = [self._place([kilo] * 3) for _ in range(3)]
        paid = [self._place([kilo, towels] * 3, paid=True) for _ in range(3)]
        # They hold all there is of it, so nothing else is ordered of that.
        waiting = self._place(self.ids["matches variant"][:1] * 3, quantity="9000", paid=True)
        shipped = self._place([kilo, towels] * 2, paid=True)
        for each in shipped:
            self.shop.post(f"/orders/{each}/shipments")
        return {
            "order": [*drafts, *unpaid[0], *paid[0], *waiting, *shipped],
            "place order": [*drafts, unpaid[0][0]],
            "payment order": [*unpaid[0], waiting[0]],
            "cancel order": [*paid[0], *unpaid[1], waiting[0]],
            "PUT order": [*paid[1], *unpaid[2], waiting[1]],
            "shipments order": [*paid[2], unpaid[2][0]],
            "returns order": [*shipped, paid[2][0]],
            "priority order": [*waiting, paid[2][0]],
            "waiting order": [*waiting, paid[2][0]],
        }

    def _place(
        self, variants: Iterable[str], *, quantity: str = "2", **fields: object
    ) -> list[str]:
        """Place an order on each of these."""
        orders = [
            {
                "reference": f"known {next(_numbers)}",
                "lines": [{"variant": each, "quantity": quantity}],
                **fields,
            }
            for each in variants
        ]
        answers = self.shop.post("/orders/bulk", {"orders": orders})["answers"]
        return [each["order"]["id"] for each in answers]

    def _sessions(self) -> dict[str, list[str]]:
        """As a trader: sales sessions in each state, with orders; those that go on take more."""
        producer = self.programs[PRODUCER]
        theirs = producer.variants()
        farmed = [theirs[sku]["id"] for sku in FARMED]
        lines = [{"variant": each, "quantity": PLENTY} for each in farmed]
        producer.post("/stock/receipts", {"lines": lines})
        going_on = [_open_session(self.shop, farmed) for _ in range(4)]
        planned = _open_session(self.shop, farmed, opens_in=1)
        closed = _open_session(self.shop, farmed)
        for each in (*going_on, closed):
            self._place(farmed[:1], paid=True, sales_session=each)
        self.shop.post(f"/sales-sessions/{closed}/close")
        for each in going_on:
            self._place(farmed[:1], sales_session=each)
        return {
            "sales_session": [*going_on, planned],
            "GET sales_session": [*going_on, planned, closed],
            "orders sales_session": going_on[:2],
            "sales-sessions variant": farmed,
            "remove variants": farmed[1:],
            "opens_at": [_in_days(-2), _in_days(-1)],
            "closes_at": [_in_days(2), _in_days(3)],
        }

    def _session_orders(self) -> dict[str, list[str]]:
        """As a producer: session orders to ship, of a trader that has a session open as well."""
        trader = self.programs[TRADER]
        goods = self.ids["variant"][:2]
        lines = [{"variant": each, "quantity": "9"} for each in goods]
        for is_open in (False, False, False, False, True):
            session = _open_session(trader, goods)
            order = {"reference": f"known {next(_numbers)}", "paid": True, "lines": lines}
            trader.post("/orders", {**order, "sales_session": session})
            if not is_open:
                trader.post(f"/sales-sessions/{session}/close")
        return {"session-orders order": self.shop.listed("/session-orders")}

    def _marketplace_orders(self) -> dict[str, list[str]]:
        """As a marketplace: orders over a seller's goods, of which there is plenty."""
        goods = [each["id"] for each in self.programs[SELLER].variants().values()]
        lines = [{"variant": each, "quantity": PLENTY} for each in goods]
        self.programs[SELLER].post("/stock/receipts", {"lines": lines})
        made = []
        for number, variant in enumerate(goods[:2]):
            body = {
                "lines": [{"variant": variant, "quantity": "500"}],
                "external_ids": [{"key": "known", "value": f"known {number}"}],
            }
            made.append(self.shop.post("/marketplace-orders", body))
        invoices = [each["marketplace"]["invoices"][0] for each in made]
        return {
            **self._refund_requests(invoices[0]["id"]),
            "marketplace-orders variant": goods,
            "marketplace-orders order": [each["id"] for each in made],
            "marketplace-orders legacy_id": [
                str(each["marketplace"]["legacy_id"]) for each in made
            ],
            "seller-invoices legacy_id": [str(each["legacy_id"]) for each in invoices],
            "invoice": [each["id"] for each in invoices],
            "side": ["marketplace"],
            "external_id_key": ["known"],
            "external_id_value": ["known 0", "known 1"],
        }

    def _refund_requests(self, invoice: str) -> dict[str, list[str]]:
        """Refund requests on an invoice, some for each step to take with one, and a shipment."""
        body = {"lines": [{"line": 1, "quantity": "1"}]}
        asked = [
            self.shop.post(f"/seller-invoices/{invoice}/refund-requests", body)["id"]
            for _ in range(20)
        ]
        for refund in asked[5:10]:
            self.shop.post(f"/refund-requests/{refund}/take-back")
        for refund in asked[10:15]:
            self.shop.post(f"/refund-requests/{refund}/deny")
        parcel = {"carrier": 1, "tracking_number": "T1", "dispatched_on": "2090-01-01"}
        shipment = self.shop.post(f"/seller-invoices/{invoice}/shipments", {**body, **parcel})
        return {
            "take-back refund_request": asked[:5],
            "complete refund_request": asked[5:10],
            "restore refund_request": asked[10:15],
            "refund_request": asked[15:],
            "refund-requests legacy_id": ["10001"],
            "shipment": [shipment["id"]],
            "shipments legacy_id": [str(shipment["legacy_id"])],
        }

    def _listed(self) -> dict[str, list[str]]:
        """What was there before, or came with the rest."""
        return {
            "location": self.shop.listed("/locations"),
            "organisation": self.shop.listed("/organisations"),
            "product": self.shop.listed("/products"),
            "act": self.shop.listed("/audit"),
        }


def _open_session(trader: Program, variants: Sequence[str], opens_in: int = -1) -> str:
    """Open a sales session of these, so many days from now; it closes in two days."""
    number = next(_numbers)
    body = {
        "name": f"Known {number}",
        "reference": f"known {number}",
        "opens_at": _in_days(opens_in),
        "closes_at": _in_days(2),
        "products": [{"variant": each} for each in variants],
    }
    session: str = trader.post("/sales-sessions", body)["id"]
    return session


def _in_days(days: int) -> str:
    """A time so many days from now."""
    return (utc_now() + timedelta(days=days)).isoformat()
