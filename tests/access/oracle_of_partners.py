"""The oracle's answers about partnerships, and about the invitations that they come from."""

from __future__ import annotations

from typing import Any

from entrepot.kernel.ids import Id
from tests.access.facts import Asked, Facts, Listed, RefusedError, Row, inner, said, shown

AGREED = (
    "sharing_policy",
    "cap",
    "on_cancel_open_week",
    "on_cancel_later",
    "price_percentage",
    "time_zone",
    "terms",
)
INVITATION = (*AGREED, "buffer", "note", "created_at", "expires_at", "accepted_at", "revoked_at")
PARTNERSHIP = (*AGREED, "state", "currency", "created_at", "ended_at", "next_close_at")
SIDES = ("wholesaler", "retailer")


def list_partnership_invitations(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    del asked
    return [
        Listed(
            shown(
                row,
                (*INVITATION, "partnership"),
                id=f"pin_{row['id']}",
                state=_state_of(facts, row),
            ),
            (row["id"],),
        )
        for row in facts["partnership_invitations"]
        if row["wholesaler"] == me
    ]


def _state_of(facts: Facts, row: Row) -> str:
    if row["accepted_at"] is not None:
        return "accepted"
    if row["revoked_at"] is not None:
        return "revoked"
    return "expired" if facts.is_past(row["expires_at"]) else "open"


def list_partnerships(facts: Facts, me: Id, asked: Asked) -> list[Listed]:
    return [
        Listed(_seen_by(facts, me, row), (row["id"],))
        for row in facts["partnerships"]
        if me in {row[side] for side in SIDES} and row[asked.get("role", _side_of(me, row))] == me
    ]


def find_partnership(facts: Facts, me: Id, asked: Asked) -> dict[str, Any]:
    row = facts.one("partnerships", id=inner("pts_", asked["partnership"]))
    if row is None or me not in {row[side] for side in SIDES}:
        raise RefusedError("partnerships.unknown_partnership")
    return _seen_by(facts, me, row)


def _side_of(me: Id, row: Row) -> str:
    return "wholesaler" if row["wholesaler"] == me else "retailer"


def _seen_by(facts: Facts, me: Id, row: Row) -> dict[str, Any]:
    """A partnership as one side sees it: the buffer and the supplier are for one of them."""
    mine = _side_of(me, row)
    theirs = next(side for side in SIDES if side != mine)
    partner = facts.one("organisations", id=row[theirs])
    assert partner is not None
    supplier = facts.one("suppliers", organisation=me, partnership=row["id"])
    if supplier is None or supplier["state"] == "deleted":
        supplier = {"id": None}
    year, week, _ = row["closed_through"].isocalendar()
    return shown(
        row,
        PARTNERSHIP,
        id=f"pts_{row['id']}",
        role=mine,
        partner=shown(partner, ("slug", "name"), id=f"org_{partner['id']}"),
        paused_by_you=row[f"paused_by_{mine}"],
        paused_by_partner=row[f"paused_by_{theirs}"],
        buffer=said("buffer", row["buffer"]) if mine == "wholesaler" else None,
        supplier=supplier["id"],
        closed_through=f"{year}-W{week:02d}",
    )
