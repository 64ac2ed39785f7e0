"""The process that forks workers: killed, stopped, late with its news."""

from __future__ import annotations

import pytest

from tests.workers.programs import seen


@pytest.mark.slow
def test_the_process_that_forks_workers_is_killed() -> None:
    got = seen(
        """
        outcomes = run(lambda n: time.sleep(0.005) or n, range(200), executor=processes(2))
        first = next(outcomes)
        [server] = psutil.Process().children()
        server.kill()
        rest = list(outcomes)
        tell(results=[o.result for o in [first, *rest] if o.ok] == list(range(200)))
        """
    )
    assert got == {"results": True}


@pytest.mark.slow
def test_ctrl_c_while_the_process_that_forks_workers_is_stopped() -> None:
    got = seen(
        """
        outcomes = run(lambda n: time.sleep(0.01) or n, range(10**6), executor=processes(2))
        next(outcomes)
        family = psutil.Process().children(recursive=True)
        [server] = psutil.Process().children()
        server.suspend()
        given = 0
        try:
            for given, outcome in enumerate(outcomes, 1):
                if given == 1:
                    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        except KeyboardInterrupt:
            tell(given=given > 0, left=[p.pid for p in family if is_running(p)])
        """
    )
    assert got == {"given": True, "left": []}


@pytest.mark.slow
def test_how_a_worker_ended_is_told_right_where_the_news_of_it_is_late() -> None:
    """As on a busy machine: what has been killed, or has ended, is seen to have ended half a second later."""
    got = seen(
        """
        from spearmint_fp.workers import processes as started, start_methods
        killed, kill, poll = {}, started.Process.signal, start_methods._ForkedProcess._poll
        def noted(process, number):
            killed.setdefault(process.pid, time.monotonic())
            kill(process, number)
        def late(process):
            return None if time.monotonic() < killed.get(process.pid, 0) + 0.5 else poll(process)
        started.Process.signal, start_methods._ForkedProcess._poll = noted, late
        fn = lambda n: os._exit(3) if n == 1 else n
        outcomes = list(run(fn, range(3), executor=processes(1, deaths=1)))
        tell(ok=[o.ok for o in outcomes], message=outcomes[1].error.message)
        """
    )
    assert got["ok"] == [True, False, True]
    assert "exit code 3, 1 times of 1" in got["message"]


def test_each_fork_has_random_numbers_of_its_own() -> None:
    got = seen(
        """
        import numpy
        numpy.random.seed(0)
        random.seed(0)
        def task(n):
            time.sleep(0.3)  # so that each worker has one
            return os.getpid(), numpy.random.random(), random.random()
        for method in ("fork", "forkserver", "spawn"):
            executor = processes(4, start_method=method)
            pids, ones, others = zip(*(o.result for o in run(task, range(4), executor=executor)))
            assert len({*zip(pids, ones)}) == len(set(ones)) == len(set(others)) == 4, (method, ones, others)
        tell(mine=numpy.random.random() == numpy.random.RandomState(0).random())
        """
    )
    assert got == {"mine": True}
