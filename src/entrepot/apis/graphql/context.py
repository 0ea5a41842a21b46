"""What the resolvers of one request share: who asks, what they work with, and what was loaded."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

import msgspec
from graphql import GraphQLError
from structlog.typing import FilteringBoundLogger

from entrepot import orders, stock
from entrepot.apis.graphql.failures import LIMIT_PASSED, granted
from entrepot.apis.graphql.limits import PAGE_MAX
from entrepot.apis.graphql.loading import Loader
from entrepot.apis.graphql.resolving import Info
from entrepot.connectors import webhooks
from entrepot.connectors.webhooks import WEBHOOKS_MAX, Event, TriedRow, Webhook
from entrepot.infra.reading import Database
from entrepot.infra.settings import Settings
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page, Stretch
from entrepot.kernel.refusal import Refusal
from entrepot.orders import (
    Desk,
    Found,
    InvoicesWanted,
    Numbered,
    Place,
    RefundFilter,
    ShownInvoice,
    ShownMarketplaceOrder,
    ShownRefundRequest,
    Side,
)
from entrepot.stock import (
    MarketOffer,
    MarketProduct,
    MarketSeller,
    MarketVariant,
    ProductsWanted,
    SellersWanted,
    VariantsWanted,
)

Answer = TypeVar("Answer")
Key: TypeAlias = tuple[Id, Id]
"""(seller, id) of a product or variant."""
Answered: TypeAlias = Callable[[str, str, int, float], None]
"""Is told of each answer: method, route, status, seconds."""

OBJECTS_MAX = 20_000
"""Objects that one request can load."""


class Services(msgspec.Struct, frozen=True):
    """What the door works with."""

    database: Database
    desk: Desk
    settings: Settings
    log: FilteringBoundLogger
    answered: Answered


class Context:
    """One request."""

    def __init__(self, services: Services, caller: Caller, key: str | None, request: str) -> None:
        """Begin with nothing loaded. `key` is what the request can be sent again under."""
        self.services = services
        self.caller = caller
        self.key = key
        self.request = request
        self._objects = 0
        self.sellers: Loader[Id, MarketSeller] = Loader(self._load_sellers)
        self.sellers_numbered: Loader[int, MarketSeller] = Loader(self._load_sellers_numbered)
        self.products: Loader[Key, MarketProduct] = Loader(self._load_products)
        self.variants_in: Loader[Key, list[MarketVariant]] = Loader(self._load_variants_in)
        self.offers: Loader[Key, MarketOffer] = Loader(self._load_offers)
        self.product_changes: Loader[Key, datetime] = Loader(self._load_product_changes)
        self.variant_changes: Loader[Key, datetime] = Loader(self._load_variant_changes)
        self.products_numbered: Loader[int, MarketProduct] = Loader(self._load_products_numbered)
        self.variants_numbered: Loader[int, MarketVariant] = Loader(self._load_variants_numbered)
        self.orders_numbered: Loader[int, ShownMarketplaceOrder] = Loader(self._load_orders)
        self.invoices_numbered = self._invoices_of("invoice")
        self.invoices_of_lines = self._invoices_of("line")
        self.invoices_of_shipments = self._invoices_of("shipment")
        self.invoices_of_refunds = self._invoices_of("refund")
        self.invoices_of_refund_lines = self._invoices_of("refund_line")
        self.webhooks_numbered: Loader[int, Webhook] = Loader(self._load_webhooks_numbered)
        self.events_numbered: Loader[int, Event] = Loader(self._load_events_numbered)
        self.events_of: Loader[Id, list[Event]] = Loader(self._load_events_of)
        self.answered_tries: Loader[Key, list[TriedRow]] = Loader(self._load_answered_tries)

    def forget(self) -> None:
        """Load everything anew: an act has changed something."""
        for each in vars(self).values():
            if isinstance(each, Loader):
                each.forget()

    def spend(self, objects: int) -> None:
        """Count objects that were loaded; a request that loads too many ends."""
        self._objects += objects
        if self._objects > OBJECTS_MAX:
            raise GraphQLError(
                f"This asks for more than {OBJECTS_MAX} objects. Ask for smaller pages.",
                extensions={"code": LIMIT_PASSED},
            )

    async def read_sellers(self, wanted: SellersWanted) -> list[MarketSeller]:
        """Read sellers; they need not be loaded again."""
        rows = await self._read(stock.list_market_sellers, wanted)
        for row in rows:
            self.sellers.know(row.id, row)
        return rows

    async def read_products(self, wanted: ProductsWanted) -> list[MarketProduct]:
        """Read products; they need not be loaded again."""
        rows = await self._read(stock.list_market_products, wanted)
        for row in rows:
            self.products.know(row.key, row)
        return rows

    async def read_variants(self, wanted: VariantsWanted) -> list[MarketVariant]:
        """Read variants."""
        return await self._read(stock.list_market_variants, wanted)

    async def read_invoices(self, wanted: InvoicesWanted) -> Found[ShownInvoice]:
        """Read a page of invoices."""
        services = self.services
        found = granted(await orders.page_invoices(services.database, self.caller, wanted))
        self._keep_invoices(found.rows)
        return found

    async def count_invoices(self, wanted: InvoicesWanted) -> int:
        """How many invoices fit in all."""
        return granted(await orders.count_invoices(self.services.database, self.caller, wanted))

    async def read_changed_orders(
        self, since: datetime, after: Place | None, limit: int
    ) -> Found[ShownMarketplaceOrder]:
        """Read a page of orders that were changed since; they need not be loaded again."""
        found = granted(
            await orders.page_changed_orders(
                self.services.database, self.caller, since, after, limit
            )
        )
        for row in found.rows:
            self._keep_invoices(row.invoices)
            self.orders_numbered.know(row.legacy_id, row)
        return found

    async def count_changed_orders(self, since: datetime) -> int:
        """How many orders were changed since."""
        return granted(
            await orders.count_changed_orders(self.services.database, self.caller, since)
        )

    def _keep_invoices(self, invoices: Iterable[ShownInvoice]) -> None:
        """Count invoices that were read; they need not be loaded again."""
        for invoice in invoices:
            self.spend(1 + len(invoice.lines))
            self.invoices_numbered.know(invoice.legacy_id, invoice)

    async def read_refunds(
        self, wanted: RefundFilter, side: Side, page: Page
    ) -> Stretch[ShownRefundRequest]:
        """Read a page of refund requests."""
        found = granted(
            await orders.list_refund_requests(
                self.services.database, self.caller, page, wanted, side
            )
        )
        self.spend(len(found.rows))
        return found

    async def count_refunds(self, wanted: RefundFilter, side: Side) -> int:
        """How many refund requests fit in all."""
        return granted(
            await orders.count_refund_requests(self.services.database, self.caller, wanted, side)
        )

    async def count(self, wanted: SellersWanted | ProductsWanted | VariantsWanted) -> int:
        """How many fit in all."""
        return granted(await stock.count_market(self.services.database, self.caller, wanted))

    async def _read(
        self,
        view: Callable[[Database, Caller, Any], Awaitable[list[Answer] | Refusal]],
        wanted: object,
    ) -> list[Answer]:
        rows = granted(await view(self.services.database, self.caller, wanted))
        self.spend(len(rows))
        return rows

    async def _load_sellers(self, ids: Sequence[Id]) -> Mapping[Id, MarketSeller]:
        # Also those that may not sell now: they have sold before, and their invoices name them.
        wanted = SellersWanted(ids=tuple(ids), limit=len(ids), also_closed=True)
        rows = await self._read(stock.list_market_sellers, wanted)
        return {row.id: row for row in rows}

    async def _load_sellers_numbered(self, numbers: Sequence[int]) -> Mapping[int, MarketSeller]:
        wanted = SellersWanted(numbers=tuple(numbers), limit=len(numbers), also_closed=True)
        return {row.legacy_id: row for row in await self.read_sellers(wanted)}

    async def _load_products(self, keys: Sequence[Key]) -> Mapping[Key, MarketProduct]:
        wanted = ProductsWanted(ids=tuple(id_ for _, id_ in keys), limit=len(keys))
        rows = await self._read(stock.list_market_products, wanted)
        return {row.key: row for row in rows}

    async def _load_products_numbered(self, numbers: Sequence[int]) -> Mapping[int, MarketProduct]:
        rows = await self.read_products(ProductsWanted(numbers=tuple(numbers), limit=len(numbers)))
        return {row.legacy_id: row for row in rows}

    async def _load_variants_numbered(self, numbers: Sequence[int]) -> Mapping[int, MarketVariant]:
        rows = await self.read_variants(VariantsWanted(numbers=tuple(numbers), limit=len(numbers)))
        return {row.legacy_id: row for row in rows}

    async def _load_orders(self, numbers: Sequence[int]) -> Mapping[int, ShownMarketplaceOrder]:
        found = granted(
            await orders.list_orders_numbered(self.services.database, self.caller, numbers)
        )
        for order in found.values():
            self._keep_invoices(order.invoices)
        return found

    def _invoices_of(self, kind: Numbered) -> Loader[int, ShownInvoice]:
        """Loads invoices by the numbers of something that is on them."""

        async def load(numbers: Sequence[int]) -> Mapping[int, ShownInvoice]:
            services = self.services
            found = granted(
                await orders.list_invoices_numbered(services.database, self.caller, kind, numbers)
            )
            rows = {each.legacy_id: each for each in found.values()}
            self._keep_invoices(rows.values())
            return found

        return Loader(load)

    async def _load_variants_in(self, keys: Sequence[Key]) -> Mapping[Key, list[MarketVariant]]:
        rows = granted(
            await stock.list_variants_in_products(
                self.services.database, self.caller, keys, PAGE_MAX + 1
            )
        )
        self.spend(len(rows))
        found: dict[Key, list[MarketVariant]] = {key: [] for key in keys}
        for row in rows:
            found[row.seller, row.product].append(row)
        return found

    async def _load_offers(self, keys: Sequence[Key]) -> Mapping[Key, MarketOffer]:
        found = granted(await stock.list_market_offers(self.services.database, self.caller, keys))
        return {key: found[key[1]] for key in keys if key[1] in found}

    async def _load_product_changes(self, keys: Sequence[Key]) -> Mapping[Key, datetime]:
        return await self._load_changes("product", keys)

    async def _load_variant_changes(self, keys: Sequence[Key]) -> Mapping[Key, datetime]:
        return await self._load_changes("variant", keys)

    async def _load_changes(self, kind: str, keys: Sequence[Key]) -> Mapping[Key, datetime]:
        found = granted(
            await stock.list_market_changes(self.services.database, self.caller, kind, keys)
        )
        return {key: found[key[1]] for key in keys if key[1] in found}

    async def _load_webhooks_numbered(self, numbers: Sequence[int]) -> Mapping[int, Webhook]:
        del numbers  # all are read: an organisation has a few
        page = Page(WEBHOOKS_MAX)
        rows = granted(
            await webhooks.list_graphql_webhooks(self.services.database, self.caller, page)
        )
        return {row.graphql.legacy_id: row for row in rows if row.graphql is not None}

    async def _load_events_numbered(self, numbers: Sequence[int]) -> Mapping[int, Event]:
        rows = granted(await webhooks.find_events(self.services.database, self.caller, numbers))
        self.spend(len(rows))
        return {row.number: row for row in rows}

    async def _load_events_of(self, ids: Sequence[Id]) -> Mapping[Id, list[Event]]:
        rows = granted(await webhooks.list_latest_events(self.services.database, self.caller, ids))
        self.spend(len(rows))
        found: dict[Id, list[Event]] = {id_: [] for id_ in ids}
        for row in rows:
            found[row.webhook].append(row)
        return found

    async def _load_answered_tries(self, keys: Sequence[Key]) -> Mapping[Key, list[TriedRow]]:
        rows = granted(
            await webhooks.list_answered_tries(self.services.database, self.caller, keys)
        )
        self.spend(len(rows))
        found: dict[Key, list[TriedRow]] = {key: [] for key in keys}
        for row in rows:
            found[row.webhook, row.act].append(row)
        return found


def context_of(info: Info) -> Context:
    """The request that a resolver works for."""
    context = info.context
    assert isinstance(context, Context), "every document is executed for a request"
    return context
