-- deploy: before
-- What was done about a partnership, for the page that tells it.

-- An act names its partnership in its answer, or is about the partnership itself. Orders, which are
-- nearly all acts, are not in this index and cost nothing by it.
CREATE INDEX audit_of_partnership
ON audit (organisation, (coalesce(answer ->> 'partnership', subject)), id)
WHERE act LIKE 'partnerships.%' OR act LIKE 'settlement.%' OR act LIKE 'stock.alloc%';
