-- deploy: before
-- Marketplace orders: one order over many sellers, paid when it is placed, split into one seller
-- invoice a seller and delivery type. Amounts are whole minor units of the marketplace's currency
-- and fit 32 bits, as the programs that read them count.

-- Where a marketplace lets its sellers sell at wholesale prices: its home country must be one of
-- these.
ALTER TABLE organisations
ADD COLUMN wholesale_countries text[] NOT NULL DEFAULT '{AU,NZ}';

-- The numbers by which the marketplace's programs know them.
CREATE SEQUENCE order_legacy_ids AS integer START WITH 10001 MINVALUE 1 CACHE 20;

CREATE SEQUENCE invoice_legacy_ids AS integer START WITH 10001 MINVALUE 1 CACHE 20;

CREATE SEQUENCE line_legacy_ids AS integer START WITH 10001 MINVALUE 1 CACHE 20;

-- What an order has beside its core because it is a marketplace's: who bought and what they said,
-- and what it comes to. `buyer` is who it is about and is never copied anywhere else.
CREATE TABLE marketplace_orders (
    organisation uuid NOT NULL,
    order_id uuid NOT NULL,
    legacy_id integer NOT NULL DEFAULT nextval('order_legacy_ids'),
    token uuid NOT NULL,
    currency text NOT NULL,
    minor_digits smallint NOT NULL,
    country text NOT NULL,
    buyer json NOT NULL,
    payment_details json,
    metadata json NOT NULL,
    subtotal integer NOT NULL,
    postage integer NOT NULL,
    tax integer NOT NULL,
    adjusted integer NOT NULL,
    total integer NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT marketplace_orders_pk PRIMARY KEY (organisation, order_id),
    CONSTRAINT marketplace_orders_order_known
    FOREIGN KEY (organisation, order_id) REFERENCES orders (organisation, id),
    CONSTRAINT marketplace_orders_legacy_id_unique UNIQUE (organisation, legacy_id),
    CONSTRAINT marketplace_orders_currency_form CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT marketplace_orders_minor_digits_known CHECK (minor_digits BETWEEN 0 AND 4),
    CONSTRAINT marketplace_orders_amounts_not_negative
    CHECK (subtotal >= 0 AND postage >= 0 AND tax >= 0 AND total >= 0),
    CONSTRAINT marketplace_orders_total_adds_up
    CHECK (total = subtotal::bigint + postage + adjusted)
);

-- Who sells in an order, each at one pricing model: an invoice of another could not be written.
CREATE TABLE order_sellers (
    organisation uuid NOT NULL,
    order_id uuid NOT NULL,
    seller uuid NOT NULL,
    pricing_model text NOT NULL,
    CONSTRAINT order_sellers_pk PRIMARY KEY (organisation, order_id, seller),
    CONSTRAINT order_sellers_one_pricing_model
    UNIQUE (organisation, order_id, seller, pricing_model),
    CONSTRAINT order_sellers_order_known
    FOREIGN KEY (organisation, order_id) REFERENCES marketplace_orders (organisation, order_id),
    CONSTRAINT order_sellers_pricing_model_known
    CHECK (pricing_model IN ('marketplace', 'wholesale'))
);

-- One seller's part of an order by one way of delivery. `owed` is what the seller gets for it:
-- without the sales tax where it sold at wholesale prices, and less what it bears of adjustments.
CREATE TABLE seller_invoices (
    organisation uuid NOT NULL,
    id uuid NOT NULL,
    order_id uuid NOT NULL,
    seller uuid NOT NULL,
    delivery_type text NOT NULL,
    pricing_model text NOT NULL,
    legacy_id integer NOT NULL DEFAULT nextval('invoice_legacy_ids'),
    subtotal integer NOT NULL,
    postage integer NOT NULL,
    tax integer NOT NULL,
    adjusted integer NOT NULL,
    withheld integer NOT NULL,
    total integer NOT NULL,
    owed integer NOT NULL,
    metadata json NOT NULL,
    created_at timestamptz NOT NULL,
    paid_at timestamptz,
    CONSTRAINT seller_invoices_pk PRIMARY KEY (organisation, id),
    CONSTRAINT seller_invoices_one_a_delivery_type
    UNIQUE (organisation, order_id, seller, delivery_type),
    CONSTRAINT seller_invoices_seller_unique
    UNIQUE (organisation, order_id, id, seller, pricing_model),
    CONSTRAINT seller_invoices_legacy_id_unique UNIQUE (organisation, legacy_id),
    CONSTRAINT seller_invoices_one_pricing_model_a_seller
    FOREIGN KEY (organisation, order_id, seller, pricing_model)
    REFERENCES order_sellers (organisation, order_id, seller, pricing_model),
    CONSTRAINT seller_invoices_delivery_type_known
    CHECK (delivery_type IN ('buy_online', 'click_and_collect', 'no_dispatch')),
    CONSTRAINT seller_invoices_amounts_not_negative
    CHECK (subtotal >= 0 AND postage >= 0 AND tax >= 0 AND withheld >= 0),
    CONSTRAINT seller_invoices_total_adds_up
    CHECK (total = subtotal::bigint + postage + adjusted)
);

-- What a seller is shown: its own, over all marketplaces.
CREATE INDEX seller_invoices_by_seller ON seller_invoices (seller, id);

CREATE INDEX seller_invoices_paid_by_seller ON seller_invoices (seller, paid_at, id)
WHERE paid_at IS NOT NULL;

CREATE INDEX seller_invoices_numbered_by_seller ON seller_invoices (seller, legacy_id);

CREATE INDEX seller_invoices_paid ON seller_invoices (organisation, paid_at, id)
WHERE paid_at IS NOT NULL;

-- What a line has beside its core: what its customer pays, what its seller asks, and what the
-- goods were called when they were sold, which never changes.
CREATE TABLE marketplace_lines (
    organisation uuid NOT NULL,
    order_id uuid NOT NULL,
    line_no integer NOT NULL,
    invoice uuid NOT NULL,
    seller uuid NOT NULL,
    legacy_id integer NOT NULL DEFAULT nextval('line_legacy_ids'),
    cost integer NOT NULL,
    cost_tax integer NOT NULL,
    tax_rate numeric(7, 4),
    postage integer NOT NULL,
    postage_tax integer NOT NULL,
    postage_tax_rate numeric(7, 4),
    pricing_model text NOT NULL,
    wholesale_price numeric(15, 4),
    owed integer NOT NULL,
    product uuid NOT NULL,
    product_legacy_id integer NOT NULL,
    product_name text NOT NULL,
    variant_legacy_id integer NOT NULL,
    variant_name text NOT NULL,
    sku text COLLATE "C" NOT NULL,
    gtin text COLLATE "C",
    metadata json NOT NULL,
    CONSTRAINT marketplace_lines_pk PRIMARY KEY (organisation, order_id, line_no),
    CONSTRAINT marketplace_lines_line_known
    FOREIGN KEY (organisation, order_id, line_no)
    REFERENCES order_lines (organisation, order_id, line_no),
    CONSTRAINT marketplace_lines_on_an_invoice_of_their_seller
    FOREIGN KEY (organisation, order_id, invoice, seller, pricing_model)
    REFERENCES seller_invoices (organisation, order_id, id, seller, pricing_model),
    CONSTRAINT marketplace_lines_legacy_id_unique UNIQUE (organisation, legacy_id),
    CONSTRAINT marketplace_lines_wholesale_price_kept
    CHECK (pricing_model <> 'wholesale' OR wholesale_price IS NOT NULL),
    CONSTRAINT marketplace_lines_amounts_not_negative
    CHECK (cost >= 0 AND postage >= 0 AND owed >= 0 AND wholesale_price >= 0),
    CONSTRAINT marketplace_lines_tax_within_amount
    CHECK (cost_tax BETWEEN 0 AND cost AND postage_tax BETWEEN 0 AND postage),
    CONSTRAINT marketplace_lines_tax_rates_are_percentages
    CHECK (tax_rate BETWEEN 0 AND 100 AND postage_tax_rate BETWEEN 0 AND 100)
);

-- What was taken off or put on: of a line, or of an invoice as a whole. The seller bears `withheld`.
CREATE TABLE order_adjustments (
    organisation uuid NOT NULL,
    order_id uuid NOT NULL,
    adjustment_no integer NOT NULL,
    invoice uuid NOT NULL,
    line_no integer,
    kind text NOT NULL,
    amount integer NOT NULL,
    withheld integer NOT NULL,
    description text NOT NULL,
    source text,
    CONSTRAINT order_adjustments_pk PRIMARY KEY (organisation, order_id, adjustment_no),
    CONSTRAINT order_adjustments_invoice_known
    FOREIGN KEY (organisation, invoice) REFERENCES seller_invoices (organisation, id),
    CONSTRAINT order_adjustments_line_known
    FOREIGN KEY (organisation, order_id, line_no)
    REFERENCES marketplace_lines (organisation, order_id, line_no),
    CONSTRAINT order_adjustments_have_their_sign CHECK (
        (kind = 'promotion' AND amount < 0) OR (kind = 'fee' AND amount > 0)
    ),
    CONSTRAINT order_adjustments_withheld_is_a_part
    CHECK (withheld >= 0 AND withheld < abs(amount::bigint))
);

-- What others call an order, an invoice or a line of it (`line_no`; else 0).
CREATE TABLE order_external_ids (
    organisation uuid NOT NULL,
    owner_type text NOT NULL,
    subject uuid NOT NULL,
    line_no integer NOT NULL DEFAULT 0,
    key text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    CONSTRAINT order_external_ids_pk
    PRIMARY KEY (organisation, owner_type, subject, line_no, key, value),
    CONSTRAINT order_external_ids_owner_type_known
    CHECK (owner_type IN ('order', 'invoice', 'line'))
);

-- No two orders of a marketplace have the same one: a request that was sent twice makes one order.
CREATE UNIQUE INDEX order_external_ids_one_order
ON order_external_ids (organisation, key, value)
WHERE owner_type = 'order';

-- Also those of invoices and lines are looked up by what they say.
CREATE INDEX order_external_ids_by_value
ON order_external_ids (organisation, owner_type, key, value);
