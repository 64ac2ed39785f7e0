"""Functions around functions: what lies below a wrapper, and what that says of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from math import prod
from types import MethodType
from typing import TYPE_CHECKING, Any, Final, final

import attrs
from toolz import curry

__all__ = ["PARTIALS", "Layer", "Strided", "arguments_of", "bound_to", "is_async", "places_of", "stack"]

PARTIALS: Final = (partial, curry)
"""What calls a function with arguments that it has already: `func`, `args`, `keywords`."""


class Layer:
    """A function around another one, `function`, that can be looked through.

    `arguments` is what it calls that one with besides the configuration, as far as an outcome depends on it.
    """

    __slots__ = ()

    if TYPE_CHECKING:  # each has it, as a field or as a property

        @property
        def function(self) -> Callable[..., Any]: ...

    @property
    def arguments(self) -> tuple[Any, ...]:
        """Nothing, for most."""
        return ()

    @property
    def first(self) -> int:
        """The position of the first of the configurations that it is run over, among those of which they are a part."""
        return 0

    @property
    def step(self) -> int:
        """How many of those configurations lie from one that it is run over to the next."""
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


def _below(fn: Any) -> Any:
    """The function that a layer, a partial function or a method calls; None for any other."""
    if isinstance(fn, Layer):
        return fn.function
    if isinstance(fn, MethodType):
        return fn.__func__
    return fn.func if isinstance(fn, PARTIALS) else None


def stack(fn: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """The function and those that it wraps, the outermost first."""
    inner: Any = fn
    while inner is not None:
        yield inner
        inner = _below(inner)


def is_async(fn: Callable[..., Any]) -> bool:
    """Whether calling the function gives something to await."""
    *_, inner = stack(fn)
    return inspect.iscoroutinefunction(inner) or inspect.iscoroutinefunction(type(inner).__call__)


def bound_to(fn: Callable[..., Any]) -> tuple[Any, ...]:
    """What partial functions and methods have bound already: it makes one function another."""
    layers = list(stack(fn))
    partials = [one for one in layers if isinstance(one, PARTIALS) and (one.args or one.keywords)]
    methods = [one.__self__ for one in layers if isinstance(one, MethodType)]
    return (*([list(one.args), dict(one.keywords)] for one in partials), *methods)


def places_of(fn: Callable[..., Any]) -> tuple[int, int]:
    """`first, step`: where the configurations stand, `first + step * index`, where a run is over a part of them."""
    layers = _layers(fn)
    return sum(layer.first for layer in layers), prod(layer.step for layer in layers)


def arguments_of(fn: Callable[..., Any]) -> tuple[Any, ...]:
    """What the function is called with besides the configuration."""
    return tuple(argument for layer in _layers(fn) for argument in layer.arguments)


def _layers(fn: Any) -> list[Any]:
    return [one for one in stack(fn) if isinstance(one, Layer)]
