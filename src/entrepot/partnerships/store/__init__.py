"""Loading and saving what partnerships know, a module for each subject.

Code imports the subject it needs: `from entrepot.partnerships.store import rights`. No other code
runs the statements beside a module.
"""
