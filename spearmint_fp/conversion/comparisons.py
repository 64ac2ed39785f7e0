"""Comparisons between paths, as files write constraints: a small language, of which nothing leads to Python.

The text is parsed by `ast`, and every node that is not in the tables below is refused: no name but paths, no attribute
of a value, no call but of a few functions of numbers. Values are computed by functions of this module, never by `eval`;
each step takes no more work than reading its operands.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, final

import attrs

from ..configuration.errors import ArgumentError, FormatError
from ..configuration.fold import Steps
from ..configuration.messages import repr_with_type, short_repr
from ..configuration.paths import parse_path
from ..configuration.scalars import MOST_BITS

MOST_CHARACTERS: Final = 2_000
MOST_LEVELS: Final = 50
"""How long the text of a comparison may be, and how deeply nested."""

_Values = Sequence[Any]
_Step = Callable[[_Values], Any]


@final
@attrs.frozen(repr=False)
class Comparison:
    """`Comparison(text)(*values)`: the truth of a comparison for the values at its `paths`, in their order.

    Equal where the texts are, and pickled as its text.

    >>> below = Comparison("batch * lr <= 1 and optimizer.name in ['sgd', 'adam']")
    >>> below.paths, below(16, 0.1, "sgd")
    ((('batch',), ('lr',), ('optimizer', 'name')), False)

    Raises:
        FormatError: text that is no comparison; says which part of it, and the way out.
        ArgumentError: when it is called: values that it cannot be computed of.
    """

    text: str
    paths: tuple[Steps, ...] = attrs.field(init=False, eq=False)
    _compute: _Step = attrs.field(init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        compiler = _Compiler(self.text)
        compute = compiler.compile_root()
        object.__setattr__(self, "paths", tuple(compiler.paths))
        object.__setattr__(self, "_compute", compute)

    def __call__(self, *values: Any) -> bool:
        try:
            return bool(self._compute(values))
        except (TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise ArgumentError(f"the constraint {short_repr(self.text)} cannot be computed: {error}") from None

    def __repr__(self) -> str:
        return f"Comparison({self.text!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Comparison, (self.text,)


# --- reading -----------------------------------------------------------------------------------------

_QUOTED: Final = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|`([^`]*)`|#[^\n]*""", re.DOTALL)
"""Text, a path in backticks, and a comment."""

_CONSTANTS: Final[Mapping[str, Any]] = {"true": True, "false": False, "null": None}
"""YAML's words beside Python's."""


class _Compiler:
    """The text of a comparison as a function, and the paths that it names."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.paths: dict[Steps, int] = {}
        self._quoted: dict[str, str] = {}  # names that stand for paths in backticks

    def _make_error(self, what: str) -> FormatError:
        return FormatError(f"{short_repr(self.text)}: {what}")

    def compile_root(self) -> _Step:
        """The function of the whole text."""
        if len(self.text) > MOST_CHARACTERS:
            raise self._make_error(f"longer than {MOST_CHARACTERS} characters. Make it several")
        prefix = "path"
        while prefix in self.text:
            prefix += "_"
        plain = _QUOTED.sub(lambda found: found[1] or self._name_quoted(prefix, found[2]), self.text)
        try:
            root = ast.parse(" ".join(plain.split("\n")).strip(), mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            reason = getattr(error, "msg", None) or "nested too deeply"
            way = "Write comparisons such as batch * lr <= 1, and odd names in backticks: `lambda`, `max-tokens`"
            raise self._make_error(f"{reason}. {way}") from None
        compute = self._compile_truth(root, 0)
        if not self.paths:
            raise self._make_error("names no path of a configuration")
        return compute

    def _name_quoted(self, prefix: str, path: str | None) -> str:
        if path is None:  # a comment
            return ""
        name = f"{prefix}{len(self._quoted)}"
        self._quoted[name] = path
        return f" {name} "

    def _show(self, node: ast.AST) -> str:
        shown = ast.unparse(node)
        for name, path in reversed(self._quoted.items()):  # path10 before path1
            shown = shown.replace(name, f"`{path}`")
        return shown

    def _compile_truth(self, node: ast.AST, level: int) -> _Step:
        """The truth of a node: a comparison, several joined by and, or and not, or a path at which that stands."""
        match node:
            case ast.BoolOp(op=op, values=parts):
                joined, steps = (all, any)[isinstance(op, ast.Or)], [self._compile_truth(p, level + 1) for p in parts]
                return lambda values: joined(step(values) for step in steps)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                step = self._compile_truth(operand, level + 1)
                return lambda values: not step(values)
            case ast.Compare():
                return self._compile_comparison(node, level)
        value, shown = self._compile_value(node, level), self._show(node)
        if self._find_path(node) is None and not (isinstance(node, ast.Constant) and isinstance(node.value, bool)):
            raise self._make_error(
                f"{shown} is no comparison, as each side of and, or and not is; for one of several values write "
                f"name in ['a', 'b']"
            )
        return lambda values: _require_truth(value(values), shown)

    def _compile_comparison(self, node: ast.Compare, level: int) -> _Step:
        for op in node.ops:
            if type(op) not in _COMPARING:
                raise self._make_error("is and is not compare objects; write == or !=")
        tests = [_COMPARING[type(op)] for op in node.ops]
        steps = [self._compile_value(part, level + 1) for part in (node.left, *node.comparators)]

        def compare(values: _Values) -> bool:
            left = steps[0](values)
            for test, step in zip(tests, steps[1:], strict=True):
                right = step(values)
                if not test(left, right):
                    return False
                left = right
            return True

        return compare

    def _compile_value(self, node: ast.AST, level: int) -> _Step:
        """The value of one side of a comparison."""
        if level > MOST_LEVELS:
            raise self._make_error(f"nested deeper than {MOST_LEVELS}. Make it several")
        if (path := self._find_path(node)) is not None:
            place = self.paths.setdefault(path, len(self.paths))
            return lambda values: values[place]
        match node:
            case ast.Name(id=name):
                return lambda _: _CONSTANTS[name]
            case ast.Constant(value=bool() | int() | float() | str() | None as constant):
                return lambda _: constant
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                return self._compile_truth(node, level)
        function, parts = self._find_function(node)
        steps = [self._compile_value(part, level + 1) for part in parts]
        return lambda values: function(*[step(values) for step in steps])

    def _find_function(self, node: ast.AST) -> tuple[Callable[..., Any], Sequence[ast.AST]]:
        """The function that a node stands for, and its arguments."""
        match node:
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                return _make_list, parts
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _COMPUTING:
                return _COMPUTING[type(op)], (left, right)
            case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _COMPUTING:
                return _COMPUTING[type(sign)], (operand,)
            case ast.Call(func=ast.Name(id=name), args=[_, *_] as parts, keywords=[]) if name in _FUNCTIONS:
                return _FUNCTIONS[name], parts
        raise self._make_error(
            f"{self._show(node)} is not allowed; there are paths, numbers, text, lists, + - * / // % **, comparisons, "
            f"in, and, or, not, and {', '.join(_FUNCTIONS)}"
        )

    def _find_path(self, node: ast.AST) -> Steps | None:
        """The path that a node names: `a.b`, `a["b-c"]`, `a[0]`, or one in backticks."""
        match node:
            case ast.Name(id=name) if name not in _CONSTANTS:
                return parse_path(self._quoted[name]) if name in self._quoted else (name,)
            case ast.Attribute(value=inner, attr=step):
                outer = self._find_path(inner)
                return None if outer is None else (*outer, step)
            case ast.Subscript(value=inner, slice=ast.Constant(value=str() | int() as step)):
                outer = self._find_path(inner)
                return None if outer is None else (*outer, step)
        return None


# --- computing ---------------------------------------------------------------------------------------


def _require_truth(value: Any, shown: str) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{shown} is {repr_with_type(value)}, not true or false; compare it with something")
    return value


def _make_list(*values: Any) -> tuple[Any, ...]:
    """The list as configurations have it."""
    return values


def _require_numbers(compute: Callable[..., Any]) -> Callable[..., Any]:
    """The function, refused what is no number: text times a number may be of any length."""

    def computed(*values: Any) -> Any:
        for value in values:
            if not isinstance(value, int | float):
                raise TypeError(f"{repr_with_type(value)} is no number")
        return compute(*values)

    return computed


def _multiply_numbers(one: Any, other: Any) -> Any:
    if isinstance(one, int) and isinstance(other, int) and one.bit_length() + other.bit_length() > MOST_BITS:
        raise OverflowError("the product has thousands of digits")
    return one * other


def _raise_power(base: Any, exponent: Any) -> Any:
    whole = isinstance(base, int) and isinstance(exponent, int)
    if whole and exponent > 0 and base.bit_length() * exponent > MOST_BITS:
        raise OverflowError("the power has thousands of digits")
    power = base**exponent
    if not isinstance(power, int | float):
        raise TypeError(f"{base} ** {exponent} is no real number")
    return power


_COMPARING: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, other: one in other,
    ast.NotIn: lambda one, other: one not in other,
}
_COMPUTING: Final[Mapping[type[ast.operator | ast.unaryop], Callable[..., Any]]] = {
    ast.Add: _require_numbers(operator.add),
    ast.Sub: _require_numbers(operator.sub),
    ast.Mult: _require_numbers(_multiply_numbers),
    ast.Div: _require_numbers(operator.truediv),
    ast.FloorDiv: _require_numbers(operator.floordiv),
    ast.Mod: _require_numbers(operator.mod),
    ast.Pow: _require_numbers(_raise_power),
    ast.USub: _require_numbers(operator.neg),
    ast.UAdd: _require_numbers(operator.pos),
}
_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {"abs": abs, "len": len, "max": max, "min": min}
