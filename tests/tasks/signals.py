"""Programs that are sent a signal."""

from __future__ import annotations

import subprocess
from typing import Any

from tests.workers.programs import finished


def send_signal(program: subprocess.Popen[str], number: int) -> dict[str, Any]:
    """The report of a program that was sent a signal once it said that it runs."""
    assert program.stdout is not None
    line = program.stdout.readline()
    assert line == "running\n", line + program.communicate()[1]
    program.send_signal(number)
    return finished(program)
