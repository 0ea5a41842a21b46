-- name: find_sides
-- One partnership of an organisation, on either side, as settlement needs it.
SELECT
    p.wholesaler,
    p.id,
    p.retailer,
    p.state,
    p.currency,
    p.time_zone,
    p.closed_through,
    p.written_through,
    o.name AS partner_name
FROM partnerships AS p
INNER JOIN organisations AS o
    ON o.id = CASE WHEN p.wholesaler = $1 THEN p.retailer ELSE p.wholesaler END
WHERE p.id = $2 AND (p.wholesaler = $1 OR p.retailer = $1);

-- name: list_partnerships_open_at
-- Partnerships that have not ended and whose closed weeks end before one, by id; for the operator.
SELECT
    p.wholesaler,
    p.id,
    p.time_zone,
    p.closed_through
FROM partnerships AS p
WHERE p.state <> 'ended' AND p.closed_through < $1 AND p.id > $2
ORDER BY p.id
LIMIT $3;

-- name: find_partnership_to_settle
-- A partnership to settle; for the operator, who names partnerships by their id alone.
SELECT
    p.wholesaler,
    p.id,
    p.time_zone,
    p.closed_through
FROM partnerships AS p
WHERE p.id = $1;

-- name: read_next_week
-- The first week after one, and up to another, in which anything moved between two partners.
SELECT min(t.week) AS week
FROM transfers AS t
WHERE t.wholesaler = $1 AND t.partnership = $2 AND t.week > $3 AND t.week <= $4;

-- name: write_documents
-- Write both faces of a closed week's document, unless they are there; how many faces and lines.
WITH moved AS MATERIALIZED (
    SELECT
        row_number() OVER (
            ORDER BY
                w.sku,
                m.wholesaler_variant,
                m.variant,
                m.factor,
                m.unit_price NULLS LAST,
                m.vat_rate NULLS LAST
        ) AS line_no,
        p.wholesaler,
        p.retailer,
        m.wholesaler_variant,
        m.variant,
        m.factor,
        w.sku AS wholesaler_sku,
        w.name AS wholesaler_name,
        r.sku AS retailer_sku,
        r.name AS retailer_name,
        m.unit_price,
        m.vat_rate,
        m.transferred,
        m.reversed,
        m.transfers
    FROM moved_lines AS m
    INNER JOIN partnerships AS p ON m.wholesaler = p.wholesaler AND m.partnership = p.id
    INNER JOIN variants AS w
        ON p.wholesaler = w.organisation AND m.wholesaler_variant = w.id
    INNER JOIN variants AS r ON p.retailer = r.organisation AND m.variant = r.id
    WHERE m.wholesaler = $1 AND m.partnership = $2 AND m.week = $3
),

counted AS (
    SELECT
        count(*) AS lines,
        count(*) FILTER (WHERE c.unit_price IS NULL) AS unpriced_lines
    FROM moved AS c
),

headed AS (
    INSERT INTO settlements (
        organisation, id, face, partnership, partner, week, currency, minor_digits, time_zone,
        closed_at, lines, unpriced_lines
    )
    SELECT
        f.organisation,
        $4,
        f.face,
        p.id,
        f.partner,
        $3,
        p.currency,
        $6::smallint,
        p.time_zone,
        $5,
        n.lines,
        n.unpriced_lines
    FROM partnerships AS p
    CROSS JOIN counted AS n
    CROSS JOIN LATERAL (
        VALUES
        (p.wholesaler, 'order', p.retailer),
        (p.retailer, 'inbound', p.wholesaler)
    ) AS f (organisation, face, partner)
    WHERE p.wholesaler = $1 AND p.id = $2 AND n.lines > 0
    ON CONFLICT DO NOTHING
    RETURNING organisation, face
),

lined AS (
    INSERT INTO settlement_lines (
        organisation, settlement, line_no, wholesaler_variant, variant, factor, sku, name,
        partner_sku, unit_price, vat_rate, transferred, reversed, transfers
    )
    SELECT
        h.organisation,
        $4,
        m.line_no,
        m.wholesaler_variant,
        m.variant,
        m.factor,
        CASE WHEN h.face = 'order' THEN m.wholesaler_sku ELSE m.retailer_sku END,
        CASE WHEN h.face = 'order' THEN m.wholesaler_name ELSE m.retailer_name END,
        CASE WHEN h.face = 'inbound' THEN m.wholesaler_sku END,
        m.unit_price,
        m.vat_rate,
        m.transferred,
        m.reversed,
        m.transfers
    FROM moved AS m
    CROSS JOIN headed AS h
    RETURNING 1
)

SELECT
    (SELECT count(*) FROM headed) AS faces,
    (SELECT count(*) FROM lined) AS lines;

-- name: read_sums
-- What the priced lines of a document come to, exactly, by VAT rate.
SELECT
    l.vat_rate,
    sum((l.transferred - l.reversed) * l.factor * l.unit_price) AS net
FROM settlement_lines AS l
WHERE l.organisation = $1 AND l.settlement = $2 AND l.unit_price IS NOT NULL
GROUP BY l.vat_rate
ORDER BY l.vat_rate NULLS LAST;

-- name: insert_totals
-- Write a document's totals by VAT rate, on both its faces.
INSERT INTO settlement_totals (
    organisation, settlement, total_no, vat_rate, net_minor, vat_minor
)
SELECT
    f.organisation,
    $2,
    t.total_no,
    t.vat_rate,
    t.net_minor,
    t.vat_minor
FROM
    unnest($3::numeric [], $4::bigint [], $5::bigint [])
    WITH ORDINALITY AS t (vat_rate, net_minor, vat_minor, total_no)
CROSS JOIN unnest($1::uuid []) AS f (organisation);

-- name: find_settlement
-- One document of an organisation.
SELECT
    s.id,
    s.face,
    s.partnership,
    s.partner,
    o.name AS partner_name,
    s.week,
    s.currency,
    s.minor_digits,
    s.time_zone,
    s.closed_at,
    s.lines,
    s.unpriced_lines,
    s.state,
    s.answered_at,
    s.dispute_reason,
    t.state AS partner_state,
    t.answered_at AS partner_answered_at,
    t.dispute_reason AS partner_dispute_reason
FROM settlements AS s
INNER JOIN organisations AS o ON s.partner = o.id
INNER JOIN settlements AS t ON s.partner = t.organisation AND s.id = t.id
WHERE s.organisation = $1 AND s.id = $2;

-- name: read_totals
-- The totals of some documents of an organisation, by document and VAT rate.
SELECT
    t.settlement,
    t.vat_rate,
    t.net_minor,
    t.vat_minor
FROM settlement_totals AS t
WHERE t.organisation = $1 AND t.settlement = ANY($2::uuid [])
ORDER BY t.settlement, t.total_no;

-- name: lock_settlement
-- Lock an organisation's face of a document, to answer it.
SELECT s.id
FROM settlements AS s
WHERE s.organisation = $1 AND s.id = $2
FOR NO KEY UPDATE;

-- name: set_answer
-- Write what an organisation answers to its locked face of a document.
UPDATE settlements AS s
SET state = $3, answered_at = $4, dispute_reason = $5
WHERE s.organisation = $1 AND s.id = $2
RETURNING s.id;

-- name: list_lines
-- The lines of an organisation's face of a document, from after one on.
SELECT
    l.line_no,
    l.wholesaler_variant,
    l.variant,
    l.factor,
    l.sku,
    l.name,
    l.partner_sku,
    l.unit_price,
    l.vat_rate,
    l.transferred,
    l.reversed,
    l.transfers
FROM settlement_lines AS l
WHERE l.organisation = $1 AND l.settlement = $2 AND l.line_no > $3
ORDER BY l.line_no
LIMIT $4;

-- name: read_open_sums
-- What moved in open weeks of some partnerships so far, exactly, by VAT rate, in units of both
-- sides; lines without a price come to nothing.
SELECT
    w.partnership,
    m.vat_rate,
    count(*) AS lines,
    count(*) FILTER (WHERE m.unit_price IS NULL) AS unpriced_lines,
    sum((m.transferred - m.reversed) * m.factor * m.unit_price) AS net,
    sum(m.transferred - m.reversed) AS units,
    sum((m.transferred - m.reversed) * m.factor) AS wholesaler_units
FROM unnest($1::uuid [], $2::uuid [], $3::date []) AS w (wholesaler, partnership, week)
CROSS JOIN LATERAL (
    SELECT
        n.factor,
        n.unit_price,
        n.vat_rate,
        n.transferred,
        n.reversed
    FROM moved_lines AS n
    WHERE n.wholesaler = w.wholesaler AND n.partnership = w.partnership AND n.week = w.week
) AS m
GROUP BY w.partnership, m.vat_rate
ORDER BY w.partnership, m.vat_rate NULLS LAST;

-- name: list_open_lines
-- What moved in an open week so far, as one side names it, from after one line on. In the order of
-- the index of transfers, so that a page reads the transfers of its own lines and no more.
SELECT
    0 AS line_no,
    m.wholesaler_variant,
    m.variant,
    m.factor,
    v.sku,
    v.name,
    w.sku AS partner_sku,
    m.unit_price,
    m.vat_rate,
    m.transferred,
    m.reversed,
    m.transfers
FROM moved_lines AS m
INNER JOIN variants AS v
    ON
        v.organisation = $1
        AND v.id = CASE WHEN m.wholesaler = $1 THEN m.wholesaler_variant ELSE m.variant END
LEFT JOIN variants AS w
    ON
        m.wholesaler <> $1
        AND m.wholesaler = w.organisation AND m.wholesaler_variant = w.id
WHERE
    m.wholesaler = $2 AND m.partnership = $3 AND m.week = $4
    AND m.wholesaler_variant >= $5
    AND (
        m.wholesaler_variant,
        m.variant,
        m.factor,
        coalesce(m.unit_price, 'infinity'),
        coalesce(m.vat_rate, 'infinity')
    ) > (
        $5::uuid,
        $6::uuid,
        $7::integer,
        coalesce($8::numeric, 'infinity'),
        coalesce($9::numeric, 'infinity')
    )
ORDER BY
    m.wholesaler_variant,
    m.variant,
    m.factor,
    m.unit_price NULLS LAST,
    m.vat_rate NULLS LAST
LIMIT $10;

-- name: find_matched
-- The wholesaler's variants that a retailer's variant was ever matched with in a partnership.
SELECT DISTINCT m.wholesaler_variant
FROM product_matches AS m
WHERE m.retailer = $1 AND m.partnership = $2 AND m.variant = $3;

-- name: list_transfers
-- A week's transfers of some of the wholesaler's variants, oldest first: all, or those of one line.
SELECT
    t.id,
    t.at,
    t.quantity,
    t.factor,
    t.unit_price,
    t.reverses,
    x.week AS reverses_week,
    substr(encode(sha256(convert_to(t.order_id::text, 'UTF8')), 'hex'), 1, 16) AS order_mark,
    CASE WHEN t.organisation = $1 THEN t.order_id END AS order_id,
    o.reference,
    CASE WHEN t.organisation = $1 THEN t.line_no END AS line_no
FROM unnest($5::uuid []) AS w (variant)
CROSS JOIN LATERAL (
    SELECT
        a.id,
        a.at,
        a.quantity,
        a.factor,
        a.unit_price,
        a.reverses,
        a.organisation,
        a.order_id,
        a.line_no
    FROM transfers AS a
    WHERE
        a.wholesaler = $2 AND a.partnership = $3 AND a.week = $4
        AND a.wholesaler_variant = w.variant AND a.id > $10
        AND ($6::uuid IS NULL OR a.variant = $6)
        AND (
            $7::integer IS NULL
            OR (
                a.factor = $7
                AND a.unit_price IS NOT DISTINCT FROM $8
                AND a.vat_rate IS NOT DISTINCT FROM $9
            )
        )
    ORDER BY a.id
    LIMIT $11
) AS t
LEFT JOIN transfers AS x ON x.wholesaler = $2 AND t.reverses = x.id
LEFT JOIN orders AS o
    ON o.organisation = $1 AND t.organisation = o.organisation AND t.order_id = o.id
ORDER BY t.id
LIMIT $11;

-- name: read_open
-- What is open of a partnership before it can end; $5 is the week that a reversal would fall in now.
WITH units AS (
    SELECT
        t.organisation,
        t.order_id,
        t.line_no,
        sum(CASE WHEN t.reverses IS NULL THEN t.quantity ELSE -t.quantity END) AS moved
    FROM partnerships AS p
    INNER JOIN transfers AS t ON p.wholesaler = t.wholesaler AND p.id = t.partnership
    LEFT JOIN transfers AS x ON t.wholesaler = x.wholesaler AND t.reverses = x.id
    WHERE
        p.wholesaler = $2 AND p.id = $3
        -- What only the open week may reverse is of that week: the others need not be read.
        AND t.week >= CASE WHEN p.on_cancel_later = 'reverse' THEN '-infinity'::date ELSE $5 END
        AND CASE
            WHEN coalesce(x.week, t.week) >= $5 THEN p.on_cancel_open_week = 'reverse'
            ELSE p.on_cancel_later = 'reverse'
        END
    GROUP BY t.organisation, t.order_id, t.line_no
),

reversible AS (
    SELECT least(u.moved, l.held) AS units
    FROM units AS u
    INNER JOIN order_lines AS l
        ON
            u.organisation = l.organisation AND u.order_id = l.order_id
            AND u.line_no = l.line_no
    WHERE u.moved > 0 AND l.held > 0
),

kept AS (
    SELECT
        count(*) AS allocations,
        coalesce(sum(a.remaining), 0) AS units
    FROM allocations AS a
    WHERE
        a.owner = $2 AND a.partnership = $3 AND a.state = 'open' AND a.remaining > 0
        AND (a.valid_until IS NULL OR a.valid_until > $4)
)

SELECT
    k.allocations AS open_allocations,
    k.units AS allocated_units,
    (SELECT count(*) FROM reversible) AS reversible_lines,
    (SELECT coalesce(sum(r.units), 0) FROM reversible AS r) AS reversible_units,
    (
        SELECT max(t.week)
        FROM transfers AS t
        WHERE t.wholesaler = $2 AND t.partnership = $3
    ) AS newest_week,
    (
        SELECT count(*)
        FROM settlements AS s
        WHERE s.organisation = $1 AND s.partnership = $3 AND s.state = 'disputed'
    ) AS disputed,
    (
        SELECT count(*)
        FROM settlements AS s
        WHERE s.organisation = $1 AND s.partnership = $3 AND s.state = 'closed'
    ) AS unanswered
FROM kept AS k;
