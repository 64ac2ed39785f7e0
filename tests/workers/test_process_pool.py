"""Worker processes that end, and the caller's process: what a killed worker costs, and what a run leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.running.executors import OURS
from tests.workers.programs import seen


@pytest.mark.parametrize("method", ["forkserver", "spawn", "fork"])
def test_a_task_that_kills_its_worker_once_in_a_thousand(method: str, tmp_path: Path) -> None:
    got = seen(
        f"""
        fn = lambda c: kill_once({str(tmp_path)!r}, c.n, 1000)
        outcomes = collect(run(fn, rising(3000), executor=processes(2, start_method={method!r}), ordered=False))
        twice = [o.config.n for o in outcomes if o.attempts > 1]
        tell(results=[o.result for o in outcomes] == list(range(3000)), twice=twice)
        """
    )
    assert got == {"results": True, "twice": [999, 1999, 2999]}
    calls = [int(line) for line in (tmp_path / "calls").read_text().splitlines()]
    assert sorted(calls) == sorted([*range(3000), 999, 1999, 2999])


@pytest.mark.slow
def test_a_worker_that_ends_at_17_of_100_costs_17() -> None:
    got = seen(
        """
        fn = lambda c: os._exit(3) if c.n == 17 else c.n
        outcomes = collect(run(fn, rising(100), executor=processes(2)))
        failed = [(o.config.n, o.attempts, o.error.type, o.error.message) for o in outcomes if not o.ok]
        tell(done=[o.result for o in outcomes if o.ok] == [n for n in range(100) if n != 17], failed=failed)
        """
    )
    assert got["done"]
    assert got["failed"] == [
        [17, 3, "spearmint_fp.WorkerError", got["failed"][0][3]],
    ]
    assert "exit code 3, 3 times of 3" in got["failed"][0][3]


@pytest.mark.slow
def test_the_failure_of_a_task_whose_workers_end_says_how_long_it_took() -> None:
    got = seen(
        """
        fn = lambda n: os._exit(3) if time.sleep(0.1) or n == 2 else n
        outcomes = [*run(fn, range(4), executor=processes(1))]
        with ProcessPoolExecutor(1) as pool:
            never_sent = next(run(fn, [threading.Lock()], executor=pool))
        tell(ok=[o.ok for o in outcomes], seconds=outcomes[2].seconds, never_sent=never_sent.seconds)
        """
    )
    assert got["ok"] == [True, True, False, True]
    assert got["seconds"] >= 3 * 0.1
    assert got["never_sent"] == 0.0


@pytest.mark.slow
def test_the_signal_that_ended_a_worker_is_named() -> None:
    got = seen(
        """
        fn = lambda n: os.kill(os.getpid(), signal.SIGSEGV) if n == 1 else n
        outcomes = collect(run(fn, range(3), executor=processes(1, deaths=1)))
        tell(ok=[o.ok for o in outcomes], message=outcomes[1].error.message)
        """
    )
    assert got["ok"] == [True, False, True]
    assert "killed by SIGSEGV" in got["message"]


@pytest.mark.slow
def test_random_kills_lose_nothing() -> None:
    got = seen(
        """
        def big(n):
            return os.getpid(), bytes([n % 256]) * 500_000

        killed, chance = set(), random.Random(7)
        good = total = 0
        for outcome in run(big, range(1500), executor=processes(2, deaths=50), ordered=False, in_flight=16):
            total += 1
            worker, content = outcome.result
            good += content == bytes([outcome.config % 256]) * 500_000
            if chance.random() < 0.04 and worker not in killed:  # wherever it is by now in what it does next
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
                    killed.add(worker)
        tell(total=total, good=good, killed=len(killed) > 10)
        """
    )
    assert got == {"total": 1500, "good": 1500, "killed": True}


@pytest.mark.slow
def test_a_task_that_hangs_is_over_in_seconds() -> None:
    """None of its own accord: each would outlast the program."""
    got = seen(
        """
        @timed_out(1)
        def hangs(n):
            if n == 3:
                time.sleep(HANG_SECONDS)
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
            10 ** 10 ** 9  # holds the interpreter, and hears no signal
        outcomes = collect(run(lambda n: hangs(n) if n in (3, 5) else n, range(8), executor=processes(2)))
        tell(ok=[o.ok for o in outcomes], message=outcomes[3].error.message)
        """
    )
    assert got["ok"] == [True, True, True, False, True, False, True, True]
    assert got["message"] == "took longer than 1 s"


@pytest.mark.slow
def test_runs_at_the_same_time_do_not_hold_each_other_up() -> None:
    """A worker that is forked meanwhile has the ends of all pipes; the end of a run must not wait for theirs."""
    got = seen(
        """
        one = run(abs, range(20), executor=processes(2))
        two = run(abs, range(20), executor=processes(2, start_method="fork"))
        three = run(abs, range(20), executor=processes(2, start_method="fork"))
        for outcomes in (one, two, three):
            next(outcomes)
        from spearmint_fp.workers import process_pool, processes as started
        assert started.monotonic is process_pool.monotonic is time.monotonic
        started.monotonic = process_pool.monotonic = lambda: 0.0  # no limit is ever reached
        tell(given=[len(list(one)), len(list(two))], rest=len(list(three)))
        """
    )
    assert got == {"given": [19, 19], "rest": 19}


@pytest.mark.slow
def test_a_caller_that_ignores_its_children_and_has_odd_paths() -> None:
    got = seen(
        """
        from pathlib import Path
        sys.path.append(Path("/tmp"))
        sys.argv[1:] = ["x" * 1000] * 300
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        fn = lambda n: os._exit(2) if n == 3 else len(sys.argv)
        outcomes = list(run(fn, range(6), executor=processes(2)))
        tell(ok=[o.result for o in outcomes if o.ok], message=outcomes[3].error.message)
        """
    )
    assert got["ok"] == [301] * 5
    assert "exit code 2, 3 times of 3" in got["message"]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["forkserver", "spawn", "fork"])
def test_too_few_open_files_say_so_and_leak_none(method: str) -> None:
    got = seen(
        f"""
        import resource
        list(run(abs, [1], executor=processes(1, start_method={method!r})))
        before = len(os.listdir("/proc/self/fd"))
        resource.setrlimit(resource.RLIMIT_NOFILE, (before + 9, before + 9))
        try:
            list(run(lambda n: time.sleep(0.05), range(99), executor=processes(9, start_method={method!r})))
        except RunError as error:
            tell(message=str(error), leaked=len(os.listdir("/proc/self/fd")) - before)
        """
    )
    assert "of 9 cannot be started: [Errno 24] Too many open files. Take fewer, processes(n)" in got["message"]
    assert got["leaked"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("method", OURS)
def test_interrupts_during_the_stop_leave_nothing(method: str) -> None:
    """A worker that ignores SIGTERM makes the stop take long enough to be interrupted, again and again."""
    got = seen(
        f"""
        def stubborn(n):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            if n > 1:
                time.sleep(HANG_SECONDS)
            return n
        before = len(os.listdir("/proc/self/fd"))
        outcomes = run(stubborn, range(8), executor=processes(4, start_method={method!r}), in_flight=8, ordered=False)
        first = [next(outcomes), next(outcomes)]
        family = psutil.Process().children(recursive=True)
        over = threading.Event()
        def hammer():
            while not over.wait(0.02):
                os.kill(os.getpid(), signal.SIGINT)
        thread = threading.Thread(target=hammer)
        interrupts = 0
        while True:
            try:
                if not thread.ident:
                    thread.start()
                outcomes.close()
                break
            except KeyboardInterrupt:
                interrupts += 1
        while True:
            try:
                over.set()
                thread.join()
                break
            except KeyboardInterrupt:
                pass
        left = [p.pid for p in family if p.is_running()]
        tell(left=left, interrupted=interrupts > 0, open=len(os.listdir("/proc/self/fd")) - before)
        """
    )
    assert got == {"left": [], "interrupted": True, "open": 0}


@pytest.mark.slow
@pytest.mark.parametrize("method", OURS)
@pytest.mark.parametrize(
    "caller", ["signal.signal(signal.SIGCHLD, signal.SIG_IGN)", "signal.signal(signal.SIGCHLD, reap)"]
)
def test_how_a_worker_ended_is_told_rightly_or_not_at_all(method: str, caller: str) -> None:
    got = seen(
        f"""
        def reap(number, frame):
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                pass
        {caller}
        fn = lambda n: os._exit(2) if n == 3 else n
        outcomes = list(run(fn, range(6), executor=processes(2, start_method={method!r})))
        tell(ok=[o.result for o in outcomes if o.ok], message=outcomes[3].error.message, left=len(workers()))
        """
    )
    assert got["ok"] == [0, 1, 2, 4, 5]
    assert ("exit code 2," if method == "forkserver" else "its exit code is unknown, since") in got["message"]
    assert got["left"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("method", OURS)
def test_more_open_files_than_select_takes(method: str) -> None:
    got = seen(
        f"""
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        files = [open(os.devnull) for _ in range(1500)]
        tell(got=[o.result for o in run(abs, range(6), executor=processes(2, start_method={method!r}))])
        """
    )
    assert got == {"got": list(range(6))}


@pytest.mark.parametrize("method", OURS)
@pytest.mark.parametrize("most", [1, 7])
def test_a_worker_is_replaced_after_so_many_tasks_and_none_is_lost(method: str, most: int) -> None:
    got = seen(
        f"""
        from collections import Counter
        executor = processes(2, start_method={method!r}, max_tasks={most})
        outcomes = list(run(lambda c: (os.getpid(), c.n), rising({most} * 6 + 1), executor=executor))
        each = Counter(o.result[0] for o in outcomes)
        order = [o.result[1] for o in outcomes] == list(range({most} * 6 + 1))
        tell(order=order, most=max(each.values()), workers=len(each), attempts=max(o.attempts for o in outcomes))
        """
    )
    assert (got["order"], got["most"], got["attempts"]) == (True, most, 1)
    assert got["workers"] >= 7


@pytest.mark.slow
def test_a_chunk_goes_on_in_the_next_worker_with_its_deaths_and_its_configurations() -> None:
    got = seen(
        """
        fn = lambda n: os._exit(3) if n == 500 else (os.getpid(), n)
        outcomes = list(run(fn, iter(range(3000)), executor=processes(2, max_tasks=400)))
        failed = [(o.config, o.attempts) for o in outcomes if not o.ok]
        pids = {o.result[0] for o in outcomes if o.ok}
        tell(results=[o.result[1] for o in outcomes if o.ok] == [n for n in range(3000) if n != 500], failed=failed,
             workers=len(pids) >= 7, left=left())
        """
    )
    assert got == {"results": True, "failed": [[500, 3]], "workers": True, "left": 0}


@pytest.mark.slow
def test_a_worker_is_replaced_after_the_variants_that_its_tasks_have_left_running(tmp_path: Path) -> None:
    got = seen(
        f"""
        from pathlib import Path
        folder = Path({str(tmp_path)!r})
        @experiment([{{"a": DynamicValue([0, 1])}}])
        def inner(config: Config, n):
            if config.a:
                wait_until((folder / "go").exists)
                (folder / f"variant {{n}}").touch()
            return n
        def task(n):
            if n == 1:
                (folder / "go").touch()
            return inner(n)
        outcomes = list(run(task, range(4), executor=processes(2, max_tasks=1)))
        tell(results=[o.result for o in outcomes], variants=len(list(folder.glob("variant *"))))
        """
    )
    assert got == {"results": [0, 1, 2, 3], "variants": 4}
