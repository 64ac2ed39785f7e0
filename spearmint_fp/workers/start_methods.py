"""Start methods of worker processes: `forkserver`, `spawn` or `fork`, each a way to start a process with two pipes.

`spawn` starts an interpreter. `forkserver` starts one, with a single thread, which forks every worker: safe whatever
threads the caller has, and fast. `fork` copies the caller, threads' locks included. No script is
run again in a worker, and nothing outlives the launcher.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import Final, final

from ..configuration.errors import RunError
from .fork_server import ForkServer, RefusedError
from .interpreters import start_interpreter
from .processes import ChildProcess, Process, fork_worker


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
