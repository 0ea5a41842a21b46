"""Races for the last units, with real connections and several processes on one database."""
