"""A user's own objects as bytes for another process: by pickle, and by cloudpickle where it is installed."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, cast, final

import attrs

from ..configuration.errors import MissingExtraError, TransferError
from ..configuration.extras import suggest_install
from ..configuration.messages import repr_with_type
from ..outcomes.exceptions import read_message
from ..sweep.core import Sweep
from ..tasks.starts import START_FOLDER
from ..tasks.wrapping import is_of_script
from .initializers import Initializer

PROTOCOL: Final = 5
"""The version of pickle's format: the same in all versions of Python that take part."""


def _find_cloudpickle() -> Any:
    """A function that pickles lambdas and what `__main__` defines too; None where cloudpickle is not installed."""
    try:
        import cloudpickle  # noqa: F401

        from .by_value import dumps
    except ModuleNotFoundError:
        return None
    return dumps


def dump_by_value(value: Any, has_script: bool = False) -> bytes:
    """An object as bytes that open where the caller's script is not, or, with `has_script`, where it is `__main__`."""
    dumps = _find_cloudpickle()
    return cast(
        bytes, pickle.dumps(value, PROTOCOL) if dumps is None else dumps(value, PROTOCOL, has_script=has_script)
    )


def dump_object(value: Any) -> bytes:
    """An object as bytes: by pickle, which is quick, and by cloudpickle where that refuses."""
    try:
        return pickle.dumps(value, PROTOCOL)
    except Exception:  # whatever a user's object does when it is pickled; cloudpickle takes more, and says why not
        return dump_by_value(value)


def can_travel(value: Any) -> bool:
    """True if an object can be sent to another process."""
    asked = _ASKED.get()
    if value is None or id(value) in asked:
        return True
    token = _ASKED.set(asked | {id(value)})  # pickling an object may ask about the object itself: then it can
    try:
        return _is_dumped(value)
    finally:
        _ASKED.reset(token)


_ASKED: Final[ContextVar[frozenset[int]]] = ContextVar("spearmint_fp_asked", default=frozenset())


def _is_dumped(value: Any) -> bool:
    try:
        dump_by_value(value)
    except Exception:  # whatever a user's object does when it is pickled
        return False
    return True


@final
@attrs.frozen(eq=False)
class Job:
    """The function of a run, and the sweep where there is one: every worker needs them before its first batch."""

    fn: Callable[[Any], Any]
    sweep: Sweep[Any] | None
    has_script: bool = False
    """True if the workers have the script as their `__main__`, so that what it defines is found there by its name."""
    initializer: Initializer | None = None
    """Called in a worker before its first batch. It travels with the function: the globals of a script, which travel
    by value, are then the same for both."""

    def to_bytes(self) -> bytes:
        """The job as bytes, or the error that says why it cannot travel, before any task has run."""
        by_name = _find_cloudpickle() is None
        functions = [self.fn] if self.initializer is None else [self.fn, self.initializer.function]
        if by_name and (of_script := [fn for fn in functions if is_of_script(fn)]):
            raise MissingExtraError(f"{repr_with_type(of_script[0])} of __main__ {_NEEDS}")
        try:
            return dump_by_value((self.fn, self.sweep, self.initializer, START_FOLDER.place), self.has_script)
        except Exception as error:  # whatever a user's object does when it is pickled
            if not _is_dumped(self.fn):
                what = f"the function {repr_with_type(self.fn)}"
            elif self.initializer is not None and not _is_dumped(self.initializer):
                what = f"the initializer {repr_with_type(self.initializer.function)} with its initargs"
            else:
                what = f"the sweep {self.sweep!r}"
            way = f"A lambda or a closure {_NEEDS}" if by_name else "Let it make what it needs where it runs"
            raise TransferError(
                f"{what} cannot be sent to another process: {read_message(error)}. {way}, or take threads(n)"
            ) from error

    @classmethod
    def from_bytes(cls, data: bytes) -> Job:
        """The inverse of `to_bytes`; this process then counts its starts together with the caller."""
        fn, sweep, initializer, place = pickle.loads(data)  # noqa: S301  # our own bytes
        START_FOLDER.join(place)
        return cls(fn, sweep, initializer=initializer)


_NEEDS: Final = f"needs the package cloudpickle to go to another process: {suggest_install('processes')}"
