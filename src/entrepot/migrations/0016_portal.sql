-- deploy: before
-- What pages ask besides what programs do: lists by other facts, what waits for a person, and what
-- the last weeks were like. Each index costs a write next to nothing: it is partial, on a table that
-- is rarely added to, or rises with time.

-- Documents by what their side answered, and by side.
CREATE INDEX settlements_by_state ON settlements (organisation, state, week, id);

CREATE INDEX settlements_by_face ON settlements (organisation, face, week, id);

-- Documents that a partner disputes: few, and not for long.
CREATE INDEX settlements_disputed ON settlements (partner, week, id) WHERE state = 'disputed';

-- Reversals are few beside transfers: what a closed week's document says later weeks changed.
CREATE INDEX transfers_reversing
ON transfers (wholesaler, partnership, week)
WHERE reverses IS NOT NULL;

-- Invitations that nobody has taken, by when they expire.
CREATE INDEX partnership_invitations_open ON partnership_invitations (wholesaler, expires_at)
WHERE accepted_at IS NULL AND revoked_at IS NULL;

-- Partnerships in which nothing passes now, for either side.
CREATE INDEX partnerships_still ON partnerships (wholesaler, id)
WHERE state IN ('paused', 'ending');

CREATE INDEX partnerships_still_of_retailer ON partnerships (retailer, id)
WHERE state IN ('paused', 'ending');

-- Orders that were drafts for long, by when they were placed; those of all others follows from their
-- ids, so that nearly no order is in this index.
CREATE INDEX orders_placed_late ON orders (organisation, placed_at)
WHERE placed_at - uuid_extract_timestamp(id) > interval '1 hour';

-- Lines of which something that was promised has gone: few, and not for long.
CREATE INDEX order_lines_short ON order_lines (organisation, order_id) WHERE short > 0;

-- What came in: receipts and returns, without the many rows of holds and shipments between them.
CREATE INDEX ledger_of_goods_in ON ledger (owner, at) WHERE kind IN ('receive', 'return');
