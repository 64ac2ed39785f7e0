"""Results that no journal can keep are refused before the first task, where the annotation tells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import attrs
import numpy as np
import pandas as pd
import pytest

from spearmint_fp import Config, EncodingError, Journal, Outcome, arun, run
from spearmint_fp.journal.encoding import encode_result
from spearmint_fp.journal.result_types import check_result_type
from tests.journal.runs import THREE
from tests.needs import needs


class Plain:
    pass


class Base:
    pass


@attrs.frozen
class Derived(Base):
    x: int


@attrs.frozen
class Needs:
    frame: pd.DataFrame


@attrs.frozen
class MayHave:
    x: int
    frame: pd.DataFrame | None = None
    more: MayHave | None = None


FRAME = pd.DataFrame({"a": [1, 2]})


@pytest.mark.parametrize(
    ("kind", "advice"),
    [
        (pd.DataFrame, "to_dict(orient='list')"),
        (pd.Series, "tolist()"),
        (pd.DataFrame | None, "to_dict"),
        (dict[str, list[pd.DataFrame]], "to_dict"),
        (tuple[int, pd.DataFrame], "to_dict"),
        (Annotated[pd.DataFrame, "scores"], "to_dict"),
        (Needs, "to_dict"),
        (Plain, "Return plain data"),
        (list[Plain], "Return plain data"),
    ],
)
def test_a_type_that_no_journal_keeps_is_refused_with_advice(kind: Any, advice: str) -> None:
    with pytest.raises(EncodingError) as raised:
        check_result_type(kind)
    assert advice in str(raised.value)


@needs("polars")
def test_frames_of_polars_are_refused_with_advice() -> None:
    import polars as pl

    kinds = {pl.DataFrame: "to_dict(as_series=False)", pl.Series: "to_list()", pd.DataFrame | pl.DataFrame: "to_dict"}
    for kind, advice in kinds.items():
        with pytest.raises(EncodingError) as raised:
            check_result_type(kind)
        assert advice in str(raised.value)
    for plain in (pl.DataFrame({"a": [1, 2]}).to_dict(as_series=False), pl.Series([1, None]).to_list()):
        assert encode_result(plain)


@pytest.mark.parametrize(
    "kind",
    [
        *(int, dict, Config, np.ndarray, np.float64, date, Path, type, Exception, None, Any),
        *(MayHave, Base, Derived, pd.DataFrame | dict, Plain | int),
        *(Iterator[int], Sequence[int], Literal["a"], tuple[int, ...], Callable[[int], int], Outcome),
    ],
)
def test_nothing_else_is_refused(kind: Any) -> None:
    check_result_type(kind)


def test_the_advice_works() -> None:
    for plain in (FRAME.to_dict(orient="list"), FRAME["a"].tolist()):
        assert encode_result(plain)


CALLED: list[int] = []


def to_frame(config: Config) -> pd.DataFrame:
    CALLED.append(config.n)
    return FRAME


def to_something(config: Config):  # type: ignore[no-untyped-def]
    return FRAME


def test_no_task_has_run(path: Path) -> None:
    async def main(journal: Journal) -> None:
        async for _ in arun(to_frame, THREE, journal=journal):
            raise AssertionError

    CALLED.clear()
    with Journal(path) as journal:
        with pytest.raises(EncodingError, match=r"returns DataFrame.*to_dict\(orient='list'\)"):
            run(to_frame, THREE, journal=journal)
        with pytest.raises(EncodingError, match="returns DataFrame"):
            asyncio.run(main(journal))
        assert journal.experiments == ()
    assert CALLED == []


def test_where_no_annotation_tells_it_is_the_failure_of_each(path: Path) -> None:
    with Journal(path) as journal:
        outcomes = list(run(to_something, THREE, journal=journal))
    assert [outcome.ok for outcome in outcomes] == [False] * 3
    assert "Return value.to_dict(orient='list')" in outcomes[0].error.message  # type: ignore[union-attr]


def test_who_knows_better_says_so(path: Path) -> None:
    def lies(config: Config) -> pd.DataFrame:
        return config.to_dict() if hasattr(config, "to_dict") else {"n": config.n}

    with Journal(path, name="lies", result=dict[str, int]) as journal:
        assert [outcome.result for outcome in run(lies, THREE[:1], journal=journal)] == [{"n": 0}]
