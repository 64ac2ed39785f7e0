"""Tasks: one attempt at one configuration, with injection, retries, time limits, coroutines, signals.

Imports `outcomes` and the rooms below it.
"""
