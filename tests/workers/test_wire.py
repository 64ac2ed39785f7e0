"""Values that cannot be pickled are failures or errors, and break no pool."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workers.programs import seen


@pytest.mark.parametrize("executor", ["processes(2)", 'ProcessPoolExecutor(2, mp_context=get_context("spawn"))'])
def test_exceptions_and_results_that_do_not_travel_break_no_pool(executor: str) -> None:
    got = seen(
        f"""
        tasks = [lambda: NeedsTwo, lambda: KeywordOnly]
        def task(n):
            match n % 8:
                case 0: raise NeedsTwo("one", "two")
                case 1: raise KeywordOnly(code=n)
                case 2: return threading.Lock()
                case 3: return Unopenable()
                case 4: raise SystemExit(4)
                case 5: raise MemoryError("none left")
                case 6: raise Locked()
                case _: return n
        executor = {executor}
        outcomes = collect(run(task, range(40), executor=executor))
        tell(ok=[o.config for o in outcomes if o.ok], kinds=[o.error.type.rpartition(".")[2] for o in outcomes[:7]])
        getattr(executor, "shutdown", bool)()
        """
    )
    assert got["ok"] == [7, 15, 23, 31, 39]
    kinds = ["NeedsTwo", "KeywordOnly", "TransferError", "TransferError", "SystemExit", "MemoryError", "Locked"]
    assert got["kinds"] == kinds


def test_a_function_that_does_not_travel_is_an_error_before_any_task(tmp_path: Path) -> None:
    got = seen(
        f"""
        lock = threading.Lock()
        def task(n):
            open({str(tmp_path / "ran")!r}, "w").close()
            return lock
        try:
            list(run(lambda n, lock=lock: task(n), range(3), executor=processes(2)))
        except TransferError as error:
            tell(message=str(error), left=left())
        """
    )
    assert "cannot be sent to another process" in got["message"]
    assert got["left"] == 0
    assert not (tmp_path / "ran").exists()
