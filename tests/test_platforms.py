"""The library on a system without `fork`, `fcntl` and most signals, as docs/reference/platforms.md says of Windows."""

from __future__ import annotations

import subprocess
import sys

from .waiting import LIMIT_SECONDS

PROGRAM = """
import asyncio, multiprocessing, os, select, signal, socket, sqlite3, subprocess, sys, tempfile, types
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

for module in ("fcntl", "grp", "pwd", "resource", "termios"):
    sys.modules[module] = None
if sys.version_info >= (3, 13):
    os.process_cpu_count = os.cpu_count  # elsewhere it is this, here it asks sched_getaffinity
LACKING = {
    os: "fork killpg register_at_fork sched_getaffinity WNOHANG getuid geteuid getpgid setsid pread",
    signal: "SIGKILL SIGCONT SIGSTOP SIGVTALRM SIGALRM SIGCHLD SIGHUP SIGPIPE SIGUSR1 pthread_sigmask setitimer",
    socket: "send_fds recv_fds",
    select: "poll",
}
for module, names in LACKING.items():
    for name in names.split():
        delattr(module, name)

import spearmint_fp
from spearmint_fp import *

assert [getattr(spearmint_fp, name) for name in spearmint_fp.__all__]
sweep = expand({"a": DynamicValue([1, 2, 0])})


def invert(config):
    return 1 / config.a


def tell(*args, **kwargs):
    return [outcome.ok for outcome in run(*args, **kwargs)]


print(tell(invert, sweep), tell(invert, sweep, executor=threads(2)))
with Journal(os.path.join(tempfile.mkdtemp(), "runs.db"), name="invert") as journal:
    print(tell(invert, sweep, journal=journal), [o.replayed for o in run(invert, sweep, journal=journal)])


async def wait(config: Config):
    return config.a


async def collect_all():
    return [outcome.result async for outcome in arun(wait, sweep, limit=2)]


print(asyncio.run(collect_all()), tell(timed_out(60)(wait), sweep))
with Spearmint.run(experiment(configs=[sweep])(wait), await_variants=True) as runner:
    print([outcome.result for outcome in runner().variant_results])
import spearmint_fp.cli.commands, spearmint_fp.workers.clusters, spearmint_fp.workers.live_executors

for task, executor in ((invert, processes(2)), (timed_out(60)(invert), None)):
    try:
        run(task, sweep, executor=executor)
    except ArgumentError as error:
        print(str(error).partition(". ")[2])
sys.modules["msvcrt"] = types.SimpleNamespace(LK_LOCK=1, locking=lambda *_: None)
sys.platform = "win32"
print(tell(throttled(10**6)(invert), sweep))
"""


def test_what_needs_no_fork_runs_without_it() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
    )
    assert ended.stderr == ""
    assert ended.stdout.splitlines() == [
        "[True, True, False] [True, True, False]",
        "[True, True, False] [True, True, False]",
        "[1, 2, 0] [True, True, True]",
        "[2, 0]",
        "Take a live executor: executor=ProcessPoolExecutor(n)",
        "Use executor=processes(n), or give it a coroutine function",
        "[True, True, False]",
    ]
