"""Functions of the caller's inside sweeps: one that raises what ends an iteration ends none without a word."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    AbsentError,
    CallbackError,
    DynamicValue,
    Sweep,
    concat,
    constrain,
    derive,
    distinct,
    expand,
    mapped,
    product,
    shuffled,
    structured,
    validate,
    zipped,
)
from spearmint_fp.configuration.errors import STOPS

from ..oracle import exactly, record_specs, tree_of

Error = type[BaseException]


def raises_now_and_then(error: Error, salt: int, result: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A pure function that raises for about one in eight configurations."""

    def function(config: Any) -> Any:
        if zlib.crc32(f"{salt} {exactly(config)}".encode()) % 8 == 0:
            raise error
        return result(config)

    return function


def made(error: Error, salt: int, sweep: Sweep[Any], kind: str) -> Sweep[Any]:  # noqa: C901
    """A sweep with one more function of the caller's, or one more operation around those that it has."""
    other = expand({"other": DynamicValue(range(3))})

    convert = raises_now_and_then(error, salt, lambda value: value)

    @attrs.frozen
    class Holder:
        held: Any = attrs.field(converter=lambda value: convert(value))  # type: ignore[var-annotated]

    match kind:
        case "mapped":
            return mapped(raises_now_and_then(error, salt, lambda config: config), sweep)
        case "derived":
            return derive("derived", raises_now_and_then(error, salt, lambda _: 1), sweep)
        case "structured":
            return structured(dict[str, Any], mapped(raises_now_and_then(error, salt, dict), sweep))
        case "a field of a class":
            return mapped(
                lambda holder: {"held": holder.held},
                expand(_unbuilt(Holder, "held", DynamicValue(range(1 + sweep.size % 5)))),
            )
        case "in a tree":
            return expand({"in": sweep, "sign": DynamicValue(["+", "-"])})
        case "slowest in a product":
            return product(mapped(lambda c: {"left": c}, sweep), other)
        case "fastest in a product":
            return product(other, mapped(lambda c: {"right": c}, sweep))
        case "zipped":
            whole = expand({"place": DynamicValue(range(sweep.size))})
            return zipped(mapped(lambda c: {"zipped": c}, sweep), whole)
        case "summed":
            return concat(sweep, other, sweep)
        case "shuffled":
            return shuffled(sweep, seed=salt)
        case "sliced":
            return sweep[1::2]
        case "reversed":
            return sweep[::-1]
    raise AssertionError(kind)


def _unbuilt(cls: Any, name: str, choice: Any) -> Any:
    """A tree of a class whose field is a choice; `cls` is called for the points alone."""
    node = object.__new__(cls)
    object.__setattr__(node, name, choice)
    return node


KINDS = [
    "mapped", "derived", "structured", "in a tree", "slowest in a product", "fastest in a product", "zipped", "summed",
    "shuffled", "sliced", "reversed",
]  # fmt: skip
BASES = ["mapped", "derived", "structured", "a field of a class"]

sweeps = st.builds(
    lambda spec, error, salt, base, kinds: _grown(expand(tree_of(spec)), error, salt, [base, *kinds]),
    record_specs(),
    st.sampled_from(STOPS),
    st.integers(0, 99),
    st.sampled_from(BASES),
    st.lists(st.sampled_from(KINDS), max_size=3),
).filter(lambda sweep: sweep.size <= 2000)


def _grown(sweep: Sweep[Any], error: Error, salt: int, kinds: list[str]) -> Sweep[Any]:
    for number, kind in enumerate(kinds):
        if sweep.size <= 2000:
            sweep = made(error, salt + number, sweep, kind)
    return sweep


def taken(points: Iterator[Any]) -> tuple[list[Any], int | None]:
    """The items before the error, and the position that it names; None where there is no error."""
    found: list[Any] = []
    try:
        found.extend(points)
    except CallbackError as error:
        assert f"at configuration {error.position}: " in str(error)  # noqa: PT017
        return found, error.position
    return found, None


def one_by_one(sweep: Sweep[Any]) -> tuple[list[Any], int | None]:
    """The law: what `sweep[0]`, `sweep[1]` and so on give, up to the first that raises."""
    found: list[Any] = []
    for position in range(sweep.size):
        try:
            found.append(sweep[position])
        except CallbackError as error:
            assert error.position == position  # noqa: PT017
            return found, position
    return found, None


@given(sweeps)
def test_listing_ends_with_the_error_at_its_position_after_all_before_it(sweep: Sweep[Any]) -> None:
    expected, position = one_by_one(sweep)
    assert taken(iter(sweep)) == (expected, position)
    middle = len(expected) // 2
    assert taken(sweep.walk(middle, sweep.size)) == (expected[middle:], position)


@given(sweeps)
def test_nothing_that_looks_at_every_configuration_takes_a_part_for_the_whole(sweep: Sweep[Any]) -> None:
    whole = mapped(lambda config: config, sweep)  # without an inverse: it is searched point by point
    _, position = one_by_one(whole)
    for search in (distinct, lambda s: s.index("nowhere"), lambda s: "nowhere" in s, lambda s: s.count("nowhere")):
        try:
            search(whole)
        except CallbackError as error:
            assert error.position == position  # noqa: PT017
        except AbsentError:
            assert position is None
        else:
            assert position is None


@pytest.mark.parametrize("error", STOPS)
def test_a_predicate(error: Error) -> None:
    def predicate(n: int) -> bool:
        if n == 3:
            raise error
        return True

    for sweep in (expand({"n": DynamicValue(range(5))}), shuffled(expand({"n": DynamicValue(range(5))}))):
        with pytest.raises(CallbackError, match=r"which ends an iteration(.|\n)*while constraining on n=3"):
            constrain(predicate, sweep, on="n").size


@pytest.mark.parametrize("error", STOPS)
@pytest.mark.parametrize("place", ["converter", "validator", "__attrs_post_init__"])
def test_the_code_of_a_class(error: Error, place: str) -> None:
    def check(value: int) -> int:
        if value == 3:
            raise error
        return value

    @attrs.frozen
    class Checked:
        n: int = attrs.field(
            converter=(lambda value: check(value)) if place == "converter" else None,  # type: ignore[misc]  # mypy cannot
            validator=(lambda _, __, value: check(value)) if place == "validator" else None,
        )

        if place == "__attrs_post_init__":

            def __attrs_post_init__(self) -> None:
                check(self.n)

    sweep = expand({"n": DynamicValue(range(5))})
    found: list[Any] = []
    with pytest.raises((CallbackError, ValueError)):
        found.extend(structured(Checked, sweep))
    assert found == [Checked(0), Checked(1), Checked(2)]
    if error is not GeneratorExit and place != "__attrs_post_init__":  # what a class says of all fields is not asked
        assert not validate(Checked, sweep).ok
    found.clear()
    with pytest.raises(CallbackError):
        found.extend(expand(_unbuilt(Checked, "n", DynamicValue(range(5)))))
    assert found == [Checked(0), Checked(1), Checked(2)]


def test_the_error_says_what_to_do_and_travels() -> None:
    sweep = mapped(lambda c: next(iter(())), expand({"n": DynamicValue(range(5))}))
    with pytest.raises(
        CallbackError, match=r"at configuration 4: .*<lambda>.*raised StopIteration.*Return a value"
    ) as told:
        sweep[4]
    assert isinstance(told.value.__cause__, StopIteration)
    assert len(str(told.value)) < 400
    assert str(pickle.loads(pickle.dumps(told.value))) == str(told.value)


def test_an_error_that_is_raised_again_and_again_keeps_one_note() -> None:
    stored = ValueError("stored")

    def predicate(n: int) -> bool:
        raise stored

    for _ in range(3):
        with pytest.raises(ValueError, match="stored"):
            constrain(predicate, expand({"n": DynamicValue(range(50))}), on="n").size
    assert len(stored.__notes__) == 1
