"""Named workloads with stored results; `make test` never runs them."""
