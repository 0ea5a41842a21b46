"""Loading and saving what webhooks know, a module for each subject.

Code imports the subject it needs: `from entrepot.connectors.webhooks.store import deliveries`. No
other code runs the statements beside a module.
"""
