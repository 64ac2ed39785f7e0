"""The types of arguments: numbers, slices, shards, and values by path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, final

import attrs
import click

from ..configuration.errors import FormatError
from ..configuration.fold import Steps
from ..configuration.messages import short_repr
from ..configuration.paths import parse_path
from .group import MINUS


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


@final
@attrs.frozen
class Assignment:
    """An argument `path=value`, or several of them after one another, with its text."""

    text: str
    values: Mapping[Steps, Any]


class AssignmentType(click.ParamType[Assignment]):
    """A path and a value in YAML, or several with commas between them."""

    def __init__(self, *, several: bool) -> None:
        self.name = "path=value[,...]" if several else "path=value"
        self._several = several

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Assignment:
        from ..sweep.files import parse_value

        found: dict[Steps, Any] = {}
        for part in _split_assignments(value) if self._several else [value]:
            name, equals, text = map(str.strip, part.partition("="))
            if not (equals and name):
                self.fail(f"{short_repr(part)} is no path=value.", param, ctx)
            if not text:
                self.fail(f"{short_repr(part)} has no value. Write {name}=null or {name}=''.", param, ctx)
            if text.startswith("#"):
                self.fail(
                    f"{short_repr(part)} has no value: # begins a comment. Write \"{name}='{text}'\".", param, ctx
                )
            if (path := parse_path(name)) in found:
                way = f"Write '{name}=!sweep [a, b]'"
                self.fail(f"{short_repr(value)} has {short_repr(name)} twice. {way}.", param, ctx)
            try:
                found[path] = parse_value(text, name)
            except FormatError as error:
                self.fail(f"{error}.", param, ctx)
        return Assignment(value, found)


_TOKEN: Final = re.compile(r"""(?<==)\s*(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|[\[{]|[\]}]|,|[^\[\]{},=]+|=""")


def _split_assignments(text: str) -> list[str]:
    """The text at its commas, apart from those in brackets and quotes, and those before what is no `path=`."""
    parts, depth = [""], 0
    for piece in _TOKEN.findall(text):
        depth += (piece in "[{") - (piece in "]}")
        if piece == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += piece
    joined = parts[:1]
    for part in parts[1:]:
        if "=" in part:
            joined.append(part)
        else:
            joined[-1] += f",{part}"
    return joined


def select_option(options: dict[str, Any], *names: str) -> str | None:
    """The one option that is given of those that exclude one another, or None."""
    given = [name for name in names if options[name] is not None and options[name] is not False]
    if len(given) > 1:
        raise click.UsageError(f"Give one of {' and '.join(f'--{name}' for name in given)}.")
    return given[0] if given else None


json_option = click.option("--json", "as_json", is_flag=True, help="As a line of JSON, for programs.")
output_option = click.option(
    "-o", "--output", metavar="FILE", type=click.Path(), help="Write to this file, not to standard output."
)
