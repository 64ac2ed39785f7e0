"""Settings, order and fixtures of the whole suite."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no failure: what is generated is bounded by each test, how fast it comes is not tested.
# A check that lets a change in takes the same examples each time; everybody else's looks for new ones.
settings.register_profile(
    "any machine",
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests on clusters last, those on Ray after all others.

    A process that has connected to Ray must not fork any more, and other tests do. Dask leaves threads behind that
    draw random numbers, and changes how exceptions are pickled.
    """
    items.sort(key=_cluster_rank)


def _cluster_rank(item: pytest.Item) -> int:
    params = getattr(getattr(item, "callspec", None), "params", {})
    on_ray = any(type(value) is str and value == "ray" for value in params.values())
    return 2 if on_ray else int("dask" in item.nodeid)


@pytest.fixture(scope="session", autouse=True)
def clusters_end() -> Iterator[None]:
    """Clusters that a test opened end with the session."""
    yield
    opened = sys.modules.get("tests.running.executors")
    if opened is not None:
        opened.shut_down()
