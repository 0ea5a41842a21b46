"""How a refund request goes on: goods come back, money goes back, or it is denied."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from entrepot import orders
from entrepot.apis.graphql.context import Context, context_of
from entrepot.apis.graphql.failures import not_found
from entrepot.apis.graphql.mutations.fulfilment_refusals import refuse_act
from entrepot.apis.graphql.mutations.order_create import need_marketplace
from entrepot.apis.graphql.mutations.payload import Given, Sending, answer, need
from entrepot.apis.graphql.mutations.refund_request_create import REFUND, noted
from entrepot.apis.graphql.queries.nodes import find_refund
from entrepot.apis.graphql.resolving import Info, Resolver, Resolvers
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders import Answer, RefundCompletion, RefundStep, ShownRefundRequest

Step: TypeAlias = Callable[[Context, Id, Given, str], Awaitable[Answer]]
"""Does a step of a request, with what was said, under a key."""


def _resolver(step: Step, *, by_marketplace: bool) -> Resolver:
    async def resolve(
        _: object,
        info: Info,
        input: Given,  # noqa: A002 - an argument of the schema
    ) -> dict[str, object]:
        context = context_of(info)
        sending = Sending(context, info, input)

        async def act() -> ShownRefundRequest:
            need(context, Scope.MARKETPLACE_WRITE, Scope.MARKETPLACE_READ)
            if by_marketplace:
                need(context, Scope.CATALOGUE_READ)
                await need_marketplace(context)
            id_ = input["refundRequestId"]
            found = await find_refund(context, id_)
            if found is None:
                raise not_found("refundRequestId", id_)
            refund = found.id.removeprefix(ids.REFUND_REQUEST)
            done = await step(context, refund, input, sending.key("refund"))
            if isinstance(done, Refusal):
                refuse_act(done, "line_items")
            context.forget()
            return REFUND.decode(done.body)

        return await answer(input, "refundRequest", act)

    return resolve


async def _return(context: Context, refund: Id, given: Given, key: str) -> Answer:
    step = RefundStep(refund, noted(given["notes"]))
    return await orders.take_back_refund(
        context.services.desk, context.caller, step, key, context.request
    )


async def _refund(context: Context, refund: Id, given: Given, key: str) -> Answer:
    completion = RefundCompletion(
        refund, noted(given["notes"]), given.get("cashAmountCents"), given.get("restock")
    )
    return await orders.complete_refund(
        context.services.desk, context.caller, completion, key, context.request
    )


async def _deny(context: Context, refund: Id, given: Given, key: str) -> Answer:
    step = RefundStep(refund, noted(given["notes"]))
    return await orders.deny_refund(
        context.services.desk, context.caller, step, key, context.request
    )


async def _revert(context: Context, refund: Id, given: Given, key: str) -> Answer:
    step = RefundStep(refund, noted(given["notes"]))
    return await orders.restore_refund(
        context.services.desk, context.caller, step, key, context.request
    )


FIELDS: Final[Resolvers] = {
    "refundRequestDeny": _resolver(_deny, by_marketplace=True),
    "refundRequestRefund": _resolver(_refund, by_marketplace=True),
    "refundRequestReturn": _resolver(_return, by_marketplace=False),
    "refundRequestRevertDenial": _resolver(_revert, by_marketplace=True),
}
