"""An owner, its partner, a former partner and a stranger, each with the same kinds of things.

Each has made its own of everything, so that a request can name any mixture of them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import timedelta
from itertools import count
from typing import Any, TypeAlias

from entrepot.connectors.webhooks import tell_webhooks
from entrepot.identity import (
    IssuedReset,
    Membership,
    NewPerson,
    add_person,
    issue_password_reset,
)
from entrepot.infra.clock import utc_now
from entrepot.infra.following import number_events
from entrepot.infra.ids import new_id
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.weeks import WEEK
from entrepot.partnerships import begin_ending
from entrepot.settlement import close_weeks, write_settlements
from tests.factories.callers import caller_for
from tests.factories.feeding import publish_all
from tests.factories.network import Network
from tests.factories.people import quick_passwords
from tests.factories.web import Asker, Web
from tests.factories.wholesale import partner

WEBHOOKS_KEPT = 8
"""Webhooks that a member has at once: fewer than an organisation may have."""

_numbers = count(1)
_WIRE_ID = re.compile(r"[a-z]{3}_[0-9a-f]{32}")
_SIGNS = random.Random(5)


class Member:
    """An organisation, a program of it that may do everything, and what it has, by kind."""

    def __init__(
        self, web: Web, network: Network, name: str, ident: Id, secret: str, things: Things
    ) -> None:
        self.web = web
        self.network = network
        self.name = name
        self.ident = ident
        self.asker = web.nobody(secret)
        self.things = things

    async def asker_with(self, *scopes: Scope) -> Asker:
        """Another program of it, with these scopes only."""
        return await self.web.asker(self.ident, *scopes)

    async def asker_as(self, role: str) -> tuple[Asker, dict[str, str]]:
        """A new person of it who has logged in, and what that person has."""
        person = await _person_as(self, role)
        body = {"email": person["email"], "password": person["password"]}
        opened = await self.web.nobody().post("/sessions", body)
        return self.web.nobody(opened["secret"]), {**person, "session": opened["session"]["id"]}

    async def fresh(self, kinds: Iterable[str]) -> dict[str, str]:
        """What it has, with new ones of these kinds, which nothing was done with yet."""
        wanted = set(kinds)
        things = dict(self.things)
        for made, maker in MAKERS.items():
            if wanted & set(made):
                things |= await maker(self, things)
        return things

    async def order(self, variant: str, quantity: str = "2", **fields: object) -> dict[str, str]:
        """Place an order on its own variant; its id, its reference and its key."""
        number = next(_numbers)
        key, reference = f"{self.name}-key-{number}", f"{self.name}-order-{number}"
        lines = [{"variant": variant, "quantity": quantity}]
        body = {"reference": reference, "lines": lines, **fields}
        answer = await self.asker.post("/orders", body, key=key)
        return {"order": answer["id"], "reference": reference, "key": key}


Things: TypeAlias = dict[str, str]
Maker: TypeAlias = Callable[[Member, Things], Awaitable[Things]]
"""Makes something for a member, given what it has or has just been given."""


async def _organisation(member: Member, _: Things) -> Things:
    shown = await member.asker.get(f"/organisations/org_{member.ident}")
    return {"organisation": shown["id"], "slug": shown["slug"]}


async def _location(member: Member, _: Things) -> Things:
    code = f"{member.name}-place-{next(_numbers)}"
    made = await member.asker.post("/locations", {"code": code, "name": "Place"})
    return {"location": made["id"], "location_code": code}


async def _supplier(member: Member, _: Things) -> Things:
    name = f"{member.name} supplier {next(_numbers)}"
    made = await member.asker.post("/suppliers", {"name": name})
    return {"supplier": made["id"], "supplier_name": name}


async def _variant(member: Member, things: Things) -> Things:
    """A variant of a product of its own, with one receipt at a location that it has."""
    supplier = await _supplier(member, things)
    number = next(_numbers)
    variant = {
        "sku": f"{member.name}-sku-{number}",
        "name": "Carrots",
        "gtin": gtin_of(number),
        "supplier": supplier["supplier"],
        "purchase_price": things["purchase_price"],
    }
    product = {"name": f"{member.name} carrots", "variants": [variant]}
    made = (await member.asker.post("/products", {"products": [product]}))["products"][0]
    ident = made["variants"][0]["id"]
    line = {"variant": ident, "quantity": things["on_hand"], "location": things["location"]}
    await member.asker.post("/stock/receipts", {"lines": [line]})
    named = {name: variant[name] for name in ("sku", "gtin")}
    return {"product": made["id"], "variant": ident, **named, **supplier}


async def _order(member: Member, things: Things) -> Things:
    """An order that holds stock until it is paid, on a variant of its own; placed with a key."""
    variant = (await _variant(member, things))["variant"]
    return {**await member.order(variant), "held_variant": variant}


async def _draft(member: Member, things: Things) -> Things:
    variant = (await _variant(member, things))["variant"]
    return {"draft": (await member.order(variant, draft=True))["order"]}


async def _paid(member: Member, things: Things) -> Things:
    variant = (await _variant(member, things))["variant"]
    return {"paid": (await member.order(variant, paid=True))["order"]}


async def _shipped(member: Member, things: Things) -> Things:
    order = (await _paid(member, things))["paid"]
    await member.asker.post(f"/orders/{order}/shipments")
    return {"shipped": order}


async def _waiting(member: Member, _: Things) -> Things:
    variant = f"var_{await member.network.variant(member.ident, 'short')}"
    return {"waiting": (await member.order(variant, paid=True))["order"]}


async def _notice(member: Member, things: Things) -> Things:
    """A notice of a count that found less than was promised."""
    made = await _variant(member, things)
    await member.order(made["variant"], paid=True)
    body = {
        "variant": made["variant"],
        "location": things["location"],
        "on_hand": "1",
        "expected_version": 2,
    }
    await member.asker.post("/stock/counts", body)
    return {"notice": (await member.asker.get("/notices", limit=1))["data"][0]["id"]}


async def _person(member: Member, _: Things) -> Things:
    return await _person_as(member, "clerk")


async def _person_as(member: Member, role: str) -> Things:
    """A person with a role, and a password that nobody else has."""
    number = next(_numbers)
    email = f"{member.name}-{number}@example.com"
    password = f"{member.name} eats carrots {number}"
    new = NewPerson(email, "Some Body", role, password)
    made = await add_person(
        member.web.pool, new_id, quick_passwords(), caller_for(member.ident), new
    )
    assert isinstance(made, Membership), made
    return {"person": made.person, "email": email, "password": password}


async def _session(member: Member, _: Things) -> Things:
    """Two sessions of one person, of which one is named."""
    _asker, made = await member.asker_as("owner")
    body = {name: made[name] for name in ("email", "password")}
    opened = await member.web.nobody().post("/sessions", body)
    return {"session": opened["session"]["id"], "acting_person": made["person"]}


async def _token(member: Member, _: Things) -> Things:
    return {"token": (await member.web.token(member.ident)).token.id}


async def _invitation(member: Member, _: Things) -> Things:
    email = f"{member.name}-new-{next(_numbers)}@example.com"
    body = {"email": email, "role": "clerk"}
    made = await member.asker.post("/colleague-invitations", body)
    return {"invitation": made["invitation"]["id"], "invitation_key": made["key"]}


async def _reset(member: Member, _: Things) -> Things:
    """A key for a new password of a person of its own."""
    email = (await _person(member, {}))["email"]
    issued = await issue_password_reset(member.web.pool, new_id, email)
    assert isinstance(issued, IssuedReset), issued
    return {"reset_key": issued.key}


async def _buying(member: Member, _: Things) -> Things:
    """A wholesaler of its own: the supplier, matches, and a variant on each side without one.

    What is matched has another wholesaler too.
    """
    network = member.network
    pair, other = [
        await partner(network, await network.organisation("wholesaler"), member.ident)
        for _ in range(2)
    ]
    matched, second, unmatched = [
        await network.variant(member.ident, name) for name in ("matched", "second", "unmatched")
    ]
    matches = [
        await network.match(
            each.partnership,
            (each.wholesaler, await network.variant(each.wholesaler, "offered")),
            (member.ident, variant),
        )
        for each, variant in ((pair, matched), (pair, second), (other, matched))
    ]
    return {
        "buying": f"pts_{pair.partnership}",
        "buying_supplier": f"sup_{pair.supplier}",
        "match": f"mch_{matches[0]}",
        "offered": f"var_{await network.variant(pair.wholesaler, 'offered')}",
        "matched": f"var_{matched}",
        "unmatched": f"var_{unmatched}",
    }


async def _selling(member: Member, _: Things) -> Things:
    """A partnership in which it is the wholesaler."""
    retailer = await member.network.organisation("retailer")
    return {"selling": f"pts_{await member.network.partnership(member.ident, retailer)}"}


async def _partnership_invitation(member: Member, _: Things) -> Things:
    """An invitation of its own, that nobody has accepted."""
    made = await _invited_by(member.asker)
    return {"partnership_invitation": made["invitation"]["id"]}


async def _invite_key(member: Member, _: Things) -> Things:
    """The key of somebody's invitation, which was handed to it."""
    return {"invite_key": (await _invited_by(await _newcomer(member)))["invite_key"]}


async def _partnership(member: Member, _: Things) -> Things:
    """A partnership in which it is the wholesaler."""
    body = {"invite_key": (await _invited_by(member.asker))["invite_key"]}
    retailer = await _newcomer(member)
    made = await retailer.post("/partnership-invitations/accept", body)
    return {"partnership": made["id"]}


async def _invited_by(asker: Asker) -> Any:  # noqa: ANN401 - JSON, as it is read
    return await asker.post("/partnership-invitations", {"sharing_policy": "all_stock"})


async def _newcomer(member: Member) -> Asker:
    """A program of an organisation that nothing else is known of."""
    return await member.web.asker(await member.network.organisation("newcomer"))


async def _settled(member: Member, _: Things) -> Things:
    """A settlement of two lines as the wholesaler, and transfers of the week after it."""
    network, pool = member.network, member.web.pool
    retailer = await network.organisation("retailer")
    partnership = await network.partnership(member.ident, retailer)
    pairs = []
    for name in ("shared", "shared too"):
        variants = [await network.variant(each, name) for each in (member.ident, retailer)]
        await network.match(partnership, (member.ident, variants[0]), (retailer, variants[1]))
        pairs.append(variants)
    lines = [{"variant": f"var_{theirs}", "quantity": "8"} for theirs, _own in pairs]
    await member.asker.post("/stock/receipts", {"lines": lines})
    buyer, seller = await member.web.asker(retailer), caller_for(member.ident)
    wanted = [{"variant": f"var_{own}", "quantity": "1"} for _theirs, own in pairs]
    document = ""
    for _week in range(2):
        for _order in range(2):
            body = {"reference": f"order-{next(_numbers)}", "paid": True, "lines": wanted}
            assert (await buyer.post("/orders", body))["status"] == "complete"
        if not document:
            # A week later; what passes now is of the week that is open then.
            closing = (pool, new_id, seller, partnership, None, lambda now: now + WEEK)
            await close_weeks(*closing)
            written = await write_settlements(pool, new_id, seller, partnership)
            assert isinstance(written, list), written
            document = written[0].id
    return {
        "settlement": document,
        # With zeros before it, so that it is found in no answer by chance.
        "line": "0000000001",
        "trading": f"pts_{partnership}",
        "moved": f"var_{pairs[0][0]}",
    }


async def _ending(member: Member, _: Things) -> Things:
    """A partnership that is ending, with nothing in its way."""
    retailer = await member.network.organisation("retailer")
    partnership = await member.network.partnership(member.ident, retailer)
    await begin_ending(member.web.pool, new_id, caller_for(member.ident), partnership)
    return {"ending": f"pts_{partnership}"}


async def _allocation(member: Member, things: Things) -> Things:
    """Units of a variant of its own that it keeps for one of two partners, who both sell it."""
    variant = (await _variant(member, things))["variant"]
    partnerships = [await _shown_to(member, variant) for _ in range(2)]
    line = {"variant": variant, "quantity": "3", "location": things["location"]}
    made = await member.asker.post("/allocations", {"partnership": partnerships[0], **line})
    return {"allocation": made["id"], "allocated": variant, "allocating": partnerships[0]}


async def _shown_to(member: Member, variant: str) -> str:
    """A partnership with a new retailer, whose product is matched with the variant."""
    network = member.network
    retailer = await network.organisation("retailer")
    made = await network.partnership(member.ident, retailer)
    sold = (retailer, await network.variant(retailer, "sold"))
    await network.match(made, (member.ident, variant.removeprefix("var_")), sold)
    return f"pts_{made}"


async def _received(member: Member, _: Things) -> Things:
    """Units that a wholesaler keeps for it."""
    network = member.network
    wholesaler = await network.organisation("wholesaler")
    made = await network.partnership(wholesaler, member.ident)
    goods = f"var_{await network.variant(wholesaler, 'goods')}"
    seller = await member.web.asker(wholesaler)
    line = {"variant": goods, "quantity": "3"}
    await seller.post("/stock/receipts", {"lines": [line]})
    allocated = await seller.post("/allocations", {"partnership": f"pts_{made}", **line})
    return {"received": allocated["id"], "receiving": f"pts_{made}"}


async def _selling_session(member: Member, _: Things) -> Things:
    """A sales session of its own, of a producer's two products; customers ordered one of them."""
    network, number = member.network, next(_numbers)
    producer = await network.organisation("producer")
    await network.right(producer, member.ident, "session")
    sold, unordered = [await network.variant(producer, name) for name in ("sold", "unordered")]
    seller = await member.web.asker(producer)
    line = {"variant": f"var_{sold}", "quantity": "100"}
    await seller.post("/stock/receipts", {"lines": [line]})
    reference = f"{member.name}-session-{number}"
    body = {
        "name": "Week",
        "reference": reference,
        **session_times(),
        "products": [{"variant": f"var_{each}"} for each in (sold, unordered)],
    }
    session = (await member.asker.post("/sales-sessions", body))["id"]
    for _order in range(2):
        await member.order(f"var_{sold}", "1", sales_session=session)
    shown = (await seller.get("/variants"))["data"]
    return {
        "sales_session": session,
        "session_reference": reference,
        "producer": f"org_{producer}",
        "session_variant": f"var_{sold}",
        "session_sku": next(each["sku"] for each in shown if each["id"] == f"var_{sold}"),
        "unordered": f"var_{unordered}",
    }


async def _session_order(member: Member, things: Things) -> Things:
    """A session order at it, the producer, and a trader's session that still goes on."""
    variant = (await _variant(member, things))["variant"]
    trader = await member.network.organisation("trader")
    await member.network.right(member.ident, trader, "session")
    buyer = await member.web.asker(trader)
    for number in range(2):
        body = {
            "name": "Week",
            "reference": f"week-{number}",
            **session_times(),
            "products": [{"variant": variant}],
        }
        session = (await buyer.post("/sales-sessions", body))["id"]
        order = {
            "reference": f"order-{number}",
            "paid": True,
            "sales_session": session,
            "lines": [{"variant": variant, "quantity": "1"}],
        }
        await buyer.post("/orders", order)
        if not number:
            await buyer.post(f"/sales-sessions/{session}/close")
    rows = (await member.asker.get("/session-orders", limit=1))["data"]
    return {"session_order": rows[0]["id"]}


async def _market(member: Member, _: Things) -> Things:
    """Goods that a seller lets it sell as a marketplace, and an order over them."""
    seller = await member.network.organisation("seller")
    await member.network.right(seller, member.ident, "marketplace")
    asker = await member.web.asker(seller)
    variant = await _marketed(asker, f"{member.name}-market-{next(_numbers)}")
    line = {"variant": variant["id"], "quantity": "9"}
    named = {"key": f"key of {variant['sku']}", "value": f"value of {variant['sku']}"}
    body = {"lines": [line], "external_ids": [named]}
    order = await member.asker.post("/marketplace-orders", body)
    invoice = order["marketplace"]["invoices"][0]["id"]
    refunds = [await _refund(member.asker, invoice) for _ in range(3)]
    await member.asker.post(f"/refund-requests/{refunds[1]}/take-back")
    await member.asker.post(f"/refund-requests/{refunds[2]}/deny")
    return {
        "market_shipment": (await _shipment(member.asker, invoice)),
        "market_refund": refunds[0],
        "taken_back": refunds[1],
        "denied_refund": refunds[2],
        "external_key": named["key"],
        "external_value": named["value"],
        "market_variant": variant["id"],
        "market_sku": variant["sku"],
        "market_seller": f"org_{seller}",
        "marketplace_order": order["id"],
        "market_invoice": invoice,
    }


async def _refund(asker: Asker, invoice: str) -> str:
    """A refund request for one unit of an invoice."""
    body = {"lines": [{"line": 1, "quantity": "1"}]}
    made = await asker.post(f"/seller-invoices/{invoice}/refund-requests", body)
    return str(made["id"])


async def _shipment(asker: Asker, invoice: str) -> str:
    """A shipment of one unit of an invoice."""
    body = {
        "lines": [{"line": 1, "quantity": "1"}],
        "carrier": 1,
        "tracking_number": "T1",
        "dispatched_on": "2099-01-01",
    }
    return str((await asker.post(f"/seller-invoices/{invoice}/shipments", body))["id"])


async def _sold_invoice(member: Member, _: Things) -> Things:
    """An invoice at it, the seller, of a marketplace's order."""
    marketplace = await member.network.organisation("bazaar")
    await member.network.right(member.ident, marketplace, "marketplace")
    variant = await _marketed(member.asker, f"{member.name}-sold-{next(_numbers)}")
    line = {"variant": variant["id"], "quantity": "9"}
    buyer = await member.web.asker(marketplace)
    order = await buyer.post("/marketplace-orders", {"lines": [line]})
    invoice = order["marketplace"]["invoices"][0]["id"]
    return {
        "invoice": invoice,
        "shipment": await _shipment(member.asker, invoice),
        "refund_request": await _refund(member.asker, invoice),
    }


async def _marketed(seller: Asker, sku: str) -> Any:  # noqa: ANN401 - JSON, as it is read
    """A variant at a marketplace price, with some on the shelf."""
    variant = {
        "sku": sku,
        "name": "Mugs",
        "pricing_model": "marketplace",
        "retail_price": "12.50",
        "unlimited": True,
    }
    product = {"name": "Mugs", "variants": [variant]}
    made = await seller.post("/products", {"products": [product]})
    return made["products"][0]["variants"][0]


def session_times() -> dict[str, str]:
    """Times of a sales session that goes on now."""
    now = utc_now()
    return {
        "opens_at": (now - timedelta(days=1)).isoformat(),
        "closes_at": (now + timedelta(days=1)).isoformat(),
    }


async def _act(member: Member, _: Things) -> Things:
    rows = (await member.asker.get("/audit", limit=1))["data"]
    return {"act": rows[0]["id"]}


async def _webhook(member: Member, _: Things) -> Things:
    """A webhook that was told two things, each tried once; those before the last few are gone."""
    old = (await member.asker.get("/webhooks"))["data"]
    for each in old[:-WEBHOOKS_KEPT]:
        if each["id"] == member.things.get("webhook"):
            continue
        await member.asker.patch(f"/webhooks/{each['id']}", {"state": "deleted"})
    body = {"url": "https://93.184.216.34/hook", "events": ["settlement.*"]}
    webhook = (await member.asker.post("/webhooks", body))["webhook"]["id"]
    for _number in range(2):
        await member.asker.post(f"/webhooks/{webhook}/ping")
    while await number_events(member.web.pool):
        pass
    while await tell_webhooks(member.web.pool):
        pass
    async with member.web.pool.acquire() as connection:
        await connection.execute(
            "INSERT INTO webhook_attempts (organisation, webhook, act, number, at, milliseconds)"
            " SELECT organisation, webhook, act, 1, created_at, 7 FROM webhook_deliveries"
            " WHERE webhook = $1",
            webhook.removeprefix("whk_"),
        )
    rows = (await member.asker.get(f"/webhooks/{webhook}/deliveries"))["data"]
    return {"webhook": webhook, "delivery": rows[0]["id"]}


MAKERS: Mapping[tuple[str, ...], Maker] = {
    ("organisation", "slug"): _organisation,
    ("location", "location_code"): _location,
    ("product", "variant", "sku", "gtin", "supplier", "supplier_name"): _variant,
    ("order", "reference", "key", "held_variant"): _order,
    ("draft",): _draft,
    ("paid",): _paid,
    ("shipped",): _shipped,
    ("waiting",): _waiting,
    ("notice",): _notice,
    ("person", "email", "password"): _person,
    ("session", "acting_person"): _session,
    ("token",): _token,
    ("invitation", "invitation_key"): _invitation,
    ("reset_key",): _reset,
    ("partnership_invitation",): _partnership_invitation,
    ("invite_key",): _invite_key,
    ("partnership",): _partnership,
    ("buying", "buying_supplier", "match", "matched", "unmatched", "offered"): _buying,
    ("selling",): _selling,
    ("settlement", "line", "trading", "moved"): _settled,
    ("ending",): _ending,
    ("webhook", "delivery"): _webhook,
    ("allocation", "allocated", "allocating"): _allocation,
    ("received", "receiving"): _received,
    (
        "sales_session",
        "session_reference",
        "producer",
        "session_variant",
        "session_sku",
        "unordered",
    ): _selling_session,
    ("session_order",): _session_order,
    (
        "market_variant",
        "market_sku",
        "market_seller",
        "marketplace_order",
        "market_invoice",
        "market_shipment",
        "market_refund",
        "taken_back",
        "denied_refund",
        "external_key",
        "external_value",
    ): _market,
    ("invoice", "shipment", "refund_request"): _sold_invoice,
    ("act",): _act,
}
"""What a member can have, by kind; one maker may make several that belong together."""


class World:
    """The owner whose things are asked for, and those who ask."""

    def __init__(self, owner: Member, partner: Member, former: Member, stranger: Member) -> None:
        self.owner = owner
        self.partner = partner
        self.former = former
        self.stranger = stranger
        self.web = owner.web

    @property
    def others(self) -> tuple[Member, ...]:
        """Everybody but the owner."""
        return self.partner, self.former, self.stranger


async def make_world(network: Network, web: Web) -> World:
    """Make the four; the partner and the former partner have both ordered from the owner."""
    members = []
    for name in ("owner", "partner", "former", "stranger"):
        ident = await network.organisation(name)
        issued = await web.token(ident)
        things = {
            "acting_token": issued.token.id,
            # Amounts that nobody but their owner may ever read; none ends as another does.
            "on_hand": f"{1000 + next(_numbers)}18273.645",
            "purchase_price": f"{1000 + next(_numbers)}6172.8394",
        }
        member = Member(web, network, name, ident, issued.secret, things)
        # Twice, for every list has two pages.
        for _ in range(2):
            member.things |= await member.fresh(kind for kinds in MAKERS for kind in kinds)
        members.append(member)
    world = World(*members)
    owner, partner, former, stranger = (member.ident for member in members)
    for buyer in (partner, former):
        await network.right(owner, buyer, "session")
    # Whoever trades with a partner of the owner is still a stranger to the owner.
    await network.right(partner, stranger, "session")
    for member in (world.partner, world.former):
        await member.order(world.owner.things["variant"], kind="session")
    await end_rights(web, owner, former)
    await publish_all(web.pool)
    return world


async def end_rights(web: Web, seller: Id, buyer: Id) -> None:
    """Let there be no trade from now on."""
    async with web.pool.acquire() as connection:
        await connection.execute(
            "UPDATE trading_rights SET state = 'ended' WHERE seller = $1 AND buyer = $2",
            seller,
            buyer,
        )


def gtin_of(number: int) -> str:
    """A GTIN of those that are for use inside one house, with its check digit."""
    digits = f"2{number:011d}"
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-weighed % 10}"


def absent(value: str) -> str:
    """Something of the same form as an identifier that nobody ever gave out."""
    if _WIRE_ID.fullmatch(value):
        return f"{value[:4]}{new_id()}"
    if value.isdecimal():
        return gtin_of(next(_numbers))
    letters = "bcdfghjklmnpqrstvwxz"
    return re.sub(r"[A-Za-z]", lambda _: _SIGNS.choice(letters), value)
