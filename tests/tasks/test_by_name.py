"""Functions of plain keywords, and the signatures of the functions that a run takes."""

from __future__ import annotations

import asyncio
import functools
import inspect
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toolz import curry

from spearmint_fp import (
    ArgumentError,
    Bind,
    Config,
    DynamicValue,
    Journal,
    PathError,
    arun,
    by_name,
    expand,
    inject,
    processes,
    retrying,
    run,
    timed_out,
)
from tests.running.executors import ELSEWHERE, HERE, opened

CONFIG = Config({"lr": 0.1, "depth": 3, "llm": {"model": "a"}, "notes": "first"})


def train(lr: float, depth: int = 1, *, seed: int = 7) -> Any:
    return lr, depth, seed


async def train_async(lr: float, depth: int = 1) -> Any:
    await asyncio.sleep(0)
    return lr, depth


@attrs.frozen
class Settings:
    lr: float
    depth: int = 1


class Pair(NamedTuple):
    lr: float
    depth: int


class Trainer:
    factor = 2

    def train(self, lr: float) -> float:
        return lr * self.factor

    @by_name
    def decorated(self, lr: float) -> float:
        return lr * self.factor

    @classmethod
    def of(cls, depth: int) -> int:
        return depth * cls.factor

    def __call__(self, lr: float) -> float:
        return lr


FUNCTIONS: list[tuple[Callable[..., Any], Any]] = [
    (train, (0.1, 3, 7)),
    (lambda: 5, 5),
    (lambda llm: llm.model, "a"),
    (lambda lr, *rest: (lr, rest), (0.1, ())),
    (lambda **every: every, dict(CONFIG)),
    (lambda lr, **rest: sorted(rest), ["depth", "llm", "notes"]),
    (Settings, Settings(0.1, 3)),
    (Pair, Pair(0.1, 3)),
    (Trainer().train, 0.2),
    (Trainer().decorated, 0.2),
    (Trainer.of, 6),
    (Trainer(), 0.1),
    (functools.partial(train, seed=1), (0.1, 3, 1)),
    (functools.partial(train, depth=9), (0.1, 3, 7)),
    (functools.partial(train, 0.5), (0.5, 3, 7)),
    (curry(train), (0.1, 3, 7)),
    (dict, dict(CONFIG)),
    (retrying(2)(train), (0.1, 3, 7)),
    (functools.lru_cache(train), (0.1, 3, 7)),
]


@pytest.mark.parametrize(("fn", "result"), FUNCTIONS)
def test_functions_of_many_kinds(fn: Callable[..., Any], result: Any) -> None:
    assert by_name(fn)(CONFIG) == result
    assert [outcome.result for outcome in run(by_name(fn), [CONFIG, dict(CONFIG)])] == [result] * 2


@given(keys=st.sets(st.sampled_from(["lr", "depth", "seed", "notes"])).map(lambda keys: {*keys, "lr"}))
def test_it_is_the_call_that_its_first_line_says(keys: set[str]) -> None:
    config = {key: hash(key) for key in keys}
    assert by_name(train)(config) == train(**{key: config[key] for key in ("lr", "depth", "seed") if key in config})


def test_coroutines_and_wrappers_in_any_order() -> None:
    for fn in (
        by_name(train_async), retrying(2)(by_name(train_async)), by_name(retrying(2)(train_async)),
        timed_out(900)(retrying(2)(by_name(train_async))),
    ):  # fmt: skip
        assert [outcome.result for outcome in run(fn, [CONFIG])] == [(0.1, 3)]

        async def main(fn: Any = fn) -> Any:
            return [outcome.result async for outcome in arun(fn, [CONFIG])]

        assert asyncio.run(main()) == [(0.1, 3)]


def test_typed_configurations_and_sweeps_are_read_too() -> None:
    sweep = expand(Settings(lr=DynamicValue([0.1, 0.2]), depth=4))  # type: ignore[arg-type]
    assert [outcome.result for outcome in run(by_name(train), sweep)] == [(0.1, 4, 7), (0.2, 4, 7)]


@pytest.mark.parametrize("name", [*HERE, *ELSEWHERE])
def test_it_goes_everywhere(name: str) -> None:
    with opened(name) as executor:
        for fn in (by_name(train), by_name(lambda lr, depth=1: (lr, depth, 7)), retrying(2)(by_name(train))):
            assert [outcome.result for outcome in run(fn, [CONFIG], executor=executor)] == [(0.1, 3, 7)]


DECORATED = by_name(train)


def test_it_looks_like_its_function_and_pickles() -> None:
    assert pickle.loads(pickle.dumps(DECORATED))(CONFIG) == (0.1, 3, 7)
    assert by_name(DECORATED) is DECORATED
    assert (DECORATED.__name__, DECORATED.__module__) == ("train", __name__)  # type: ignore[attr-defined]
    assert list(inspect.signature(DECORATED).parameters) == ["config"]
    assert list(inspect.signature(retrying(2)(DECORATED)).parameters) == ["config"]


def test_a_journal_knows_it_by_the_name_of_its_function(tmp_path: Path) -> None:
    with Journal(tmp_path / "runs.db") as journal:
        assert [outcome.replayed for outcome in run(by_name(train), [CONFIG], journal=journal)] == [False]
        assert [outcome.replayed for outcome in run(retrying(2)(by_name(train)), [CONFIG], journal=journal)] == [True]
        assert [name for name, _ in journal.experiments] == [f"{__name__}.train"]


@pytest.mark.parametrize(
    ("fn", "message"),
    [
        (5, r"by_name wraps a function: by_name\(fn\); got 5 \(int\)"),
        (lambda a, /, b: 0, r"<lambda>\(a, /, b\) takes a by position"),
        (lambda a=1, /: 0, r"takes a by position. Use lambda c: fn\(c\['a'\], \.\.\.\)"),
        (lambda *parts: 0, r"takes \*parts by position"),
        (abs, r"abs\(x, /\) takes x by position"),
        (inject(lambda c: c), "takes config by position"),
    ],
)
def test_what_cannot_be_given_by_name(fn: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        by_name(fn)


def test_a_function_that_does_not_take_what_it_looks_like() -> None:
    @functools.wraps(train)
    def adapted(config: Any) -> Any:
        return train(config["lr"])

    with pytest.raises(ArgumentError, match="train does not take the parameters of what it wraps: missing .*'config'"):
        by_name(adapted)
    assert next(run(adapted, [CONFIG])).result == (0.1, 1, 7)  # as a task it is right


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"rate": 1}, r"^train\(\): parameter 'lr' takes lr: no 'lr' at the root; there is: 'rate'$"),
        ({"lrs": 1}, "did you mean 'lrs'"),
        ({}, "it is empty"),
        (5, r"train\(\) takes keys of a configuration; got 5"),
        ((1, 2), "no 'lr' at the root"),
    ],
)
def test_a_key_that_is_not_there(config: Any, message: str) -> None:
    with pytest.raises(PathError, match=message):
        by_name(train)(config)
    failed = next(run(by_name(train_async), [config]))
    assert not failed.ok
    assert failed.error.type.endswith("PathError")


def test_keys_that_are_no_names() -> None:
    assert by_name(train)({"lr": 1, 2: 3}) == (1, 1, 7)
    with pytest.raises(PathError, match=r"takes every key of a configuration by name, and 2 \(int\) is none"):
        by_name(dict)({"lr": 1, 2: 3})


# --- the signature of a function that is run ------------------------------------------------------------


def one(config: Any) -> Any:
    return config


def two(a: int, b: int) -> int:
    return a + b


def bound(config: Config, lr: Annotated[float, Bind("lr")]) -> float:
    return lr


def supplied(fn: Any) -> Any:
    """A decorator that gives its function an argument, and looks like it."""
    return functools.wraps(fn)(lambda *args, **kwargs: fn(*args, epochs=3, **kwargs))


def trained(config: Config, epochs: int) -> int:
    return epochs


def signed(a: int, b: int) -> int:
    return a + b


signed.__signature__ = inspect.signature(signed)  # type: ignore[attr-defined]


class Odd:
    """Its instances are called in ways that their signature does not tell."""

    def __init__(self, config: Any) -> None:
        self.config = config

    __signature__ = inspect.Signature()


class Static:
    __call__ = staticmethod(one)


class Partial:
    __call__ = functools.partial(two, 1)


class Maker(type):
    def __call__(cls, config: Any) -> Any:
        return super().__call__(config, 2)


class Made(metaclass=Maker):
    def __init__(self, a: int, b: int) -> None:
        self.sum = a + b


class Kept:
    def __new__(cls, config: Any) -> Any:
        return config

    def __init__(self) -> None:
        pass


CALLABLE: list[Callable[..., Any]] = [
    supplied(trained), inject(supplied(trained)), functools.wraps(signed)(lambda c: c), Odd, Static(), Partial(), Made,
    Kept, functools.partial(Pair, 1), functools.partial(functools.partial(two, 1)), abs, int, "".join, Config.keys,
    one, lambda c, d=1: c, lambda *c: c, print, len, str, dict, functools.partial(two, 1), functools.partial(two, b=1),
    curry(two)(1), inject(bound), retrying(2)(one), by_name(two),
    retrying(2)(by_name(two)), Trainer().of, Trainer(), functools.wraps(two)(lambda c: c), functools.lru_cache(one),
]  # fmt: skip
NOT_CALLABLE: list[tuple[Callable[..., Any], str]] = [
    (two, "two cannot be called with a configuration alone: missing a required argument: 'b'"),
    (lambda: 1, "too many positional arguments"),
    (lambda *, a: a, "too many positional arguments"),
    (functools.partial(one, config=1), "multiple values for argument 'config'"),
    (functools.wraps(one)(lambda: 1), "one cannot be called with a configuration alone: too many positional arguments"),
    (pow, "missing a required argument: 'exp'"),
    (Odd.__init__, "missing a required argument: 'config'"),
    (lambda c, *, a: a, "missing a required (keyword-only )?argument: 'a'"),  # as the version of Python says it
    (bound, "missing a required argument: 'lr'"),
    (Settings.__init__, "missing a required argument: 'lr'"),
    (Pair, "missing a required argument: 'depth'"),
    (functools.partial(two, 1, 2), "too many positional arguments"),
    (curry(two), "two cannot be called with a configuration alone: missing a required argument: 'b'"),
    (retrying(2)(two), "two cannot be called with a configuration alone: missing a required argument: 'b'"),
    (timed_out(900)(retrying(2)(two)), "missing a required argument: 'b'"),
    (inject(two), "two cannot be called with a configuration alone: missing a required argument: 'a'"),
]


@pytest.mark.parametrize("fn", CALLABLE)
def test_what_takes_a_configuration_is_run(fn: Any) -> None:
    for outcomes in (run(fn, [1]), arun(fn, [1])):
        assert len(outcomes) == 1
        assert repr(outcomes) == "<0 outcomes of a run so far>"


@pytest.mark.parametrize(("fn", "message"), NOT_CALLABLE)
def test_what_does_not_is_refused_before_anything_runs(fn: Any, message: str) -> None:
    pulled: list[int] = []
    for start in (run, arun, functools.partial(run, executor=processes(1))):
        with pytest.raises(ArgumentError, match=message) as told:
            start(fn, map(pulled.append, range(3)))
        assert "Use by_name(fn)" in str(told.value)
        assert "lambda c: fn(...)" in str(told.value)
    assert not pulled
