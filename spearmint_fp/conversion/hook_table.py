"""The table of hooks: what a type is, and what makes the hook of such a type; and hooks of types made of others."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from functools import cache
from inspect import isclass
from typing import Any, Final, get_args

from ..configuration.config import Config
from ..configuration.errors import ArgumentError
from ..configuration.messages import cut_end, cut_text, repr_with_type, short_repr
from ..configuration.models import is_model
from ..configuration.scalars import unbox_scalar
from .class_hooks import convert_config, make_class_hook, make_instance_hook, make_model_hook, make_record_hook
from .container_hooks import is_container, make_container_hook
from .diagnosis import list_problems
from .fields import NO_TYPE, is_record_type
from .hooks import Form, Hook, Hooks
from .models import make_bounds_check
from .problems import Problem, RefusalError, format_type, make_refusal, show_problem
from .scalar_hooks import convert_enum, convert_literal, convert_none, find_scalar_hook
from .type_forms import find_class, is_form, is_literal, is_union
from .unwrapping import is_wrapped, list_members, unwrap_once, unwrap_type

MOST_LETTERS: Final = 1_000
"""How much of the reasons of a union's members is written out."""


def find_hook(cls: Any, extra: Any) -> Hook:
    """The hook of a type.

    Raises:
        ArgumentError: `cls` is no type, or its fields cannot be read; `extra` is neither "forbid" nor "ignore".
    """
    if type(extra) is not str or extra not in ("forbid", "ignore"):
        raise ArgumentError(
            f"extra is 'forbid' or 'ignore', for keys that a class does not have; got {repr_with_type(extra)}"
        )
    try:
        return _make_hooks(extra == "ignore").find(type(None) if cls is None else cls)
    except ArgumentError:
        raise
    except Exception as error:
        raise ArgumentError(f"{NO_TYPE}; got {repr_with_type(cls)} as the type: {short_repr(error)}") from error


@cache
def _make_hooks(ignoring_extra: bool) -> Hooks:
    return Hooks(_FORMS, strict=_make_hooks(False)) if ignoring_extra else Hooks(_FORMS)


def _make_wrapped_hook(kind: Any, hooks: Hooks) -> Hook:
    unwrap_type(kind)  # refuses an alias that stands for itself
    inner = unwrap_once(kind)
    hook = hooks.find(inner)
    return lambda value, _: hook(value, inner)


def _make_bounded_hook(kind: Any, hooks: Hooks) -> Hook:
    """The hook of a type that msgspec annotates with bounds."""
    check, base = make_bounds_check(kind), get_args(kind)[0]
    hook = hooks.find(base)
    return lambda value, _: check(hook(value, base)) if check else hook(value, base)


def _make_union_hook(union: Any, hooks: Hooks) -> Hook:
    """The hook of a union: the member of exactly the value's type, else the first that takes it.

    Where unknown keys are ignored, a member that takes the value without any comes before those that ignore some.
    """
    members = list_members(union)
    tables = [
        [(member, _make_exact_test(unwrap_type(member)), one.find(member)) for member in members]
        for one in dict.fromkeys((hooks.strict, hooks))
    ]

    def check(value: Any, _: Any) -> Any:
        single = unbox_scalar(value)
        refusals: list[tuple[Any, Exception]] = []
        for table in tables:
            refusals.clear()
            for member, _, hook in sorted(table, key=lambda line: not line[1](single)):
                try:
                    return hook(value, member)
                except Exception as error:
                    refusals.append((member, error))
        raise _join_refusals(value, sorted(refusals, key=lambda refusal: members.index(refusal[0])))

    return check


def _make_exact_test(kind: Any) -> Callable[[Any], bool]:
    """True where a value is of a type without any conversion."""
    if is_literal(kind):
        literals = get_args(kind)
        return lambda value: any(type(one) is type(value) and one == value for one in literals)
    cls = type(None) if kind is None else find_class(kind)
    return lambda value: cls is type(value)


def _join_refusals(value: Any, refusals: list[tuple[Any, Exception]]) -> Exception:
    """The refusal of the one member that was meant, or one with the reasons of all."""
    classes = [(member, error) for member, error in refusals if member is not type(None)]
    if len(classes) == 1:
        return classes[0][1]
    reasons = [(member, list_problems(error, value)) for member, error in classes]
    meant = [problems for _, problems in reasons if not any(p.kind == "tag" and len(p.path) == 1 for p in problems)]
    if len(meant) == 1 and isinstance(value, Mapping):
        return RefusalError(*meant[0])
    names = cut_text(" or ".join(format_type(member) for member, _ in refusals), MOST_LETTERS)
    if not isinstance(value, Mapping):
        return make_refusal(names, value)
    text = "; ".join(f"as {format_type(member)}: {', '.join(map(show_problem, found))}" for member, found in reasons)
    reason = f"expected {names}, got {repr_with_type(value)}. {cut_end(text, MOST_LETTERS)}"
    return RefusalError(Problem((), reason, value))


_FORMS: Final[list[Form]] = [
    (lambda kind: kind is None or kind is type(None), lambda *_: convert_none),
    (lambda kind: kind is object or is_form(kind, "Any"), lambda *_: lambda value, _: value),
    (is_literal, lambda *_: convert_literal),
    (lambda kind: make_bounds_check(kind) is not None, _make_bounded_hook),
    (is_wrapped, _make_wrapped_hook),
    (is_union, _make_union_hook),
    (lambda kind: isclass(kind) and issubclass(kind, Config), lambda *_: convert_config),
    (is_model, make_model_hook),
    (lambda kind: isclass(kind) and issubclass(kind, enum.Enum), lambda *_: convert_enum),
    (is_record_type, make_record_hook),
    (lambda kind: find_scalar_hook(kind) is not None, lambda kind, _: find_scalar_hook(kind) or convert_none),
    (is_container, make_container_hook),
    (lambda kind: find_class(kind) is type, make_class_hook),
    (lambda _: True, make_instance_hook),
]
"""The first line that fits; what is nothing else is a class, or is refused by its name."""
