"""Models and structs of other libraries: recognised, and their fields read."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Generic, TypeVar

import msgspec
import pydantic
import pytest

from spearmint_fp.configuration.models import is_model, is_struct, read_model_fields

T = TypeVar("T")


class Model(pydantic.BaseModel, extra="allow"):
    x: Any
    y: int = 2


class Struct(msgspec.Struct, Generic[T], dict=True):
    x: T

    @cached_property
    def twice(self) -> Any:
        return (self.x, self.x)


def test_classes_are_recognised() -> None:
    assert [is_model(kind) for kind in (Model, Model(x=1), Struct, dict, 5)] == [True, False, False, False, False]
    assert [is_struct(kind) for kind in (Struct, Struct[int], Struct(1), Model, 5)] == [True, True, False, False, False]


def test_fields_are_read_with_what_is_held_besides() -> None:
    struct = Struct(1)
    assert struct.twice == (1, 1)
    struct.note = "kept"  # type: ignore[attr-defined]
    assert read_model_fields(struct) == ({"x": 1}, {"note": "kept"})
    assert read_model_fields(Model.model_validate({"x": 1, "z": 3})) == ({"x": 1, "y": 2}, {"z": 3})
    assert read_model_fields({"x": 1}) is None
    with pytest.raises(AttributeError):
        read_model_fields(Model.__new__(Model))
