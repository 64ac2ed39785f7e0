"""One attempt at one configuration: injection, retries, time limits, coroutines, signals.

Imports `outcomes` and the rooms below it.
"""
