"""Arguments of commands: sweeps from files, objects by name, numbers, slices and shards."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

import spearmint_fp as fp

from ..configuration.errors import ArgumentError, FileError
from ..configuration.messages import short_repr
from .group import MINUS

if TYPE_CHECKING:
    from ..sweep.core import Sweep


class WholeNumberType(click.ParamType[int]):
    """A whole number of any size."""

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if not re.fullmatch(rf"[-+{MINUS}]?\d{{1,4000}}", value):
            self.fail(f"{short_repr(value)} is no whole number.", param, ctx)
        return int(value.replace(MINUS, "-"))


class SliceType(click.ParamType[slice]):
    """A slice as Python writes it."""

    name = "a:b:k"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> slice:
        parts = value.split(":")
        if len(parts) not in (2, 3) or not all(re.fullmatch(r"([-+]?\d{1,4000})?", part) for part in parts):
            self.fail(f"{short_repr(value)} is no slice a:b or a:b:k of whole numbers.", param, ctx)
        bounds = [int(part) if part else None for part in parts]
        if bounds[2:] == [0]:
            self.fail(f"{short_repr(value)} has a step of 0.", param, ctx)
        return slice(*bounds)


class ShardType(click.ParamType[tuple[int, int]]):
    """The number of a shard, and how many there are."""

    name = "i/n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        found = re.fullmatch(r"(\d{1,18})/(\d{1,18})", value)
        part, parts = (int(found[1]), int(found[2])) if found else (0, 0)
        if not part < parts:
            some = f"0/{parts} to {parts - 1}/{parts}" if parts else "0/4"
            self.fail(f"{short_repr(value)} is no shard i/n. Shards count from 0: {some}.", param, ctx)
        return part, parts


files_argument = click.argument("files", nargs=-1, metavar="FILE...", required=True)


def read_sweep(files: Iterable[str]) -> Sweep[Any]:
    """The configurations of all files, one file after the other; `-` is standard input."""
    if (stdin := [*files].count("-")) > 1:
        raise ArgumentError(f"- is standard input, which can be read once; it is given {stdin} times")
    return fp.concat(*(fp.expand(_read_stdin() if file == "-" else fp.load(file)) for file in files))


def _read_stdin() -> Any:
    from ..conversion.files import MOST_BYTES
    from ..sweep.files import load_text

    if sys.stdin is None:
        raise FileError("standard input is closed")
    return load_text(sys.stdin.buffer.read(MOST_BYTES + 1), "standard input")


def look_up_here(name: str) -> Any:
    """The object `module:name`, where modules of the current folder come first, as with `python -m`."""
    from .objects import look_up

    here = os.getcwd()
    if sys.path[:1] not in ([here], [""]):
        sys.path.insert(0, here)
    return look_up(name)


def select_option(options: dict[str, Any], *names: str) -> str | None:
    """The one option that is given of those that exclude one another, or None."""
    given = [name for name in names if options[name] not in (None, False)]
    if len(given) > 1:
        raise click.UsageError(f"Give one of {' and '.join(f'--{name}' for name in given)}.")
    return given[0] if given else None
