"""Models of other libraries: pydantic's and msgspec's."""

from __future__ import annotations

import collections
import dataclasses
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pydantic

from spearmint_fp import (
    structure,
    unstructure,
)
from tests.conversion.test_convert import Color, Level, ModelLlm, refused


class Sgd(msgspec.Struct, tag="sgd", rename="camel"):
    learning_rate: Annotated[float, msgspec.Meta(ge=0)]
    steps: list[int] = []

    def __post_init__(self) -> None:
        if len(self.steps) > 2:
            raise ValueError("at most two steps")


class Adam(msgspec.Struct, tag="adam"):
    beta: float = 0.9


def test_structs_with_tags_renamed_fields_and_bounds() -> None:
    assert structure(Sgd, {"type": "sgd", "learningRate": 1}) == Sgd(1.0)
    assert unstructure(Sgd(0.5)) == {"type": "sgd", "learningRate": 0.5, "steps": []}
    assert structure(Sgd | Adam, {"type": "adam", "beta": 1}) == Adam(1.0)
    assert refused(Sgd | Adam, {"type": "adam", "beta": "x"}) == ["beta: expected float, got 'x' (str)"]
    assert refused(Sgd, {"type": "adam", "learningRate": 1}) == ["type: expected 'sgd', got 'adam' (str)"]
    assert refused(Sgd, {"learningRate": -1.0}) == ["learningRate: expected `float` >= 0.0, got -1.0 (float)"]
    assert refused(Sgd, {"learningRate": 1, "steps": [1, 2, 3]}) == ["the root: at most two steps"]
    assert refused(Sgd, {"learningRate": 1, "stepz": 1})[0].startswith("stepz: no such field; did you mean 'steps'?")


class Lax(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(strict=False, extra="allow")
    n: int


class Strict(pydantic.BaseModel):
    lax: Lax | None = None
    path: Path = Path()
    sizes: tuple[int, ...] = ()
    union: int | Path | None = None
    name: str = pydantic.Field("x", alias="Name")

    @pydantic.field_validator("name")
    @classmethod
    def _named(cls, value: str) -> str:
        if value == "bad":
            raise ValueError("no such name")
        return value

    @pydantic.model_validator(mode="after")
    def _whole(self) -> Strict:
        if self.path == Path("whole"):
            raise ValueError("not as a whole")
        return self


def test_pydantic_models_keep_what_they_set_themselves() -> None:
    assert structure(Strict, {"lax": {"n": "3", "more": 1}}).lax == Lax.model_validate({"n": 3, "more": 1})
    made = structure(Strict, {"path": "a/b", "sizes": (1, 2), "union": "c", "Name": "y"})
    assert (made.path, made.sizes, made.union, made.name) == (Path("a/b"), (1, 2), Path("c"), "y")
    assert structure(Strict, unstructure(made)) == made
    assert sorted(refused(Strict, {"sizes": [1, "2"], "Name": 5, "more": 1})) == [
        "Name: expected str, got 5 (int)",
        "more: no such field",
        "sizes.1: expected int, got '2' (str)",
    ]
    assert refused(Strict, {"Name": "bad"}) == ["Name: no such name, got 'bad' (str)"]
    assert refused(Strict, {"path": "whole"})[0].startswith("the root: not as a whole")
    assert refused(ModelLlm, {"model": "x", "temperature": 3}) == [
        "temperature: must be less than or equal to 2, got 3 (int)"
    ]


def test_pydantic_is_not_imported_for_those_who_do_not_use_it() -> None:
    import subprocess

    code = (
        "import attrs, sys; from spearmint_fp import structure, unstructure, config_id;"
        "C = attrs.make_class('C', {'x': attrs.field(type=int)}); c = structure(C, {'x': 1}); unstructure(c);"
        "print([m for m in ('pydantic', 'msgspec', 'yaml', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_pydantic_sets_of_what_comes_as_lists() -> None:
    class Sets(pydantic.BaseModel):
        pairs: set[tuple[int, int]] = set()
        anything: set[Any] = set()

    assert structure(Sets, {"pairs": [[1, 2], [1, 2]]}).pairs == {(1, 2)}
    assert structure(Sets, {"anything": [[1]]}).anything == {(1,)}
    assert refused(Sets, {"anything": [{"a": 1}]})[0].startswith("anything")


def test_pydantic_coerces_nothing_inside_other_classes_either() -> None:
    @dataclasses.dataclass
    class Inner:
        x: int

    class Outer(pydantic.BaseModel):
        inner: Inner | None = None
        level: Level = Level.LOW
        queue: collections.deque[int] = collections.deque()
        path: Path = Path()

    good = structure(Outer, {"inner": {"x": 1}, "level": 2, "queue": [1], "path": "a"})
    assert (good.inner, good.level, good.path) == (Inner(1), Level.HIGH, Path("a"))
    assert refused(Outer, {"inner": {"x": "1", "zz": 1}}) == [
        "inner.x: expected int, got '1' (str)",
        "inner.zz: no such field",
    ]
    assert len(refused(Outer, {"level": "1", "queue": ["1"]})) == 2


def test_root_models_and_aliases_come_back() -> None:
    class Aliased(pydantic.BaseModel):
        a: int = pydantic.Field(validation_alias="A")
        b: int = pydantic.Field(1, validation_alias=pydantic.AliasChoices("B", "bb"))

    numbers = pydantic.RootModel[list[int]]
    assert structure(numbers, [1, 2]) == numbers([1, 2])
    assert unstructure(numbers([1])) == [1]
    assert structure(Aliased, unstructure(structure(Aliased, {"A": 1, "bb": 2}))).b == 2


def test_pydantic_s_own_validators_may_make_lists() -> None:
    class Split(pydantic.BaseModel):
        t: tuple[int, ...] = ()
        s: set[str] = set()

        @pydantic.field_validator("t", mode="before")
        @classmethod
        def _split(cls, value: Any) -> Any:
            return [int(part) for part in (value.split(",") if isinstance(value, str) else value)]

        @pydantic.model_validator(mode="before")
        @classmethod
        def _filled(cls, data: Any) -> Any:
            return {"t": [3], **data}

    assert structure(Split, {"t": "1,2"}).t == (1, 2)
    assert structure(Split, {"t": [1, 2], "s": ["a"]}) == Split(t=(1, 2), s={"a"})
    assert structure(Split, {}).t == (3,)


class Open(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    x: int = 0


class Closed(pydantic.BaseModel):
    a: Open | None = None
    n: int = 0


def test_pydantic_strictness_in_unions_dicts_and_aliases() -> None:
    class Holder(pydantic.BaseModel):
        union: Closed | Open | None = None
        named: dict[str, Closed] = {}
        aliased: Open | None = pydantic.Field(None, validation_alias="other")

    assert refused(Holder, {"union": {"x": "1"}})
    assert refused(Holder, {"named": {"a": {"zz": 1}}}) == ["named.a.zz: no such field"]
    assert structure(Holder, {"other": {"x": 1, "q": 2}}).aliased == Open.model_validate({"x": 1, "q": 2})


class Allowing(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    a: int = 1


class AroundAllowing(pydantic.BaseModel):
    inside: list[Allowing] = []


def test_keys_of_renamed_structs_and_key_errors_of_classes() -> None:
    assert refused(Sgd, {"learning_rate": 1}) == [
        "learningRate: missing; expected Annotated[float, Meta(ge=0)]",
        "learning_rate: no such field; did you mean 'learningRate'?",
    ]

    @dataclasses.dataclass
    class Raising:
        a: int

        def __post_init__(self) -> None:
            raise KeyError("beta")

    assert refused(Raising, {"a": 1}) == ["the root: KeyError: beta"]


def test_a_model_that_allows_extra_values_has_a_place_for_them() -> None:
    made = structure(Allowing, {"a": 2})
    assert (made, made.model_extra) == (Allowing(a=2), {})
    made.more = 3  # type: ignore[attr-defined]  # that is what the model allows
    assert structure(AroundAllowing, {"inside": [{"a": 1}]}) == AroundAllowing(inside=[Allowing()])
    assert structure(Allowing, {"z": 5}).model_extra == {"z": 5}


def test_pydantic_enums_of_tuples_of_what_comes_as_lists() -> None:
    """Plain data has lists for tuples, so the value of such a member comes as one."""

    class Painted(pydantic.BaseModel):
        color: Color

    assert structure(Painted, unstructure(Painted(color=Color.PAIR))) == Painted(color=Color.PAIR)
    assert refused(Painted, {"color": [1, "2"]}) == ["color: must be 'red' or (1, 2), got [1, '2'] (list)"]
