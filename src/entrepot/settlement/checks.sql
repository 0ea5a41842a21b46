-- name: transfers_are_between_partners
-- A transfer's two sides are those of its partnership.
-- do: Restore the partnership or the transfer from a backup.
SELECT
    t.wholesaler::text || '/' || t.id::text AS subject,
    json_build_object(
        'partnership', t.partnership::text,
        'retailer', t.retailer::text,
        'retailer_of_partnership', p.retailer::text
    ) AS facts
FROM transfers AS t
LEFT JOIN partnerships AS p ON t.wholesaler = p.wholesaler AND t.partnership = p.id
WHERE p.retailer IS DISTINCT FROM t.retailer
LIMIT $1;

-- name: transfers_fall_in_their_week
-- A transfer is settled in the week of its time on the partnership's clock, or in a later one.
-- do: Restore the transfer, or the partnership's time zone, from a backup.
SELECT
    t.wholesaler::text || '/' || t.id::text AS subject,
    json_build_object(
        'week', t.week::text,
        'at', t.at::text,
        'time_zone', p.time_zone
    ) AS facts
FROM transfers AS t
INNER JOIN partnerships AS p ON t.wholesaler = p.wholesaler AND t.partnership = p.id
WHERE t.week < date_trunc('week', t.at AT TIME ZONE p.time_zone)::date
LIMIT $1;

-- name: documents_say_what_moved
-- On both faces of a closed week's document stands what its transfers add up to, and nothing else.
-- do: Compare the document with its transfers and restore the one that is wrong from a backup.
SELECT
    coalesce(m.partnership, d.partnership)::text
    || '/' || coalesce(m.week, d.week)::text AS subject,
    json_build_object(
        'organisation', coalesce(m.organisation, d.organisation)::text,
        'variant', coalesce(m.variant, d.variant)::text,
        'moved', (m.transferred - m.reversed)::text,
        'documented', (d.transferred - d.reversed)::text,
        'transfers', m.transfers,
        'transfers_documented', d.transfers
    ) AS facts
FROM (
    SELECT
        f.organisation,
        w.partnership,
        w.week,
        w.wholesaler_variant,
        w.variant,
        w.factor,
        coalesce(w.unit_price, -1) AS unit_price,
        coalesce(w.vat_rate, -1) AS vat_rate,
        w.transferred,
        w.reversed,
        w.transfers
    FROM moved_lines AS w
    INNER JOIN partnerships AS p ON w.wholesaler = p.wholesaler AND w.partnership = p.id
    CROSS JOIN LATERAL (VALUES (p.wholesaler), (p.retailer)) AS f (organisation)
    WHERE w.week <= p.written_through
) AS m
FULL JOIN (
    SELECT
        l.organisation,
        s.partnership,
        s.week,
        l.wholesaler_variant,
        l.variant,
        l.factor,
        coalesce(l.unit_price, -1) AS unit_price,
        coalesce(l.vat_rate, -1) AS vat_rate,
        sum(l.transferred) AS transferred,
        sum(l.reversed) AS reversed,
        sum(l.transfers) AS transfers
    FROM settlement_lines AS l
    INNER JOIN settlements AS s ON l.organisation = s.organisation AND l.settlement = s.id
    GROUP BY
        l.organisation,
        s.partnership,
        s.week,
        l.wholesaler_variant,
        l.variant,
        l.factor,
        l.unit_price,
        l.vat_rate
) AS d
    ON
        m.organisation = d.organisation
        AND m.partnership = d.partnership
        AND m.week = d.week
        AND m.wholesaler_variant = d.wholesaler_variant
        AND m.variant = d.variant
        AND m.factor = d.factor
        AND m.unit_price = d.unit_price
        AND m.vat_rate = d.vat_rate
WHERE
    m.transferred IS DISTINCT FROM d.transferred
    OR m.reversed IS DISTINCT FROM d.reversed
    OR m.transfers IS DISTINCT FROM d.transfers
LIMIT $1;

-- name: documents_have_two_faces
-- Each document has the wholesaler's face and the retailer's, of the same week and partnership.
-- do: Restore the face that is missing or differs from a backup.
SELECT
    coalesce(o.id, i.id)::text AS subject,
    json_build_object(
        'wholesaler', o.organisation::text,
        'week', o.week::text,
        'retailer', i.organisation::text,
        'week_of_retailer', i.week::text
    ) AS facts
FROM (
    SELECT
        s.organisation,
        s.id,
        s.partnership,
        s.partner,
        s.week,
        s.currency
    FROM settlements AS s
    WHERE s.face = 'order'
) AS o
FULL JOIN (
    SELECT
        s.organisation,
        s.id,
        s.partnership,
        s.partner,
        s.week,
        s.currency
    FROM settlements AS s
    WHERE s.face = 'inbound'
) AS i ON o.id = i.id AND o.organisation = i.partner AND o.partner = i.organisation
LEFT JOIN partnerships AS p ON o.organisation = p.wholesaler AND o.partnership = p.id
WHERE
    o.id IS NULL
    OR i.id IS NULL
    OR p.id IS NULL
    OR o.partnership <> i.partnership
    OR o.week <> i.week
    OR o.currency <> i.currency
    OR p.retailer <> i.organisation
LIMIT $1;

-- name: faces_have_the_same_lines
-- Line by line, both faces of a document name the same goods, price and quantities.
-- do: Compare both faces with the transfers of the line and restore the wrong one from a backup.
SELECT
    coalesce(o.settlement, i.settlement)::text
    || '/' || coalesce(o.line_no, i.line_no)::text AS subject,
    json_build_object(
        'transferred', o.transferred::text,
        'reversed', o.reversed::text,
        'transferred_of_retailer', i.transferred::text,
        'reversed_of_retailer', i.reversed::text
    ) AS facts
FROM (
    SELECT
        l.settlement,
        l.line_no,
        l.wholesaler_variant,
        l.variant,
        l.factor,
        l.unit_price,
        l.vat_rate,
        l.transferred,
        l.reversed
    FROM settlement_lines AS l
    INNER JOIN settlements AS s ON l.organisation = s.organisation AND l.settlement = s.id
    WHERE s.face = 'order'
) AS o
FULL JOIN (
    SELECT
        l.settlement,
        l.line_no,
        l.wholesaler_variant,
        l.variant,
        l.factor,
        l.unit_price,
        l.vat_rate,
        l.transferred,
        l.reversed
    FROM settlement_lines AS l
    INNER JOIN settlements AS s ON l.organisation = s.organisation AND l.settlement = s.id
    WHERE s.face = 'inbound'
) AS i ON o.settlement = i.settlement AND o.line_no = i.line_no
WHERE
    o.wholesaler_variant IS DISTINCT FROM i.wholesaler_variant
    OR o.variant IS DISTINCT FROM i.variant
    OR o.factor IS DISTINCT FROM i.factor
    OR o.unit_price IS DISTINCT FROM i.unit_price
    OR o.vat_rate IS DISTINCT FROM i.vat_rate
    OR o.transferred IS DISTINCT FROM i.transferred
    OR o.reversed IS DISTINCT FROM i.reversed
LIMIT $1;

-- name: documents_count_their_lines
-- A document has as many lines, and as many without a price, as its head says, and they have a head.
-- do: Restore the document from a backup.
SELECT
    coalesce(s.organisation, l.organisation)::text
    || '/' || coalesce(s.id, l.settlement)::text AS subject,
    json_build_object(
        'lines', s.lines,
        'unpriced_lines', s.unpriced_lines,
        'lines_there', l.lines,
        'unpriced_lines_there', l.unpriced_lines
    ) AS facts
FROM settlements AS s
FULL JOIN (
    SELECT
        c.organisation,
        c.settlement,
        count(*) AS lines,
        count(*) FILTER (WHERE c.unit_price IS NULL) AS unpriced_lines
    FROM settlement_lines AS c
    GROUP BY c.organisation, c.settlement
) AS l ON s.organisation = l.organisation AND s.id = l.settlement
WHERE
    s.lines IS DISTINCT FROM l.lines
    OR s.unpriced_lines IS DISTINCT FROM l.unpriced_lines
LIMIT $1;

-- name: totals_are_sums_of_lines
-- A document's total for a VAT rate is the sum of its priced lines, rounded once, and the VAT on it.
-- do: Compare the total with the document's lines and restore the one that is wrong from a backup.
SELECT
    coalesce(l.organisation, t.organisation)::text
    || '/' || coalesce(l.settlement, t.settlement)::text AS subject,
    json_build_object(
        'vat_rate', nullif(coalesce(l.vat_rate, t.vat_rate), -1)::text,
        'net_minor', t.net_minor,
        'vat_minor', t.vat_minor,
        'net_of_lines', l.net::text
    ) AS facts
FROM (
    SELECT
        c.organisation,
        c.settlement,
        coalesce(c.vat_rate, -1) AS vat_rate,
        round(
            sum((c.transferred - c.reversed) * c.factor * c.unit_price) * 10::numeric ^ s.minor_digits
        ) AS net
    FROM settlement_lines AS c
    INNER JOIN settlements AS s ON c.organisation = s.organisation AND c.settlement = s.id
    WHERE c.unit_price IS NOT NULL
    GROUP BY c.organisation, c.settlement, c.vat_rate, s.minor_digits
) AS l
FULL JOIN (
    SELECT
        c.organisation,
        c.settlement,
        coalesce(c.vat_rate, -1) AS vat_rate,
        c.net_minor,
        c.vat_minor
    FROM settlement_totals AS c
) AS t
    ON
        l.organisation = t.organisation
        AND l.settlement = t.settlement
        AND l.vat_rate = t.vat_rate
WHERE
    l.net IS NULL
    OR t.settlement IS NULL
    OR (abs(l.net) <= 9223372036854775807 AND l.net IS DISTINCT FROM t.net_minor)
    OR (
        l.vat_rate >= 0 AND abs(round(l.net * l.vat_rate * 0.01)) <= 9223372036854775807
        AND round(l.net * l.vat_rate * 0.01) IS DISTINCT FROM t.vat_minor
    )
    OR (l.vat_rate < 0 AND t.vat_minor IS NOT NULL)
LIMIT $1;
