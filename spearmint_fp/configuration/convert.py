"""Conversion at the edge: a configuration as an instance of the user's own class.

The one module that knows cattrs, through a private converter, and pydantic, through the model's own methods. Both are
met when something is converted, not when this module is imported.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import cache
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Final, TypeVar, is_typeddict

import attrs

from .errors import ConversionError, said
from .tree import Config, freeze, show_path, thaw

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = ["is_structured", "structure"]

T = TypeVar("T")


def is_structured(cls: Any) -> bool:
    """Whether a configuration can become a `cls`: an attrs class, a dataclass, a TypedDict or a pydantic model."""
    return isinstance(cls, type) and (
        attrs.has(cls) or dataclasses.is_dataclass(cls) or is_typeddict(cls) or _is_model(cls)
    )


def _is_model(cls: type) -> bool:
    """Whether `cls` is a pydantic model, told without importing pydantic."""
    return hasattr(cls, "__pydantic_validator__") and hasattr(cls, "model_validate")


def structure(cls: type[T], config: Any) -> T:
    """The configuration as an instance of `cls`; an instance of it, and a `Config`, stay what they are.

    Scalars are strict (an int may stand for a float, nothing else is coerced), and keys that the class does not
    have are refused; a pydantic model keeps its own rules.

    Raises:
        ConversionError: names every bad path, its value, and what was expected.
    """
    if isinstance(cls, type) and not is_typeddict(cls) and isinstance(config, cls):
        return config
    if cls is Config:
        frozen = freeze(config)
        if isinstance(frozen, Config):
            return frozen  # type: ignore[return-value]  # cls is Config
        raise ConversionError(f"expected a mapping, got {said(config)}")
    if is_structured(cls) and not isinstance(config, Mapping):
        raise ConversionError(f"not a {cls.__qualname__}: expected a mapping, got {said(config)}")
    try:
        made: T = _validated(cls, config) if _is_model(cls) else _converter().structure(thaw(config), cls)
    except Exception as error:
        problems = (f"{show_path(path)}: {text}" for path, text in _problems(error, ()))
        name = getattr(cls, "__qualname__", str(cls))
        raise ConversionError(f"not a {name}: {'; '.join(problems)}") from error
    return made


def _validated(cls: Any, config: Any) -> Any:
    return cls.model_validate(thaw(config))


@cache
def _converter() -> Converter:
    """The library's own converter: strict, and never the global one."""
    from cattrs import Converter

    converter = Converter(forbid_extra_keys=True)
    for kind, accepted in _STRICT.items():
        converter.register_structure_hook(kind, _strict(kind, accepted))
    return converter


_STRICT: Final[dict[type, type]] = {int: Integral, float: Real, str: str, bytes: bytes, bool: bool}


def _strict(kind: type, accepted: type) -> Callable[[Any, Any], Any]:
    def check(value: Any, _: Any) -> Any:
        if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
            raise TypeError(f"expected {kind.__name__}, got {said(value)}")
        return kind(value)

    return check


def _problems(error: BaseException, path: tuple[Hashable, ...]) -> Iterator[tuple[tuple[Hashable, ...], str]]:
    """What went wrong at which path, from the exceptions of cattrs, pydantic and the classes' own validators."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            notes = [note for note in getattr(inner, "__notes__", ()) if hasattr(note, "type")]
            yield from _problems(inner, (*path, *map(_noted_step, notes)))
    elif hasattr(error, "extra_fields"):
        yield from (((*path, name), "the class has no such field") for name in sorted(error.extra_fields))
    elif hasattr(error, "errors"):
        for detail in error.errors():
            yield (*path, *map(str, detail["loc"])), f"{detail['msg']}, got {said(detail['input'])}"
    else:
        yield path, "missing" if isinstance(error, KeyError) else str(error)


def _noted_step(note: Any) -> str:
    """The field's name or the element's index that cattrs noted on an exception."""
    return note.name if hasattr(note, "name") else str(note.index)
