"""Settings, order and fixtures of the whole suite."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from spearmint_fp.workers.executors import Processes
from tests.examples import FULL, QUICK
from tests.needs import needs
from tests.waiting import LIMIT_SECONDS

# A busy machine is no failure: what is generated is bounded by each test, how fast it comes is not tested.
# A check that lets a change in takes the same examples each time; everybody else's looks for new ones.
for name, number in {"quick": QUICK, "full": FULL}.items():
    settings.register_profile(
        name,
        max_examples=number,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        derandomize="CI" in os.environ,
    )
settings.load_profile("quick")

# A shell's background jobs ignore interrupts, and so would the programs that tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


SLOW_EXECUTORS = {"processes", "forkserver", "spawn", "process pool", "dask", "ray"}
"""For which workers that are forks, the ones that start soonest, stand in the quick suite."""


DOCTESTS = {"spearmint_fp.report.frames.frame": ["polars"]}
"""The packages that examples in docstrings need beside those of the extra `test`."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of most executors as slow, and put those on clusters last, Ray after all others.

    A process that has connected to Ray must not fork any more, and other tests do. Dask leaves threads behind that
    draw random numbers, and changes how exceptions are pickled.
    """
    if changing := [item.nodeid for item in items if " at 0x" in item.nodeid]:
        raise pytest.UsageError(f"the names of tests have addresses, and differ from process to process: {changing}")
    for item in items:
        executors = _find_executors(item)
        if not SLOW_EXECUTORS.isdisjoint(executors):
            item.add_marker(pytest.mark.slow)
        if isinstance(item, pytest.DoctestItem) and item.name in DOCTESTS:
            item.add_marker(needs(*DOCTESTS[item.name]))
        if clusters := executors & {"dask", "ray"}:
            item.add_marker(needs(*clusters))
    items.sort(key=lambda item: 2 * ("ray" in _find_executors(item)) + ("dask" in _find_executors(item)))


def _find_executors(item: pytest.Item) -> set[str]:
    params = getattr(getattr(item, "callspec", None), "params", {})
    words = {"dask", "ray"}.intersection(getattr(item, "originalname", "").split("_"))
    methods = {value.start_method for value in params.values() if isinstance(value, Processes)}
    return words | methods | {value for value in params.values() if type(value) is str}


@pytest.fixture(autouse=True)
def variants_end() -> Iterator[None]:
    """Variants behind a test's direct calls end with the test: their threads and their log are not the next one's."""
    yield
    background = sys.modules.get("spearmint_fp.experiment.background")
    if background is not None:
        for one in background._ALL.copy():
            assert one.wait(LIMIT_SECONDS, cancel=False)


@pytest.fixture(scope="session", autouse=True)
def clusters_end() -> Iterator[None]:
    """Clusters that a test opened end with the session."""
    yield
    opened = sys.modules.get("tests.running.executors")
    if opened is not None:
        opened.shut_down()
