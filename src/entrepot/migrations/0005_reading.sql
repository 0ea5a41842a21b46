-- deploy: before
-- Ways to read: what lists are paged by. Each costs a write nothing or next to it: the tables are
-- small or rarely added to, the index is partial, or it takes the place of a narrower one.

CREATE INDEX positions_by_location ON positions (owner, location, variant);

-- Live holds page by page, in the order of their positions.
CREATE INDEX holds_live_by_position ON holds (owner, variant, location, order_id, hold_no)
WHERE state = 'live';

DROP INDEX holds_live;

CREATE INDEX orders_by_followed ON orders (organisation, follows)
WHERE follows IS NOT NULL;

CREATE INDEX trading_rights_of_buyer ON trading_rights (buyer, seller);
