"""How commands are called and how they end: help with examples, exit codes, and errors as one message each."""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

import click

from ..configuration.errors import SpearmintError
from ..configuration.layout_classes import explain_attribute
from ..configuration.messages import escape_controls
from .output import DATA, drop_output, reserve_output

EXIT_FAILED: Final = 1
EXIT_UNUSABLE: Final = 2
EXIT_INTERRUPTED: Final = 130
EXIT_UNREAD: Final = 141

_EXIT_CODES: Final = (
    ("0", "all is well"),
    ("1", "some configurations failed, or do not fit the type"),
    ("2", "what was asked for cannot be done: the usage, a file, a function"),
    ("130", "interrupted (Ctrl-C)"),
    ("141", "nobody reads the output any more (head)"),
)

_PACKAGE: Final = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))

MINUS: Final = "\N{MINUS SIGN}"
"""The sign of a negative number among the arguments, where a hyphen would begin an option."""


def print_to_stderr(text: str) -> None:
    """Write on standard error, without control characters: text comes from files and functions of others."""
    click.echo(escape_controls(text), err=True)


def _show_warning(show: Callable[..., Any], message: Warning | str, kind: Any, filename: str, *where: Any) -> None:
    """A warning of the library as a sentence, and that of a function with its place."""
    if os.path.realpath(filename).startswith(_PACKAGE):
        print_to_stderr(f"Warning: {message}")
    else:
        show(message, kind, filename, *where)


# --- commands ----------------------------------------------------------------------------------------


class HelpfulCommand(click.Command):
    """A command whose help ends with examples, which stand as they are."""

    examples: tuple[str, ...] = ()

    def __init__(self, *args: Any, examples: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)

    def format_epilog(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        _write_section(formatter, "Examples", self.examples)


class Command(HelpfulCommand):
    """A command whose data alone goes to standard output, whatever the functions print that it calls."""

    def invoke(self, ctx: click.Context) -> Any:
        with reserve_output() as data, warnings.catch_warnings():
            ctx.meta[DATA] = data
            warnings.showwarning = partial(_show_warning, warnings.showwarning)
            return super().invoke(ctx)


class IndexCommand(Command):
    """A command with a number among its arguments; a negative one would else be read as an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, [re.sub(r"^-(?=\d+$)", MINUS, arg) for arg in args])


class CommandGroup(HelpfulCommand, click.Group):
    """Commands whose errors are one message each."""

    command_class = Command

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _write_section(formatter, "Exit codes", (f"{code:5}{meaning}" for code, meaning in _EXIT_CODES))
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
            ctx.exit(EXIT_INTERRUPTED)
        except BrokenPipeError:
            drop_output()
            ctx.exit(EXIT_UNREAD)
        except Exception as error:
            if is_traceback_wanted(ctx):
                from traceback import format_exception

                print_to_stderr("".join(format_exception(error)))
            raise _UnusableError(escape_controls(_describe_error(error))) from error
        else:
            return result


def _write_section(formatter: click.HelpFormatter, title: str, lines: Iterable[str]) -> None:
    with formatter.section(title):
        for line in lines:
            formatter.write(f"{' ' * formatter.current_indent}{line}\n")


# --- errors ------------------------------------------------------------------------------------------


class _UnusableError(click.ClickException):
    exit_code = EXIT_UNUSABLE


def _describe_error(error: BaseException) -> str:
    error = explain_attribute(error)
    if isinstance(error, SpearmintError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return f"{type(error).__name__}: {error}. --traceback shows where it comes from"


_TRACEBACK: Final = "spearmint_fp.traceback"


def is_traceback_wanted(ctx: click.Context) -> bool:
    """True if `--traceback` was given, to the command or before it."""
    return _TRACEBACK in ctx.meta


def _note_traceback(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        ctx.meta[_TRACEBACK] = True


traceback_option = click.option(
    "--traceback",
    is_flag=True,
    expose_value=False,
    callback=_note_traceback,
    help="Show whole tracebacks, of errors here and in JSON.",
)
