"""JSON Schemas of files: what one accepts loads and fits, and the other way round."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

import attrs
import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from typing_extensions import TypeAliasType

from spearmint_fp import ArgumentError, SpearmintError, expand, json_schema, structure, validate
from spearmint_fp.sweep.files import load_text


class Name(enum.Enum):
    SGD = "sgd"
    ADAM = "adam"
    PAIR = (1, 2)


class Point(NamedTuple):
    x: float
    y: int = 0


class Extra(TypedDict, total=False):
    note: str


class Struct(msgspec.Struct, tag="s", tag_field="kind"):
    size: Annotated[int, msgspec.Meta(ge=1)]


class Model(pydantic.BaseModel):
    depth: int = pydantic.Field(default=1, ge=1)
    inner: Model | None = None


@dataclasses.dataclass(frozen=True)
class Optimizer:
    name: Name | Literal["lion", 3]
    betas: tuple[float, float] = (0.9, 0.99)


@attrs.frozen
class Settings:
    lr: float
    _steps: int | None = None
    optimizer: Optimizer | None = None
    layers: list[int] = attrs.field(factory=list)
    sizes: dict[str, int] = attrs.field(factory=dict)
    at: Point | None = None
    extra: Extra | None = None
    struct: Struct | None = None
    model: Model | None = None
    free: Any = None
    flag: bool = False


def accepts(schema: dict[str, Any], document: Any) -> bool:
    return bool(Draft202012Validator(schema).is_valid(document))


def fits(cls: Any, document: Any) -> bool:
    """True for a document that loads, with configurations that all fit."""
    try:
        tree = load_text(json.dumps(document).encode(), "x")
        return all(structure(cls, config) is not None for config in expand(tree))
    except SpearmintError:
        return False


SCALARS = st.sampled_from([None, True, 1, 3, -2, 0.5, "sgd", "lion", "s", "x"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "betas", "x", "y", "note", "size", "kind", "depth", "inner"]), inner, max_size=3
        )
    ),
    max_leaves=5,
)
LIKELY: dict[str, st.SearchStrategy[Any]] = {
    "lr": st.sampled_from([0.1, 1]),
    "steps": st.sampled_from([None, 5]),
    "_steps": st.just(5),
    "optimizer": st.fixed_dictionaries({"name": st.sampled_from(["sgd", [1, 2], 3, "x"])}, optional={"betas": VALUES}),
    "layers": st.lists(st.integers(1, 3) | SCALARS, max_size=2),
    "sizes": st.dictionaries(st.sampled_from(["a", "b"]), st.integers(1, 2) | SCALARS, max_size=2),
    "at": st.sampled_from([[0.5], [1, 2], [], [1, 2, 3], {"x": 1}, {"y": 1}]),
    "extra": st.sampled_from([{}, {"note": "a"}, {"note": 1}]),
    "struct": st.sampled_from([{"size": 1}, {"size": 0}, {"kind": "s", "size": 2}, {"kind": "t", "size": 2}]),
    "model": st.sampled_from([{}, {"depth": 0}, {"inner": {"depth": 2}}, {"inner": {"other": 1}}]),
    "free": VALUES,
    "flag": st.sampled_from([True, 1]),
    "other": SCALARS,
}
PARTS = st.one_of([st.tuples(st.just(key), value) for key, value in LIKELY.items()])
CONFIGS = st.builds(
    lambda lr, parts: lr | dict(parts), st.sampled_from([{"lr": 0.1}, {"lr": 1}, {}]), st.lists(PARTS, max_size=3)
)
STRICT = json_schema(Settings, choices=False)
LOOSE = json_schema(Settings)


@given(CONFIGS | st.lists(CONFIGS, max_size=2) | VALUES)
def test_what_a_schema_accepts_loads_and_fits_and_the_other_way_round(document: Any) -> None:
    assert accepts(STRICT, document) == fits(Settings, document)
    if accepts(STRICT, document):
        assert accepts(LOOSE, document)


CHOSEN = st.fixed_dictionaries(
    {
        "lr": st.sampled_from(
            ["!sweep [0.1, !sweep [1, 2]]", "!linspace [0, 1, 3]", "!concat [!range [3], !sweep [0.5]]", "1"]
        )
    },
    optional={
        "layers": st.sampled_from(["!sweep [[1, 2], [3]]", "[1, !range [3]]"]),
        "optimizer": st.sampled_from(
            ["!sweep [{name: !sweep [sgd, lion]}, {name: 3}]", "{name: sgd, <<: !sweep [{betas: [1, 2]}]}"]
        ),
        "at": st.sampled_from(["!zip {x: [1, 2], y: [3, 4]}", "[!sweep [1, 2], 3]"]),
        "<<": st.sampled_from(["!sweep [{flag: true}, {flag: false}]"]),
        "model": st.just("{depth: !range [1, 4]}"),
    },
)


@given(CHOSEN, st.booleans())
def test_files_with_choices_that_fit_are_accepted_as_an_editor_sees_them(parts: dict[str, str], space: bool) -> None:
    """An editor sees what stands behind a tag."""
    text = "\n".join(f"{key}: {value}" for key, value in parts.items())
    if space:
        text = "!space\nconstraints: [lr > 0, lr < 5]\nsweep:\n  " + text.replace("\n", "\n  ")
    assert validate(Settings, expand(load_text(text.encode(), "x"))).ok
    seen = json_without_tags(text)
    assert accepts(LOOSE, seen)
    assert accepts(json_schema(), seen)
    wrong = json_without_tags(
        text.replace("lr: ", "lr: [x] #").replace("lr: [x] #", "lr: x\n" + "  " * space + "flag_: ", 1)
    )
    assert not accepts(LOOSE, wrong)


def json_without_tags(text: str) -> Any:
    import re

    import yaml

    return yaml.load(re.sub(r"!\w+ ?", "", text).replace("<<:", "'<<':"), Loader=yaml.SafeLoader)


def test_schemas_are_schemas_and_name_each_class_once() -> None:
    for kind in (Settings, Model, Optimizer, dict[Literal["a"], int], Counter[str], dt.date, list[Point], None):
        for choices in (True, False):
            Draft202012Validator.check_schema(json_schema(kind, choices=choices))
    assert set(STRICT["$defs"]) >= {"Settings", "Optimizer", "Point", "Extra", "Struct", "Model"}
    assert json.dumps(json_schema(Settings)) == json.dumps(LOOSE)
    assert STRICT["$defs"]["Optimizer"]["properties"]["name"] == {
        "anyOf": [{"enum": ["sgd", "adam", [1, 2]]}, {"enum": ["lion", 3]}]
    }
    assert json_schema(dict[str, dt.date], choices=False)["anyOf"][0]["additionalProperties"]["format"] == "date"
    with pytest.raises(ArgumentError, match="structure makes instances of classes"):
        json_schema(5)


class Other(pydantic.BaseModel):
    class Optimizer(pydantic.BaseModel):
        rate: float

    optimizer: Optimizer


Nested = TypeAliasType("Nested", "dict[str, Nested | int]")


@attrs.frozen
class Both:
    first: Optimizer
    second: Other
    third: Model
    fourth: Nested = attrs.field(factory=dict)


def test_classes_of_one_name_have_definitions_of_their_own() -> None:
    document = {"first": {"name": "sgd"}, "second": {"optimizer": {"rate": 1}}, "third": {"inner": {"depth": 2}}}
    swapped = {**document, "first": {"rate": 1}}
    deep = {**document, "third": {"inner": {"inner": {"depth": 0}}}}
    nested, crooked = ({**document, "fourth": {"a": {"b": value}}} for value in (1, "x"))
    for one, fit in ((document, True), (swapped, False), (deep, False), (nested, True), (crooked, False)):
        assert accepts(json_schema(Both, choices=False), one) is fits(Both, one) is fit
        assert accepts(json_schema(Both), one) is fit


@pytest.mark.parametrize(
    "text", ["a: 1", "[{a: 1}, {b: 2}]", "!space {sweep: {a: 1}, constraints: a > 0}", "!sweep [{a: 1}]"]
)
def test_every_file_fits_the_schema_without_a_class(tmp_path: Path, text: str) -> None:
    assert accepts(json_schema(), json_without_tags(text))
    assert not accepts(json_schema(), 5)
    assert not accepts(json_schema(), [5])
