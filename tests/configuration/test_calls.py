"""Calls that do not fit: the error is about the call itself, and what fits is left alone."""

from __future__ import annotations

import inspect
import pickle
import sys
from typing import Any

import pytest

import spearmint_fp
from spearmint_fp import (
    ArgumentError,
    Config,
    DynamicValue,
    Journal,
    Spearmint,
    config_id,
    expand,
    run,
    sample,
    unit,
)
from spearmint_fp.configuration.calls import explain_calls

WRONG: Any = spearmint_fp  # called as no type checker allows


def test_what_is_explained_is_the_same_to_all_who_look() -> None:
    assert (run.__module__, run.__qualname__) == ("spearmint_fp.running.run", "run")
    assert run.__globals__ is vars(sys.modules["spearmint_fp.running.run"])  # doctest asks
    assert pickle.loads(pickle.dumps(run)) is run
    assert config_id({"fn": sample}) == "74fe7f7c4250ff212ae16fb91778ec69"
    assert str(inspect.signature(sample)).startswith("(k: 'int', sweep: ")
    for cls in (Config, DynamicValue, Journal, Spearmint):
        assert "self" not in inspect.signature(cls).parameters


def test_a_type_error_from_inside_comes_through_as_it_is() -> None:
    @explain_calls
    def outer(fn: Any) -> None:
        fn(1, 2)

    def inner() -> None: ...

    for fn in (inner, len):
        with pytest.raises(TypeError) as raised:
            outer(fn)
        assert type(raised.value) is TypeError
    with pytest.raises(ArgumentError, match=r"^outer also needs fn\. Call it as outer\(fn\)$"):
        outer()  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: WRONG.run(print), "run also needs configs. Call it as run(fn, configs, *, executor=None, "),
        (
            lambda: WRONG.Config(lr=1),
            "Config takes one mapping, and no arguments by name; got lr. Write Config({'lr': 1})",
        ),
        (lambda: WRONG.Config(mapping={}), "Config takes one mapping, and no arguments by name; got mapping. Write"),
        (
            lambda: WRONG.Config({}, lr=1),
            "Config has no argument 'lr', given as 1 (int). Call it as Config(mapping=None, /)",
        ),
        (lambda: WRONG.expand(), "expand also needs tree. Call it as expand(tree)"),
        (
            lambda: WRONG.DynamicValue(low=0),
            "DynamicValue has no argument 'low', given as 0 (int); there is: 'values'. ",
        ),
        (lambda: WRONG.arun(print, unit, concurrency=3), "given as 3 (int); write limit=3. Call it as arun("),
        (
            lambda: WRONG.sample(3, unit, n_jobs=3),
            "no argument 'n_jobs', given as 3 (int); there is: 'k', 'sweep', 'seed'",
        ),
        (lambda: WRONG.Journal(), "Journal also needs path. Call it as Journal(path, "),
        (
            lambda: WRONG.constrain(all, unit, n=1),
            "given as 1 (int); did you mean 'on'? Call it as constrain(",
        ),
    ],
)
def test_a_call_that_does_not_fit(call: Any, says: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        call()
    assert says in str(raised.value)
    assert raised.value.__context__ is None


def test_a_public_function_as_a_task_is_looked_at_as_it_is() -> None:
    with pytest.raises(ArgumentError, match="sample cannot be called with a configuration alone"):
        run(WRONG.sample, unit)
    assert [outcome.result for outcome in run(expand, [{"n": 1}])] == [expand({"n": 1})]
