"""The names by which pickles of earlier versions find configurations and choices."""

from __future__ import annotations

from .choices import DynamicValue as DynamicValue
from .config import Config as Config
from .config import Layout as Layout
from .config import build_config as _thawed_config  # noqa: F401  # pickles name it
