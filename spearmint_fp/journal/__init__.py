"""Outcomes that are kept: the ledger of one experiment, in a database.

Imports `tasks` and the rooms below it; nothing of `workers`.
"""
