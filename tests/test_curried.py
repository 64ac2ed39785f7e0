"""The curried namespace: complete, curried where the data comes last, and no different from the plain functions."""

from __future__ import annotations

import ast
import asyncio
import inspect
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice, takewhile
from pathlib import Path
from typing import Any, assert_type, get_args, get_origin

import attrs
import pandas
import pytest
import xarray
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from toolz import pipe

import spearmint_fp
from spearmint_fp import Config, DynamicValue, Journal, Outcome, Success, Sweep, Validation, curried, expand, processes
from spearmint_fp.configuration.spacing import Spacing
from spearmint_fp.running.arun import AsyncOutcomes
from spearmint_fp.running.run import Outcomes

from .test_rooms import HEAVY

MODULE: Any = curried  # as it is when it runs, beside what its stub says
STUB = Path(MODULE.__file__).with_suffix(".pyi")
CURRIED = [name for name in MODULE.__all__ if isinstance(getattr(curried, name), MODULE.Curried)]
SPACE = expand({"a": DynamicValue([1, 2, 3]), "b": DynamicValue([1, 2, 4])})


@attrs.frozen
class Pair:
    a: int
    b: int


def total(config: Any) -> int:
    return int(config["a"]) + int(config["b"])


def below(a: int, b: int) -> bool:
    return a < b


def ratio(config: Any) -> float:
    return float(config["a"] / (config["b"] - 2))


def as_tuple(outcomes: Any) -> Any:
    return tuple(outcomes) if isinstance(outcomes, Iterator) else outcomes


# --- the namespace ------------------------------------------------------------------------------------


def test_it_replaces_the_plain_one() -> None:
    names: dict[str, Any] = {}
    exec("from spearmint_fp.curried import *", names)
    assert set(names) - {"__builtins__"} == set(dir(spearmint_fp))
    assert MODULE.__all__ == dir(spearmint_fp)
    assert set(MODULE.__all__) <= set(dir(curried))
    with pytest.raises(AttributeError, match="has no attribute 'sampel'"):
        MODULE.sampel


@pytest.mark.parametrize("name", MODULE.__all__)
def test_what_is_curried_is_the_plain_function_and_the_rest_is_the_same_object(name: str) -> None:
    plain, ours = getattr(spearmint_fp, name), getattr(curried, name)
    assert ours.func is plain if name in CURRIED else ours is plain


def waits_for_more(name: str) -> bool:
    """True for a function that can be given a part of its arguments; the data comes later, and last.

    Read off the types, where the module goes by the names of arguments: no function gives another one (a decorator, a
    strategy: their data comes with the second call), and none is a strategy itself, whose data comes first, or makes a
    spacing, of numbers alone.
    """
    function = getattr(spearmint_fp, name)
    if not inspect.isfunction(function):
        return False
    kinds = [p.kind for p in inspect.signature(function).parameters.values()]
    needed = [p for p in inspect.signature(function).parameters.values() if p.kind <= 1 and p.default is p.empty]
    if not needed or len(kinds) == 1 or inspect.Parameter.VAR_POSITIONAL in kinds:
        return False
    result = str(function.__annotations__["return"]).strip("'\"")
    gives_a_function = get_origin(evaluated(result, function)) is get_origin(Callable[..., Any])
    return not gives_a_function and not is_strategy(function, needed) and evaluated(result, function) is not Spacing


def evaluated(annotation: str, function: Any) -> Any:
    try:
        return eval(annotation, {**vars(sys.modules[function.__module__])})
    except NameError:  # a name that is there for type checkers alone, so no `Callable`
        return None


def is_strategy(function: Any, needed: list[inspect.Parameter]) -> bool:
    from spearmint_fp.experiment.strategies import BranchStrategy

    wanted, _ = get_args(BranchStrategy)
    return [evaluated(str(p.annotation), function) for p in needed] == [*wanted]


def test_exactly_the_functions_that_can_wait_for_their_data_are_curried() -> None:
    assert [name for name in MODULE.__all__ if waits_for_more(name)] == CURRIED
    assert {"run", "sample", "label", "structure", "shuffled"} <= set(CURRIED)
    assert not {"expand", "product", "threads", "retrying", "sticky", "single", "experiment", "Sweep"} & set(CURRIED)


@pytest.mark.parametrize("name", CURRIED)
def test_data_is_last_and_options_are_keywords(name: str) -> None:
    parameters = inspect.signature(getattr(spearmint_fp, name)).parameters.values()
    positional = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert positional[-1].name in MODULE.DATA
    assert all(p.default is p.empty for p in positional)
    assert {p.kind for p in parameters} <= {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}


# --- one call, or several -----------------------------------------------------------------------------


def total_of(count: int, outcome: Any) -> int:
    return count + 1


OUTCOMES = tuple(spearmint_fp.run(ratio, SPACE))
SAMPLES: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "arun": ((total, [SPACE[0]]), {"limit": 2}),
    "best": ((lambda success: success.result, OUTCOMES), {}),
    "compare": (("a", OUTCOMES), {}),
    "constrain": ((below, SPACE), {"on": ("a", "b")}),
    "covering": ((2, SPACE), {"seed": 3}),
    "dataset": ((OUTCOMES,), {"sweep": SPACE}),
    "derive": (("c", total, SPACE), {}),
    "exclude": (([{"a": 1, "b": 2}, {"b": 4}], SPACE), {}),
    "frame": ((OUTCOMES,), {"library": "pandas"}),
    "get_in": (("a", SPACE[0]), {}),
    "groupby": (("a", SPACE), {}),
    "html_page": ((OUTCOMES,), {"title": "ratios"}),
    "include": (([{"a": 1, "c": 2}, {"b": 9}], SPACE), {}),
    "label": ((SPACE[4], SPACE), {}),
    "slug": ((SPACE[4], SPACE), {}),
    "mapped": ((total, SPACE), {}),
    "neighbours": ((SPACE[4], SPACE), {}),
    "override": (({"b": 7}, {"a": 1, "b": 2}), {}),
    "plot": ((OUTCOMES,), {"title": "ratios", "sweep": SPACE}),
    "project": (("a", SPACE), {}),
    "remove_in": (("a", SPACE[0]), {}),
    "reorder": ((["b"], SPACE), {}),
    "rows": ((OUTCOMES,), {"sweep": SPACE}),
    "run": ((ratio, SPACE), {"executor": spearmint_fp.threads(2)}),
    "sample": ((4, SPACE), {"seed": 3}),
    "set_in": (("a", 9, SPACE[0]), {}),
    "shard": ((1, 2, SPACE), {}),
    "shuffled": ((SPACE,), {"seed": 3}),
    "spread": ((4, SPACE), {"seed": 3}),
    "stop_when": ((bool, OUTCOMES), {"step": total_of, "initial": 0}),
    "structure": ((Pair, SPACE[0]), {"extra": "ignore"}),
    "structured": ((Pair, SPACE), {"extra": "ignore"}),
    "summary": ((OUTCOMES,), {"by": "a"}),
    "update_in": (("a", str, SPACE[0]), {}),
    "validate": ((Pair, SPACE), {"extra": "ignore"}),
    "where": (({"a": DynamicValue([1, 3])}, SPACE), {}),
}


def looked_at(value: Any) -> Any:
    """A result as something that can be compared."""
    if isinstance(value, AsyncOutcomes):

        async def gathered() -> list[Any]:
            async with value as outcomes:
                return [outcome async for outcome in outcomes]

        return asyncio.run(gathered())
    if isinstance(value, Figure):
        return [(axes.get_title(), axes.get_xlabel(), axes.get_ylabel(), axes.dataLim.bounds) for axes in value.axes]
    if isinstance(value, xarray.Dataset):
        return str(value.to_dict())
    return value.to_dict("list") if isinstance(value, pandas.DataFrame) else as_tuple(value)


def test_every_curried_function_has_sample_arguments() -> None:
    assert sorted(SAMPLES) == CURRIED


@pytest.mark.parametrize("name", CURRIED)
def test_arguments_may_come_one_by_one(name: str) -> None:
    args, options = SAMPLES[name]
    plain, ours = getattr(spearmint_fp, name), getattr(curried, name)
    wanted = looked_at(plain(*args, **options))
    assert looked_at(ours(*args, **options)) == wanted
    for cut in range(len(args)):
        assert looked_at(ours(*args[:cut], **options)(*args[cut:])) == wanted
        assert looked_at(ours(**options)(*args[:cut])(*args[cut:])) == wanted
    step = ours(**options)
    for arg in args:
        assert isinstance(step, MODULE.Curried)
        step = step(arg)
    assert looked_at(step) == wanted
    assert looked_at(ours(*args[:-1], **options)()(args[-1])) == wanted


@pytest.mark.parametrize("name", CURRIED)
def test_a_function_that_waits_pickles(name: str) -> None:
    args, options = SAMPLES[name]
    args = (total, *args[1:]) if name == "best" else args  # a lambda does not
    waiting = getattr(curried, name)(*args[:-1], **options)
    again = pickle.loads(pickle.dumps(waiting))
    assert (again.func, again.args, again.keywords) == (waiting.func, waiting.args, waiting.keywords)
    assert len(pickle.dumps(waiting)) < 500


def test_it_looks_like_the_function() -> None:
    three: Any = curried.sample(3, seed=1)
    assert repr(three) == "sample(3, ..., seed=1)"
    assert three.__name__ == "sample"
    assert three.__doc__ == spearmint_fp.sample.__doc__
    assert str(inspect.signature(three)) == "(sweep: 'Sweep[T]', *, seed: 'int' = 1) -> 'Sweep[T]'"
    assert not hasattr(three, "colour")


@given(k=st.integers(0, 9), seed=st.integers(0, 3), i=st.integers(0, 2))
def test_steps_compose_as_the_functions_do(k: int, seed: int, i: int) -> None:
    piped = pipe(SPACE, curried.shuffled(seed=seed), curried.sample(k, seed=seed), curried.shard(i, 3))
    plain = spearmint_fp.shard(i, 3, spearmint_fp.sample(k, spearmint_fp.shuffled(SPACE, seed=seed), seed=seed))
    assert piped == plain


# --- errors -------------------------------------------------------------------------------------------


def wrong(config: Any) -> Any:
    return 1 + config  # a TypeError of the user's


def test_a_type_error_inside_is_raised_and_never_waits() -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        curried.update_in("a", wrong, {"a": "x"})
    with pytest.raises(TypeError, match="unsupported operand"):
        curried.update_in("a")(wrong)({"a": "x"})
    with pytest.raises(spearmint_fp.ArgumentError, match="k is a whole number; got 'x'"):
        MODULE.sample("x")(SPACE)
    [failure] = curried.failures(curried.run(wrong)(["x"]))
    assert failure.error.type == "TypeError"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: MODULE.sample(3, sed=1),
            r"sample has no argument 'sed', given as 1 \(int\); did you mean 'seed'\? Call it as ",
        ),
        (
            lambda: MODULE.sample(k=3)(SPACE),
            r"k twice, by position, as Sweep.* Call it as sample\(k, sweep, \*, seed=0\)",
        ),
        (lambda: MODULE.sample(3, SPACE, 4), "takes 2 arguments by position; got 3"),
        (lambda: MODULE.constrain(below, SPACE), "constrain also needs on"),
        (lambda: MODULE.run(total, SPACE, workers=2), r"write executor=processes\(2\)"),
    ],
)
def test_a_call_that_cannot_become_one_is_an_error_where_it_is_written(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call()


def test_what_waits_is_named_where_data_was_wanted() -> None:
    with pytest.raises(spearmint_fp.ArgumentError, match=r"got shard\(0, \.\.\.\)"):
        MODULE.sample(3, curried.shard(0))


# --- pipes --------------------------------------------------------------------------------------------


def test_a_pipe_reads_from_tree_to_results() -> None:
    found = pipe(
        {"a": DynamicValue(range(1, 9)), "b": DynamicValue(range(1, 9))},
        curried.expand,
        curried.constrain(below, on=("a", "b")),
        curried.sample(10),
        curried.run(ratio),
        curried.collect,
        curried.successes,
        list,
    )
    assert 9 <= len(found) <= 10  # a ratio divides by zero where b is 2
    assert all(s.config.a < s.config.b and s.result == s.config.a / (s.config.b - 2) for s in found)


@pytest.mark.slow
def test_steps_go_to_processes() -> None:
    score = curried.update_in("a", str)
    results = pipe([{"a": 1}, {"a": 2}], curried.run(score, executor=processes(1)), list)
    assert [outcome.result for outcome in results] == [{"a": "1"}, {"a": "2"}]
    typed = curried.structure(Pair, extra="ignore")
    made = pipe([{"a": 1, "b": 2, "c": 3}], curried.run(typed, executor=processes(1)), list)
    assert [outcome.result for outcome in made] == [Pair(1, 2)]


def test_a_run_in_a_pipe_is_lazy() -> None:
    seen: list[int] = []

    def note(config: Any) -> int:
        seen.append(config.a)
        return int(config.a)

    outcomes = pipe(SPACE, curried.run(note))
    assert seen == []
    assert [o.result for o in takewhile(lambda outcome: outcome.result < 2, islice(outcomes, 9))] == [1, 1, 1]
    assert seen == [1, 1, 1, 2]


def test_a_journal_tells_apart_what_functions_have_been_given() -> None:
    with Journal(Path(tempfile.mkdtemp(), "runs.db")) as journal:
        first = [o.result for o in curried.run(curried.get_in("a"), journal=journal)(SPACE[:2])]
        other = [o.result for o in curried.run(curried.get_in("b"), journal=journal)(SPACE[:2])]
        again = [o.replayed for o in curried.run(partial(spearmint_fp.get_in, "a"), SPACE[:2], journal=journal)]
    assert (first, other, again) == ([1, 1], [1, 2], [True, True])


def test_importing_it_is_as_light_as_the_package() -> None:
    heavy = [name for name in HEAVY if name not in ("asyncio", "logging", "hashlib")]
    code = f"from spearmint_fp.curried import *; import sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    code = "import spearmint_fp.curried, sys; print('spearmint_fp.running.run' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# --- types --------------------------------------------------------------------------------------------


def stub_names() -> tuple[set[str], dict[str, list[ast.FunctionDef]]]:
    """The names that the stub re-exports, and the overloads of those that it declares."""
    body = ast.parse(STUB.read_text(encoding="utf-8")).body
    exported = {a.asname for node in body if isinstance(node, ast.ImportFrom) for a in node.names if a.asname}
    overloads: dict[str, list[ast.FunctionDef]] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef):
            overloads.setdefault(node.name, []).append(node)
    return exported, overloads


def test_the_stub_has_every_name_as_it_is() -> None:
    exported, overloads = stub_names()
    assert sorted(overloads) == CURRIED
    assert exported == set(MODULE.__all__) - set(CURRIED)


@pytest.mark.parametrize("name", CURRIED)
def test_the_stub_takes_what_the_function_takes(name: str) -> None:
    parameters = inspect.signature(getattr(spearmint_fp, name)).parameters.values()
    positional = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    options = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    _, overloads = stub_names()
    taken = [([a.arg for a in node.args.args], node.args) for node in overloads[name]]
    assert positional in [names for names, _ in taken]
    assert positional[:-1] in [names for names, _ in taken]
    for names, args in taken:
        assert names == positional[: len(names)] or name in ("label", "slug")
        given = {a.arg for a in args.kwonlyargs} - set(positional)
        assert given == set(options)
        for a, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
            assert default is None or ast.literal_eval(default) == options[a.arg]


def test_types_flow_through() -> None:
    s = expand(Pair(1, 2))
    assert_type(curried.sample(1, s), Sweep[Pair])
    assert_type(curried.sample(1)(s), Sweep[Pair])
    assert_type(curried.covering(1, s), Sweep[Pair])
    assert_type(curried.covering(1)(s), Sweep[Pair])
    assert_type(curried.spread(1, s), Sweep[Pair])
    assert_type(curried.spread(1)(s), Sweep[Pair])
    assert_type(curried.shuffled(seed=1)(s), Sweep[Pair])
    assert_type(curried.constrain(below, on=("a", "b"))(s), Sweep[Pair])
    assert_type(curried.structured(Pair)(curried.unit[:0]), Sweep[Pair])
    assert_type(curried.structure(Pair)({"a": 1, "b": 2}), Pair)
    assert_type(curried.validate(Pair)(SPACE), Validation)
    assert_type(curried.label(sweep=SPACE)(SPACE[0]), str)
    assert_type(curried.expand({"a": 1}), Sweep[Config])
    outcomes = curried.run(text)([1, 2])
    assert_type(outcomes, Outcomes[int, str])
    assert_type(curried.best(length)(outcomes), Success[int, str])
    assert_type(curried.frame(library="pandas")(kept_of(SPACE)), pandas.DataFrame)
    curried.sample("1")  # type: ignore[call-overload]
    kept: tuple[Outcome[int, str], ...] = curried.collect(curried.run(text, [1]))
    assert len(kept) == 1


def kept_of(sweep: Sweep[Config]) -> tuple[Outcome[Config, float], ...]:
    return curried.collect(curried.run(ratio)(sweep))


def text(n: int) -> str:
    return str(n)


def length(success: Success[int, str]) -> int:
    return len(success.result)
