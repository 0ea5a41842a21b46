-- deploy: before
-- Goods and agreements: what there is to sell, where it lies, and who may order it.

CREATE TABLE locations (
    organisation uuid NOT NULL,
    id uuid NOT NULL,
    code text COLLATE "C" NOT NULL,
    name text NOT NULL,
    rank integer NOT NULL DEFAULT 0,
    ships_orders boolean NOT NULL DEFAULT true,
    CONSTRAINT locations_pk PRIMARY KEY (organisation, id),
    CONSTRAINT locations_code_unique UNIQUE (organisation, code),
    CONSTRAINT locations_organisation_known
    FOREIGN KEY (organisation) REFERENCES organisations (id)
);

CREATE TABLE products (
    organisation uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT products_pk PRIMARY KEY (organisation, id),
    CONSTRAINT products_organisation_known
    FOREIGN KEY (organisation) REFERENCES organisations (id)
);

CREATE TABLE variants (
    organisation uuid NOT NULL,
    id uuid NOT NULL,
    product uuid NOT NULL,
    sku text COLLATE "C" NOT NULL,
    name text NOT NULL,
    unit text NOT NULL DEFAULT 'piece',
    pricing_model text NOT NULL DEFAULT 'wholesale',
    retail_price numeric(15, 4),
    whole_units boolean NOT NULL DEFAULT false,
    unlimited boolean NOT NULL DEFAULT false,
    is_orderable boolean NOT NULL DEFAULT true,
    order_quantity_min numeric(15, 3) NOT NULL DEFAULT 0,
    order_quantity_multiple numeric(15, 3) NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'active',
    created_at timestamptz NOT NULL,
    CONSTRAINT variants_pk PRIMARY KEY (organisation, id),
    CONSTRAINT variants_sku_unique UNIQUE (organisation, sku),
    CONSTRAINT variants_product_known
    FOREIGN KEY (organisation, product) REFERENCES products (organisation, id),
    CONSTRAINT variants_state_known CHECK (state IN ('active', 'deactivated', 'deleted')),
    CONSTRAINT variants_pricing_model_known
    CHECK (pricing_model IN ('marketplace', 'wholesale')),
    CONSTRAINT variants_price_not_negative CHECK (retail_price >= 0),
    CONSTRAINT variants_quantities_not_negative
    CHECK (order_quantity_min >= 0 AND order_quantity_multiple >= 0)
);

-- A caller names a variant by its id alone; this finds whose it is.
CREATE INDEX variants_by_id ON variants (id);

CREATE TABLE trading_rights (
    seller uuid NOT NULL,
    buyer uuid NOT NULL,
    kind text NOT NULL,
    state text NOT NULL DEFAULT 'active',
    created_at timestamptz NOT NULL,
    CONSTRAINT trading_rights_pk PRIMARY KEY (seller, buyer, kind),
    CONSTRAINT trading_rights_kind_known
    CHECK (kind IN ('consignment', 'session', 'marketplace')),
    CONSTRAINT trading_rights_state_known CHECK (state IN ('active', 'paused', 'ended')),
    CONSTRAINT trading_rights_not_with_oneself CHECK (seller <> buyer),
    CONSTRAINT trading_rights_seller_known FOREIGN KEY (seller) REFERENCES organisations (id)
);

CREATE INDEX trading_rights_by_buyer ON trading_rights (buyer, kind, seller);
