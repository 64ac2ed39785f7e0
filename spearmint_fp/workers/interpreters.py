"""Starting a Python interpreter that finds what this one finds."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

STARTED: Final = "SPEARMINT_FP_STARTED"
"""Set in the environment of an interpreter that is started here, which takes it away again."""

_PYTHON: Final = re.compile("python|pypy|graalpy|mayapy|hython", re.IGNORECASE)
"""The names under which interpreters are known; others are those of programs that Python is a part of."""


def explain_no_interpreter() -> str | None:
    """Why no interpreter can be started from this program; None where one can."""
    if STARTED in os.environ:
        return f"{sys.executable} has started this program once more, where a Python interpreter was asked for"
    if getattr(sys, "frozen", False):
        return "this program is frozen, and sys.executable is the program itself"
    if not sys.executable:
        return "sys.executable names no Python interpreter"
    names = {os.path.basename(path) for path in (sys.executable, os.path.realpath(sys.executable))}
    if not os.access(sys.executable, os.X_OK) or not any(_PYTHON.search(name) for name in names):
        return f"sys.executable, {sys.executable!r}, is no Python interpreter"
    return None


def start_interpreter(module: str, call: str, *pipes: int) -> int:
    """Start an interpreter with this one's path and arguments that calls a function of a module; its process id."""
    code = (
        f"import os, sys; os.environ.pop({STARTED!r}, None); "
        f"sys.path[:] = {_make_path()!r}; sys.argv[:1] = {sys.argv[:1]!r}; "
        f"import {module} as module; module.{call}"
    )
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    popen = subprocess.Popen(  # noqa: S603  # this interpreter
        [sys.executable, *flags, "-c", code, *sys.argv[1:]],
        stdin=subprocess.DEVNULL,
        pass_fds=pipes,
        process_group=0,  # so that an interrupt of the terminal reaches the caller alone
        env={**os.environ, STARTED: "1"},
    )
    popen.returncode = 0  # the caller waits for it by its process id; `subprocess` must not do so too
    return popen.pid


def _make_path() -> list[str]:
    """`sys.path`, so that a module which was found here is found there, though the working directory has changed.

    A relative entry, `""` among them, stands for the folders where something was found through it, and for what it is
    now. Folders that were on the path only while something was imported come last.
    """
    entries = [entry for entry in sys.path if isinstance(entry, str)]
    former = [folder for folder in _find_folders() if folder not in entries]
    path: list[str] = []
    for entry in entries:
        with contextlib.suppress(OSError):  # the working directory is there no more
            path += [entry] if os.path.isabs(entry) else [*former, os.path.abspath(entry)]
    return list(dict.fromkeys([*path, *former]))


def _find_folders() -> Iterator[str]:
    """Where the import system has found the modules at the top that are loaded."""
    searched = {*sys.path_importer_cache, *(getattr(one, "path", None) for one in sys.path_importer_cache.values())}
    for name, module in tuple(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        if spec is None or "." in name:
            continue
        files = spec.submodule_search_locations or [spec.origin]
        yield from (folder for file in files if (folder := os.path.dirname(str(file))) in searched)
