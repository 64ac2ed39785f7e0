"""The parts of counted constraints that operations use, in one module, so that they are loaded together."""

from __future__ import annotations

from .allowed import Allowed, lift_constraints
from .cases import find_common_places
from .diagrams import FALSE, TRUE
from .filters import constrain_node, find_product
from .first_appearances import find_firsts
from .formulas import ANYTHING, MOST_CUTS, Formula, Groups, Logic, Values
from .membership import keep_members
from .nodes.reordered import Place
from .tables import Constraint, join_names, move_table

__all__ = [
    "ANYTHING",
    "FALSE",
    "MOST_CUTS",
    "TRUE",
    "Allowed",
    "Constraint",
    "Formula",
    "Groups",
    "Logic",
    "Place",
    "Values",
    "constrain_node",
    "find_common_places",
    "find_firsts",
    "find_product",
    "join_names",
    "keep_members",
    "lift_constraints",
    "move_table",
]
