-- name: scan_waiting
-- Which of those that wait could go, or take a part, in the order of the queue: all of it decided by
-- one statement that is planned as the planner likes, without locks or bounds.
WITH needs AS (
    SELECT
        q.organisation,
        q.order_id,
        q.owner,
        q.variant,
        min(q.place) AS place,
        sum(q.missing) AS missing
    FROM waiting_lines AS q
    GROUP BY q.organisation, q.order_id, q.owner, q.variant
),

supplies AS MATERIALIZED (
    SELECT
        d.owner,
        d.variant,
        (
            SELECT
                coalesce(
                    sum(
                        CASE
                            WHEN p.unlimited THEN 'Infinity'::numeric
                            ELSE p.on_hand - p.held - p.allocated
                        END
                    ), 0
                )
            FROM positions AS p
            WHERE p.owner = d.owner AND p.variant = d.variant
        ) AS own,
        (
            SELECT coalesce(sum(coalesce(f.offered, 'Infinity'::numeric)), 0)
            FROM partner_offers AS f
            WHERE f.retailer = d.owner AND f.variant = d.variant
        ) AS offered
    FROM (
        SELECT DISTINCT
            q.owner,
            q.variant
        FROM waiting_lines AS q
    ) AS d
)

SELECT
    n.organisation,
    n.order_id,
    min(n.place) AS place
FROM needs AS n
INNER JOIN supplies AS s ON n.owner = s.owner AND n.variant = s.variant
INNER JOIN orders AS o ON n.organisation = o.organisation AND n.order_id = o.id
INNER JOIN organisations AS g ON n.organisation = g.id
GROUP BY n.organisation, n.order_id
HAVING
    bool_and(s.own + CASE WHEN o.payment_status = 'paid' THEN s.offered ELSE 0 END >= n.missing)
    OR bool_or(
        s.own > 0
        AND (g.waiting_holds_own_stock OR o.status <> 'waiting' OR o.policy = 'allow_split')
    )
    OR bool_or(s.offered > 0 AND o.payment_status = 'paid' AND o.policy = 'allow_split')
ORDER BY 3;

-- name: availability
-- What can be promised of a variant: its own and what each partner's pool, buffer and cap leave,
-- written out for this one question.
SELECT
    (
        SELECT coalesce(sum(p.on_hand - p.held - p.allocated), 0)
        FROM positions AS p
        INNER JOIN locations AS l
            ON p.owner = l.organisation AND p.location = l.id AND l.ships_orders
        WHERE p.owner = $1 AND p.variant = $2
    ) AS own,
    (
        SELECT
            sum(
                floor(
                    least(
                        coalesce(m.cap, t.cap),
                        greatest(s.pool - coalesce(m.buffer, t.buffer), 0) / m.factor
                    )
                )
            )
        FROM variants AS r
        INNER JOIN product_matches AS m
            ON
                r.organisation = m.retailer AND r.id = m.variant AND m.ended_at IS NULL
                AND r.withdrawals = m.withdrawals
        INNER JOIN partnerships AS t
            ON m.wholesaler = t.wholesaler AND m.partnership = t.id AND t.state = 'active'
        INNER JOIN variants AS w
            ON
                m.wholesaler = w.organisation AND m.wholesaler_variant = w.id
                AND w.state = 'active' AND m.wholesaler_withdrawals = w.withdrawals
        CROSS JOIN LATERAL (
            SELECT
                coalesce(
                    sum(
                        CASE
                            WHEN t.sharing_policy = 'all_stock'
                                THEN p.on_hand - p.held - p.allocated
                            ELSE 0
                        END + coalesce(a.remaining, 0)
                    ), 0
                ) AS pool
            FROM positions AS p
            INNER JOIN locations AS l
                ON p.owner = l.organisation AND p.location = l.id AND l.ships_orders
            LEFT JOIN LATERAL (
                SELECT sum(o.remaining) AS remaining
                FROM allocations AS o
                WHERE
                    o.owner = p.owner AND o.variant = p.variant AND o.location = p.location
                    AND o.partnership = t.id AND o.state = 'open'
            ) AS a ON true
            WHERE p.owner = w.organisation AND p.variant = w.id
        ) AS s
        WHERE r.organisation = $1 AND r.id = $2 AND r.state = 'active'
    ) AS offered;

-- name: aggregate_week
-- What moved in a week, by product pair and price, into a table: the sums of a settlement, and
-- nothing else of it.
CREATE TEMPORARY TABLE aggregated AS
SELECT
    t.wholesaler_variant,
    t.variant,
    t.factor,
    t.unit_price,
    t.vat_rate,
    coalesce(sum(t.quantity) FILTER (WHERE t.reverses IS NULL), 0) AS transferred,
    coalesce(sum(t.quantity) FILTER (WHERE t.reverses IS NOT NULL), 0) AS reversed,
    count(*) AS transfers
FROM transfers AS t
WHERE t.wholesaler = '{wholesaler}' AND t.partnership = '{partnership}' AND t.week = '{week}'
GROUP BY t.wholesaler_variant, t.variant, t.factor, t.unit_price, t.vat_rate;
