"""Starting worker processes: `forkserver`, `spawn` or `fork`, each a process to be waited for, with two pipes.

`spawn` starts an interpreter. `forkserver` starts one, with a single thread, which forks every worker: safe whatever
threads the caller has, and fast. `fork` copies the caller, threads' locks included. No script is
run again in a worker, and nothing outlives the launcher.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from struct import Struct
from time import monotonic, sleep
from typing import Final, NoReturn, final

from ..configuration.errors import RunError
from .worker import HEARTBEAT, serve

__all__ = ["KILLED_SECONDS", "LAUNCHERS", "Launcher", "Process", "pipe"]

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
        self.code: int | None = None

    @abstractmethod
    def _poll(self) -> int | None:
        """How it ended, as `subprocess` says it (-9: by signal 9), or None while it has not."""

    def ended(self, seconds: float = 0.0) -> bool:
        """Whether it ends within so many seconds."""
        until = monotonic() + seconds
        while self.code is None and (code := self._poll()) is None:
            if monotonic() >= until:
                return False
            sleep(0.002)
        self.code = code if self.code is None else self.code
        return True

    def signal(self, number: int) -> None:
        """Signal it, and what it has started."""
        if self.code is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self.pid, number)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


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


def _interpreter(call: str, *pipes: int) -> subprocess.Popen[bytes]:
    """A fresh interpreter with this one's path and arguments, in a group of its own, that makes a call."""
    path = [entry for entry in sys.path if isinstance(entry, str)]
    code = (
        f"import sys; sys.path[:] = {path!r}; sys.argv[:1] = {sys.argv[:1]!r}; "
        f"import spearmint_fp.running.launch as launch; launch.{call}"
    )
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    return subprocess.Popen(  # noqa: S603  # this interpreter
        [sys.executable, *flags, "-c", code, *sys.argv[1:]], stdin=subprocess.DEVNULL, pass_fds=pipes, process_group=0
    )


@final
class _Spawned(Process):
    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        super().__init__(popen.pid)
        self._popen = popen

    def _poll(self) -> int | None:
        return self._popen.poll()


@final
class _Spawn(_Direct):
    def start(self, orders: int, records: int, ours: tuple[int, ...]) -> Process:  # noqa: ARG002
        return _Spawned(_interpreter(f"serve({orders}, {records}, {os.getpid()})", orders, records))


# --- fork --------------------------------------------------------------------------------------------


def _forked(orders: int, records: int, ours: tuple[int, ...]) -> int:
    """Fork a worker; its process id, in the parent."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
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
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # one that was sent to the parent's group is not this one's
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        for pipe in ours:
            os.close(pipe)
        null = beside(os.open(os.devnull, os.O_RDONLY))
        os.dup2(null, 0)
        os.close(null)
        serve(orders, records, parent)
        code = 0
    except BaseException:  # it is told, and ends here: the caller's code is not this process's
        sys.excepthook(*sys.exc_info())
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


@final
class _Forked(Process):
    def _poll(self) -> int | None:
        try:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:  # somebody else has waited for it
            return -signal.SIGKILL
        return os.waitstatus_to_exitcode(status) if pid else None


@final
class _Fork(_Direct):
    def start(self, orders: int, records: int, ours: tuple[int, ...]) -> Process:
        return _Forked(_forked(orders, records, ours))


# --- forkserver --------------------------------------------------------------------------------------

_ASK: Final = Struct("<q")
_ANSWER: Final = Struct("<q")
_RUNNING: Final = 1 << 20


def nursery(pipe: int, parent: int) -> None:
    """Fork workers for whoever holds the other end, and say how they ended; end them when it has ended."""
    workers: set[int] = set()
    with contextlib.suppress(ImportError):
        import cloudpickle  # noqa: F401  # so that no worker has to
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # a caller may ignore it, and how workers ended would be lost
    with contextlib.suppress(ConnectionError), socket.socket(fileno=pipe) as line:  # whoever asked may have ended
        line.set_inheritable(False)
        while (asked := _asked(line, parent)) is not None:
            line.sendall(_ANSWER.pack(_born(asked[1], line, workers) if asked[1] else _status(asked[0], workers)))
    for worker in workers:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker, signal.SIGKILL)


def _asked(line: socket.socket, parent: int) -> tuple[int, list[int]] | None:
    """The process that is asked about, or the pipes of one to be born; None where nobody asks any more."""
    while not select.select([line], [], [], HEARTBEAT)[0]:
        if os.getppid() != parent:
            return None
    ask, pipes, _, _ = socket.recv_fds(line, _ASK.size, 2)
    return (_ASK.unpack(ask)[0], list(pipes)) if len(ask) == _ASK.size else None


def _born(pipes: list[int], line: socket.socket, workers: set[int]) -> int:
    orders, records = pipes
    pid = _forked(orders, records, (line.fileno(),))
    workers.add(pid)
    os.close(orders)
    os.close(records)
    return pid


def _status(pid: int, workers: set[int]) -> int:
    found, status = os.waitpid(pid, os.WNOHANG)
    if not found:
        return _RUNNING
    workers.discard(pid)
    return os.waitstatus_to_exitcode(status)


@final
class _Nursed(Process):
    def __init__(self, pid: int, nursery: _Nursery) -> None:
        super().__init__(pid)
        self._nursery = nursery

    def _poll(self) -> int | None:
        try:
            code = self._nursery.ask(self.pid)
        except OSError:  # the process that would know has ended, and has taken its workers along
            return -signal.SIGKILL
        return None if code == _RUNNING else code


@final
class _Nursery:
    """The process that forks workers, seen from here."""

    def __init__(self) -> None:
        self._line, theirs = (socket.socket(fileno=beside(end.detach())) for end in socket.socketpair())
        with theirs:
            self.process = _Spawned(_interpreter(f"nursery({theirs.fileno()}, {os.getpid()})", theirs.fileno()))
        self._lock = threading.Lock()

    def ask(self, pid: int, *pipes: int) -> int:
        with self._lock:
            socket.send_fds(self._line, [_ASK.pack(pid)], pipes)
            answer = self._line.recv(_ANSWER.size, socket.MSG_WAITALL)
        if len(answer) < _ANSWER.size:
            raise ConnectionError("the process that starts workers has ended")
        return int(_ANSWER.unpack(answer)[0])

    def close(self) -> None:
        with contextlib.suppress(OSError):  # it has ended
            self._line.shutdown(socket.SHUT_RDWR)  # heard also where a process forked meanwhile holds this end open
        self._line.close()
        if not self.process.ended(1.0):
            self.process.signal(signal.SIGKILL)
            self.process.ended(KILLED_SECONDS)


@final
class _Forkserver(Launcher):
    def __init__(self) -> None:
        self._nursery: _Nursery | None = None

    def start(self, orders: int, records: int, ours: tuple[int, ...]) -> Process:  # noqa: ARG002
        for _ in range(2):
            self._nursery = self._nursery or _Nursery()
            try:
                return _Nursed(self._nursery.ask(0, orders, records), self._nursery)
            except OSError:
                self.close()
        raise RunError("the process that starts workers ends before it has started one; its error stands above")

    def close(self) -> None:
        if self._nursery is not None:
            self._nursery.close()
            self._nursery = None


LAUNCHERS: Final[dict[str, type[Launcher]]] = {"forkserver": _Forkserver, "spawn": _Spawn, "fork": _Fork}
