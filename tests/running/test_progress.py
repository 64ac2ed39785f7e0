"""`progress=True`: one line on a terminal and in a notebook, and lines that stay elsewhere."""

from __future__ import annotations

import asyncio
import io
import os
import re
import struct
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from tqdm import tqdm

from spearmint_fp import DynamicValue, MissingExtraError, arun, expand, run
from spearmint_fp.running import progress
from spearmint_fp.running.progress import open_line, show_progress

fcntl = pytest.importorskip("fcntl")
pty = pytest.importorskip("pty")
termios = pytest.importorskip("termios")

HEAD = """
import asyncio, time
from spearmint_fp import *

def task(n):
    time.sleep(0.02)
    return 1 // n

async def waited(n):
    await asyncio.sleep(0.02)
    return 1 // n

async def awaited(configs, most=10**9):
    async with arun(waited, configs, limit=2, progress=True) as outcomes:
        async for outcome in outcomes:
            if outcome.index == most:
                break
    print("left", flush=True)

def big(axes):
    return expand({f"x{k}": DynamicValue(range(10)) for k in range(axes)})
"""


def on_a_terminal(code: str) -> list[str]:
    """The output of a program on a terminal of 120 columns, draw by draw; each line that ends, ends with a newline."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
    with subprocess.Popen([sys.executable, "-c", HEAD + code], stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        seen = b"".join(iter(lambda: read(ours), b""))
    os.close(ours)
    assert process.returncode == 0, seen.decode()
    return [part for part in re.split(r"\r(?!\n)", seen.decode().replace("\r\n", "\n")) if part]


def read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so where the other end has been closed
        return b""


@pytest.mark.parametrize(
    "code",
    [
        "[*run(task, [1, 0] * 10, progress=True)]",
        "[*run(task, [1, 0] * 10, executor=threads(2), ordered=False, progress=True)]",
        "asyncio.run(awaited([1, 0] * 10))",
    ],
    ids=["run", "threads", "arun"],
)
def test_done_failed_total_and_time_left(code: str) -> None:
    draws = on_a_terminal(code)
    assert "0/20" in draws[0]
    assert "failed=0" in draws[0]
    assert re.search(r"100%\|█+\| 20/20 \[\d\d:\d\d<00:00, .*config.*, failed=10\]\n", draws[-1])
    middle = [re.search(r"(\d+)/20 \[\d\d:\d\d<\d\d:\d\d, .*failed=(\d+)\]", draw) for draw in draws[1:-1]]
    counts = [(int(found[1]), int(found[2])) for found in middle if found]
    assert counts == sorted(counts)
    assert all(failed <= done <= 2 * failed + 3 for done, failed in counts)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "total"),
    [
        ("outcomes = run(lambda c: c.x0, big(30), progress=True)", "1e+30"),
        ("outcomes = run(lambda c: c.x0, big(400), progress=True)", None),
        ("outcomes = run(abs, iter(range(9)), progress=True)", None),
    ],
    ids=["10^30", "10^400", "unknown"],
)
def test_any_total(code: str, total: str | None) -> None:
    draws = on_a_terminal(
        f"{code}\nfor _ in range(5): next(outcomes); time.sleep(0.02)\noutcomes.close()\nprint('left')"
    )
    assert re.search(rf"\b5/{re.escape(total)} \[.*failed=0\]" if total else r"^5 config \[", draws[-1])
    assert draws[-1].endswith("]\nleft\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    "code",
    [
        "with run(task, [1] * 9, progress=True) as outcomes: next(outcomes)\nprint('left')",
        "outcomes = run(task, [1] * 9, progress=True)\nnext(outcomes)\ndel outcomes\nprint('left')",
        "def stop(n): raise KeyboardInterrupt\ntry: [*run(stop, [1], progress=True)]\nexcept: print('left')",
        "asyncio.run(awaited([1] * 9, 0))",
    ],
    ids=["with", "del", "interrupt", "arun"],
)
def test_leaving_early_ends_the_line(code: str) -> None:
    assert on_a_terminal(code)[-1].endswith("]\nleft\n")


@pytest.mark.slow
@pytest.mark.parametrize("run_it", ["[*run(task, [1, 0], progress=True)]", "asyncio.run(awaited([1, 0]))"])
def test_one_line_at_the_end_where_there_is_no_terminal(run_it: str) -> None:
    done = subprocess.run([sys.executable, "-c", HEAD + run_it], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"2/2 configs, failed=1 \[\d\d:\d\d<\d\d:\d\d, .*config.*\]\n", done.stderr)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("total", "lines"),
    [
        (
            100,
            [
                "3/100 configs, failed=2 [00:30<16:10, 10.00s/ config]",
                "6/100 configs, failed=3 [01:00<15:40, 10.00s/ config]",
                "8/100 configs, failed=4 [01:20<15:20, 10.00s/ config]",
            ],
        ),
        (
            None,
            [
                "3 configs, failed=2 [00:30, 10.00s/ config]",
                "6 configs, failed=3 [01:00, 10.00s/ config]",
                "8 configs, failed=4 [01:20, 10.00s/ config]",
            ],
        ),
    ],
)
def test_a_line_now_and_then_in_a_log(total: int | None, lines: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clock, stream = Clock(), io.StringIO()
    monkeypatch.setattr(progress, "monotonic", clock)
    monkeypatch.setattr(progress, "LOG_SECONDS", 30.0)
    monkeypatch.setattr(sys, "stderr", stream)
    outcomes = [next(run(lambda n: 1 / n, [n % 2])) for n in range(8)]
    with open_line(total) as line:
        for outcome in outcomes:
            clock.now += 10
            line.note(outcome)
    assert stream.getvalue().splitlines() == lines


def test_nothing_where_there_are_no_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert len(list(run(abs, range(3), progress=True))) == 3


@pytest.mark.parametrize("widgets", [True, False])
def test_a_bar_in_a_notebook(widgets: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its streams are no terminals; without widgets the bar is text, which is drawn at its place there too."""
    drawn = io.StringIO()
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setattr(sys, "stderr", drawn)
    monkeypatch.setattr("tqdm.notebook.IProgress", object if widgets else None)
    made: list[Any] = []

    def make_bar(**options: Any) -> Any:
        made.append(options)
        return tqdm(**options)

    monkeypatch.setattr("tqdm.notebook.tqdm", make_bar)
    assert len(list(run(lambda n: 1 / n, [1, 0], progress=True))) == 2
    assert len(made) == widgets
    assert re.search(r"100%\|[█#]+\| 2/2 .*failed=1\]", drawn.getvalue())
    shell.kernel = None  # a terminal of IPython
    list(run(abs, [1], progress=True))
    assert len(made) == widgets


def test_nothing_is_drawn_before_it_is_asked_for_or_without_progress() -> None:
    assert on_a_terminal("outcomes = run(task, [1], progress=True)\nlen(outcomes)\ndel outcomes") == []
    assert on_a_terminal("outcomes = arun(task, [1], progress=True)\nlen(outcomes)\ndel outcomes") == []
    assert on_a_terminal("[*run(task, [1])]") == []


def test_the_outcomes_are_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    sweep = expand({"n": DynamicValue([2, 0, 1])})

    async def later() -> list[Any]:
        return [outcome async for outcome in arun(lambda c: 1 / c.n, sweep, progress=True)]

    plain = list(run(lambda c: 1 / c.n, sweep))
    assert list(run(lambda c: 1 / c.n, sweep, progress=True)) == plain == asyncio.run(later())
    assert len(run(lambda c: 1, sweep, progress=True)) == 3
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 2)


def test_tqdm_itself_knows_the_total() -> None:
    drawn = io.StringIO()
    bar = tqdm(run(abs, expand({"n": DynamicValue(range(7))}), in_flight=2), file=drawn)
    assert bar.total == 7
    assert len(list(bar)) == 7
    assert "7/7" in drawn.getvalue()
    assert tqdm(run(abs, iter([1])), file=drawn).total is None
    assert tqdm(run(abs, expand({f"x{k}": DynamicValue(range(10)) for k in range(30)})), file=drawn).total is None


def test_closing_the_line_closes_the_run() -> None:
    ended = []

    def outcomes() -> Any:
        try:
            yield from ([outcome] for outcome in run(abs, range(3)))
        finally:
            ended.append(True)

    shown = show_progress(outcomes(), 3)
    next(shown)
    shown.close()
    assert ended == [True]
    with open_line(None) as line:
        assert line is not None


def test_the_error_names_the_extra_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "spearmint_fp.running.progress")
    monkeypatch.setitem(sys.modules, "tqdm", None)
    for make in (lambda: run(abs, [1], progress=True), lambda: arun(abs, [1], progress=True)):
        with pytest.raises(MissingExtraError, match=r"progress=True needs .*\(tqdm\): .*'spearmint_fp\[progress\]'"):
            make()
    assert [outcome.ok for outcome in run(abs, [1])] == [True]
