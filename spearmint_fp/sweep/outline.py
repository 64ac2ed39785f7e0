"""A sweep's sizes as text: the formula of its `repr`, and the lines of `explain`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, final

import attrs

from ..configuration.messages import format_count, short_repr
from ..configuration.spacing import COMPUTED_TYPES
from .indices import count_items

SHOWN_TERMS: Final = 12
"""How many terms of a sum are written out."""

SHOWN_VALUES: Final = 6
"""How many values of an axis are written out."""


@final
@attrs.frozen(eq=False, repr=False)
class Lines:
    """Lines of text that are written when they are read: a `repr` needs the formula alone."""

    write: Callable[[], Iterable[str]] = tuple

    def __iter__(self) -> Iterator[str]:
        return iter(self.write())


@final
@attrs.frozen(eq=False, repr=False)
class Outline:
    """The formula of a size ("" where nothing varies), whether it is a sum, and one line per axis or branch.

    `mark` is a static value that names a branch: `name='sgd'`.
    """

    formula: str
    is_sum: bool = False
    lines: Lines = Lines()
    mark: str = ""

    @classmethod
    def of_axis(cls, path: str, values: Sequence[Any]) -> Outline:
        size = format_count(count_items(values))
        return cls(size, False, Lines(lambda: [f"{path}: {size} ({format_values(values) or 'empty'})"]))

    @classmethod
    def nested(cls, formula: str, head: str, parts: Sequence[Outline]) -> Outline:
        return cls(formula, False, Lines(lambda: [head, *(f"  {line}" for part in parts for line in part.lines)]))

    def with_line(self, line: str) -> Outline:
        return attrs.evolve(self, lines=Lines(lambda: [*self.lines, line]))

    def selected(self, how: str, size: int, notes: Callable[[], Iterable[str]]) -> Outline:
        """The outline of a selection: `notes` says more of it."""
        inside = self.formula or "1"
        if how.startswith("["):
            formula = f"({inside}){how}" if " " in inside else f"{inside}{how}"
        else:
            formula = f"{how}({inside})"
        head = f"{how}: {format_count(size)} of"
        return Outline(formula, False, Lines(lambda: [head, *(f"  {line}" for line in (*self.lines, *notes()))]))


def format_values(values: Sequence[Any]) -> str:
    """The first values of an axis, written out; a long range or spacing as it is."""
    few = count_items(values) <= SHOWN_VALUES
    if not few and isinstance(values, COMPUTED_TYPES):
        return short_repr(values)
    return ", ".join([*map(short_repr, islice(values, SHOWN_VALUES)), *([] if few else ["…"])])


def outline_product(parts: Sequence[Outline]) -> Outline:
    """The outline of a product: factors in order, what does not vary left out."""
    varying = [part for part in parts if part.formula]
    lines = Lines(lambda: [line for part in parts for line in part.lines])
    mark = next((part.mark for part in parts if part.mark), "")
    if len(varying) == 1:
        return attrs.evolve(varying[0], lines=lines, mark=mark)
    factors = (f"({part.formula})" if part.is_sum else part.formula for part in varying)
    return Outline(" × ".join(factors), False, lines, mark)


def outline_choice(path: str, parts: Sequence[Outline], count: int) -> Outline:
    """The outline of a union of `count` parts, given the first few: terms in order, one group of lines per branch."""
    more = count - len(parts)
    formula = " + ".join([*(part.formula or "1" for part in parts), *(["…"] if more else [])])

    def write() -> Iterator[str]:
        if parts:
            yield f"{path}: one of {count} branches"
        for number, part in enumerate(parts):
            yield f"  branch {number}{f' ({part.mark})' if part.mark else ''}: {part.formula or '1'}"
            yield from (f"    {line}" for line in part.lines)
        if more:
            yield f"  … and {more} more"

    return Outline(formula, count > 1, Lines(write))
