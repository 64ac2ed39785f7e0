"""The names by which pickles of earlier versions find configurations and choices."""

from __future__ import annotations
