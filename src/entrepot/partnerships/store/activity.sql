-- name: list_activity
-- What was done about a partnership by one side ($1), and by the other ($2), newest first, from
-- before one on; of who it was, only of the first side. `previous` is what a change of the terms
-- found: what its own side was answered last, or the partnership as the other side made it. That no
-- order is placed by such an act is said for the planner, which knows an index by it.
SELECT
    k.id,
    k.organisation,
    k.at,
    k.act,
    k.subject,
    k.answer,
    coalesce(b.answer, c.answer) AS previous,
    k.token IS NOT NULL AS is_by_somebody,
    p.name AS person_name,
    t.name AS token_name
FROM (
    (
        SELECT
            a.id,
            a.organisation,
            a.at,
            a.act,
            a.subject,
            a.answer,
            a.token
        FROM audit AS a
        WHERE
            a.organisation = $1::uuid
            AND coalesce(a.answer ->> 'partnership', a.subject) = $3
            AND a.id < $4::uuid
            AND (
                a.act LIKE 'partnerships.%' OR a.act LIKE 'settlement.%'
                OR a.act LIKE 'stock.alloc%'
            )
            AND a.act = ANY($5::text[])
        ORDER BY a.id DESC
        LIMIT $7
    )
    UNION ALL
    (
        SELECT
            a.id,
            a.organisation,
            a.at,
            a.act,
            a.subject,
            a.answer,
            a.token
        FROM audit AS a
        WHERE
            a.organisation = $2::uuid
            AND coalesce(a.answer ->> 'partnership', a.subject) = $3
            AND a.id < $4::uuid
            AND (
                a.act LIKE 'partnerships.%' OR a.act LIKE 'settlement.%'
                OR a.act LIKE 'stock.alloc%'
            )
            AND a.act = ANY($6::text[])
        ORDER BY a.id DESC
        LIMIT $7
    )
) AS k
LEFT JOIN tokens AS t ON k.token = t.id AND t.organisation = $1 AND k.organisation = $1
LEFT JOIN log_in_sessions AS l ON k.token = l.id AND k.organisation = $1
LEFT JOIN people AS p ON l.person = p.id
LEFT JOIN LATERAL (
    SELECT x.answer
    FROM audit AS x
    WHERE
        k.act = 'partnerships.partnership_changed'
        AND x.organisation = k.organisation AND x.subject = $3 AND x.id < k.id
        AND x.act LIKE 'partnerships.partnership_%' AND x.act <> 'orders.placed'
    ORDER BY x.id DESC
    LIMIT 1
) AS b ON true
LEFT JOIN LATERAL (
    SELECT x.answer
    FROM audit AS x
    WHERE
        k.act = 'partnerships.partnership_changed' AND b.answer IS NULL
        AND x.organisation = CASE WHEN k.organisation = $1 THEN $2::uuid ELSE $1::uuid END
        AND x.subject = $3
        AND x.act LIKE 'partnerships.partnership_%' AND x.act <> 'orders.placed'
    ORDER BY x.id
    LIMIT 1
) AS c ON true
ORDER BY k.id DESC
LIMIT $7;
