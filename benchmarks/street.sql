-- name: insert_companies
-- Make companies with one location each: `<word>-0` and so on.
WITH made AS (
    INSERT INTO organisations (id, slug, name, created_at)
    SELECT
        uuidv7(),
        $1::text || '-' || n,
        initcap($1::text) || ' ' || n,
        clock_timestamp()
    FROM generate_series(0, $2::integer - 1) AS n
    RETURNING id
)

INSERT INTO locations (organisation, id, code, name)
SELECT
    m.id,
    uuidv7(),
    'main',
    'Main warehouse'
FROM made AS m;

-- name: insert_goods
-- Give each of these companies variants of the same goods, `G-0` and so on, and none of any on hand.
WITH made AS (
    INSERT INTO products (organisation, id, name, created_at)
    SELECT
        o.id,
        uuidv7(),
        'G-' || n,
        clock_timestamp()
    FROM organisations AS o
    CROSS JOIN generate_series(0, $2::integer - 1) AS n
    WHERE o.slug LIKE $1::text || '-%'
    RETURNING organisation, id, name
),

offered AS (
    INSERT INTO variants (
        organisation, id, product, sku, name, unit, retail_price, wholesale_price, vat_rate,
        created_at
    )
    SELECT
        m.organisation,
        uuidv7(),
        m.id,
        m.name,
        m.name,
        'piece',
        12.5,
        8,
        21,
        clock_timestamp()
    FROM made AS m
    RETURNING organisation, id
)

INSERT INTO positions (owner, variant, location)
SELECT
    v.organisation,
    v.id,
    l.id
FROM offered AS v
INNER JOIN locations AS l ON v.organisation = l.organisation;

-- name: stock_goods
-- Put stock of some goods on the shelves of these companies, with the rows that say so.
WITH placed AS (
    UPDATE positions AS p
    SET on_hand = p.on_hand + $3::numeric, version = p.version + 1
    FROM organisations AS o
    INNER JOIN variants AS v ON o.id = v.organisation
    WHERE
        p.owner = o.id AND p.variant = v.id
        AND o.slug LIKE $1::text || '-%'
        AND v.sku = ANY($2::text [])
    RETURNING p.owner, p.variant, p.location, p.version, p.on_hand, p.held, p.allocated
),

entered AS (
    INSERT INTO ledger (
        owner, variant, location, version, at, kind,
        on_hand_change, held_change, allocated_change, on_hand, held, allocated, act
    )
    SELECT
        p.owner,
        p.variant,
        p.location,
        p.version,
        clock_timestamp(),
        'receive',
        $3::numeric,
        0,
        0,
        p.on_hand,
        p.held,
        p.allocated,
        uuidv7()
    FROM placed AS p
    RETURNING owner, act, at, variant
),

told AS (
    INSERT INTO outbox (organisation, id, at, event, subject, variants)
    SELECT
        e.owner,
        e.act,
        e.at,
        'stock.received',
        'var_' || encode(uuid_send(e.variant), 'hex'),
        ARRAY[e.variant]
    FROM entered AS e
    RETURNING organisation, id, at, event, subject
)

INSERT INTO audit (organisation, id, at, act, subject, answer)
SELECT
    t.organisation,
    t.id,
    t.at,
    t.event,
    t.subject,
    '{}'
FROM told AS t;

-- name: insert_partnerships
-- Let every wholesaler share all its stock with every shop.
WITH agreed AS (
    INSERT INTO partnerships (
        wholesaler, id, retailer, sharing_policy, currency, time_zone, created_at,
        closed_through, written_through, next_close_at
    )
    SELECT
        w.id,
        uuidv7(),
        s.id,
        'all_stock',
        'EUR',
        'Europe/Amsterdam',
        clock_timestamp(),
        date_trunc('week', clock_timestamp())::date - 7,
        date_trunc('week', clock_timestamp())::date - 7,
        date_trunc('week', clock_timestamp()) + interval '7 days'
    FROM organisations AS w
    CROSS JOIN organisations AS s
    WHERE w.slug LIKE 'wholesaler-%' AND s.slug LIKE 'shop-%'
    RETURNING wholesaler, retailer, created_at
)

INSERT INTO trading_rights (seller, buyer, kind, created_at)
SELECT
    a.wholesaler,
    a.retailer,
    'consignment',
    a.created_at
FROM agreed AS a;

-- name: insert_matches
-- Match the goods that a shop and its wholesaler both have.
INSERT INTO product_matches (
    retailer, id, variant, wholesaler, partnership, wholesaler_variant, matched_by, withdrawals,
    wholesaler_withdrawals, created_at
)
SELECT
    p.retailer,
    uuidv7(),
    r.id,
    p.wholesaler,
    p.id,
    w.id,
    'hand',
    0,
    0,
    clock_timestamp()
FROM partnerships AS p
INNER JOIN variants AS r ON p.retailer = r.organisation
INNER JOIN variants AS w ON p.wholesaler = w.organisation AND r.sku = w.sku;

-- name: insert_waiting
-- Let shops have paid orders that wait for one of `G-0` and one of `G-1`, in turn, a second apart.
WITH made AS MATERIALIZED (
    SELECT
        s.id AS organisation,
        uuidv7() AS id,
        n,
        clock_timestamp() - interval '30 days' + n * interval '1 second' AS at
    FROM generate_series(0, $1::integer - 1) AS n
    INNER JOIN organisations AS s ON s.slug = 'shop-' || n % $2::integer
),

placed AS MATERIALIZED (
    INSERT INTO orders (
        organisation, id, reference, kind, status, fulfilment_status, payment_status, policy,
        priority, queue_place, placed_at, next_hold_no
    )
    SELECT
        m.organisation,
        m.id,
        'W-' || m.n,
        'own',
        'waiting',
        'held',
        'paid',
        'ship_complete',
        0,
        '199' || lpad(floor(extract(EPOCH FROM m.at) * 1000000)::bigint::text, 17, '0')
        || encode(uuid_send(m.id), 'hex'),
        m.at,
        1
    FROM made AS m
    RETURNING organisation, id, queue_place
),

lined AS (
    INSERT INTO order_lines (
        organisation, order_id, line_no, owner, variant, quantity, held, unit_price
    )
    SELECT
        o.organisation,
        o.id,
        1 + right(v.sku, 1)::integer,
        o.organisation,
        v.id,
        1,
        0,
        12.5
    FROM placed AS o
    INNER JOIN variants AS v ON o.organisation = v.organisation AND v.sku IN ('G-0', 'G-1')
    RETURNING organisation, order_id, line_no, owner, variant, quantity
)

INSERT INTO waiting_lines (owner, variant, place, line_no, organisation, order_id, missing)
SELECT
    l.owner,
    l.variant,
    o.queue_place,
    l.line_no,
    l.organisation,
    l.order_id,
    l.quantity
FROM lined AS l
INNER JOIN placed AS o ON l.organisation = o.organisation AND l.order_id = o.id;

-- name: insert_transfers
-- Let a week pass in which so many transfers were made, of all goods in turn at two prices, every
-- fiftieth of them a reversal of the one before it. Their legs and their stock are left out.
INSERT INTO transfers (
    wholesaler, id, partnership, retailer, week, at, organisation, order_id, line_no, match,
    wholesaler_variant, variant, location, version, quantity, factor, unit_price, vat_rate,
    reverses, act
)
SELECT
    m.wholesaler,
    ('0198f0aa-0007-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
    m.partnership,
    m.retailer,
    p.closed_through + 7,
    p.closed_through + 7 + n * interval '0.5 seconds',
    m.retailer,
    ('0198f0aa-0008-7000-8000-' || lpad(to_hex(n / 2), 12, '0'))::uuid,
    1 + n % 2,
    m.id,
    m.wholesaler_variant,
    m.variant,
    l.id,
    n,
    1 + n % 5,
    m.factor,
    CASE WHEN n % 7 = 0 THEN 7.95 ELSE 8 END,
    21,
    CASE
        WHEN n % 50 = 49
            THEN ('0198f0aa-0007-7000-8000-' || lpad(to_hex(n - 1), 12, '0'))::uuid
    END,
    uuidv7()
FROM (
    SELECT
        x.*,
        row_number() OVER (ORDER BY x.id) - 1 AS i,
        count(*) OVER () AS total
    FROM product_matches AS x
) AS m
INNER JOIN partnerships AS p ON m.wholesaler = p.wholesaler AND m.partnership = p.id
INNER JOIN locations AS l ON m.retailer = l.organisation
INNER JOIN generate_series(0, $1::integer - 1) AS n ON m.i = n % m.total;

-- name: let_week_pass
-- Let the last closed week lie so far back that the one after it is over too.
UPDATE partnerships
SET
    closed_through = closed_through - 14,
    written_through = written_through - 14,
    next_close_at = next_close_at - interval '14 days';

-- name: find_goods
-- A company's variant of some goods.
SELECT
    v.organisation,
    v.id
FROM variants AS v
INNER JOIN organisations AS o ON v.organisation = o.id
WHERE o.slug = $1 AND v.sku = $2;

-- name: tidy_up
-- Leave the tables as a server that has run for a while would have them, statistics included.
VACUUM (ANALYZE);
