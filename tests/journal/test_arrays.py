"""NumPy's arrays in journals: by type, shape and bytes, wherever they stand in a result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from spearmint_fp import Config, EncodingError, Journal, run
from spearmint_fp.journal.encoding import decode_result, encode_result
from tests.journal.runs import THREE
from tests.workers.programs import seen

READ_ONLY = np.arange(3)
READ_ONLY.flags.writeable = False
PADDED = np.dtype({"names": ["a"], "formats": ["i4"], "offsets": [4], "itemsize": 16})

ARRAYS = [
    np.arange(6.0).reshape(2, 3),
    np.array(5),
    np.array([]),
    np.zeros((2, 0, 3), ">i2"),
    np.arange(8, dtype=">f4")[::2],
    np.arange(6)[::-1],
    np.asfortranarray(np.arange(6).reshape(2, 3)),
    np.array(["2024-01-01", "NaT"], "datetime64[ns]"),
    np.zeros(3, "timedelta64[s]"),
    np.array([True, False]),
    np.array([1j, complex("nan+infj")], "complex64"),
    np.array(["a", "bcd"]),
    np.array([b"a", b"b\0c"]),
    np.array([(1, [2.0, 3.0])], dtype=[("a", "<i4"), ("b", ">f8", (2,))]),
    np.zeros(2, PADDED),
    np.zeros(2, "V5"),
    np.zeros(2, "S0"),
    np.broadcast_to(np.arange(3), (2, 3)),
    np.zeros((2, 2), np.longdouble),
    READ_ONLY,
]
SCALARS = [
    np.datetime64("2024-01-01T00:00:00.123456789"),
    np.timedelta64(5, "ns"),
    np.longdouble("0.1"),
    np.zeros(1, PADDED)[0],
]


def through_text(value: Any) -> Any:
    text, typed = encode_result(value)
    assert not typed
    return decode_result(text)


def assert_same(back: Any, array: Any) -> None:
    assert (type(back), back.dtype, back.shape) == (np.ndarray, array.dtype, array.shape)
    assert back.tobytes() == array.tobytes()
    assert back.flags.f_contiguous == (array.flags.f_contiguous or back.flags.f_contiguous)


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype}{array.shape}")
def test_an_array_comes_back_with_its_type_shape_and_bytes(array: Any) -> None:
    assert_same(through_text(array), array)
    inside = through_text({"x": [array, (array,)]})
    assert_same(inside["x"][1][0], array)
    assert through_text(array).flags.writeable


@given(
    arrays.arrays(
        arrays.array_dtypes(allow_subarrays=True) | arrays.scalar_dtypes(),
        arrays.array_shapes(min_dims=0, min_side=0, max_side=3),
    ),
    st.booleans(),
)
def test_any_array_does(array: Any, transposed: bool) -> None:
    whole = array.T if transposed else array
    assert_same(through_text(whole), whole)


@pytest.mark.parametrize("scalar", SCALARS, ids=lambda scalar: str(scalar.dtype))
def test_a_scalar_that_no_builtin_equals_comes_back_as_it_was(scalar: Any) -> None:
    back = through_text({"s": scalar})["s"]
    assert (type(back), back.dtype) == (type(scalar), scalar.dtype)
    assert back == scalar


def test_a_scalar_that_a_builtin_equals_is_that() -> None:
    back = through_text([np.float64(0.5), np.int8(3), np.bool_(True), np.str_("a")])
    assert back == [0.5, 3, True, "a"]
    assert [type(one) for one in back] == [float, int, bool, str]


@pytest.mark.parametrize(
    "array",
    [
        np.array([1, "a", None], object),
        np.zeros(1, dtype=[("a", object)]),
        np.ma.array([1, 2], mask=[True, False]),
        np.rec.fromrecords([(1, 2)]),
    ],
    ids=lambda array: type(array).__name__,
)
def test_what_is_more_than_its_bytes_is_refused_with_advice_that_works(array: Any) -> None:
    with pytest.raises(EncodingError, match=r"(?s)^a\.0: .*Return value\.tolist\(\)") as raised:
        encode_result({"a": [array]})
    assert len(str(raised.value)) < 500
    assert through_text({"a": [array.tolist()]}) == {"a": [array.tolist()]}


@pytest.mark.parametrize(
    "text",
    [
        '{"$array": ["<f8", [3], "C", ""]}',
        '{"$array": ["O", [1], "C", "AAAAAAAAAAA="]}',
        '{"$array": ["<f8", [1], "C"]}',
        '{"$array": ["nothing", [1], "C", ""]}',
        '{"$array": [{"names": ["a"]}, [1], "C", ""]}',
        '{"$array": ["<f8", [-1], "C", ""]}',
        '{"$array": ["<f8", [1], "C", "AAAA"]}',
        '{"$array": 5}',
    ],
)
def test_text_that_holds_no_array_is_refused(text: str) -> None:
    with pytest.raises(EncodingError, match="is not what a journal writes"):
        decode_result(text)


@attrs.frozen(eq=False)
class Fit:
    weights: np.ndarray
    losses: NDArray[np.float64]
    layers: tuple[np.ndarray, ...] = ()


def fit(config: Config) -> Fit:
    return Fit(np.arange(3.0) * config.n, np.array([np.nan]), (np.zeros((2, 1), ">f4"),))


def predict(config: Config) -> np.ndarray:
    return np.full((2, 2), config.n, dtype="float32")


def test_a_journal_replays_arrays_as_the_function_returned_them(path: Path) -> None:
    with Journal(path) as journal:
        for replayed in (False, True):
            fits, predictions = list(run(fit, THREE, journal=journal)), list(run(predict, THREE, journal=journal))
            assert all(o.ok and o.replayed is replayed for outcomes in (fits, predictions) for o in outcomes)
            assert_same(fits[2].result.weights, np.array([0.0, 2.0, 4.0]))
            assert_same(fits[2].result.layers[0], np.zeros((2, 1), ">f4"))
            assert_same(predictions[2].result, np.full((2, 2), 2, dtype="float32"))


def test_a_journal_without_arrays_loads_no_numpy(path: Path) -> None:
    told = seen(
        f"""
        import subprocess
        code = '''
        import sys
        from spearmint_fp import Journal, run
        with Journal({str(path)!r}, name="f") as journal:
            list(run(lambda c: dict(a=(1, 2)), [dict(n=1)], journal=journal))
        print("numpy" in sys.modules)
        '''
        import textwrap
        done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
        tell(loaded=done.stdout.strip())
        """
    )
    assert told == {"loaded": "False"}
