"""Sheets in: products, suppliers and stock as CSV, with the rows that failed in the answer."""

import hashlib
import io
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec

from entrepot import catalogue, orders
from entrepot.apis.rest import errors
from entrepot.apis.rest.problems import CSV, Reply
from entrepot.apis.rest.routes import API, Call, Route, written
from entrepot.infra.errors import (
    COLUMN_MISSING,
    COLUMN_TWICE,
    COLUMN_UNKNOWN,
    DECIMALS_CONTRADICT,
    DECIMALS_UNCLEAR,
    ENCODING_NOT_RECOGNISED,
    HEADER_MISSING,
    KEY_REUSED,
    MAP_NOT_VALID,
    TOO_MANY_ROWS,
)
from entrepot.infra.sheets import ImportOptions, ImportReport
from entrepot.infra.writing import Sent
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import RefusedError, refuse

ROWS_MAX: Final = 50_000
CHUNK_ROWS: Final = 250
"""So few that deciding them holds up no other request for long."""

_ENCODER: Final = msgspec.json.Encoder()


class ImportQuery(msgspec.Struct, forbid_unknown_fields=True):
    """How to read the sheet, and what to do with it."""

    dry_run: Annotated[
        bool, msgspec.Meta(description="Decide everything and write nothing; the key is not used.")
    ] = False
    decimal: Annotated[
        Literal["auto", "comma", "point"],
        msgspec.Meta(description="How decimals are written; `auto` finds out or refuses."),
    ] = "auto"
    map: Annotated[
        list[Annotated[str, msgspec.Meta(max_length=200)]],
        msgspec.Meta(description="`Their column=our field`; may be given several times."),
    ] = []
    ignore_unknown: Annotated[
        bool, msgspec.Meta(description="Read over columns that mean nothing here.")
    ] = False
    all_or_nothing: Annotated[bool, msgspec.Meta(description="Write nothing when a row fails.")] = (
        False
    )


async def import_products(call: Call[ImportQuery, bytes]) -> Reply:
    """Make and change variants."""
    services, source = call.services, io.BytesIO(call.body)
    return written(
        await catalogue.import_products(
            services.database,
            services.desk.new_id,
            call.caller,
            source,
            _options(call),
            sent=_sent(call, "import products"),
        )
    )


async def import_suppliers(call: Call[ImportQuery, bytes]) -> Reply:
    """Make and change suppliers."""
    services, source = call.services, io.BytesIO(call.body)
    return written(
        await catalogue.import_suppliers(
            services.database,
            services.desk.new_id,
            call.caller,
            source,
            _options(call),
            sent=_sent(call, "import suppliers"),
        )
    )


async def import_stock(call: Call[ImportQuery, bytes]) -> Reply:
    """Count stock, and let it arrive."""
    source = io.BytesIO(call.body)
    sent = _sent(call, "import stock")
    return written(
        await orders.import_stock(
            call.services.desk, call.caller, source, _options(call), sent=sent
        )
    )


def _options(call: Call[ImportQuery, bytes]) -> ImportOptions:
    """What the query asks for. Refuses a mapping that is none."""
    query = call.query
    for each in query.map:
        if "=" not in each:
            says = f"{each!r} is not `Their column=our field`."
            raise RefusedError(refuse(errors.FIELD_NOT_VALID, says, field="map"))
    parts = [each.rpartition("=") for each in query.map]
    return ImportOptions(
        decimal=query.decimal,
        map={theirs.strip(): ours.strip() for theirs, _, ours in parts},
        ignore_unknown=query.ignore_unknown,
        dry_run=query.dry_run,
        all_or_nothing=query.all_or_nothing,
        rows_max=ROWS_MAX,
        chunk_rows=CHUNK_ROWS,
    )


def _sent(call: Call[ImportQuery, bytes], act: str) -> Sent:
    """How the import came: its key, and the hash of the sheet and of what to do with it."""
    digest = hashlib.sha256(_ENCODER.encode((act, call.query)))
    digest.update(call.body)
    # Callers' keys are kept apart from our own defaults by their first character.
    return Sent("=" + call.key, digest.digest(), call.request)


class _Topic(NamedTuple):
    """What is said of importing one kind of sheet."""

    kind: str
    handler: Any
    scope: Scope
    detail: str


_TOPICS: Final = (
    _Topic(
        "products",
        import_products,
        Scope.CATALOGUE_WRITE,
        "One row a variant, by its `sku`: a new one is made, one that is there is changed in what"
        " the sheet has columns for. Rows with the same name in the column `product` belong to one"
        " product.",
    ),
    _Topic(
        "suppliers",
        import_suppliers,
        Scope.CATALOGUE_WRITE,
        "One row a supplier, by its `name`: a new one is made, one that is there is changed in what"
        " the sheet has columns for.",
    ),
    _Topic(
        "stock",
        import_stock,
        Scope.STOCK_WRITE,
        "One row a count (`on_hand`) or a receipt of goods (`receive`) of a `sku`, at a `location`"
        " by its code. The same file counts and receives once, however often it is sent.",
    ),
)

ROUTES: Final = tuple(
    Route(
        method="POST",
        path=f"{API}/imports/{topic.kind}",
        topic="Sheets",
        summary=f"Import {topic.kind} from CSV",
        detail=(
            f"{topic.detail} At most {ROWS_MAX} rows at once: send more in several requests, or use"
            " `entrepot import`. Rows that fail are left out and come back in `failed_csv` with a"
            " column `error`; mended, it can be imported as it is."
        ),
        handler=topic.handler,
        query=ImportQuery,
        body=str,
        takes=CSV.decode(),
        is_act=True,
        answer=ImportReport,
        scope=topic.scope,
        refusals=(
            ENCODING_NOT_RECOGNISED,
            HEADER_MISSING,
            MAP_NOT_VALID,
            COLUMN_UNKNOWN,
            COLUMN_TWICE,
            COLUMN_MISSING,
            DECIMALS_CONTRADICT,
            DECIMALS_UNCLEAR,
            TOO_MANY_ROWS,
            KEY_REUSED,
        ),
    )
    for topic in _TOPICS
)
