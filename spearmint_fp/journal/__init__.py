"""Journals: outcomes that are kept in a file, and found again.

Imports `tasks` and the rooms below it; nothing of `workers`.
"""
