"""Ground: the database, the settings, the log. Every area stands on it; it knows none of them.

Import the module that you need (`entrepot.infra.pool`); this file re-exports nothing.
"""
