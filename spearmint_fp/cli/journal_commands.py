"""The commands about journals: results, plan, merge."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

import spearmint_fp as fp

from ..configuration.messages import format_count, short_repr
from .arguments import json_option, output_option, select_option
from .group import Command, is_traceback_wanted, print_to_stderr, traceback_option
from .output import check_output, write_json, write_lines
from .selection import Selection, selection_options, sweep_arguments
from .sources import look_up_here

if TYPE_CHECKING:
    from ..sweep.core import Sweep


@click.command(
    cls=Command,
    short_help="Show what a journal holds.",
    examples=[
        "spearmint-fp results runs.db",
        "spearmint-fp results runs.db --sort result.loss --lowest --top 3",
        "spearmint-fp results runs.db --sweep space.yaml --where batch=16",
        "spearmint-fp results runs.db --csv -o runs.csv",
        "spearmint-fp results runs.db --html -o runs.html",
    ],
)
@click.argument("db", type=click.Path())
@click.option("--csv", is_flag=True, help="As CSV, with a column for each swept path.")
@click.option("--json", is_flag=True, help="As JSON Lines, as run writes them.")
@click.option("--html", is_flag=True, help="As a page of HTML.")
@click.option("--experiment", metavar="NAME", help="Only this one, not all that the journal has.")
@click.option("--function-version", metavar="V", help="Only this version.")
@click.option("--sweep", "files", multiple=True, metavar="FILE", help="Only what is in this sweep; say what is left.")
@selection_options
@click.option("--sort", metavar="COLUMN", help="In the order of this column, the highest first.")
@click.option("--lowest/--highest", help="With --sort, the lowest first.")
@click.option("--top", type=click.IntRange(min=1), help="With --sort, only so many of the first.")
@output_option
@traceback_option
@click.pass_context
def results(ctx: click.Context, /, db: str, files: tuple[str, ...], selection: Selection, **options: Any) -> None:
    """Show what a journal holds: as a table, or as CSV, JSON Lines, HTML. Standard error says how many are done.

    The options of selection are for the sweep of --sweep. The journal is not changed, and a run may go on writing it.
    """
    from .formats import FORMATS
    from .journal_view import JournalView, Order

    form = select_option(options, "csv", "json", "html") or "table"
    check_output(options["output"], db, *files)
    if selection and not files:
        raise click.UsageError("--set, --where and their like select from a sweep: give --sweep too.")
    if options["sort"] is None and (options["top"] or options["lowest"]):
        raise click.UsageError("--top and --lowest are for an order: give --sort too.")
    order = Order(options["sort"], options["lowest"], options["top"]) if options["sort"] is not None else None
    sweep = selection.read(files) if files else None
    view = JournalView(db, name=options["experiment"], version=options["function_version"], sweep=sweep, order=order)
    write_lines(FORMATS[form](view, traceback=is_traceback_wanted(ctx)), options["output"])
    print_to_stderr("\n".join(view.describe_counts()))


@click.command(
    cls=Command,
    short_help="Say what a run would have to do.",
    examples=[
        "spearmint-fp plan space.yaml --journal runs.db --function train:score",
        "spearmint-fp plan space.yaml --journal runs.db --experiment train.score --json",
    ],
)
@sweep_arguments
@click.option("--journal", "db", metavar="DB", required=True, type=click.Path(), help="What is kept there is done.")
@click.option("--function", metavar="MODULE:FUNCTION", help="The function that run would be given.")
@click.option("--experiment", metavar="NAME", help="Its name in the journal, instead of --function.")
@click.option("--function-version", metavar="V", default="", help="Its version there.")
@click.option("--cost", metavar="PATH", help="Where a result says how much it has cost: usage.usd.")
@json_option
@traceback_option
def plan(sweep: Sweep[Any], db: str, as_json: bool, **options: Any) -> None:
    """Say how many configurations a run with this journal would run, how long that takes, and how much it costs.

    To be run is what is left, and what has failed. How long and how much is by the mean of what is done, one after the
    other. Nothing is run, and the journal is not changed; where there is none so far, everything is left, and a line
    on standard error says so. --json has size, todo, done, failed, left, seconds and cost, the last two null where
    nothing tells.
    """
    from ..journal.journal import Journal
    from .journal_view import JournalView
    from .objects import prepare_function

    if (options["function"] is None) == (options["experiment"] is None):
        raise click.UsageError("Give one of --function and --experiment.")
    fn = options["experiment"]
    if fn is not None:
        JournalView(db, name=fn, version=None, sweep=None)  # raises where there is no such experiment
    else:
        fn = prepare_function(look_up_here(options["function"]), options["function"])
    if options["function"] is not None and _is_to_be_made(db):
        print_to_stderr(_describe_absent(db))
        made = fp.JournalPlan(done=0, failed=0, left=sweep.size, todo=sweep.size, seconds=None, cost=None)
    else:
        with Journal._open_read_only(db, options["function_version"]) as journal:
            made = journal.plan(sweep, fn, cost=options["cost"])
    if as_json:
        seconds = None if made.seconds is None else round(made.seconds, 6)
        write_json({"size": sweep.size, **attrs.asdict(made), "seconds": seconds})
    else:
        write_lines(_describe_plan(sweep.size, made))


def _is_to_be_made(db: str) -> bool:
    """True if no journal is there, and a run would make one."""
    return not Path(db).exists() and Path(db).parent.is_dir()


def _describe_absent(db: str) -> str:
    """The line about a journal that is not there, with the name of a file beside it that is much like its own."""
    from difflib import get_close_matches

    path, beside = Path(db), list[str]()
    with suppress(OSError):  # a folder that may not be listed
        beside = [file.name for file in path.parent.iterdir() if file.is_file()]
    close = get_close_matches(path.name, beside, n=1)
    like = f"; did you mean {short_repr(str(path.with_name(close[0])))}?" if close else ""
    return f"there is no journal {short_repr(db)} so far, so nothing is done{like}"


def _describe_plan(size: int, made: fp.JournalPlan) -> list[str]:
    counts = ", ".join(f"{format_count(getattr(made, name))} {name}" for name in ("done", "failed", "left"))
    lines = [f"{format_count(made.todo)} of {format_count(size)} to run: {counts}"]
    if made.seconds is not None:
        lines.append(f"{made.seconds:.3g} s, one after the other, by the mean of what is done")
    return lines + ([f"cost: {made.cost:.6g}"] if made.cost is not None else [])


@click.command(
    cls=Command,
    short_help="Put journals together.",
    examples=["spearmint-fp merge all.db runs.db", "spearmint-fp merge all.db runs.db runs.db --json"],
)
@click.argument("into", metavar="INTO", type=click.Path())
@click.argument("others", metavar="DB...", nargs=-1, required=True, type=click.Path())
@json_option
@traceback_option
def merge(into: str, others: tuple[str, ...], as_json: bool) -> None:
    """Take what other journals hold into one, which is made where it is not there; they stay as they are.

    In whatever order, and however often: what is done is better than what has failed. --json has journal and changed,
    how many outcomes are new there, or others than before.
    """
    from ..journal.journal import open_read_only

    for other in others:
        open_read_only(other).close()  # before a journal is made
    with fp.Journal(into) as journal:
        changed = journal.merge(*others)
    if as_json:
        write_json({"journal": into, "changed": changed})
    else:
        print_to_stderr(f"{into}: {changed} new or changed")
