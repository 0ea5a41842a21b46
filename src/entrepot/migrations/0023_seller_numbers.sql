-- deploy: before
-- Sellers have numbers by which marketplaces' programs know them; orders of marketplaces and seller
-- invoices say when they were changed last, so that programs can ask for what was changed since.

CREATE SEQUENCE seller_legacy_ids AS integer START WITH 1001 MINVALUE 1 CACHE 20;

ALTER TABLE organisations
ADD COLUMN legacy_id integer NOT NULL DEFAULT nextval('seller_legacy_ids'),
ADD CONSTRAINT organisations_legacy_id_unique UNIQUE (legacy_id);

ALTER TABLE marketplace_orders
ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();

CREATE INDEX marketplace_orders_updated ON marketplace_orders (organisation, updated_at, order_id);

ALTER TABLE seller_invoices
ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();

CREATE INDEX seller_invoices_updated ON seller_invoices (organisation, updated_at, id);

CREATE INDEX seller_invoices_updated_by_seller ON seller_invoices (seller, updated_at, id);

-- Lines are asked for by their number alone, orders by what others call them, under whatever key.
CREATE INDEX marketplace_lines_numbered_by_seller ON marketplace_lines (seller, legacy_id);

CREATE INDEX order_external_ids_of_orders ON order_external_ids (organisation, value, subject)
WHERE owner_type = 'order';

CREATE INDEX refund_request_lines_numbered ON refund_request_lines (organisation, legacy_id);
