-- name: keep_sheet
-- Keep a person's sheet in the place of the one before.
INSERT INTO kept_sheets (organisation, person, id, kind, name, content, plan, kept_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (organisation, person) DO UPDATE
SET
    id = excluded.id,
    kind = excluded.kind,
    name = excluded.name,
    content = excluded.content,
    plan = excluded.plan,
    report = NULL,
    kept_at = excluded.kept_at;

-- name: find_sheet
-- The sheet that a person keeps, if it is this one.
SELECT
    k.id,
    k.kind,
    k.name,
    k.content,
    k.plan,
    k.report
FROM kept_sheets AS k
WHERE k.organisation = $1 AND k.person = $2 AND k.id = $3;

-- name: note_sheet
-- Note how a person's sheet is to be read, and what became of it.
UPDATE kept_sheets AS k
SET
    plan = $4,
    report = $5
WHERE k.organisation = $1 AND k.person = $2 AND k.id = $3;

-- name: purge_sheets
-- Forget the oldest sheets that were kept before a moment.
DELETE FROM kept_sheets AS k
USING (
    SELECT
        o.organisation,
        o.person
    FROM kept_sheets AS o
    WHERE o.kept_at < $1
    ORDER BY o.kept_at
    LIMIT $2
) AS w
WHERE k.organisation = w.organisation AND k.person = w.person AND k.kept_at < $1
RETURNING 1;
