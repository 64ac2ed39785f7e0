"""Configurations as functions are given them: any iterable, in which each has to be expanded."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from typing import Any

from ..configuration.choices import require_expanded
from ..configuration.errors import ArgumentError
from ..configuration.fold import SCALAR_TYPES, Choice, are_scalars
from ..configuration.messages import repr_with_type
from ..configuration.tables import is_keyed
from .core import Sweep, count_configs, require_expanded_sweep
from .indices import count_items


def check_configs(configs: Any, function: str) -> Any:
    """The configurations, each looked at when it is reached; or the error that says what a function takes.

    Raises:
        ArgumentError: what is no iterable of configurations, such as one of them.
    """
    if is_keyed(configs) and not isinstance(configs, Mapping | Choice):
        raise _no_configs_error(configs, function, "For the rows of a table use expand(DynamicValue(table))")
    if isinstance(configs, str | bytes | Mapping) or (isinstance(configs, Choice) and not isinstance(configs, Sweep)):
        raise _no_configs_error(configs, function, "Use expand(tree)")
    if isinstance(configs, list | tuple) and configs:
        require_expanded(configs[0])  # the common mistake, run(fn, [tree]), is an error at once
    if isinstance(configs, Sweep):
        return require_expanded_sweep(configs)
    if isinstance(configs, AsyncIterable):
        if function != "arun":
            raise _no_configs_error(configs, function, "What comes asynchronously is for arun(fn, configs)")
        return _AsyncExpanded(configs)
    if not isinstance(configs, Iterable) and not hasattr(type(configs), "__getitem__"):
        raise _no_configs_error(configs, function, "Use [config] for one")
    return _Expanded(configs) if count_configs(configs) is None else _SizedExpanded(configs)


def _no_configs_error(configs: Any, function: str, advice: str) -> ArgumentError:
    return ArgumentError(f"{function} takes an iterable of configurations; got {repr_with_type(configs)}. {advice}")


class _Expanded(Iterable[Any]):
    """An iterable of configurations that raises at one which still holds a choice."""

    def __init__(self, configs: Any) -> None:
        self._configs = configs

    def __iter__(self) -> Iterator[Any]:
        return map(_check_config, self._configs)


class _SizedExpanded(_Expanded):
    def __len__(self) -> int:
        return count_items(self._configs)


class _AsyncExpanded(AsyncIterator[Any]):
    """The same for what comes asynchronously."""

    def __init__(self, configs: AsyncIterable[Any]) -> None:
        self._configs = aiter(configs)

    async def __anext__(self) -> Any:
        return _check_config(await anext(self._configs))


def _check_config(config: Any) -> Any:
    """`require_expanded(config)`, in fewer steps for what nearly all configurations beside `Config` are."""
    return config if _is_plain(config, 4) else require_expanded(config)


def _is_plain(value: Any, depth: int) -> bool:
    """True for scalars, and for containers of nothing else, so many levels deep: a container may hold itself."""
    kind = type(value)
    if kind is dict:
        parts = value.values()
        if not are_scalars(map(type, value)):
            return False
    elif kind is list or kind is tuple:
        parts = value
    else:
        return kind in SCALAR_TYPES
    return are_scalars(map(type, parts)) or (depth > 0 and all(_is_plain(part, depth - 1) for part in parts))
