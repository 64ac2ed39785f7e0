"""The runtime context of a call: the values that branch strategies decide by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, Final

_CONTEXT: Final[ContextVar[Mapping[str, Any]]] = ContextVar("spearmint_fp_context", default=MappingProxyType({}))


@contextmanager
def runtime_context(**values: Any) -> Iterator[Mapping[str, Any]]:
    """Inside the block, `values` are part of what branch strategies are given; it nests, the inner values win.

    It belongs to the thread or the task that entered it, and to what these start with their context; others do not
    see it. Values are shared, not copied, and the mapping is read-only.

    >>> with runtime_context(user_id=7, region="eu"):
    ...     with runtime_context(region="us") as context:
    ...         dict(context)
    {'user_id': 7, 'region': 'us'}
    >>> with runtime_context() as context:
    ...     dict(context)
    {}

    Raises:
        TypeError: an argument without a name.

    See also: `sticky`, which decides by one of the values.
    """
    token = _CONTEXT.set(MappingProxyType({**_CONTEXT.get(), **values}))
    try:
        yield _CONTEXT.get()
    finally:
        _CONTEXT.reset(token)


def get_context() -> Mapping[str, Any]:
    """The values of the `runtime_context` blocks around this call."""
    return _CONTEXT.get()
