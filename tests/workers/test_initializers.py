"""The numbers of workers, and what an initializer does in each."""

from __future__ import annotations

import os
import pickle
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from spearmint_fp import ArgumentError, RunError, TransferError, processes, run, threads, worker
from tests.running.executors import ELSEWHERE, HERE, OURS, opened
from tests.waiting import wait_until
from tests.workers.programs import program, saw


def meet(folder: Path, count: int, n: int) -> tuple[int | None, str, int]:
    """The number of the worker that runs this, once so many workers have come here."""
    (folder / str(os.getpid())).touch()
    wait_until(lambda: len(list(folder.iterdir())) >= count)
    return worker(), os.environ["SPEARMINT_WORKER"], n


@pytest.mark.parametrize("method", OURS)
def test_four_workers_have_four_numbers(method: Any, tmp_path: Path) -> None:
    outcomes = run(partial(meet, tmp_path, 4), range(8), executor=processes(4, start_method=method))
    got = [outcome.result for outcome in outcomes]
    assert {number for number, _, _ in got} == {0, 1, 2, 3}
    assert all(text == str(number) for number, text, _ in got)
    assert [n for _, _, n in got] == list(range(8))


def end_first(folder: Path, n: int) -> tuple[int | None, int]:
    """The number of the worker; the first one of each number ends when two have come."""
    mark = folder / str(worker())
    if not mark.exists():
        mark.touch()
        wait_until(lambda: len(list(folder.iterdir())) >= 2)
        os._exit(9)
    return worker(), os.getpid()


@pytest.mark.parametrize("method", OURS)
def test_a_successor_has_the_number_of_the_worker_that_ended(method: Any, tmp_path: Path) -> None:
    outcomes = list(run(partial(end_first, tmp_path), range(6), executor=processes(2, start_method=method)))
    assert {mark.name for mark in tmp_path.iterdir()} == {"0", "1"}
    assert {outcome.result[0] for outcome in outcomes} <= {0, 1}
    assert sum(outcome.attempts for outcome in outcomes) == 8


@pytest.mark.parametrize("name", [*HERE, *ELSEWHERE])
def test_only_workers_of_our_own_have_numbers(name: str) -> None:
    with opened(name) as executor:
        numbers = {outcome.result for outcome in run(lambda _: worker(), range(4), executor=executor)}
    assert numbers <= {0, 1} if name in OURS else numbers == {None}


def test_a_number_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEARMINT_WORKER", "3")
    assert worker() == 3
    monkeypatch.setenv("SPEARMINT_WORKER", "gpu0")
    with pytest.raises(ArgumentError, match="SPEARMINT_WORKER is the number of a worker, 0 or above; got 'gpu0'"):
        worker()


# --- initializers -----------------------------------------------------------------------------------------


def take_gpu(first: int) -> None:
    os.environ["CUDA_VISIBLE_DEVICES"] = str(first + int(os.environ["SPEARMINT_WORKER"]))
    warnings.simplefilter("error", DeprecationWarning)


def name_gpu(_: int) -> tuple[int | None, str, bool]:
    try:
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    except DeprecationWarning:
        return worker(), os.environ["CUDA_VISIBLE_DEVICES"], True
    return worker(), os.environ["CUDA_VISIBLE_DEVICES"], False


@pytest.mark.parametrize("method", OURS)
def test_an_initializer_is_called_in_each_worker_and_its_successors(method: Any) -> None:
    executor = processes(2, start_method=method, initializer=take_gpu, initargs=[4], max_tasks=1)
    got = {outcome.result for outcome in run(name_gpu, range(6), executor=executor)}
    assert got <= {(0, "4", True), (1, "5", True)}
    assert "CUDA_VISIBLE_DEVICES" not in os.environ


@pytest.mark.parametrize("method", OURS)
def test_a_script_loads_its_model_once_in_each_worker(method: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        program(
            f"""
            model = None
            def load(name):
                global model
                model = (name, os.getpid())
            def predict(n):
                return model[0] if model[1] == os.getpid() else None
            executor = processes(2, start_method={method!r}, initializer=load, initargs=("large",))
            tell(results=[outcome.result for outcome in run(predict, range(4), executor=executor)], here=model)
            """
        )
    )
    assert saw([sys.executable, str(script)], tmp_path) == {"results": ["large"] * 4, "here": None}


def refuse() -> None:
    raise LookupError("no such GPU")


def leave() -> None:
    sys.exit(5)


@pytest.mark.parametrize("method", OURS)
@pytest.mark.parametrize(("initializer", "message"), [(refuse, "LookupError: no such GPU"), (leave, "SystemExit: 5")])
def test_an_initializer_that_raises_ends_the_run(
    method: Any, initializer: Callable[[], None], message: str, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    with pytest.raises(
        RunError, match=rf"the initializer .*{initializer.__name__}.* raised in a worker: {message}"
    ) as e:
        list(run(lambda _: ran.touch(), range(9), executor=processes(2, start_method=method, initializer=initializer)))
    assert f"in {initializer.__name__}" in e.value.__notes__[0]
    assert not ran.exists()


def test_initializers_that_cannot_be() -> None:
    async def later() -> None: ...

    for bad in (5, "f", later):
        with pytest.raises(ArgumentError, match="initializer is a plain function"):
            processes(1, initializer=bad)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"cannot be called with initargs=\(1,\): too many positional arguments"):
        processes(1, initializer=refuse, initargs=(1,))
    with pytest.raises(ArgumentError, match=r"initargs=\('cuda:0',\)"):
        processes(1, initializer=print, initargs="cuda:0")
    with pytest.raises(ArgumentError, match="there is none"):
        processes(1, initargs=(1,))
    with pytest.raises(ArgumentError, match="takes after how many configurations a worker is replaced.*Leave it out"):
        processes(1, max_tasks=0)
    lock = processes(1, initializer=print, initargs=(sys._getframe(),))
    with pytest.raises(TransferError, match="the initializer .*print.* with its initargs cannot be sent"):
        run(abs, [1], executor=lock)


def test_the_options_are_part_of_the_value() -> None:
    made = processes(2, initializer=take_gpu, initargs=[4], max_tasks=7)
    assert made == processes(2, initializer=take_gpu, initargs=(4,), max_tasks=7)
    assert made != processes(2, initializer=take_gpu, initargs=(5,), max_tasks=7)
    assert made != processes(2, initializer=take_gpu, initargs=(4,))
    assert hash(made) == hash(pickle.loads(pickle.dumps(made)))
    assert "max_tasks=7" in repr(made)
    assert threads(2) == pickle.loads(pickle.dumps(threads(2)))


def set_flag(value: str) -> None:
    os.environ["SPEARMINT_FP_TEST_FLAG"] = value


def get_flag(_: int) -> str | None:
    return os.environ.get("SPEARMINT_FP_TEST_FLAG")


def test_live_pools_keep_the_effect_of_their_own_initializer() -> None:
    with ProcessPoolExecutor(2, get_context("forkserver"), initializer=set_flag, initargs=("on",)) as pool:
        assert {outcome.result for outcome in run(get_flag, range(4), executor=pool)} == {"on"}
    seen: list[str] = []
    with ThreadPoolExecutor(1, initializer=seen.append, initargs=("on",)) as threaded:
        assert [outcome.result for outcome in run(lambda _: list(seen), range(2), executor=threaded)] == [["on"]] * 2
