"""`by_name`: functions of plain keywords as functions of one configuration."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from types import MethodType
from typing import Any, Final, TypeVar, cast, final

import attrs

from ..configuration.errors import ArgumentError, PathError
from ..configuration.instances import make_child_error, open_record
from ..configuration.messages import repr_with_type, short_repr
from .wrapping import ONE_CONFIG, Wrapper, check_call, check_function, name_callable

T = TypeVar("T")

_KINDS: Final = inspect.Parameter


@final
@attrs.frozen(eq=False, repr=False, slots=False)
class ByName(Wrapper[T]):
    """`by_name(function)`."""

    parameters: tuple[tuple[str, bool], ...]  # their names; True for those that have no default
    takes_rest: bool  # the keys that are no parameters, as **kwargs

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self.__dict__["__signature__"] = ONE_CONFIG  # not that of the function that it looks like

    def call(self, config: Any, /) -> T:
        return self.function(**self._take_keywords(config))

    async def call_async(self, config: Any, /) -> Any:
        return await cast(Awaitable[Any], self.function(**self._take_keywords(config)))

    def __get__(self, instance: Any, owner: type | None = None) -> Callable[..., T]:
        return self if instance is None else by_name(MethodType(self.function, instance))

    def check_call(self, args: tuple[Any, ...], keywords: Mapping[str, Any]) -> None:
        ONE_CONFIG.bind(*args, **keywords)

    def _take_keywords(self, config: Any) -> dict[str, Any]:
        record = open_record(config)
        if record is None:
            raise PathError(f"{name_callable(self.function)}() takes keys of a configuration; got {short_repr(config)}")
        shape, values = record
        if self.takes_rest:
            return self._check_keywords(dict(zip(shape.keys, values, strict=True)), shape)
        places = ((name, shape.find(name)) for name, _ in self.parameters)
        return self._check_keywords({name: values[at] for name, at in places if at is not None}, shape)

    def _check_keywords(self, keywords: dict[Any, Any], shape: Any) -> dict[str, Any]:
        """The keywords of a call; or the error that says which parameter has none, or which key is no name."""
        for name, is_required in self.parameters:
            if is_required and name not in keywords:
                error = make_child_error(shape, (), name)
                raise PathError(f"{name_callable(self.function)}(): parameter {name!r} takes {name}: {error}")
        for key in keywords:
            if not isinstance(key, str):
                raise PathError(
                    f"{name_callable(self.function)}() takes every key of a configuration by name, and "
                    f"{repr_with_type(key)} is none"
                )
        return keywords


def by_name(fn: Callable[..., T]) -> ByName[T]:
    """`lambda config: fn(**{k: config[k] for k in its parameters})`: a function of plain keywords as a task.

    A parameter whose key a configuration does not have keeps its default; keys that are no parameters are passed over,
    unless the function takes `**kwargs`, which are all of them. So are those of a builtin whose signature nobody can
    read. Values are given as they are, and nothing is converted (see `inject`). The signature is read once, here.
    Coroutine functions, classes, partial functions and methods are taken too; `by_name` is a decorator, and stands
    inside or outside of `retrying` and its like.

    >>> from spearmint_fp import DynamicValue, expand, run
    >>> def train(lr, depth=3):
    ...     return f"{lr} at {depth}"
    >>> sweep = expand({"lr": DynamicValue([0.1, 0.2]), "notes": "first"})
    >>> [outcome.result for outcome in run(by_name(train), sweep)]
    ['0.1 at 3', '0.2 at 3']
    >>> by_name(dict)({"a": {"b": 1}})
    {'a': {'b': 1}}

    Raises:
        ArgumentError: `fn` is no function, or has parameters that cannot be given by name; names them.
        PathError: when called, and a configuration lacks the key of a parameter without a default; names function,
            parameter, path and the nearest key.

    See also: `inject`, for parameters that take a class, or what stands at a path.
    """
    if isinstance(fn, ByName):
        return fn
    check_function(fn, "by_name")
    try:
        signature = inspect.signature(fn)
    except ValueError:  # a builtin that does not say
        return ByName(fn, (), True)
    given = signature.parameters.values()
    nameless = [parameter.name for parameter in given if parameter.kind is _KINDS.POSITIONAL_ONLY]
    named = [p for p in given if p.kind in (_KINDS.POSITIONAL_OR_KEYWORD, _KINDS.KEYWORD_ONLY)]
    takes_rest = any(parameter.kind is _KINDS.VAR_KEYWORD for parameter in given)
    if not (named or takes_rest):
        nameless += [f"*{parameter.name}" for parameter in given if parameter.kind is _KINDS.VAR_POSITIONAL]
    if nameless:
        raise ArgumentError(
            f"by_name gives arguments by name, and {name_callable(fn)}{signature} takes {', '.join(nameless)} by "
            f"position. Use lambda c: fn(c[{nameless[0].strip('*')!r}], ...)"
        )
    parameters = tuple((parameter.name, parameter.default is _KINDS.empty) for parameter in named)
    _check_names(fn, [name for name, _ in parameters])
    return ByName(fn, parameters, takes_rest)


def _check_names(fn: Callable[..., Any], names: list[str]) -> None:
    """Raise where a function does not take the parameters of the one that it wraps, and has the name of."""
    try:
        check_call(fn, (), dict.fromkeys(names))
    except TypeError as error:
        raise ArgumentError(f"{name_callable(fn)} does not take the parameters of what it wraps: {error}") from None
