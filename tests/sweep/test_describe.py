"""`explain` and `label`."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from spearmint_fp import (
    ArgumentError,
    DynamicValue,
    concat,
    constrain,
    derive,
    empty,
    expand,
    explain,
    label,
    mapped,
    shuffled,
    zipped,
)


@attrs.frozen
class Settings:
    rate: Any


def test_explain_tells_sizes_by_axis_and_branch() -> None:
    s = expand(
        {
            "opt": DynamicValue([{"name": "sgd", "lr": DynamicValue([1, 2])}, {"name": "adam"}]),
            "n": DynamicValue(range(10**20)),
            "none": DynamicValue([]),
        }
    )
    assert explain(s).splitlines() == [
        "0 configurations = (2 + 1) × 100000000000000000000 × 0",
        "  opt: one of 2 branches",
        "    branch 0 (opt.name='sgd'): 2",
        "      opt.lr: 2 (1, 2)",
        "    branch 1 (opt.name='adam'): 1",
        "  n: 100000000000000000000 (range(0, 100000000000000000000))",
        "  none: 0 (empty)",
    ]


def test_explain_of_every_kind() -> None:
    s = expand({"a": DynamicValue([1, 2]), "b": DynamicValue([1, 2, 3])})
    below = constrain(lambda a, b: a < b, s, on=("a", "b"))
    assert explain(below).splitlines()[:2] == ["3 configurations = constrained(2 × 3)", "  constrained: 3 of"]
    assert "zipped, 6 together" in explain(zipped(s, expand({"c": DynamicValue(range(6))})))
    assert "shuffled: 6 of" in explain(shuffled(s))
    assert "[1:5]: 4 of" in explain(s[1:5])
    assert "c: derived" in explain(derive("c", len, s))
    assert explain(mapped(len, s)).startswith("6 configurations = 2 × 3")
    assert explain(empty) == "0 configurations"
    many = concat(*(expand({"k": k, "n": DynamicValue(range(3))}) for k in range(40)))
    assert "… and 28 more" in explain(many)
    assert len(explain(many).splitlines()) < 60


def test_label_takes_swept_paths_only() -> None:
    s = expand(
        {
            "model": DynamicValue(["gpt-4", "b"]),
            "opt": DynamicValue([{"name": "sgd", "lr": DynamicValue([0.1, 1e-5])}, {"name": "adam"}]),
            "layers": DynamicValue([[64, 64], [128]]),
            "settings": Settings(DynamicValue([None])),
            "static": 1,
        }
    )
    assert label(s[0], s) == "model=gpt-4, opt.name=sgd, opt.lr=0.1, layers=(64, 64), settings.rate=None"
    assert label(s[-1], s) == "model=b, opt.name=adam, layers=(128,), settings.rate=None"
    assert len({label(c, s) for c in s}) == s.size
    assert label({"model": "x", "static": 2}, s) == "model=x"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1", "'1'"),
        (1, "1"),
        ("None", "'None'"),
        (None, "None"),
        ("", "''"),
        ("a, b=c", "'a, b=c'"),
        (" x", "' x'"),
        ("é", "é"),
    ],
)
def test_text_is_quoted_where_it_could_be_mistaken(value: Any, text: str) -> None:
    s = expand({"k": DynamicValue([value, "other"])})
    assert label(s[0], s) == f"k={text}"


def test_labels_of_mapped_and_chosen_sweeps() -> None:
    s = shuffled(expand({"n": DynamicValue(range(5)), "k": 1}))
    assert sorted(label(c, s) for c in s) == [f"n={n}" for n in range(5)]
    typed = mapped(lambda c: Settings(c.rate), expand({"rate": DynamicValue([1, 2])}))
    assert label(typed[1], typed) == "rate=2"
    assert label(5, s) == ""


def test_they_take_sweeps() -> None:
    with pytest.raises(ArgumentError, match="explain takes a sweep"):
        explain({"a": DynamicValue([1])})  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="label takes a sweep"):
        label({}, {})  # type: ignore[arg-type]
