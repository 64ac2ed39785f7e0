"""A sequence of configurations: nodes, digits and counted automata; how sweeps are made and read.

Imports `conversion` and `configuration`.
"""
