"""Waiting for events: what hangs fails, and what is slow does not.

A test waits until something has happened, however busy the machine is. No test asserts that something took less than
so many seconds: `LIMIT_SECONDS` only ends what would hang for ever. What a test must tell apart from "at once" lasts
longer than the limit (`HANG_SECONDS`), or has no end.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

__all__ = ["HANG_SECONDS", "LIMIT_SECONDS", "wait_until", "wait_until_async"]

LIMIT_SECONDS: Final = 600.0
"""How many seconds to wait for anything at most."""

HANG_SECONDS: Final = 3600.0
"""How many seconds a task sleeps that must be ended from outside: longer than anybody waits for it."""

_PAUSE_SECONDS: Final = 0.01


def wait_until(condition: Callable[[], object], what: str = "what is waited for") -> None:
    """Return when `condition()` is true; an AssertionError where it has not become true after `LIMIT_SECONDS`."""
    end = time.monotonic() + LIMIT_SECONDS
    while not condition():
        assert time.monotonic() < end, f"{what} has not happened within {LIMIT_SECONDS:g} s"
        time.sleep(_PAUSE_SECONDS)


async def wait_until_async(condition: Callable[[], object], what: str = "what is waited for") -> None:
    """`wait_until`, while the event loop goes on with its tasks."""
    end = time.monotonic() + LIMIT_SECONDS
    while not condition():
        assert time.monotonic() < end, f"{what} has not happened within {LIMIT_SECONDS:g} s"
        await asyncio.sleep(0)
