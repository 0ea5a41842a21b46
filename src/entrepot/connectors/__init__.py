"""Connectors: how Entrepot tells the outside what happened. None of them knows another."""
