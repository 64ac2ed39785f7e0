"""Hooks of unions: which member a value is meant to be, and what to say where it is none of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_args

from ..configuration.messages import cut_text, repr_with_type
from ..configuration.scalars import unbox_scalar
from .diagnosis import list_problems
from .hooks import Hook, Hooks
from .problems import Problem, RefusalError, expected, show_problem, type_name
from .type_forms import is_literal, origin_of
from .unwrapping import list_members, unwrap_type

MOST_LETTERS: Final = 1_000
"""How much of the reasons of a union's members is written out."""


def make_union_hook(union: Any, hooks: Hooks) -> Hook:
    """The hook of a union: the member of exactly the value's type, else the first that takes it.

    Where unknown keys are ignored, a member that takes the value without any comes before those that ignore some.
    """
    members = list_members(union)
    tables = [
        [(member, unwrap_type(member), one.find(member)) for member in members]
        for one in dict.fromkeys((hooks.strict, hooks))
    ]

    def check(value: Any, _: Any) -> Any:
        single = unbox_scalar(value)
        refusals: list[tuple[Any, Exception]] = []
        for table in tables:
            refusals.clear()
            for member, _bare, hook in sorted(table, key=lambda line: not _is_exactly(line[1], single)):
                try:
                    return hook(value, member)
                except Exception as error:
                    refusals.append((member, error))
        raise _join_refusals(value, sorted(refusals, key=lambda refusal: members.index(refusal[0])))

    return check


def _is_exactly(kind: Any, value: Any) -> bool:
    """True where a value is of a type without any conversion."""
    if is_literal(kind):
        return any(type(one) is type(value) and one == value for one in get_args(kind))
    return (type(None) if kind is None else origin_of(kind)) is type(value)


def _join_refusals(value: Any, refusals: list[tuple[Any, Exception]]) -> Exception:
    """The refusal of the one member that was meant, or one with the reasons of all."""
    classes = [(member, error) for member, error in refusals if member is not type(None)]
    if len(classes) == 1:
        return classes[0][1]
    reasons = [(member, list_problems(error, value)) for member, error in classes]
    meant = [problems for _, problems in reasons if not any(p.kind == "tag" and len(p.path) == 1 for p in problems)]
    if len(meant) == 1 and isinstance(value, Mapping):
        return RefusalError(*meant[0])
    names = cut_text(" or ".join(type_name(member) for member, _ in refusals), MOST_LETTERS)
    if not isinstance(value, Mapping):
        return expected(names, value)
    text = "; ".join(f"as {type_name(member)}: {', '.join(map(show_problem, found))}" for member, found in reasons)
    text = f"{text[:MOST_LETTERS]}…" if len(text) > MOST_LETTERS else text
    return RefusalError(Problem((), f"expected {names}, got {repr_with_type(value)}. {text}", value))
