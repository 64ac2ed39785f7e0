"""Hooks: functions that make values into those of a type, kept by type in converters of the library's own.

The one module that imports cattrs. Its global converter is never used, and neither are its own hooks of types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from threading import RLock
from typing import Any, Final, final

import attrs

from ..configuration.errors import ArgumentError
from .fields import Field
from .problems import format_type
from .type_forms import make_type_key

Hook = Callable[[Any, Any], Any]
"""Makes a value into one of a type, or raises: `hook(value, type)`."""

Form = tuple[Callable[[Any], bool], Callable[[Any, "Hooks"], Hook]]
"""A test of types, and the function that makes the hook of a type that passes it."""

MOST_OPEN: Final = 100
"""How many types may stand inside one another; what is deeper is a type that grows without end."""


@final
class Hooks:
    """The hooks of one converter, made by the first of some forms that a type passes.

    A hook is made with those of all types inside it, so that a bad type is an error before any value is converted.
    """

    def __init__(self, forms: Sequence[Form], strict: Hooks | None = None) -> None:
        from cattrs import Converter

        find = self.find

        class Strict(Converter):
            def get_structure_hook(self, kind: Any, cache_result: bool = True) -> Hook:  # noqa: ARG002  # all are kept
                return find(kind)

            def structure(self, obj: Any, cl: Any) -> Any:
                return find(cl)(obj, cl)

        self.ignores_extra = strict is not None
        self.strict = strict or self
        """The hooks that refuse the keys which a class does not have."""
        self._converter = Strict(forbid_extra_keys=strict is None)
        self._forms, self._lock = forms, RLock()
        self._ready: dict[Any, Hook] = {}
        self._made: dict[Any, Hook] = {}  # none of these is ready before the outermost is
        self._open: list[Any] = []

    def find(self, kind: Any) -> Hook:
        """The hook of a type."""
        key = make_type_key(kind)
        ready = self._ready.get(key)
        return ready if ready is not None else self._make(kind, key)

    def _make(self, kind: Any, key: Any) -> Hook:
        with self._lock:
            if key in self._made:
                return self._made[key]
            if key in self._open:  # a class that contains itself
                return lambda value, _: self._ready[key](value, kind)
            if len(self._open) >= MOST_OPEN:
                raise ArgumentError(f"{format_type(kind)} stands in a type that grows without end")
            self._open.append(key)
            try:
                make = next(make for fits, make in self._forms if fits(kind))
                hook = self._made[key] = make(kind, self)
            finally:
                self._open.pop()
                if not self._open:
                    made, self._made = self._made, {}
            if not self._open:
                self._ready.update(made)
            return hook

    def make_list(self, kind: Any) -> Hook:
        """The hook of a list, whose errors say at which elements."""
        from cattrs.cols import list_structure_factory

        hook: Hook = list_structure_factory(kind, self._converter)
        return hook

    def make_dict(self, kind: Any) -> Hook:
        """The hook of a dict, whose errors say at which keys."""
        from cattrs.cols import mapping_structure_factory

        hook: Hook = mapping_structure_factory(kind, self._converter)
        return hook

    def make_record(self, cls: Any, fields: Iterable[tuple[Field, Hook]]) -> Hook:
        """The hook of a class by its fields, which cattrs takes as attributes of an attrs class."""
        from cattrs.gen import make_dict_structure_fn_from_attrs, override

        attribute: Any = attrs.Attribute
        attributes: list[Any] = []
        overrides: dict[str, Any] = {}
        for place, (field, hook) in enumerate(fields):
            name = field.name if field.name.isidentifier() else f"key_{place}"
            argument = field.argument.replace("\\", "\\\\").replace("'", "\\'")  # cattrs writes it between quotes
            default = attrs.NOTHING if field.required else None
            attributes.append(
                attribute(name, default, None, True, None, None, True, False, type=field, alias=argument, kw_only=True)
            )
            overrides[name] = override(rename=field.key, struct_hook=hook)
        known = {p.__name__: p for p in getattr(cls, "__parameters__", ())}
        return make_dict_structure_fn_from_attrs(attributes, cls, self._converter, known, **overrides)
