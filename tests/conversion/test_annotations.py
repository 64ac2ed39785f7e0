"""Text annotations mean what they mean where they stand, whoever asks; and nothing of the user's classes is changed."""

from __future__ import annotations

import dataclasses
import itertools
import sys
import textwrap
import types
from collections.abc import Iterator
from typing import Any, get_args

import attrs
import pytest

from spearmint_fp import (
    ArgumentError,
    ConversionError,
    DynamicValue,
    expand,
    inject,
    structure,
    structured,
    unstructure,
    validate,
)

_NUMBERS = itertools.count()

HEAD = """
from __future__ import annotations
import dataclasses, datetime, typing
from typing import *
import attrs, msgspec, pydantic
T = TypeVar("T")
"""
KINDS = {
    "attrs": "@attrs.frozen\nclass {name}:",
    "slotless attrs": "@attrs.define(slots=False)\nclass {name}:",
    "dataclass": "@dataclasses.dataclass\nclass {name}:",
    "slotted dataclass": "@dataclasses.dataclass(slots=True)\nclass {name}:",
    "NamedTuple": "class {name}(NamedTuple):",
    "TypedDict": "class {name}(TypedDict):",
    "msgspec": "class {name}(msgspec.Struct):",
    "pydantic": "class {name}(pydantic.BaseModel):",
}
RIGHT = "@dataclasses.dataclass(frozen=True)\nclass Inner:\n    x: int\n"
kinds = pytest.mark.parametrize("kind", KINDS)


def module(source: str, **names: Any) -> Any:
    """A new module of this source, as an import makes it."""
    made = types.ModuleType(f"annotated_{next(_NUMBERS)}")
    vars(made).update(names)
    sys.modules[made.__name__] = made
    more(made, HEAD + source)
    return made


def more(into: Any, source: str) -> None:
    """Run more source in a module."""
    exec(compile(textwrap.dedent(source), into.__name__, "exec"), vars(into))  # it is what a module does


@pytest.fixture(autouse=True)
def _no_module_stays() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in {name for name in sys.modules if name.startswith("annotated_")} - before:
        del sys.modules[name]


def state(cls: Any) -> Any:
    """All that a class says of its fields."""
    fields = attrs.fields(cls) if attrs.has(cls) else getattr(cls, "__dataclass_fields__", {}).values()
    notes = {name: (type(note), repr(note), _marks(note)) for name, note in cls.__annotations__.items()}
    return notes, [(f.name, type(f.type), repr(f.type)) for f in fields], sorted(vars(cls))


def _marks(note: Any) -> Any:
    return getattr(note, "__forward_evaluated__", None), [_marks(part) for part in get_args(note)]


CALLER = """
def call(function, *args):
    @dataclasses.dataclass
    class Inner:
        wrong: Any = None
        x: Any = None
    return function(*args)
"""


@kinds
@pytest.mark.parametrize(
    "note", ["Inner", "list[Inner] | None", "'Inner'", "Annotated[Inner, 1]", "dict[str, 'Inner']"]
)
def test_a_class_of_the_caller_s_is_never_meant(kind: str, note: str) -> None:
    made = module(f"{KINDS[kind].format(name='Outer')}\n    inner: {note}\n{CALLER}")
    inside: Any = {"x": 1}
    if note.startswith("list"):
        inside = [inside]
    elif note.startswith("dict"):
        inside = {"k": inside}
    before = state(made.Outer)
    with pytest.raises(ArgumentError, match=r"(?s)Outer.*[`']?Inner") as refused:
        made.call(structure, made.Outer, {"inner": inside})
    assert kind == "pydantic" or ("Outer.inner" in str(refused.value) and "Inner" in str(refused.value))
    assert "module" in str(refused.value)
    assert state(made.Outer) == before
    more(made, RIGHT)
    whole = (
        structure(made.Outer, {"inner": inside})
        if kind != "pydantic"
        else made.call(structure, made.Outer, {"inner": inside})
    )
    found = whole["inner"] if kind == "TypedDict" else whole.inner
    found = found[0] if isinstance(found, list) else found.get("k") if isinstance(found, dict) else found
    assert found == made.Inner(1)
    if kind != "pydantic":  # which says that it is complete now, as it does when it is asked itself
        assert state(made.Outer) == before
    with pytest.raises(ConversionError):
        made.call(structure, made.Outer, {"inner": {"x": "text"}})


@kinds
def test_every_operation_leaves_the_class_as_it_was(kind: str) -> None:
    made = module(
        f"{RIGHT}{KINDS[kind].format(name='Outer')}\n    inner: Inner\n    more: 'list[Inner] | None' = None\n".replace(
            " = None", "" if kind == "TypedDict" else " = None"
        )
    )
    before = state(made.Outer), state(made.Inner)
    config = {"inner": {"x": 1}, "more": [{"x": 2}]}
    sweep = expand({"inner": {"x": DynamicValue([1, 2])}, "more": [{"x": 2}]})
    whole = structure(made.Outer, config)
    assert unstructure(whole) == config
    assert next(iter(structured(made.Outer, sweep))) == whole
    assert validate(made.Outer, sweep).ok

    def task(whole: Any) -> Any:
        return whole

    task.__annotations__["whole"] = made.Outer
    if kind != "NamedTuple":  # which a function is not given as its configuration
        assert inject(task)(config) == whole
    assert (state(made.Outer), state(made.Inner)) == before


@kinds
def test_each_base_s_annotation_is_read_in_its_own_module(kind: str) -> None:
    if kind == "NamedTuple":
        pytest.skip("a NamedTuple has no bases with fields")
    base = module(f"{RIGHT}{KINDS[kind].format(name='Base')}\n    one: Inner\n")
    other = module("class Inner(Enum):\n    A = 'a'\n", Enum=__import__("enum").Enum)
    other.Base = base.Base
    head, body = KINDS[kind].format(name="Derived").split("class Derived")
    more(other, f"{HEAD}{head}class Derived(Base):\n    two: Inner\n")
    assert body
    whole = structure(other.Derived, {"one": {"x": 1}, "two": "a"})
    one, two = (whole["one"], whole["two"]) if kind == "TypedDict" else (whole.one, whole.two)
    assert (one, two) == (base.Inner(1), other.Inner.A)


def test_names_of_the_class_s_body_come_first_and_defaults_are_no_types() -> None:
    made = module(
        """
class Inner: ...

@dataclasses.dataclass
class Outer:
    @dataclasses.dataclass
    class Inner:
        x: int
        again: Outer.Inner | None = None
    Number = int
    inner: Inner
    date: datetime.date | None = None
    int: int = 1
    number: Number = 2
    numbers: list[int] = dataclasses.field(default_factory=list)
    def list(self) -> None: ...
"""
    )
    whole = structure(made.Outer, {"inner": {"x": 1, "again": {"x": 2}}, "date": "2026-01-02", "numbers": [1]})
    assert whole.inner == made.Outer.Inner(1, made.Outer.Inner(2))
    with pytest.raises(ConversionError, match=r"int: expected int.*\n.*number: expected int"):
        structure(made.Outer, {"inner": {"x": 1}, "int": "x", "number": "y"})


LOCAL = """
@attrs.frozen
class Part:
    module_wide: int = 0

def make(function=None, depth=0):
    @attrs.frozen
    class Part:
        x: int
    @attrs.frozen
    class Whole:
        part: Part
        again: Whole | None = None
    if depth:
        return make(lambda cls, config: function(Whole, config), depth - 1)
    return function(Whole, {"part": {"x": 1}}) if function else (Whole, Part)
"""


def test_local_classes_in_the_call_that_defines_them_and_after_it() -> None:
    made = module(LOCAL)
    whole = made.make(structure)
    assert type(whole.part).__qualname__ == "make.<locals>.Part"
    deep = made.make(structure, 2)  # the other calls of it, that run too, have a Part of their own
    assert type(deep.part).__qualname__ == "make.<locals>.Part"
    cls, _ = made.make()
    with pytest.raises(
        ArgumentError, match=r"annotation 'Part' of make.<locals>.Whole.part: name 'Part' is local to make"
    ):
        structure(cls, {"part": {"module_wide": 1}})


def test_a_local_class_knows_itself() -> None:
    def make() -> Any:
        @dataclasses.dataclass
        class Node:
            value: int
            below: Node | None = None

        return Node

    node = make()
    assert structure(node, {"value": 1, "below": {"value": 2}}) == node(1, node(2))
    with pytest.raises(ConversionError, match="below.value: expected int"):
        structure(node, {"value": 1, "below": {"value": "x"}})


def test_what_a_class_was_given_by_its_user_goes_first() -> None:
    made = module("@attrs.define\nclass Outer:\n    inner: Missing\n    many: 'list[Missing]' = []\n" + RIGHT)
    with pytest.raises(ArgumentError, match=r"Outer\.inner: name 'Missing' is not defined"):
        structure(made.Outer, {"inner": {"x": 1}})
    attrs.resolve_types(made.Outer, localns={"Missing": made.Inner})
    assert structure(made.Outer, {"inner": {"x": 1}, "many": [{"x": 2}]}).many == [made.Inner(2)]
    made_up = attrs.make_class("MadeUp", {"a": attrs.field(type=int), "b": attrs.field(default=None)})
    with pytest.raises(ConversionError, match="a: expected int"):
        structure(made_up, {"a": "x", "b": object()})


@pytest.mark.parametrize("text", ["1 +", "Inner[", "Inner.missing", "int | 'x'", "1/0", "__import__('os').nothing"])
def test_text_that_is_no_type_is_told_with_class_field_and_text(text: str) -> None:
    made = module(RIGHT + "@dataclasses.dataclass\nclass Outer:\n    a: int\n")
    made.Outer.__dataclass_fields__["a"].type = made.Outer.__annotations__["a"] = text
    with pytest.raises(
        ArgumentError, match=r"cannot read the annotation .* of Outer\.a: .*\. Define the name in that module"
    ):
        structure(made.Outer, {"a": 1})


def test_a_field_that_is_not_asked_for_may_say_anything() -> None:
    made = module(
        "@dataclasses.dataclass\nclass Outer:\n    a: int\n    b: ClassVar[Missing] = 1\n    _c: ClassVar['X'] = 2\n"
    )
    assert structure(made.Outer, {"a": 1}) == made.Outer(1)


# --- functions -----------------------------------------------------------------------------------------------


def test_parameters_are_read_where_the_function_stands() -> None:
    made = module(
        CALLER
        + """
@dataclasses.dataclass
class Inner:
    x: int

def task(config: Inner): return config

def make():
    @dataclasses.dataclass
    class Local:
        x: int
    def late(config: Local, used=lambda: Local): return config
    def closed(config: Local): return config, Local
    return late, closed, Local

def make_missing():
    class Local: ...
    def task(config: Local): return config
    return task

class Service:
    @dataclasses.dataclass
    class Inner:
        y: int
    def method(self, config: Inner): return config
"""
    )
    assert made.call(inject, made.task)({"x": 1}) == made.Inner(1)
    late, closed, local = made.make()
    assert inject(closed)({"x": 1}) == (local(1), local)
    for function in (late, made.make_missing()):
        with pytest.raises(
            ArgumentError, match=r"annotation 'Local' of .*config: name 'Local' is (local to|not defined)"
        ):
            made.call(inject, function)


def test_a_function_in_the_call_that_defines_it() -> None:
    made = module(
        """
def make(inject, depth=0):
    @dataclasses.dataclass
    class Local:
        x: int
    @inject
    def task(config: Local): return type(config) is Local
    def plain(config: Local): return type(config) is Local
    return task({"x": 1}) and inject(plain)({"x": 1})
"""
    )
    assert made.make(inject)
