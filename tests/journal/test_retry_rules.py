"""Failures that are worth another try, by the types of their errors."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from spearmint_fp import (
    ArgumentError,
    Config,
    DynamicValue,
    Failure,
    Journal,
    TaskTimeoutError,
    WorkerError,
    expand,
    processes,
    run,
    threads,
)
from spearmint_fp.journal.retry_rules import RetryRule
from spearmint_fp.journal.rows import read_outcome
from spearmint_fp.outcomes.outcomes import ErrorInfo
from tests.workers.programs import program, saw

SPACE = expand({"n": DynamicValue(range(5))})


class FlakyError(ConnectionResetError):
    pass


class UnpicklableError(FlakyError):
    def __reduce__(self) -> Any:
        raise TypeError("not mine to give")


ERRORS: list[Callable[[], Exception]] = [
    lambda: FlakyError("0"),
    lambda: ValueError("1"),
    lambda: TimeoutError("2"),
    lambda: UnpicklableError("3"),
]


def failing(config: Config) -> int:
    if config.n < len(ERRORS):
        raise ERRORS[config.n]()
    return int(config.n)


RULES = [
    (ConnectionError, {1, 2}),
    (OSError, {1}),
    (FlakyError, {1, 2}),
    (UnpicklableError, {0, 1, 2}),
    ((ValueError, TimeoutError), {0, 3}),
    (BaseException, set()),
    (KeyError, {0, 1, 2, 3}),
    ((), {0, 1, 2, 3}),
    (True, set()),
    (False, {0, 1, 2, 3}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "replayed"), RULES)
@pytest.mark.parametrize(
    "executor",
    [
        pytest.param(None, id="serial"),
        pytest.param(threads(2), id="threads"),
        pytest.param(processes(2), id="processes", marks=pytest.mark.slow),
    ],
)
def test_failures_of_these_types_run_again_and_no_others(
    executor: Any, rule: Any, replayed: set[int], path: Path
) -> None:
    with Journal(path) as journal:
        assert not any(outcome.replayed for outcome in run(failing, SPACE, executor=executor, journal=journal))
    with Journal(path, retry_failures=rule) as journal:
        outcomes = list(run(failing, SPACE, journal=journal))
        assert {o.index for o in outcomes if o.replayed} == replayed | {4}
        assert journal.plan(SPACE, failing).todo == 4 - len(replayed)


@pytest.mark.parametrize(("rule", "replayed"), RULES)
def test_a_journal_that_kept_no_more_than_the_name_of_the_type(rule: Any, replayed: set[int], path: Path) -> None:
    with Journal(path) as journal:
        list(run(failing, SPACE, journal=journal))
    with closing(sqlite3.connect(path)) as other:
        rows = other.execute("SELECT id, content FROM outcomes WHERE NOT ok").fetchall()
        for number, content in rows:
            old = {part: text for part, text in json.loads(content).items() if part != "kinds"}
            other.execute("UPDATE outcomes SET content = ? WHERE id = ?", (json.dumps(old), number))
        other.commit()
    with Journal(path, retry_failures=rule) as journal:
        assert {o.index for o in run(failing, SPACE, journal=journal) if o.replayed} == replayed | {4}


STUDY = """
import sys
from spearmint_fp import *

class Mine(Exception):
    pass

def work(config):
    raise Mine if config.n else KeyError

def main(path, rule):
    with Journal(path, retry_failures=rule) as journal:
        outcomes = list(run(work, expand({"n": DynamicValue([0, 1])}), journal=journal))
    tell(replayed=[outcome.replayed for outcome in outcomes])

if __name__ == "__main__":
    main(sys.argv[1], Mine)
"""


@pytest.mark.slow
def test_the_errors_of_a_script_are_those_of_its_import(tmp_path: Path) -> None:
    (tmp_path / "study.py").write_text(program(STUDY))
    script = ["python", "study.py", "runs.db"]
    imported = ["python", "-c", "import study; study.main('runs.db', study.Mine)"]
    import sys

    for command in (script, imported, ["python", "-m", "study", "runs.db"], script):
        told = saw([sys.executable, *command[1:]], tmp_path)
        assert told == {"replayed": [command is not script or (tmp_path / "second").exists(), False]}
        (tmp_path / "second").touch()


@pytest.mark.parametrize("wrong", [1, None, "OSError", int, (OSError, 1), [OSError], OSError("x"), lambda _: True])
def test_anything_else_is_refused(wrong: Any, path: Path) -> None:
    with pytest.raises(ArgumentError, match="retry_failures is True or False, or says which errors"):
        Journal(path, retry_failures=wrong)
    assert not path.exists()


def test_errors_of_the_library_are_known_by_the_names_of_older_versions() -> None:
    old = "spearmint_fp.configuration.errors.TaskTimeoutError"
    kept: dict[str, Any] = {"type": old, "message": "", "traceback": "", "kinds": [old, "TimeoutError"]}
    for parts in (kept, {**kept, "kinds": []}):
        assert RetryRule(TaskTimeoutError).is_due(json.dumps(parts))
        assert not RetryRule(WorkerError).is_due(json.dumps(parts))
    failed = read_outcome((0, 0, json.dumps(kept), 0.5, 1), None, 0, None)
    assert isinstance(failed, Failure)
    assert (failed.error.type, failed.error.kinds[0]) == ("spearmint_fp.TaskTimeoutError",) * 2


@pytest.mark.parametrize("content", ["nope", "5", "{}", '{"type": []}', '{"kinds": 5, "type": 1}', "[" * 10_000])
def test_a_damaged_failure_runs_again(content: str) -> None:
    assert RetryRule(ValueError).is_due(content)


def test_an_error_knows_what_it_is_derived_from() -> None:
    assert ErrorInfo.of(FlakyError()).kinds[:3] == (
        "tests.journal.test_retry_rules.FlakyError",
        "ConnectionResetError",
        "ConnectionError",
    )
