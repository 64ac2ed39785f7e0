"""Constrained spaces beside solvers: how long until the size is known, until all is listed, until a worker has begun.

Each way starts from the same data: building its problem, parsing and asking the predicates are part of what is timed.
Before it is timed, each has to find the count that others have published.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from functools import cache, partial
from importlib.util import find_spec
from math import prod
from random import Random
from statistics import median
from typing import Any, NamedTuple

from spearmint_fp import DynamicValue, Sweep, constrain, expand, processes, run

from .measure import TEN, Row, Way, drained, quartiles, seconds, turns
from .running import trivial
from .spaces import SPACES, Rule, Space, predicate_of, sweep_of

__all__ = [
    "PACKAGES",
    "Model",
    "constrained",
    "count_model",
    "feature_model",
    "measure_space",
    "spaces",
    "split_groups",
]

PACKAGES = {"python-constraint2": "constraint", "pyatf": "pyatf", "dd": "dd"}
"""The packages that are measured beside this one, and what each is imported as."""

LISTED = 10**6
"""A space of more configurations is counted, and not listed; pyATF keeps a node for each in a group of parameters."""


# --- the ways --------------------------------------------------------------------------------------------------


def _list_space(space: Space) -> int:
    sweep = sweep_of(space)
    drained(sweep)
    return sweep.size


def _make_problem(space: Space) -> Any:
    import constraint

    problem = constraint.Problem()
    for name, values in space.parameters.items():
        problem.addVariable(name, list(values))
    return problem


def _solve_predicates(space: Space) -> int:
    """By python-constraint2, given the predicates that this library is given."""
    problem = _make_problem(space)
    for names, expression in space.constraints:
        problem.addConstraint(predicate_of(names, expression), names)
    return len(problem.getSolutions())


def _solve_texts(space: Space) -> int:
    """By python-constraint2, given texts, which it parses into constraints of its own where it can."""
    problem = _make_problem(space)
    for _, expression in space.constraints:
        problem.addConstraint(expression)
    return len(problem.getSolutions())


def _build_with_pyatf(space: Space) -> int:
    """By pyATF, which has one constraint for each parameter, over this one and earlier ones."""
    from pyatf import TP, Set
    from pyatf.search_space import SearchSpace

    order = list(space.parameters)
    rules: dict[str, list[Rule]] = {name: [] for name in order}
    for names, expression in space.constraints:
        rules[max(names, key=order.index)].append((names, expression))
    parameters = [TP(name, Set(*space.parameters[name]), _join_rules(rules[name])) for name in order]
    return int(SearchSpace(*parameters, verbosity=0).constrained_size)


def _join_rules(rules: Iterable[Rule]) -> Callable[..., Any] | None:
    names = tuple(dict.fromkeys(name for names, _ in rules for name in names))
    return predicate_of(names, " and ".join(f"({expression})" for _, expression in rules)) if names else None


def split_groups(space: Space) -> list[Space]:
    """The parts of a space that no rule connects."""
    group = {name: {name} for name in space.parameters}
    for names, _ in space.constraints:
        together = set().union(*(group[name] for name in names))
        group |= dict.fromkeys(together, together)
    found = []
    for part in dict.fromkeys(frozenset(together) for together in group.values()):
        rules = tuple(rule for rule in space.constraints if part.issuperset(rule[0]))
        found.append(Space({n: v for n, v in space.parameters.items() if n in part}, rules, 0, ""))
    return found


# --- spaces ----------------------------------------------------------------------------------------------------


def spaces(rounds: int) -> Iterator[Row]:
    """Rows for each space: its two sizes, what each way takes, and the ratio to the quicker one of the solver's."""
    for name, space in SPACES.items():
        if rounds > 1 or space.size < 20_000:
            yield from measure_space(name, space, rounds)


def measure_space(name: str, space: Space, rounds: int) -> Iterator[Row]:
    yield Row("raw", prod(map(len, space.parameters.values())), "", case=name)
    yield Row("valid", space.size, "", case=name)
    ways = {what: way for what, way in _list_ways(space).items() if way is not None}
    for what, way in ways.items():
        if (found := way(space)) != space.size:
            raise AssertionError(f"{what} finds {found} configurations in {name}, where there are {space.size}")
    costs = turns([Way(what, partial(way, space)) for what, way in ways.items()], 2 * rounds + 1, 2.0, least=2)
    theirs = [what for what in ways if what.startswith("python-constraint2")]
    for what in _list_ways(space):
        if what not in costs:
            yield Row(what, None, "ms", None, _explain_gap(what, space), name)
            continue
        measured = [cost * 1e3 for cost in costs[what]]
        must = median(costs["pyATF"]) * 1e3 if what == "counted" and "pyATF" in costs else None
        yield Row(what, median(measured), "ms", must, "", name, quartiles(measured))
    if theirs and "listed" in costs:
        quicker = min(theirs, key=lambda what: median(costs[what]))
        must = 0.6 if median(costs[quicker]) > 0.01 else None
        ratios = [a / b for a, b in zip(costs["listed"], costs[quicker], strict=False)]
        yield Row("ratio", median(ratios), "x", must, quicker, name, quartiles(ratios))


def _list_ways(space: Space) -> dict[str, Callable[[Space], int] | None]:
    """Each way by name; None where it cannot be taken."""
    short = space.size <= LISTED
    solver = short and find_spec("constraint") is not None
    builder = find_spec("pyatf") is not None and max(sweep_of(part).size for part in split_groups(space)) <= LISTED
    return {
        "counted": lambda space: sweep_of(space).size,
        "listed": _list_space if short else None,
        "python-constraint2": _solve_predicates if solver else None,
        "python-constraint2, texts": _solve_texts if solver else None,
        "pyATF": _build_with_pyatf if builder else None,
    }


def _explain_gap(what: str, space: Space) -> str:
    module = {"python-constraint2": "constraint", "python-constraint2, texts": "constraint", "pyATF": "pyatf"}.get(what)
    return "not installed" if module and find_spec(module) is None else f"more than {LISTED:,}"


# --- a feature model -------------------------------------------------------------------------------------------


class Model(NamedTuple):
    """Features that are there or not, parents before children, and formulas over a few of them that must hold."""

    features: int
    rules: tuple[Rule, ...]


def feature_model(features: int, seed: int = 0) -> Model:
    """A model as product lines have them: a tree of mandatory and optional features and of groups, and a few clauses.

    A parent comes before its children and these before the next parent, which is the order that suits diagrams.
    """
    random = Random(seed)
    rules: list[Rule] = [(("f0",), "f0")]
    made, pending = 1, [0]
    while pending and made < features:
        parent, children = f"f{pending.pop()}", range(made, min(made + random.randint(2, 5), features))
        made += len(children)
        pending += [child for child in reversed(children) if random.random() < 0.7 or child == children[0]]
        names = [f"f{child}" for child in children]
        if len(names) > 1 and random.random() < 0.4:
            some = " or ".join(names)
            rules.append(((parent, *names), f"({some}) if {parent} else not ({some})"))
        else:
            rules += [
                ((parent, name), f"{name} == {parent}" if random.random() < 0.3 else f"{parent} or not {name}")
                for name in names
            ]
    for _ in range(features // 12):
        first = random.randrange(1, features - 12)
        one, other = f"f{first}", f"f{first + random.randint(1, 11)}"
        rules.append(((one, other), random.choice([f"not {one} or {other}", f"not ({one} and {other})"])))
    return Model(features, tuple(rules))


def count_model(model: Model) -> int:
    """By this library: every feature is an axis of two values, which are written in the order of the tree."""
    return sweep_of(Space({f"f{k}": [0, 1] for k in range(model.features)}, model.rules, 0, "")).size


def _count_with_dd(model: Model, module: str) -> int:
    """By binary decision diagrams, in the same order of variables to begin with."""
    from importlib import import_module

    diagrams = import_module(module).BDD()
    names = [f"f{k}" for k in range(model.features)]
    diagrams.declare(*names)
    joined = diagrams.true
    for used, expression in reversed(model.rules):  # what is below first: that keeps the diagrams small
        joined &= diagrams.add_expr(_write_formula(used, expression))
    return int(diagrams.count(joined, nvars=model.features))


@cache
def _write_formula(names: tuple[str, ...], expression: str) -> str:
    """A formula for dd: the rows of the truth table that hold, as a disjunction."""
    holds = predicate_of(names, expression)
    rows = [[row >> k & 1 for k in range(len(names))] for row in range(1 << len(names))]
    kept = [row for row in rows if holds(*row)]
    terms = (" & ".join(n if bit else f"~{n}" for n, bit in zip(names, row, strict=True)) for row in kept)
    return " | ".join(f"({term})" for term in terms) or "FALSE"


def _measure_models(rounds: int) -> Iterator[Row]:
    model = feature_model(20 if rounds == 1 else 290, seed=7)
    what = f"a model of {model.features} features, counted"
    ours = count_model(model)
    ways = [Way(f"{what}: spearmint_fp", partial(count_model, model), note=f"{ours:.4g} products")]
    for module, note in (("dd.autoref", "in Python"), ("dd.cudd", "in C; as a float")):
        if _can_import(module):
            found = _count_with_dd(model, module)
            if found != ours if note == "in Python" else abs(found - ours) > 1e-9 * ours:
                raise AssertionError(f"{module} counts {found} products, and spearmint_fp {ours}")
            ways.append(Way(f"{what}: {module}", partial(_count_with_dd, model, module), note=note))
        else:
            yield Row(f"{what}: {module}", None, "ms", None, "not installed")
    costs = turns(ways, 2 * rounds + 1, 3.0)
    for way in ways:
        measured = [cost * 1e3 for cost in costs[way.what]]
        yield Row(way.what, median(measured), "ms", None, way.note, spread=quartiles(measured))


def _can_import(module: str) -> bool:
    from importlib import import_module

    try:
        import_module(module)
    except ImportError:
        return False
    return True


# --- constraints that share an axis, pickles and workers -------------------------------------------------------


def _count_sharing(count: int, rule: Callable[[int], Callable[[int, int], Any]], *, last: bool) -> int:
    """So many axes of ten values, each tied to one more, which stands behind or before them."""
    names = [f"x{k}" for k in range(count)]
    order = [*names, "shared"] if last else ["shared", *names]
    sweep = expand({name: DynamicValue(TEN) for name in order})
    for k, name in enumerate(names):
        sweep = constrain(rule(k), sweep, on=(name, "shared"))
    return sweep.size


def _at_most(_: int) -> Callable[[int, int], Any]:
    return lambda x, shared: x <= shared


@cache
def _any_table(k: int) -> Callable[[int, int], Any]:
    """A predicate without any pattern: 60 of 100 combinations."""
    random = Random(k)
    allowed = {(x, y) for x in TEN for y in TEN if random.random() < 0.6}
    return lambda x, shared: (x, shared) in allowed


def _measure_sharing(rounds: int) -> Iterator[Row]:
    many = 12 if rounds == 1 else 60
    for count, must in ((6, 20.0), (many, 1000.0)):
        for what, rule in (("<=", _at_most), ("any tables", _any_table)):
            for last in (True, False):
                step = partial(_count_sharing, count, rule, last=last)
                costs = turns([Way("", step)], 2 * rounds + 1)[""]
                measured = [cost * 1e3 for cost in costs]
                where = "last" if last else "first"
                named = f"{count} constraints ({what}) that share the {where} axis, counted"
                yield Row(named, median(measured), "ms", must, spread=quartiles(measured))


def _grid(steps: int) -> dict[str, Any]:
    return {"a": DynamicValue(range(steps)), "b": DynamicValue(range(steps)), "c": DynamicValue(TEN)}


CALLS = 0
"""How often `_counted_below` has been asked, in this process."""


def _counted_below(a: int, b: int) -> bool:
    global CALLS  # noqa: PLW0603  # a count that a pickled function finds again
    CALLS += 1
    return a < b


def _measure_pickles(rounds: int) -> Iterator[Row]:
    sweep = constrain(_counted_below, expand(_grid(20 if rounds == 1 else 300)), on=("a", "b"))
    size, asked = sweep.size, CALLS
    dumped = pickle.dumps(sweep[size // 2 : size // 2 + 5])
    took = [seconds(lambda: list(pickle.loads(dumped))) * 1e3 for _ in range(2 * rounds + 1)]
    what = "five of a constrained sweep, after unpickling"
    yield Row(f"{what}: predicate calls", CALLS - asked, "calls", 0, f"{asked:,} when it was counted")
    yield Row(f"{what}: listed", median(took), "ms", None, f"{len(dumped):,} bytes", spread=quartiles(took))


def _time_first_outcome(sweep: Callable[[], Sweep[Any]]) -> float:
    """Milliseconds from building a sweep to its first outcome in two new workers."""

    def step() -> None:
        with closing(iter(run(trivial, sweep(), executor=processes(2)))) as outcomes:
            next(outcomes)

    return seconds(step) * 1e3


def _measure_first_outcomes(rounds: int) -> Iterator[Row]:
    grid = _grid(20 if rounds == 1 else 300)
    plain = partial(expand, grid)
    ways: Mapping[str, Callable[[], Sweep[Any]]] = {
        "plain": plain,
        "constrained": lambda: constrain(lambda a, b: a < b, plain(), on=("a", "b")),
    }
    measured: dict[str, list[float]] = {what: [] for what in ways}
    for _ in range(rounds):
        for what, sweep in ways.items():
            measured[what].append(_time_first_outcome(sweep))
    for what, took in measured.items():
        must = 1.25 * median(measured["plain"]) if what == "constrained" else None
        size = ways[what]().size
        yield Row(f"first outcome in workers: {what}", median(took), "ms", must, f"of {size:,}", "", quartiles(took))


def constrained(rounds: int) -> Iterator[Row]:
    """The cost of constraints that share an axis, in a pickle, in workers, and as a feature model beside dd."""
    yield from _measure_sharing(rounds)
    yield from _measure_models(rounds)
    yield from _measure_pickles(rounds)
    yield from _measure_first_outcomes(rounds)
