"""Modules of this room that are loaded when they are first used: most runs keep no journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..configuration.late import LateModule

__all__ = ["encoding", "function_names", "ledgers", "merging", "owners", "result_types", "retry_rules", "rows"]

if TYPE_CHECKING:
    from . import encoding, function_names, merging, owners, result_types, retry_rules, rows
    from . import ledger as ledgers
else:
    ledgers = LateModule(f"{__package__}.ledger")  # `ledger` is the name of many variables
    encoding, function_names, merging, owners, result_types, retry_rules, rows = (
        LateModule(f"{__package__}.{name}") for name in __all__ if name != "ledgers"
    )
