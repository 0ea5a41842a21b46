"""advertUpsert: makes an advert of one's own with its variants, or changes one of a seller's."""

from typing import Any, Final

from entrepot import catalogue
from entrepot.apis.graphql.context import Context, context_of
from entrepot.apis.graphql.failures import ActRefusedError, done, not_found
from entrepot.apis.graphql.ids import ADVERT, VARIANT, number_in
from entrepot.apis.graphql.mutations.attributes import as_changes, as_new, is_changed
from entrepot.apis.graphql.mutations.counting import check_count, set_count
from entrepot.apis.graphql.mutations.payload import Given, Sending, acting, answer, need
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.catalogue import NewProduct, Product
from entrepot.infra.writing import find_written
from entrepot.kernel.caller import Caller, Scope
from entrepot.kernel.ids import Id
from entrepot.stock import MarketProduct, MarketVariant

VARIANTS_MAX: Final = 100
"""Variants that one act makes or changes."""
_INHERITED: Final = ("itemTaxRate", "minPurchaseQuantity", "price", "wholesalePrice")
"""Attributes of an advert that its variants have unless they say otherwise."""


async def advert_upsert(
    _: object,
    info: Info,
    input: Given,  # noqa: A002 - an argument of the schema
) -> dict[str, object]:
    """Make an advert, or change one; sent again under the same key, it happens once."""
    context = context_of(info)
    sending = Sending(context, info, input)
    return await answer(input, "advert", lambda: _upsert(context, sending, input))


async def _upsert(context: Context, sending: Sending, given: Given) -> MarketProduct | None:
    attributes: Given = given["attributes"]
    inherited: Given = {name: attributes[name] for name in _INHERITED if name in attributes}
    variants = [{**inherited, **each} for each in attributes.get("variants") or ()]
    if len(variants) > VARIANTS_MAX:
        raise ActRefusedError([("variants", f"Send at most {VARIANTS_MAX} variants at once.")])
    need(context, Scope.CATALOGUE_WRITE)
    if any(each.get("countOnHand") is not None for each in variants):
        need(context, Scope.STOCK_WRITE, Scope.STOCK_READ)
    id_ = given.get("advertId")
    if id_ is None:
        number = await _create(context, sending, attributes, inherited, variants)
    else:
        product = await _find(context, id_)
        caller = acting(context, product, "advertId", id_)
        assert product is not None, "what somebody acts on is there"
        await _change(context, caller, sending, product, attributes, inherited, variants)
        number = product.legacy_id
    context.forget()
    return await context.products_numbered.load(number)


async def _find(context: Context, id_: str) -> MarketProduct | None:
    number = number_in(id_, ADVERT)
    return None if number is None else await context.products_numbered.load(number)


async def _create(
    context: Context,
    sending: Sending,
    attributes: Given,
    inherited: Given,
    variants: list[Given],
) -> int:
    """Make an advert; returns its number."""
    wrong = []
    title = attributes.get("title")
    if not title:
        wrong.append(("title", "Title can't be blank."))
    if not variants and attributes.get("code"):
        variants = [{**inherited, "sku": attributes["code"]}]
    if not variants:
        wrong.append(("variants", "Variants can't be blank: give at least one, or a code."))
    if wrong or title is None:
        raise ActRefusedError(wrong)
    for each in variants:
        check_count(each.get("countOnHand"), unlimited=bool(each.get("infiniteQuantity")))
    new = NewProduct(title, tuple(as_new(each, title) for each in variants))
    services = context.services
    made = done(
        await catalogue.create_products(
            services.database,
            services.desk.new_id,
            context.caller,
            [new],
            sending.sent("advert"),
        )
    )
    (product,) = made.answer.products
    await _count(context, context.caller, sending, _ids_by_sku(product), variants)
    return product.legacy_id


async def _change(
    context: Context,
    caller: Caller,
    sending: Sending,
    product: MarketProduct,
    attributes: Given,
    inherited: Given,
    variants: list[Given],
) -> None:
    """Change an advert's title and variants; those that it does not have yet are made."""
    services = context.services
    sent = sending.sent("advert")
    if sent is not None and done(await find_written(services.database, caller, sent, Product)):
        return
    there = await context.variants_in.load(product.key) or []
    named = _match(there, variants)
    new = tuple(as_new(each, product.name) for found, each in named if found is None)
    if inherited:
        said = {found.id for found, _ in named if found is not None}
        named += [(each, inherited) for each in there if each.id not in said]
    for found, each in named:
        unlimited = each.get("infiniteQuantity") if found is None else found.unlimited
        check_count(each.get("countOnHand"), unlimited=bool(unlimited))
    wanted = [(found, as_changes(each)) for found, each in named if found is not None]
    for found, changes in wanted:
        if is_changed(changes):
            done(
                await catalogue.change_variant(
                    services.database,
                    services.desk.new_id,
                    caller,
                    found.id,
                    changes,
                    sending.sent(found.id),
                )
            )
    skus = {found.sku: found.id for found in there}
    skus |= {each["sku"]: found.id for found, each in named if found and each.get("sku")}
    if new:
        made = done(
            await catalogue.add_variants(
                services.database,
                services.desk.new_id,
                caller,
                product.id,
                new,
                sending.sent("variants"),
            )
        )
        skus |= _ids_by_sku(made.answer)
    for found, each in named:
        if found is not None:
            each.setdefault("sku", found.sku)
    await _count(context, caller, sending, skus, [each for _, each in named])
    title = attributes.get("title")
    # Last, for under the request's key it says that everything was done.
    if title is not None or sent is not None:
        done(
            await catalogue.change_product(
                services.database,
                services.desk.new_id,
                caller,
                product.id,
                product.name if title is None else title,
                sent,
            )
        )


def _match(
    there: list[MarketVariant], variants: list[Given]
) -> list[tuple[MarketVariant | None, Given]]:
    """Find which of an advert's variants are meant: by id, or else by sku."""
    by_number = {each.legacy_id: each for each in there}
    by_sku = {each.sku: each for each in there}
    named: list[tuple[MarketVariant | None, Given]] = []
    for each in variants:
        id_ = each.get("id")
        if id_ is None:
            named.append((by_sku.get(each.get("sku") or ""), each))
            continue
        number = number_in(id_, VARIANT)
        found = None if number is None else by_number.get(number)
        if found is None:
            raise not_found("variantId", id_)
        named.append((found, each))
    return named


def _ids_by_sku(product: Product) -> dict[str, Id]:
    return {each.sku: each.inner_id for each in product.variants}


async def _count(
    context: Context,
    caller: Caller,
    sending: Sending,
    variants: dict[str, Id],
    given: list[dict[str, Any]],
) -> None:
    """Set how much there is of each variant that says so."""
    for each in given:
        count = each.get("countOnHand")
        if count is not None and not each.get("infiniteQuantity"):
            variant = variants[each["sku"]]
            await set_count(context, caller, variant, count, sending.key(f"count/{variant}"))


FIELDS: Final[Resolvers] = {"advertUpsert": advert_upsert}
