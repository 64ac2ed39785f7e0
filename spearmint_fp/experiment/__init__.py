"""The page of the user: `Spearmint`, experiments, branch strategies, experiments inside experiments.

Imports `running` and the rooms below it.
"""
