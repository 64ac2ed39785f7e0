"""Including partial configurations, against a plain version of the rule of GitHub's matrices."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    ABSENT,
    ArgumentError,
    ConflictError,
    DynamicValue,
    SizeError,
    constrain,
    derive,
    distinct,
    empty,
    exclude,
    expand,
    explain,
    frame,
    groupby,
    include,
    label,
    mapped,
    product,
    project,
    shuffled,
    unit,
    where,
    zipped,
)
from tests.examples import examples

many = examples(80)

FRUIT = {"fruit": DynamicValue(["apple", "pear"]), "animal": DynamicValue(["cat", "dog"])}
DOCUMENTED = [
    {"color": "green"},
    {"color": "pink", "animal": "cat"},
    {"fruit": "apple", "shape": "circle"},
    {"fruit": "banana"},
    {"fruit": "banana", "animal": "cat"},
]
"""The example of GitHub's documentation, "Expanding or adding matrix configurations"."""

DOCUMENTED_JOBS: list[dict[str, Any]] = [
    {"fruit": "apple", "animal": "cat", "color": "pink", "shape": "circle"},
    {"fruit": "apple", "animal": "dog", "color": "green", "shape": "circle"},
    {"fruit": "pear", "animal": "cat", "color": "pink"},
    {"fruit": "pear", "animal": "dog", "color": "green"},
    {"fruit": "banana"},
    {"fruit": "banana", "animal": "cat"},
]
"""The jobs that GitHub's documentation lists for them."""


def test_the_documented_example() -> None:
    assert list(include(DOCUMENTED, expand(FRUIT))) == DOCUMENTED_JOBS


def naive(partials: list[dict[str, Any]], matrix: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rule word by word: added to each combination whose original values it does not overwrite."""
    made, own = [dict(config) for config in matrix], []
    original = {key for config in matrix for key in config}
    for partial in partials:
        added = False
        for config, before in zip(made, matrix, strict=True):
            if all(key in before and before[key] == value for key, value in partial.items() if key in original):
                config.update(partial)
                added = True
        if not added:
            own.append(dict(partial))
    return made + own


values = st.integers(0, 2)
axes = st.dictionaries(st.sampled_from("abcd"), st.lists(values, min_size=1, max_size=3), min_size=1, max_size=3)
additions = st.lists(st.dictionaries(st.sampled_from("abcdxyz"), values, min_size=1, max_size=4), max_size=5)

KINDS: dict[str, Any] = {
    "product": lambda s: s,
    "sum": lambda s: s + expand({"a": DynamicValue([0, 3]), "q": 1}),
    "slice": lambda s: s[1:],
    "reversed": lambda s: s[::-1],
    "shuffle": lambda s: shuffled(s, seed=1),
    "derived": lambda s: derive("d", len, s),
    "mapped": lambda s: mapped(dict, s),
    "zip": lambda s: zipped(s, expand({"p": DynamicValue(range(s.size))})),
    "constrained": lambda s: exclude({s[0] and next(iter(s[0])): 0}, s),
    "empty": lambda s: s[:0],
}


@many
@given(axes, additions, st.sampled_from(sorted(KINDS)))
def test_including_is_the_rule_word_by_word(axes: Any, partials: Any, kind: str) -> None:
    sweep = KINDS[kind](expand({name: DynamicValue(some) for name, some in axes.items()}))
    listed = [dict(config) for config in sweep]
    made = include(partials, sweep)
    expected = naive(partials, listed)
    assert list(made) == [made[k] for k in range(made.size)] == expected
    assert [expected[made.index(config)] for config in expected] == expected
    assert list(made[1:]) == expected[1:]
    assert explain(made)
    assert len({label(config, made) for config in made}) == distinct(made).size
    if kind != "mapped" and kind != "derived":
        assert list(pickle.loads(pickle.dumps(made))) == expected
    for key in "axz":
        if any(key in config for config in expected):
            assert list(where({key: 1}, made)) == [c for c in expected if c.get(key) == 1]
            assert list(exclude({key: 1}, made)) == [c for c in expected if c.get(key) != 1]
            found = {k: list(part) for k, part in groupby(key, made).items()}
            assert found == {k: [c for c in expected if c.get(key, ABSENT) == k] for k in found}
            assert sum(map(len, found.values())) == made.size
            kept = constrain(lambda value: value > 0, made, on=key)
            assert list(kept) == [c for c in expected if c.get(key, 1) > 0]


def test_nested_and_by_path() -> None:
    s = expand({"llm": {"model": DynamicValue(["a", "b"])}, "n": DynamicValue(range(10**30))})
    made = include([{"llm": {"model": "b", "key": 1}}, {"llm.model": "c"}, {"deep.er": [1]}], s)
    assert made.size == 2 * 10**30 + 1
    assert made[0] == {"llm": {"model": "a"}, "n": 0, "deep": {"er": (1,)}}
    assert made[-2] == {"llm": {"model": "b", "key": 1}, "n": 10**30 - 1, "deep": {"er": (1,)}}
    assert made[-1] == {"llm": {"model": "c"}}
    assert made.index(made[10**30 + 7]) == 10**30 + 7
    assert made.axes["llm.key"] == (1,)
    assert where({"llm.key": 1}, made).size == 10**30
    assert list(project("llm", made)) == [
        {"llm": {"model": "a"}},
        {"llm": {"model": "b", "key": 1}},
        {"llm": {"model": "c"}},
    ]


def test_what_it_is_asked_at_any_size() -> None:
    s = expand(FRUIT) * expand({"n": DynamicValue(range(10**30))})
    cut = constrain(lambda a, f: (a, f) != ("cat", "apple"), s, on=("animal", "fruit"))
    made = include(DOCUMENTED, cut)
    assert made.size == 3 * 10**30 + 2
    assert made[0] == {"fruit": "apple", "animal": "dog", "n": 0, "color": "green", "shape": "circle"}
    assert where({"color": "pink"}, made).size == 10**30
    assert {k: v.size for k, v in groupby("shape", made).items()} == {"circle": 10**30, ABSENT: 2 * 10**30 + 2}
    assert constrain(lambda c, a: c == "pink" or a == "dog", made, on=("color", "animal")).size == 3 * 10**30 + 2
    both = product(include({"fruit": "pear", "x": 1}, s), expand({"y": DynamicValue([1, 2])}))
    assert both.size == 8 * 10**30
    assert both[-1] == {"fruit": "pear", "animal": "dog", "n": 10**30 - 1, "x": 1, "y": 2}
    assert both.index(both[7 * 10**30]) == 7 * 10**30
    assert list(frame(include(DOCUMENTED, expand(FRUIT)))["fruit"]) == [
        "apple",
        "apple",
        "pear",
        "pear",
        "banana",
        "banana",
    ]


def test_units_and_degenerate_ones() -> None:
    s = expand(FRUIT)
    assert include([], s) == s
    assert list(include(iter(DOCUMENTED), s)) == list(include(DOCUMENTED, s))
    assert list(include({}, s)) == list(s)
    assert list(include([{"a": 1}, {"b": 2}], empty)) == [{"a": 1}, {"b": 2}]
    assert list(include([{"a": 1}, {"b": 2}], unit)) == [{"a": 1, "b": 2}]
    assert list(include({"fruit": DynamicValue(["pear", "fig"]), "x": DynamicValue([1, 2])}, s[:3])) == [
        {"fruit": "apple", "animal": "cat"},
        {"fruit": "apple", "animal": "dog"},
        {"fruit": "pear", "animal": "cat", "x": 2},
        {"fruit": "fig", "x": 1},
        {"fruit": "fig", "x": 2},
    ]
    assert list(include({"fruit": {"kind": "fig"}}, s[:1])) == [*s[:1], {"fruit": {"kind": "fig"}}]
    assert next(iter(include({"x": len}, s[:1])))["x"] is len


def test_what_cannot_be_included() -> None:
    s = expand(FRUIT)
    with pytest.raises(ConflictError, match=r"a value at tag and another at tag\.sub"):
        include([{"tag": 1}, {"tag.sub": 2}], s)
    with pytest.raises(ArgumentError, match=r"include takes a partial configuration, or several, and a sweep; got 5"):
        include([5], s)  # type: ignore[list-item]
    with pytest.raises(SizeError, match="at most 1000 configurations of one"):
        include({"x": DynamicValue(range(10**9))}, s)
    with pytest.raises(SizeError, match="at most 1000 partial"):
        include([{"x": 1}] * 1001, s)
