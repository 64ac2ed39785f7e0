"""A sweep's sizes as text: the formula of its `repr`, and the lines of `explain`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any, final

import attrs

from ..configuration.errors import counted, shown
from .indices import length

__all__ = ["Outline", "of_choice", "of_product"]

_MANY = 12  # terms of a sum that are written out
_SHOWN = 6  # values of an axis that are written out


@final
@attrs.frozen(eq=False, repr=False)
class Outline:
    """The formula of a size ("" where nothing varies), whether it is a sum, and one line per axis or branch.

    `mark` is a static value by which a reader knows a branch: `name='sgd'`.
    """

    formula: str
    is_sum: bool = False
    lines: tuple[str, ...] = ()
    mark: str = ""

    @classmethod
    def of_axis(cls, path: str, values: Sequence[Any]) -> Outline:
        size = length(values)
        first = ", ".join(shown(value) for value in islice(values, _SHOWN))
        text = first if size <= _SHOWN else shown(values) if isinstance(values, range) else f"{first}, …"
        return cls(counted(size), False, (f"{path}: {counted(size)} ({text or 'empty'})",))

    @classmethod
    def nested(cls, formula: str, head: str, parts: Sequence[Outline]) -> Outline:
        return cls(formula, False, (head, *(f"  {line}" for part in parts for line in part.lines)))

    def factor(self) -> str:
        return f"({self.formula})" if self.is_sum else self.formula

    def with_line(self, line: str) -> Outline:
        return attrs.evolve(self, lines=(*self.lines, line))

    def selected(self, how: str, size: int) -> Outline:
        inside = self.formula or "1"
        if how.startswith("["):
            formula = f"({inside}){how}" if " " in inside else f"{inside}{how}"
        else:
            formula = f"{how}({inside})"
        return Outline(formula, False, (f"{how}: {counted(size)} of", *(f"  {line}" for line in self.lines)))


def of_product(parts: Sequence[Outline]) -> Outline:
    """The outline of a product: factors in order, what does not vary left out."""
    formula = " × ".join(part.factor() for part in parts if part.formula)
    alone = [part for part in parts if part.formula]
    is_sum = len(alone) == 1 and alone[0].is_sum
    lines = tuple(line for part in parts for line in part.lines)
    mark = next((part.mark for part in parts if part.mark), "")
    return Outline(alone[0].formula if is_sum else formula, is_sum, lines, mark)


def of_choice(path: str, parts: Sequence[Outline]) -> Outline:
    """The outline of a union: terms in order, one group of lines per branch."""
    terms = [part.formula or "1" for part in parts[:_MANY]]
    formula = " + ".join([*terms, "…"] if len(parts) > _MANY else terms)
    lines = [f"{path}: one of {len(parts)} branches"] if parts else []
    for number, part in enumerate(parts[:_MANY]):
        lines.append(f"  branch {number}{f' ({part.mark})' if part.mark else ''}: {part.formula or '1'}")
        lines.extend(f"    {line}" for line in part.lines)
    if len(parts) > _MANY:
        lines.append(f"  … and {len(parts) - _MANY} more")
    return Outline(formula, len(parts) > 1, tuple(lines))
