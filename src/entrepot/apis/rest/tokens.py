"""Tokens: what programs of an organisation come in by."""

from datetime import datetime
from typing import Annotated, Final

import msgspec

from entrepot import identity
from entrepot.apis.rest.bodies import Text
from entrepot.apis.rest.problems import CREATED, Reply
from entrepot.apis.rest.routes import (
    API,
    REPLAYED,
    Call,
    NoQuery,
    PageQuery,
    Route,
    do_once,
    granted,
    page_of,
    page_type,
    sent_with,
    show,
    show_page,
)
from entrepot.apis.rest.wire import HexId
from entrepot.identity import IssuedToken, NewToken, Token
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import LOWEST
from entrepot.kernel.refusal import Refusal, RefusedError

SCOPES_MAX: Final = 100


class TokenBody(msgspec.Struct, forbid_unknown_fields=True):
    """What the token is for, and what it may do: nothing that you may not do yourself."""

    name: Text
    scopes: Annotated[list[Text], msgspec.Meta(max_length=SCOPES_MAX)]
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class TokenAnswer(msgspec.Struct, frozen=True):
    """A token, with its secret where it has just been issued; sent again, without."""

    token: Token
    secret: Annotated[str, msgspec.Meta(description="Shown this once.")] | None


async def list_tokens(call: Call[PageQuery, None]) -> Reply:
    """Show the caller's tokens, without their secrets."""
    page = page_of(call.query, tuple[HexId])
    after = LOWEST if page.after is None else str(page.after[0])
    rows = granted(
        await identity.list_tokens(call.services.database, call.caller, after, page.rows_wanted)
    )
    return show_page(rows, page, lambda row: (row.id.removeprefix(ids.TOKEN),))


async def issue(call: Call[NoQuery, TokenBody]) -> Reply:
    """Issue a token."""
    body, services = call.body, call.services
    answer = await identity.issue_token(
        services.database,
        services.desk.new_id,
        call.caller,
        NewToken(body.name, tuple(body.scopes), body.expires_at),
        sent=sent_with(call, "issue_token"),
    )
    if isinstance(answer, Refusal):
        raise RefusedError(answer)
    if isinstance(answer, IssuedToken):
        return show(TokenAnswer(answer.token, answer.secret))._replace(status=CREATED)
    return show(TokenAnswer(answer, None))._replace(status=CREATED, headers=REPLAYED)


async def revoke(call: Call[NoQuery, None]) -> Reply:
    """Revoke a token."""
    token = ids.from_wire(ids.TOKEN, call.path["token"]) or ""
    return await do_once(call, "revoke_token", identity.revoke_token, token)


ROUTES: Final = (
    Route(
        method="GET",
        path=f"{API}/tokens",
        topic="Tokens",
        summary="List your tokens",
        detail="Oldest first, revoked and expired ones too, without their secrets.",
        handler=list_tokens,
        query=PageQuery,
        answer=page_type("Token", Token),
        scope=Scope.ORGANISATION_WRITE,
    ),
    Route(
        method="POST",
        path=f"{API}/tokens",
        topic="Tokens",
        summary="Issue a token",
        detail="The `secret` is shown this once. Nobody gives a scope that they do not have.",
        handler=issue,
        body=TokenBody,
        is_act=True,
        status=CREATED,
        answer=TokenAnswer,
        scope=Scope.ORGANISATION_WRITE,
        refusals=(
            "identity.name_not_valid",
            "identity.scope_not_valid",
            "identity.expiry_not_valid",
            "request.key_reused",
        ),
    ),
    Route(
        method="POST",
        path=f"{API}/tokens/{{token}}/revoke",
        topic="Tokens",
        summary="Revoke a token",
        detail="From now on; revoked again, it stays as it is.",
        handler=revoke,
        is_act=True,
        answer=Token,
        scope=Scope.ORGANISATION_WRITE,
        refusals=("identity.unknown_token", "request.key_reused"),
    ),
)
