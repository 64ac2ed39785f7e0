"""The end of one configuration: `Success | Failure`; outcomes as rows and cells, collecting them.

Imports `sweep` and the rooms below it.
"""
