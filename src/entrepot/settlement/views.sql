-- name: list_settlements
-- An organisation's documents, newest first, from before one on; all that is asked for must fit.
-- Each way to ask has an index to read: by partnership, else by state, else by face.
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
FROM (
    (
        SELECT a.id
        FROM settlements AS a
        WHERE
            a.organisation = $1 AND (a.week, a.id) < ($2, $3)
            AND $4::uuid IS NULL AND $5::text IS NULL AND $6::text IS NULL
        ORDER BY a.week DESC, a.id DESC
        LIMIT $7
    )
    UNION ALL
    (
        SELECT b.id
        FROM settlements AS b
        WHERE
            b.organisation = $1 AND b.partnership = $4 AND (b.week, b.id) < ($2, $3)
            AND ($5 IS NULL OR b.face = $5)
            AND ($6 IS NULL OR b.state = $6)
        ORDER BY b.week DESC, b.id DESC
        LIMIT $7
    )
    UNION ALL
    (
        SELECT c.id
        FROM settlements AS c
        WHERE
            c.organisation = $1 AND c.state = $6 AND (c.week, c.id) < ($2, $3)
            AND $4 IS NULL
            AND ($5 IS NULL OR c.face = $5)
        ORDER BY c.week DESC, c.id DESC
        LIMIT $7
    )
    UNION ALL
    (
        SELECT d.id
        FROM settlements AS d
        WHERE
            d.organisation = $1 AND d.face = $5 AND (d.week, d.id) < ($2, $3)
            AND $4 IS NULL AND $6 IS NULL
        ORDER BY d.week DESC, d.id DESC
        LIMIT $7
    )
) AS k
INNER JOIN settlements AS s ON s.organisation = $1 AND k.id = s.id
INNER JOIN organisations AS o ON s.partner = o.id
INNER JOIN settlements AS t ON s.partner = t.organisation AND s.id = t.id
ORDER BY s.week DESC, s.id DESC;

-- name: list_open_sides
-- An organisation's partnerships that have not ended, by id from after one on, as settlement needs
-- them, each with the first open week in which anything moved.
SELECT
    p.wholesaler,
    p.id,
    p.retailer,
    p.state,
    p.currency,
    p.time_zone,
    p.closed_through,
    p.written_through,
    o.name AS partner_name,
    (
        SELECT min(t.week)
        FROM transfers AS t
        WHERE t.wholesaler = p.wholesaler AND t.partnership = p.id AND t.week > p.closed_through
    ) AS moved_week
FROM (
    (
        SELECT
            a.wholesaler,
            a.id
        FROM partnerships AS a
        WHERE a.wholesaler = $1 AND a.id > $2 AND a.state <> 'ended'
        ORDER BY a.id
        LIMIT $3
    )
    UNION ALL
    (
        SELECT
            b.wholesaler,
            b.id
        FROM partnerships AS b
        WHERE b.retailer = $1 AND b.id > $2 AND b.state <> 'ended'
        ORDER BY b.id
        LIMIT $3
    )
) AS k
INNER JOIN partnerships AS p ON k.wholesaler = p.wholesaler AND k.id = p.id
INNER JOIN organisations AS o
    ON o.id = CASE WHEN p.wholesaler = $1 THEN p.retailer ELSE p.wholesaler END
ORDER BY p.id
LIMIT $3;

-- name: list_changes
-- Reversals that tell of two weeks of a partnership: in this one of an earlier one's transfers, and
-- in later ones of this one's; as one side names the goods.
SELECT
    CASE WHEN t.wholesaler = $1 THEN t.wholesaler_variant ELSE t.variant END AS goods,
    v.sku,
    v.name,
    t.factor,
    t.unit_price,
    t.vat_rate,
    t.week,
    x.week AS of_week,
    sum(t.quantity) AS quantity,
    count(*) AS transfers
FROM transfers AS t
INNER JOIN transfers AS x ON t.wholesaler = x.wholesaler AND t.reverses = x.id
INNER JOIN variants AS v
    ON
        v.organisation = $1
        AND v.id = CASE WHEN t.wholesaler = $1 THEN t.wholesaler_variant ELSE t.variant END
WHERE
    t.wholesaler = $2 AND t.partnership = $3 AND t.week >= $4 AND t.reverses IS NOT NULL
    AND t.week <> x.week
    AND (t.week = $4 OR x.week = $4)
GROUP BY
    t.wholesaler,
    t.wholesaler_variant,
    t.variant,
    v.sku,
    v.name,
    t.factor,
    t.unit_price,
    t.vat_rate,
    t.week,
    x.week
ORDER BY t.week, x.week, v.sku, t.factor, t.unit_price NULLS LAST, t.vat_rate NULLS LAST
LIMIT $5;

-- name: read_answers_due
-- How many documents of an organisation wait for its answer or are disputed, by it or its partner,
-- and the oldest of each; counted up to a number.
SELECT
    u.documents AS unanswered,
    u.oldest AS unanswered_since,
    d.documents AS disputed,
    d.oldest AS disputed_since,
    q.documents AS disputed_by_partner,
    q.oldest AS disputed_by_partner_since
FROM (
    SELECT
        count(*) AS documents,
        min(a.week) AS oldest
    FROM (
        SELECT s.week
        FROM settlements AS s
        WHERE s.organisation = $1 AND s.state = 'closed'
        ORDER BY s.week, s.id
        LIMIT $2
    ) AS a
) AS u
CROSS JOIN (
    SELECT
        count(*) AS documents,
        min(b.week) AS oldest
    FROM (
        SELECT s.week
        FROM settlements AS s
        WHERE s.organisation = $1 AND s.state = 'disputed'
        ORDER BY s.week, s.id
        LIMIT $2
    ) AS b
) AS d
CROSS JOIN (
    SELECT
        count(*) AS documents,
        min(c.week) AS oldest
    FROM (
        SELECT s.week
        FROM settlements AS s
        WHERE s.partner = $1 AND s.state = 'disputed'
        ORDER BY s.week, s.id
        LIMIT $2
    ) AS c
) AS q;

-- name: list_disputed_by_partner
-- An organisation's documents that its partners dispute, newest first, from before one on.
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
FROM settlements AS t
INNER JOIN settlements AS s ON s.organisation = $1 AND t.id = s.id
INNER JOIN organisations AS o ON s.partner = o.id
WHERE
    t.partner = $1 AND t.state = 'disputed' AND (t.week, t.id) < ($2, $3)
    AND ($4::uuid IS NULL OR t.partnership = $4)
    AND ($5::text IS NULL OR s.face = $5)
ORDER BY t.week DESC, t.id DESC
LIMIT $6;

-- name: sum_weeks
-- What passed in an organisation's partnerships by week, from one on, in its own units, exactly: of
-- older weeks by their documents, of the week from $3 on and of all that is not written yet by their
-- transfers; of those also what had passed by a moment. The value is ex VAT, of what has a price.
SELECT
    p.week,
    p.face,
    p.currency,
    sum(p.units) AS units,
    sum(p.value) AS value,
    sum(p.units_by_then) AS units_by_then,
    sum(p.value_by_then) AS value_by_then
FROM (
    SELECT
        s.week,
        s.face,
        s.currency,
        (l.transferred - l.reversed) * CASE WHEN s.face = 'order' THEN l.factor ELSE 1 END AS units,
        (l.transferred - l.reversed) * l.factor * coalesce(l.unit_price, 0) AS value,
        0::numeric AS units_by_then,
        0::numeric AS value_by_then
    FROM settlements AS s
    INNER JOIN settlement_lines AS l ON s.organisation = l.organisation AND s.id = l.settlement
    WHERE s.organisation = $1 AND s.week >= $2 AND s.week < $3
    UNION ALL
    SELECT
        t.week,
        k.face,
        k.currency,
        t.signed * CASE WHEN k.face = 'order' THEN t.factor ELSE 1 END AS units,
        t.signed * t.factor * coalesce(t.unit_price, 0) AS value,
        CASE
            WHEN t.at >= $4 THEN 0
            WHEN k.face = 'order' THEN t.signed * t.factor
            ELSE t.signed
        END AS units_by_then,
        CASE
            WHEN t.at >= $4 THEN 0
            ELSE t.signed * t.factor * coalesce(t.unit_price, 0)
        END AS value_by_then
    FROM (
        SELECT
            a.wholesaler,
            a.id,
            a.currency,
            a.written_through,
            'order' AS face
        FROM partnerships AS a
        WHERE a.wholesaler = $1
        UNION ALL
        SELECT
            b.wholesaler,
            b.id,
            b.currency,
            b.written_through,
            'inbound' AS face
        FROM partnerships AS b
        WHERE b.retailer = $1
    ) AS k
    CROSS JOIN LATERAL (
        SELECT
            x.week,
            x.at,
            x.factor,
            x.unit_price,
            CASE WHEN x.reverses IS NULL THEN x.quantity ELSE -x.quantity END AS signed
        FROM transfers AS x
        WHERE
            x.wholesaler = k.wholesaler AND x.partnership = k.id
            AND x.week >= $2
            AND x.week > least(k.written_through, $3 - 7)
    ) AS t
) AS p
GROUP BY p.week, p.face, p.currency
ORDER BY p.week, p.face, p.currency;

-- name: sum_open_goods
-- What moved in an open week of some of the wholesaler's variants, of all the retailer's or of one,
-- as one side names the goods and counts them; nothing where nothing moved.
SELECT
    v.sku,
    v.name,
    sum(m.transferred * CASE WHEN m.wholesaler = $1 THEN m.factor ELSE 1 END) AS transferred,
    sum(m.reversed * CASE WHEN m.wholesaler = $1 THEN m.factor ELSE 1 END) AS reversed,
    sum((m.transferred - m.reversed) * m.factor * m.unit_price) AS net,
    bool_or(m.unit_price IS NULL) AS unpriced
FROM moved_lines AS m
INNER JOIN variants AS v
    ON
        v.organisation = $1
        AND v.id = CASE WHEN m.wholesaler = $1 THEN m.wholesaler_variant ELSE m.variant END
WHERE
    m.wholesaler = $2 AND m.partnership = $3 AND m.week = $4
    AND m.wholesaler_variant = ANY($5::uuid [])
    AND ($6::uuid IS NULL OR m.variant = $6)
GROUP BY v.sku, v.name;
