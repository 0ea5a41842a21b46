"""Changing what was agreed, and ending a partnership by its checklist."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from entrepot import partnerships, settlement
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Fault, Refusal
from entrepot.partnerships import AgreementChanges, Partnership
from entrepot.portal.pages.partners_found import about, act, partnership_here, renamed
from entrepot.portal.pages.partners_inviting import AGREEMENT_FIELDS, read_agreement
from entrepot.portal.routes import (
    Elsewhere,
    NothingHereError,
    Outcome,
    Page,
    Shown,
    Visit,
    granted,
)


async def show_terms(visit: Visit) -> Outcome:
    """Ask the wholesaler what to change of the agreement."""
    shown = await _as_wholesaler(visit)
    number = visit.words.quantity
    values = {name: getattr(shown, name) for name in AGREEMENT_FIELDS}
    values |= {
        "buffer": number(shown.buffer),
        "cap": "" if shown.cap is None else number(shown.cap),
        "price_percentage": number(shown.price_percentage),
    }
    return _terms_form(visit, shown, values, ())


async def do_change_terms(visit: Visit) -> Outcome:
    """Change the agreement; it holds from now on."""
    shown, typed = await _as_wholesaler(visit), visit.typed
    values = {name: typed.text(name) for name in AGREEMENT_FIELDS}
    agreement = read_agreement(typed)
    if typed.refusal is not None:
        return _terms_form(visit, shown, values, typed.refusal.faults)
    changes = AgreementChanges(
        *[getattr(agreement, name) for name in AgreementChanges.__struct_fields__]
    )
    changed = await act(
        visit,
        "change_partnership",
        partnerships.change_partnership,
        shown.inner_id,
        changes,
    )
    if isinstance(changed, Refusal):
        faults = renamed(changed, {name: name for name in AGREEMENT_FIELDS})
        return _terms_form(visit, shown, values, faults)
    said = visit.words("Changed. It holds from now on; what passed before stays as it was.")
    return Elsewhere(address=f"/partnerships/{shown.id}", said=said)


async def _as_wholesaler(visit: Visit) -> Partnership:
    """The partnership, for the side that decides on its terms."""
    shown = await partnership_here(visit)
    if shown.role != "wholesaler":
        raise NothingHereError
    return shown


def _terms_form(
    visit: Visit, shown: Partnership, values: dict[str, str], faults: tuple[Fault, ...]
) -> Shown:
    return Shown(
        template="partners/terms.html.jinja",
        context={**about(visit, shown), "values": values, "faults": list(faults)},
        status=422 if faults else 200,
    )


async def show_end(visit: Visit) -> Outcome:
    """What is open before a partnership can end, and where each thing is solved."""
    return await _end_page(visit, await partnership_here(visit), ())


async def do_begin_ending(visit: Visit) -> Outcome:
    """Begin to end a partnership; there is no way back."""
    shown = await partnership_here(visit)
    if not visit.typed.ticked("is_sure"):
        visit.typed.find("portal.field_missing", "Tick this: there is no way back.", "is_sure")
        return await _end_page(visit, shown, tuple(visit.typed.faults))
    granted(await act(visit, "begin_ending", partnerships.begin_ending, shown.inner_id))
    said = visit.words(
        "The partnership is ending: nothing is shown or passes any more. End it once the list is"
        " clear."
    )
    return Elsewhere(address=f"/partnerships/{shown.id}/end", said=said)


async def do_end(visit: Visit) -> Outcome:
    """End a partnership whose list is clear."""
    shown = await partnership_here(visit)
    ended = await act(visit, "end_partnership", settlement.end_partnership, shown.inner_id)
    if isinstance(ended, Refusal):
        return await _end_page(visit, shown, renamed(ended, {}))
    said = visit.words("The partnership has ended. Its settlements stay readable for both of you.")
    return Elsewhere(address=f"/partnerships/{shown.id}", said=said)


async def _end_page(visit: Visit, shown: Partnership, faults: tuple[Fault, ...]) -> Shown:
    checklist = granted(
        await settlement.ending_checklist(visit.database, visit.caller, shown.inner_id)
    )
    return Shown(
        template="partners/end.html.jinja",
        context={
            **about(visit, shown),
            "checklist": checklist,
            "faults": list(faults),
            "has_units": Decimal(checklist.allocated_units) > 0,
            "may_end": visit.guest.may(Scope.SETTLEMENT_WRITE),
        },
        status=422 if faults else 200,
    )


PAGES: Final = (
    Page(
        method="GET",
        path="/partnerships/{partnership}/terms",
        summary="Ask the wholesaler what to change of the agreement",
        handler=show_terms,
        scope=Scope.PARTNERSHIPS_WRITE,
    ),
    Page(
        method="POST",
        path="/partnerships/{partnership}/terms",
        summary="Change the agreement",
        handler=do_change_terms,
        scope=Scope.PARTNERSHIPS_WRITE,
        fields=AGREEMENT_FIELDS,
    ),
    Page(
        method="GET",
        path="/partnerships/{partnership}/end",
        summary="What is open before a partnership can end",
        handler=show_end,
        scope=Scope.SETTLEMENT_READ,
    ),
    Page(
        method="POST",
        path="/partnerships/{partnership}/begin-ending",
        summary="Begin to end a partnership",
        handler=do_begin_ending,
        scope=Scope.PARTNERSHIPS_WRITE,
        fields=("is_sure",),
    ),
    Page(
        method="POST",
        path="/partnerships/{partnership}/end",
        summary="End a partnership",
        handler=do_end,
        scope=Scope.SETTLEMENT_WRITE,
    ),
)
