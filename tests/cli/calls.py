"""Calls of the command line, in this process and in others, and the files that they are about."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from spearmint_fp import DynamicValue, expand
from spearmint_fp.cli.commands import cli
from tests.waiting import LIMIT_SECONDS
from tests.workers.programs import NUDGE

ROOT = Path(__file__).parent.parent.parent


PAGE = ROOT / "docs" / "how-to" / "command-line.md"


SCRIPTS = PAGE.with_name("scripts-and-agents.md")


SPACE = "lr: !sweep [0.1, 0.01]\nbatch: !sweep [16, 32, 64]\n"


SWEEP = expand({"lr": DynamicValue([0.1, 0.01]), "batch": DynamicValue([16, 32, 64])})


MODULE = """
import asyncio, os, pathlib, sys, time
from typing import Annotated
import attrs
from spearmint_fp import Bind, Config, DynamicValue, Spearmint, constrain, expand, mapped

@attrs.frozen
class Settings:
    lr: float
    batch: int

class Scale:
    def __init__(self, factor): self.factor = factor
    def scaled(self, config): return config.batch * self.factor

scale = Scale(10)
constant = 5
space = {"lr": DynamicValue([0.1, 0.01]), "batch": DynamicValue([16, 32, 64])}
sweep = expand(space)
small = constrain(lambda lr, batch: lr * batch < 5, sweep, on=("lr", "batch"))
made = mapped(lambda c: print("made") or dict(c), sweep)
mint = Spearmint(configs=[space])

def make():
    print("printed")
    return [space]

def score(config):
    if config.batch == 32:
        raise ValueError("no 32\\nsecond line")
    return {"loss": round(config.lr * config.batch, 3)}

def typed(settings: Settings, factor: int = 2) -> float:
    return settings.batch * factor

def part(rate: Annotated[float, Bind("lr")]):
    return rate

barriers = {}

async def ask(config):  # goes on when three are there, in one event loop
    await barriers.setdefault(asyncio.get_running_loop(), asyncio.Barrier(3)).wait()
    return [config.batch, len(barriers)]

async def waits(config):
    print("waits", flush=True)
    try:
        await asyncio.sleep(3600 if config.batch > 16 else 0)
    finally:
        print("ended", flush=True)
    return config.batch

async def coroutine(config):
    await asyncio.sleep(0)
    return config.batch

@Spearmint(configs=[{"other": 1}]).experiment()
def experiment(config: Config):
    return config.batch

def two(a, b): ...

def none(): ...

def talks(config):
    print("printed")
    os.system("echo shelled")
    return 1

def nan(config):
    return (float("nan"), object)

def begin():
    global begun
    begun = True

def began(config):
    return begun

def mixed(config):
    return config.batch if config.batch > 16 else "few"

def hangs(config):
    time.sleep(3600)

def flaky(config):
    path = pathlib.Path(f"tries-{config.batch}-{config.lr}")
    tries = int(path.read_text()) if path.exists() else 0
    path.write_text(str(tries + 1))
    if tries == 0:
        raise ConnectionError("once")
    return tries

def dies(config):
    if config.batch == 32:
        os._exit(9)
    return 1

def logged(config):
    with open("ran.txt", "a") as file:
        file.write(f"{config.n}\\n")
    time.sleep(0.05)
    return config.n * 2

def gated(config):
    while config.n >= 20 and not os.path.exists("open.txt"):
        time.sleep(0.01)
    return logged(config)
"""


Called = Callable[..., Result]


def called(*args: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(cli, args, input=stdin)


def refused(*args: str, stdin: str | bytes | None = None) -> str:
    """The message of a call that cannot be done: the one line that stands on standard error, beside the usage."""
    result = called(*args, stdin=stdin)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    *usage, last = result.stderr.splitlines()
    assert usage == [] or usage[0].startswith("Usage: ")
    return last


def lines(result: Result) -> list[Any]:
    return [json.loads(line) for line in result.stdout.splitlines()]


NUDGED = [sys.executable, "-c", NUDGE + "import sys; from spearmint_fp.__main__ import main; sys.exit(main())"]
"""The command, for `read_to_end`."""


def command(*args: str) -> list[str]:
    return [sys.executable, "-m", "spearmint_fp", *args]


def started(*args: str, program: Sequence[str] = command(), **kwargs: Any) -> subprocess.Popen[str]:
    return subprocess.Popen([*program, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **kwargs)


def done(*args: str, **kwargs: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*args), capture_output=True, text=True, check=False, timeout=LIMIT_SECONDS, **kwargs)
