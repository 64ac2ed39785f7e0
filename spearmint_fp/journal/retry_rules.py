"""Retry rules: which of the failures that a journal keeps are worth another try."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property
from typing import Any, final

from ..configuration.errors import ArgumentError
from ..configuration.messages import repr_with_type
from ..outcomes.exceptions import list_kinds, shorten_kind
from ..tasks.wrapping import MAIN_MODULES
from .function_names import name_main_module


@final
class RetryRule:
    """True and False are for all failures; exception types for those of these types, by the names that are kept.

    Raises:
        ArgumentError: something else.
    """

    def __init__(self, retry_failures: Any) -> None:
        types = retry_failures if isinstance(retry_failures, tuple) else (retry_failures,)
        self._types: tuple[type[BaseException], ...] = () if isinstance(retry_failures, bool) else types
        self._all = retry_failures is True
        for kind in self._types:
            if not (isinstance(kind, type) and issubclass(kind, BaseException)):
                raise ArgumentError(
                    f"retry_failures is True or False, or says which errors are worth another try: a class of "
                    f"exceptions or a tuple of them; got {repr_with_type(retry_failures)}"
                )

    def is_due(self, content: Any) -> bool:
        """True for a failure, by the text of its error, that is to be run again."""
        if self._all or not self._types:
            return self._all
        with suppress(ValueError, RecursionError, LookupError, TypeError, AttributeError):
            error = json.loads(content)
            kinds = error.get("kinds")
            if kinds:
                return not self._names.isdisjoint(map(shorten_kind, kinds))
            return shorten_kind(error["type"]) in self._descendants
        return True  # it is damaged

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(_list_names(self._types))

    @cached_property
    def _descendants(self) -> frozenset[str]:
        """For failures of which no more than the type's name is known: the names of all types that there are now."""
        found: set[type[BaseException]] = set()
        waiting = [*self._types]
        while waiting:
            kind = waiting.pop()
            if kind not in found:
                found.add(kind)
                waiting += type.__subclasses__(kind)
        return frozenset(_list_names(found))


def _list_names(types: Iterable[type[BaseException]]) -> set[str]:
    """The names of types as they are, and as they are kept; older versions of this library kept them as they are."""
    names = {list_kinds(kind)[0] for kind in types}
    return names | {*map(name_portably, names)}


def name_portably(kind: str) -> str:
    """The name of a type of the program that runs now, by which it is imported elsewhere; all else as it is."""
    for main in MAIN_MODULES:
        if kind.startswith(f"{main}.") and (known := name_main_module(sys.modules.get("__main__"))) is not None:
            return f"{known}{kind[len(main) :]}"
    return kind
