"""Functions around functions: what is below a wrapper, and the base class of `retrying` and `timed_out`."""

from __future__ import annotations

import functools
import inspect
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial, reduce
from math import prod
from types import (
    BuiltinFunctionType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    WrapperDescriptorType,
)
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast, final

import attrs
from toolz import curry

from ..configuration.calls import find_explained
from ..configuration.errors import ArgumentError
from ..configuration.messages import repr_with_type

T = TypeVar("T")

MAIN_MODULES: Final = ("__main__", "__mp_main__")
"""The names of the program's own module while it runs, and in the processes that `multiprocessing` starts."""

PARTIALS: Final = (partial, curry)
"""The classes of functions with arguments that they have already: `func`, `args`, `keywords`."""


ONE_CONFIG: Final = inspect.Signature([inspect.Parameter("config", inspect.Parameter.POSITIONAL_ONLY)])
"""The signature of what takes a configuration alone."""


class Layer:
    """A function around another one, `function`, that can be looked through.

    `arguments` is what it calls that one with besides the configuration, as far as an outcome depends on it. A function
    that is run over `sweep[first::step]` has these two numbers.
    """

    __slots__ = ()

    if TYPE_CHECKING:  # each has it, as a field or as a property

        @property
        def function(self) -> Callable[..., Any]: ...

    def check_call(self, args: tuple[Any, ...], keywords: Mapping[str, Any]) -> None:
        """Raise TypeError where it cannot be called with these: most take a configuration alone."""
        ONE_CONFIG.bind(*args, **keywords)

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
@attrs.frozen(eq=False, repr=False)
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


def is_experiment(fn: Any) -> bool:
    """True for the decorated function of an experiment, which has its own function as `__wrapped__`."""
    return "__experiment__" in getattr(fn, "__dict__", ())


def find_object(module: Any, qualname: str) -> Any:
    """The object that a qualified name leads to in a module that is loaded; None where it leads nowhere."""
    return reduce(lambda found, part: getattr(found, part, None), qualname.split("."), sys.modules.get(module))


def is_async(fn: Callable[..., Any]) -> bool:
    """True if calling the function gives something to await."""
    inner = find_innermost(fn)
    return inspect.iscoroutinefunction(inner) or inspect.iscoroutinefunction(type(inner).__call__)


def name_callable(fn: Callable[..., Any]) -> str:
    """The name of a function for a message."""
    return str(getattr(find_innermost(fn), "__qualname__", None) or repr_with_type(fn))


_PLACEHOLDER: Final = getattr(functools, "Placeholder", object())
"""Stands among the arguments of a partial function for one that the call gives, since Python 3.14."""

_BUILTINS: Final = (BuiltinFunctionType, MethodDescriptorType, MethodWrapperType, WrapperDescriptorType)


def check_call(fn: Any, args: tuple[Any, ...], keywords: Mapping[str, Any]) -> None:
    """Raise TypeError where `fn(*args, **keywords)` certainly cannot begin, and where nobody can tell, do nothing.

    Plain functions are looked at as they are: what one looks like by `functools.wraps`, or says of itself as its
    `__signature__`, need not be what it takes.
    """
    if isinstance(fn, Layer):
        fn.check_call(args, keywords)
    elif isinstance(fn, PARTIALS):
        given = iter(args)
        bound = [next(given, arg) if arg is _PLACEHOLDER else arg for arg in fn.args]
        check_call(fn.func, (*bound, *given), {**fn.keywords, **keywords})
    elif isinstance(fn, MethodType):
        check_call(fn.__func__, (fn.__self__, *args), keywords)
    elif isinstance(fn, FunctionType):
        fn = find_explained(fn)
        bare = FunctionType(fn.__code__, fn.__globals__, fn.__name__, fn.__defaults__, fn.__closure__)
        bare.__kwdefaults__ = fn.__kwdefaults__
        inspect.signature(bare).bind(*args, **keywords)
    elif isinstance(fn, _BUILTINS):
        with suppress(ValueError):  # one that does not say
            inspect.signature(fn).bind(*args, **keywords)
    elif isinstance(call := _find_call(fn), FunctionType):
        check_call(call, (fn, *args), keywords)


def _find_call(fn: Any) -> Any:
    """The function that a call of a class, or of an instance, enters; the object itself is its first argument."""
    call = inspect.getattr_static(type(fn), "__call__")
    if call is not inspect.getattr_static(type, "__call__"):
        return call
    made = inspect.getattr_static(fn, "__new__")
    made = made.__func__ if isinstance(made, staticmethod) else made
    return inspect.getattr_static(fn, "__init__") if made is object.__new__ else made


def check_signature(fn: Callable[..., Any], name: str | None = None) -> None:
    """Raise where a function certainly cannot be called with a configuration alone; `name` is what errors call it."""
    try:
        check_call(fn, (None,), {})
    except TypeError as error:
        raise ArgumentError(
            f"{name or name_callable(fn)} cannot be called with a configuration alone: {error}. Use by_name(fn), where "
            f"its parameters are keys of the configuration; inject(fn), where their annotations say what they take "
            f"(Config, Bind); or lambda c: fn(...)"
        ) from None


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


# --- wrappers that look like what they wrap --------------------------------------------------------------


@attrs.frozen(eq=False, repr=False, slots=False)
class Wrapper(Layer, ABC, Generic[T]):
    """A function around a function: looks like it, pickles by its name where it stands there, binds as a method.

    Its other fields are the options that it was made with.
    """

    function: Callable[..., T]

    def __attrs_post_init__(self) -> None:
        names = {name: getattr(self.function, name, None) for name in functools.WRAPPER_ASSIGNMENTS}
        self.__dict__.update({k: v for k, v in names.items() if v is not None}, __wrapped__=self.function)

    def __get__(self, instance: Any, owner: type | None = None) -> Callable[..., T]:
        return self if instance is None else MethodType(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> T:
        work = self.call_async if is_async(self.function) else self.call
        return cast(T, work(*args, **kwargs))

    def check_call(self, args: tuple[Any, ...], keywords: Mapping[str, Any]) -> None:
        check_call(self.function, args, keywords)

    @abstractmethod
    def call(self, *args: Any, **kwargs: Any) -> T:
        """Call the function."""

    @abstractmethod
    async def call_async(self, *args: Any, **kwargs: Any) -> Any:
        """Call the coroutine function, and await what it gives."""

    def __reduce__(self) -> Any:
        module, name = getattr(self, "__module__", None), getattr(self, "__qualname__", "")
        if module != "__main__" and find_object(module, name) is self:
            return name
        return type(self), attrs.astuple(self, recurse=False)

    def __repr__(self) -> str:
        return f"{type(self).__name__}{attrs.astuple(self, recurse=False)}"


def check_function(fn: Any, usage: str) -> Any:
    """`fn`, or the error that says how a wrapper is used."""
    if not callable(fn) or isinstance(fn, staticmethod):
        below = ". Write it below @staticmethod or @classmethod" if isinstance(fn, staticmethod | classmethod) else ""
        raise ArgumentError(f"{usage} wraps a function: {usage}(fn); got {repr_with_type(fn)}{below}")
    return fn


def is_count(value: Any) -> bool:
    """True for a whole number above 0; True itself is none."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def is_seconds(value: Any) -> bool:
    """True for an int or a float of seconds that can be waited for: up to some centuries."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= threading.TIMEOUT_MAX


def format_seconds(value: Any) -> str:
    """A value that is no number of seconds, as messages name it, with the limit where it is over that."""
    over = isinstance(value, int | float) and value > threading.TIMEOUT_MAX
    return f"{repr_with_type(value)}{f', and the most is {threading.TIMEOUT_MAX:g}' if over else ''}"
