"""`explain` and `label`."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given

from spearmint_fp import (
    AbsentError,
    ArgumentError,
    DynamicValue,
    IdentityError,
    Sweep,
    concat,
    constrain,
    derive,
    distinct,
    empty,
    expand,
    explain,
    label,
    mapped,
    shuffled,
    unit,
    zipped,
)
from spearmint_fp.configuration.keys import exact_key
from spearmint_fp.sweep.nodes.axis import Axis
from tests.examples import examples

from .generated import points, sweeps


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
    for foreign in ({"m": 1}, {"nn": 1, "k": 1}):
        with pytest.raises(AbsentError, match=r"is not in Sweep\(5\): a configuration has no '\w+'; "):
            label(foreign, expand({"n": DynamicValue(range(5)), "k": 1}))
    conditional = expand({"a": DynamicValue([{}, {"b": DynamicValue([1, 2])}])})
    assert [label(config, conditional) for config in conditional] == ["a=Config({})", "a.b=1", "a.b=2"]


def test_an_explanation_points_at_what_may_have_been_meant_otherwise() -> None:
    lists = {"lr": [0.1, 0.01], "one": [5], "a": {"layers": [{"n": 1}, {"n": [2, 3]}]}, "more": [1, 2], "last": [3, 4]}
    head, *lines = explain(expand(lists)).splitlines()
    assert (head, len(lines)) == ("1 configuration", 3)
    assert lines[0].startswith(
        "  no choices: lr is a list, which is one value; did you mean DynamicValue([0.1, 0.01])? In "
    )
    assert "a.layers is a list, which is one value; did you mean DynamicValue([{'n': 1}, {'n': " in lines[1]
    assert "more is a list" in lines[2]
    assert "the root is a list" in explain(expand([{"n": 1}, {"n": 2}]))
    assert explain(expand({"lr": [0.1, 0.01], "n": DynamicValue([1])})) == "1 configuration\n  n: 1 (1)"
    dotted = {"llm.model": DynamicValue([1, 2]), "llm": {"a.b": 0}, 5.5: 1}
    assert explain(expand(dotted)).splitlines()[2:] == [
        "  ['llm.model'] is one key with a dot in it; nested, it is {'llm': {'model': ...}}",
        "  llm['a.b'] is one key with a dot in it; nested, it is {'a': {'b': ...}}",
    ]
    for calling in (mapped(lambda c: 1 / 0, expand({})), derive("x", lambda c: 1 / 0, expand({"n": [1, 2]}))):
        assert explain(calling).startswith("1 configuration")  # it calls nothing


def test_they_take_sweeps() -> None:
    with pytest.raises(ArgumentError, match="explain takes a sweep"):
        explain({"a": DynamicValue([1])})  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="label takes a sweep"):
        label({}, {})  # type: ignore[arg-type]


# --- labels tell configurations apart ------------------------------------------------------------------------


@examples(120)
@given(sweeps())
def test_a_label_tells_the_configurations_of_any_sweep_apart(sweep: Sweep[Any]) -> None:
    owners: dict[str, Any] = {}
    for config in points(sweep):
        text = label(config, sweep)
        assert exact_key(owners.setdefault(text, config)) == exact_key(config), text
        assert label(config, sweep) == text
    assert not [path for path, values in sweep.axes.items() if sweep.size and not len(values)]


@attrs.frozen
class Named:
    x: Any
    secret: Any = attrs.field(default=0, repr=False)


@attrs.frozen
class Other:
    x: Any


@pytest.mark.parametrize(
    "tree",
    [
        {"a": DynamicValue([1, "1", 1.0, True, "True", 1j, b"1", None, "None", "1j", 0.0, -0.0, (1,), ("1",)])},
        {"a": DynamicValue([Named(1), Other(1), {"x": 1}, Settings(1)])},
        {"a": DynamicValue([Named(1, 1), Named(1, 2)])},
        {"a": DynamicValue([(Named(1, 1),), (Named(1, 2),)])},
        {"a": DynamicValue([{"b": 1}, {}, 1, None]), "a.b": DynamicValue([1, 2])},
        DynamicValue([{"a.b": 1}, {"a": {"b": 1}}, {"a": {"b": 1}, "a.b": 1}, {("a", "b"): 1}]),
        DynamicValue([{"a": "1, b=2"}, {"a": 1, "b": 2}, {"a=1, b": 2}, {"a": "1", "b": 2}]),
        DynamicValue([{0: 1}, {"0": 1}, {"[0]": 1}, {"['0']": 1}, {"": 1}, {"the root": 1}]),
        DynamicValue([1, {"the root": 1}, "1"]),
        {"a": DynamicValue(["x" * 500 + "1", "x" * 500 + "2"]), "b" * 200: DynamicValue([1, 2])},
        DynamicValue([{"k" * 150 + "1": 1}, {"k" * 150 + "2": 1}]),
        {"a": DynamicValue([10**5000, 10**5000 + 1, f"int('{10**5000:x}', 16)"])},
        {"a": DynamicValue([[1, {"b": 2}], [1, {"b": "2"}], [1, [2]], [1]])},
        {"a": DynamicValue([(DynamicValue([0, Named(1, 1)]),), (Named(1, 2),)])},
    ],
    ids=str,
)
def test_values_and_paths_that_look_alike(tree: Any) -> None:
    sweep = expand(tree)
    for one in (sweep, sweep + sweep, mapped(lambda c: c, sweep), sweep[::-1]):
        texts = [label(config, one) for config in one]
        assert len(set(texts)) == len({exact_key(config) for config in one})


def test_a_derived_path_is_an_axis_only_with_the_values_that_are_given() -> None:
    base = expand({"a": DynamicValue([1, 2])})
    new, over = derive("c", lambda c: c.a * 2, base), derive("a", lambda c: c.a * 2, base)
    for sweep in (new, new + new, new * unit, new[1:], zipped(new, expand({"z": 1}) + expand({"z": 1})), over + over):
        assert all(len(values) for values in sweep.axes.values())
        assert "c" not in sweep.axes
    assert (over + base).axes == {"a": (1, 2)}
    assert [label(c, new) for c in new] == ["a=1", "a=2"]
    assert [label(c, over) for c in over] == ["a=2", "a=4"]
    assert [label(c, over + base) for c in over + base] == ["a=2", "a=4", "a=1", "a=2"]
    kept = derive("c", lambda _: 1, base) + expand({"a": DynamicValue([1, 2]), "c": 1})
    assert distinct(kept).size == 2
    twice = derive("a", lambda c: -c.a, over + base)
    assert [twice.index(c) for c in twice] == [0, 1, 2, 0]


def test_what_was_computed_from_a_value_that_is_replaced_tells_configurations_apart() -> None:
    base = expand({"a": DynamicValue([1, 2])})
    replaced = derive("a", lambda _: 0, derive("c", lambda c: c.a * 2, base))
    assert [label(c, replaced) for c in replaced] == ["c=2, a=0", "c=4, a=0"]
    assert replaced.axes == {}


def test_labels_of_sweeps_of_functions() -> None:
    numbers = expand({"n": DynamicValue(range(10**5))})
    large = mapped(lambda c: {"n": c.n // 2, "m": c.n}, numbers)
    assert label(large[2], large).startswith("n=1 #")
    assert len({label(large[k], large) for k in range(10)}) == 10
    scalars = mapped(lambda c: c.n * 10, numbers)
    assert label(scalars[7], scalars) == "70"
    hidden = mapped(lambda _: object(), numbers)
    with pytest.raises(IdentityError, match="no label for this configuration"):
        label(hidden[0], hidden)


def test_labels_after_the_first_do_not_look_at_the_sweep_again(monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = expand(DynamicValue([{f"k{number}": number} for number in range(300)]))
    assert label(sweep[0], sweep) == "k0=0"
    monkeypatch.setattr(Axis, "columns", None)
    assert [label(config, sweep) for config in sweep] == [f"k{number}={number}" for number in range(300)]
