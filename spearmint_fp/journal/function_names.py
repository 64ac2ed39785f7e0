"""The names under which functions can be found again: whose outcomes a journal keeps."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, final

import attrs

from ..configuration.errors import ArgumentError
from ..configuration.messages import repr_with_type, short_repr
from ..tasks.wrapping import MAIN_MODULES, find_innermost, is_experiment


@final
@attrs.frozen(repr=False)
class FunctionName:
    """Where a function is found again: `module.qualname`, and the file, where one is known that is not installed."""

    module: str
    qualname: str
    file: str | None
    is_main: bool

    @property
    def text(self) -> str:
        """`module.qualname`."""
        return f"{self.module}.{self.qualname}"

    @property
    def place(self) -> str | None:
        """`file:qualname`, which two scripts of one name do not share."""
        return None if self.file is None else f"{self.file}:{self.qualname}"


@final
class NamelessError(ArgumentError):
    """A function whose outcomes can only be found again by a name of the user's own; `reason` says why."""

    @property
    def reason(self) -> str:
        """The message without its end, which says how the name is given."""
        return str(self.args[0])

    def __str__(self) -> str:
        return f"{self.reason}: Journal(path, name='score')"


def unwrap_function(fn: Any) -> Any:
    """The function inside all wrappers that can be looked through; of an experiment, its own."""
    inner = find_innermost(fn)
    return unwrap_function(inner.__wrapped__) if is_experiment(inner) else inner


def name_function(fn: Callable[..., Any]) -> FunctionName:
    """The name by which the function inside the wrappers is found again, in this process and in any other.

    A script, `python -m` and an import give one name: that of the module. Looking it up gives this very function.

    >>> name_function(os.path.join).text
    'posixpath.join'

    Raises:
        ArgumentError: nobody can find it: a lambda, a closure, what a decorator without `functools.wraps` returns, an
            instance, a function that another one has replaced, or one of an interactive session.
    """
    inner = unwrap_function(fn)
    module, qualname = getattr(inner, "__module__", None), getattr(inner, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(qualname, str) or not module or not qualname:
        raise _nameless_error(inner, "it is no function of a module")
    *outer, last = qualname.split(".")
    if last == "<lambda>":
        raise _nameless_error(inner, "it is a lambda")
    if "<locals>" in outer:
        maker = qualname.rpartition(".<locals>.")[0]
        raise _nameless_error(inner, f"it is made inside {maker}(), anew by each call")
    home = sys.modules.get(module)
    if home is None:
        raise _nameless_error(inner, f"there is no module {short_repr(module)}")
    if not _leads_to(home, qualname, inner):
        raise _nameless_error(inner, f"{short_repr(f'{module}.{qualname}')} is not this function")
    file = _find_home_file(home)
    if module not in MAIN_MODULES:
        return FunctionName(
            module, qualname, None if file is None or file.startswith(_list_installed_folders()) else file, False
        )
    known = name_main_module(home)
    if known is None:
        raise _nameless_error(inner, "it is defined in an interactive session, which nobody can open again")
    return FunctionName(known, qualname, file, True)


def name_main_module(home: Any) -> str | None:
    """The name by which a module that runs as a program would be imported; None for an interactive session."""
    known = getattr(getattr(home, "__spec__", None), "name", None)  # set by python -m
    if isinstance(known, str) and known not in MAIN_MODULES:
        return known
    file = _find_home_file(home)
    return None if file is None or not is_file(file) else _name_module(Path(file))


def _find_home_file(home: Any) -> str | None:
    file = getattr(home, "__file__", None)
    return os.path.realpath(file) if isinstance(file, str) else None


def _nameless_error(inner: Any, why: str) -> NamelessError:
    return NamelessError(
        f"{repr_with_type(inner)} has no name to be found by again: {why}. Define it at the top level of a module, "
        f"under its own name, or give it one that stands for it"
    )


def _leads_to(home: Any, qualname: str, inner: Any) -> bool:
    """True if the name leads to the function, whatever wrappers that can be looked through stand around it."""
    found = home
    try:
        for part in qualname.split("."):
            found = getattr(found, part)
        return unwrap_function(found) is inner
    except Exception:  # whatever a user's module or class does when it is asked for a name
        return False


def is_file(file: str) -> bool:
    """True for a file, and for one in an archive that Python runs (python app.pyz)."""
    return os.path.exists(file) or os.path.isfile(os.path.dirname(file))


def _name_module(file: Path) -> str:
    """The name by which a script's file would be imported, from the folder above its packages."""
    parts = [file.stem]
    folder = file.parent
    if file.stem == "__main__" and not (folder / "__init__.py").is_file():  # python folder, python app.zip
        return f"{folder.name}.__main__"
    while (folder / "__init__.py").is_file() and folder.name:
        parts.insert(0, folder.name)
        folder = folder.parent
    return ".".join(parts)


@cache
def _list_installed_folders() -> tuple[str, ...]:
    """Folders of the standard library and of installed packages: names there are unique, and the folders change."""
    import sysconfig

    paths = sysconfig.get_paths()
    folders = {os.path.realpath(paths[key]) for key in ("stdlib", "platstdlib", "purelib", "platlib") if key in paths}
    return tuple(f"{folder}{os.sep}" for folder in folders)
