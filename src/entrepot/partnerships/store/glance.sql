-- name: read_beginnings
-- What an organisation has to begin with, and which of its invitations expire soon, before $3: how
-- many, at most $4, and the first of them. $2 is the time.
SELECT
    EXISTS (
        SELECT 1
        FROM variants AS v
        WHERE v.organisation = $1 AND v.state <> 'deleted'
    ) AS has_products,
    EXISTS (
        SELECT 1
        FROM partnerships AS p
        WHERE p.wholesaler = $1
    ) OR EXISTS (
        SELECT 1
        FROM partnerships AS p
        WHERE p.retailer = $1
    ) AS has_partners,
    EXISTS (
        SELECT 1
        FROM partnership_invitations AS i
        WHERE
            i.wholesaler = $1 AND i.expires_at > $2
            AND i.accepted_at IS NULL AND i.revoked_at IS NULL
    ) AS has_invitations,
    (
        SELECT count(e.id)
        FROM (
            SELECT i.id
            FROM partnership_invitations AS i
            WHERE
                i.wholesaler = $1 AND i.expires_at > $2 AND i.expires_at <= $3
                AND i.accepted_at IS NULL AND i.revoked_at IS NULL
            LIMIT $4
        ) AS e
    ) AS expiring,
    f.note AS first_note,
    f.expires_at AS first_expires_at
FROM (VALUES (1)) AS w (one)
LEFT JOIN LATERAL (
    SELECT
        j.note,
        j.expires_at
    FROM partnership_invitations AS j
    WHERE
        j.wholesaler = $1 AND j.expires_at > $2 AND j.expires_at <= $3
        AND j.accepted_at IS NULL AND j.revoked_at IS NULL
    ORDER BY j.expires_at
    LIMIT 1
) AS f ON true;

-- name: list_still
-- Partnerships of an organisation in which nothing passes now: paused, or ending.
SELECT
    p.id,
    p.wholesaler = $1 AS is_wholesaler,
    o.name AS partner_name,
    p.state,
    CASE WHEN p.wholesaler = $1 THEN p.paused_by_wholesaler ELSE p.paused_by_retailer END
        AS paused_by_you
FROM (
    (
        SELECT
            a.wholesaler,
            a.id
        FROM partnerships AS a
        WHERE a.wholesaler = $1 AND a.state IN ('paused', 'ending')
        ORDER BY a.id
        LIMIT $2
    )
    UNION ALL
    (
        SELECT
            b.wholesaler,
            b.id
        FROM partnerships AS b
        WHERE b.retailer = $1 AND b.state IN ('paused', 'ending')
        ORDER BY b.id
        LIMIT $2
    )
) AS k
INNER JOIN partnerships AS p ON k.wholesaler = p.wholesaler AND k.id = p.id
INNER JOIN organisations AS o
    ON o.id = CASE WHEN p.wholesaler = $1 THEN p.retailer ELSE p.wholesaler END
ORDER BY p.id
LIMIT $2;
