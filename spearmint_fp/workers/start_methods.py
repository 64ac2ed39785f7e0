"""Start methods of worker processes: `forkserver`, `spawn` or `fork`, each a way to start a process with two pipes.

`spawn` starts an interpreter. `forkserver` starts one, with a single thread, which forks every worker: safe whatever
threads the caller has, and fast. `fork` copies the caller, locks of its threads included. No script is run again in a
worker, and nothing outlives the launcher.

The caller and the fork server are joined by a socket. The caller asks for a worker with a number, and sends the two
pipes of the worker beside it, as only a socket can. The server answers with the number and the process id. Since
workers are children of the server, only the server can wait for them: it reports each end without being asked.
"""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import signal
import socket
from abc import ABC, abstractmethod
from struct import Struct
from typing import Final, NoReturn, final

from ..configuration.errors import RunError
from .processes import KILLED_SECONDS, ChildProcess, Process, fork_worker, move_descriptor, open_pipe, start_interpreter
from .wire import HEARTBEAT_SECONDS
from .worker import flush_streams

CLOSE_SECONDS: Final = 1.0
"""How long the server may take to end by itself."""

_REQUEST: Final = Struct("<q")
"""A number for a worker to be forked."""

_REPLY: Final = Struct("<qqq")
"""A number, the worker's process id, and 0 or why it cannot be forked; or -1, a process id, and its exit code."""


class Launcher(ABC):
    """A way to start workers."""

    @abstractmethod
    def start(self, batches: int, messages: int, to_close: tuple[int, ...]) -> Process:
        """A worker that reads one pipe and writes the other; `to_close` are the ends that it must not keep."""

    def close(self) -> None:  # noqa: B027  # most hold nothing
        """Let go of what starting takes."""


@final
class _Spawn(Launcher):
    def start(self, batches: int, messages: int, to_close: tuple[int, ...]) -> Process:  # noqa: ARG002
        call = f"serve({batches}, {messages}, {os.getpid()})"
        return ChildProcess(start_interpreter("spearmint_fp.workers.worker", call, batches, messages))


@final
class _Fork(Launcher):
    def start(self, batches: int, messages: int, to_close: tuple[int, ...]) -> Process:
        return ChildProcess(fork_worker(batches, messages, to_close))


@final
class _Forkserver(Launcher):
    def __init__(self) -> None:
        self._server: ForkServer | None = None

    def start(self, batches: int, messages: int, to_close: tuple[int, ...]) -> Process:  # noqa: ARG002
        for _ in range(2):  # a server that has ended is started again, once
            self._server = self._server or ForkServer()
            try:
                return self._server.start_worker(batches, messages)
            except RefusedError:
                raise
            except OSError:
                self.close()
        raise RunError("the process that starts workers ends before it has started one; its error stands above")

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


LAUNCHERS: Final[dict[str, type[Launcher]]] = {"forkserver": _Forkserver, "spawn": _Spawn, "fork": _Fork}


# --- in the fork server -----------------------------------------------------------------------------------


def serve_forks(pipe: int, parent: int) -> NoReturn:
    """Fork workers for the process at the other end of a socket; kill them when that process has ended."""
    workers: set[int] = set()
    with contextlib.suppress(ImportError):
        import cloudpickle  # noqa: F401  # once, so that no worker has to
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    awake, wake = open_pipe()
    for end in (awake, wake):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # wakes `select`; it may have been inherited as ignored
    with contextlib.suppress(ConnectionError), socket.socket(fileno=pipe) as line:  # the caller may have ended
        line.set_inheritable(False)
        _answer_requests(line, (awake, wake), parent, workers)
    for worker in workers:
        ChildProcess(worker).signal(signal.SIGKILL)
    for worker in workers:
        os.waitpid(worker, 0)
    flush_streams()
    os._exit(0)  # nothing here is worth the time that an interpreter takes to end


def _answer_requests(line: socket.socket, waking: tuple[int, int], parent: int, workers: set[int]) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(line, selectors.EVENT_READ)
        selector.register(waking[0], selectors.EVENT_READ)
        to_close = (line.fileno(), *waking)
        while os.getppid() == parent:
            ready = [key.fd for key, _ in selector.select(HEARTBEAT_SECONDS)]
            if waking[0] in ready:
                os.read(waking[0], 4096)
            for worker in tuple(workers):
                pid, status = os.waitpid(worker, os.WNOHANG)
                if pid:
                    workers.discard(pid)
                    line.sendall(_REPLY.pack(-1, pid, os.waitstatus_to_exitcode(status)))
            if line.fileno() in ready:
                request, pipes, _, _ = socket.recv_fds(line, _REQUEST.size, 2)
                if len(request) < _REQUEST.size:  # the caller has closed its end
                    return
                line.sendall(_REPLY.pack(*_REQUEST.unpack(request), *_fork(pipes, to_close, workers)))


def _fork(pipes: list[int], to_close: tuple[int, ...], workers: set[int]) -> tuple[int, int]:
    """The process id of a new worker, and 0; or 0, and why there is none."""
    try:
        batches, messages = pipes
        worker = fork_worker(batches, messages, to_close)
    except ValueError:  # they could not be opened here
        return 0, errno.EMFILE
    except OSError as error:  # no more processes
        return 0, error.errno or errno.EAGAIN
    finally:
        for pipe in pipes:
            os.close(pipe)
    workers.add(worker)
    return worker, 0


# --- the fork server, in the caller -----------------------------------------------------------------------------------


@final
class ForkServer:
    """The server, seen from the process that has started it."""

    def __init__(self) -> None:
        self._line, theirs = (socket.socket(fileno=move_descriptor(end.detach())) for end in socket.socketpair())
        with theirs:
            call = f"serve_forks({theirs.fileno()}, {os.getpid()})"
            self.process = ChildProcess(start_interpreter(__name__, call, theirs.fileno()))
        self.codes: dict[int, int] = {}
        self._forked: dict[int, tuple[int, int]] = {}
        self._number = 0
        self._received = b""

    def start_worker(self, *pipes: int) -> Process:
        """A new worker with these pipes.

        Requests have numbers, since an interrupt may end the wait for an answer, which then comes before the next one.

        Raises:
            RefusedError: it cannot be forked, though the server is well.
            OSError: the server has ended.
        """
        self._number += 1
        number = self._number
        socket.send_fds(self._line, [_REQUEST.pack(number)], pipes)
        while number not in self._forked:
            self.listen(HEARTBEAT_SECONDS)
        pid, refused = self._forked.pop(number)
        if refused:
            raise RefusedError(refused, os.strerror(refused))
        return _ForkedProcess(pid, self)

    def listen(self, seconds: float) -> None:
        """Note what the server reports within so many seconds; raises OSError where it has ended."""
        self._line.settimeout(seconds)
        try:
            data = self._line.recv(1 << 16)
        except (BlockingIOError, TimeoutError):
            return
        if not data:
            raise ConnectionError("the process that starts workers has ended")
        self._received += data
        while len(self._received) >= _REPLY.size:
            number, pid, code = _REPLY.unpack_from(self._received)
            self._received = self._received[_REPLY.size :]
            if number < 0:
                self.codes[pid] = code
            else:
                self._forked[number] = (pid, code)

    def close(self) -> None:
        """End the server, and with it the workers that are left."""
        with contextlib.suppress(OSError):  # it has ended
            self._line.shutdown(socket.SHUT_RDWR)  # heard also where a process forked meanwhile holds this end open
        self._line.close()
        self.process.signal(signal.SIGCONT)  # a stopped process does not hear it
        if not self.process.has_ended(CLOSE_SECONDS):
            self.process.signal(signal.SIGKILL)
            self.process.has_ended(KILLED_SECONDS)


@final
class _ForkedProcess(Process):
    """A child of the server, which reports how it ended."""

    def __init__(self, pid: int, server: ForkServer) -> None:
        super().__init__(pid)
        self._server = server

    def signal(self, number: int) -> None:
        super().signal(number)
        if number == signal.SIGKILL:  # a stopped server would not report the end
            self._server.process.signal(signal.SIGCONT)

    def _poll(self) -> int | None:
        try:
            self._server.listen(0.0)
        except OSError:  # the server has ended, and its workers end with it
            raise ChildProcessError from None
        return self._server.codes.pop(self.pid, None)


class RefusedError(OSError):
    """No worker can be forked, though the server is well."""
