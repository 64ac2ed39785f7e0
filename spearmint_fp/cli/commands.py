"""The command line: `spearmint-fp`. The one module that knows click.

Standard output is data, standard error is talk. What commands do is done in the rooms below; here is how they are
called, and what they say.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import partial, reduce
from typing import TYPE_CHECKING, Any, Final

import click

import spearmint_fp as fp

from ..configuration.errors import ArgumentError, FileError, SpearmintError, escape_controls, format_count, short_repr

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ..journal.journal import Journal
    from ..sweep.core import Sweep

__all__ = ["cli"]

FAILED: Final = 1
UNUSABLE: Final = 2
INTERRUPTED: Final = 130
UNREAD: Final = 141

_CODES: Final = (
    ("0", "all is well"),
    ("1", "some configurations failed, or do not fit the type"),
    ("2", "what was asked for cannot be done: the usage, a file, a function"),
    ("130", "interrupted (Ctrl-C)"),
    ("141", "nobody reads the output any more (head)"),
)


# --- commands, and what happens to errors ------------------------------------------------------------


class _Command(click.Command):
    """A command whose help ends with examples, which stand as they are."""

    examples: tuple[str, ...] = ()

    def __init__(self, *args: Any, examples: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)

    def format_epilog(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        _section(formatter, "Examples", self.examples)


class _IndexCommand(_Command):
    """A command with a number among its arguments; a negative one would else be read as an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, [re.sub(r"^-(?=\d+$)", _MINUS, arg) for arg in args])


class _Commands(_Command, click.Group):
    """Commands whose errors are one message each."""

    command_class = _Command

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _section(formatter, "Exit codes", (f"{code:5}{meaning}" for code, meaning in _CODES))
        super().format_epilog(ctx, formatter)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            if sys.stdout is not None:
                sys.stdout.flush()
        except (click.exceptions.Exit, click.Abort, click.ClickException):
            raise
        except KeyboardInterrupt:
            click.echo("\nInterrupted", err=True)
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            from .output import dropped

            dropped()
            ctx.exit(UNREAD)
        except Exception as error:
            raise _told(ctx, error) from error
        else:
            return result


def _section(formatter: click.HelpFormatter, title: str, lines: Iterable[str]) -> None:
    with formatter.section(title):
        for line in lines:
            formatter.write(f"{' ' * formatter.current_indent}{line}\n")


_WAYS: Final = (("executor=processes(n)", "--jobs N"), ("Journal(path, name='score')", "--experiment NAME"))
"""Ways out that messages name for Python, and what they are on the command line."""


class _UnusableError(click.ClickException):
    exit_code = UNUSABLE


def _told(ctx: click.Context, error: Exception) -> click.ClickException:
    """The one message; before it the traceback, where that was asked for."""
    if _TRACEBACK in ctx.meta:
        from traceback import format_exception

        _say("".join(format_exception(error)))
    if isinstance(error, SpearmintError):
        return _UnusableError(escape_controls(reduce(lambda text, ways: text.replace(*ways), _WAYS, str(error))))
    if isinstance(error, OSError) and error.strerror:
        return _UnusableError(
            escape_controls(f"{error.filename}: {error.strerror}" if error.filename else error.strerror)
        )
    return _UnusableError(escape_controls(f"{type(error).__name__}: {error}. --traceback shows where it comes from"))


def _say(text: str) -> None:
    """Talk, on standard error: names and messages come from files and functions, and no terminal obeys them."""
    click.echo(escape_controls(text), err=True)


_TRACEBACK: Final = "spearmint_fp.traceback"


def _remember(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        ctx.meta[_TRACEBACK] = True


_traceback = click.option(
    "--traceback",
    is_flag=True,
    expose_value=False,
    callback=_remember,
    help="Show whole tracebacks, of errors here and in JSON.",
)


# --- arguments ---------------------------------------------------------------------------------------

_MINUS: Final = "\N{MINUS SIGN}"


class _Whole(click.ParamType[int]):
    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if not re.fullmatch(rf"[-+{_MINUS}]?\d{{1,4000}}", value):
            self.fail(f"{short_repr(value)} is no whole number.", param, ctx)
        return int(value.replace(_MINUS, "-"))


class _Slice(click.ParamType[slice]):
    name = "a:b:k"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> slice:
        parts = value.split(":")
        if len(parts) not in (2, 3) or not all(re.fullmatch(r"([-+]?\d{1,4000})?", part) for part in parts):
            self.fail(f"{short_repr(value)} is no slice a:b or a:b:k of whole numbers.", param, ctx)
        bounds = [int(part) if part else None for part in parts]
        if bounds[2:] == [0]:
            self.fail(f"{short_repr(value)} has a step of 0.", param, ctx)
        return slice(*bounds)


class _Shard(click.ParamType[tuple[int, int]]):
    name = "i/n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        found = re.fullmatch(r"(\d{1,18})/(\d{1,18})", value)
        part, parts = (int(found[1]), int(found[2])) if found else (0, 0)
        if not part < parts:
            some = f"0/{parts} to {parts - 1}/{parts}" if parts else "0/4"
            self.fail(f"{short_repr(value)} is no shard i/n. Shards count from 0: {some}.", param, ctx)
        return part, parts


_files = click.argument("files", nargs=-1, metavar="FILE...", required=True)


def _sweep(files: Iterable[str]) -> Sweep[Any]:
    """The configurations of all files, one file after the other; `-` is standard input."""
    if (stdin := [*files].count("-")) > 1:
        raise ArgumentError(f"- is standard input, which can be read once; it is given {stdin} times")
    return fp.concat(*(fp.expand(_from_stdin() if file == "-" else fp.load(file)) for file in files))


def _from_stdin() -> Any:
    from ..conversion.files import MOST_BYTES, load_text

    if sys.stdin is None:
        raise FileError("standard input is closed")
    return load_text(sys.stdin.buffer.read(MOST_BYTES + 1), "standard input")


def _looked_up(name: str) -> Any:
    """`module:name`, where modules of the current folder come first, as with `python -m`."""
    from .objects import looked_up

    here = os.getcwd()
    if sys.path[:1] not in ([here], [""]):
        sys.path.insert(0, here)
    return looked_up(name)


def _write(lines: Iterable[str], output: str | None = None) -> None:
    """Lines of data, to a file or to standard output."""
    from .output import standard_output

    ended = (f"{line}\n" for line in lines)
    if output is not None:
        with open(output, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(ended)
    else:
        standard_output().writelines(ended)


def _one_of(options: dict[str, Any], *names: str) -> str | None:
    """Which of the options is given, of those that exclude one another."""
    given = [name for name in names if options[name] not in (None, False)]
    if len(given) > 1:
        raise click.UsageError(f"Give one of {' and '.join(f'--{name}' for name in given)}.")
    return given[0] if given else None


# --- looking at a sweep ------------------------------------------------------------------------------


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    examples=[
        "spearmint-fp explain space.yaml",
        "spearmint-fp list space.yaml --slice :3",
        "spearmint-fp check space.yaml --type train:Settings",
        "spearmint-fp run train:score space.yaml --jobs 4 --journal runs.db",
        "spearmint-fp results runs.db",
    ],
)
@click.version_option(fp.__version__, prog_name="spearmint-fp")
@_traceback
def cli() -> None:
    """Parameter sweeps from files: look at them, check them, run them, and see what became of them.

    A FILE is YAML, JSON or TOML, or a folder of such files; "-" is standard input (YAML or JSON). In YAML, !sweep [a,
    b] and !range [start, stop, step] are choices. Several files are one sweep, one after the other.

    Data goes to standard output, all else to standard error.
    """


@cli.command(
    short_help="Say how many configurations there are, and why.",
    examples=["spearmint-fp explain space.yaml", "echo 'lr: !sweep [0.1, 0.01]' | spearmint-fp explain -"],
)
@_files
@_traceback
def explain(files: tuple[str, ...]) -> None:
    """Say how many configurations there are, as a formula, with a line for each axis. Nothing is enumerated."""
    _write([escape_controls(fp.explain(_sweep(files)))])


@cli.command(
    "list",
    short_help="List the configurations, a line of JSON for each.",
    examples=[
        "spearmint-fp list space.yaml",
        "spearmint-fp list space.yaml --slice -3: --labels",
        "spearmint-fp list space.yaml --slice ::2 | head -3",
    ],
)
@_files
@click.option("--slice", "part", type=_Slice(), default=":", help="Only these, as Python slices a list.")
@click.option("--labels", is_flag=True, help="Instead of JSON, what each has at the axes: lr=0.1, batch=16.")
@click.option("--ids", is_flag=True, help="Instead of JSON, the config_id of each.")
@_traceback
def list_(files: tuple[str, ...], part: slice, labels: bool, ids: bool) -> None:
    """List the configurations, a line of JSON for each (JSON Lines), as they are computed.

    What JSON has no word for is an object with one key, as in a journal: {"$float":"nan"}, {"$date":"2024-05-01"}. With
    both --ids and --labels, a tab stands between them.
    """
    from .json_lines import line

    sweep = _sweep(files)
    texts: tuple[Callable[[Any], str], ...] = (*[_id] * ids, *[partial(fp.label, sweep=sweep)] * labels) or (line,)
    _write(escape_controls("\t".join(text(config) for text in texts)) for config in sweep[part])


def _id(config: Any) -> str:
    text = str(fp.config_id(config))
    return text if text.isprintable() else repr(text)


@cli.command(
    cls=_IndexCommand,
    short_help="Show one configuration.",
    examples=["spearmint-fp show space.yaml 0", "spearmint-fp show space.yaml -1 --json"],
)
@click.argument("files", nargs=-1, metavar="FILE...")  # required too, but INDEX is missed first
@click.argument("index", type=_Whole())
@click.option("--json", "as_json", is_flag=True, help="As a line of JSON.")
@_traceback
def show(files: tuple[str, ...], index: int, as_json: bool) -> None:
    """Show the configuration at a position, as YAML. Positions count from 0, or from -1 backwards."""
    if not files:
        raise click.UsageError("Missing argument 'FILE...'.")
    sweep = _sweep(files)
    config = sweep[index]
    if as_json:
        from .json_lines import line

        _write([line(config)])
        return
    from ..configuration.extras import require

    dumped = require("spearmint_fp.conversion.yaml_files", extra="yaml", what="show without --json").dumped
    notes = [f"index: {format_count(index % sweep.size)} of {format_count(sweep.size)}", f"config_id: {_id(config)}"]
    notes += [f"label: {text}"] if (text := fp.label(config, sweep)) else []
    _write(
        [
            *("# " + escape_controls(note).replace("\n", "\\n") for note in notes),
            dumped(fp.unstructure(config)).rstrip("\n"),
        ]
    )


@cli.command(
    short_help="Check that all configurations fit a type.",
    examples=[
        "spearmint-fp check space.yaml --type train:Settings",
        "spearmint-fp check space.yaml --type train:Settings --ignore-extra",
    ],
)
@_files
@click.option(
    "--type", "name", required=True, metavar="MODULE:CLASS", help="An attrs class, dataclass, pydantic model, ..."
)
@click.option("--ignore-extra", is_flag=True, help="Allow keys that the type does not have.")
@_traceback
@click.pass_context
def check(ctx: click.Context, /, files: tuple[str, ...], name: str, ignore_extra: bool) -> None:
    """Check that all configurations fit a type, from each value of each axis once, not from each configuration.

    Where some do not fit it exits with 1, and says which values, why, and how many configurations they spoil.
    """
    from .output import reserved

    sweep = _sweep(files)
    with reserved():
        found = fp.validate(_looked_up(name), sweep, extra="ignore" if ignore_extra else "forbid")
    _write([escape_controls(str(found))])
    ctx.exit(0 if found.ok else FAILED)


# --- running -----------------------------------------------------------------------------------------


@cli.command(
    "run",
    short_help="Run a function over the configurations.",
    examples=[
        "spearmint-fp run train:score space.yaml",
        "spearmint-fp run train:score space.yaml --jobs 4 --journal runs.db --progress",
        "spearmint-fp run train:score space.yaml --jobs 2 --timeout 60 --retries 2",
        "spearmint-fp run train:score space.yaml --journal runs.db --shard 0/8",
    ],
)
@click.argument("function", metavar="MODULE:FUNCTION")
@_files
@click.option("--jobs", type=click.IntRange(min=1), help="In so many worker processes.")
@click.option("--threads", type=click.IntRange(min=1), help="In so many threads of this process.")
@click.option("--dask", metavar="ADDRESS", help="On the workers of a Dask cluster.")
@click.option("--journal", metavar="DB", help="Keep each outcome in this file, and do not run again what it has.")
@click.option("--experiment", metavar="NAME", help="Its name in the journal, instead of the function's.")
@click.option("--function-version", metavar="V", help="Another version of the function: all is run anew.")
@click.option("--shard", type=_Shard(), help="Only the i-th of n parts, counted from 0.")
@click.option("--timeout", type=float, metavar="SECONDS", help="End what takes longer; it has failed.")
@click.option("--retries", type=click.IntRange(min=0), default=0, help="How often to try again what fails.")
@click.option("--ordered", is_flag=True, help="Outcomes in the order of the configurations, not as they come.")
@click.option("--progress", is_flag=True, help="Show how far it is, on a terminal.")
@_traceback
@click.pass_context
def run_(ctx: click.Context, /, function: str, files: tuple[str, ...], **options: Any) -> None:
    """Run a function over the configurations; a line of JSON for each outcome (JSON Lines), and a summary at the end.

    The function takes the configuration as its one argument, or by its annotations: a class of its own, or parts of the
    configuration. Modules of the current folder are found. What it prints goes to standard error.

    Without --jobs, --threads or --dask it runs in this process, one after the other; a --timeout takes a worker
    process. With --journal, a run that was stopped or killed goes on where it stood when the same command is given
    again. Shards may share a journal.

    Where some configurations failed it exits with 1.
    """
    from .json_lines import outcome_line
    from .output import reserved
    from .summary import Tally

    executor, opened = _executor(options), _journal(options)
    sweep, (first, step) = _sweep(files), options["shard"] or (0, 1)
    part = fp.shard(first, step, sweep)
    with reserved() as data:
        task, tally = _task(function, options), Tally(sweep, part.size)
        try:
            asked = {key: options[key] for key in ("ordered", "progress")}
            with opened() as journal, fp.run(task, part, executor=executor, journal=journal, **asked) as outcomes:
                clear = "\r\033[K" if options["progress"] and data.isatty() else ""  # the line of progress
                for outcome in outcomes:
                    index = first + step * outcome.index
                    tally.note(outcome, index)
                    data.write(f"{clear}{outcome_line(outcome, index, traceback=_TRACEBACK in ctx.meta)}\n")
                    data.flush()
        except KeyboardInterrupt:
            _say(f"\nInterrupted: {tally}\n{_way_on(options['journal'])}")
            ctx.exit(INTERRUPTED)
    _say("\n".join([*tally.failures(), str(tally)]))
    ctx.exit(FAILED if tally.failed else 0)


def _task(name: str, options: dict[str, Any]) -> Callable[[Any], Any]:
    from .functions import alone, within

    found = _looked_up(name)
    if "__experiment__" in getattr(found, "__dict__", ()):
        _say(f"{name} is an experiment: its function is run, over the configurations of FILE alone")
    return within(alone(found, name), part=options["shard"], seconds=options["timeout"], retries=options["retries"])


def _executor(options: dict[str, Any]) -> Any:
    """Where it runs: in this process, unless an option says so or a limit needs a worker."""
    make: dict[str, Callable[[Any], Any]] = {"jobs": fp.processes, "threads": fp.threads, "dask": fp.dask_cluster}
    chosen = _one_of(options, *make)
    if chosen is None:
        return None if options["timeout"] is None else fp.processes(1)
    return make[chosen](options[chosen])


def _journal(options: dict[str, Any]) -> Callable[[], AbstractContextManager[Journal | None]]:
    """What opens the journal that the options name, if they name one."""
    if options["journal"] is not None:
        version = options["function_version"] or ""
        return lambda: fp.Journal(options["journal"], name=options["experiment"], version=version)
    for name in ("experiment", "function_version"):
        if options[name] is not None:
            raise click.UsageError(f"--{name.replace('_', '-')} is for a journal: give --journal too.")
    return nullcontext


def _way_on(journal: str | None) -> str:
    if journal is None:
        return "Nothing of it is kept. With --journal DB, the same command would go on from here."
    return f"What is done is kept in {journal}. Give the same command again to go on."


# --- results -----------------------------------------------------------------------------------------


@cli.command(
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
@_traceback
@click.pass_context
def results(ctx: click.Context, /, db: str, files: tuple[str, ...], output: str | None, **options: Any) -> None:
    """Show what a journal holds: as a table, or as CSV, JSON Lines, HTML. Standard error says how many are done.

    The journal is not changed, and a run may go on writing it.
    """
    from .formats import FORMS
    from .journal_view import Stored

    form = _one_of(options, "csv", "json", "html") or "table"
    if output is not None and os.path.exists(output) and os.path.exists(db) and os.path.samefile(output, db):
        raise ArgumentError(f"{short_repr(output)} is the journal itself. Give another --output")
    sweep = _sweep(files) if files else None
    stored = Stored(db, name=options["experiment"], version=options["function_version"], sweep=sweep)
    _write(FORMS[form](stored, traceback=_TRACEBACK in ctx.meta), output)
    _say("\n".join(stored.counts()))
