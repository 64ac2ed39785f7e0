"""Which objects a function's code refers to: found where the function itself would find them."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

import pytest
import toolz

from spearmint_fp.experiment.discovery import list_references


def marked(name: str) -> Callable[..., Any]:
    def f(*args: Any) -> Any: ...

    f.__dict__["mark"] = name
    return f


a, b = marked("a"), marked("b")
module: Any = types.ModuleType("module")
module.c = marked("c")
module.inner = types.ModuleType("inner")
module.inner.d = marked("d")


class Class:
    e = marked("e")

    @staticmethod
    def s() -> None: ...

    @classmethod
    def k(cls) -> Any:
        return cls.e()

    def method(self) -> Any:
        return self.e(), module.inner.d

    def inside(self) -> Any:
        def deeper() -> Any:
            return [self.e() for _ in range(2)], lambda: self.e

        return deeper

    def other(self, a: Any) -> Any:
        return a, self.nothing  # type: ignore[attr-defined]

    def __call__(self) -> Any:
        return a()

    @property
    def never(self) -> Any:
        raise AssertionError("no code of the user's own runs")

    def reads(self) -> Any:
        return self.never, b


def homonyms(a: Any) -> Any:
    b = a
    return a, b, [module.c for b in a]


def closure() -> Any:
    q = marked("q")

    def inner() -> Any:
        def deeper() -> Any:
            return q(), (lambda: a)

        return deeper, late

    found = list_references(inner)
    before = marks(found)
    late = marked("late")
    return before, marks(list_references(inner))


def marks(found: Any) -> list[str]:
    every = [getattr(one, "mark", None) for one in found]
    return list(dict.fromkeys(name for name in every if name))


def order() -> Any:
    return [b(x) for x in a()], module.c(Class.e, lambda: module.inner.d)


def branch(flag: bool) -> Any:
    import json as module

    if flag:
        return module.c  # type: ignore[attr-defined]  # the local one
    return Class.e if flag else a


@pytest.mark.parametrize(
    ("fn", "want"),
    [
        (order, {"a", "b", "c", "e", "d"}),
        (homonyms, {"c"}),
        (branch, {"e", "a"}),
        (Class().method, {"e", "d"}),
        (Class.method, {"d"}),
        (functools.partial(Class.method, Class()), {"e", "d"}),
        (Class().inside, {"e"}),
        (Class().other, set()),
        (Class(), {"a"}),
        (Class.k, {"e"}),
        (Class().reads, {"b"}),
        (len, set()),
        (functools.partial(len), set()),
        (toolz.curry(Class.method), {"d"}),
        (int, set()),
        (3, set()),
    ],
)
def test_what_a_function_refers_to(fn: Any, want: set[str]) -> None:
    assert set(marks(list_references(fn))) == want


def test_the_order_is_that_of_the_code() -> None:
    def first() -> Any:
        return a(), [b() for _ in range(2)], module.c()

    assert marks(list_references(first)) == ["a", "b", "c"]


def test_closures_and_names_that_have_no_value_yet() -> None:
    assert closure() == (["q", "a"], ["q", "a", "late"])


def test_code_without_source() -> None:
    names: dict[str, Any] = {"hidden": marked("hidden")}
    exec("def made(): return hidden()", names)
    assert marks(list_references(names["made"])) == ["hidden"]
