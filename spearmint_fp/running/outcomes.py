"""The names by which pickles of earlier versions find outcomes."""

# ruff: noqa: F401
from __future__ import annotations

from ..outcomes.outcomes import ErrorInfo, Failure, Success
