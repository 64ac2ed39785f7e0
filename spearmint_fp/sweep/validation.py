"""The check of a sweep against a type before anything runs: every axis value once, not every configuration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, final

import attrs
from toolz import merge, unique

from ..configuration.errors import SizeError
from ..configuration.fold import Steps, show_path
from ..configuration.freezing import thaw_plain
from ..configuration.keys import exact_key
from ..configuration.messages import full_repr, group_digits, short_repr
from ..configuration.paths import find_in
from ..conversion.convert import make_checker
from ..conversion.problems import Extra, Problem, format_problems, format_type, make_conversion_error
from .core import Sweep, as_sweep
from .late import checks, counted
from .nodes.late import spots
from .nodes.node import Node, SelectionOf

if TYPE_CHECKING:
    from .probes import Probe, Refusal
    from .spots import Check, OuterSelection

SPREAD_CONFIGS: Final = 1_000
"""How many configurations of a larger sweep are asked about, evenly spread."""

MOST_LISTED: Final = 10_000
"""Of sweeps up to this size every configuration is asked about."""


@final
@attrs.frozen
class Validation:
    """`validate(cls, sweep)`: `problems`, each with `path`, `value`, `reason`, and `spoils`, a number of configs.

    True where there are none. `unseen` says what could not be looked at. Printed, it reads as a report.

    >>> from spearmint_fp import DynamicValue, expand
    >>> found = validate(dict[str, int], expand({"a": DynamicValue([1, "x"]), "b": DynamicValue(range(10**6))}))
    >>> found.ok, found.problems[0].value, found.problems[0].spoils
    (False, 'x', 1000000)
    >>> validate(dict[str, int], expand({})).raise_for_problems().problems
    ()

    Raises:
        ConversionError: by `raise_for_problems`, where there are any.

    See also: `validate`, which makes it.
    """

    cls: Any
    size: int = attrs.field(repr=full_repr)
    problems: tuple[Problem, ...]
    unseen: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """True if nothing is wrong."""
        return not self.problems

    def __bool__(self) -> bool:
        return self.ok

    def raise_for_problems(self) -> Validation:
        """The report itself where nothing is wrong.

        Raises:
            ConversionError: what the report says; `.problems` has it as data.
        """
        if self.problems:
            raise make_conversion_error(self._head(), self.problems)
        return self

    def _head(self) -> str:
        configs = f"{group_digits(self.size)} configuration{'' if self.size == 1 else 's'}"
        name = format_type(self.cls)
        return f"{configs}: all axis values fit {name}" if self.ok else f"of {configs} some are not a valid {name}"

    def __str__(self) -> str:
        lines = format_problems([_add_uncounted(problem) for problem in self.problems])
        head = self._head() + ("" if self.ok else ":")
        return "\n  ".join([head, *lines, *(f"not looked at: {what}" for what in self.unseen)])


def _add_uncounted(problem: Problem) -> Problem:
    """The problem with a reason that says so where the number of configurations is not known."""
    reason = f"{problem.reason}, in configs that cannot be counted without listing them"
    return problem if problem.spoils is not None else attrs.evolve(problem, reason=reason)


def validate(cls: Any, sweep: Sweep[Any], *, extra: Extra = "forbid") -> Validation:
    """The refusals of `structure(cls, config)` for the sweep's configurations, from each axis value once.

    The cost is the sum of the axes, not their product. Each bad value is reported with its path, the reason, and
    the number of configurations that hold it, exact also through branches, zips, slices and constraints. Of up to
    10^4 configurations every one is asked too, of more of them 10^3. What a class says of one field counts where it is
    the same in several configurations. `unseen` says where it did not look: at the configurations of a function that
    was `mapped`, beyond a few, and at several values together, where a class may refuse these. Where there is no
    problem and nothing unseen, every configuration converts. Those that are refused for several values together are
    reported as problems where nothing else is wrong.

    >>> import attrs
    >>> from spearmint_fp import DynamicValue, expand
    >>> @attrs.frozen
    ... class Llm:
    ...     model: str
    ...     temperature: float
    >>> sweep = expand({"model": DynamicValue(["a", "b"]), "temperature": DynamicValue([0.1, "hot", 0.9])})
    >>> print(validate(Llm, sweep))
    of 6 configurations some are not a valid Llm:
      temperature: expected float, got 'hot' (str), in 2 configs
    >>> validate(Llm, expand({"model": "a", "temperature": 1})).ok
    True

    Raises:
        ArgumentError: `sweep` is not a sweep, or `extra` is neither "forbid" nor "ignore".

    See also: `structured`, the typed sweep; `structure`, for one configuration.
    """
    node = as_sweep(sweep, "validate")._node
    check = make_checker(cls, extra)
    is_listed = node.size <= MOST_LISTED
    is_sample = isinstance(node.composition, SelectionOf) and is_listed and node.size <= _count_values(node, check)
    findings, unseen = ((), ()) if is_sample else _ask_parts(node, check, is_listed, checks.judges_by_types(cls))
    refused = _ask_evenly(check, node, node.size if is_listed else SPREAD_CONFIGS, findings)
    others, together = _find_others(refused, findings, () if is_sample else ("check", "whole"))
    report = _count_among if is_listed else _confirm_by
    problems, doubts = report(refused, (*findings, *others))
    if together and not problems:  # then it is all that is wrong
        others, together = _find_others(refused, (), ())
        problems, doubts = report(refused, others)
    if together or (not is_listed and checks.may_refuse_together(cls)):
        doubts = (*doubts, _describe_together(cls, together, is_listed))
    return Validation(cls, node.size, problems, tuple(unique((*unseen, *doubts))))


# --- configurations that are refused ---------------------------------------------------------------------------


class _Refused(NamedTuple):
    """A configuration that is refused: its problems, and marks that it shares with findings about it."""

    problems: tuple[Problem, ...]
    marks: frozenset[Hashable]


@final
@attrs.frozen(eq=False, repr=False)
class _Finding:
    """A problem as the report has it and as the check has it, and in how many configurations, where that is known.

    One of a whole record is reported with its first value, and stands for those of all its values.
    """

    problem: Problem
    original: Problem
    is_whole: bool = False
    spoils: int | None = None

    @property
    def mark(self) -> Hashable:
        """A key that the configurations share that have the problem."""
        if self.problem is not self.original:
            return _mark_value(self.problem.path, self.problem.value, self.original)
        whole, single = _mark_problem(self.original)
        return whole if self.is_whole else single

    @property
    def key(self) -> Hashable:
        """A key that findings share that are reported as one."""
        if self.problem is not self.original:
            return self.problem.path, exact_key(self.problem.value), self.problem.kind
        return _mark_problem(self.original)[1]


def _mark_problem(problem: Problem) -> tuple[Hashable, Hashable]:
    """The marks of a problem, whatever its reason and with it."""
    return (problem.path, problem.kind), (problem.path, problem.kind, problem.reason)


def _mark_value(path: Steps, value: Any, problem: Problem) -> Hashable:
    """The mark of a problem that is reported at a path and value below its own."""
    return path, exact_key(value), problem.path, problem.kind


def _ask_evenly(check: Check, node: Node, count: int, findings: Sequence[_Finding]) -> list[_Refused]:
    """The configurations that have a problem, among so many that are spread evenly."""
    below = {finding.problem.path for finding in findings if finding.problem is not finding.original}
    step = max(1, node.size // max(1, count))
    asked = (_ask_at(check, node, position, below) for position in range(0, node.size if count else 0, step))
    return [refused for refused in asked if refused.problems]


def _ask_at(check: Check, node: Node, position: int, below: Iterable[Steps]) -> _Refused:
    try:
        config = thaw_plain(node.at(position))
        problems = check(config)
    except Exception as error:  # whatever a function or a class of the user's raises
        problem = Problem((), f"cannot be built: {short_repr(str(error))}", kind="type")
        return _Refused((problem,), frozenset(_mark_problem(problem)[1:]))  # no mark of findings about a built one
    marks = [mark for problem in problems for mark in _mark_problem(problem)]
    if problems:
        there = [(path, value) for path in below for value in find_in(path, config)]
        marks += [_mark_value(path, value, problem) for path, value in there for problem in problems]
    return _Refused(problems, frozenset(marks))


def _count_marks(refused: Iterable[_Refused]) -> Counter[Hashable]:
    return Counter(mark for one in refused for mark in one.marks)


_Report = tuple[tuple[Problem, ...], tuple[str, ...]]
"""The problems, and texts of what may be one."""


def _count_among(refused: Sequence[_Refused], findings: Iterable[_Finding]) -> _Report:
    """The problems with how many of the configurations have them, where these are all that are refused.

    A validator is asked only where all types fit: a value that it refuses spoils the others too.
    """
    counts = _count_marks(refused)
    problems = []
    for finding in findings:
        count = counts[finding.mark]
        held = finding.spoils or 0 if finding.problem.kind == "check" else 0
        problems += [attrs.evolve(finding.problem, spoils=max(count, held))] if count else []
    return tuple(problems), ()


def _confirm_by(refused: Sequence[_Refused], findings: Iterable[_Finding]) -> _Report:
    """The problems that some configuration has, as far as that is known, and what may be one."""
    counts = _count_marks(refused)
    problems, doubts = [], []
    for finding in findings:
        if finding.spoils is None and not counts[finding.mark]:
            doubts.append(f"whether any configuration has {finding.problem}")
        elif finding.spoils != 0:
            problems.append(attrs.evolve(finding.problem, spoils=finding.spoils))
    return tuple(problems), tuple(doubts)


def _find_others(
    refused: Sequence[_Refused], findings: Iterable[_Finding], together: tuple[str, ...]
) -> tuple[list[_Finding], list[_Refused]]:
    """The problems of configurations that have none of those found, and the configurations of `together` alone."""
    known = {finding.mark for finding in findings}
    unknown = [one for one in refused if known.isdisjoint(one.marks)]
    own = [{_mark_problem(p)[1]: p for p in one.problems if p.kind not in together} for one in unknown]
    several = [one for one, problems in zip(unknown, own, strict=True) if not problems]
    return [_Finding(problem, problem) for problem in merge(*reversed(own)).values()], several


def _describe_together(cls: Any, refused: Sequence[_Refused], is_listed: bool) -> str:
    """A text for what is not reported of one value: that a class refuses several together."""
    which = f"what {format_type(cls)} says of several values together"
    if not refused:
        return which
    number = group_digits(len(refused))
    count = f"in {number} config{'' if len(refused) == 1 else 's'}" if is_listed else f"in {number} or more configs"
    return f"{which}, {count}: {format_problems(refused[0].problems)[0]}"


# --- parts that are refused ------------------------------------------------------------------------------------


def _list_probes(node: Node, check: Check, by_types: bool) -> Iterator[Probe]:
    """The probes of a sweep one by one: there may be very many, so they are not kept."""
    return node.probes(spots.Spot.of_whole(node, check, by_types=by_types)) if node.size else iter(())


def _count_values(node: Node, check: Check) -> int:
    """How many values the axes of a sweep have, and how many points the parts without axes."""
    return sum(probe.points_seen for probe in _list_probes(node, check, by_types=False))


def _ask_parts(node: Node, check: Check, is_listed: bool, by_types: bool) -> tuple[Sequence[_Finding], Sequence[str]]:
    """The problems of the parts in the order in which they are met, each once, and texts of what was not looked at."""
    unseen: list[str] = []
    refused: list[tuple[Probe, Refusal]] = []
    inside: dict[OuterSelection, list[Probe]] = {}
    for probe in _list_probes(node, check, by_types):
        unseen += probe.unseen
        refused += [(probe, refusal) for refusal in probe.find_refusals()]
        if probe.spot.outer is not None:
            inside.setdefault(probe.spot.outer, []).append(probe)
    findings: dict[Hashable, _Finding] = {}
    counts: dict[Hashable, dict[Hashable, int | None]] = {}
    for probe, refusal in refused:
        finding = _find_place(probe, refusal)
        findings.setdefault(finding.key, finding)
        configs, count = _count_spoiled(probe, refusal, inside, is_listed)
        counts.setdefault(finding.key, {})[configs] = count
    return [attrs.evolve(found, spoils=_add_known(counts[key].values())) for key, found in findings.items()], unseen


def _count_spoiled(
    probe: Probe, refusal: Refusal, inside: dict[OuterSelection, list[Probe]], is_listed: bool
) -> tuple[Hashable, int | None]:
    """A key for the configurations that a refusal spoils, and how many they are; None where that is not known."""
    outer, copies = probe.spot.outer, probe.copies
    if copies is None:
        return probe, None
    if outer is None:
        return (probe, refusal.place), copies
    count = probe.count_positions(refusal.place)
    if count is not None:
        return (probe, refusal.place), count
    path, key = probe.spot.path, None if probe.is_whole else exact_key(refusal.value)
    # they are counted by what stands at the path, so another branch must not have the same there
    others = (other for other in inside[outer] if other is not probe)
    if is_listed or outer.selection.shuffled or probe.spot.is_shared() or any(o.may_hold(path, key) for o in others):
        return (outer, path, key), None
    return (outer, path, key), _count_holding(outer, path, key)


def _count_holding(outer: OuterSelection, path: Steps, key: Hashable) -> int | None:
    """How many configurations of a selection have a value at a path, any value if the key is None."""

    def count_lacking(*kept: Hashable) -> int:
        """The configurations that lack the path, or have a value there that is kept."""
        holds = lambda value: exact_key(value) in kept  # noqa: E731
        size: int = counted.constrain_node(outer.selection, counted.Constraint(holds, (path[len(outer.path) :],))).size
        return size

    try:
        holding = outer.selection.size if key is None else count_lacking(key)
        return outer.copies * (holding - count_lacking())
    except SizeError:  # only listing would tell
        return None


def _find_place(probe: Probe, refusal: Refusal) -> _Finding:
    """The finding of a refusal: what a union around a part refuses is reported at the part, with its value."""
    problem, path = refusal.problem, probe.spot.path
    if probe.is_whole or problem.path == path or problem.path != path[: len(problem.path)]:
        return _Finding(problem, problem, probe.is_whole)
    reason = f"{show_path(problem.path)}: {problem.reason}"
    return _Finding(attrs.evolve(problem, path=path, value=refusal.value, reason=reason), problem)


def _add_known(counts: Collection[int | None]) -> int | None:
    """The sum; None where one of them is not known."""
    return None if None in counts else sum(filter(None, counts))
