"""How many generated examples a test takes: in the quick suite an eighth of what `--hypothesis-profile=full` takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings

FULL = 40
"""The examples of a test of the full suite that asks for no other number."""

QUICK = 5

T = TypeVar("T")


def examples(full: int, **options: Any) -> settings:
    """Settings for a test that takes so many examples in the full suite."""
    number = max(1, full * _default() // FULL)
    return settings(max_examples=number, suppress_health_check=list(HealthCheck), **options)


def some_of(cases: Iterable[T]) -> Iterator[T]:
    """Cases that a test lists itself: in the quick suite each eighth."""
    return islice(cases, None, None, max(1, FULL // _default()))


def _default() -> int:
    assert settings.default is not None
    return settings.default.max_examples
