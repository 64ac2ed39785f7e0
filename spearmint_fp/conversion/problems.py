"""Problems: the path of a wrong value, the value, and the reason, as data; and the error that lists them all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from types import UnionType
from typing import Any, Final, Literal, Union, final, get_args, get_origin

import attrs

from ..configuration.errors import ConversionError
from ..configuration.fold import Choice, Steps, show_path
from ..configuration.messages import cut_end, cut_text, full_repr, group_digits, repr_with_type, short_repr


@final
class Absent:
    """`ABSENT`, the value that is not there."""

    def __repr__(self) -> str:
        return "absent"

    def __reduce__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()
Kind = Literal["type", "tag", "missing", "unknown", "check", "whole"]
"""The kinds of problem: a value of a wrong type, a wrong literal that tells classes apart, a key too few or too many, a
refusal by a validator of the field, or by the class for its fields together."""

Extra = Literal["forbid", "ignore"]
"""Keys that a class does not have are an error, or are left out."""

MOST_PROBLEMS: Final = 100
"""How many problems one message writes out."""

MOST_LETTERS: Final = 1_500
"""How many letters of one problem a message writes out."""

MOST_NAME_LETTERS: Final = 200
"""How many letters of a type's name a message writes out."""


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
        text = f"{show_path(self.path)}: {self.reason}"
        if self.spoils is None:
            return text
        return f"{text}, in {group_digits(self.spoils)} config{'' if self.spoils == 1 else 's'}"

    def below(self, path: Steps) -> Problem:
        """The same problem, seen from where `path` starts."""
        return Problem((*path, *self.path), self.reason, self.value, self.kind, self.spoils)


@final
class RefusalError(Exception):
    """Problems on their way up through the converter."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:  # written out when it is asked for: a union catches those of its members
        return "; ".join(map(str, self.problems))


def make_refusal(what: str, value: Any, kind: Kind = "type") -> RefusalError:
    """`expected float, got 'hot' (str)`: the refusal of the value that a hook was given."""
    way = ". It is a choice: expand the tree first, structure its configurations" if isinstance(value, Choice) else ""
    return RefusalError(Problem((), f"expected {what}, got {repr_with_type(value)}{way}", value, kind))


def format_type(kind: Any) -> str:
    """A type as messages name it: `Llm | None`, without modules, cut where it is very long."""
    return cut_end(_write_type(kind), MOST_NAME_LETTERS)


def _write_type(kind: Any) -> str:
    if isinstance(kind, type) and not getattr(kind, "__args__", ()):
        return "None" if kind is type(None) else kind.__name__
    if get_origin(kind) in (Union, UnionType):
        return " | ".join(map(_write_type, get_args(kind)))
    try:
        return re.sub(r"(?:[\w<>]+\.)+(?=\w)", "", str(kind))
    except Exception:  # no type at all, and nothing that can be written
        return short_repr(kind)


def format_problems(problems: Sequence[Problem]) -> list[str]:
    """The problems as lines, the first hundred of them."""
    more = [f"… and {len(problems) - MOST_PROBLEMS:,} more"] if len(problems) > MOST_PROBLEMS else []
    return [cut_text(show_problem(problem), MOST_LETTERS) for problem in problems[:MOST_PROBLEMS]] + more


def show_problem(problem: Problem) -> str:
    """The problem as text, without the path of the root."""
    return str(problem) if problem.path else problem.reason


def make_conversion_error(head: str, problems: Iterable[Problem]) -> ConversionError:
    """One error for all problems: behind the head if there is one, below it if there are more."""
    found = tuple(problems)
    lines = format_problems(found)
    error = ConversionError(f"{head}: {lines[0]}" if len(lines) == 1 else "\n  ".join([f"{head}:", *lines]))
    error.problems = found
    return error
