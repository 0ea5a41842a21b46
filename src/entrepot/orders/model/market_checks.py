"""Checking what a marketplace says of an order: every fault at once, each with its field.

Rules R7 to R9, R13, R15 and R17 to R20 of marketplace-api.md, 4.3, the wholesale region of 5 there,
and what fits: programs that read the answer count in 32 bits.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Fault
from entrepot.kernel.text import is_plain
from entrepot.orders import errors
from entrepot.orders.model.checks import check_quantity
from entrepot.orders.model.commands import PlaceOrder, WantedLine
from entrepot.orders.model.facts import Facts
from entrepot.orders.model.market import (
    ADJUSTMENT_KINDS,
    DELIVERY_TYPES,
    WHOLE_MAX,
    Address,
    Adjustment,
    Buyer,
    InvoiceTerms,
    KeyValue,
    Market,
    MarketLine,
    Money,
)
from entrepot.orders.model.pricing import MarketVariant, untaxed_fields

TEXT_LENGTH_MAX: Final = 200
MESSAGE_LENGTH_MAX: Final = 5_000
VALUE_LENGTH_MAX: Final = 1_000
EXTERNAL_KEY_LENGTH_MAX: Final = 100
EXTERNAL_VALUE_LENGTH_MAX: Final = 255
"""What is looked up must fit the database's index, whatever signs it is made of."""
PAYMENT_DETAILS_LENGTH_MAX: Final = 20_000
ADJUSTMENTS_MAX: Final = 50
KEY_VALUES_MAX: Final = 50
RATE_PLACES: Final = 4
_HUNDRED: Final = Decimal(100)
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_MESSAGES: Final = frozenset({"notes", "message_to_seller", "message_to_gift_recipient"})
_LINE_BREAKS: Final = str.maketrans("", "", "\n\r\t")


def check_market(facts: Facts, organisation: Id, command: PlaceOrder) -> list[Fault]:
    """Find every fault of what makes an order a marketplace's; those of its core are not looked at.

    What is wrong with a variant that the marketplace may not order is not told.
    """
    market = command.market
    assert market is not None, "only a marketplace's order is checked so"
    assert len(market.lines) == len(command.lines), "each line is said something of"
    faults = [*buyer_faults(market.buyer), *payment_details_fault(market.payment_details or "")]
    faults += _external_id_faults("external_ids", market.external_ids)
    faults += _metadata_faults("metadata", market.metadata)
    faults += _taken_faults(facts, organisation, market)
    for number, (wanted, line) in enumerate(zip(command.lines, market.lines, strict=True)):
        faults += _line_faults(facts, organisation, wanted, line, f"lines[{number}]")
    faults += [
        Fault(
            errors.TAX_INCOMPLETE,
            "Give the tax of every cost and every postage of the order, zero included, or of none.",
            field,
        )
        for field in untaxed_fields(market.lines)
    ]
    if len(market.invoices) > len(market.lines):  # each has a line of its own at least
        faults.append(_split("invoices", ""))
    for number, terms in enumerate(market.invoices[: len(market.lines)]):
        faults += _terms_faults(facts, command, terms, f"invoices[{number}]")
    faults += _model_faults(facts, organisation, command.lines)
    return faults


def _line_faults(
    facts: Facts, organisation: Id, wanted: WantedLine, line: MarketLine, field: str
) -> Iterator[Fault]:
    """What is wrong with one line, whatever the others are."""
    if line.delivery_type not in DELIVERY_TYPES:
        yield detail_fault(f"{field}.delivery_type")
    for name, money in (("cost", line.cost), ("postage", line.postage)):
        if money is not None:
            yield from _money_faults(money, f"{field}.{name}")
    yield from _adjustment_faults(line.adjustments, f"{field}.adjustments")
    yield from _external_id_faults(f"{field}.external_ids", line.external_ids)
    yield from _metadata_faults(f"{field}.metadata", line.metadata)
    quantity = wanted.quantity
    is_one = check_quantity(quantity, "") is None  # else the core says what it is not
    if is_one and (quantity % 1 or quantity > WHOLE_MAX):
        yield Fault(
            errors.QUANTITY_NOT_WHOLE,
            f"A marketplace order counts in whole units, up to {WHOLE_MAX}.",
            f"{field}.quantity",
            {"quantity": str(quantity)},
        )
    variant = _opened(facts, organisation, wanted.variant)
    if variant is not None:
        yield from _price_faults(facts, organisation, wanted, line, variant, field)


def _price_faults(
    facts: Facts,
    organisation: Id,
    wanted: WantedLine,
    line: MarketLine,
    variant: MarketVariant,
    field: str,
) -> Iterator[Fault]:
    """Whether a variant has the prices that its pricing model needs, where it may have that one."""
    marketplace = facts.market.marketplaces[organisation]
    known = {"variant": ids.VARIANT + wanted.variant, "sku": variant.sku}
    if line.cost is None and variant.retail_price is None:
        yield Fault(
            errors.COST_NEEDED,
            f"{variant.sku} has no retail price; say what the customer pays for this line.",
            f"{field}.cost",
            known,
        )
    if variant.pricing_model != "wholesale":
        return
    if not marketplace.offers_wholesale:
        yield Fault(
            errors.WHOLESALE_NOT_OFFERED,
            f"{variant.sku} is sold at a wholesale price, which this marketplace does not offer.",
            f"{field}.variant",
            {**known, "country": marketplace.country},
        )
    if variant.wholesale_price is None:
        yield Fault(
            errors.WHOLESALE_PRICE_NEEDED,
            f"{variant.sku} is sold at wholesale but has no wholesale price; its seller sets one.",
            f"{field}.variant",
            known,
        )


def _opened(facts: Facts, organisation: Id, variant: Id) -> MarketVariant | None:
    """A variant, if a right opens it to the marketplace."""
    found = facts.variants.get(variant)
    if found is None or (found.owner, organisation, "marketplace") not in facts.rights:
        return None
    return facts.market.variants.get(variant)


def _model_faults(facts: Facts, organisation: Id, lines: Sequence[WantedLine]) -> Iterator[Fault]:
    """Each seller that would sell at both pricing models in one order, with the goods (R13)."""
    sellers: dict[Id, dict[str, list[str]]] = {}
    for line in lines:
        variant = _opened(facts, organisation, line.variant)
        if variant is not None:
            models = sellers.setdefault(facts.variants[line.variant].owner, {})
            skus = models.setdefault(variant.pricing_model, [])
            if variant.sku not in skus:
                skus.append(variant.sku)
    for seller, models in sellers.items():
        if len(models) > 1:
            name = facts.market.sellers.get(seller, "")
            wholesale, retail = ", ".join(models["wholesale"]), ", ".join(models["marketplace"])
            yield Fault(
                errors.MIXED_PRICING_MODELS,
                f"{name} cannot sell {wholesale} at wholesale and {retail} at marketplace prices in"
                " one order. Order them apart.",
                "lines",
                {
                    "seller": ids.ORGANISATION + seller,
                    "seller_name": name,
                    "wholesale": wholesale,
                    "marketplace": retail,
                },
            )


def _money_faults(money: Money, field: str) -> Iterator[Fault]:
    """An amount is zero or more and fits; its tax is a part of it, its rate a percentage."""
    if not 0 <= money.amount <= WHOLE_MAX:
        yield _money(f"{field}.amount", {"amount": money.amount})
    if money.tax is not None and not 0 <= money.tax <= money.amount:
        yield _money(f"{field}.tax", {"tax": money.tax, "amount": money.amount})
    rate = money.tax_rate
    if rate is not None and not (
        rate.is_finite() and 0 <= rate <= _HUNDRED and rate == round(rate, RATE_PLACES)
    ):
        yield _money(f"{field}.tax_rate", {"tax_rate": str(rate)})


def _money(field: str, facts: dict[str, str | int]) -> Fault:
    return Fault(
        errors.MONEY_NOT_VALID,
        f"An amount is from 0 to {WHOLE_MAX} in whole minor units (cents), a tax at most its"
        " amount, a rate from 0 to 100 percent with at most four decimal places.",
        field,
        dict(facts),
    )


def _adjustment_faults(some: Sequence[Adjustment], field: str) -> Iterator[Fault]:
    """A promotion is below zero, a fee above; the seller bears less than all of it (R15)."""
    if len(some) > ADJUSTMENTS_MAX:
        yield detail_fault(field)
    for number, each in enumerate(some):
        at = f"{field}[{number}]"
        if not is_plain(each.description, TEXT_LENGTH_MAX):
            yield detail_fault(f"{at}.description")
        if each.source is not None and not is_plain(each.source, TEXT_LENGTH_MAX):
            yield detail_fault(f"{at}.source")
        has_sign = each.amount < 0 if each.kind == "promotion" else each.amount > 0
        if each.kind not in ADJUSTMENT_KINDS or not has_sign or abs(each.amount) > WHOLE_MAX:
            yield _adjustment(f"{at}.amount", each)
        elif not 0 <= each.withheld < abs(each.amount):
            yield _adjustment(f"{at}.withheld", each)


def _adjustment(field: str, each: Adjustment) -> Fault:
    return Fault(
        errors.ADJUSTMENT_NOT_VALID,
        "A promotion is below zero, a fee above; what the seller bears of it is zero or more, and"
        " less than all of it.",
        field,
        {"kind": each.kind, "amount": each.amount, "withheld": each.withheld},
    )


def _external_id_faults(field: str, some: Sequence[KeyValue]) -> Iterator[Fault]:
    """What something is called elsewhere: under one key by several values, too."""
    most = (EXTERNAL_KEY_LENGTH_MAX, EXTERNAL_VALUE_LENGTH_MAX)
    yield from _pair_faults(field, some, [(each.key, each.value) for each in some], most)


def _metadata_faults(field: str, some: Sequence[KeyValue]) -> Iterator[Fault]:
    """What is noted: one value a key."""
    most = (TEXT_LENGTH_MAX, VALUE_LENGTH_MAX)
    yield from _pair_faults(field, some, [each.key for each in some], most)


def _pair_faults(
    field: str, some: Sequence[KeyValue], told_by: Sequence[object], most: tuple[int, int]
) -> Iterator[Fault]:
    """Keys and values are plain text; no two pairs are told apart by nothing."""
    if len(some) > KEY_VALUES_MAX:
        yield detail_fault(field)
    seen: set[object] = set()
    for number, (each, same) in enumerate(zip(some, told_by, strict=True)):
        if same in seen or not is_plain(each.key, most[0]):
            yield detail_fault(f"{field}[{number}].key")
        elif not is_plain(each.value, most[1]):
            yield detail_fault(f"{field}[{number}].value")
        seen.add(same)


def _taken_faults(facts: Facts, organisation: Id, market: Market) -> Iterator[Fault]:
    """External ids that another order of the marketplace has."""
    for number, each in enumerate(market.external_ids):
        if (organisation, each.key, each.value) in facts.market.taken:
            yield external_id_taken(f"external_ids[{number}]", each)


def external_id_taken(field: str, each: KeyValue | None = None) -> Fault:
    """Say that another order has an external id; which, where it is known."""
    return Fault(
        errors.EXTERNAL_ID_TAKEN,
        "An order with the same external id already exists. Look it up before you send it again.",
        field,
        {} if each is None else {"key": each.key, "value": each.value},
    )


def _terms_faults(
    facts: Facts, command: PlaceOrder, terms: InvoiceTerms, field: str
) -> Iterator[Fault]:
    """What is wrong with what is said of an invoice; its lines must be on the same one."""
    yield from _adjustment_faults(terms.adjustments, f"{field}.adjustments")
    yield from _external_id_faults(f"{field}.external_ids", terms.external_ids)
    yield from _metadata_faults(f"{field}.metadata", terms.metadata)
    assert command.market is not None, "terms are those of a marketplace's order"
    count = len(command.lines)
    if not terms.lines or not all(0 <= number < count for number in terms.lines):
        yield _split(field)
        return
    variants = [facts.variants.get(command.lines[number].variant) for number in terms.lines]
    found = {
        (variant.owner, command.market.lines[number].delivery_type)
        for number, variant in zip(terms.lines, variants, strict=True)
        if variant is not None
    }
    if len(found) > 1:
        yield _split(field)


def _split(field: str, part: str = ".lines") -> Fault:
    return Fault(
        errors.INVOICE_LINES_NOT_VALID,
        "What is said of an invoice names lines of this order, of one seller and delivery type.",
        field + part,
    )


def payment_details_fault(document: str) -> list[Fault]:
    """Whether what is said of the payment is too long."""
    is_too_long = len(document) > PAYMENT_DETAILS_LENGTH_MAX
    return [detail_fault("payment_details")] if is_too_long else []


def buyer_faults(buyer: Buyer) -> Iterator[Fault]:
    """Whatever is said of the buyer is text that can be printed, of a sane length."""
    for name in buyer.__struct_fields__:
        value = getattr(buyer, name)
        if isinstance(value, Address):
            yield from _address_faults(value, f"buyer.{name}")
        elif isinstance(value, str):
            is_text = len(value) <= TEXT_LENGTH_MAX and value.isprintable()
            if not (is_message(value) if name in _MESSAGES else is_text):
                yield detail_fault(f"buyer.{name}")


def _address_faults(address: Address, field: str) -> Iterator[Fault]:
    for name, value in msgspec.structs.asdict(address).items():
        if value is None:
            continue
        is_text = len(value) <= TEXT_LENGTH_MAX and value.isprintable()
        if not is_text or (name == "country" and not _COUNTRY.fullmatch(value)):
            yield detail_fault(f"{field}.{name}")


def is_message(text: str) -> bool:
    """Whether text can be printed, but for its line breaks, and is not too long."""
    return len(text) <= MESSAGE_LENGTH_MAX and text.translate(_LINE_BREAKS).isprintable()


def detail_fault(field: str) -> Fault:
    """Refuse what is said beside the lines, at this field."""
    return Fault(
        errors.DETAIL_NOT_VALID,
        "This is not as it should be: text is printable and not too long, a country two capital"
        f" letters, a list at most {KEY_VALUES_MAX} long, a key not said twice.",
        field,
    )
