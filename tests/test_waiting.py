"""No test hangs on how fast the machine is: none measures time from above, and none waits for less than a minute."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from tests import waiting
from tests.waiting import HANG_SECONDS, LIMIT_SECONDS, wait_until
from tests.workers import programs

TESTS = sorted(
    path for path in Path(__file__).parent.rglob("*.py") if "bench" not in path.parts and path != Path(__file__)
)

MEASURED = re.compile(r"(?:monotonic|perf_counter|process_time|time)\(\) - \w+ *<")
"""An upper bound of what a clock has measured, in a test or in the text of a program."""

LIMITS = re.compile(r"\b(?:timeout=|(?:wait|join|communicate|wait_for)\((?:[^()\n]*, )?)(\d+(?:\.\d+)?)\b")
"""A number of seconds to wait for an event at most."""


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_no_test_fails_on_a_busy_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert MEASURED.findall(text) == [], "assert the order of events, or that something was not earlier"
    short = [found for found in map(float, LIMITS.findall(text)) if 0.1 < found < 60]  # those below are to run out
    assert short == [], "wait for LIMIT_SECONDS"


def test_what_is_looked_for_is_seen() -> None:
    assert MEASURED.search("assert time.monotonic() - start < 5")
    assert [float(found) for found in LIMITS.findall("gate.wait(10); join(f, 20); run(x, timeout=3.5)")] == [
        10,
        20,
        3.5,
    ]


def test_waiting_ends_when_it_has_happened_or_fails_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def third() -> bool:
        seen.append(1)
        return len(seen) == 3

    wait_until(third)
    assert len(seen) == 3
    monkeypatch.setattr(waiting, "LIMIT_SECONDS", 0.0)
    begun = time.monotonic()
    with pytest.raises(AssertionError, match="the end of the world has not happened within 0 s"):
        wait_until(lambda: False, "the end of the world")
    assert time.monotonic() >= begun
    assert LIMIT_SECONDS < HANG_SECONDS


@pytest.mark.slow
def test_a_signal_just_before_a_wait_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the two calls Python takes no step, in which it would call the handler."""
    monkeypatch.setattr(programs, "NUDGE_SECONDS", 0.5)
    got = programs.seen(
        """
        from ctypes import CDLL
        from functools import partial
        from operator import call
        signal.signal(signal.SIGUSR1, lambda *_: sys.exit(7))
        interrupted = partial(CDLL(None).kill, os.getpid(), int(signal.SIGUSR1))
        try:
            list(map(call, [interrupted, partial(time.sleep, HANG_SECONDS)]))
        except SystemExit as error:
            tell(code=error.code)
        """
    )
    assert got == {"code": 7}
