"""Signals: an exit or an interrupt that a handler raises ends the run, in every way to run, and is nobody's failure.

Each program prints `running` when its task is at work, and what it saw, as JSON, on its last line.
"""

from __future__ import annotations

import signal
from typing import Any

import psutil
import pytest

from tests.tasks.signals import send_signal

from ..workers.programs import find_group, finished, list_running, seen, started

pytestmark = pytest.mark.slow

HANDLERS = {
    "a lambda": "signal.signal(signal.SIGUSR1, lambda *_: sys.exit(7))",
    "a function": """
def handler(number, frame):
    sys.exit(7)
signal.signal(signal.SIGUSR1, handler)
""",
    "a function that resets the signal": """
def handler(number, frame):
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    sys.exit(7)
signal.signal(signal.SIGUSR1, handler)
""",
    "a function that deletes what it does not use": """
def handler(number, frame):
    del number, frame
    sys.exit(7)
signal.signal(signal.SIGUSR1, handler)
""",
    "a function that names what it was given": """
def handler(number, frame):
    number, frame = signal.Signals(number).name, None
    sys.exit(7)
signal.signal(signal.SIGUSR1, handler)
""",
    "a method": """
class Program:
    def stop(self, number, frame):
        self.end()
    def end(self):
        raise SystemExit(7)
signal.signal(signal.SIGUSR1, Program().stop)
""",
    "an object": """
class Stop:
    def __call__(self, number, frame):
        sys.exit(7)
signal.signal(signal.SIGUSR1, Stop())
""",
    "a partial function": """
from functools import partial
def handler(code, number, frame):
    sys.exit(code)
signal.signal(signal.SIGUSR1, partial(handler, 7))
""",
    "an error of its own": """
class Stop(BaseException):
    code = 7
def handler(number, frame):
    raise Stop
signal.signal(signal.SIGUSR1, handler)
""",
    "an exception": """
class Stop(Exception):
    code = 7
def handler(number, frame):
    raise Stop
signal.signal(signal.SIGUSR1, handler)
""",
}

TASKS = {
    "sleeps": "lambda n: time.sleep(0.001) or (n == 3 and print('running', flush=True)) or n < 3 or time.sleep(3600)",
    "computes": "lambda n: n < 3 or print('running', flush=True) or sum(1 for _ in count())",
    "catches errors": "catches",
    "tries again": "retrying(3, on=BaseException)(lambda n: n < 3 or print('running', flush=True) or time.sleep(3600))",
    "awaits": "awaits",
    "blocks a loop": "blocks",
}

WAYS = {
    "serial": "list(map(given.append, run(task, range(10))))",
    "with a journal": "list(map(given.append, run(named, range(10), journal=Journal(folder + '/j.db', name='named'))))",
    "threads": "list(map(given.append, run(task, range(10), executor=threads(1), in_flight=1)))",
    "forkserver": "list(map(given.append, run(task, range(10), executor=processes(1), in_flight=1)))",
    "fork": "list(map(given.append, run(task, range(10), executor=processes(1, start_method='fork'), in_flight=1)))",
    "arun": "asyncio.run(under_arun())",
    "an experiment": "with_experiment()",
}

PROGRAM = """
import tempfile
folder = tempfile.mkdtemp()
given = []
def catches(n):
    try:
        n < 3 or print("running", flush=True) or time.sleep(HANG_SECONDS)
    except ValueError:
        pass
async def awaits(n):
    n < 3 or print("running", flush=True) or await asyncio.sleep(HANG_SECONDS)
async def blocks(n):
    n < 3 or print("running", flush=True) or time.sleep(HANG_SECONDS)
def named(n):
    return task(n)
async def under_arun():
    async for outcome in arun(awaits if task is awaits else blocks, range(10), limit=1):
        given.append(outcome)
def with_experiment():
    @experiment(configs=[{{"n": DynamicValue(range(3, 6))}}])
    def measured(config: Config):
        return task(config.n)
    with Spearmint.run(measured, await_variants=True) as runner:
        given.append(runner())
task = {task}
{handler}
try:
    {way}
except BaseException as error:
    tell(error=type(error).__name__, code=getattr(error, "code", None), given=len(given),
         ok=all(getattr(outcome, "ok", False) for outcome in given))
"""


def ended_by_signal(handler: str, task: str, way: str, number: int = signal.SIGUSR1) -> dict[str, Any]:
    program = started(PROGRAM.format(handler=HANDLERS[handler], task=TASKS[task], way=WAYS[way]))
    return send_signal(program, number)


@pytest.mark.parametrize("handler", HANDLERS)
def test_what_a_handler_raises_ends_a_serial_run(handler: str) -> None:
    name = {"an error of its own": "Stop", "an exception": "Stop"}.get(handler, "SystemExit")
    assert ended_by_signal(handler, "sleeps", "serial") == {"error": name, "code": 7, "given": 3, "ok": True}


@pytest.mark.parametrize("task", TASKS)
def test_whatever_the_task_is_doing(task: str) -> None:
    assert ended_by_signal("a lambda", task, "serial") == {"error": "SystemExit", "code": 7, "given": 3, "ok": True}


@pytest.mark.parametrize("task", TASKS)
def test_ctrl_c_whatever_the_task_is_doing(task: str) -> None:
    got = send_signal(started(PROGRAM.format(handler="", task=TASKS[task], way=WAYS["serial"])), signal.SIGINT)
    assert got == {"error": "KeyboardInterrupt", "code": None, "given": 3, "ok": True}


@pytest.mark.parametrize("handler", ["a function", "an exception"])
@pytest.mark.parametrize("way", WAYS)
def test_in_every_way_to_run(way: str, handler: str) -> None:
    task = "awaits" if way == "arun" else "sleeps"
    got = ended_by_signal(handler, task, way)
    name = "Stop" if handler == "an exception" else "SystemExit"
    assert (got["error"], got["code"], got["ok"]) == (name, 7, True)


def test_an_exit_of_the_task_itself_is_its_failure_also_where_it_knows_its_frames() -> None:
    got = seen(
        """
        def handler(number, frame):
            sys.exit(number)
        signal.signal(signal.SIGUSR1, handler)
        def helper(depth, *names):
            caller = sys._getframe(1)
            sys.exit(3)
        tasks = [sys.exit, lambda n: helper(n), lambda n: handler(n, None), lambda n: handler(n, sys._getframe(1))]
        async def leaves(n):
            sys.exit(n)
        outcomes = [next(run(task, [3])) for task in (*tasks, leaves)]
        async def under_arun():
            return [outcome async for outcome in arun(leaves, [3])]
        outcomes += asyncio.run(under_arun())
        tell(kinds=[outcome.error.type for outcome in outcomes])
        """
    )
    assert got == {"kinds": ["SystemExit"] * 6}


def test_a_time_limit_that_a_task_sets_itself_is_its_own() -> None:
    got = seen(
        """
        def late(number, frame):
            raise TimeoutError("late")
        def task(n):
            before = signal.signal(signal.SIGALRM, late)
            signal.setitimer(signal.ITIMER_REAL, 0.05 if n == 1 else 0)
            try:
                return n if n != 1 else time.sleep(HANG_SECONDS)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, before)
        outcomes = list(run(task, range(3)))
        tell(ok=[outcome.ok for outcome in outcomes], error=outcomes[1].error.type)
        """
    )
    assert got == {"ok": [True, False, True], "error": "TimeoutError"}


def test_a_time_limit_around_the_run_ends_it() -> None:
    got = seen(
        """
        def late(number, frame):
            raise TimeoutError("late")
        signal.signal(signal.SIGALRM, late)
        given = []
        try:
            for outcome in run(lambda n: n < 3 or time.sleep(HANG_SECONDS), range(9)):
                given.append(outcome.ok)
                signal.setitimer(signal.ITIMER_REAL, 0.2 if len(given) == 3 else 0)
        except TimeoutError as error:
            tell(given=given, error=str(error))
        """
    )
    assert got == {"given": [True] * 3, "error": "late"}


# --- a second Ctrl-C -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("executor", ["processes(2)", 'processes(2, start_method="spawn")', "threads(2)"])
def test_a_second_ctrl_c_during_the_stop_leaves_nothing(executor: str) -> None:
    """The second one comes when the first has begun the stop; a handler says so."""
    program = started(
        f"""
        from spearmint_fp.workers.process_pool import ProcessPool
        from spearmint_fp.workers.thread_pool import ThreadPool
        def told(stop):
            def stopped(pool, why):
                print("stopping", flush=True)
                signal.sigtimedwait([], 0.3)
                os.kill(os.getpid(), signal.SIGINT)
                os.kill(os.getpid(), signal.SIGINT)
                return stop(pool, why)
            return stopped
        for kind in (ProcessPool, ThreadPool):
            kind.stop = told(kind.stop)
        interrupts = []
        def handler(number, frame):
            interrupts.append(number)
            raise KeyboardInterrupt
        signal.signal(signal.SIGINT, handler)
        def task(n):
            n == 3 and print("running", flush=True)
            time.sleep(0.01)
            return n
        try:
            for outcome in run(task, range(10**6), executor={executor}):
                pass
        except KeyboardInterrupt:
            tell(interrupts=len(interrupts), left=[p.name() for p in psutil.Process().children(recursive=True)])
        """,
        group=True,
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "running\n"
    program.send_signal(signal.SIGINT)
    got = finished(program)
    assert got == {"interrupts": 2, "left": []}
    assert list_running(lambda: [pid for pid in psutil.pids() if find_group(pid) == program.pid]) == []


def test_ctrl_c_while_a_run_that_has_ended_is_stopped() -> None:
    got = seen(
        """
        from spearmint_fp.workers.process_pool import ProcessPool
        stop = ProcessPool.stop
        def stopped(pool, why):
            os.kill(os.getpid(), signal.SIGINT)
            return stop(pool, why)
        ProcessPool.stop = stopped
        given = []
        try:
            for outcome in run(abs, range(20), executor=processes(2)):
                given.append(outcome.ok)
        except KeyboardInterrupt:
            tell(given=len(given), left=[p.name() for p in psutil.Process().children(recursive=True)])
        """
    )
    assert got == {"given": 20, "left": []}


def test_handlers_are_as_they_were_after_a_run_that_was_stopped() -> None:
    got = seen(
        """
        def handler(number, frame):
            raise KeyboardInterrupt
        signal.signal(signal.SIGUSR1, handler)
        before = [signal.getsignal(n) for n in signal.valid_signals()]
        def task(n):
            n == 3 and os.kill(os.getppid() if os.getpid() != main else main, signal.SIGINT)
            return n
        main = os.getpid()
        try:
            list(run(task, range(100), executor=threads(1)))
        except KeyboardInterrupt:
            tell(same=before == [signal.getsignal(n) for n in signal.valid_signals()])
        """
    )
    assert got == {"same": True}
