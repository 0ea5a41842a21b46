-- deploy: before
-- What is to be shipped: Home counts it and the list of orders shows it, however many have left.
-- Orders of a sales session leave from their producers, and those of a marketplace from its sellers,
-- who see them by those, and by their invoices.

CREATE INDEX orders_to_ship ON orders (organisation, id)
WHERE
    status = 'complete' AND fulfilment_status IN ('unfulfilled', 'partly_fulfilled')
    AND selling_window IS NULL AND kind <> 'marketplace';
