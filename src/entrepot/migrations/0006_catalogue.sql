-- deploy: before
-- The whole catalogue: what a variant costs, what is printed on it, who supplies it, and the
-- numbers that the marketplace's programs know products and variants by.

CREATE TABLE suppliers (
    organisation uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    name_key text COLLATE "C" NOT NULL,
    email text,
    backorders_allowed boolean NOT NULL DEFAULT false,
    backorder_threshold smallint NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'active',
    created_at timestamptz NOT NULL,
    CONSTRAINT suppliers_pk PRIMARY KEY (organisation, id),
    CONSTRAINT suppliers_organisation_known
    FOREIGN KEY (organisation) REFERENCES organisations (id),
    CONSTRAINT suppliers_state_known CHECK (state IN ('active', 'deactivated', 'deleted')),
    CONSTRAINT suppliers_backorder_threshold_known CHECK (backorder_threshold IN (0, 1))
);

-- `name_key` is the name without its capitals; a deleted supplier gives its name back.
CREATE UNIQUE INDEX suppliers_name_unique ON suppliers (organisation, name_key)
WHERE state <> 'deleted';

CREATE INDEX suppliers_by_state ON suppliers (organisation, state, name_key, id);

-- Numbers are the operator's to choose below ten million and come from these sequences above, as
-- far as GraphQL's whole numbers reach. So the two never meet.
CREATE SEQUENCE product_legacy_ids AS integer START WITH 10000000 MINVALUE 10000000 CACHE 20;

CREATE SEQUENCE variant_legacy_ids AS integer START WITH 10000000 MINVALUE 10000000 CACHE 20;

-- The chosen numbers, each given once on the whole network.
CREATE TABLE legacy_ids (
    kind text NOT NULL,
    legacy_id integer NOT NULL,
    CONSTRAINT legacy_ids_pk PRIMARY KEY (kind, legacy_id),
    CONSTRAINT legacy_ids_kind_known CHECK (kind IN ('product', 'variant')),
    CONSTRAINT legacy_ids_chosen CHECK (legacy_id BETWEEN 1 AND 9999999)
);

ALTER TABLE products
ADD COLUMN legacy_id integer NOT NULL DEFAULT nextval('product_legacy_ids');

ALTER TABLE variants
ADD COLUMN legacy_id integer NOT NULL DEFAULT nextval('variant_legacy_ids'),
ADD COLUMN gtin text COLLATE "C",
ADD COLUMN wholesale_price numeric(15, 4),
ADD COLUMN purchase_price numeric(15, 4),
ADD COLUMN vat_rate numeric(5, 2),
ADD COLUMN units_per_case integer NOT NULL DEFAULT 1,
ADD COLUMN supplier uuid,
ADD COLUMN supplier_sku text,
ADD CONSTRAINT variants_supplier_known
FOREIGN KEY (organisation, supplier) REFERENCES suppliers (organisation, id),
ADD CONSTRAINT variants_gtin_form CHECK (gtin ~ '^([0-9]{8}|[0-9]{12,14})$'),
ADD CONSTRAINT variants_prices_not_negative
CHECK (wholesale_price >= 0 AND purchase_price >= 0),
ADD CONSTRAINT variants_vat_rate_is_percentage CHECK (vat_rate BETWEEN 0 AND 100),
ADD CONSTRAINT variants_units_per_case_positive CHECK (units_per_case >= 1);

-- A GTIN is the same number however many zeros it begins with. A deleted variant gives its back.
CREATE UNIQUE INDEX variants_gtin_unique ON variants (organisation, lpad(gtin, 14, '0'))
WHERE gtin IS NOT NULL AND state <> 'deleted';

-- Lists begin anywhere and cost the same, also among many variants of another state.
CREATE INDEX variants_by_state ON variants (organisation, state, sku);

CREATE INDEX variants_by_supplier ON variants (organisation, supplier, state, sku)
WHERE supplier IS NOT NULL;

CREATE INDEX variants_by_product ON variants (organisation, product, id);

-- The marketplace's programs name a product or variant by its number alone.
CREATE INDEX products_by_legacy_id ON products (legacy_id);

CREATE INDEX variants_by_legacy_id ON variants (legacy_id);
