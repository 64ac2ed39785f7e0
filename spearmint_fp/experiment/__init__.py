"""Decorated functions, called directly: `Spearmint`, experiments, branch strategies, experiments inside experiments.

Imports `running` and the rooms below it.
"""
