"""Calls that do not fit the signature of a public function: an error that says which argument, and how to call it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from types import FunctionType
from typing import Any, Final, TypeVar, cast

from .errors import ArgumentError
from .messages import list_words, repr_with_type, short_repr, suggest_names

F = TypeVar("F", bound=Callable[..., Any])

_WORKERS: Final = "executor=processes({0}) or threads({0})"
_OTHER_NAMES: Final = {
    **dict.fromkeys(("n_jobs", "num_workers", "n_workers", "max_workers", "workers", "jobs"), _WORKERS),
    **dict.fromkeys(("concurrency", "max_concurrency", "max_tasks"), "limit={0}"),
    **dict.fromkeys(("random_state", "rng"), "seed={0}"),
    **dict.fromkeys(("cache", "checkpoint", "resume", "storage"), "journal=Journal('runs.db')"),
    **dict.fromkeys(("verbose", "pbar"), "progress=True"),
    **dict.fromkeys(("minimize", "ascending"), "lowest=True"),
}
"""Names that other libraries have for an argument, and how it is written here; for functions that have it."""


def explain_calls(target: F) -> F:
    """A function, or the class itself, whose calls with wrong arguments say how they are meant.

    A call that fits is not looked at. A TypeError without a frame below this one is of the call itself.
    """
    if not isinstance(target, type):
        return cast(F, _wrap_function(target, target, 0))
    if "__new__" in vars(target):
        target.__new__ = staticmethod(_wrap_function(target.__new__, target, 1))  # type: ignore[method-assign]
    else:
        target.__init__ = _wrap_function(target.__init__, target, 1)  # type: ignore[misc]
    return target


def _wrap_function(fn: Any, target: Any, bound: int) -> Any:
    explain = make_call_error

    def call(*args, **kwargs):  # type: ignore[no-untyped-def]
        try:
            return fn(*args, **kwargs)
        except TypeError as error:
            if error.__traceback__.tb_next is not None:  # type: ignore[union-attr]
                raise
            wrong = explain(target, args[bound:], kwargs)
        raise wrong

    # with the globals of its module it is one of the module's functions, for doctest too
    return wraps(fn)(FunctionType(call.__code__, fn.__globals__, fn.__name__, None, call.__closure__))


def make_call_error(target: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> ArgumentError:
    """The error of a call that does not fit."""
    import inspect  # for errors alone

    signature, name = inspect.signature(target), target.__name__
    parameters = signature.parameters
    by_position = [one.name for one in parameters.values() if one.kind < one.VAR_POSITIONAL]
    by_name = [one.name for one in parameters.values() if one.kind != one.POSITIONAL_ONLY]
    unknown = [key for key in kwargs if key not in by_name]
    twice = [key for key in by_position[: len(args)] if key in kwargs]
    if unknown:
        why, way = _explain_unknown(name, by_name, by_position, args, {key: kwargs[key] for key in unknown})
    elif len(args) > len(by_position):
        why = f"{name} takes {_count_arguments(len(by_position))} by position; got {len(args)}: {_list_values(args)}"
        way = f"Write {name}([{_list_values(args)}])" if by_position == ["values"] else ""
    elif twice:
        first = args[by_position.index(twice[0])]
        why, way = f"{name} got {twice[0]} twice, by position, as {repr_with_type(first)}, and by name", ""
    else:
        given = {*by_position[: len(args)], *kwargs}
        missing = [key for key, one in parameters.items() if key not in given and one.default is one.empty]
        why, way = f"{name} also needs {' and '.join(missing)}", ""
    bare = [one.replace(annotation=one.empty) for one in parameters.values()]
    usage = f"{name}{signature.replace(parameters=bare, return_annotation=signature.empty)}"
    return ArgumentError(f"{why}{'' if why.endswith('?') else '.'} {way or f'Call it as {usage}'}")


def _explain_unknown(
    name: str, by_name: list[str], by_position: list[str], args: tuple[Any, ...], unknown: Mapping[str, Any]
) -> tuple[str, str]:
    """The words about arguments that a function does not have, and the way out where it has a form of its own."""
    key, value = next(iter(unknown.items()))
    if not args and by_position in (["tree"], ["mapping"]):
        kind = by_position[0]
        show = _format_axis if kind == "tree" else short_repr
        pairs = (f"{short_repr(key)}: {show(value)}" for key, value in unknown.items())
        return (
            f"{name} takes one {kind}, and no arguments by name; got {list_words([*unknown])}",
            f"Write {name}({{{list_words([*pairs])}}})",
        )
    other = _OTHER_NAMES.get(key, "").format(short_repr(value))
    meant = f"; write {other}" if other.partition("=")[0] in by_name else suggest_names(key, by_name) if by_name else ""
    return f"{name} has no argument {key!r}, given as {repr_with_type(value)}{meant}", ""


def _format_axis(value: Any) -> str:
    return f"DynamicValue({short_repr(value)})" if isinstance(value, list | tuple | range) else short_repr(value)


def _count_arguments(count: int) -> str:
    return f"{count or 'no'} argument{'' if count == 1 else 's'}"


def _list_values(values: tuple[Any, ...]) -> str:
    return list_words([*map(short_repr, values)])


def find_explained(fn: Any) -> Any:
    """The function that `explain_calls` was given to make this one; any other function as it is."""
    return fn.__wrapped__ if fn.__code__ is _CALL else fn


_CALL: Final = _wrap_function(list_words, list_words, 0).__code__
