-- deploy: before
-- Ways to read: what lists are paged by. Each costs a write nothing or next to it: the tables are
-- small or rarely added to, or the index is partial.

CREATE INDEX positions_by_location ON positions (owner, location, variant);

CREATE INDEX orders_by_followed ON orders (organisation, follows)
WHERE follows IS NOT NULL;

CREATE INDEX trading_rights_of_buyer ON trading_rights (buyer, seller);

-- What was done to one thing. Placing an order is left out, for it is the act that there is most of:
-- an order's placing is found by the id of the order, which is made at the same moment.
CREATE INDEX audit_of_subject ON audit (organisation, subject, id)
WHERE act <> 'orders.placed';
