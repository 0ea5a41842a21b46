-- name: complete_sessions_hold_nothing
-- In a sales session that is complete no order holds anything: customers' orders are gathered, and
-- the session orders complete.
-- do: Ask the session's trader about these orders: have them cancelled, or sold in another session.
SELECT
    o.organisation::text || '/' || o.selling_window::text || '/' || o.id::text AS subject,
    json_build_object('reference', o.reference, 'payment_status', o.payment_status) AS facts
FROM orders AS o
INNER JOIN selling_windows AS w ON o.organisation = w.organisation AND o.selling_window = w.id
WHERE w.state = 'complete' AND o.status = 'held'
LIMIT $1;
