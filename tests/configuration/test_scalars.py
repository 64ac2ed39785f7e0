"""The table of scalars: every row is read as it was written, and tells its values apart."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import EncodingError, IdentityError, geomspace, linspace
from spearmint_fp.configuration.scalars import SCALARS, find_scalar, unbox_builtin, unbox_scalar

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "bytes": st.binary(),
    "bytearray": st.binary().map(bytearray),
    "complex": st.complex_numbers(allow_nan=False),
    "range": st.builds(range, st.integers(), st.integers(), st.integers(min_value=1)),
    "spacing": st.builds(linspace, st.floats(-9, 9), st.integers(-9, 9), st.integers(1, 9))
    | st.builds(geomspace, st.floats(1, 9), st.floats(1, 9), st.integers(1, 9)).map(lambda value: value[::-2]),
    "date": st.dates(),
    "datetime": st.datetimes(timezones=st.none() | st.just(UTC)).map(lambda value: value.replace(fold=0)),
    "time": st.times().map(lambda value: value.replace(fold=0)),
    "timedelta": st.timedeltas(),
    "timezone": st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
    "decimal": st.decimals(allow_nan=False),
    "fraction": st.fractions(),
    "uuid": st.uuids(),
    "path": st.text(alphabet="abc/. ").map(Path),
}


def row_of(value: Any) -> Any:
    row = find_scalar(type(value))
    assert row is not None
    return row


def test_every_row_has_values_here() -> None:
    assert {row.tag for row in SCALARS.values()} == set(VALUES)


@given(st.sampled_from(sorted(VALUES)).flatmap(VALUES.__getitem__))
def test_what_is_written_is_read_as_the_same(value: Any) -> None:
    row = row_of(value)
    if row.write is not None:
        written = row.write(value)
        assert json.loads(json.dumps(written)) == written
        back = row.load(written)
        assert (type(back), back) == (type(value), value)


@given(st.data(), st.sampled_from(sorted(VALUES)))
def test_equal_bytes_mean_equal_values(data: st.DataObject, tag: str) -> None:
    one, other = data.draw(VALUES[tag]), data.draw(VALUES[tag])
    if row_of(one).encode(one) == row_of(other).encode(other):
        assert one == other


@pytest.mark.parametrize(
    ("value", "tag"),
    [
        (date(2020, 1, 2), "date"),
        (datetime(2020, 1, 2), "datetime"),
        (Decimal(1), "decimal"),
    ],
)
def test_a_type_is_found_by_its_own_name(value: Any, tag: str) -> None:
    class Own(type(value)):  # type: ignore[misc]
        pass

    assert row_of(value).tag == tag
    assert find_scalar(Own) is None
    assert find_scalar(PurePosixPath) is None
    assert row_of(UUID(int=1)).sources == (str,)


def test_moments_whose_text_does_not_say_all_are_refused() -> None:
    row = row_of(datetime(2020, 1, 1))
    for value in (datetime(2020, 1, 1, tzinfo=ZoneInfo("Europe/Paris")), datetime(2020, 10, 25, 2, fold=1)):
        assert row.encode(value)  # an identity tells them apart all the same
        with pytest.raises(EncodingError, match=r"time zone of its own|second of two equal times"):
            row.write(value)
    with pytest.raises(IdentityError, match="time zone without a name"):
        row_of(time(1)).encode(time(1, tzinfo=timezone(timedelta(hours=1), "None")))


def test_numpy_scalars_are_unboxed_without_loss() -> None:
    assert [type(unbox_builtin(one)) for one in (np.int8(1), np.float32(1), np.str_("a"), np.True_)] == [
        int,
        float,
        str,
        bool,
    ]
    for kept in (np.longdouble(1), np.datetime64("2020-01-01"), np.array([1]), "a", None):
        assert unbox_builtin(kept) is kept
    assert unbox_scalar(np.datetime64("2020-01-01")) == date(2020, 1, 1)
