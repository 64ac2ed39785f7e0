"""From exceptions to problems: those of cattrs, of pydantic, and of the classes' own code."""

from __future__ import annotations

import traceback
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from ..configuration.messages import repr_with_type, short_repr, suggest_keys
from .fields import list_aliases, list_arguments
from .models import is_validation_error, list_model_problems
from .problems import ABSENT, Problem, RefusalError, format_type
from .type_forms import find_class


def list_problems(error: BaseException, value: Any) -> tuple[Problem, ...]:
    """The problems that an exception of a hook stands for, at their paths below `value`."""
    return tuple(_iterate_problems(error, value))


def _iterate_problems(error: BaseException, value: Any) -> Iterator[Problem]:
    if isinstance(error, RefusalError):
        yield from error.problems
    elif isinstance(error, BaseExceptionGroup):
        cls = getattr(error, "cl", None)
        for place, inner in enumerate(error.exceptions):
            note = _find_note(inner, error.exceptions[place + 1 :])
            yield from _list_noted(inner, note, cls, value) if note else _list_class_problems(inner, cls, value)
    elif hasattr(error, "extra_fields"):
        yield from _list_unknown(error.extra_fields, error.cl, value)  # type: ignore[attr-defined]
    elif is_validation_error(error):
        yield from list_model_problems(error, value)
    elif isinstance(error, RecursionError):
        yield Problem((), "nested too deeply for the class that it should become", value)
    else:
        yield Problem((), _show_message(error, value), value, "check")


def _find_note(error: BaseException, later: Sequence[BaseException]) -> Any:
    """The note of cattrs that says where an error was raised; one that was raised again `later` has later notes too."""
    notes = [note for note in getattr(error, "__notes__", ()) if hasattr(note, "type")]
    place = len(notes) - 1 - sum(other is error for other in later)
    return notes[place] if place >= 0 else None


def _list_noted(error: BaseException, note: Any, cls: Any, value: Any) -> Iterator[Problem]:
    """The problems of a field or an element, whose step cattrs noted on the exception."""
    if "mapping key" in str(note):
        for problem in _iterate_problems(error, note.index):
            yield Problem((note.index,), f"as a key: {problem.reason}", note.index, problem.kind)
        return
    step, there = _find_step(note, cls, value)
    if isinstance(error, KeyError) and there is ABSENT:
        yield Problem((step,), f"missing; expected {format_type(note.type)}", kind="missing")
        return
    yield from (problem.below((step,)) for problem in _iterate_problems(error, there))


def _find_step(note: Any, cls: Any, value: Any) -> tuple[Hashable, Any]:
    """The key or the index that a note names, as the configuration has it, and what stands there."""
    if not hasattr(note, "name"):
        element = value[note.index] if isinstance(value, Mapping) else list(value)[note.index]
        return note.index if isinstance(value, Mapping) else str(note.index), element
    key = getattr(note.type, "key", note.name)
    names = [key, *(alias for alias, name in list_aliases(find_class(cls)).items() if name == key)]
    if isinstance(value, Mapping):
        return next(((name, value[name]) for name in names if name in value), (names[-1], ABSENT))
    fields = getattr(cls, "_fields", ())
    place = fields.index(note.name) if note.name in fields else len(value)
    return (str(place), value[place]) if place < len(value) else (note.name, ABSENT)


def _list_unknown(names: Iterable[str], cls: Any, value: Any) -> Iterator[Problem]:
    cls = find_class(cls)
    known = list_arguments(cls)
    declared = [*getattr(cls, "__attrs_attrs__", ()), *getattr(cls, "__dataclass_fields__", {}).values()]
    computed = {field.name for field in declared if not field.init}
    for name in sorted(names, key=str):
        reason = f"no such field{suggest_keys(name, known)}"
        if name in computed:
            reason = "the class computes it itself (init=False)"
        yield Problem((name,), reason, value.get(name, ABSENT), "unknown")


def _list_class_problems(error: BaseException, cls: Any, value: Any) -> Iterator[Problem]:
    """The problems that a class itself raised: at a field, where its converter or validator did, or for the whole."""
    if hasattr(error, "extra_fields") or isinstance(error, RefusalError | BaseExceptionGroup):
        yield from _iterate_problems(error, value)
        return
    found = list(_find_fields(error, cls)) if attrs.has(cls) else []
    for name, cause in found:
        step, there = _find_step(_Note(name), cls, value)
        yield Problem((step,), _show_message(cause, there), there, "check")
    if not found and is_validation_error(error):
        yield from list_model_problems(error, value)
    elif not found:
        yield Problem((), _show_message(error, ABSENT), value, "whole")


@attrs.frozen(repr=False)
class _Note:
    name: str
    type: Any = None


def _find_fields(error: BaseException, cls: Any) -> Iterator[tuple[str, BaseException]]:
    """The fields whose converter or validator raised: each runs again on the instance that `__init__` left behind."""
    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__) if frame.f_code.co_name.endswith("init__"))
    made = next((frame.f_locals["self"] for frame in frames if type(frame.f_locals.get("self")) is cls), None)
    if made is None:
        return
    for field in attrs.fields(cls):
        if field.init and not hasattr(made, field.name):
            yield field.name, error  # __init__ sets the fields in order, so this is the one that it was converting
            return
        if field.validator is not None and hasattr(made, field.name):
            try:
                field.validator(made, field, getattr(made, field.name))
            except Exception as cause:
                yield field.name, cause


def _show_message(error: BaseException, value: Any) -> str:
    """The message of an exception, with the value where that is not in it."""
    try:
        text = error.args[0] if error.args and isinstance(error.args[0], str) else str(error)
    except Exception:  # a hostile __str__
        text = ""
    if not text or isinstance(error, KeyError):
        text = f"{type(error).__name__}{text and ': '}{text}"
    return text if value is ABSENT or short_repr(value) in text else f"{text}, got {repr_with_type(value)}"
