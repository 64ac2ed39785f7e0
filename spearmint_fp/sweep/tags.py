"""The sweeps that the tags of files stand for, by the operations of this room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..configuration.errors import ArgumentError, PathError, SizeError
from ..configuration.fold import Steps, show_path
from ..configuration.freezing import freeze
from ..configuration.messages import repr_with_type, short_repr
from ..configuration.paths import parse_path
from ..conversion.comparisons import Comparison
from ..conversion.operations import Operations, Tied
from .choose import check_path, constrain
from .claims import overlap
from .combine import derive, product, zipped
from .core import Sweep
from .expansion import expand
from .include import include
from .where import exclude, where

MOST_CONSTRAINTS: Final = 100
"""How many constraints a `!space` may have."""


def _zip_axes(axes: Mapping[Any, Any]) -> Sweep[Any]:
    return zipped(*(expand({key: choice}) for key, choice in axes.items()))


def tie_path(path: Steps, tied: Tied, sweep: Sweep[Any]) -> Sweep[Any]:
    """The sweep with the value at a path copied from another one."""
    source = parse_path(str(tied))
    if overlap(path, source):
        raise ArgumentError(f"{show_path(path)} is tied to {tied}, which it is a part of. Name another path")
    check_path(source, sweep._node)
    return derive(path, tied, sweep)


def _constrain_all(texts: Any, sweep: Sweep[Any]) -> Sweep[Any]:
    """The sweep with every comparison as a constraint on the paths that it names."""
    listed = texts if isinstance(texts, list | tuple) else [texts]
    if len(listed) > MOST_CONSTRAINTS:
        raise SizeError(f"more than {MOST_CONSTRAINTS} constraints. Join some with and")
    for text in listed:
        if not isinstance(text, str):
            raise ArgumentError(f"a constraint is text, such as 'batch * lr <= 1'; got {repr_with_type(text)}")
        comparison = Comparison(text)
        try:
            sweep = constrain(comparison, sweep, on=comparison.paths)
        except PathError as error:
            raise PathError(f"{short_repr(text)}: {error} (text stands in quotes, odd names in backticks)") from None
    return sweep


def _describe(sweep: Sweep[Any], tag: str, argument: Any) -> Sweep[Any]:
    return Sweep(sweep._node, (tag, freeze(argument)))


OPERATIONS: Final = Operations(
    expand=expand,
    product=lambda parts: product(*map(expand, parts)),
    zip=_zip_axes,
    tie=tie_path,
    steps={"where": where, "constraints": _constrain_all, "exclude": exclude, "include": include},
    describe=_describe,
)
