"""What one attempt at one configuration is: injection, retries, time limits, coroutines, signals.

Imports `outcomes` and the rooms below it.
"""
