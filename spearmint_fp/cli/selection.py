"""The sweep of a command: what FILE says, changed and selected by the options that all such commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial, wraps
from heapq import nsmallest
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, final

import attrs
import click

import spearmint_fp as fp

from ..configuration.errors import ArgumentError, PathError
from ..configuration.fold import Choice, Steps, show_path
from ..configuration.messages import format_count, suggest_names
from ..configuration.paths import find_in
from .arguments import Assignment, AssignmentType, SliceType, WholeNumberType, select_option
from .group import print_to_stderr
from .sources import read_tree

if TYPE_CHECKING:
    from ..sweep.core import Sweep

MOST_COMPARED: Final = 10_000
"""How many values of an axis are compared with one that is not there."""

_ONE, _SEVERAL = AssignmentType(several=False), AssignmentType(several=True)

_OPTIONS: Final = (
    click.option("--set", "settings", type=_ONE, multiple=True, help="Have this value, or !sweep [a, b], at a path."),
    click.option("--where", type=_SEVERAL, multiple=True, help="Only those with this value, or one of !sweep [a, b]."),
    click.option("--exclude", type=_SEVERAL, multiple=True, help="Without those that have all of these values."),
    click.option("--sample", type=WholeNumberType(), metavar="N", help="So many of them, at random."),
    click.option("--spread", type=WholeNumberType(), metavar="N", help="So many of them, evenly over every axis."),
    click.option(
        "--covering", type=WholeNumberType(), metavar="T", help="Few, with all values of any T axes together."
    ),
    click.option("--seed", type=WholeNumberType(), metavar="N", help="Another sample, spread or covering array."),
    click.option("--slice", "part", type=SliceType(), help="Only these of what is left, as Python slices a list."),
)
"""In the order in which they are applied."""

NAMES: Final = ("settings", "where", "exclude", "sample", "spread", "covering", "seed", "part")


def selection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of selection, together as its argument `selection`."""

    @wraps(command)
    def collect_and_call(*args: Any, **options: Any) -> Any:
        selection = Selection(**{name: options.pop(name) for name in NAMES})
        return command(*args, selection=selection, **options)

    call: Callable[..., Any] = collect_and_call
    for option in reversed(_OPTIONS):
        call = option(call)
    return call


def sweep_arguments(command: Callable[..., Any] | None = None, *, filled: bool = False) -> Callable[..., Any]:
    """Give a command FILE and the options of selection, and call it with what they say as its argument `sweep`.

    Where it must be `filled`, no configurations are an error.
    """
    if command is None:
        return partial(sweep_arguments, filled=filled)

    @wraps(command)
    def read_and_call(*args: Any, files: tuple[str, ...], selection: Selection, **options: Any) -> Any:
        if not files:  # click would miss it before the arguments after it
            raise click.UsageError("Missing argument 'FILE...'.")
        return command(*args, sweep=selection.read(files, filled=filled), **options)

    return files_argument(selection_options(read_and_call))


files_argument = click.argument("files", nargs=-1, metavar="FILE...", type=click.Path())


@final
@attrs.frozen
class Step:
    """An option as it was given, the function from sweep to sweep that it stands for, and what it asks of values."""

    text: str
    apply: Callable[[Any], Any]
    conditions: tuple[Assignment, ...] = ()

    def list_misfits(self, before: Sweep[Any], after: Sweep[Any]) -> list[tuple[str, str]]:
        """The conditions that no configuration agrees with, and why."""
        if not before.size or (len(self.conditions) == 1 and after.size not in (0, before.size)):
            return []
        misfits = [(one.text, _explain_misfit(one, before)) for one in self.conditions]
        return [(text, why) for text, why in misfits if why]


@final
@attrs.frozen
class Selection:
    """The options of selection: values that are set, then which configurations are kept."""

    settings: tuple[Assignment, ...]
    where: tuple[Assignment, ...]
    exclude: tuple[Assignment, ...]
    sample: int | None
    spread: int | None
    covering: int | None
    seed: int | None
    part: slice | None

    def __bool__(self) -> bool:
        return any(value not in (None, ()) for value in attrs.astuple(self, recurse=False))

    def read(self, files: Iterable[str], *, filled: bool = False) -> Sweep[Any]:
        """The configurations of all files, one file after the other, of which the options are applied in their order.

        Values that match nothing are named on standard error, with the nearest.

        Raises:
            ArgumentError: there are none, and there must be; names the empty choice, or the option that left none.
        """
        from ..sweep.describe import explain_emptiness

        steps = [*self._list_steps()]
        sweep = self._read_files([*files])
        if filled and not sweep.size:
            raise ArgumentError(f"there are no configurations: {explain_emptiness(sweep)}")
        for step in steps:
            before, sweep = sweep, step.apply(sweep)
            count, misfits = format_count(before.size), step.list_misfits(before, sweep)
            if filled and not sweep.size:
                why = f": {misfits[0][1]}" if len(misfits) == len(step.conditions) == 1 else ""
                raise ArgumentError(f"there are no configurations: {step.text} leaves none of {count}{why}")
            for text, why in misfits:
                print_to_stderr(f"{step.text.split()[0]} {text} matches none of {count} configurations: {why}")
        return sweep

    def _read_files(self, files: list[str]) -> Sweep[Any]:
        if (stdin := files.count("-")) > 1:
            raise ArgumentError(f"- is standard input, which can be read once; it is given {stdin} times")
        trees = [read_tree(file) for file in files]
        settings = [pair for setting in self.settings for pair in setting.values.items()]
        sweep = fp.concat(*(fp.expand(_set_values(settings, tree)) for tree in trees))
        if settings:
            _note_new_paths(self.settings, fp.concat(*map(fp.expand, trees)))
        return sweep

    def _list_steps(self) -> Iterator[Step]:
        named = [path for one in self.where for path in one.values]
        for path in named:
            if named.count(path) > 1:
                name = show_path(path)
                raise click.UsageError(f"--where names {name} twice, and both must hold. Write '{name}=!sweep [a, b]'.")
        for one in self.where:
            yield Step(f"--where {one.text}", partial(fp.where, one.values), (one,))
        if self.exclude:
            texts = " ".join(f"--exclude {one.text}" for one in self.exclude)
            yield Step(texts, partial(fp.exclude, [one.values for one in self.exclude]), self.exclude)
        chosen = select_option(attrs.asdict(self, recurse=False), "sample", "spread", "covering")
        if chosen is not None:
            number = getattr(self, chosen)
            yield Step(f"--{chosen} {format_count(number)}", partial(_choose_some, chosen, number, self.seed))
        elif self.seed is not None:
            raise click.UsageError("--seed is for --sample, --spread or --covering: give one of them too.")
        if self.part is not None:
            part = self.part
            yield Step("--slice", lambda sweep: sweep[part])


def _set_values(settings: Sequence[tuple[Steps, Any]], tree: Any) -> Any:
    """A tree with values set, to which those follow that are tied to them."""
    from ..sweep.files import open_ties, tie_values

    if not settings:
        return tree
    if isinstance(tree, Choice) and tree.trees:
        return tree.over(partial(_set_values, settings))
    ties, tree = open_ties(tree)
    for path, value in settings:
        tree = _set_in_tree(path, value, tree)
    kept = [tie for tie in ties if not any(tie[0][: len(path)] == path for path, _ in settings)]
    return tie_values(kept, tree) if kept else tree


def _set_in_tree(path: Steps, value: Any, tree: Any) -> Any:
    """A tree with a value at a path, or all alternatives of a choice, in place of the axes that are there."""
    for length in range(len(path)):
        for inner in find_in(path[:length], tree):
            if isinstance(inner, fp.Sweep):
                inside = _set_in_sweep(path[length:], value, inner)
                return fp.set_in(path[:length], inside, tree) if length else inside
    return fp.set_in(path, value, tree)


def _set_in_sweep(path: Steps, value: Any, sweep: Sweep[Any]) -> Sweep[Any]:
    """A sweep without its axes at a path, and with that value there, or all alternatives of a choice."""
    paths = sweep._node.columns()
    is_inside = any(other == path[: len(other)] for other in paths if len(other) < len(path))
    # a function makes the configurations, or the path goes into a value: only they say which are equal then
    if is_inside or not sweep._node.exact:
        return fp.distinct(fp.expand(fp.set_in(path, value, sweep)))
    others = [other for other in paths if other[: len(path)] != path]
    if len(others) < len(paths):
        sweep = fp.project(others, sweep) if others else fp.unit[: sweep.size]
    return fp.product(sweep, fp.expand(fp.set_in(path, value, {})))


def _choose_some(name: str, number: int, seed: int | None, sweep: Sweep[Any]) -> Sweep[Any]:
    """The function of that name, whose numbers are told in the words of the options."""
    if name != "covering" and not 0 <= number <= sweep.size:
        size = format_count(sweep.size)
        raise ArgumentError(f"--{name} {format_count(number)}: of {size} configurations take 0 to {size}")
    if name == "covering" and number < 1:
        raise ArgumentError(
            f"--covering {format_count(number)}: take the number of axes whose values occur together, 1 or more"
        )
    function: Callable[..., Sweep[Any]] = getattr(fp, name)
    return function(number, sweep) if seed is None else function(number, sweep, seed=seed)


def _note_new_paths(settings: Iterable[Assignment], sweep: Sweep[Any]) -> None:
    """Say of a path that no configuration has: it may be a slip."""
    from ..sweep.choose import check_path

    for path in (path for setting in settings for path in setting.values):
        try:
            check_path(path, sweep._node)
        except PathError as error:
            print_to_stderr(f"--set adds a path: {error}")


def _explain_misfit(condition: Assignment, sweep: Sweep[Any]) -> str:
    """Why no configuration agrees with a condition, with the nearest values; empty if some configuration does."""
    if fp.where(condition.values, sweep).size:
        return ""
    for path, value in condition.values.items():
        if not fp.where({path: value}, sweep).size:
            column = sweep._node.columns().get(path)
            pieces = map(_cut_middle, column.pieces if column else ())
            values = list(islice(chain.from_iterable(pieces), MOST_COMPARED))
            with suppress(ArithmeticError, TypeError, ValueError):  # not all of them are numbers, or dates
                values = nsmallest(12, values, key=lambda other: abs(other - value))
            return f"nothing at {show_path(path)} fits{suggest_names(value, values) if values else ''}"
    return "each value occurs, but not with the others"


def _cut_middle(values: Sequence[Any]) -> Sequence[Any]:
    """The values, or a few at both ends of a long axis."""
    from ..sweep.indices import count_items

    return values if count_items(values) <= MOST_COMPARED else (*values[:6], *values[-6:])
