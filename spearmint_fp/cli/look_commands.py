"""The commands that look at a sweep: explain, list, show, check."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import click

import spearmint_fp as fp

from ..configuration.messages import escape_controls, format_count
from .arguments import SliceType, WholeNumberType, files_argument, look_up_here, read_sweep
from .group import EXIT_FAILED, Command, IndexCommand, traceback_option
from .output import reserve_output, write_lines


@click.command(
    cls=Command,
    short_help="Say how many configurations there are, and why.",
    examples=["spearmint-fp explain space.yaml", "echo 'lr: !sweep [0.1, 0.01]' | spearmint-fp explain -"],
)
@files_argument
@traceback_option
def explain(files: tuple[str, ...]) -> None:
    """Say how many configurations there are, as a formula, with a line for each axis. Nothing is enumerated."""
    write_lines([escape_controls(fp.explain(read_sweep(files)))])


@click.command(
    "list",
    cls=Command,
    short_help="List the configurations, a line of JSON for each.",
    examples=[
        "spearmint-fp list space.yaml",
        "spearmint-fp list space.yaml --slice -3: --labels",
        "spearmint-fp list space.yaml --slice ::2 | head -3",
    ],
)
@files_argument
@click.option("--slice", "part", type=SliceType(), default=":", help="Only these, as Python slices a list.")
@click.option("--labels", is_flag=True, help="Instead of JSON, what each has at the axes: lr=0.1, batch=16.")
@click.option("--ids", is_flag=True, help="Instead of JSON, the config_id of each.")
@traceback_option
def list_(files: tuple[str, ...], part: slice, labels: bool, ids: bool) -> None:
    """List the configurations, a line of JSON for each (JSON Lines), as they are computed.

    What JSON has no word for is an object with one key, as in a journal: {"$float":"nan"}, {"$date":"2024-05-01"}. With
    both --ids and --labels, a tab stands between them.
    """
    from .json_lines import encode_line

    sweep = read_sweep(files)
    columns: list[Callable[[Any], str]] = [_format_id] if ids else []
    columns += [partial(fp.label, sweep=sweep)] if labels else []
    write_lines(escape_controls("\t".join(text(config) for text in columns or [encode_line])) for config in sweep[part])


def _format_id(config: Any) -> str:
    text = str(fp.config_id(config))
    return text if text.isprintable() else repr(text)


@click.command(
    cls=IndexCommand,
    short_help="Show one configuration.",
    examples=["spearmint-fp show space.yaml 0", "spearmint-fp show space.yaml -1 --json"],
)
@click.argument("files", nargs=-1, metavar="FILE...")  # required too, but INDEX is missed first
@click.argument("index", type=WholeNumberType())
@click.option("--json", "as_json", is_flag=True, help="As a line of JSON.")
@traceback_option
def show(files: tuple[str, ...], index: int, as_json: bool) -> None:
    """Show the configuration at a position, as YAML. Positions count from 0, or from -1 backwards."""
    if not files:
        raise click.UsageError("Missing argument 'FILE...'.")
    sweep = read_sweep(files)
    config = sweep[index]
    if as_json:
        from .json_lines import encode_line

        write_lines([encode_line(config)])
        return
    notes = [f"index: {format_count(index % sweep.size)} of {format_count(sweep.size)}"]
    notes += [f"config_id: {_format_id(config)}"]
    notes += [f"label: {text}"] if (text := fp.label(config, sweep)) else []
    comments = ("# " + escape_controls(note).replace("\n", "\\n") for note in notes)
    write_lines([*comments, fp.dump_yaml(config).rstrip("\n")])


@click.command(
    cls=Command,
    short_help="Check that all configurations fit a type.",
    examples=[
        "spearmint-fp check space.yaml --type train:Settings",
        "spearmint-fp check space.yaml --type train:Settings --ignore-extra",
    ],
)
@files_argument
@click.option(
    "--type", "name", required=True, metavar="MODULE:CLASS", help="An attrs class, dataclass, pydantic model, ..."
)
@click.option("--ignore-extra", is_flag=True, help="Allow keys that the type does not have.")
@traceback_option
@click.pass_context
def check(ctx: click.Context, /, files: tuple[str, ...], name: str, ignore_extra: bool) -> None:
    """Check that all configurations fit a type, from each value of each axis once, not from each configuration.

    Where some do not fit it exits with 1, and says which values, why, and how many configurations they spoil.
    """
    sweep = read_sweep(files)
    with reserve_output():
        validation = fp.validate(look_up_here(name), sweep, extra="ignore" if ignore_extra else "forbid")
    write_lines([escape_controls(str(validation))])
    ctx.exit(0 if validation.ok else EXIT_FAILED)
