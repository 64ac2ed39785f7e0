"""Experiments that tests run."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from typing import Any

import attrs
import pytest

from spearmint_fp import (
    Config,
    DynamicValue,
    Spearmint,
    experiment,
)

REQUEST: contextvars.ContextVar[str] = contextvars.ContextVar("REQUEST", default="none")


@attrs.frozen
class Settings:
    n: Any


def three() -> Spearmint:
    return Spearmint(configs=[{"n": DynamicValue([1, 2, 0])}])


@three().experiment()
def inverse(config: Config, x: float = 1.0, *, scale: float = 1.0) -> float:
    return scale * x / float(config.n)


def own(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """The log of a test's own experiment, without variants that still run behind another test's."""
    return [record for record in caplog.records if "<locals>" in record.getMessage()]


@experiment(configs=[{"n": DynamicValue([1, 2, 0])}])
async def slowly(config: Config, x: float) -> float:
    await asyncio.sleep(0.001)
    return x / float(config.n)


def of(**axes: Any) -> list[Any]:
    return [{name: DynamicValue(values) for name, values in axes.items()}]


@experiment(of(k=[1, 2, 3]))
def retrieve(config: Config, query: str) -> str:
    return f"{query}/k{config.k}"


def results(fn: Any, *args: Any, **options: Any) -> list[Any]:
    with Spearmint.run(fn, await_variants=True, **options) as runner:
        result = runner(*args)
    return [o.result for o in (result.main_result, *result.variant_results)]
