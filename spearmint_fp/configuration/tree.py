"""The names by which pickles of earlier versions find configurations and choices."""

# ruff: noqa: F401
from __future__ import annotations

from .choices import DynamicValue
from .config import Config, Layout
from .config import build_config as _thawed_config
