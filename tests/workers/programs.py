"""Programs for tests: each in a process of its own, with a hard limit of time and a dump of every stack where it hangs.

A program prints what it saw, as JSON, on its last line. `ROOT` is on its path, and `__main__` is the program itself,
so what it defines goes to workers as a user's own script would send it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import psutil
import pytest

from tests.waiting import LIMIT_SECONDS, wait_until

ROOT = Path(__file__).parent.parent.parent


NUDGE = "import signal; signal.signal(signal.SIGURG, lambda *_: None)\n"
"""How a program begins that `read_to_end` can nudge."""

NUDGE_SECONDS: Final = 20.0

BEFORE = """
import asyncio, contextlib, faulthandler, json, os, random, signal, sys, threading, time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import count, islice
from multiprocessing import get_context
import psutil
from spearmint_fp import *
from tests.running.executors import *
from tests.waiting import *
from tests.workers.programs import is_running

def tell(**seen):
    print(json.dumps(seen), flush=True)

def workers():
    return list(filter(is_running, psutil.Process().children(recursive=True)))

def left():
    # what is still there when the workers have had the time to end that a busy machine takes
    wait_until(lambda: not workers(), "the end of all workers")
    return len(workers())

def rising(n):
    return expand({"n": DynamicValue(range(n))})
"""


def started(code: str, limit: float = LIMIT_SECONDS, group: bool = False) -> subprocess.Popen[str]:
    """A program at work, ended, its stacks printed, if it hangs; `group` gives it a process group of its own."""
    watch = f"import faulthandler; faulthandler.dump_traceback_later({limit}, exit=True)\n"
    program = watch + NUDGE + BEFORE + textwrap.dedent(code)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        process_group=0 if group else None,
    )


def finished(program: subprocess.Popen[str]) -> dict[str, Any]:
    """The report of the program; its errors, or the stacks at which it hung, are the test's own failure."""
    out, err = read_to_end(program)
    if "Skipped: Ray" in err:
        pytest.skip(err.rpartition("Skipped: ")[2])
    assert program.returncode == 0, err
    told: dict[str, Any] = json.loads([line for line in out.splitlines() if line.startswith("{")][-1])
    return told


def read_to_end(program: subprocess.Popen[str]) -> tuple[str, str]:
    """All that a program prints until its end, which a signal may have to bring about.

    Python calls the handler of a signal between two steps of its own. One that comes after the last step before a
    system call that waits is seen when that call returns: for a sleep of an hour, in an hour. So a program that takes
    long is nudged, with another signal that does nothing but make such a call return.
    """
    end = time.monotonic() + LIMIT_SECONDS + 60
    while True:
        try:
            return program.communicate(timeout=NUDGE_SECONDS)
        except subprocess.TimeoutExpired:
            if time.monotonic() > end:
                program.kill()
                raise
            program.send_signal(signal.SIGURG)


def seen(code: str) -> dict[str, Any]:
    return finished(started(code))


def is_running(process: psutil.Process) -> bool:
    """True if a process has not ended. It may end between any two questions about it, and then no longer be there."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def list_running(pids: Callable[[], list[int]]) -> list[int]:
    """The processes that are still there when they have had the time to end that a busy machine takes."""
    wait_until(lambda: not any(map(_has_process, pids())), "the end of all processes")
    return list(filter(_has_process, pids()))


def _has_process(pid: int) -> bool:
    try:
        return is_running(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return False


def find_group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0


HEAD = """\
from __future__ import annotations
import faulthandler; faulthandler.dump_traceback_later({limit}, exit=True)
import dataclasses, functools, json, os, sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
import attrs
from spearmint_fp import *

def tell(**seen):
    print(json.dumps(seen), flush=True)
"""


def program(code: str) -> str:
    return HEAD.format(limit=LIMIT_SECONDS) + textwrap.dedent(code)


def saw(command: list[str], folder: Path, **options: Any) -> dict[str, Any]:
    """The JSON on the last line that a program prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=environment,
        cwd=folder,
        timeout=LIMIT_SECONDS + 60,
        check=False,
        **options,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads([line for line in done.stdout.splitlines() if line.startswith("{")][-1])
    return told
