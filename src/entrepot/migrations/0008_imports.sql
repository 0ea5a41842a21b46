-- deploy: before
-- Imports: rows of a sheet find the product that they name, also when an import is run again.

CREATE INDEX products_by_name ON products (organisation, name, id);
