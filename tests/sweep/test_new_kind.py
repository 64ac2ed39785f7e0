"""A new kind of sweep is one class with a size and `at`: every operation works on it, as on the list of its points."""

from __future__ import annotations

import ast
import pickle
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import attrs
import pytest

import spearmint_fp
import spearmint_fp.sweep
from spearmint_fp import (
    Config,
    ConflictError,
    ConversionError,
    DynamicValue,
    PathError,
    SizeError,
    Sweep,
    columns,
    concat,
    constrain,
    derive,
    distinct,
    expand,
    explain,
    frame,
    label,
    mapped,
    product,
    run,
    sample,
    set_in,
    shard,
    shuffled,
    spread,
    structured,
    validate,
    zipped,
)
from spearmint_fp.sweep.nodes.node import Node


@attrs.frozen(repr=False)
class Squares(Node):
    """The numbers below `size` with their squares: no values are stored, and nothing is said of them but each point."""

    size: int

    def at(self, index: int) -> Config:
        return Config({"n": index, "power": {"square": index * index}})


@attrs.frozen(repr=False)
class Twice(Node):
    """Every point of another sweep two times."""

    base: Node

    @property
    def size(self) -> int:
        return 2 * self.base.size

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.base,)

    def at(self, index: int) -> Any:
        return self.base.at(index // 2)


HUGE = 10**30
AXIS = expand({"a": DynamicValue([1, 2, 3]), "b": DynamicValue(["x", "y"])})
SWEEPS: dict[str, Sweep[Any]] = {
    "leaf": Sweep(Squares(6)),
    "of another": Sweep(Twice(AXIS._node)),
    "of itself": Sweep(Twice(Twice(Squares(2)))),
    "empty": Sweep(Squares(0)),
}


@pytest.fixture(params=SWEEPS)
def sweep(request: pytest.FixtureRequest) -> Sweep[Any]:
    return SWEEPS[request.param]


def points(sweep: Sweep[Any]) -> list[Any]:
    """Every point, by the one method that the kind gives."""
    return [sweep._node.at(k) for k in range(sweep.size)]


def test_it_is_a_sequence(sweep: Sweep[Any]) -> None:
    listed = points(sweep)
    assert list(sweep) == [sweep[k] for k in range(sweep.size)] == listed
    assert list(reversed(sweep)) == listed[::-1]
    for cut in (slice(1, 5), slice(None, None, 2), slice(None, None, -1), slice(4, 1, -2), slice(0, 0)):
        assert list(sweep[cut]) == listed[cut]
        assert list(sweep[cut][::2]) == listed[cut][::2]


def test_points_are_found(sweep: Sweep[Any]) -> None:
    listed = points(sweep)
    for point in listed:
        assert sweep.index(point) == listed.index(point)
        assert sweep.count(point) == listed.count(point)
        assert point in sweep
    assert {"n": -1} not in sweep


def test_it_is_a_value(sweep: Sweep[Any]) -> None:
    again = pickle.loads(pickle.dumps(sweep))
    assert again == sweep
    assert hash(again) == hash(sweep)
    assert repr(again) == repr(sweep)
    assert sweep == expand(DynamicValue(points(sweep)))
    assert sweep != Sweep(Squares(7))


def test_it_is_described(sweep: Sweep[Any]) -> None:
    listed = points(sweep)
    paths = {"n", "power.square"} if listed and "n" in listed[0] else {"a", "b"}
    assert set(sweep.axes) == (paths if listed else set())
    assert str(sweep.size) in explain(sweep)
    labels = {label(point, sweep): point for point in listed}
    assert all(labels[label(point, sweep)] == point for point in listed)


OTHER = expand({"z": DynamicValue([True, None])})
COMBINED: dict[str, tuple[Callable[[Sweep[Any]], Sweep[Any]], Callable[[list[Any]], list[Any]]]] = {
    "product": (lambda s: product(s, OTHER), lambda ps: [p | z for p in ps for z in OTHER]),
    "product after": (lambda s: product(OTHER, s), lambda ps: [z | p for z in OTHER for p in ps]),
    "concat": (lambda s: concat(s, OTHER, s), lambda ps: [*ps, *OTHER, *ps]),
    "zipped": (
        lambda s: zipped(s, expand({"k": DynamicValue(range(s.size))})),
        lambda ps: [p | {"k": k} for k, p in enumerate(ps)],
    ),
    "nested": (
        lambda s: expand({"inner": s, "k": DynamicValue([0, 1])}),
        lambda ps: [Config({"inner": p, "k": k}) for p in ps for k in (0, 1)],
    ),
    "mapped": (lambda s: mapped(str, s), lambda ps: list(map(str, ps))),
    "derive": (lambda s: derive("t", len, s), lambda ps: [set_in("t", len(p), p) for p in ps]),
    "constrain": (lambda s: constrained(s), lambda ps: [p for p in ps if is_even(first(p))]),
    "constrain a product": (
        lambda s: constrained(product(s, OTHER)),
        lambda ps: [p | z for p in ps for z in OTHER if is_even(first(p))],
    ),
    "constrain a slice": (lambda s: constrained(s)[1:], lambda ps: [p for p in ps if is_even(first(p))][1:]),
    "distinct": (distinct, lambda ps: [p for k, p in enumerate(ps) if p not in ps[:k]]),
    "distinct of a product": (
        lambda s: distinct(product(s, OTHER)),
        lambda ps: [p | z for k, p in enumerate(ps) if p not in ps[:k] for z in OTHER],
    ),
    "shards": (lambda s: concat(*(shard(k, 3, s) for k in range(3))), lambda ps: [*ps[::3], *ps[1::3], *ps[2::3]]),
}


def first(point: Any) -> Any:
    return point["n"] if "n" in point else point["a"]


def is_even(number: int) -> bool:
    return number % 2 == 0


def constrained(sweep: Sweep[Any]) -> Sweep[Any]:
    return constrain(is_even, sweep, on="a" if sweep.size and "a" in sweep[0] else "n")


@pytest.mark.parametrize("name", COMBINED)
def test_it_combines(name: str, sweep: Sweep[Any]) -> None:
    combine, expected = COMBINED[name]
    made = combine(sweep)
    listed = expected(points(sweep))
    assert made.size == len(listed)
    assert list(made) == [made[k] for k in range(made.size)] == listed
    assert list(made[::-1]) == listed[::-1]
    for point in listed:
        assert made.index(point) == listed.index(point)
    assert list(pickle.loads(pickle.dumps(made))) == listed


def test_orders_are_drawn(sweep: Sweep[Any]) -> None:
    listed = points(sweep)
    drawn = shuffled(sweep, seed=3)
    assert sorted(map(str, drawn)) == sorted(map(str, listed))
    assert list(sample(sweep.size // 2, sweep, seed=3)) == list(drawn)[: sweep.size // 2]
    even = spread(sweep.size, sweep, seed=3)
    assert sorted(map(str, even)) == sorted(map(str, listed))
    assert list(spread(sweep.size // 2, sweep, seed=3)) == list(even)[: sweep.size // 2]


@attrs.frozen
class Power:
    square: int


@attrs.frozen
class Number:
    n: int
    power: Power


def test_it_is_typed_and_checked() -> None:
    sweep = SWEEPS["leaf"]
    typed = structured(Number, sweep)
    assert list(typed) == [Number(k, Power(k * k)) for k in range(6)]
    assert typed.index(Number(2, Power(4))) == 2
    assert validate(Number, sweep).ok
    refused = validate(dict[str, int], sweep)
    assert sum(problem.spoils or 0 for problem in refused.problems if problem.path == ("power",)) == 6
    with pytest.raises(ConversionError):
        structured(dict[str, int], sweep)[0]


def test_it_is_tabulated(sweep: Sweep[Any]) -> None:
    listed = points(sweep)
    for made, whole in ((sweep, listed), (sweep[1::2], listed[1::2]), (concat(sweep, sweep), listed * 2)):
        table = columns(made)
        assert {len(array) for array in table.values()} <= {len(whole)}
        if whole:
            key = "n" if "n" in whole[0] else "a"
            assert table[key].tolist() == [point[key] for point in whole]


def test_it_runs(sweep: Sweep[Any]) -> None:
    outcomes = list(run(first, sweep))
    assert [outcome.result for outcome in outcomes] == list(map(first, points(sweep)))
    if outcomes:
        assert frame(outcomes)["result"].tolist() == [outcome.result for outcome in outcomes]


def test_conflicts_and_unknown_paths_are_found() -> None:
    sweep = SWEEPS["leaf"]
    with pytest.raises(ConflictError, match="n is set by sweep 0 and by sweep 1"):
        product(sweep, expand({"n": 1}))
    with pytest.raises(PathError, match=r"no configuration has m"):
        constrain(bool, sweep, on="m")


HARD: dict[str, Callable[[Sweep[Any]], Any]] = {
    "index": lambda s: s.index({"n": -1}),
    "constrain": lambda s: constrain(bool, s, on="n").size,
    "distinct": distinct,
    "columns": columns,
    "product": lambda s: product(s, expand({"z": 1})),
}
"""Questions to a sweep of any size that take a look at all of its points."""


@pytest.mark.parametrize("name", HARD)
def test_beyond_the_bound_it_refuses_by_name(name: str) -> None:
    with pytest.raises(SizeError, match=r"1000000000000000000000000000000|about 10\^"):
        HARD[name](Sweep(Squares(HUGE)))


def test_beyond_the_bound_the_rest_works() -> None:
    sweep: Sweep[Any] = Sweep(Squares(HUGE))
    assert sweep[-1].n == HUGE - 1
    assert sweep[::-2][5].n == HUGE - 11
    assert sample(3, sweep)[2] == shuffled(sweep)[2]
    assert next(iter(expand({"k": DynamicValue([1, 2]), "s": sweep})[HUGE:])).k == 2
    assert derive("m", lambda c: c.n + 1, sweep)[HUGE // 2].m == HUGE // 2 + 1
    assert sweep.axes == {}
    assert str(HUGE) in repr(sweep)
    assert label(sweep[7], sweep) != label(sweep[8], sweep)
    assert validate(Number, sweep).unseen


ROOMS = Path(spearmint_fp.__file__).parent


def list_kinds(base: Any) -> set[str]:
    """The names of the kinds of sweep below a class."""
    return {name for kind in base.__subclasses__() for name in (kind.__name__, *list_kinds(kind))}


for module in walk_packages(spearmint_fp.sweep.__path__, "spearmint_fp.sweep."):
    import_module(module.name)
KINDS = list_kinds(Node)


def find_kinds_asked(module: Path) -> set[str]:
    """The kinds of sweep that a module tests for, by `isinstance` or in a pattern, and does not define."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    imported = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("typing")
        for alias in node.names
    }
    tests = [node.args[1] for node in ast.walk(tree) if isinstance(node, ast.Call) and called(node) == "isinstance"]
    tests += [node.cls for node in ast.walk(tree) if isinstance(node, ast.MatchClass)]
    names = {name.id for test in tests for name in ast.walk(test) if isinstance(name, ast.Name)}
    return {imported[name] for name in names if imported.get(name) in KINDS} - own


def called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


@pytest.mark.parametrize("module", sorted(ROOMS.rglob("*.py")), ids=lambda module: module.stem)
def test_no_operation_tests_for_a_kind(module: Path) -> None:
    assert find_kinds_asked(module) == set()
