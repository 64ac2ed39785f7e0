"""Objects by `module:name`, as a command line names them, and functions among them."""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from traceback import extract_tb
from types import ModuleType
from typing import Any

from ..configuration.errors import ArgumentError
from ..configuration.fold import Choice
from ..configuration.messages import repr_with_type, short_repr, suggest_names
from ..tasks.injection import inject
from ..tasks.wrapping import check_signature, is_experiment


def look_up(name: str) -> Any:
    """The object `module:name`, or `module:name.part`: the module is imported, its code run.

    >>> look_up("math:pi")
    3.141592653589793
    >>> look_up("fractions:Fraction.from_float")(0.5)
    Fraction(1, 2)

    Raises:
        ArgumentError: not of that form; no such module, or no such name in it; a module that raises when it is
            imported: says what and where.
    """
    module, colon, path = name.partition(":")
    if not colon or not all(part.isidentifier() for part in (*module.split("."), *path.split("."))):
        raise ArgumentError(f"{short_repr(name)} is no module:name{_suggest_name(name)}")
    value, where = _import_module(module, name), f"module {module!r}"
    for part in path.split("."):
        try:
            value = getattr(value, part)
        except AttributeError:
            raise ArgumentError(f"{where} has no {part!r}{suggest_names(part, _list_names(value))}") from None
        where = repr(part)
    return value


def _suggest_name(name: str) -> str:
    """The name that was probably meant, where a file or a path of dots was given, as other programs have it."""
    module, colon, rest = name.partition(":")
    dotted = (module.removesuffix(".py") if module.endswith(".py") else module).replace("/", ".").strip(".")
    if colon:
        return f". Write {dotted}:{rest}" if dotted != module and rest else ""
    if name.endswith(".py"):
        return f". Write {dotted}:name"
    return f". Write {':'.join(name.rsplit('.', 1))}" if "." in name else f". Write {name}:name" if name else ""


def _import_module(module: str, name: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise ArgumentError(_describe_break(module, error)) from error
        known = [entry.name for entry in pkgutil.iter_modules(sys.path[:1])] if error.name == module else []
        way = _suggest_name(name) or (suggest_names(module, known) if known else "")
        raise ArgumentError(f"there is no module {error.name!r}{way}") from None
    except (Exception, SystemExit) as error:  # whatever a user's module does when it is imported
        raise ArgumentError(_describe_break(module, error)) from error


def _describe_break(module: str, error: BaseException) -> str:
    places = [f for f in extract_tb(error.__traceback__) if not f.filename.startswith("<") and f.filename != __file__]
    ours = [place for place in places if "importlib" not in place.filename]
    where = f" ({ours[-1].filename}:{ours[-1].lineno})" if ours and not isinstance(error, SyntaxError) else ""
    return f"module {module!r} cannot be imported: {type(error).__name__}: {error}{where}"


def _list_names(owner: Any) -> Iterator[str]:
    """The public names of an object; of a module, those of its trees, and of the functions and classes of its own."""
    if not isinstance(owner, ModuleType):
        return (name for name in dir(owner) if not name.startswith("_"))
    named = ((name, value) for name, value in vars(owner).items() if not name.startswith("_"))
    return (name for name, value in named if isinstance(value, Mapping | Choice) or _is_own(value, owner))


def _is_own(value: Any, module: ModuleType) -> bool:
    return callable(value) and getattr(value, "__module__", "") == module.__name__


def prepare_function(fn: Any, name: str) -> Callable[[Any], Any]:
    """`fn`, or `inject(fn)` where annotations say what its parameters take of a configuration; that of an experiment.

    >>> prepare_function(abs, "builtins:abs")(-1)
    1

    Raises:
        ArgumentError: no function, or one that cannot be called with a configuration alone; says which by `name`.
    """
    if not callable(fn):
        raise ArgumentError(f"{name} is no function; it is {repr_with_type(fn)}")
    if is_experiment(fn):
        fn = fn.__wrapped__
    injected = inject(fn)
    task: Callable[[Any], Any] = injected if injected.parameters else fn
    check_signature(task, name)
    return task
