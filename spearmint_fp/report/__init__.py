"""Results to look at: arrays, data frames, plots, one page, and views in notebooks.

Imports `outcomes` and the rooms below it; nothing of tasks, workers, journals, runs or experiments.
"""
