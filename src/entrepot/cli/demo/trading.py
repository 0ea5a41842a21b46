"""Plans three weeks of usual trade: orders as they come, and what becomes of each. Pure.

It keeps count of what is free, so that nothing it orders is short: what waits or is cut short is
told in `stories`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from entrepot.cli.demo.dice import Dice
from entrepot.cli.demo.goods import Goods, goods_of
from entrepot.cli.demo.habits import SET_ASIDE, Trade
from entrepot.cli.demo.market_lives import MARKET_FATES, sent_by_sellers
from entrepot.cli.demo.order_lives import FATES, Fate, Incoming, basket, usual
from entrepot.cli.demo.steps import ActOnStock, Calendar, Step, Variants
from entrepot.kernel.ids import Id
from entrepot.orders import AdjustStock, ReceiveStock, StockLine, WantedLine

REFILL_MINUTE: Final = 6 * 60 + 30
BASKET_DAYS: Final = 5
HALF_KILO: Final = Decimal("0.5")


def plan_trade(trade: Trade, calendar: Calendar, variants: Variants) -> list[Step]:
    """All steps of one trade, day by day; the same for the same days."""
    trader = _Trader(trade, calendar, variants)
    for day in range(-calendar.days, 0):
        trader.live_through(day)
    return trader.steps


class _Trader:
    """The sellers and buyers of one trade, and what of their goods is free."""

    def __init__(self, trade: Trade, calendar: Calendar, variants: Variants) -> None:
        self.steps: list[Step] = []
        self._trade = trade
        self._calendar = calendar
        self._variants = variants
        self._dice = Dice(trade.prefix)
        self._goods = [
            each
            for seller in trade.sellers
            for each in goods_of(seller)
            if each.variant.sku not in SET_ASIDE
        ]
        self._free = {each: each.on_hand for each in self._goods}
        self._orders = 0
        self._receipts = 0

    def live_through(self, day: int) -> None:
        """Plan what begins on a day: what arrives in the morning, then the orders as they come."""
        trade, dice = self._trade, self._dice
        weekday = self._calendar.date_of(day).weekday()
        if weekday in trade.refill_days:
            self._refill(day)
        usual = trade.orders[weekday]
        count = dice.between(max(usual - 1, 0), usual + 1) if usual else 0
        minutes = []
        for _ in range(count):
            first, last = dice.choose(trade.hours)
            minutes.append(dice.between(first * 60, last * 60 - 1))
        for minute in sorted(minutes):
            self._order(self._calendar.at(day, minute, trade.zone))

    def _refill(self, day: int) -> None:
        """What is half gone arrives again; a little of what is there turns out to be broken."""
        at = self._calendar.at(day, REFILL_MINUTE, self._trade.zone)
        for seller in self._trade.sellers:
            low = [
                each
                for each in self._goods
                if each.organisation == seller and self._free[each] * 2 < each.on_hand
            ]
            if low:
                self._receipts += 1
                lines = tuple(StockLine(self._variant(each), each.on_hand) for each in low)
                reason = f"purchase order {self._trade.prefix}P-{100 + self._receipts}"
                self._on_stock(at, seller, ReceiveStock(lines, reason))
                for each in low:
                    self._free[each] += each.on_hand
        broken = self._dice.choose(self._goods)
        if self._dice.falls(50) and self._free[broken] >= 1:
            lines = (StockLine(self._variant(broken), Decimal(-1)),)
            later = at + timedelta(minutes=45)
            self._on_stock(later, broken.organisation, AdjustStock(lines, "breakage"))
            self._free[broken] -= 1

    def _order(self, at: datetime) -> None:
        """An order comes in, and a throw of the dice says what becomes of it."""
        trade, dice = self._trade, self._dice
        buyer = dice.choose(trade.buyers)
        lines = self._lines()
        if not lines:
            return
        self._orders += 1
        reference = f"{trade.prefix}-{1000 + self._orders}"
        incoming = Incoming(buyer, reference, trade.kind, lines, dice, self._next_shipment)
        fresh = at > self._calendar.end - timedelta(days=BASKET_DAYS)
        fates: Mapping[str, Fate] = FATES
        fate: Fate = usual
        if trade.kind == "marketplace":
            fates, fate = MARKET_FATES, sent_by_sellers
        elif trade.kind == "session" and fresh:
            fate = basket
        throw = dice.below(100)
        for name, percent in trade.fates._asdict().items():
            throw -= percent
            if throw < 0:
                fate = fates[name]
                break
        self.steps += fate(incoming, at)

    def _lines(self) -> tuple[WantedLine, ...]:
        """One or more lines of goods that are free; what stands first in a list sells best."""
        dice, trade = self._dice, self._trade
        wanted = dice.between(1, trade.lines_max)
        chosen = dict.fromkeys(
            self._goods[min(dice.below(len(self._goods)), dice.below(len(self._goods)))]
            for _ in range(wanted)
        )
        lines = []
        for each in chosen:
            quantity = self._step(each) * dice.between(1, trade.lots_max)
            if quantity <= self._free[each]:
                self._free[each] -= quantity
                lines.append(WantedLine(self._variant(each), quantity))
        return tuple(lines)

    def _step(self, goods: Goods) -> Decimal:
        """What a variant is ordered by."""
        return goods.variant.order_quantity_multiple or (
            Decimal(1) if goods.variant.whole_units else HALF_KILO
        )

    def _next_shipment(self, after: datetime) -> datetime:
        """When goods next leave."""
        day = (after.date() - self._calendar.today).days - 1
        for each in range(day, day + 10):
            at = self._calendar.at(each, self._trade.ships_at * 60, self._trade.zone)
            if at > after and self._calendar.date_of(each).weekday() in self._trade.ship_days:
                return at
        raise AssertionError("goods leave on some day of the week")

    def _variant(self, goods: Goods) -> Id:
        return self._variants[goods.organisation, goods.variant.sku]

    def _on_stock(self, at: datetime, organisation: str, act: ActOnStock) -> None:
        self.steps.append(Step(at, organisation, act))
