"""The command that runs a function over the configurations: run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from operator import le
from typing import TYPE_CHECKING, Any

import click

import spearmint_fp as fp

from ..configuration.errors import ArgumentError
from .arguments import ShardType, output_option, select_option
from .group import EXIT_FAILED, EXIT_INTERRUPTED, Command, is_traceback_wanted, print_to_stderr, traceback_option
from .output import check_output, open_data
from .selection import sweep_arguments
from .sources import look_up_here

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ..journal.journal import Journal
    from ..sweep.core import Sweep
    from .summary import Summary


@click.command(
    "run",
    cls=Command,
    short_help="Run a function over the configurations.",
    examples=[
        "spearmint-fp run train:score space.yaml",
        "spearmint-fp run train:score space.yaml --jobs 4 --journal runs.db --progress",
        "spearmint-fp run train:score space.yaml --where batch=16 --set lr=0.5 -o outcomes.jsonl",
        "spearmint-fp run train:score space.yaml --jobs 2 --timeout 60 --retries 2 --max-failures 9",
        "spearmint-fp run train:ask space.yaml --limit 8 --journal runs.db",
        "spearmint-fp run train:score space.yaml --journal runs.db --shard 0/8",
    ],
)
@click.argument("function", metavar="MODULE:FUNCTION")
@sweep_arguments(filled=True)
@click.option("--jobs", type=click.IntRange(min=1), help="In so many worker processes.")
@click.option("--threads", type=click.IntRange(min=1), help="In so many threads of this process.")
@click.option("--dask", metavar="ADDRESS", help="On the workers of a Dask cluster.")
@click.option(
    "--limit", type=click.IntRange(min=1), help="So many calls of a coroutine function at a time, in one event loop."
)
@click.option(
    "--initializer", metavar="MODULE:FUNCTION", help="Call this in each worker process, before its first call."
)
@click.option(
    "--journal",
    metavar="DB",
    type=click.Path(),
    help="Keep each outcome in this file, and do not run again what it has.",
)
@click.option("--experiment", metavar="NAME", help="Its name in the journal, instead of the function's.")
@click.option("--function-version", metavar="V", help="Another version of the function: all is run anew.")
@click.option("--shard", type=ShardType(), help="Only the i-th of n parts, counted from 0.")
@click.option("--timeout", type=float, metavar="SECONDS", help="End what takes longer; it has failed.")
@click.option("--retries", type=click.IntRange(min=0), default=0, help="How often to try again what fails.")
@click.option("--max-failures", type=click.IntRange(min=1), help="When so many have failed, begin nothing more.")
@click.option("--ordered", is_flag=True, help="Outcomes in the order of the configurations, not as they come.")
@click.option("--progress", is_flag=True, help="Show how far it is, on standard error.")
@output_option
@traceback_option
@click.pass_context
def run_(ctx: click.Context, /, function: str, sweep: Sweep[Any], output: str | None, **options: Any) -> None:
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

    check_output(output, options["journal"], *ctx.params["files"])
    open_journal = _find_journal(options)
    first, step = options["shard"] or (0, 1)
    part = fp.shard(first, step, sweep)
    run_all, task = _choose_run(options), _make_task(function, options)
    with open_journal() as journal, open_data(output) as data:
        summary = Summary(sweep, part.size)
        clear = "\r\033[K" if options["progress"] and data.isatty() else ""  # the line of progress

        def write_outcome(outcome: fp.Outcome[Any, Any]) -> None:
            index = first + step * outcome.index
            summary.add(outcome, index)
            data.write(f"{clear}{encode_outcome(outcome, index, traceback=is_traceback_wanted(ctx))}\n")
            data.flush()

        try:
            how = {"journal": journal, "ordered": options["ordered"], "progress": options["progress"]}
            run_all(task, part, write_outcome, **how)
        except NamelessError as error:
            raise ArgumentError(f"{error.reason}: --experiment NAME") from error
        except KeyboardInterrupt:
            print_to_stderr(f"\nInterrupted: {summary}\n{_say_what_is_kept(options['journal'])}")
            ctx.exit(EXIT_INTERRUPTED)
    print_to_stderr("\n".join([*summary.list_failures(), str(summary), *_say_why_stopped(summary, options)]))
    ctx.exit(EXIT_FAILED if summary.failed else 0)


def _say_what_is_kept(journal: str | None) -> str:
    if journal is None:
        return "Nothing of it is kept. With --journal DB, the same command would go on from here."
    return f"What is done is kept in {journal}. Give the same command again to go on."


def _say_why_stopped(summary: Summary, options: dict[str, Any]) -> list[str]:
    if options["max_failures"] is None or not summary.left:
        return []
    return [f"stopped by --max-failures {options['max_failures']}. {_say_what_is_kept(options['journal'])}"]


_Stop = Callable[[Any], Any]
"""A function from the outcomes of a run to those that come until it is stopped."""


def _choose_run(options: dict[str, Any]) -> Callable[..., None]:
    """How the options have a function run: a function that calls another one with each outcome.

    A time limit alone takes a worker process.
    """
    most = options["max_failures"]
    stop = (lambda outcomes: outcomes) if most is None else partial(fp.stop_when, partial(le, most))
    make: dict[str, Callable[[Any], Any]] = {"threads": fp.threads, "dask": fp.dask_cluster}
    chosen = select_option(options, "jobs", *make, "limit")
    jobs = options["jobs"] or (1 if chosen is None and options["timeout"] is not None else None)
    name = options["initializer"]
    if name is not None and jobs is None:
        raise click.UsageError("--initializer is for worker processes: give --jobs too.")
    if jobs is not None:
        return partial(_run_on, fp.processes(jobs, initializer=name and look_up_here(name)), stop)
    if chosen == "limit":
        return partial(_run_in_loop, options["limit"], stop)
    return partial(_run_on, None if chosen is None else make[chosen](options[chosen]), stop)


def _run_on(executor: Any, stop: _Stop, task: Any, sweep: Any, take: Callable[[Any], None], **how: Any) -> None:
    """Run on an executor, and hand over each outcome."""
    with stop(fp.run(task, sweep, executor=executor, **how)) as outcomes:
        for outcome in outcomes:
            take(outcome)


def _run_in_loop(limit: int, stop: _Stop, task: Any, sweep: Any, take: Callable[[Any], None], **how: Any) -> None:
    """Run a coroutine function in one event loop, so many calls at a time, and hand over each outcome."""
    from ..tasks.event_loops import run_to_end

    async def run_all() -> None:
        async with stop(fp.arun(task, sweep, limit=limit, **how)) as outcomes:
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
    if options["limit"] is not None and not is_async(task):
        raise ArgumentError("--limit is for a coroutine function (async def); use --threads N or --jobs N")
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
