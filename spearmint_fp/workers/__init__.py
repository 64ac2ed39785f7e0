"""Where tasks run: threads, worker processes, live executors, Dask and Ray; batches of configurations, and the wire.

Imports `tasks` and the rooms below it; nothing of `journal`.
"""
