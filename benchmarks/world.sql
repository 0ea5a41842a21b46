-- name: insert_organisations
-- Make the sellers or the buyers: ids rise with their number.
INSERT INTO organisations (id, slug, name, created_at)
SELECT
    ($1::text || lpad(to_hex(n), 12, '0'))::uuid,
    $2::text || '-' || n,
    initcap($2::text) || ' ' || n,
    clock_timestamp()
FROM generate_series(0, $3::integer - 1) AS n;

-- name: insert_locations
-- Give each seller one location.
INSERT INTO locations (organisation, id, code, name)
SELECT
    ($1::text || lpad(to_hex(n), 12, '0'))::uuid,
    ($2::text || lpad(to_hex(n), 12, '0'))::uuid,
    'main',
    'Main warehouse'
FROM generate_series(0, $3::integer - 1) AS n;

-- name: insert_products
-- Make the products, spread evenly over the sellers in the order of their ids.
INSERT INTO products (organisation, id, name, created_at)
SELECT
    ($1::text || lpad(to_hex(n / $4::integer), 12, '0'))::uuid,
    ($2::text || lpad(to_hex(n), 12, '0'))::uuid,
    'Product ' || n,
    clock_timestamp()
FROM generate_series(0, $3::integer - 1) AS n;

-- name: insert_variants
-- Make one variant of each product that has none.
INSERT INTO variants (organisation, id, product, sku, name, unit, retail_price, created_at)
SELECT
    p.organisation,
    ($1::text || right(p.id::text, 12))::uuid,
    p.id,
    'SKU-' || right(p.id::text, 5),
    p.name,
    'piece',
    12.5,
    clock_timestamp()
FROM products AS p
WHERE NOT EXISTS (
    SELECT 1
    FROM variants AS v
    WHERE v.organisation = p.organisation AND v.product = p.id
);

-- name: insert_rights
-- Let every buyer order from every seller.
INSERT INTO trading_rights (seller, buyer, kind, created_at)
SELECT
    s.id,
    b.id,
    'marketplace',
    clock_timestamp()
FROM organisations AS s
CROSS JOIN organisations AS b
WHERE s.slug LIKE 'seller-%' AND b.slug LIKE 'buyer-%';

-- name: insert_positions
-- Put stock of every variant at its seller's location, with the ledger row that says so.
WITH placed AS (
    INSERT INTO positions (owner, variant, location, on_hand, version)
    SELECT
        v.organisation,
        v.id,
        l.id,
        $1::numeric,
        1
    FROM variants AS v
    INNER JOIN locations AS l ON v.organisation = l.organisation
    ORDER BY v.organisation, v.id
    RETURNING owner, variant, location, on_hand
)

INSERT INTO ledger (
    owner, variant, location, version, at, kind,
    on_hand_change, held_change, allocated_change, on_hand, held, allocated, act
)
SELECT
    p.owner,
    p.variant,
    p.location,
    1,
    clock_timestamp(),
    'receive',
    p.on_hand,
    0,
    0,
    p.on_hand,
    0,
    0,
    uuidv7()
FROM placed AS p;

-- name: insert_own_positions
-- Give buyers positions of their own variants: $2 of every two with stock, the first before the
-- second, each with the ledger row that says so.
WITH placed AS (
    INSERT INTO positions (owner, variant, location, on_hand, version)
    SELECT
        v.organisation,
        v.id,
        l.id,
        CASE
            WHEN (row_number() OVER (ORDER BY v.id) - 1) % 2 < $2::integer THEN $1::numeric
            ELSE 0
        END,
        1
    FROM organisations AS o
    INNER JOIN variants AS v ON o.id = v.organisation
    INNER JOIN locations AS l ON o.id = l.organisation
    WHERE o.slug LIKE 'buyer-%'
    RETURNING owner, variant, location, on_hand
)

INSERT INTO ledger (
    owner, variant, location, version, at, kind,
    on_hand_change, held_change, allocated_change, on_hand, held, allocated, act
)
SELECT
    p.owner,
    p.variant,
    p.location,
    1,
    clock_timestamp(),
    'receive',
    p.on_hand,
    0,
    0,
    p.on_hand,
    0,
    0,
    uuidv7()
FROM placed AS p;

-- name: insert_partnerships
-- Let each seller share its stock with the buyers that have variants of the same numbers.
WITH agreed AS (
    INSERT INTO partnerships (
        wholesaler, id, retailer, sharing_policy, currency, time_zone, created_at, closed_through,
        written_through, next_close_at
    )
    SELECT
        p.wholesaler,
        uuidv7(),
        p.retailer,
        'all_stock',
        'EUR',
        'Europe/Amsterdam',
        clock_timestamp(),
        date_trunc('week', clock_timestamp())::date - 7,
        date_trunc('week', clock_timestamp())::date - 7,
        date_trunc('week', clock_timestamp()) + interval '7 days'
    FROM (
        SELECT DISTINCT
            w.organisation AS wholesaler,
            r.organisation AS retailer
        FROM organisations AS o
        INNER JOIN variants AS r ON o.id = r.organisation
        INNER JOIN variants AS w ON r.sku = w.sku AND r.organisation <> w.organisation
        WHERE o.slug LIKE 'buyer-%'
    ) AS p
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
-- Match the variants of the same numbers, of buyers and of sellers.
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

-- name: insert_session_rights
-- Let every buyer sell what every seller has in sales sessions.
INSERT INTO trading_rights (seller, buyer, kind, created_at)
SELECT
    s.id,
    b.id,
    'session',
    clock_timestamp()
FROM organisations AS s
CROSS JOIN organisations AS b
WHERE s.slug LIKE 'seller-%' AND b.slug LIKE 'buyer-%';

-- name: insert_sessions
-- Open a sales session of each buyer, numbered like it.
INSERT INTO selling_windows (organisation, id, is_remote, opens_at, closes_at)
SELECT
    ($1 || lpad(to_hex(n.number), 12, '0'))::uuid,
    ($2 || lpad(to_hex(n.number), 12, '0'))::uuid,
    false,
    clock_timestamp() - interval '1 hour',
    clock_timestamp() + interval '1 day'
FROM generate_series(0, $3 - 1) AS n (number);

-- name: insert_session_products
-- Sell everything of every seller in each session, with a limit that is never reached.
INSERT INTO window_products (
    organisation, selling_window, variant, owner, quantity_max, unit_price, purchase_price
)
SELECT
    w.organisation,
    w.id,
    v.id,
    v.organisation,
    $1::numeric,
    3,
    2
FROM selling_windows AS w
CROSS JOIN variants AS v;

-- name: count_rows
-- What is there now, to hold against what was acknowledged.
SELECT
    (SELECT count(*) FROM orders) AS orders,
    (SELECT count(*) FROM order_lines) AS order_lines,
    (SELECT count(*) FROM holds WHERE state = 'live') AS holds,
    (SELECT count(*) FROM ledger WHERE kind = 'hold') AS ledger,
    (SELECT count(*) FROM idempotency_keys) AS idempotency_keys,
    (SELECT count(*) FROM transfers) AS transfers,
    (SELECT count(*) FROM audit WHERE act = 'orders.placed') AS audit,
    (SELECT count(*) FROM outbox WHERE event = 'orders.placed') AS outbox;

-- name: find_faults
-- Every position whose figures, ledger and holds disagree, and every hold without its ledger row.
WITH entries AS (
    SELECT
        l.owner,
        l.variant,
        l.location,
        count(*) AS entries,
        max(l.version) AS version,
        sum(l.on_hand_change) AS on_hand,
        sum(l.held_change) AS held,
        (array_agg(l.held ORDER BY l.version DESC))[1] AS held_last
    FROM ledger AS l
    GROUP BY l.owner, l.variant, l.location
),

kept AS (
    SELECT
        h.owner,
        h.variant,
        h.location,
        sum(h.quantity) AS held
    FROM holds AS h
    WHERE h.state = 'live'
    GROUP BY h.owner, h.variant, h.location
)

SELECT
    'position ' || p.variant AS subject,
    concat_ws(
        ', ',
        CASE WHEN p.on_hand < p.held + p.allocated THEN 'oversold' END,
        CASE WHEN p.held <> coalesce(k.held, 0) THEN 'held is not the sum of its holds' END,
        CASE WHEN p.held <> e.held THEN 'held is not the sum of its ledger' END,
        CASE WHEN p.held <> e.held_last THEN 'held is not what its last row says' END,
        CASE WHEN p.on_hand <> e.on_hand THEN 'on hand is not the sum of its ledger' END,
        CASE WHEN p.version <> e.version THEN 'version is not that of its last row' END,
        CASE WHEN p.version <> e.entries THEN 'the ledger has a gap' END
    ) AS fault
FROM positions AS p
INNER JOIN entries AS e
    ON p.owner = e.owner AND p.variant = e.variant AND p.location = e.location
LEFT JOIN kept AS k
    ON p.owner = k.owner AND p.variant = k.variant AND p.location = k.location
WHERE
    p.on_hand < p.held + p.allocated
    OR p.held <> coalesce(k.held, 0)
    OR p.held <> e.held
    OR p.held <> e.held_last
    OR p.on_hand <> e.on_hand
    OR p.version <> e.version
    OR p.version <> e.entries
UNION ALL
SELECT
    'hold ' || h.order_id || ' ' || h.hold_no,
    'no ledger row opened it with this quantity'
FROM holds AS h
LEFT JOIN ledger AS l
    ON
        h.owner = l.owner AND h.variant = l.variant AND h.location = l.location
        AND h.opened_version = l.version AND h.order_id = l.order_id AND h.hold_no = l.hold_no
        AND h.quantity = l.held_change
WHERE l.version IS NULL
UNION ALL
SELECT
    'order ' || o.reference,
    'its lines do not say what it holds'
FROM orders AS o
LEFT JOIN LATERAL (
    SELECT
        count(*) AS lines,
        sum(l.held) AS held,
        sum(l.quantity) AS quantity
    FROM order_lines AS l
    WHERE l.organisation = o.organisation AND l.order_id = o.id
) AS t ON true
WHERE
    (
        o.selling_window IS NULL
        AND (o.status <> 'complete' OR o.payment_status <> 'paid')
    )
    OR (o.selling_window IS NOT NULL AND (o.status <> 'held' OR o.hold_until IS NULL))
    OR t.lines <> 2 OR t.held <> t.quantity
UNION ALL
SELECT
    'session ' || coalesce(p.selling_window, g.selling_window) || ' '
    || coalesce(p.variant, g.variant),
    'held is not the sum of its orders'
FROM window_products AS p
FULL JOIN (
    SELECT
        o.organisation,
        o.selling_window,
        l.variant,
        sum(l.held) AS held
    FROM orders AS o
    INNER JOIN order_lines AS l ON o.organisation = l.organisation AND o.id = l.order_id
    WHERE o.selling_window IS NOT NULL
    GROUP BY o.organisation, o.selling_window, l.variant
) AS g
    ON
        p.organisation = g.organisation AND p.selling_window = g.selling_window
        AND p.variant = g.variant
WHERE coalesce(p.held, 0) <> coalesce(g.held, 0)
LIMIT 20;

-- name: read_writes
-- How many rows were inserted, updated and deleted in each table so far.
SELECT
    s.relname AS name,
    s.n_tup_ins AS inserted,
    s.n_tup_upd AS updated,
    s.n_tup_del AS deleted
FROM pg_stat_user_tables AS s
WHERE s.n_tup_ins + s.n_tup_upd + s.n_tup_del > 0
ORDER BY s.relname;

-- name: list_indexes
-- Every index with the table it is on and the condition of a partial one.
SELECT
    c.relname AS name,
    t.relname AS on_table,
    coalesce(pg_get_expr(i.indpred, i.indrelid), 'true') AS condition
FROM pg_index AS i
INNER JOIN pg_class AS c ON i.indexrelid = c.oid
INNER JOIN pg_class AS t ON i.indrelid = t.oid
INNER JOIN pg_namespace AS n ON t.relnamespace = n.oid
WHERE n.nspname = 'public'
ORDER BY t.relname, c.relname;

-- name: count_others
-- How many other clients this database has, whose counts have not all been handed in.
SELECT count(*)
FROM pg_stat_activity AS a
WHERE
    a.datname = current_database() AND a.backend_type = 'client backend'
    AND a.pid <> pg_backend_pid();

-- name: flush_counters
-- Forget what this session has read of the counters before.
SELECT pg_stat_clear_snapshot();

-- name: log_position
-- How many bytes the write-ahead log has grown to.
SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn;

-- name: row_sizes
-- The mean size of the rows that the newest orders wrote, in bytes.
WITH newest AS (
    SELECT
        o.organisation,
        o.id
    FROM orders AS o
    ORDER BY o.id DESC
    LIMIT 50
)

SELECT
    'orders' AS name,
    avg(pg_column_size(o.*)) AS bytes
FROM newest AS n
INNER JOIN orders AS o ON n.organisation = o.organisation AND n.id = o.id
UNION ALL
SELECT
    'order_lines',
    avg(pg_column_size(l.*))
FROM newest AS n
INNER JOIN order_lines AS l ON n.organisation = l.organisation AND n.id = l.order_id
UNION ALL
SELECT
    'holds',
    avg(pg_column_size(h.*))
FROM newest AS n
INNER JOIN holds AS h ON n.id = h.order_id
UNION ALL
SELECT
    'ledger',
    avg(pg_column_size(l.*))
FROM newest AS n
INNER JOIN ledger AS l ON n.id = l.order_id
UNION ALL
SELECT
    'audit',
    avg(pg_column_size(a.*))
FROM newest AS n
INNER JOIN audit AS a ON a.subject = 'ord_' || replace(n.id::text, '-', '')
UNION ALL
SELECT
    'outbox',
    avg(pg_column_size(x.*))
FROM newest AS n
INNER JOIN outbox AS x ON x.subject = 'ord_' || replace(n.id::text, '-', '')
UNION ALL
SELECT
    'idempotency_keys',
    avg(pg_column_size(k.*))
FROM newest AS n
INNER JOIN orders AS o ON n.organisation = o.organisation AND n.id = o.id
INNER JOIN
    idempotency_keys AS k ON o.organisation = k.organisation AND k.key = 'order:' || o.reference;

-- name: tidy_up
-- Leave the tables as a server that has run for a while would have them, statistics included.
VACUUM (ANALYZE);
