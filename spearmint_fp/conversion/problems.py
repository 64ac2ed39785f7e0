"""What is wrong with a value, as data: the path, the value, and the reason; and the error that tells of all of them."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence
from types import UnionType
from typing import Any, Final, Literal, Union, final, get_args, get_origin

import attrs

from ..configuration.errors import ConversionError, cut_text, full_repr, group_digits, repr_with_type, short_repr
from ..configuration.fold import Choice, show_path

__all__ = ["ABSENT", "Kind", "Problem", "RefusalError", "conversion_error", "expected", "format_problems", "type_name"]

Steps = tuple[Hashable, ...]


@final
class Absent:
    """`ABSENT`, the value that is not there."""

    def __repr__(self) -> str:
        return "absent"

    def __reduce__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()
Kind = Literal["type", "tag", "missing", "unknown", "check", "whole"]
"""What was wrong: the value's type, a literal that tells classes apart, a key too few or too many, what a validator of
the field said, or what the class said of its fields together."""

MOST_TOLD: Final = 100
"""How many problems one message writes out."""


MOST_IN_LINE: Final = 1_500
"""How many letters of one problem a message writes out."""


@final
@attrs.frozen
class Problem:
    """A value that cannot become what its place asks for: `path`, `value`, `reason`.

    `value` is `ABSENT` where a key is missing. `spoils` is the number of configurations that hold it, where
    `validate` counted them. Its text is `path: reason`.

    >>> str(Problem(("llm", "temperature"), "expected float, got 'hot' (str)", "hot"))
    "llm.temperature: expected float, got 'hot' (str)"

    Raises:
        Nothing; `ConversionError` carries the problems of a conversion in `.problems`.

    See also: `structure`; `validate`.
    """

    path: Steps = attrs.field(repr=full_repr)
    reason: str
    value: Any = attrs.field(default=ABSENT, repr=full_repr)
    kind: Kind = attrs.field(default="type", repr=False)
    spoils: int | None = attrs.field(default=None, repr=full_repr)

    def __str__(self) -> str:
        spoiled = (
            "" if self.spoils is None else f", in {group_digits(self.spoils)} config{'' if self.spoils == 1 else 's'}"
        )
        return f"{show_path(self.path)}: {self.reason}{spoiled}"

    def below(self, path: Steps) -> Problem:
        """The same problem, seen from where `path` starts."""
        return attrs.evolve(self, path=(*path, *self.path))


@final
class RefusalError(Exception):
    """Problems on their way up through the converter."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


def expected(what: str, value: Any, kind: Kind = "type") -> RefusalError:
    """`expected float, got 'hot' (str)`, for the value that is converted just now."""
    way = ". It is a choice: expand the tree first, structure its configurations" if isinstance(value, Choice) else ""
    return RefusalError(Problem((), f"expected {what}, got {repr_with_type(value)}{way}", value, kind))


MOST_LETTERS: Final = 200
"""How much of a type's name, or of a path, a message writes out."""


def type_name(kind: Any) -> str:
    """A type as messages name it: `Llm | None`, without modules, cut where it is very long."""
    name = _whole_name(kind)
    return name if len(name) <= MOST_LETTERS else f"{name[:MOST_LETTERS]}…"


def _whole_name(kind: Any) -> str:
    if isinstance(kind, type) and not getattr(kind, "__args__", ()):
        return "None" if kind is type(None) else kind.__name__
    if get_origin(kind) in (Union, UnionType):
        return " | ".join(map(_whole_name, get_args(kind)))
    try:
        return re.sub(r"(?:[\w<>]+\.)+(?=\w)", "", str(kind))
    except Exception:  # no type at all, and nothing that can be written
        return short_repr(kind)


def format_problems(problems: Sequence[Problem]) -> list[str]:
    """The problems as lines, the first hundred of them."""
    more = [f"… and {len(problems) - MOST_TOLD:,} more"] if len(problems) > MOST_TOLD else []
    lines = (str(problem) if problem.path else problem.reason for problem in problems[:MOST_TOLD])
    return [cut_text(line, MOST_IN_LINE) for line in lines] + more


def conversion_error(head: str, problems: Iterable[Problem]) -> ConversionError:
    """The one error that tells of every problem: after the head if there is one, below it if there are more."""
    found = tuple(problems)
    told = format_problems(found)
    error = ConversionError(f"{head}: {told[0]}" if len(told) == 1 else "\n  ".join([f"{head}:", *told]))
    error.problems = found
    return error
