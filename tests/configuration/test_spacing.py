"""Spacings are numpy's values, computed one by one, and choices like any other."""

from __future__ import annotations

import json
import math
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import spearmint_fp
from spearmint_fp import (
    ArgumentError,
    Config,
    DynamicValue,
    PositionError,
    SizeError,
    columns,
    config_id,
    constrain,
    expand,
    explain,
    freeze,
    geomspace,
    label,
    linspace,
    sample,
    spread,
    structure,
)
from spearmint_fp.configuration.spacing import Spacing

wrong: Any = spearmint_fp
ends = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**6), 10**6)
counts = st.integers(0, 40)
cuts = st.builds(
    slice, st.none() | st.integers(-50, 50), st.none() | st.integers(-50, 50), st.sampled_from([None, 1, 2, 3, -1, -2])
)


def as_bits(values: Sequence[float]) -> list[str]:
    return [value.hex() for value in values]


def numpy_linspace(start: float, stop: float, num: int) -> list[float]:
    with np.errstate(over="ignore"):  # it multiplies up to the end before it puts the end there
        made: list[float] = np.linspace(start, stop, num).tolist()
    return made


@given(ends, ends, counts)
@example(0.0, 1.7976931348623157e308, 28)
def test_linspace_is_that_of_numpy_bit_for_bit(start: float, stop: float, num: int) -> None:
    assume(math.isfinite(float(stop) - float(start)))
    assert as_bits(linspace(start, stop, num)) == as_bits(numpy_linspace(start, stop, num))


@pytest.mark.parametrize(
    ("start", "stop", "num"),
    [
        (0, 1, 11), (1, 0, 7), (-3, 5, 1), (2, 9, 0), (0, 5e-324, 9), (5e-324, 1e-322, 30), (-1e308, 5e307, 12),
        (4, 4, 5), (-0.0, 0.0, 3), (0, 1, 10_001), (1e-300, 1e300, 13), (-7, -2, 3),
    ],
)  # fmt: skip
def test_the_ends_of_floats_are_those_of_numpy(start: float, stop: float, num: int) -> None:
    assert as_bits(linspace(start, stop, num)) == as_bits(numpy_linspace(start, stop, num))


GEOMETRIC = [
    (1, 1000, 4), (1e-5, 1e-1, 9), (1e-6, 0.1, 6), (-1, -256, 9), (7, 0.5, 11), (3, 3, 4), (2, 8, 1), (2, 8, 0),
    (1e-300, 1e300, 41), (5e-324, 1e-310, 7), (1, 2, 500), (0.1, 1, 300), (-1e-3, -1e8, 77), (1e308, 1.7e308, 12),
]  # fmt: skip


def test_geomspace_is_that_of_numpy_bit_for_bit() -> None:
    # numpy's vector library for AVX-512 has powers of its own, that of the C library is what every other processor has
    code = (
        "import sys, json, numpy as np; ends = json.loads(sys.argv[1]);"
        "print(json.dumps([[x.hex() for x in np.geomspace(*args).tolist()] for args in ends]))"
    )
    without = "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR X86_V4"
    environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": without}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, json.dumps(GEOMETRIC)],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert [as_bits(geomspace(*arguments)) for arguments in GEOMETRIC] == json.loads(done.stdout)


@given(st.floats(1e-9, 1e9), st.floats(1e-9, 1e9), counts, st.sampled_from([1, -1]))
def test_geomspace_is_that_of_numpy_but_for_its_last_bits(start: float, stop: float, num: int, sign: int) -> None:
    ours = list(geomspace(sign * start, sign * stop, num))
    theirs = np.geomspace(sign * start, sign * stop, num).tolist()
    assert len(ours) == len(theirs)
    assert all(abs(one - other) <= 64 * math.ulp(one) for one, other in zip(ours, theirs, strict=True))
    assert ours[:1] + ours[-1:] == theirs[:1] + theirs[-1:], "the ends are exact"


@given(st.data(), st.integers(-100, 100), st.integers(-100, 100), counts, st.sampled_from([linspace, geomspace]))
def test_it_is_a_sequence(data: st.DataObject, start: int, stop: int, num: int, make: Any) -> None:
    whole = make(start, stop, num) if make is linspace else make(start**2 + 1, stop**2 + 0.5, num)
    listed = list(whole)
    cut = data.draw(cuts)
    pairs: list[tuple[Any, Any]] = [(whole, listed), (whole[cut], listed[cut]), (whole[cut][cut], listed[cut][cut])]
    for spacing, values in pairs:
        assert issubclass(type(spacing), Sequence)
        assert list(spacing) == values == [spacing[k] for k in range(len(values))]
        assert [spacing[k - len(values)] for k in range(len(values))] == values
        assert list(reversed(spacing)) == values[::-1]
        for value in values[:5]:
            assert spacing.index(value) == values.index(value)
            assert spacing.count(value) == values.count(value)
            assert list(spacing.find_indices(value)) == [k for k, other in enumerate(values) if other == value]
            assert value in spacing
            assert (math.nextafter(value, math.inf) in spacing) == (math.nextafter(value, math.inf) in values)
        assert eval(repr(spacing)) == spacing
        assert pickle.loads(pickle.dumps(spacing)) == spacing
        assert hash(pickle.loads(pickle.dumps(spacing))) == hash(spacing)


def test_it_is_shown_as_it_was_made() -> None:
    assert repr(linspace(0, 1, 11)) == "linspace(0, 1, 11)"
    assert repr(geomspace(1e-5, 0.5, 3)[1:]) == "geomspace(1e-05, 0.5, 3)[1:]"
    assert repr(linspace(0, 1, 11)[8:2:-3]) == "linspace(0, 1, 11)[8:4:-3]"
    assert repr(linspace(-0.0, 1, 2)) == "linspace(-0.0, 1, 2)"
    assert repr(DynamicValue(linspace(0, 1, 11))) == "DynamicValue(linspace(0, 1, 11))"


def test_equal_ones_are_made_alike() -> None:
    assert linspace(0, 1, 3) == linspace(0.0, 1.0, 3) == linspace(0, 1, 3)[:] != linspace(0, 1, 4)
    assert linspace(1, 8, 4) != geomspace(1, 8, 4)
    assert linspace(0, 1, 5)[::-1][::-1] == linspace(0, 1, 5)
    listed: Any = [0.0, 0.5, 1.0]
    assert linspace(0, 1, 3) != listed


@pytest.mark.parametrize(
    "value", ["a", None, math.nan, math.inf, 10**400, 1 + 1j, Decimal("0.1"), [0.5], object(), np.zeros(3)]
)
def test_what_is_no_value_of_it_is_not_in_it(value: Any) -> None:
    spacing = linspace(0, 1, 10**9 + 1)
    assert value not in spacing
    assert spacing.count(value) == 0
    with pytest.raises(ValueError, match="is not in linspace"):
        spacing.index(value)


def test_equal_numbers_of_other_types_are_in_it() -> None:
    spacing = linspace(0, 1, 10**9 + 1)
    for value in (1, True, Fraction(1, 2), np.float64(0.25), Decimal("0.5"), 1 + 0j):
        assert value in spacing
    assert DynamicValue(spacing).__contains__(0.5)


def test_a_long_one_is_an_axis_without_being_listed() -> None:
    tree = {"lr": DynamicValue(geomspace(1e-6, 1, 10**9)), "x": DynamicValue(linspace(0, 1, 10**9)), "n": 3}
    sweep = expand(tree)
    assert sweep.size == 10**18
    assert sweep.index(sweep[123456789012345678]) == 123456789012345678
    assert sweep.count(sweep[5]) == 1
    assert {"lr": 1e-6, "x": 1, "n": 3} in sweep
    assert {"lr": 1e-6, "x": 0.3, "n": 3} not in sweep
    assert sweep.axes["lr"] == geomspace(1e-6, 1, 10**9)
    assert explain(sweep).splitlines()[1] == "  lr: 1000000000 (geomspace(1e-06, 1, 1000000000))"
    assert label(sweep[0], sweep) == "lr=1e-06, x=0.0"
    assert len(pickle.dumps(sweep)) < 1500
    assert pickle.loads(pickle.dumps(sweep)) == sweep == expand(freeze(tree))
    assert hash(sweep) == hash(expand(tree))
    assert len({config["x"] for config in sample(5, sweep)}) == 5
    assert sorted(int(config["x"] * 4) for config in spread(4, sweep)) == [0, 1, 2, 3]
    assert isinstance(sweep[-1].lr, float)


def test_it_gives_the_configurations_of_its_list() -> None:
    for spacing in (linspace(2, -1, 7), geomspace(1, 100, 5)[::-2], linspace(3, 3, 4), linspace(1, 2, 0)):
        computed, listed = (expand({"x": DynamicValue(v), "y": DynamicValue([1, 2])}) for v in (spacing, list(spacing)))
        assert list(computed) == list(listed)
        assert computed.size == listed.size
        assert list(computed.axes.get("x", ())) == list(spacing)
        assert [computed.index(config) for config in computed] == [listed.index(config) for config in listed]
        kept = constrain(lambda x, y: x > y, computed, on=("x", "y"))
        assert list(kept) == list(constrain(lambda x, y: x > y, listed, on=("x", "y")))
        assert columns(computed)["x"].tolist() == columns(listed)["x"].tolist()
        assert list(map(config_id, computed)) == list(map(config_id, listed))


def test_its_identity_is_that_of_what_it_is_made_from() -> None:
    trees = [
        linspace(0, 1, 3), linspace(0, 1, 4), geomspace(1, 2, 3), linspace(1, 2, 3), linspace(0, 1, 3)[::-1],
        linspace(-0.0, 1, 3), [0.0, 0.5, 1.0],
    ]  # fmt: skip
    assert len({config_id({"x": DynamicValue(tree)}) for tree in trees}) == len(trees)
    assert config_id({"x": DynamicValue(linspace(0, 1, 3))}) == config_id({"x": DynamicValue(linspace(0.0, 1, 3)[:])})
    assert config_id({"x": DynamicValue(linspace(0, 1, 10**12))})


def test_it_is_a_leaf_where_it_is_no_choice() -> None:
    config = Config({"grid": linspace(0, 1, 3)})
    assert config.grid is freeze(config).grid
    assert isinstance(config.grid, Spacing)
    assert structure(list[float], config.grid) == [0.0, 0.5, 1.0]
    assert expand(config).size == 1


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: wrong.linspace("0", 1, 3), ArgumentError, r"start is a finite number; got '0' \(str\)"),
        (lambda: linspace(0, math.inf, 3), ArgumentError, r"stop is a finite number; got inf \(float\)"),
        (lambda: linspace(0, True, 3), ArgumentError, r"stop is a finite number; got True \(bool\)"),
        (lambda: linspace(10**400, 0, 3), ArgumentError, "start is a finite number"),
        (lambda: linspace(-1.7e308, 1.7e308, 3), ArgumentError, "the distance of its ends is beyond all floats"),
        (
            lambda: wrong.linspace(0, 1, 2.0),
            ArgumentError,
            r"num is a whole number, how many values there are; got 2.0 \(float\)",
        ),
        (lambda: linspace(0, 1, -1), SizeError, "num is 0 to 2.53, how many values there are; got -1"),
        (lambda: geomspace(1, 2, 2**53 + 1), SizeError, "num is 0 to 2.53"),
        (lambda: geomspace(0, 1, 3), ArgumentError, r"geomspace\(0, 1, 3\): both ends are positive, or both negative"),
        (lambda: geomspace(-1, 1, 3), ArgumentError, "both ends are positive, or both negative"),
        (lambda: linspace(0, 1, 3)[3], PositionError, r"no value 3 in linspace\(0, 1, 3\)"),
    ],
)
def test_what_it_cannot_be_made_of_is_refused(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


@given(
    st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1e300, 1e-310]),
    st.sampled_from([1.0, 1e-12, 1e-13, 1e-14, 1e-15, 3e-16, 100.0]),
    st.integers(0, 300),
    st.sampled_from([linspace, geomspace]),
)
def test_what_is_said_to_be_distinct_is(start: float, share: float, num: int, make: Any) -> None:
    assume(start or make is linspace)
    spacing = make(start, start * (1 + share) if start else share, num)
    assert len(set(spacing)) == num or not spacing.is_distinct
    assert len(set(spacing[::-3])) == len(spacing[::-3]) or not spacing[::-3].is_distinct
