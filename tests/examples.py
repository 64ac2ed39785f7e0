"""How many generated examples a test takes: in the quick suite a quarter of what `--hypothesis-profile=full` takes."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings

FULL = 40
"""The examples of a test of the full suite that asks for no other number."""

QUICK = 10


def examples(full: int, **options: Any) -> settings:
    """Settings for a test that takes so many examples in the full suite."""
    number = max(1, full * settings.default.max_examples // FULL)  # type: ignore[union-attr]  # a profile is loaded
    return settings(max_examples=number, suppress_health_check=list(HealthCheck), **options)
