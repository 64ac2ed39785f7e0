"""No message is longer than a page, whatever it is about: 2,000 axes, long names, types of 2,000 members."""

from __future__ import annotations

import enum
import pickle
from collections.abc import Callable
from typing import Any, Literal, Union

import attrs
import pytest

from spearmint_fp import (
    Config,
    DynamicValue,
    Journal,
    SpearmintError,
    config_id,
    constrain,
    derive,
    expand,
    explain,
    freeze,
    get_in,
    load,
    product,
    set_in,
    structure,
    zipped,
)
from spearmint_fp.configuration import errors, messages

MANY = 2_000
LONG = "x" * 100_000
wide = expand({f"axis_{n}": DynamicValue([1, 2]) for n in range(MANY)})
one = wide[5]
words = enum.Enum("words", {f"M{n}": f"value {n}" for n in range(MANY)})  # type: ignore[misc]
fields = attrs.make_class("Fields", {f"f{n}": attrs.field(type=int) for n in range(MANY)})
named = attrs.make_class("K" * 30_000, {"a" * 30_000: attrs.field(type=int)})
parts = [attrs.make_class(f"Part{n}", {"a": attrs.field(type=int)}) for n in range(200)]

CASES: dict[str, Callable[[], Any]] = {
    "index": lambda: wide.index({**one, "axis_1": 5}),
    "index of another": lambda: wide.index(Config({"a": 1})),
    "product": lambda: product(wide, wide),
    "zipped": lambda: zipped(wide, expand({"a": DynamicValue([1, 2])})),
    "constrain": lambda: constrain(lambda *_: True, wide, on=LONG),
    "derive": lambda: derive("axis_1.b", lambda _: 1, wide)[0],
    "position": lambda: wide[10**1000],
    "attribute": lambda: getattr(one, LONG),
    "key": lambda: one[LONG],
    "path": lambda: get_in(tuple("ab" * 5000), one),
    "long path": lambda: set_in("axis_1." + LONG, 1, one),
    "identity": lambda: config_id({LONG: object()}),
    "choice": lambda: DynamicValue(LONG),
    "deep": lambda: freeze([[_deep(300)]]),
    "file": lambda: load("/tmp/" + LONG),
    "journal": lambda: Journal("/nothing/" + LONG),
    "missing fields": lambda: structure(fields, {}),
    "unknown fields": lambda: structure(named, {"b" * 30_000: 1}),
    "a long text": lambda: structure(int, LONG),
    "a long key": lambda: structure(dict[str, int], {LONG: "x", "y" + LONG: "z"}),
    "an enum": lambda: structure(words, "q"),
    "a literal": lambda: structure(Literal[tuple(range(MANY))], "q"),
    "a union": lambda: structure(Union[tuple(parts)], {"b": 1}),  # noqa: UP007
}


def _deep(levels: int) -> Any:
    inside: Any = 1
    for _ in range(levels):
        inside = {"k" * 200: inside}
    return inside


@pytest.mark.parametrize("name", CASES)
def test_a_message_fits_on_a_page(name: str) -> None:
    with pytest.raises((SpearmintError, KeyError)) as raised:
        CASES[name]()
    error = raised.value
    assert len(str(error)) <= messages.MOST_LETTERS
    error.__cause__ = error.__context__ = (
        None  # some libraries teach pickle to take them along; here they hold local classes
    )
    assert len(str(pickle.loads(pickle.dumps(error)))) <= messages.MOST_LETTERS


def test_a_message_that_is_cut_keeps_its_beginning_and_its_end() -> None:
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, SpearmintError):
            text = str(kind("what is wrong " + LONG + " what to do"))
            assert text.startswith("what is wrong x")
            assert text.endswith("x what to do")
            assert len(text) <= messages.MOST_LETTERS
            assert str(kind("short")) == "short"


def test_a_sweep_is_shown_in_a_few_lines() -> None:
    assert len(repr(wide)) < 1_000
    assert repr(wide).startswith("Sweep(2 × 2 × 2")


def test_numbers_that_python_does_not_write_out_are_told_as_powers_of_ten() -> None:
    many = 10**5000
    for value, text in [
        (range(many), "range(0, about 10^5000)"),
        (range(5, -many, -2), "range(5, about -10^5000, -2)"),
        ([many, range(3), range(0, 9, 2)], "[about 10^5000, range(0, 3), range(0, 9, 2)]"),
    ]:
        assert messages.short_repr(value) == messages.full_repr(value) == text
    assert "a: about 10^5000 (range(0, about 10^5000))" in explain(expand({"a": DynamicValue(range(many))}))
    assert messages.short_repr(type("range", (), {"__repr__": lambda _: "mine"})()) == "mine"
