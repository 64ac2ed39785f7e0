"""`slug`: labels as file names."""

from __future__ import annotations

import re
from pathlib import PureWindowsPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    AbsentError,
    ArgumentError,
    DynamicValue,
    IdentityError,
    Sweep,
    derive,
    expand,
    linspace,
    mapped,
    slug,
)
from spearmint_fp.configuration.keys import exact_key

from .generated import points, sweeps

DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{k}" for port in ("com", "lpt") for k in range(10))}


def assert_portable(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._=-]*", name), name
    assert len(name) <= 120
    assert not name.endswith("."), name
    assert name.partition(".")[0].lower() not in DEVICES, name
    assert PureWindowsPath(name).name == name


def assert_apart(sweep: Sweep[Any]) -> None:
    """Slugs are portable, and different for different configurations, with or without capitals."""
    owners: dict[str, Any] = {}
    for config in points(sweep):
        name = slug(config, sweep)
        assert_portable(name)
        assert exact_key(owners.setdefault(name.lower(), config)) == exact_key(config), name


@given(sweeps())
def test_slugs_of_any_sweep_are_portable_and_apart(sweep: Sweep[Any]) -> None:
    assert_apart(sweep)


TEXTS = st.text("aA._-=/ é#1", max_size=4) | st.sampled_from(["nul", "COM1", "con.x", "x" * 130, "a-0123456789ab"])


@given(
    st.dictionaries(TEXTS, st.lists(TEXTS | st.sampled_from([1, -1, 1e16, 1e-16, True, None]), max_size=3), max_size=3)
)
def test_slugs_of_names_and_values_that_look_alike(axes: dict[str, list[Any]]) -> None:
    sweep = expand({name: DynamicValue(values) for name, values in axes.items()})
    for one in (sweep, sweep + sweep, mapped(lambda c: c, sweep), sweep + expand(DynamicValue([*axes]))):
        assert_apart(one)


@pytest.mark.parametrize(
    ("tree", "names"),
    [
        ({}, ["config"]),
        ({"llm": {"model": DynamicValue(["org/gpt-4"])}, "n": 1}, ["llm.model=org-gpt-4"]),
        ({"lr": DynamicValue([1e-5, 1e16]), "batch_size": 2}, ["lr=1e-05", "lr=1e16"]),
        ({"aux": DynamicValue(["a.", " b "]), "con": {"x": DynamicValue([1])}}, ["aux=a_con.x=1", "aux=b_con.x=1"]),
        ({"con": {"x": DynamicValue([1])}}, ["_con.x=1"]),
        ({"layers": DynamicValue([[64, 64], [-1]])}, ["layers=64-64", "layers=-1"]),
        ({"text": DynamicValue(["Größe", "../../etc"])}, ["text=Gro-e", "text=..-..-etc"]),
        (DynamicValue([{}, {"a": 1}]), ["the-root=Config", "a=1"]),
    ],
)
def test_slugs_are_read_as_labels_are(tree: Any, names: list[str]) -> None:
    sweep = expand(tree)
    assert [slug(config, sweep) for config in sweep] == names


def test_an_identity_stands_where_texts_do_not_tell() -> None:
    for values in (["A", "a"], ["a b", "a,b"], ["x" * 200, "x" * 201], ["1", 1]):
        sweep = expand({"k": DynamicValue(values)})
        names = [slug(config, sweep) for config in sweep]
        assert all(re.search(r"-[0-9a-f]{12}$", name) for name in names)
        assert {slug(config, sweep[::-1]) for config in sweep} == {*names}
    large = expand(
        {"c": DynamicValue(linspace(0, 1, 10**6)), "b_c": DynamicValue(range(10**30))}
    )  # one name ends with the other
    assert re.fullmatch(r"c=1\.0_b_c=0-[0-9a-f]{12}", slug({"c": 1.0, "b_c": 0}, large))
    assert (
        slug({"c": 1.0, "b": 0}, expand({"c": DynamicValue(linspace(0, 1, 10**6)), "b": DynamicValue(range(10**30))}))
        == "c=1.0_b=0"
    )
    computed = derive("a", lambda c: str(c.a), expand({"a": DynamicValue([1, 2])}))
    assert_apart(computed + expand({"a": DynamicValue([1, 2, "1"])}))


def test_a_tuple_with_a_choice_in_it_and_one_that_stands_as_a_whole() -> None:
    for values in ([(DynamicValue([0, (1,)]),), (1,)], [(DynamicValue([0, 1]), 2), (0, 2, "*")]):
        assert_apart(expand({"k": DynamicValue(values)}))
        assert_apart(expand({"k": DynamicValue(values), "n": DynamicValue(range(10**5))})[:: 5 * 10**4])


def test_what_has_no_slug() -> None:
    with pytest.raises(AbsentError, match="a configuration has no 'modle'; did you mean 'model'"):
        slug({"modle": 1}, expand({"model": DynamicValue([1, 2])}))
    with pytest.raises(ArgumentError, match="slug takes a sweep"):
        slug({}, {})  # type: ignore[arg-type]
    sweep = expand({"f": DynamicValue([lambda: 1, lambda: 2]), "k": DynamicValue(["a", "a."])})
    with pytest.raises(IdentityError, match=r"no slug for this configuration: 'f=.*' may be the slug of several"):
        slug(sweep[0], sweep)
