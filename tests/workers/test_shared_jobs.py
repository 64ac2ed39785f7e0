"""The job of a run goes to each worker of somebody else's pool once, and is let go of at the end."""

from __future__ import annotations

import pickle
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from spearmint_fp import DynamicValue, Success, Sweep, expand, run
from spearmint_fp.workers.batches import Batch
from spearmint_fp.workers.live_executors import FuturePool
from spearmint_fp.workers.pickling import Job
from spearmint_fp.workers.shared_jobs import SMALL_BYTES, JobFile, NoJobError, open_job, share_file

LARGE = 1 << 20


def large_sweep(count: int) -> Sweep[Any]:
    return expand({"n": DynamicValue(range(count)), "blob": bytes(LARGE)})


class Counting(ProcessPoolExecutor):
    """Notes how many bytes each call takes along."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        self.sizes: list[int] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.sizes.append(len(pickle.dumps((args, kwargs))))
        return super().submit(fn, *args, **kwargs)


def test_a_large_sweep_does_not_go_along_with_every_batch() -> None:
    with Counting(2) as pool:
        assert [outcome.result for outcome in run(lambda c: c.n, large_sweep(500), executor=pool)] == list(range(500))
    assert len(pool.sizes) > 2
    assert sum(pool.sizes) < LARGE / 2


def test_a_small_job_goes_along() -> None:
    with Counting(1) as pool:
        list(run(abs, [1], executor=pool))
    [size] = pool.sizes
    assert size < SMALL_BYTES


def test_the_file_is_removed_at_the_end() -> None:
    shared: list[JobFile] = []

    def noted(job: bytes) -> Any:
        reference, release = share_file(job)
        assert isinstance(reference, JobFile)
        assert reference.load() == job
        shared.append(reference)
        return reference, release

    job = Job(abs, large_sweep(3)).to_bytes()
    with ThreadPoolExecutor(1) as threads:
        pool = FuturePool(job, threads, 1, 0.03, share=noted)
        pool.put(Batch(0, 1, None, [7]))
        assert pool.get() == [[Success(7, 7, 0)]]
        pool.stop(None)
    [file] = shared
    assert not Path(file.path).exists()
    with pytest.raises(NoJobError):
        file.load()


def test_another_file_at_the_path_is_not_opened(tmp_path: Path) -> None:
    job = Job(abs, None).to_bytes()
    reference, release = share_file(job)
    assert isinstance(reference, JobFile)
    assert open_job(reference).fn is abs
    other = tmp_path / "other"
    other.write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    with pytest.raises(NoJobError):
        open_job(JobFile(str(other), reference.digest))
    release()


def test_workers_that_do_not_see_the_file_get_the_job_itself() -> None:
    """As on another machine."""
    answered: list[bool] = []

    class Elsewhere(ThreadPoolExecutor):
        def submit(self, fn: Any, job: Any, *args: Any, **kwargs: Any) -> Future[Any]:  # type: ignore[override]
            answered.append(isinstance(job, bytes))
            seen = job if isinstance(job, bytes) else JobFile("/nowhere", job.digest)
            return super().submit(fn, seen, *args, **kwargs)

    sweep = large_sweep(50)
    with Elsewhere(2) as threads:
        pool = FuturePool(Job(lambda c: c.n, sweep).to_bytes(), threads, 2, 0.03)
        for start in range(0, 50, 10):
            pool.put(Batch(start, start + 10, sweep))
        got: list[Any] = []
        while len(got) < 50:
            got += [outcome for answer in pool.get() for outcome in answer]  # type: ignore[union-attr]
        pool.stop(None)
    assert sorted(outcome.result for outcome in got) == list(range(50))
    assert answered.count(True) == 5


def test_where_no_file_can_be_written_the_bytes_go_along(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**options: Any) -> Any:
        raise OSError("no space left on device")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)
    reference, release = share_file(b"job")
    assert reference == b"job"
    release()
