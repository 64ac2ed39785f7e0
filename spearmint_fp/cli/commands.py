"""The command line `spearmint-fp`: the group of all commands.

Commands are thin: they read arguments, call the rooms below, and write. What is heavy they import when they run, so
that help comes at once.
"""

from __future__ import annotations

import click

import spearmint_fp as fp

from .group import CommandGroup, traceback_option
from .journal_commands import merge, plan, results
from .look_commands import check, explain, list_, matrix, schema, show
from .run_commands import run_


@click.group(
    cls=CommandGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    examples=[
        "spearmint-fp explain space.yaml",
        "spearmint-fp list space.yaml --slice :3",
        "spearmint-fp check space.yaml --type train:Settings",
        "spearmint-fp run train:score space.yaml --jobs 4 --journal runs.db",
        "spearmint-fp results runs.db --sort result.loss --lowest --top 3",
    ],
)
@click.version_option(fp.__version__, prog_name="spearmint-fp")
@traceback_option
def cli() -> None:
    """Parameter sweeps from files: look at them, check them, run them, and see what became of them.

    A FILE is YAML, JSON, TOML, CSV or JSON Lines, or a folder of such files; "-" is standard input; module:name is a
    tree, a sweep, or a function that returns one. In YAML, !sweep [a, b] and !range [start, stop, step] are choices.
    Several files are one sweep, one after the other.

    Commands that take a sweep change it and select from it, in this order: --set, --where, --exclude, one of --sample,
    --spread and --covering, and --slice.

    Data goes to standard output, all else to standard error.
    """


for command in (explain, list_, show, check, schema, matrix, run_, plan, results, merge):
    cli.add_command(command)
