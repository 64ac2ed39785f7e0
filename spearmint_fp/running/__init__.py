"""The loop of a run: `run` and `arun`, over tasks, workers and journal.

Imports `workers`, `journal` and the rooms below them.
"""
