-- name: read_open_allocations
-- What is left of the open allocations at the positions of these variants, which are locked.
SELECT
    a.owner,
    a.id,
    a.partnership,
    a.variant,
    a.location,
    a.quantity,
    a.remaining,
    a.made_at,
    a.valid_until
FROM unnest($1::uuid[], $2::uuid[]) AS w (owner, variant)
INNER JOIN allocations AS a ON w.owner = a.owner AND w.variant = a.variant
WHERE a.state = 'open';

-- name: write_transfers
-- Write transfers and reversals with their legs, and what is left of the allocations they touched.
-- Transfers name their match's terms by number.
WITH transferred AS (
    INSERT INTO transfers (
        wholesaler, id, partnership, retailer, week, at, organisation, order_id, line_no, match,
        wholesaler_variant, variant, location, version, quantity, factor, unit_price, vat_rate,
        reverses, act
    )
    SELECT
        ($2::uuid[])[w.terms],
        w.id,
        ($3::uuid[])[w.terms],
        ($4::uuid[])[w.terms],
        w.week,
        $1::timestamptz,
        w.organisation,
        w.order_id,
        w.line_no,
        ($5::uuid[])[w.terms],
        ($6::uuid[])[w.terms],
        ($7::uuid[])[w.terms],
        ($8::uuid[])[w.terms],
        w.version,
        w.quantity,
        ($9::integer[])[w.terms],
        ($10::numeric[])[w.terms],
        ($11::numeric[])[w.terms],
        w.reverses,
        w.act
    FROM
        unnest(
            $12::text::integer[], $13::uuid[], $14::text::date[], $15::uuid[], $16::uuid[],
            $17::text::integer[], $18::text::bigint[], $19::text::numeric[], $20::uuid[],
            $21::uuid[]
        )
        AS w (
            terms, id, week, organisation, order_id, line_no, version, quantity, reverses, act
        )
    RETURNING 1
),

legged AS (
    INSERT INTO transfer_legs (
        wholesaler, transfer, leg_no, location, allocation, quantity, version
    )
    SELECT
        w.wholesaler,
        w.transfer,
        w.leg_no,
        w.location,
        w.allocation,
        w.quantity,
        w.version
    FROM
        unnest(
            $22::uuid[], $23::uuid[], $24::text::integer[], $25::uuid[], $26::uuid[],
            $27::text::numeric[], $28::text::bigint[]
        )
        AS w (wholesaler, transfer, leg_no, location, allocation, quantity, version)
    RETURNING 1
),

reallocated AS (
    UPDATE allocations AS a
    SET
        quantity = w.quantity,
        remaining = w.remaining
    FROM
        unnest($29::uuid[], $30::uuid[], $31::text::numeric[], $32::text::numeric[])
        AS w (owner, id, quantity, remaining)
    WHERE a.owner = w.owner AND a.id = w.id AND a.state = 'open'
    RETURNING 1
)

SELECT
    (SELECT count(*) FROM transferred) AS transferred,
    (SELECT count(*) FROM legged) AS legged,
    (SELECT count(*) FROM reallocated) AS reallocated;

-- name: read_order_transfers
-- The transfers for lines of these orders, one row a leg as it was taken, with what was reversed.
SELECT
    t.organisation,
    t.order_id,
    t.id,
    t.partnership,
    t.match,
    t.line_no,
    t.wholesaler,
    t.wholesaler_variant,
    t.retailer,
    t.variant,
    t.location,
    t.quantity,
    t.factor,
    t.unit_price,
    t.vat_rate,
    t.week,
    CASE
        WHEN v.whole_units OR x.whole_units OR t.factor > 1 THEN 1.000
        ELSE 0.001
    END AS step,
    (
        SELECT coalesce(sum(r.quantity), 0)
        FROM transfers AS r
        WHERE
            r.organisation = t.organisation AND r.order_id = t.order_id
            AND r.reverses = t.id
    ) AS reversed,
    l.location AS leg_location,
    l.allocation,
    l.quantity AS leg_quantity
FROM unnest($1::uuid[], $2::uuid[]) AS w (organisation, order_id)
INNER JOIN transfers AS t ON w.organisation = t.organisation AND w.order_id = t.order_id
INNER JOIN transfer_legs AS l ON t.wholesaler = l.wholesaler AND t.id = l.transfer
INNER JOIN variants AS v ON t.retailer = v.organisation AND t.variant = v.id
INNER JOIN variants AS x ON t.wholesaler = x.organisation AND t.wholesaler_variant = x.id
WHERE t.reverses IS NULL
ORDER BY t.organisation, t.order_id, t.id, l.leg_no;
