"""Plans what happened in the demo network before today, from first goods to stories. Pure."""

from __future__ import annotations

from operator import attrgetter

from entrepot.cli.demo.goods import goods_of
from entrepot.cli.demo.habits import TRADES
from entrepot.cli.demo.members import MEMBERS
from entrepot.cli.demo.sharing_stories import tell_sharing
from entrepot.cli.demo.steps import Calendar, Step, Variants
from entrepot.cli.demo.stories import tell_stories
from entrepot.cli.demo.trading import plan_trade
from entrepot.orders import ReceiveStock, StockLine


def plan_history(calendar: Calendar, variants: Variants) -> list[Step]:
    """All steps that are over by today, in the order of their moments; the same for the same day.

    The last of them is the order that says, by its being there, that all others were made.
    """
    steps = _first_goods(calendar, variants)
    for trade in TRADES:
        steps += plan_trade(trade, calendar, variants)
    steps += tell_sharing(calendar, variants)
    steps += tell_stories(calendar, variants)
    return sorted((each for each in steps if each.at < calendar.end), key=attrgetter("at"))


def _first_goods(calendar: Calendar, variants: Variants) -> list[Step]:
    """What each member has at first."""
    steps = []
    for member in MEMBERS:
        lines = tuple(
            StockLine(variants[member.slug, each.variant.sku], each.on_hand)
            for each in goods_of(member.slug)
            if each.on_hand
        )
        if lines:
            steps.append(Step(calendar.opening, member.slug, ReceiveStock(lines, "first stock")))
    return steps
