"""Exceptions are kept with all that they say, and with nothing that the task had."""

from __future__ import annotations

import gc
import pickle
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from traceback import walk_tb
from typing import Any, Self

import pytest
from pydantic import TypeAdapter, ValidationError

from spearmint_fp import Failure, run
from spearmint_fp.tasks.attempts import run_attempt


class Locked(Exception):
    def __init__(self) -> None:
        super().__init__("locked")
        self.lock = threading.Lock()


class Two(Exception):
    def __init__(self, one: str, two: str) -> None:
        super().__init__(one)


@pytest.mark.parametrize("error", [Locked(), Two("one", "two")])
def test_failures_survive_pickling_where_their_exception_does_not(error: Exception) -> None:
    def fail(_: int) -> None:
        raise error

    outcome = run_attempt(fail, 1, index=0)
    back = pickle.loads(pickle.dumps(outcome))
    assert back == outcome
    assert isinstance(back, Failure)
    assert back.error.exception is None or isinstance(back.error.exception, Two)  # Dask, once loaded, helps pickle
    assert "in fail" in back.error.traceback


def test_a_kept_failure_keeps_nothing_else() -> None:
    class Big:
        pass

    seen: list[Any] = []

    def fail(_: int) -> None:
        big = Big()
        seen.append(weakref.ref(big))
        raise ValueError(1)

    outcome = run_attempt(fail, 1, index=0)
    gc.collect()
    assert seen[0]() is None
    with pytest.raises(ValueError, match="1") as raised:
        _ = outcome.result
    assert "fail" in [entry.name for entry in raised.traceback]


# --- what a failure keeps ----------------------------------------------------------------------------------------


class Slotted(Exception):
    __slots__ = ("message", "obj")

    def __init__(self, *, message: str, obj: int) -> None:
        super().__init__()
        self.message, self.obj = message, obj


class Holding(Exception):
    def __init__(self, text: str, inner: BaseException) -> None:
        super().__init__(text, inner)
        self.inner, self.itself = inner, self


class Picky(ExceptionGroup):
    def __new__(cls, text: str, errors: list[Exception], code: int) -> Self:
        made = super().__new__(cls, text, errors)
        made.code = code
        return made

    code: int


class Big:
    lines = 3


def _raised(error: Exception) -> Exception:
    """The error, with a traceback whose frame has a large object."""
    big = Big()
    KEPT.append(weakref.ref(big))
    with suppress(BaseException):
        raise error
    return error


KEPT: list[Any] = []

ERRORS: dict[str, Callable[[], BaseException]] = {
    "plain": lambda: ValueError("text", 1),
    "with notes": lambda: _with_note(ValueError("text")),
    "system": lambda: FileNotFoundError(2, "no such file", "here"),
    "unicode": lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
    "syntax": lambda: SyntaxError("bad", ("file.py", 3, 4, "text")),
    "import": lambda: ImportError("no", name="mod", path="there"),
    "key": lambda: KeyError(("a", 1)),
    "exit": lambda: SystemExit(3),
    "slots": lambda: Slotted(message="text", obj=3),
    "two arguments": lambda: Two("one", "two"),
    "a lock": lambda: Locked(),
    "cause": lambda: _from(ValueError("text"), cause=_raised(KeyError("cause"))),
    "context": lambda: _from(ValueError("text"), context=_raised(KeyError("context"))),
    "circle": lambda: _from(_raised(ValueError("text")), context=Holding("text", _raised(KeyError("inner")))),
    "argument": lambda: Holding("text", _raised(KeyError("inner"))),
    "group": lambda: ExceptionGroup(
        "text", [_raised(ValueError("a")), ExceptionGroup("b", [_raised(OSError(2, "c"))])]
    ),
    "picky group": lambda: Picky("text", [_raised(ValueError("a"))], 4),
    "pydantic": lambda: _refusal(),
}


def _with_note(error: BaseException) -> BaseException:
    error.add_note("a note")
    return error


def _from(
    error: BaseException, cause: BaseException | None = None, context: BaseException | None = None
) -> BaseException:
    error.__cause__, error.__context__ = cause, context
    return error


def _refusal() -> BaseException:
    try:
        TypeAdapter(int).validate_python("text")
    except ValidationError as error:
        return error
    raise AssertionError


def _same(one: Any, other: Any, seen: frozenset[int] = frozenset()) -> bool:
    """True if two exceptions are alike, down to the last that they refer to."""
    if not isinstance(one, BaseException):
        return bool(one == other)
    if id(one) in seen:
        return True
    seen |= {id(one)}
    linked = [(e.__cause__, e.__context__, *e.args, *getattr(e, "exceptions", ())) for e in (one, other)]
    fields = [
        {k: v for k, v in vars(e).items() if not isinstance(v, BaseException) and k != "lock"} for e in (one, other)
    ]
    return (
        type(one) is type(other)
        and (str(one), fields[0], one.__suppress_context__) == (str(other), fields[1], other.__suppress_context__)
        and all(_same(a, b, seen) for a, b in zip(*linked, strict=True) if not isinstance(a, list))
    )


@pytest.fixture
def young() -> Iterator[None]:
    """The garbage collector looks at what a test makes, and not at all that others have made."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("young")
@pytest.mark.parametrize("kind", ERRORS)
def test_a_failure_has_its_exception_again_and_keeps_nothing_that_the_task_had(kind: str) -> None:
    KEPT.clear()

    def fail(_: int) -> None:
        big = Big()
        KEPT.append(weakref.ref(big))
        raise ERRORS[kind]()

    outcome = run_attempt(fail, 1, index=0)
    assert isinstance(outcome, Failure)
    gc.collect()
    assert [ref() for ref in KEPT] == [None] * len(KEPT)
    expected = ERRORS[kind]()
    for _ in range(3):
        with pytest.raises(type(expected)) as raised:
            _ = outcome.result
        assert _same(raised.value, expected)
        assert [entry.name for entry in raised.traceback].count("fail") == 1
        for name in ("errno", "filename", "name", "path", "code", "message", "obj", "start", "lineno"):
            assert getattr(raised.value, name, None) == getattr(expected, name, None)


class Liar(Exception):
    """Its class says nothing of what every exception has."""

    @property
    def __cause__(self) -> Any:  # type: ignore[override]
        raise StopIteration

    @property
    def __context__(self) -> Any:  # type: ignore[override]
        raise RuntimeError


def _nested_group(depth: int) -> BaseException:
    error: Exception = ValueError("the innermost")
    for _ in range(depth):
        error = ExceptionGroup("group", [error])
    return error


def test_an_exception_of_any_shape_is_one_configuration_s_failure() -> None:
    errors = [_nested_group(3000), Liar("text"), ValueError("after")]

    def fail(index: int) -> None:
        raise errors[index]

    outcomes = list(run(fail, range(3)))
    assert [type(o.error.exception) for o in outcomes if isinstance(o, Failure)] == list(map(type, errors))
    found: Any = outcomes[0].error.exception  # type: ignore[union-attr]
    for _ in range(3000):
        (found,) = found.exceptions
    assert str(found) == "the innermost"
    with pytest.raises(ExceptionGroup):
        _ = outcomes[0].result
    with pytest.raises(Liar, match="text"):
        _ = outcomes[1].result


def test_the_object_that_lacked_an_attribute_is_not_kept() -> None:
    KEPT.clear()

    def fail(_: int) -> Any:
        big = Big()
        KEPT.append(weakref.ref(big))
        return big.line  # type: ignore[attr-defined]  # it is the point

    outcome = run_attempt(fail, 1, index=0)
    assert isinstance(outcome, Failure)
    assert KEPT[0]() is None


def test_what_was_raised_is_left_as_it_was() -> None:
    """The exception is the caller's, and so are the frames and the generators that it has seen."""
    cause, stored = KeyError("cause"), ValueError("stored")
    saved: list[Any] = []

    def numbers() -> Any:
        try:
            yield 1
            yield 2
        finally:
            saved.append("closed")

    def fail(_: int) -> None:
        mine = numbers()
        saved.extend((mine, next(mine)))
        try:
            mine.throw(stored)
        except ValueError as error:
            other = numbers()
            saved.extend((other, next(other)))
            raise error from cause

    outcome = run_attempt(fail, 1, index=0)
    assert isinstance(outcome, Failure)
    assert stored.__cause__ is cause
    assert "fail" in [frame.f_code.co_name for frame, _ in walk_tb(stored.__traceback__)]
    assert [frame.f_locals["mine"] for frame, _ in walk_tb(stored.__traceback__) if "mine" in frame.f_locals]
    assert next(saved[-2]) == 2
    with pytest.raises(ValueError, match="stored"):
        _ = outcome.result
    assert stored.__context__ is None


def test_an_error_that_every_task_raises_tells_of_one_attempt() -> None:
    stored = ValueError("stored")

    def fail(_: int) -> None:
        big = Big()
        KEPT.append(weakref.ref(big))
        raise stored

    KEPT.clear()
    outcomes = [run_attempt(fail, n, index=0) for n in range(50)]
    texts = {outcome.error.traceback for outcome in outcomes if isinstance(outcome, Failure)}
    assert len(texts) == 1
    assert texts.pop().count("in fail") == 1
    gc.collect()
    assert sum(ref() is not None for ref in KEPT) <= 1  # the last one, as the exception object is kept here
