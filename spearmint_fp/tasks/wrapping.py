"""Functions around functions: the functions below a wrapper, and what calls them with which arguments."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from functools import partial, reduce
from math import prod
from types import MethodType
from typing import TYPE_CHECKING, Any, Final, final

import attrs
from toolz import curry

MAIN_MODULES: Final = ("__main__", "__mp_main__")
"""The names of the program's own module while it runs, and in the processes that `multiprocessing` starts."""

PARTIALS: Final = (partial, curry)
"""The classes of functions with arguments that they have already: `func`, `args`, `keywords`."""


class Layer:
    """A function around another one, `function`, that can be looked through.

    `arguments` is what it calls that one with besides the configuration, as far as an outcome depends on it. A function
    that is run over `sweep[first::step]` has these two numbers.
    """

    __slots__ = ()

    if TYPE_CHECKING:  # each has it, as a field or as a property

        @property
        def function(self) -> Callable[..., Any]: ...

    @property
    def arguments(self) -> tuple[Any, ...]:
        """The arguments of `function` besides the configuration: none, for most."""
        return ()

    @property
    def first(self) -> int:
        """The position in `sweep` of the first of its configurations."""
        return 0

    @property
    def step(self) -> int:
        """How far the next of its configurations is in `sweep`."""
        return 1


@final
@attrs.frozen(eq=False)
class Strided(Layer):
    """A function that is run over `sweep[first::step]`: a journal keeps the positions in `sweep`."""

    function: Callable[[Any], Any]
    first: int
    step: int

    def __call__(self, config: Any) -> Any:
        return self.function(config)


def walk_wrapped(fn: Callable[..., Any]) -> Iterator[Any]:
    """The function and those that it wraps, the outermost first: through layers, partial functions and methods."""
    inner: Any = fn
    while inner is not None:
        yield inner
        if isinstance(inner, Layer):
            inner = inner.function
        elif isinstance(inner, MethodType):
            inner = inner.__func__
        else:
            inner = inner.func if isinstance(inner, PARTIALS) else None


def find_innermost(fn: Callable[..., Any]) -> Any:
    """The last of the functions that a function wraps."""
    *_, inner = walk_wrapped(fn)
    return inner


def is_of_script(fn: Callable[..., Any]) -> bool:
    """True if the function, or one that it wraps, is of the program itself, which no other process can import."""
    return any(getattr(one, "__module__", None) in MAIN_MODULES for one in walk_wrapped(fn))


def find_object(module: Any, qualname: str) -> Any:
    """The object that a qualified name leads to in a module that is loaded; None where it leads nowhere."""
    return reduce(lambda found, part: getattr(found, part, None), qualname.split("."), sys.modules.get(module))


def is_async(fn: Callable[..., Any]) -> bool:
    """True if calling the function gives something to await."""
    inner = find_innermost(fn)
    return inspect.iscoroutinefunction(inner) or inspect.iscoroutinefunction(type(inner).__call__)


def find_bound(fn: Callable[..., Any]) -> tuple[Any, ...]:
    """The arguments and instances that partial functions and methods have bound: they make one function another."""
    functions = list(walk_wrapped(fn))
    partials = [one for one in functions if isinstance(one, PARTIALS) and (one.args or one.keywords)]
    instances = [one.__self__ for one in functions if isinstance(one, MethodType)]
    return (*([list(one.args), dict(one.keywords)] for one in partials), *instances)


def find_stride(fn: Callable[..., Any]) -> tuple[int, int]:
    """`first, step`: a run's configuration number `index` stands at `first + step * index` in the whole sweep."""
    layers = [one for one in walk_wrapped(fn) if isinstance(one, Layer)]
    return sum(layer.first for layer in layers), prod(layer.step for layer in layers)


def find_arguments(fn: Callable[..., Any]) -> tuple[Any, ...]:
    """The arguments that the function is called with besides the configuration."""
    return tuple(argument for one in walk_wrapped(fn) if isinstance(one, Layer) for argument in one.arguments)
