"""Processes that are started here: interpreters and forked workers, waiting for them, and signals to them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from time import monotonic, sleep
from typing import Final, NoReturn, final

from .worker import flush_streams, serve

KILLED_SECONDS: Final = 30.0
"""How long to wait for the end of a process that was killed: it comes, and only a busy machine delays it."""

POLL_SECONDS: Final = 0.002
"""The time between two looks at whether a process has ended, while that is waited for."""


# --- pipes and processes --------------------------------------------------------------------------------


def move_descriptor(end: int) -> int:
    """A file descriptor under a number that no standard stream has.

    Where the caller has closed its standard streams, a pipe would get their numbers, and what a worker prints.
    """
    if end > 2:
        return end
    try:
        return fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 3)
    finally:
        os.close(end)


def open_pipe() -> tuple[int, int]:
    """`os.pipe()`, under other numbers than the standard streams have."""
    reader, writer = os.pipe()
    return move_descriptor(reader), move_descriptor(writer)


class Process(ABC):
    """A process that was started here."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.code: int | None = None  # as `subprocess` has it (-9: by signal 9); None where it cannot be found out
        self._is_over = False

    @abstractmethod
    def _poll(self) -> int | None:
        """How it ended, None while it has not; raises ChildProcessError where it has, and the code is lost."""

    def has_ended(self, seconds: float = 0.0) -> bool:
        """True if it ends within so many seconds."""
        until = monotonic() + seconds
        while not self._is_over:
            try:
                self.code = self._poll()
                self._is_over = self.code is not None
            except ChildProcessError:
                self._is_over = True
            if not self._is_over:
                if monotonic() >= until:
                    return False
                sleep(POLL_SECONDS)
        return True

    def signal(self, number: int) -> None:
        """Signal it, and the group of what it has started."""
        if not self._is_over:  # afterwards its number may be that of another process
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self.pid, number)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


@final
class ChildProcess(Process):
    """A child of this process."""

    def _poll(self) -> int | None:
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else None


# --- interpreters ---------------------------------------------------------------------------------------

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


# --- forked workers -------------------------------------------------------------------------------------


def fork_worker(batches: int, messages: int, to_close: tuple[int, ...]) -> int:
    """Fork a worker; its process id, in the parent."""
    flush_streams()  # what stands in the buffers would be written twice
    parent = os.getpid()
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # an interrupt inside a fork would be lost
    try:
        pid = os.fork()
        if not pid:
            _run_child(batches, messages, parent, to_close, blocked)
        return pid
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _run_child(batches: int, messages: int, parent: int, to_close: tuple[int, ...], blocked: set[int]) -> NoReturn:
    """All that the forked process does."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)  # it would write into the parent's event loop
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # one that was sent to the parent's group is not this one's
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        for pipe in to_close:
            os.close(pipe)
        null = move_descriptor(os.open(os.devnull, os.O_RDONLY))
        os.dup2(null, 0)
        os.close(null)
        _seed_libraries()
        serve(batches, messages, parent)
        code = 0
    except BaseException:  # it is printed, and ends here: the caller's code is not this process's
        sys.excepthook(*sys.exc_info())
    finally:
        flush_streams()
        os._exit(code)


def _seed_libraries() -> None:
    """Random numbers of its own: a fork has a copy of the state of its parent. `random` itself sees to that."""
    for module in ("numpy.random", "torch"):
        with contextlib.suppress(Exception):  # it is loaded in part, or something else has this name
            if module in sys.modules:
                sys.modules[module].seed()
