"""Injection: which parameters of a function take the configuration, read from its annotations once."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping
from functools import partial, reduce
from operator import or_
from typing import Annotated, Any, Final, Generic, TypeVar, Union, final, get_args, get_origin

import attrs
from toolz import curry

from ..configuration.config import Config
from ..configuration.errors import ArgumentError, ConversionError, PathError
from ..configuration.fold import show_path
from ..configuration.messages import repr_with_type
from ..configuration.paths import Bind, get_in, parse_path
from ..conversion.convert import structure
from ..conversion.late import fields, hints
from ..conversion.problems import ABSENT, format_type, make_conversion_error
from .wrapping import ONE_CONFIG, PARTIALS, Layer, check_call

T = TypeVar("T")


@final
@attrs.frozen(eq=False, repr=False)
class _Parameter:
    """A parameter that takes the configuration, or the part of it at `path`."""

    name: str
    cls: Any
    path: tuple[Any, ...]
    optional: bool
    has_default: bool

    def take(self, config: Any, function: str) -> Any:
        """Its part of a configuration, converted; `ABSENT` where the default of the parameter is to be taken."""
        try:
            part = get_in(self.path, config)
        except PathError as error:
            if self.has_default:
                return ABSENT
            if self.optional:
                return None
            raise ConversionError(
                f"{function}(): parameter {self.name!r} takes {show_path(self.path)}: {error}"
            ) from None
        if self.cls is None or (part is None and self.optional):
            return part
        try:
            return structure(self.cls, part)
        except ConversionError as error:
            head = f"{function}(): parameter {self.name!r} is not a valid {format_type(self.cls)}"
            problems = [problem.below(self.path) for problem in error.problems]
            raise make_conversion_error(head, problems) from error.__cause__


@final
@attrs.frozen(eq=False, repr=False)
class Injected(Layer, Generic[T]):
    """`inject(function)`: takes a configuration first, then the arguments that are not injected."""

    function: Callable[..., T]
    parameters: tuple[_Parameter, ...]
    positional: tuple[tuple[str, bool], ...]  # their names; True for those that can be given by position alone

    def __call__(self, config: Any, /, *args: Any, **kwargs: Any) -> T:
        name = getattr(self.function, "__qualname__", repr(self.function))
        values = ((p.name, p.take(config, name)) for p in self.parameters if p.name not in kwargs)
        taken = {key: value for key, value in values if value is not ABSENT}
        return self.function(*self._place_arguments(list(args), taken), **taken, **kwargs)

    def _place_arguments(self, args: list[Any], taken: dict[str, Any]) -> list[Any]:
        """The positional arguments, with the injected ones put between them where they belong."""
        placed: list[Any] = []
        for name, by_position_only in self.positional:
            if name in taken and (args or by_position_only):
                placed.append(taken.pop(name))
            elif name not in taken and args:
                placed.append(args.pop(0))
            elif name not in taken:
                break
        return placed + args

    def check_call(self, args: tuple[Any, ...], keywords: Mapping[str, Any]) -> None:
        ONE_CONFIG.bind(*args[:1])
        taken = {p.name: None for p in self.parameters if p.name not in keywords}
        placed = self._place_arguments(list(args[1:]), taken)
        check_call(self.function, tuple(placed), {**taken, **keywords})

    @property
    def signature(self) -> inspect.Signature:
        """The function's signature without the parameters that are injected."""
        whole = inspect.signature(self.function)
        names = {parameter.name for parameter in self.parameters}
        return whole.replace(parameters=[p for p in whole.parameters.values() if p.name not in names])


def inject(fn: Callable[..., T]) -> Injected[T]:
    """`lambda config, *args: fn(*args, config)`, with the configuration put where the annotations say.

    A parameter takes the config when it is annotated as `Config`, an attrs class, a dataclass, a TypedDict, a
    pydantic model, a msgspec struct, or a union of them, and what stands at a path when it is annotated as
    `Annotated[T, Bind("a.b")]`, for any `T` that `structure` makes. Where the path is missing, the parameter's own
    default is taken, and None for `Optional[T]`. Other parameters are left to the caller. The signature is read
    once, here.

    >>> def greet(greeting: str, config: Config) -> str:
    ...     return f"{greeting} {config.name}"
    >>> inject(greet)({"name": "Ada"}, "Hello")
    'Hello Ada'

    Raises:
        ArgumentError: `fn` is not a function.
        ConversionError: when called, and a path is missing or a value does not convert; names function,
            parameter, path and value.

    See also: `Bind`; `by_name`, for parameters that are keys.
    """
    if isinstance(fn, Injected):
        return fn
    if not callable(fn) or isinstance(fn, classmethod | staticmethod):
        raise ArgumentError(f"inject takes a function; got {repr_with_type(fn)}")
    try:
        signature = inspect.signature(fn if not isinstance(fn, curry) else partial(fn.func, *fn.args, **fn.keywords))
    except ValueError as error:
        raise ArgumentError(
            f"inject takes a function whose signature can be read; got {repr_with_type(fn)}: {error}"
        ) from None
    given = fn.keywords if isinstance(fn, PARTIALS) else {}
    hints, unread = read_hints(fn)
    names = [name for name, p in signature.parameters.items() if p.kind not in _VARIADIC and name not in given]
    defaults = {name: signature.parameters[name].default is not inspect.Parameter.empty for name in names}
    found = tuple(p for name in names if (p := _read_parameter(name, hints.get(name), defaults[name])))
    if unread and not found:
        raise ArgumentError(unread)
    kinds = ((p.name, p.kind) for p in signature.parameters.values() if p.kind in _POSITIONAL)
    return Injected(fn, found, tuple((name, kind is inspect.Parameter.POSITIONAL_ONLY) for name, kind in kinds))


_POSITIONAL: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_VARIADIC: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def read_hints(fn: Callable[..., Any]) -> tuple[dict[str, Any], str]:
    """The annotations as types, and why some of them cannot be read.

    A name that is imported for type checkers alone is no type at run time, so its parameter is the caller's.
    """
    plain = inspect.unwrap(fn.func if isinstance(fn, PARTIALS) else fn)
    called: Any = plain
    if inspect.isclass(plain):
        called = plain.__new__ if plain.__init__ is object.__init__ else plain.__init__
    elif not inspect.isroutine(plain):
        called = type(plain).__call__
    return hints.read_argument_types(inspect.unwrap(called))


def _read_parameter(name: str, hint: Any, has_default: bool) -> _Parameter | None:
    """A parameter that takes the configuration; None for one that is left to the caller."""
    bare, binds = _split_annotated(hint)
    members = [bare]
    if get_origin(bare) in (Union, types.UnionType):
        split = [_split_annotated(member) for member in get_args(bare)]
        members = [member for member, _ in split]
        binds += [bind for _, inner in split for bind in inner]
    optional = type(None) in members
    kept = [member for member in members if member is not type(None)]
    cls = reduce(or_, kept) if kept else bare
    if binds:
        return _Parameter(name, None if cls is Any else cls, parse_path(binds[0].path), optional, has_default)
    wanted = [member for member in kept if member is Config or fields.is_structured(member)]
    return _Parameter(name, reduce(or_, wanted), (), optional, has_default) if wanted else None


def _split_annotated(hint: Any) -> tuple[Any, list[Bind]]:
    """A type without `Annotated`, and the `Bind`s that it carried."""
    if get_origin(hint) is not Annotated:
        return hint, []
    bare, *extras = get_args(hint)
    if any(extra is Bind for extra in extras):
        raise ArgumentError(f"Bind names a path: Annotated[{format_type(bare)}, Bind('llm.model')]; got Bind alone")
    return bare, [extra for extra in extras if isinstance(extra, Bind)]
