"""`run` and `arun`: the loop over tasks, workers and journal.

Imports `workers`, `journal` and the rooms below them.
"""
