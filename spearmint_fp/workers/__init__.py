"""Places where tasks run: threads, worker processes, live executors, Dask and Ray; batches, and the wire to them.

Imports `tasks` and the rooms below it; nothing of `journal`.
"""
