"""Models of other libraries: pydantic's converted by their own methods, msgspec's by their fields.

pydantic is never imported here, msgspec only where one of its classes has come in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from contextlib import suppress
from enum import Enum
from functools import cache
from typing import Any, Final, get_args, get_origin

from ..configuration.errors import ArgumentError
from ..configuration.fold import Steps
from ..configuration.messages import full_repr, repr_with_type
from ..configuration.models import is_model, is_struct
from ..configuration.paths import find_in
from .problems import Problem, RefusalError

# --- pydantic --------------------------------------------------------------------------------------


def complete_model(cls: Any) -> None:
    """Let a model read its annotations in its own module, where it could not do so when it was defined.

    pydantic would read them at the first validation, and look among the local names of the caller.
    """
    if getattr(cls, "__pydantic_complete__", True):
        return
    cls.model_rebuild(raise_errors=False, _types_namespace={})
    if not cls.__pydantic_complete__:
        why = str(getattr(cls, "__pydantic_validator__", "")) or "a name is not defined"
        raise ArgumentError(
            f"cannot read the annotations of {cls.__qualname__}: {_find_undefined(cls) or why}. "
            f"Define the name in that module, or call {cls.__qualname__}.model_rebuild() where it is known"
        )


def _find_undefined(cls: Any) -> str:
    """The message of pydantic for a model that it cannot complete."""
    try:
        cls.model_rebuild(_types_namespace={})
    except Exception as error:
        return str(error).partition("\n")[0]
    return ""


_SCALAR_ERRORS: Final = frozenset(
    {"int_type", "float_type", "bool_type", "string_type", "bytes_type", "int_from_float"}
)
"""Errors of pydantic's strict mode that mean a coerced scalar; others mean no more than a list for a tuple, say."""
_NAMES: Final = {"int": "int", "float": "float", "bool": "bool", "string": "str", "bytes": "bytes"}


def validate_model(cls: Any, config: Any, *, ignore: bool) -> Any:
    """`cls.model_validate(config)`, with strict scalars and unknown keys refused.

    What a model sets for itself (`extra=`, `strict=False`) stands, for that model. Strict mode alone would refuse too
    much (a list for a deque, a mapping for a dataclass). Where it does, the model validates again without it, and only
    the strict errors about scalars count. JSON mode would not do: it takes text for bytes, and a date's text for text.
    """
    made, strict = _try_validating(cls, config, strict=True, extra=None if ignore else "forbid")
    if not strict:
        # an instance that was made with extra keys forbidden takes none later, even where its class allows them
        return _try_validating(cls, config, strict=True)[0] if not ignore and _may_allow_extra(cls) else made
    refused = [problem for problem in strict if _is_ours(cls, problem, strict)]
    made, lax = _try_validating(cls, config)
    if not lax:
        others = [problem for problem in strict if problem.kind in ("check", "type") and problem not in refused]
        refused += _find_coerced(config, made, [other.path for other in others if not _is_lax_at(cls, other)])
    strictly = {problem.path for problem in refused}
    problems = [*refused, *(problem for problem in lax if problem.path not in strictly)]
    if problems:
        raise RefusalError(*problems)
    return made


def read_model_schema(cls: Any, prefix: str) -> dict[str, Any]:
    """The JSON Schema of a model, its definitions included, with unknown keys refused where the model does not say.

    What refers to a definition has the prefix before its name.
    """
    complete_model(cls)
    schema: dict[str, Any] = cls.model_json_schema(ref_template=f"#/$defs/{prefix}{{model}}")
    config = cls.model_config
    by_name = config.get("populate_by_name") or config.get("validate_by_name")
    if config.get("extra") in (None, "forbid") and not by_name:
        for one in (schema, *schema.get("$defs", {}).values()):
            if "properties" in one:
                one.setdefault("additionalProperties", False)
    return schema


@cache
def _may_allow_extra(cls: Any) -> bool:
    """True where a model, or one that may stand inside it, keeps keys that it has no field for."""
    waiting, seen = [cls], set()
    while waiting:
        kind = waiting.pop()
        if is_model(kind) and kind not in seen:
            seen.add(kind)
            if kind.model_config.get("extra") == "allow":
                return True
            waiting += [field.annotation for field in kind.model_fields.values()]
        waiting += get_args(kind)
    return False


def _try_validating(cls: Any, config: Any, **options: Any) -> tuple[Any, tuple[Problem, ...]]:
    """The instance of a model, or the problems that it raises; lists stand for tuples and sets in strict mode too."""
    replaced: set[Steps] = set()
    while True:
        try:
            return cls.model_validate(config, **options), ()
        except Exception as error:
            if not is_validation_error(error):
                raise
            lists = {path: made for path, made in _list_sequences(config, error) if path not in replaced}
            if not lists:
                return None, tuple(list_model_problems(error, config))
            replaced |= lists.keys()
            for path, made in lists.items():
                config = _replace_at(config, path, made)


def _find_coerced(config: Any, made: Any, paths: list[Steps]) -> list[Problem]:
    """The scalars that were coerced, and the keys that were dropped, in places which strict mode refused as a whole."""
    dump = made.model_dump(by_alias=True)
    found = {}
    for path in paths:
        given, became = find_in(path, config), find_in(path, dump)
        if given and became:
            found.update({problem.path: problem for problem in _compare_values(given[0], became[0], path)})
    return list(found.values())


def _compare_values(given: Any, made: Any, path: Steps) -> Iterator[Problem]:
    if isinstance(given, Mapping) and isinstance(made, Mapping):
        for key, value in given.items():
            if key in made:
                yield from _compare_values(value, made[key], (*path, key))
            else:
                yield Problem((*path, key), "no such field", value, "unknown")
    elif isinstance(given, list | tuple) and isinstance(made, list | tuple | deque) and len(given) == len(made):
        for place, pair in enumerate(zip(given, made, strict=True)):
            yield from _compare_values(*pair, (*path, str(place)))
    else:
        scalar = made.value if isinstance(made, Enum) else made
        widened = type(given) is int and type(scalar) in (float, complex)
        if {type(given), type(scalar)} <= _SCALARS and type(given) is not type(scalar) and not widened:
            yield Problem(path, f"expected {type(made).__name__}, got {repr_with_type(given)}", given)


_SCALARS: Final = frozenset({int, float, complex, bool, str, bytes})
_SEQUENCES: Final = {"tuple_type": tuple, "set_type": set, "frozen_set_type": frozenset, "enum": tuple}


def _list_sequences(config: Any, error: Any) -> Iterator[tuple[Steps, Any]]:
    """The lists of a configuration where a model wants other collections or an enum has a tuple, and these."""
    for detail in error.errors(include_url=False, include_context=False):
        path, given = _find_path(config, detail["loc"], ""), detail["input"]
        make = _SEQUENCES.get(detail["type"])
        there = find_in(path, config)
        if make is None or not isinstance(given, list) or not there or there[0] is not given:
            continue
        if detail["type"] != "enum" or full_repr(tuple(given)) in detail["msg"]:  # which lists the enum's values
            with suppress(TypeError):  # elements that cannot be in a set: the model refuses them
                yield path, make(given if make is tuple else map(_make_hashable, given))


def _make_hashable(element: Any) -> Any:
    return tuple(map(_make_hashable, element)) if isinstance(element, list) else element


def _replace_at(node: Any, path: Steps, made: Any) -> Any:
    """A copy of plain data with something else at a path."""
    if not path:
        return made
    if isinstance(node, Mapping):
        return {key: _replace_at(value, path[1:], made) if key == path[0] else value for key, value in node.items()}
    return type(node)(
        _replace_at(value, path[1:], made) if str(k) == path[0] else value for k, value in enumerate(node)
    )


def is_validation_error(error: BaseException) -> bool:
    """True for an error of pydantic that lists what is wrong."""
    return callable(getattr(error, "errors", None)) and callable(getattr(error, "error_count", None))


def _is_ours(cls: Any, problem: Problem, others: tuple[Problem, ...]) -> bool:
    """True for an error of strict mode that is an error here too: a coerced scalar, or a key that no model allows."""
    models = _find_models(cls, problem.path[:-1])
    if problem.kind == "unknown":
        return not any(model.model_config.get("extra") in ("allow", "ignore") for model in models)
    if problem.kind != "type" or _is_lax_at(cls, problem):
        return False
    return all(other.kind == "type" for other in others if other.path == problem.path)


def _find_models(cls: Any, path: Steps) -> set[Any]:
    """The models that may stand at a path below `cls`."""
    kinds = [cls]
    for step in path:
        kinds = [below for kind in kinds for below in _list_below(kind, step)]
    return {model for kind in kinds for model in _list_models(kind)}


def _is_lax_at(cls: Any, problem: Problem) -> bool:
    """True where a model around a problem is set to pydantic's own rules."""
    return any(model.model_config.get("strict") is False for model in _find_models(cls, problem.path[:-1]))


def _list_below(kind: Any, step: Hashable) -> Iterator[Any]:
    """The types that a step from a type may lead to."""
    arguments, origin = get_args(kind), get_origin(kind)
    if is_model(kind):
        yield from (f.annotation for name, f in kind.model_fields.items() if step in (name, _find_key(name, f)))
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield arguments[-1]
    elif isinstance(origin, type) and issubclass(origin, Collection):
        yield from arguments
    else:  # a union, or an annotated type
        yield from (below for argument in arguments for below in _list_below(argument, step))


def _list_models(kind: Any) -> Iterator[Any]:
    """The models that a value of a type may be."""
    origin = get_origin(kind)
    if is_model(kind):
        yield kind
    elif not (isinstance(origin, type) and issubclass(origin, Collection)):
        yield from (model for argument in get_args(kind) for model in _list_models(argument))


def list_model_problems(error: Any, config: Any) -> Iterator[Problem]:
    """The errors of pydantic, at the keys of the configuration."""
    seen: set[tuple[Steps, str]] = set()
    for detail in error.errors(include_url=False, include_context=False):
        kind = _find_problem_kind(detail)
        path = _find_path(config, detail["loc"], kind)
        if kind == "missing":
            problem = Problem(path, "missing", kind=kind)
        elif kind == "unknown":
            problem = Problem(path, "no such field", detail["input"], kind)
        else:
            problem = Problem(
                path, f"{_reword_message(detail)}, got {repr_with_type(detail['input'])}", detail["input"], kind
            )
        if (path, problem.reason) not in seen:
            seen.add((path, problem.reason))
            yield problem


def _reword_message(detail: Any) -> str:
    """A message of pydantic in the words of this library."""
    scalar, _, rest = detail["type"].partition("_")
    if scalar in _NAMES and rest in ("type", "parsing", "from_float"):
        return f"expected {_NAMES[scalar]}"
    text: str = detail["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    text = text.replace("Input should be a", "expected a").replace("Input should be", "must be")
    return text[:1].lower() + text[1:]


def _find_problem_kind(detail: Any) -> Any:
    kinds = {"missing": "missing", "extra_forbidden": "unknown"}
    if detail["type"] in kinds:
        return kinds[detail["type"]]
    if detail["type"] in _SCALAR_ERRORS:
        return "type"
    of_all = detail["type"] in ("value_error", "assertion_error") and isinstance(detail["input"], Mapping)
    return "whole" if of_all else "check"


def _find_path(config: Any, location: tuple[Any, ...], kind: str) -> Steps:
    """The steps of pydantic's location that the configuration has; names of union members are none."""
    path: list[Hashable] = []
    node = config
    for place, step in enumerate(location):
        if isinstance(node, Mapping) and step in node:
            node = node[step]
            path.append(step)
        elif isinstance(node, list | tuple) and isinstance(step, int) and step < len(node):
            node = node[step]
            path.append(str(step))
        elif place == len(location) - 1 and kind == "missing":
            path.append(step)
    return tuple(path)


# --- msgspec ---------------------------------------------------------------------------------------


def list_struct_fields(cls: Any) -> list[tuple[str, str, bool]]:
    """Per field of a struct: its name, its key in a configuration, and whether it must be given."""
    from msgspec import NODEFAULT

    names, keys, defaults = cls.__struct_fields__, cls.__struct_encode_fields__, cls.__struct_defaults__
    given = (NODEFAULT,) * (len(names) - len(defaults)) + tuple(defaults)
    return [(name, key, default is NODEFAULT) for name, key, default in zip(names, keys, given, strict=True)]


def find_struct_tag(cls: Any) -> tuple[str, Any] | None:
    """The key and the value that mark a tagged struct."""
    config = (get_origin(cls) or cls).__struct_config__
    return None if config.tag_field is None else (config.tag_field, config.tag)


def make_bounds_check(annotated: Any) -> Callable[[Any], Any] | None:
    """The check that `Annotated[T, msgspec.Meta(...)]` makes of a value of `T`; None for other annotations."""
    if not any(type(extra).__module__ == "msgspec" for extra in getattr(annotated, "__metadata__", ())):
        return None
    import msgspec

    def check(value: Any) -> Any:
        try:
            return msgspec.convert(value, annotated, strict=True)
        except msgspec.ValidationError as error:
            text = str(error)[:1].lower() + str(error)[1:]
            raise RefusalError(Problem((), f"{text}, got {repr_with_type(value)}", value)) from None

    return check


def read_bounds_schema(annotated: Any) -> dict[str, Any]:
    """The JSON Schema of a type that msgspec annotates with bounds."""
    import msgspec

    return msgspec.json.schema(annotated)


# --- out again -------------------------------------------------------------------------------------


def _find_key(name: str, field: Any) -> str:
    """The key by which a model reads a field."""
    keys = [field.validation_alias, *getattr(field.validation_alias, "choices", ()), field.alias, name]
    return next(key for key in keys if isinstance(key, str))


def dump_fields(value: Any) -> Any:
    """The fields of a model or a struct, by the keys that it is made from again, or its root; None for all else."""
    if getattr(type(value), "__pydantic_root_model__", False):
        return value.root
    if is_model(type(value)):
        names = {name: _find_key(name, field) for name, field in type(value).model_fields.items()}
        return {**(value.model_extra or {}), **{key: getattr(value, name) for name, key in names.items()}}
    if is_struct(type(value)) and not isinstance(value, type):
        tag = find_struct_tag(type(value))
        fields = zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True)
        return {**dict([tag] if tag else []), **{key: getattr(value, name) for name, key in fields}}
    return None


def drop_tag(cls: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that `dump_fields` gives; those of a struct by argument, without its tag."""
    if not is_struct(cls):
        return dict(fields)
    names = {key: name for name, key, _ in list_struct_fields(cls)}
    return {names[key]: value for key, value in fields.items() if key in names}
