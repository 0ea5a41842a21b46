"""The feed: what each organisation can promise of its variants, told to its shops as it changes.

It follows what happened, looks at current facts, and publishes absolute numbers under versions
that rise. It decides nothing about stock and changes none.
"""

from entrepot.connectors.feed.actions.publish_numbers import WhoAsks, publish_numbers
from entrepot.connectors.feed.actions.touch_numbers import touch_numbers
from entrepot.connectors.feed.errors import PRECEDENCE
from entrepot.connectors.feed.model import AVAILABILITY_CHANGED, PublishedNumber
from entrepot.connectors.feed.views import FeedPart, examine_feed, read_feed

__all__ = [
    "AVAILABILITY_CHANGED",
    "PRECEDENCE",
    "FeedPart",
    "PublishedNumber",
    "WhoAsks",
    "examine_feed",
    "publish_numbers",
    "read_feed",
    "touch_numbers",
]
