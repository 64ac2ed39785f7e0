"""Outcomes: `Success | Failure` of one configuration, collected, and as rows and cells.

Imports `sweep` and the rooms below it.
"""
