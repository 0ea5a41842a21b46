-- name: has_graphql_webhooks
-- Whether any webhook is told of objects.
SELECT
    EXISTS (
        SELECT 1
        FROM webhooks AS w
        WHERE w.kind = 'graphql' AND w.state = 'enabled'
    ) AS found;

-- name: insert_events
-- Of the objects that numbered events made, changed or took away, make the deliveries to the
-- webhooks that were there and ask for them: those of whose it is, and of the marketplaces that
-- may sell it or have sold it. Of several events of one object the newest is told. Variants are
-- those whose figures an event changed or that it is about; where what partners offer changed,
-- the feed says so, to those who have partners. What happens to invoices is written down for the
-- marketplace and for the seller, each for itself.
WITH events AS MATERIALIZED (
    SELECT
        o.organisation,
        o.id AS act,
        o.seq,
        o.at,
        o.event,
        o.variants,
        CASE
            WHEN o.subject ~ '^(var|prd|loc|ord|inv|org)_[0-9a-f]{32}$' THEN left(o.subject, 4)
        END AS kind,
        CASE
            WHEN o.subject ~ '^(var|prd|loc|ord|inv|org)_[0-9a-f]{32}$'
                THEN substr(o.subject, 5)::uuid
        END AS subject
    FROM outbox AS o
    WHERE o.seq BETWEEN $1 AND $2
),

named AS (
    SELECT
        e.act,
        e.seq,
        e.at,
        e.event,
        unnest(e.variants) AS variant
    FROM events AS e
    WHERE NOT starts_with(e.event, 'partnerships.')
    UNION ALL
    SELECT
        e.act,
        e.seq,
        e.at,
        e.event,
        e.subject AS variant
    FROM events AS e
    WHERE
        e.kind = 'var_'
        AND (
            e.event <> 'stock.availability_changed'
            OR EXISTS (
                SELECT 1
                FROM product_matches AS m
                WHERE m.retailer = e.organisation AND m.variant = e.subject
            )
        )
    UNION ALL
    SELECT
        e.act,
        e.seq,
        e.at,
        e.event,
        v.id AS variant
    FROM events AS e
    INNER JOIN variants AS v ON e.organisation = v.organisation AND e.subject = v.product
    WHERE e.kind = 'prd_' AND e.event = 'catalogue.product_created'
    UNION ALL
    SELECT
        e.act,
        e.seq,
        e.at,
        e.event,
        p.variant
    FROM events AS e
    INNER JOIN positions AS p ON e.organisation = p.owner AND e.subject = p.location
    WHERE e.kind = 'loc_'
),

goods AS MATERIALIZED (
    SELECT
        n.act,
        n.seq,
        n.at,
        n.event,
        v.organisation AS seller,
        v.product,
        v.legacy_id,
        v.created_at
    FROM named AS n
    INNER JOIN variants AS v ON n.variant = v.id
    WHERE v.state <> 'deleted' OR n.event = 'catalogue.variant_deleted'
),

products_named AS (
    SELECT
        g.act,
        g.seq,
        g.at,
        g.event,
        g.seller,
        g.product
    FROM goods AS g
    WHERE starts_with(g.event, 'catalogue.') AND g.event <> 'catalogue.location_changed'
    UNION ALL
    SELECT
        e.act,
        e.seq,
        e.at,
        e.event,
        e.organisation AS seller,
        e.subject AS product
    FROM events AS e
    WHERE e.kind = 'prd_'
),

invoiced AS (
    SELECT
        e.organisation,
        e.act,
        e.seq,
        e.at,
        e.event,
        i.legacy_id,
        i.seller,
        i.organisation AS marketplace
    FROM events AS e
    INNER JOIN seller_invoices AS i ON e.organisation = i.organisation AND e.subject = i.id
    WHERE e.kind = 'inv_'
    UNION ALL
    SELECT
        e.organisation,
        e.act,
        e.seq,
        e.at,
        e.event,
        i.legacy_id,
        i.seller,
        i.organisation AS marketplace
    FROM events AS e
    INNER JOIN seller_invoices AS i ON e.organisation = i.seller AND e.subject = i.id
    WHERE e.kind = 'inv_' AND e.organisation <> i.organisation
),

heard AS (
    SELECT
        g.act,
        g.seq,
        g.at,
        'VARIANT' AS told_of,
        CASE
            WHEN g.event = 'catalogue.variant_deleted' THEN 'destroy'
            WHEN g.created_at = g.at AND starts_with(g.event, 'catalogue.') THEN 'create'
            ELSE 'update'
        END AS event_name,
        'Variant-' || g.legacy_id AS node,
        g.seller,
        NULL::uuid AS marketplace,
        NULL::uuid AS reader
    FROM goods AS g
    UNION ALL
    SELECT
        n.act,
        n.seq,
        n.at,
        'ADVERT' AS told_of,
        CASE
            WHEN n.event = 'catalogue.variant_deleted' AND NOT EXISTS (
                SELECT 1
                FROM variants AS v
                WHERE
                    v.organisation = p.organisation AND v.product = p.id
                    AND v.state <> 'deleted'
            ) THEN 'destroy'
            WHEN p.created_at = n.at THEN 'create'
            ELSE 'update'
        END AS event_name,
        'Advert-' || p.legacy_id AS node,
        n.seller,
        NULL::uuid AS marketplace,
        NULL::uuid AS reader
    FROM products_named AS n
    INNER JOIN products AS p ON n.seller = p.organisation AND n.product = p.id
    UNION ALL
    SELECT
        e.act,
        e.seq,
        e.at,
        'INVOICE' AS told_of,
        CASE WHEN e.event = 'orders.placed' THEN 'create' ELSE 'update' END AS event_name,
        'Invoice-' || i.legacy_id AS node,
        i.seller,
        i.organisation AS marketplace,
        NULL::uuid AS reader
    FROM events AS e
    INNER JOIN seller_invoices AS i ON e.organisation = i.organisation AND e.subject = i.order_id
    WHERE e.kind = 'ord_'
    UNION ALL
    SELECT
        e.act,
        e.seq,
        e.at,
        'INVOICE' AS told_of,
        'update' AS event_name,
        'Invoice-' || e.legacy_id AS node,
        e.seller,
        e.marketplace,
        e.organisation AS reader
    FROM invoiced AS e
    UNION ALL
    SELECT
        e.act,
        e.seq,
        e.at,
        CASE
            WHEN e.event = 'orders.shipment_created' THEN 'SHIPMENT' ELSE 'REFUND_REQUEST'
        END AS told_of,
        CASE
            WHEN e.event IN ('orders.shipment_created', 'orders.refund_requested') THEN 'create'
            ELSE 'update'
        END AS event_name,
        CASE WHEN e.event = 'orders.shipment_created' THEN 'Shipment-' ELSE 'RefundRequest-' END
        || (a.answer ->> 'legacy_id') AS node,
        e.seller,
        e.marketplace,
        e.organisation AS reader
    FROM invoiced AS e
    INNER JOIN audit AS a ON e.organisation = a.organisation AND e.act = a.id
    WHERE e.event = 'orders.shipment_created' OR starts_with(e.event, 'orders.refund_')
    UNION ALL
    SELECT
        e.act,
        e.seq,
        e.at,
        'SELLER' AS told_of,
        CASE WHEN r.created_at = e.at THEN 'create' ELSE 'update' END AS event_name,
        'Seller-' || g.legacy_id AS node,
        g.id AS seller,
        e.subject AS marketplace,
        e.subject AS reader
    FROM events AS e
    INNER JOIN organisations AS g ON e.organisation = g.id
    INNER JOIN trading_rights AS r
        ON e.organisation = r.seller AND e.subject = r.buyer AND r.kind = 'marketplace'
    INNER JOIN audit AS a ON e.organisation = a.organisation AND e.act = a.id
    WHERE
        e.kind = 'org_' AND starts_with(e.event, 'partnerships.trading_right_')
        AND a.answer ->> 'kind' = r.kind
),

listening AS (
    SELECT
        h.act,
        h.seq,
        h.at,
        h.told_of,
        h.event_name,
        h.node,
        h.seller,
        h.reader AS listener
    FROM heard AS h
    WHERE h.reader IS NOT NULL
    UNION ALL
    SELECT
        h.act,
        h.seq,
        h.at,
        h.told_of,
        h.event_name,
        h.node,
        h.seller,
        h.seller AS listener
    FROM heard AS h
    WHERE h.reader IS NULL
    UNION ALL
    SELECT
        h.act,
        h.seq,
        h.at,
        h.told_of,
        h.event_name,
        h.node,
        h.seller,
        h.marketplace AS listener
    FROM heard AS h
    WHERE h.reader IS NULL AND h.marketplace IS NOT NULL
    UNION ALL
    SELECT
        h.act,
        h.seq,
        h.at,
        h.told_of,
        h.event_name,
        h.node,
        h.seller,
        r.buyer AS listener
    FROM heard AS h
    INNER JOIN trading_rights AS r
        ON h.seller = r.seller AND r.kind = 'marketplace' AND r.state = 'active'
    WHERE h.reader IS NULL AND h.marketplace IS NULL
),

wanted AS MATERIALIZED (
    SELECT DISTINCT ON (w.organisation, w.id, l.event_name, l.node)
        w.organisation,
        w.id AS webhook,
        md5(l.act || l.event_name || l.node)::uuid AS act,
        l.seq,
        lower(l.told_of) || '.' || l.event_name AS event,
        l.node
    FROM listening AS l
    INNER JOIN webhooks AS w
        ON
            l.listener = w.organisation AND l.told_of = w.told_of
            AND w.kind = 'graphql' AND w.state = 'enabled'
            AND w.created_at <= l.at
            AND (w.event_name IS NULL OR l.event_name = w.event_name)
            AND (w.seller IS NULL OR l.seller = w.seller)
    ORDER BY w.organisation, w.id, l.event_name, l.node, l.seq DESC
),

counted AS (
    SELECT
        w.organisation,
        count(*) AS deliveries
    FROM wanted AS w
    GROUP BY w.organisation
),

numbered AS (
    INSERT INTO webhook_numbers AS n (organisation, told)
    SELECT
        c.organisation,
        c.deliveries
    FROM counted AS c
    ORDER BY c.organisation
    ON CONFLICT (organisation) DO UPDATE SET told = n.told + excluded.told
    RETURNING n.organisation, n.told
)

INSERT INTO webhook_deliveries
(organisation, webhook, act, seq, event, subject, created_at, next_try_at, number)
SELECT
    w.organisation,
    w.webhook,
    w.act,
    w.seq,
    w.event,
    w.node,
    $3::timestamptz,
    $3::timestamptz,
    n.told - c.deliveries
    + row_number() OVER (PARTITION BY w.organisation ORDER BY w.seq, w.event, w.node, w.webhook)
FROM wanted AS w
INNER JOIN counted AS c ON w.organisation = c.organisation
INNER JOIN numbered AS n ON w.organisation = n.organisation
ON CONFLICT DO NOTHING
RETURNING organisation, webhook, event, subject, seq;

-- name: replace_older_events
-- Of objects that are told as they are now, give up what is waiting to tell them before.
UPDATE webhook_deliveries AS d
SET state = 'replaced', ended_at = $6
FROM
    unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[])
    AS n (organisation, webhook, event, subject, seq)
WHERE
    d.organisation = n.organisation AND d.webhook = n.webhook
    AND d.event = n.event AND d.subject = n.subject
    AND d.state = 'waiting' AND d.begun_at IS NULL AND d.seq < n.seq
RETURNING 1;

-- name: find_vertical
-- The short name of an organisation.
SELECT o.slug
FROM organisations AS o
WHERE o.id = $1;

-- name: find_last_told
-- What a webhook was told last of some objects: the hash of each.
SELECT DISTINCT ON (d.subject)
    d.subject,
    d.content_hash
FROM webhook_deliveries AS d
WHERE
    d.organisation = $1 AND d.webhook = $2 AND d.subject = any($3::text[])
    AND d.content_hash IS NOT NULL
ORDER BY d.subject, d.seq DESC;

-- name: list_events
-- The events of an organisation's webhooks, or of one of them, the newest first, from before a
-- number on; or those with some numbers.
SELECT
    d.number,
    d.webhook,
    d.act,
    split_part(d.event, '.', 2) AS event_name,
    d.subject AS node,
    d.state,
    d.created_at,
    d.tries,
    CASE WHEN d.state = 'waiting' AND d.tries > 0 THEN d.next_try_at END AS retry_at,
    d.ended_at
FROM webhook_deliveries AS d
WHERE
    d.organisation = $1 AND d.number < $2
    AND ($3::uuid IS NULL OR d.webhook = $3)
    AND ($4::bigint[] IS NULL OR d.number = any($4))
ORDER BY d.number DESC
LIMIT $5;

-- name: list_latest_events
-- The newest events of each of some webhooks.
SELECT
    l.number,
    l.webhook,
    l.act,
    l.event_name,
    l.node,
    l.state,
    l.created_at,
    l.tries,
    l.retry_at,
    l.ended_at
FROM unnest($2::uuid[]) AS w (id)
CROSS JOIN LATERAL (
    SELECT
        d.number,
        d.webhook,
        d.act,
        split_part(d.event, '.', 2) AS event_name,
        d.subject AS node,
        d.state,
        d.created_at,
        d.tries,
        CASE WHEN d.state = 'waiting' AND d.tries > 0 THEN d.next_try_at END AS retry_at,
        d.ended_at
    FROM webhook_deliveries AS d
    WHERE d.organisation = $1 AND d.webhook = w.id AND d.number IS NOT NULL
    ORDER BY d.number DESC
    LIMIT $3
) AS l
ORDER BY l.number DESC;

-- name: count_events
-- How many events of an organisation's webhooks, or of one of them, are remembered.
SELECT count(*) AS events
FROM webhook_deliveries AS d
WHERE
    d.organisation = $1 AND d.number IS NOT NULL AND ($2::uuid IS NULL OR d.webhook = $2);

-- name: list_answered_tries
-- The tries of events that were answered, in their order.
SELECT
    a.webhook,
    a.act,
    a.number,
    a.at,
    a.status
FROM webhook_attempts AS a
INNER JOIN unnest($2::uuid[], $3::uuid[]) AS w (webhook, act)
    ON a.webhook = w.webhook AND a.act = w.act
WHERE a.organisation = $1 AND a.status IS NOT NULL
ORDER BY a.webhook, a.act, a.number;
