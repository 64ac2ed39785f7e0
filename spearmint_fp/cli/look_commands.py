"""The commands that look at a sweep: explain, list, show, check, matrix, schema."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import click

import spearmint_fp as fp

from ..configuration.errors import SizeError
from ..configuration.messages import escape_controls, format_count
from ..configuration.paths import join_path
from .arguments import WholeNumberType, json_option
from .group import EXIT_FAILED, Command, IndexCommand, traceback_option
from .output import write_json, write_lines
from .selection import sweep_arguments
from .sources import look_up_here

if TYPE_CHECKING:
    from ..sweep.core import Sweep
    from ..sweep.validation import Validation


MOST_VALUES: Final = 100
"""How many values of an axis `explain --json` writes."""


@click.command(
    cls=Command,
    short_help="Say how many configurations there are, and why.",
    examples=[
        "spearmint-fp explain space.yaml",
        "spearmint-fp explain space.yaml --set lr=0.5 --where batch=16 --json",
        "echo 'lr: !sweep [0.1, 0.01]' | spearmint-fp explain -",
    ],
)
@sweep_arguments
@json_option
@traceback_option
def explain(sweep: Sweep[Any], as_json: bool) -> None:
    """Say how many configurations there are, as a formula, with a line for each axis. Nothing is enumerated.

    --json has size, formula, and for each of the axes path, size, and the first 100 values.
    """
    if not as_json:
        write_lines([escape_controls(fp.explain(sweep))])
        return
    axes = [
        {"path": path, "size": _count_values(values), "values": [*islice(values, MOST_VALUES)]}
        for path, values in sweep.axes.items()
    ]
    write_json({"size": sweep.size, "formula": sweep._node.outline(()).formula, "axes": axes})


def _count_values(values: Sequence[Any]) -> int:
    from ..sweep.indices import count_items

    return values.size if isinstance(values, fp.Sweep) else count_items(values)


@click.command(
    "list",
    cls=Command,
    short_help="List the configurations, a line of JSON for each.",
    examples=[
        "spearmint-fp list space.yaml",
        "spearmint-fp list space.yaml --slice -3: --labels",
        "spearmint-fp list space.yaml --exclude lr=0.1,batch=16 --sample 2 --seed 1",
        "spearmint-fp list space.yaml --slice ::2 | head -3",
    ],
)
@sweep_arguments
@click.option("--labels", is_flag=True, help="Instead of JSON, what each has at the axes: lr=0.1, batch=16.")
@click.option("--slugs", is_flag=True, help="Instead of JSON, the same as file names: lr=0.1_batch=16.")
@click.option("--ids", is_flag=True, help="Instead of JSON, the config_id of each.")
@traceback_option
def list_(sweep: Sweep[Any], labels: bool, slugs: bool, ids: bool) -> None:
    """List the configurations, a line of JSON for each (JSON Lines), as they are computed.

    What JSON has no word for is an object with one key, as in a journal: {"$float":"nan"}, {"$date":"2024-05-01"}. With
    several of --ids, --labels and --slugs, tabs stand between them.
    """
    from .json_lines import encode_line

    columns: list[Callable[[Any], str]] = [_format_id] if ids else []
    columns += [partial(fp.label, sweep=sweep)] if labels else []
    columns += [partial(fp.slug, sweep=sweep)] if slugs else []
    write_lines(escape_controls("\t".join(text(config) for text in columns or [encode_line])) for config in sweep)


def _format_id(config: Any) -> str:
    text = str(fp.config_id(config))
    return text if text.isprintable() else repr(text)


@click.command(
    cls=IndexCommand,
    short_help="Show one configuration.",
    examples=["spearmint-fp show space.yaml 0", "spearmint-fp show space.yaml -1 --json"],
)
@sweep_arguments
@click.argument("index", type=WholeNumberType())
@json_option
@traceback_option
def show(sweep: Sweep[Any], index: int, as_json: bool) -> None:
    """Show the configuration at a position, as YAML. Positions count from 0, or from -1 backwards."""
    config = sweep[index]
    if as_json:
        write_json(config)
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
        "spearmint-fp check space.yaml --type train:Settings --ignore-extra --json",
    ],
)
@sweep_arguments
@click.option(
    "--type", "name", required=True, metavar="MODULE:CLASS", help="An attrs class, dataclass, pydantic model, ..."
)
@click.option("--ignore-extra", is_flag=True, help="Allow keys that the type does not have.")
@json_option
@traceback_option
@click.pass_context
def check(ctx: click.Context, /, sweep: Sweep[Any], name: str, ignore_extra: bool, as_json: bool) -> None:
    """Check that all configurations fit a type, from each value of each axis once, not from each configuration.

    Where some do not fit it exits with 1, and says which values, why, and how many configurations they spoil.
    """
    validation = fp.validate(look_up_here(name), sweep, extra="ignore" if ignore_extra else "forbid")
    if as_json:
        write_json(_list_problems(validation))
    else:
        write_lines([escape_controls(str(validation))])
    ctx.exit(0 if validation.ok else EXIT_FAILED)


def _list_problems(validation: Validation) -> dict[str, Any]:
    """The report as plain data; a key that is missing has no value."""
    problems = [
        {
            "path": join_path(problem.path),
            **({} if problem.value is fp.ABSENT else {"value": problem.value}),
            "reason": problem.reason,
            "configs": problem.spoils,
        }
        for problem in validation.problems
    ]
    return {"ok": validation.ok, "size": validation.size, "problems": problems, "unseen": validation.unseen}


@click.command(
    cls=Command,
    short_help="Write the jobs of a CI's matrix.",
    examples=[
        "spearmint-fp matrix space.yaml",
        "spearmint-fp matrix space.yaml --covering 2 --max 20",
    ],
)
@sweep_arguments(filled=True)
@click.option("--max", "most", type=click.IntRange(min=1), default=256, show_default=True, help="At most so many jobs.")
@traceback_option
def matrix(sweep: Sweep[Any], most: int) -> None:
    """Write the configurations as the jobs of a CI's matrix: {"include": [...]} on one line.

    More jobs than --max are an error, and so are none, as a CI takes neither. In GitHub Actions, a first job writes the
    line to its output, and the next one has `matrix: ${{ fromJSON(needs.first.outputs.matrix) }}`.
    """
    if sweep.size > most:
        raise SizeError(
            f"{format_count(sweep.size)} configurations are more jobs than the {most} of --max. Take fewer with "
            f"--covering 2, --sample {most} or --where"
        )
    write_json({"include": [*sweep]})


@click.command(
    cls=Command,
    short_help="Write a JSON Schema of files, for editors.",
    examples=[
        "spearmint-fp schema --type train:Settings",
        "spearmint-fp schema --type train:Settings --no-tags",
    ],
)
@click.option("--type", "name", metavar="MODULE:CLASS", help="Of configurations that fit this type, not of all.")
@click.option("--no-tags", is_flag=True, help="Of files without tags such as !sweep: JSON and TOML.")
@traceback_option
def schema(name: str | None, no_tags: bool) -> None:
    """Write a JSON Schema (2020-12) of files, by which editors complete and check them."""
    import json

    made = fp.json_schema(None if name is None else look_up_here(name), choices=not no_tags)
    write_lines([json.dumps(made, indent=2)])
