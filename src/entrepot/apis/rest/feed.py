"""The feed: what the caller can promise of its variants, as it changes."""

from typing import Annotated, Final

import msgspec

from entrepot.apis.rest.problems import Reply
from entrepot.apis.rest.routes import API, Call, Route, granted, show
from entrepot.apis.rest.wire import read_cursor, write_cursor
from entrepot.connectors import feed
from entrepot.connectors.feed import PublishedNumber
from entrepot.kernel.caller import Scope

LIMIT_MAX: Final = 1000
LIMIT_USUAL: Final = 200

Place = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class FeedQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """From where on to read the feed."""

    limit: Annotated[
        int, msgspec.Meta(ge=1, le=LIMIT_MAX, description="Numbers in one answer at most.")
    ] = LIMIT_USUAL
    cursor: (
        Annotated[
            str, msgspec.Meta(description="`next` of the answer before; without it, everything.")
        ]
        | None
    ) = None


class FeedPage(msgspec.Struct, frozen=True):
    """Numbers that changed since the cursor, and the cursor to go on from."""

    data: tuple[PublishedNumber, ...]
    next: Annotated[
        str, msgspec.Meta(description="Ask with this cursor next time, also when nothing is new.")
    ]
    more: Annotated[bool, msgspec.Meta(description="Whether there is more to read at once.")]


async def read_feed(call: Call[FeedQuery, None]) -> Reply:
    """Show what was published since a cursor."""
    cursor = call.query.cursor
    after = None if cursor is None else int(read_cursor(cursor, tuple[Place])[0])
    part = granted(
        await feed.read_feed(call.services.database, call.caller, after, call.query.limit)
    )
    return show(FeedPage(part.numbers, write_cursor((part.place,)), part.more))


ROUTES: Final = (
    Route(
        method="GET",
        path=f"{API}/feed",
        topic="Stock",
        summary="Read what your shops can promise, as it changes",
        detail=(
            "Without a cursor, the latest number of each of your variants; with one, of those that"
            " changed since. Read on while there is `more`, keep `next`, and ask again later. Each"
            " number is absolute: your own available stock and what your partners offer. Keep the"
            " highest `version` of each variant and drop a message with a lower one."
        ),
        handler=read_feed,
        query=FeedQuery,
        answer=FeedPage,
        scope=Scope.STOCK_READ,
        refusals=("feed.cursor_ahead",),
    ),
)
