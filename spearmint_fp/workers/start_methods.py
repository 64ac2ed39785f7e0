"""Starting worker processes: `forkserver`, `spawn` or `fork`, each a process to be waited for, with two pipes.

`spawn` starts an interpreter. `forkserver` starts one, with a single thread, which forks every worker: safe whatever
threads the caller has, and fast. `fork` copies the caller, threads' locks included. No script is
run again in a worker, and nothing outlives the launcher.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import selectors
import signal
import socket
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from struct import Struct
from time import monotonic, sleep
from typing import Final, NoReturn, final

from ..configuration.errors import RunError
from .worker import HEARTBEAT, flush, serve

__all__ = ["KILLED_SECONDS", "LAUNCHERS", "Launcher", "Process", "no_interpreter", "pipe"]

KILLED_SECONDS: Final = 30.0
"""How many seconds to wait for the end of a process that was killed: it comes, and only a busy machine delays it."""


def beside(end: int) -> int:
    """A file descriptor under a number that no standard stream has, also where the caller has closed those."""
    if end > 2:
        return end
    try:
        return fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 3)
    finally:
        os.close(end)


def pipe() -> tuple[int, int]:
    """`os.pipe()`, beside the standard streams."""
    reader, writer = os.pipe()
    return beside(reader), beside(writer)


class Process(ABC):
    """A process that was started here."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.code: int | None = None  # as `subprocess` says it (-9: by signal 9); None where nobody can tell
        self._over = False

    @abstractmethod
    def _poll(self) -> int | None:
        """How it ended, None while it has not; raises ChildProcessError where it has, and nobody can tell how."""

    def ended(self, seconds: float = 0.0) -> bool:
        """Whether it ends within so many seconds."""
        until = monotonic() + seconds
        while not self._over:
            try:
                self.code = self._poll()
                self._over = self.code is not None
            except ChildProcessError:
                self._over = True
            if not self._over:
                if monotonic() >= until:
                    return False
                sleep(0.002)
        return True

    def signal(self, number: int) -> None:
        """Signal it, and what it has started."""
        if not self._over:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self.pid, number)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


@final
class _Child(Process):
    """A child of this process."""

    def _poll(self) -> int | None:
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else None


class Launcher(ABC):
    """A way to start workers."""

    @abstractmethod
    def start(self, orders: int, records: int, ours: tuple[int, ...]) -> Process:
        """A worker that reads `orders` and writes `records`; `ours` are the ends that it must not keep."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what starting takes."""


class _Direct(Launcher):
    """A launcher that is nothing but a way."""

    def close(self) -> None:
        return


# --- spawn -------------------------------------------------------------------------------------------


STARTED: Final = "SPEARMINT_FP_STARTED"
"""Set in the environment of an interpreter that is started here, which takes it away again."""


def no_interpreter() -> str | None:
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


_PYTHON: Final = re.compile("python|pypy|graalpy|mayapy|hython", re.IGNORECASE)
"""The names under which interpreters are known; others are those of programs that Python is a part of."""


def _interpreter(call: str, *pipes: int) -> int:
    """A fresh interpreter with this one's path and arguments, in a group of its own, that makes a call; its number."""
    code = (
        f"import os, sys; os.environ.pop({STARTED!r}, None); "
        f"sys.path[:] = {_path()!r}; sys.argv[:1] = {sys.argv[:1]!r}; "
        f"import spearmint_fp.workers.start_methods as launch; launch.{call}"
    )
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    popen = subprocess.Popen(  # noqa: S603  # this interpreter
        [sys.executable, *flags, "-c", code, *sys.argv[1:]],
        stdin=subprocess.DEVNULL,
        pass_fds=pipes,
        process_group=0,
        env={**os.environ, STARTED: "1"},
    )
    popen.returncode = 0  # whoever has its number waits for it; `subprocess` need not
    return popen.pid


def _path() -> list[str]:
    """`sys.path`, so that a module which was found here is found there, though this process is elsewhere since then.

    A relative entry, `""` among them, stands for the folders where something was found through it, and for what it is
    now. Folders that were on the path only while something was imported come last.
    """
    entries = [entry for entry in sys.path if isinstance(entry, str)]
    was = [folder for folder in _folders() if folder not in entries]
    path: list[str] = []
    for entry in entries:
        with contextlib.suppress(OSError):  # this process stands in a folder that is there no more
            path += [entry] if os.path.isabs(entry) else [*was, os.path.abspath(entry)]
    return list(dict.fromkeys([*path, *was]))


def _folders() -> Iterator[str]:
    """Where the import system has found the modules at the top that are loaded."""
    searched = {*sys.path_importer_cache, *(getattr(one, "path", None) for one in sys.path_importer_cache.values())}
    for name, module in tuple(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        if spec is None or "." in name:
            continue
        files = spec.submodule_search_locations or [spec.origin]
        yield from (folder for file in files if (folder := os.path.dirname(str(file))) in searched)


@final
class _Spawn(_Direct):
    def start(self, orders: int, records: int, ours: tuple[int, ...]) -> Process:  # noqa: ARG002
        return _Child(_interpreter(f"serve({orders}, {records}, {os.getpid()})", orders, records))


# --- fork --------------------------------------------------------------------------------------------


def _forked(orders: int, records: int, ours: tuple[int, ...]) -> int:
    """Fork a worker; its process id, in the parent."""
    flush()
    parent = os.getpid()
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # an interrupt inside a fork would be lost
    try:
        pid = os.fork()
        if not pid:
            _child(orders, records, parent, ours, held)
        return pid
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


def _child(orders: int, records: int, parent: int, ours: tuple[int, ...], held: set[int]) -> NoReturn:
    """What the forked process does, and all that it does."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)  # it would write into the parent's event loop
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # one that was sent to the parent's group is not this one's
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        for pipe in ours:
            os.close(pipe)
        null = beside(os.open(os.devnull, os.O_RDONLY))
        os.dup2(null, 0)
        os.close(null)
        _reseed()
        serve(orders, records, parent)
        code = 0
    except BaseException:  # it is told, and ends here: the caller's code is not this process's
        sys.excepthook(*sys.exc_info())
    finally:
        flush()
        os._exit(code)


def _reseed() -> None:
    """Random numbers of its own: a fork has a copy of the state of its parent. `random` itself sees to that."""
    for module in ("numpy.random", "torch"):
        with contextlib.suppress(Exception):  # it is loaded in part, or something else has this name
            if module in sys.modules:
                sys.modules[module].seed()


@final
class _Fork(_Direct):
    def start(self, orders: int, records: int, ours: tuple[int, ...]) -> Process:
        return _Child(_forked(orders, records, ours))


# --- forkserver --------------------------------------------------------------------------------------

_ASK: Final = Struct("<q")
"""A number for a worker to be forked; its two pipes travel beside it."""

_TOLD: Final = Struct("<qqq")
"""A number, the worker's process id, and 0 or why it cannot be forked; or -1, a process id, and how that ended."""


def nursery(pipe: int, parent: int) -> None:
    """Fork workers for whoever holds the other end, and say how they ended; end them when it has ended."""
    workers: set[int] = set()
    with contextlib.suppress(ImportError):
        import cloudpickle  # noqa: F401  # so that no worker has to
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    awake, wake = (beside(end) for end in os.pipe())
    for end in (awake, wake):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # it wakes `select`; a caller may have it ignored
    with contextlib.suppress(ConnectionError), socket.socket(fileno=pipe) as line:  # whoever asked may have ended
        line.set_inheritable(False)
        _nurse(line, (awake, wake), parent, workers)
    for worker in workers:
        _Child(worker).signal(signal.SIGKILL)
    for worker in workers:
        os.waitpid(worker, 0)


def _nurse(line: socket.socket, waking: tuple[int, int], parent: int, workers: set[int]) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(line, selectors.EVENT_READ)
        selector.register(waking[0], selectors.EVENT_READ)
        ours = (line.fileno(), *waking)
        while os.getppid() == parent:
            ready = [key.fd for key, _ in selector.select(HEARTBEAT)]
            if waking[0] in ready:
                os.read(waking[0], 4096)
            for worker in tuple(workers):
                pid, status = os.waitpid(worker, os.WNOHANG)
                if pid:
                    workers.discard(pid)
                    line.sendall(_TOLD.pack(-1, pid, os.waitstatus_to_exitcode(status)))
            if line.fileno() in ready:
                ask, pipes, _, _ = socket.recv_fds(line, _ASK.size, 2)
                if len(ask) < _ASK.size:
                    return
                line.sendall(_TOLD.pack(*_ASK.unpack(ask), *_born(pipes, ours, workers)))


def _born(pipes: list[int], ours: tuple[int, ...], workers: set[int]) -> tuple[int, int]:
    """The process id of a new worker, and 0; or 0, and why there is none."""
    try:
        orders, records = pipes
        worker = _forked(orders, records, ours)
    except ValueError:  # they could not be opened here
        return 0, errno.EMFILE
    except OSError as error:  # no more processes
        return 0, error.errno or errno.EAGAIN
    finally:
        for pipe in pipes:
            os.close(pipe)
    workers.add(worker)
    return worker, 0


@final
class _Nursed(Process):
    def __init__(self, pid: int, nursery: _Nursery) -> None:
        super().__init__(pid)
        self._nursery = nursery

    def signal(self, number: int) -> None:
        super().signal(number)
        if number == signal.SIGKILL:  # to be told of its end; one that was stopped tells nothing
            self._nursery.process.signal(signal.SIGCONT)

    def _poll(self) -> int | None:
        try:
            self._nursery.listen(0.0)
        except OSError:  # the process that would know has ended, and its workers end with it
            raise ChildProcessError from None
        return self._nursery.codes.pop(self.pid, None)


@final
class _Nursery:
    """The process that forks workers, seen from here. It is asked for workers, and tells how they end by itself."""

    def __init__(self) -> None:
        self._line, theirs = (socket.socket(fileno=beside(end.detach())) for end in socket.socketpair())
        with theirs:
            self.process = _Child(_interpreter(f"nursery({theirs.fileno()}, {os.getpid()})", theirs.fileno()))
        self.codes: dict[int, int] = {}
        self._born: dict[int, tuple[int, int]] = {}
        self._number = 0
        self._heard = b""

    def bear(self, *pipes: int) -> int:
        """The process id of a new worker. An answer to whoever has stopped waiting for it is nobody else's."""
        self._number += 1
        number = self._number
        socket.send_fds(self._line, [_ASK.pack(number)], pipes)
        while number not in self._born:
            self.listen(HEARTBEAT)
        pid, refused = self._born.pop(number)
        if refused:
            raise _RefusedError(refused, os.strerror(refused))
        return pid

    def listen(self, seconds: float) -> None:
        """Note what it has told, if it tells something within so many seconds; raises OSError where it has ended."""
        self._line.settimeout(seconds)
        try:
            data = self._line.recv(1 << 16)
        except (BlockingIOError, TimeoutError):
            return
        if not data:
            raise ConnectionError("the process that starts workers has ended")
        self._heard += data
        while len(self._heard) >= _TOLD.size:
            number, pid, code = _TOLD.unpack_from(self._heard)
            self._heard = self._heard[_TOLD.size :]
            if number < 0:
                self.codes[pid] = code
            else:
                self._born[number] = (pid, code)

    def close(self) -> None:
        with contextlib.suppress(OSError):  # it has ended
            self._line.shutdown(socket.SHUT_RDWR)  # heard also where a process forked meanwhile holds this end open
        self._line.close()
        self.process.signal(signal.SIGCONT)  # one that was stopped hears nothing
        if not self.process.ended(1.0):
            self.process.signal(signal.SIGKILL)
            self.process.ended(KILLED_SECONDS)


class _RefusedError(OSError):
    """No worker can be forked, though the process that forks them is well."""


@final
class _Forkserver(Launcher):
    def __init__(self) -> None:
        self._nursery: _Nursery | None = None

    def start(self, orders: int, records: int, ours: tuple[int, ...]) -> Process:  # noqa: ARG002
        for _ in range(2):
            self._nursery = self._nursery or _Nursery()
            try:
                return _Nursed(self._nursery.bear(orders, records), self._nursery)
            except _RefusedError:
                raise
            except OSError:
                self.close()
        raise RunError("the process that starts workers ends before it has started one; its error stands above")

    def close(self) -> None:
        if self._nursery is not None:
            self._nursery.close()
            self._nursery = None


LAUNCHERS: Final[dict[str, type[Launcher]]] = {"forkserver": _Forkserver, "spawn": _Spawn, "fork": _Fork}
