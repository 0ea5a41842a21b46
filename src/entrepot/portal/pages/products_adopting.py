"""A product that a wholesaler offers and one does not have: made from the offer, and matched."""

from __future__ import annotations

from typing import Final

import msgspec

from entrepot import partnerships
from entrepot.catalogue import Product
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal
from entrepot.partnerships import AgreedPrice, NewMatch, Partnership
from entrepot.portal.forms import Typed
from entrepot.portal.pages.partners_offer import goods_named
from entrepot.portal.routes import Elsewhere, NothingHereError, Visit, found
from entrepot.portal.words import Words

FIELDS: Final = ("partnership", "theirs")
"""By which an address, and then the form, names what is taken over."""


class Adopted(msgspec.Struct, frozen=True):
    """What is taken over, and in which partnership."""

    partnership: Partnership
    goods: AgreedPrice

    def typed(self, words: Words) -> Typed:
        """The form as it is drawn at first: what the wholesaler says of its product."""
        goods = self.goods
        return Typed(
            {
                "rows": ["1"],
                "product": [goods.name],
                "sku_0": [goods.sku],
                "gtin_0": [goods.gtin or ""],
                "unit": [words.unit(goods.unit)],
                "vat_rate": ["" if goods.vat_rate is None else words.quantity(goods.vat_rate)],
                "supplier": [self.partnership.supplier or ""],
                "partnership": [self.partnership.id],
                "theirs": [goods.variant],
            },
            words.language,
        )


async def adopted_of(visit: Visit, named: Typed) -> Adopted | None:
    """What is taken over, as an address or a form names it; None where nothing is.

    What is not offered to the visitor's organisation, or cannot be matched by it now, is not there.
    """
    if not named.text("partnership"):
        return None
    partnership = found(
        await partnerships.find_partnership(
            visit.database,
            visit.caller,
            found(ids.from_wire(ids.PARTNERSHIP, named.text("partnership"))),
        )
    )
    may = visit.guest.may(Scope.PARTNERSHIPS_WRITE)
    if partnership.role != "retailer" or partnership.state not in {"active", "paused"} or not may:
        raise NothingHereError
    return Adopted(partnership, await goods_named(visit, partnership, named.text("theirs")))


async def match_adopted(visit: Visit, adopted: Adopted, product: Product) -> Elsewhere:
    """Match what was made with what it was made from, and show how much of it can be sold."""
    ours, theirs = product.variants[0], adopted.goods
    new = NewMatch(
        adopted.partnership.inner_id,
        ours.inner_id,
        theirs.variant.removeprefix(ids.VARIANT),
        factor=1,
    )
    sent = visit.sent("match_adopted")
    # The form's own key made the product already; this act of the same form has one beside it.
    sent = msgspec.structs.replace(sent, key=f"{sent.key}~")
    matched = await partnerships.match_by_hand(
        visit.database, visit.services.desk.new_id, visit.caller, new, sent
    )
    partner = adopted.partnership.partner.name
    if isinstance(matched, Refusal):
        said = visit.words("The product is made. It could not be matched yet: do that here.")
        return Elsewhere(
            address=f"/partnerships/{adopted.partnership.id}/match?variant={ours.id}",
            said=said,
            is_pending=True,
        )
    said = visit.words(
        "%(name)s is one of your products now, matched with %(partner)s: you can sell it.",
        name=ours.name,
        partner=partner,
    )
    return Elsewhere(address=f"/variants/{ours.id}", said=said)
