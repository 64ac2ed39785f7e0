"""`run`: one suite that every executor is held to."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from functools import partial
from itertools import count, islice
from pathlib import Path
from textwrap import dedent
from typing import Any

import attrs
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toolz import partition_all

from spearmint_fp import (
    ArgumentError,
    Config,
    DynamicValue,
    Failure,
    RunError,
    Success,
    Sweep,
    TransferError,
    arun,
    collect,
    constrain,
    derive,
    expand,
    failures,
    inject,
    mapped,
    processes,
    retrying,
    run,
    shuffled,
    stop_when,
    structured,
    successes,
    threads,
)
from spearmint_fp.workers.batches import Batch
from spearmint_fp.workers.executors import Threads
from spearmint_fp.workers.thread_pool import ThreadPool
from tests.examples import examples
from tests.running.clients import fetch, served
from tests.running.executors import (
    ELSEWHERE,
    FAULTS,
    HERE,
    OURS,
    Locked,
    Unopenable,
    faulty,
    opened,
    product_or_fail,
    slept,
)
from tests.waiting import LIMIT_SECONDS, wait_until

EVERY = [*HERE, *ELSEWHERE]
PARALLEL = EVERY[1:]


def hundred() -> Sweep[Config]:
    return expand({"a": DynamicValue(range(10)), "b": DynamicValue(range(10))})


@pytest.fixture(params=EVERY)
def executor(request: pytest.FixtureRequest) -> Iterator[Any]:
    with opened(request.param) as value:
        yield value


@pytest.fixture(params=PARALLEL)
def parallel(request: pytest.FixtureRequest) -> Iterator[Any]:
    with opened(request.param) as value:
        yield value


@pytest.fixture(params=ELSEWHERE)
def elsewhere(request: pytest.FixtureRequest) -> Iterator[Any]:
    with opened(request.param) as value:
        yield value


# --- the same everywhere -------------------------------------------------------------------------------


def test_a_hundred_configurations_of_which_every_tenth_raises(executor: Any) -> None:
    outcomes = tuple(run(product_or_fail, hundred(), executor=executor))
    assert len(outcomes) == 100
    assert outcomes == tuple(run(product_or_fail, hundred()))
    assert [failure.index for failure in failures(outcomes)] == list(range(7, 100, 10))
    assert {failure.error.message for failure in failures(outcomes)} == {"b is 7"}
    assert all("in product_or_fail" in failure.error.traceback for failure in failures(outcomes))


def test_as_completed_has_the_same_outcomes(executor: Any) -> None:
    outcomes = run(product_or_fail, hundred(), executor=executor, ordered=False)
    assert collect(outcomes) == collect(run(product_or_fail, hundred()))


@pytest.mark.parametrize("configs", [[], [3], range(50)], ids=["none", "one", "many"])
def test_any_iterable(executor: Any, configs: Any) -> None:
    want = [Success(number, number + 1, index) for index, number in enumerate(configs)]
    assert list(run(lambda n: n + 1, iter(configs), executor=executor)) == want
    assert list(run(lambda n: n + 1, configs, executor=executor)) == want


def test_every_fault_is_its_own_failure(executor: Any) -> None:
    kinds = [*FAULTS, *FAULTS]
    outcomes = collect(run(faulty, kinds, executor=executor))
    assert outcomes == collect(run(faulty, kinds))
    assert [outcome.config for outcome in failures(outcomes)] == [
        k for k in kinds if k not in ("value", "text", "tree")
    ]


@given(kinds=st.lists(st.sampled_from(sorted(FAULTS)), max_size=12), ordered=st.booleans())
@examples(4)
def test_outcomes_are_equal_whichever_executor_ran_them(parallel: Any, kinds: list[str], ordered: bool) -> None:
    got = run(faulty, iter(kinds), executor=parallel, ordered=ordered, in_flight=5)
    assert collect(got) == collect(run(faulty, kinds))


def test_closures_and_their_classes(executor: Any) -> None:
    @attrs.frozen
    class Local:
        n: int

    factor = 3
    got = list(successes(run(lambda c: Local(c.n * factor), [Local(1), Local(2)], executor=executor)))
    assert [success.result for success in got] == [Local(3), Local(6)]
    assert [success.config for success in got] == [Local(1), Local(2)]


@attrs.frozen
class Point:
    a: int
    b: int


def test_every_kind_of_sweep_travels(executor: Any) -> None:
    base = hundred()
    sweeps: list[Sweep[Any]] = [
        base[3::7],
        shuffled(base)[:20],
        constrain(lambda a, b: a < b, base, on=("a", "b")),
        derive("c", lambda config: config.a + config.b, base[:9]),
        structured(Point, base)[10:30],
        base[:5] + base[95:],
        base[:0],
    ]
    for sweep in sweeps:
        got = list(run(lambda config: config.a * 100 + config.b, sweep, executor=executor))
        assert [outcome.config for outcome in got] == list(sweep)
        assert [outcome.result for outcome in got] == [config.a * 100 + config.b for config in sweep]


def test_injected_functions(executor: Any) -> None:
    def area(config: Point) -> int:
        return config.a * config.b

    got = collect(run(inject(area), hundred()[42:44], executor=executor))
    assert [outcome.result for outcome in got] == [8, 12]


def test_coroutine_functions_are_awaited(executor: Any) -> None:
    async def half(n: int) -> float:
        return 1 / n

    assert collect(run(half, [1, 0, 2], executor=executor)) == collect(run(lambda n: 1 / n, [1, 0, 2]))


def test_coroutines_of_a_thread_or_worker_share_a_client(executor: Any) -> None:
    with served() as port:
        outcomes = list(run(partial(fetch, port), range(30), executor=executor))
    pairs = {outcome.result for outcome in outcomes}  # a worker, and the connection that it has used
    assert len(pairs) == len({sender for sender, _ in pairs}) == len({connection for _, connection in pairs})


def test_each_coroutine_has_context_variables_of_its_own(executor: Any) -> None:
    async def count_up(n: int) -> int:
        name.set(name.get(0) + n)
        await asyncio.sleep(0)
        return name.get()

    name: ContextVar[int] = ContextVar("name")
    if executor is None or isinstance(executor, ThreadPoolExecutor | Threads):  # a variable goes nowhere else
        assert [outcome.result for outcome in run(count_up, range(6), executor=executor)] == list(range(6))


def test_attempts_are_seen(executor: Any) -> None:
    seen: dict[int, int] = {}

    @retrying(3)
    def flaky(n: int) -> int:
        seen[n] = seen.get(n, 0) + 1
        if seen[n] < n:
            raise ConnectionError(n)
        return n

    with_attempts = [(o.ok, o.attempts) for o in run(flaky, [1, 2, 3, 4], executor=executor)]
    assert with_attempts == [(True, 1), (True, 2), (True, 3), (False, 3)]


def test_an_interrupt_inside_a_task_is_nobodys_failure(executor: Any) -> None:
    def stop(n: int) -> int:
        if n == 3:
            raise KeyboardInterrupt
        return n

    with pytest.raises(KeyboardInterrupt):
        list(run(stop, range(10), executor=executor))
    assert len(list(run(abs, range(10), executor=executor))) == 10


def test_an_iterable_that_raises_half_way(executor: Any) -> None:
    def broken() -> Iterator[int]:
        yield from range(5)
        raise LookupError("no more")

    outcomes = run(abs, broken(), executor=executor)
    assert [next(outcomes).result for _ in range(5)] == list(range(5))
    with pytest.raises(LookupError, match="no more"):
        next(outcomes)
    assert list(outcomes) == []


@pytest.mark.parametrize("ordered", [True, False])
def test_a_sweep_that_raises_half_way(executor: Any, ordered: bool) -> None:
    def checked(config: Config) -> Config:
        if config.a == 6:
            raise LookupError("no six")
        return config

    outcomes = run(product_or_fail, mapped(checked, hundred()), executor=executor, ordered=ordered)
    given: list[int] = []
    with pytest.raises(LookupError, match="no six"):
        given.extend(outcome.index for outcome in outcomes)
    assert given[:60] == list(range(60)) if ordered else {*range(60)} <= {*given}
    assert list(outcomes) == []


def test_the_first_outcome_of_an_astronomical_sweep_is_there_at_once(executor: Any) -> None:
    sweep = expand({f"x{k}": DynamicValue(range(10)) for k in range(30)})
    with run(lambda config: config.x29, sweep, executor=executor) as outcomes:
        assert [next(outcomes).result for _ in range(12)] == [*range(10), 0, 1]


# --- behind the boundary ---------------------------------------------------------------------------------


def test_results_and_configurations_that_do_not_travel(elsewhere: Any) -> None:
    def made(n: int) -> Any:
        return threading.Lock() if n == 2 else Unopenable() if n == 3 else n

    got = collect(run(made, range(6), executor=elsewhere))
    assert [outcome.ok for outcome in got] == [True, True, False, False, True, True]
    assert [failure.error.type.rpartition(".")[2] for failure in failures(got)] == ["TransferError"] * 2
    assert "cannot be sent back" in got[2].error.message  # type: ignore[union-attr]
    assert "cannot be opened here: not here" in got[3].error.message  # type: ignore[union-attr]

    odd = collect(run(lambda n: 1, [0, threading.Lock(), Unopenable(), 3], executor=elsewhere))
    assert [outcome.ok for outcome in odd] == [True, False, False, True]

    many = [Unopenable() if n in (700, 1500) else n for n in range(2000)]
    assert [o.index for o in run(lambda n: 1, many, executor=elsewhere) if not o.ok] == [700, 1500]


def test_what_comes_back_of_an_exception(elsewhere: Any) -> None:
    kept, *lost = collect(run(faulty, ["ValueError", "NeedsTwo", "KeywordOnly", "Locked"], executor=elsewhere))
    with pytest.raises(ValueError, match="bad value"):
        _ = kept.result
    for outcome in lost:
        assert isinstance(outcome, Failure)
        with pytest.raises(Exception, match=outcome.error.message) as raised:
            _ = outcome.result
        assert type(raised.value).__qualname__ in ("RuntimeError", outcome.config)  # the latter where Dask helps pickle


def test_a_function_that_cannot_travel_is_an_error_before_any_task(elsewhere: Any) -> None:
    lock = threading.Lock()

    def held(n: int) -> int:
        with lock:
            return n

    with pytest.raises(TransferError, match=r"the function .*held.* cannot be sent to another process: .*lock"):
        run(held, [1], executor=elsewhere)
    with pytest.raises(TransferError, match=r"the sweep .* cannot be sent"):
        run(abs, expand({"a": DynamicValue([Locked()])}), executor=elsewhere)


# --- the window -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("in_flight", [1, 7])
def test_no_more_than_the_window_is_taken(executor: Any, in_flight: int, ordered: bool) -> None:
    pulled = count()
    configs = (next(pulled) for _ in count())
    with run(abs, configs, executor=executor, in_flight=in_flight, ordered=ordered) as outcomes:
        for given_out in range(1, 40):
            next(outcomes)
            assert next(pulled) - 2 * given_out + 1 <= in_flight  # each look pulls one more
            time.sleep(0.0005)


def test_nothing_runs_before_it_is_asked_for(parallel: Any) -> None:
    pulled: list[int] = []

    def noted(n: int) -> int:
        pulled.append(n)
        return n

    outcomes = run(abs, map(noted, range(9)), executor=parallel)
    time.sleep(0.05)
    assert pulled == []
    assert next(outcomes).result == 0
    outcomes.close()


def test_closing_early_leaves_nothing(executor: Any) -> None:
    before = {*threading.enumerate()}  # other tests may have left some

    def ours() -> tuple[int, int]:
        named = [t for t in threading.enumerate() if t.name.startswith("spearmint_fp") and t not in before]
        return len(named), sum("spearmint_fp.workers" in command(child) for child in psutil.Process().children())

    def command(process: psutil.Process) -> str:
        with contextlib.suppress(psutil.NoSuchProcess):  # it has ended meanwhile, or nobody has waited for it yet
            return " ".join(process.cmdline())
        return ""

    outcomes = run(partial(slept), (0.001 for _ in count()), executor=executor)
    assert [outcome.ok for outcome in islice(outcomes, 10)] == [True] * 10
    outcomes.close()
    wait_until(lambda: ours() == (0, 0))
    assert list(outcomes) == []

    forgotten = run(partial(slept), (0.001 for _ in count()), executor=executor)
    next(forgotten)
    del forgotten
    gc.collect()
    wait_until(lambda: ours() == (0, 0))


@pytest.mark.parametrize("name", ["threads", "thread pool"])
def test_a_run_may_be_closed_by_one_of_its_threads_between_two_batches(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the garbage collector may do it: that thread waits for the others no more than for itself."""
    closing, ended = threading.Event(), threading.Event()
    once, told = iter([True]), list[object]()
    run_batch = ThreadPool.run_batch

    def run_and_close(pool: ThreadPool, batch: Batch) -> None:
        run_batch(pool, batch)
        if closing.is_set() and next(once, False):
            told.append(pool._waits_in_vain())
            try:
                if told == [True]:  # else it would never end
                    outcomes.close()
            except RuntimeError as error:
                told.append(error)
            ended.set()

    monkeypatch.setattr(ThreadPool, "run_batch", run_and_close)
    with opened(name) as executor:
        outcomes = run(lambda n: n == 0 or closing.wait(LIMIT_SECONDS), count(), executor=executor, in_flight=3)
        assert next(outcomes).result
        closing.set()
        assert ended.wait(LIMIT_SECONDS)
        assert told == [True]
        assert list(outcomes) == []


def test_a_slow_configuration_does_not_hold_up_those_behind_it_within_the_window() -> None:
    others_are_out = threading.Event()

    def slow_first(n: int) -> bool:
        return n > 0 or others_are_out.wait(LIMIT_SECONDS)

    outcomes = run(slow_first, range(31), executor=threads(2), ordered=False)
    assert sorted(outcome.index for outcome in islice(outcomes, 30)) == list(range(1, 31))
    others_are_out.set()
    assert next(outcomes) == Success(0, True, 0)


# --- slow configurations behind quick ones ----------------------------------------------------------------


@pytest.mark.parametrize("name", ["threads", "thread pool", *OURS])
def test_what_stands_behind_a_slow_configuration_goes_to_others_while_it_runs(name: str, tmp_path: Path) -> None:
    """Two neighbours wait for one another, in one batch of quick ones."""

    def task(n: int) -> int:
        if n in (3000, 3001):
            (tmp_path / str(n)).touch()
            wait_until((tmp_path / str(6001 - n)).exists)
        return n

    with opened(name) as executor:
        outcomes = list(run(task, range(6000), executor=executor))
    assert [outcome.result for outcome in outcomes] == list(range(6000))
    assert {outcome.attempts for outcome in outcomes} == {1}


def test_slow_configurations_behind_quick_ones_are_shared(parallel: Any) -> None:
    """Where a batch cannot be taken back, it ends itself behind the configuration that has made it late."""

    def task(n: int) -> Any:
        if 3000 <= n < 3008:
            time.sleep(0.5)
        return os.getpid(), threading.get_ident()

    outcomes = list(run(task, range(6000), executor=parallel))
    assert [outcome.index for outcome in outcomes] == list(range(6000))
    assert len({outcome.result for outcome in outcomes[3000:3008]}) == 2


def test_neighbours_of_a_slow_configuration_run_beside_one_another(parallel: Any, tmp_path: Path) -> None:
    """The two behind a slow one wait for one another, also where a batch cannot be taken back while the first runs."""

    def task(folder: Path, n: int) -> bool:
        if n == 3000:
            time.sleep(1)
        if n in (3001, 3002):
            (folder / str(n)).touch()
            end = time.monotonic() + 10
            while not (folder / str(6003 - n)).exists():
                if time.monotonic() > end:
                    return False
                time.sleep(0.01)
        return True

    def have_met(folder: Path) -> bool:
        folder.mkdir()
        results = [outcome.result for outcome in run(partial(task, folder), range(6000), executor=parallel)]
        return all(results)

    # a machine that stands still at the wrong moment may leave the two in one batch
    assert any(have_met(tmp_path / str(attempt)) for attempt in range(3))


def run_program(code: str) -> list[str]:
    """The lines that a new interpreter prints, in which nothing is loaded but the library."""
    done = subprocess.run([sys.executable, "-c", dedent(code)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_failure_needs_nothing_that_a_task_may_have_made_impossible_to_load() -> None:
    told = run_program(
        """
        import sys
        from spearmint_fp import run

        def lose_files(number):
            sys.path.clear()
            sys.path_importer_cache.clear()
            return 1 / number

        print([outcome.ok for outcome in run(lose_files, [1, 0, 1])])
        """
    )
    assert told == ["[True, False, True]"]


def test_a_thread_that_outlives_the_program_runs_what_it_can() -> None:
    told = run_program(
        """
        import threading
        from spearmint_fp import Config, experiment, run

        async def double(number):
            return 2 * number

        @experiment([{"n": 1}, {"n": 2}])
        def main(config: Config):
            return config.n

        def work():
            threading.main_thread().join()
            print([outcome.result for outcome in run(double, [1, 2])], main())

        threading.Thread(target=work).start()
        """
    )
    assert told == ["[2, 4] 1"]


# --- the iterator -----------------------------------------------------------------------------------------


def test_a_run_that_nobody_iterates_over_warns() -> None:
    for options in ({}, {"executor": threads(2)}, {"progress": True}):
        with pytest.warns(RuntimeWarning, match=r"^run\(\.\.\.\) was never iterated: nothing ran") as warned:
            run(abs, [1, 2], **options)
        assert [(len(warned), one.filename) for one in warned] == [(1, __file__)]
        outcomes = run(abs, [1, 2], **options)
        with pytest.warns(RuntimeWarning, match="was never iterated") as warned:
            stop_when(bool, outcomes)
        assert len(warned) == 1
        assert [outcome.result for outcome in outcomes] == [1, 2]
    run(abs, [1]).close()
    run(abs, [1]).finish()
    with run(abs, [1]):
        pass
    assert next(run(abs, [1, 2])).result == 1
    assert len(run(abs, [1, 2])) == 2
    assert run(abs, [])


def test_the_number_of_outcomes_is_known() -> None:
    outcomes = run(abs, range(3))
    assert len(outcomes) == 3
    next(outcomes)
    assert len(outcomes) == 3
    assert repr(outcomes) == "<1 outcomes of a run so far>"
    list(outcomes)
    assert (len(outcomes), bool(outcomes), bool(run(abs, []))) == (3, True, True)
    for numbers in (range(7), iter(range(7))):
        assert [len(batch) for batch in partition_all(3, run(abs, numbers))] == [3, 3, 1]
    for configs in (iter([1]), expand({f"x{k}": DynamicValue(range(10)) for k in range(30)})):
        with pytest.raises(TypeError, match=r"no len\(\)"):
            len(run(repr, configs))


def test_wrong_arguments() -> None:
    wrong: Any
    for wrong, says in [
        ({"fn": 3}, "takes a function"),
        ({"configs": {"a": 1}}, r"Use expand\(tree\)"),
        ({"configs": DynamicValue([1])}, r"Use expand\(tree\)"),
        ({"configs": "gpt-4"}, r"Use expand\(tree\)"),
        ({"configs": arun(abs, [])}, r"run takes an iterable .* asynchronously is for arun"),
        ({"executor": 4}, r"4 \(int\) is no executor. Use threads"),
        ({"executor": threads}, r"Call it: executor=threads\(8\)"),
        ({"executor": processes}, r"Call it: executor=processes\(8\)"),
        ({"in_flight": 0}, "above 0; got 0"),
        ({"in_flight": True}, "above 0; got True"),
    ]:
        with pytest.raises(ArgumentError, match=says):
            run(**{"fn": abs, "configs": [1], **wrong})
    with pytest.raises(ArgumentError, match=r"run takes an iterable of configurations; got 3 \(int\). Use \[config\]"):
        run(abs, 3)  # type: ignore[call-overload]
    for bad in (0, -1, True, 1.5, "4"):
        with pytest.raises(ArgumentError, match="above 0"):
            threads(bad)  # type: ignore[arg-type]
        with pytest.raises(ArgumentError, match="above 0"):
            processes(bad)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="did you mean 'fork'"):
        processes(2, start_method="forc")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="deaths"):
        processes(2, deaths=0)


def test_executors_are_values() -> None:
    assert threads(2) == threads(2) != threads(3)
    assert len({processes(2), processes(2), processes(2, start_method="spawn")}) == 2
    assert repr(processes(2)) == (
        "Processes(workers=2, start_method='forkserver', deaths=3, initializer=None, initargs=(), max_tasks=None)"
    )
    assert threads().workers >= 1


# --- what hostile testing found ---------------------------------------------------------------------------


class Refusing(Exception):
    """Cannot say what it is."""

    def __str__(self) -> str:
        raise SystemExit(7)


class Text(str):
    """No builtin, and it says so wherever it is asked."""

    def __str__(self) -> str:
        return self


class Hostile:
    """Raises, when it is pickled, an error that cannot say what it is."""

    def __reduce__(self) -> Any:
        raise Refusing


class Leaving:
    """Ends the program that opens it."""

    def __reduce__(self) -> Any:
        return sys.exit, (5,)


def hostile(kind: str) -> Any:
    class Caused(Exception):
        @property
        def __cause__(self) -> Any:  # type: ignore[override]
            raise ValueError("none")

    class Worded(Exception):
        def __str__(self) -> str:
            return Text("worded")

    made = {"Refusing": Refusing, "Caused": Caused, "Worded": Worded}
    if kind in made:
        raise made[kind]
    return Leaving() if kind == "Leaving" else Hostile()


def test_exceptions_that_cannot_be_described_are_failures(executor: Any) -> None:
    got = collect(run(hostile, ["Refusing", "Caused", "Worded"], executor=executor))
    assert [failure.error.type.rpartition(".")[2] for failure in failures(got)] == ["Refusing", "Caused", "Worded"]
    messages = [failure.error.message for failure in failures(got)]
    assert messages == ["<Refusing whose message cannot be read>", "", "worded"]
    assert [type(message) for message in messages] == [str, str, str]
    assert all("in hostile" in failure.error.traceback for failure in failures(got))


def test_results_and_configurations_that_refuse_to_say_why(elsewhere: Any) -> None:
    got = collect(run(hostile, ["Leaving", "Hostile"], executor=elsewhere))
    assert [failure.error.type.rpartition(".")[2] for failure in failures(got)] == ["TransferError"] * 2
    assert "cannot be opened here: 5" in got[0].error.message  # type: ignore[union-attr]
    assert "cannot be sent back" in got[1].error.message  # type: ignore[union-attr]
    assert [outcome.ok for outcome in run(repr, [0, Hostile(), 2], executor=elsewhere)] == [True, False, True]


def test_an_iterable_is_opened_once(executor: Any) -> None:
    class Opened:
        times = 0

        def __iter__(self) -> Iterator[int]:
            self.times += 1
            return iter(range(3))

    configs = Opened()
    assert [outcome.result for outcome in run(abs, configs, executor=executor)] == [0, 1, 2]
    assert configs.times == 1


def test_a_pool_whose_threads_do_not_start_is_broken() -> None:
    with ThreadPoolExecutor(2, initializer=lambda: 1 / 0) as pool, pytest.raises(RunError, match="is broken"):
        list(run(abs, range(9), executor=pool))


@pytest.mark.parametrize("name", ["threads", "thread pool"])
def test_a_run_that_one_of_its_own_tasks_closes(name: str) -> None:
    """As the garbage collector does it, in whichever thread it happens to run."""
    closed = threading.Event()
    asked = threading.Event()

    def task(n: int) -> int:
        if n == 1:
            asked.wait(LIMIT_SECONDS)
            outcomes.close()
            closed.set()
        return n

    with opened(name) as executor:
        outcomes = run(task, range(100), executor=executor, in_flight=2)
        next(outcomes)
        asked.set()
        assert closed.wait(LIMIT_SECONDS)


def test_an_executor_that_cannot_be_compared() -> None:
    class Odd:
        def __eq__(self, other: object) -> bool:
            raise ValueError("ambiguous")

        __hash__ = None  # type: ignore[assignment]

    with pytest.raises(ArgumentError, match=r"is no executor. Use threads"):
        run(abs, [1], executor=Odd())
