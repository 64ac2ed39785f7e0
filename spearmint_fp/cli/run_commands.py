"""The commands that run a function and read what a journal holds: run, results."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

import click

import spearmint_fp as fp

from ..configuration.errors import ArgumentError
from ..configuration.messages import short_repr
from .arguments import ShardType, files_argument, look_up_here, read_sweep, select_option
from .group import EXIT_FAILED, EXIT_INTERRUPTED, Command, is_traceback_wanted, print_to_stderr, traceback_option
from .output import reserve_output, write_lines

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ..journal.journal import Journal


@click.command(
    "run",
    cls=Command,
    short_help="Run a function over the configurations.",
    examples=[
        "spearmint-fp run train:score space.yaml",
        "spearmint-fp run train:score space.yaml --jobs 4 --journal runs.db --progress",
        "spearmint-fp run train:score space.yaml --jobs 2 --timeout 60 --retries 2",
        "spearmint-fp run train:ask space.yaml --limit 8 --journal runs.db",
        "spearmint-fp run train:score space.yaml --journal runs.db --shard 0/8",
    ],
)
@click.argument("function", metavar="MODULE:FUNCTION")
@files_argument
@click.option("--jobs", type=click.IntRange(min=1), help="In so many worker processes.")
@click.option("--threads", type=click.IntRange(min=1), help="In so many threads of this process.")
@click.option("--dask", metavar="ADDRESS", help="On the workers of a Dask cluster.")
@click.option(
    "--limit", type=click.IntRange(min=1), help="So many calls of a coroutine function at a time, in one event loop."
)
@click.option("--journal", metavar="DB", help="Keep each outcome in this file, and do not run again what it has.")
@click.option("--experiment", metavar="NAME", help="Its name in the journal, instead of the function's.")
@click.option("--function-version", metavar="V", help="Another version of the function: all is run anew.")
@click.option("--shard", type=ShardType(), help="Only the i-th of n parts, counted from 0.")
@click.option("--timeout", type=float, metavar="SECONDS", help="End what takes longer; it has failed.")
@click.option("--retries", type=click.IntRange(min=0), default=0, help="How often to try again what fails.")
@click.option("--ordered", is_flag=True, help="Outcomes in the order of the configurations, not as they come.")
@click.option("--progress", is_flag=True, help="Show how far it is, on standard error.")
@traceback_option
@click.pass_context
def run_(ctx: click.Context, /, function: str, files: tuple[str, ...], **options: Any) -> None:
    """Run a function over the configurations; a line of JSON for each outcome (JSON Lines), and a summary at the end.

    The function takes the configuration as its one argument, or by its annotations: a class of its own, or parts of the
    configuration. Modules of the current folder are found. What it prints goes to standard error.

    Without --jobs, --threads, --dask or --limit it runs in this process, one after the other; a --timeout takes a
    worker process. A coroutine function is awaited, with --limit several at a time. With --journal, a run that was
    stopped or killed goes on where it stood when the same command is given again. Shards may share a journal.

    Where some configurations failed it exits with 1.
    """
    from ..journal.function_names import NamelessError
    from .json_lines import encode_outcome
    from .summary import Summary

    run_all, open_journal = _choose_run(options), _find_journal(options)
    sweep, (first, step) = read_sweep(files), options["shard"] or (0, 1)
    part = fp.shard(first, step, sweep)
    with reserve_output() as data:
        task, summary = _make_task(function, options), Summary(sweep, part.size)
        clear = "\r\033[K" if options["progress"] and data.isatty() else ""  # the line of progress

        def write_outcome(outcome: fp.Outcome[Any, Any]) -> None:
            index = first + step * outcome.index
            summary.add(outcome, index)
            data.write(f"{clear}{encode_outcome(outcome, index, traceback=is_traceback_wanted(ctx))}\n")
            data.flush()

        try:
            with open_journal() as journal:
                how = {"journal": journal, "ordered": options["ordered"], "progress": options["progress"]}
                run_all(task, part, write_outcome, **how)
        except NamelessError as error:
            raise ArgumentError(f"{error.reason}: --experiment NAME") from error
        except KeyboardInterrupt:
            kept = "Nothing of it is kept. With --journal DB, the same command would go on from here."
            if options["journal"] is not None:
                kept = f"What is done is kept in {options['journal']}. Give the same command again to go on."
            print_to_stderr(f"\nInterrupted: {summary}\n{kept}")
            ctx.exit(EXIT_INTERRUPTED)
    print_to_stderr("\n".join([*summary.list_failures(), str(summary)]))
    ctx.exit(EXIT_FAILED if summary.failed else 0)


def _choose_run(options: dict[str, Any]) -> Callable[..., None]:
    """How the options have a function run: a function that calls another one with each outcome.

    A time limit alone takes a worker process.
    """
    make: dict[str, Callable[[Any], Any]] = {"jobs": fp.processes, "threads": fp.threads, "dask": fp.dask_cluster}
    chosen = select_option(options, *make, "limit")
    if chosen == "limit":
        return partial(_run_in_loop, options["limit"])
    if chosen is None:
        return partial(_run_on, None if options["timeout"] is None else fp.processes(1))
    return partial(_run_on, make[chosen](options[chosen]))


def _run_on(executor: Any, task: Any, sweep: Any, take: Callable[[Any], None], **how: Any) -> None:
    """Run on an executor, and hand over each outcome."""
    with fp.run(task, sweep, executor=executor, **how) as outcomes:
        for outcome in outcomes:
            take(outcome)


def _run_in_loop(limit: int, task: Any, sweep: Any, take: Callable[[Any], None], **how: Any) -> None:
    """Run a coroutine function in one event loop, so many calls at a time, and hand over each outcome."""
    from ..tasks.event_loops import run_to_end
    from ..tasks.wrapping import is_async

    if not is_async(task):
        raise ArgumentError("--limit is for a coroutine function (async def); use --threads N or --jobs N")

    async def run_all() -> None:
        async with fp.arun(task, sweep, limit=limit, **how) as outcomes:
            async for outcome in outcomes:
                take(outcome)

    run_to_end(run_all())


def _find_journal(options: dict[str, Any]) -> Callable[[], AbstractContextManager[Journal | None]]:
    """A function that opens the journal that the options name, or none."""
    if options["journal"] is not None:
        version = options["function_version"] or ""
        return lambda: fp.Journal(options["journal"], name=options["experiment"], version=version)
    for name in ("experiment", "function_version"):
        if options[name] is not None:
            raise click.UsageError(f"--{name.replace('_', '-')} is for a journal: give --journal too.")
    return nullcontext


def _make_task(name: str, options: dict[str, Any]) -> Callable[[Any], Any]:
    """The function of that name, over its shard, within its time, as often as it may fail."""
    from ..tasks.retries import retrying
    from ..tasks.time_limits import timed_out
    from ..tasks.wrapping import Strided, is_async, is_experiment
    from .objects import prepare_function

    value = look_up_here(name)
    if is_experiment(value):
        print_to_stderr(f"{name} is an experiment: its function is run, over the configurations of FILE alone")
    task = prepare_function(value, name)
    if options["shard"] is not None:
        task = Strided(task, *options["shard"])
    if options["timeout"] is not None:
        task = timed_out(options["timeout"])(task)
        here = next((option for option in ("threads", "dask") if options[option] is not None), None)
        if here is not None and not is_async(task):
            raise ArgumentError(
                f"--timeout ends a function by ending its process, or by cancelling its coroutine; --{here} can do "
                f"neither. Use --jobs N, or give it a coroutine function"
            )
    return retrying(options["retries"] + 1)(task) if options["retries"] else task


@click.command(
    cls=Command,
    short_help="Show what a journal holds.",
    examples=[
        "spearmint-fp results runs.db",
        "spearmint-fp results runs.db --sweep space.yaml",
        "spearmint-fp results runs.db --csv -o runs.csv",
        "spearmint-fp results runs.db --html -o runs.html",
    ],
)
@click.argument("db")
@click.option("--csv", is_flag=True, help="As CSV, with a column for each swept path.")
@click.option("--json", is_flag=True, help="As JSON Lines, as run writes them.")
@click.option("--html", is_flag=True, help="As a page of HTML.")
@click.option("--experiment", metavar="NAME", help="Only this one, not all that the journal has.")
@click.option("--function-version", metavar="V", help="Only this version.")
@click.option("--sweep", "files", multiple=True, metavar="FILE", help="Only what is in this sweep; say what is left.")
@click.option("-o", "--output", metavar="FILE", help="Write to this file, not to standard output.")
@traceback_option
@click.pass_context
def results(ctx: click.Context, /, db: str, files: tuple[str, ...], output: str | None, **options: Any) -> None:
    """Show what a journal holds: as a table, or as CSV, JSON Lines, HTML. Standard error says how many are done.

    The journal is not changed, and a run may go on writing it.
    """
    from .formats import FORMATS
    from .journal_view import JournalView

    form = select_option(options, "csv", "json", "html") or "table"
    if output is not None and os.path.exists(output) and os.path.exists(db) and os.path.samefile(output, db):
        raise ArgumentError(f"{short_repr(output)} is the journal itself. Give another --output")
    sweep = read_sweep(files) if files else None
    view = JournalView(db, name=options["experiment"], version=options["function_version"], sweep=sweep)
    write_lines(FORMATS[form](view, traceback=is_traceback_wanted(ctx)), output)
    print_to_stderr("\n".join(view.describe_counts()))
