"""How a payment ends, and what that makes of the order."""

from __future__ import annotations

import pytest

from entrepot.orders import Desk, RecordPayment, record_payment
from tests.factories.callers import caller_for
from tests.factories.counter import Counter, body_of, code_of, order_of
from tests.factories.network import Network


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("own", ("complete", "unfulfilled", "paid")),
        ("session", ("held", "held", "paid")),
        ("marketplace", ("complete", "unfulfilled", "paid")),
    ],
)
async def test_success_completes_all_but_session_orders(
    desk: Desk, network: Network, counter: Counter, kind: str, state: tuple[str, str, str]
) -> None:
    seller = await network.organisation()
    buyer = seller if kind == "own" else await network.organisation()
    if kind != "own":
        await network.right(seller, buyer, kind)
    variant = await network.variant(seller)
    await counter.receive(seller, variant, 5)
    order = order_of((variant, 2), kind=kind)
    await counter.place(buyer, order)

    body_of(await record_payment(desk, caller_for(buyer), RecordPayment(order.order, True), "k"))  # noqa: FBT003 - the field is named `succeeded`

    assert await counter.order(order.order) == state
    limits = await counter.rows("SELECT expires_at IS NULL FROM holds WHERE state = 'live'")
    assert limits == [(True,)]
    again = await record_payment(desk, caller_for(buyer), RecordPayment(order.order, True), "l")  # noqa: FBT003 - as above
    assert code_of(again) == "orders.already_paid"


async def test_failure_cancels_and_gives_back_exactly_what_was_held(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 5)
    kept, failed = order_of((variant, 2)), order_of((variant, 3))
    await counter.place(shop, kept)
    await counter.place(shop, failed)

    command = RecordPayment(failed.order, False)  # noqa: FBT003 - the field is named `succeeded`
    body_of(await record_payment(desk, caller_for(shop), command, "k"))

    assert await counter.order(failed.order) == ("cancelled", "cancelled", "cancelled")
    assert (await counter.figures(variant))[:2] == (5, 2)
    assert code_of(await record_payment(desk, caller_for(shop), command, "l")) == (
        "orders.already_cancelled"
    )


async def test_a_waiting_order_that_is_paid_loses_its_limit_and_waits_on(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 1)
    order = order_of((variant, 2), policy="ship_complete")
    await counter.place(shop, order)

    command = RecordPayment(order.order, True)  # noqa: FBT003 - the field is named `succeeded`
    body_of(await record_payment(desk, caller_for(shop), command, "k"))

    assert await counter.order(order.order) == ("waiting", "held", "paid")
    assert await counter.rows("SELECT hold_until FROM orders") == [(None,)]
    await counter.receive(shop, variant, 1)
    assert await counter.order(order.order) == ("complete", "unfulfilled", "paid")


async def test_paying_a_split_order_splits_it_then(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 1)
    order = order_of((variant, 2), policy="allow_split")
    await counter.place(shop, order)

    command = RecordPayment(order.order, True)  # noqa: FBT003 - the field is named `succeeded`
    answer = body_of(await record_payment(desk, caller_for(shop), command, "k"))

    assert answer["status"] == "complete"
    assert (await counter.order(answer["followed_by"].removeprefix("ord_")))[0] == "waiting"


async def test_after_the_limit_a_payment_revives_the_order_or_comes_too_late(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 5)
    lucky, late = order_of((variant, 2)), order_of((variant, 3))
    for order in (lucky, late):
        await counter.place(shop, order)
        await network.set_clock_past(order.order)
    await counter.place(shop, order_of((variant, 3), paid=True))
    caller = caller_for(shop)

    paid = await record_payment(desk, caller, RecordPayment(lucky.order, True), "k")  # noqa: FBT003 - the field is named `succeeded`
    refused = await record_payment(desk, caller, RecordPayment(late.order, True), "l")  # noqa: FBT003 - as above

    assert body_of(paid)["status"] == "complete"
    assert code_of(refused) == "orders.payment_too_late"
