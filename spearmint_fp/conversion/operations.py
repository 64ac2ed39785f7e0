"""Operations on sweeps that the tags of a file ask for: handed in by the room that makes sweeps, which stands above."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, final

import attrs

from ..configuration.errors import PathError
from ..configuration.fold import Choice, Steps
from ..configuration.paths import get_in

MERGE_TAG: Final = "<<"
"""In place of a tag: the parts of a mapping that are merged, mappings and the choices that stand behind `<<`."""

Tree = Any
Sweep = Any


@final
class Tied(str):
    """The path of the value that another one is tied to: a leaf until the tree is expanded, then a function."""

    __slots__ = ()

    def __call__(self, config: Any) -> Any:
        try:
            return get_in(str(self), config)
        except PathError as error:
            raise PathError(f"!tied {self}: {error}. Tie what every configuration has") from None


@final
@attrs.frozen(repr=False)
class Operations:
    """The meaning of the tags that take a sweep; what these raise is told with the place of the tag."""

    expand: Callable[[Tree], Sweep]
    product: Callable[[Sequence[Tree]], Sweep]
    zip: Callable[[Mapping[Any, Tree]], Sweep]
    tie: Callable[[Steps, Tied, Sweep], Sweep]
    """The sweep with the value at a path copied from another one."""
    steps: Mapping[str, Callable[[Any, Sweep], Sweep]]
    """The keys of `!space` beside `sweep`, in the order in which they are applied."""
    describe: Callable[[Sweep, str, Any], Choice]
    """The sweep, with the tag and the argument that make it in a file."""
