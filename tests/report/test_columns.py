"""Columns: what stands in each of them is what stands in the configurations, without building those."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from enum import Enum
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    ArgumentError,
    Config,
    DynamicValue,
    SizeError,
    Sweep,
    columns,
    concat,
    constrain,
    derive,
    empty,
    expand,
    mapped,
    product,
    sample,
    shuffled,
    structured,
    unit,
    zipped,
)
from spearmint_fp.configuration.fold import open_node
from spearmint_fp.configuration.paths import find_in, join_path, parse_path
from spearmint_fp.sweep.nodes.columns import flatten_point

from ..oracle import exactly, record_specs, specs, tree_of, value_at

Steps = dict[str, Callable[[Sweep[Any]], Sweep[Any]]]

STEPS: Steps = {
    "as it is": lambda s: s,
    "reversed": lambda s: s[::-1],
    "every third": lambda s: s[1::3],
    "a slice of a slice": lambda s: s[1:][::2],
    "shuffled": lambda s: shuffled(s, seed=3),
    "a shuffled slice": lambda s: shuffled(s)[: s.size // 2],
    "with itself": lambda s: s + s[::-1],
    "times two": lambda s: product(expand({"left of it": DynamicValue([1, 2])}), s),
    "zipped": lambda s: zipped(s, expand({"number": DynamicValue(range(s.size))})) if s.size else s,
    "constrained": lambda s: constrain(lambda v: hash(exactly(v)) % 3 > 0, s, on=[first(s)]) if s.axes else s,
    "mapped": lambda s: mapped(lambda c: c, s),
    "a mapped slice": lambda s: mapped(lambda c: c, s)[::2],
}


def first(sweep: Sweep[Any]) -> Any:
    return next(iter(sweep.axes))


def found(path: Any, config: Any) -> Any:
    """The value at a path; None where there is none, or a record, which has columns of its own."""
    steps = parse_path(path)
    try:
        above = [value_at(steps[:length], config) for length in range(len(steps))]
        value = value_at(steps, config)
    except LookupError:
        return None
    numbered = any(hasattr(a, "_fields") and str(step).isdecimal() for a, step in zip(above, steps, strict=True))
    return None if entered(value) or numbered else value


def entered(value: Any) -> bool:
    parts = open_node(value)
    return parts is not None and bool(parts[1]) and (not isinstance(value, tuple) or hasattr(value, "_fields"))


def same(one: Any, other: Any) -> bool:
    """Equal and of one type, but for whole numbers in a column of floats."""
    if isinstance(one, float) and type(other) is int:
        return one == other
    return exactly(one) == exactly(other)


def check(sweep: Sweep[Any]) -> None:
    table, configs = columns(sweep), list(sweep)
    rows = {path: array.tolist() for path, array in table.items()}
    for path, values in rows.items():
        assert len(values) == sweep.size
        for position, (value, config) in enumerate(zip(values, configs, strict=True)):
            assert same(value, found(path, config)) or (value is None and elsewhere(path, rows, position, config)), path
    for config in configs[:20]:
        assert [path for path in flatten_point(config) if not covered(path, table)] == []


def elsewhere(path: Any, rows: dict[Any, Any], position: int, config: Any) -> bool:
    """True if a list with a column of its own stands above this path, or a list here has a column per item."""
    steps = parse_path(path)
    above = [rows.get(join_path(steps[:length]), [None] * (position + 1))[position] for length in range(len(steps))]
    here = found(path, config)
    by_item = isinstance(here, tuple) and all(covered((*steps, str(k)), rows) for k in range(len(here)))
    return by_item or any(isinstance(value, tuple) for value in above)


def covered(path: tuple[Any, ...], table: dict[Any, Any]) -> bool:
    """True if a leaf has a column; a list with choices in it has one per item."""
    return any(parse_path(column)[: len(path)] == path for column in table)


@given(record_specs(), st.sampled_from(list(STEPS)))
def test_a_column_holds_what_the_configurations_hold(spec: dict[str, Any], step: str) -> None:
    check(STEPS[step](expand(tree_of(spec))))


@given(specs())
def test_roots_of_every_kind(spec: Any) -> None:
    check(expand(tree_of(spec)))


def test_every_leaf_has_a_column() -> None:
    tree = {
        "llm": {"model": DynamicValue(["a", "b"]), "n": 3},
        "layers": [64, DynamicValue([1, 2])],
        "tags": ["x", "y"],
    }
    assert {path: array.tolist() for path, array in columns(expand(tree)).items()} == {
        "llm.model": ["a", "a", "b", "b"],
        "llm.n": [3, 3, 3, 3],
        "layers.0": [64, 64, 64, 64],
        "layers.1": [1, 2, 1, 2],
        "tags": [("x", "y")] * 4,
    }


class Colour(Enum):
    RED = 1


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2], "int64"),
        ([0.5, 1.5], "float64"),
        ([1, 0.1], "float64"),
        ([True, False], "bool"),
        ([True, 1], "object"),
        ([2**53 + 1, 0.5], "object"),
        ([2**63, 1], "object"),
        ([-(2**63), 2**63 - 1], "int64"),
        ([None, 1], "object"),
        (["a", "b"], "object"),
        ([(1, 2), (3, 4)], "object"),
        ([Colour.RED, Colour.RED], "object"),
        (range(5), "int64"),
        (range(2**63, 2**63 + 2), "object"),
        ([], "object"),
    ],
)
def test_a_column_changes_no_value(values: Any, kind: str) -> None:
    array = columns(expand({"a": DynamicValue(values)}))["a"]
    assert array.dtype == kind
    assert array.tolist() == list(values)
    assert [type(v) for v in array.tolist()] == [float if kind == "float64" else type(v) for v in values]


def test_branches_with_numbers_of_both_kinds_and_branches_without() -> None:
    choice = DynamicValue([{"n": 1, "only": True}, {"n": DynamicValue([0.5, 1.5])}, {"n": 2}])
    table = columns(expand({"opt": choice}))
    assert table["opt.n"].dtype == "float64"
    assert table["opt.n"].tolist() == [1.0, 0.5, 1.5, 2.0]
    assert table["opt.only"].tolist() == [True, None, None, None]
    exact = columns(expand({"opt": DynamicValue([{"n": DynamicValue([2**60 + 1])}, {"n": DynamicValue([0.5, 1.5])}])}))
    assert exact["opt.n"].tolist() == [2**60 + 1, 0.5, 1.5]


def test_a_few_rows_of_a_huge_sweep() -> None:
    axes = {f"x{k}": DynamicValue(range(10)) for k in range(30)}
    branch = DynamicValue([{"kind": "a", "n": DynamicValue(range(10**25))}, {"kind": "b"}])
    huge = expand({"branch": branch, **axes})
    for sweep in (sample(50, huge), huge[:: huge.size // 40], huge[-7:], shuffled(huge)[5:15][::-1]):
        check(sweep)
    both = product(
        huge, expand({"y": DynamicValue(range(10**20))}), sample(10, expand({"z": DynamicValue(range(10**9))}))
    )
    check(sample(50, both))
    check(sample(40, zipped(huge[: 10**12], expand({"y": DynamicValue(range(10**12))}))))
    allowed = constrain(lambda a, b: a < b, huge, on=("x1", "x28"))
    check(sample(50, allowed))
    check(sample(50, concat(huge, allowed, expand({"w": DynamicValue([1, 2])}))))
    check(sample(50, mapped(lambda c: c | {"more": c.x1}, huge)))


def test_no_configuration_is_built() -> None:
    calls: list[int] = []
    sweep = expand({"a": DynamicValue(range(1000)), "b": mapped(calls.append, expand(DynamicValue([1, 2, 3])))})
    assert columns(sweep)["b"].tolist() == [None] * 3000
    assert calls == [1, 2, 3]


@attrs.frozen
class Point:
    x: float = attrs.field(converter=float)


def test_fields_are_what_their_class_made_of_them() -> None:
    table = columns(expand({"point": structured(Point, expand({"x": DynamicValue([1, 2])}))}))
    assert [type(x) for x in table["point.x"].tolist()] == [float, float]
    assert columns(structured(Point, expand({"x": DynamicValue([1, 2])})))["x"].tolist() == [1.0, 2.0]
    assert columns(derive("y", lambda c: c.x + 1, expand({"x": DynamicValue([1, 2])})))["y"].tolist() == [2, 3]


def test_the_smallest_sweeps() -> None:
    assert columns(unit)[""].tolist() == [Config()]
    assert columns(empty) == {}
    assert columns(expand(DynamicValue([1, 2])))[""].tolist() == [1, 2]
    nothing = columns(expand({"a": DynamicValue([1, 2]), "b": DynamicValue([])}))
    assert {path: len(array) for path, array in nothing.items()} == {"a": 0, "b": 0}
    assert [*columns(expand({"a": DynamicValue(range(10**30)), "b": DynamicValue([]), "c": DynamicValue([1])}))] == [
        *"abc"
    ]


def test_none_is_a_value_and_what_is_absent_is_masked() -> None:
    branches = [{"a": DynamicValue([1, None]), "deep": {"x": 1}}, {"b": 0.5, "a": 2}, {"b": None}]
    sweep = expand({"opt": DynamicValue(branches), "k": DynamicValue([1, 2])})
    for some in (sweep, sweep[::-1], sweep[::2], shuffled(sweep), mapped(lambda c: c, sweep), expand({"s": sweep})):
        table = columns(some)
        prefix = "s." if isinstance(some[0].get("s"), Config) else ""
        for path in ("opt.a", "opt.b", "opt.deep.x"):
            mask = np.ma.getmaskarray(table[prefix + path]).tolist()
            for config, gone, value in zip(some, mask, table[prefix + path].tolist(), strict=True):
                there = find_in(prefix + path, config)
                assert gone == (there == ())
                assert value == (there[0] if there else None)
        assert not isinstance(table[f"{prefix}k"], np.ma.MaskedArray)


def test_arrays_are_the_caller_s_own() -> None:
    sweep = expand({"a": DynamicValue([1, 2])})
    columns(sweep)["a"][:] = 9
    assert columns(sweep)["a"].tolist() == [1, 2]
    assert all(array.flags.writeable for array in columns(expand({"a": 1, "b": DynamicValue([1])})).values())


def test_what_is_no_sweep_and_what_is_too_long() -> None:
    with pytest.raises(
        ArgumentError, match="columns takes a sweep; got \\{'a': 1\\} \\(dict\\). For a tree write expand"
    ):
        columns({"a": 1})  # type: ignore[arg-type]
    with pytest.raises(
        SizeError, match=r"columns of 10000000000 configurations, more than .*Take a slice of the sweep"
    ):
        columns(expand({"a": DynamicValue(range(10**10))}))


def test_the_arrays_are_numpy_s() -> None:
    assert all(isinstance(array, np.ndarray) for array in columns(expand({"a": 1})).values())


def test_without_numpy_the_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "from spearmint_fp import columns, expand\n"
        "try: columns(expand({'a': 1}))\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "columns needs a package that is not installed (numpy): pip install 'spearmint_fp[numpy]'" in done.stdout
