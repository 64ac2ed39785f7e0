"""Constraints as text: what they mean, beside Python's own meaning, and what is refused."""

from __future__ import annotations

import ast
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import ArgumentError, Config, DynamicValue, FormatError, PathError, constrain, expand
from spearmint_fp.conversion.comparisons import Comparison

NUMBERS = st.one_of(st.integers(-5, 5).map(str), st.sampled_from(["0.5", "1e2", "a", "b", "-a"]))
ARITHMETIC = st.recursive(
    NUMBERS,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%", "**"]), inner).map(
            lambda t: f"({' '.join(t)})"
        )
        | inner.map(lambda x: f"abs({x})")
        | st.tuples(inner, inner).map(lambda t: f"max({', '.join(t)})")
    ),
    max_leaves=4,
)
TESTS = st.one_of(
    st.tuples(ARITHMETIC, st.sampled_from(["<", "<=", "==", "!=", ">", ">="]), ARITHMETIC).map(" ".join),
    st.tuples(NUMBERS, NUMBERS, NUMBERS).map(lambda t: f"{t[0]} < {t[1]} <= {t[2]}"),
    st.tuples(NUMBERS, st.lists(NUMBERS, max_size=3)).map(lambda t: f"{t[0]} not in [{', '.join(t[1])}]"),
    st.sampled_from(["s == 'x'", "s in ('x', \"y\")", "'x' in s", "flag", "not flag", "len(s) > 1"]),
)
COMPARISONS = st.recursive(
    TESTS,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({' '.join(t)})")
        | inner.map(lambda x: f"not ({x})")
    ),
    max_leaves=4,
)


@given(COMPARISONS.map(lambda text: f"a == a and {text}"), st.integers(-3, 3), st.integers(-3, 3), st.booleans())
def test_a_comparison_means_what_python_means(text: str, a: int, b: int, flag: bool) -> None:
    values: dict[str, Any] = {"a": a, "b": b, "s": "xy" if flag else "x", "flag": flag}
    comparison = Comparison(text)
    assert pickle.loads(pickle.dumps(comparison)) == comparison == Comparison(text)
    assert hash(comparison) == hash(Comparison(text))
    given_values = [values[str(path[0])] for path in comparison.paths]
    assert {str(path[0]) for path in comparison.paths} == {
        node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name) and node.id in values
    }
    try:
        expected = bool(eval(text, {}, values))  # of a text that was generated here
    except (ArithmeticError, TypeError):
        with pytest.raises(ArgumentError, match="cannot be computed"):
            comparison(*given_values)
        return
    if isinstance(expected, bool):
        try:
            assert comparison(*given_values) == expected
        except ArgumentError as error:  # powers of thousands of digits, and complex ones
            assert "digits" in str(error) or "no real number" in str(error)  # noqa: PT017


def test_lists_are_those_of_configurations_and_comments_end_with_their_line() -> None:
    layers = Config({"layers": [[1, 2], 3]}).layers
    assert Comparison("layers == [[1, 2], 3] and layers[0] in [[1, 2], []]")(layers, layers[0])
    assert not Comparison("layers != [[1, 2], 3]")(layers)
    below = Comparison("a < 5  # it's so\nand a != '#1'  # `b`\nand a > 0")
    assert [below.paths, below(1), below(0), below(5)] == [(("a",),), True, False, False]


def test_paths_are_those_of_configurations() -> None:
    text = "llm.n <= `max-tokens` and `a.b-c`['d-e'] != layers[0] and lambda_ == true and x not in [null, `x y`]"
    assert Comparison(text).paths == (
        ("llm", "n"),
        ("max-tokens",),
        ("a", "b-c", "d-e"),
        ("layers", 0),
        ("lambda_",),
        ("x",),
        ("x y",),
    )
    sweep = expand({"llm": {"n": DynamicValue([1, 2, 3])}, "layers": [DynamicValue([1, 2]), 5], "s": "`n`"})
    kept = constrain(
        Comparison("llm.n > layers[0] and s == '`n`'"), sweep, on=Comparison("llm.n > layers[0] and s == '`n`'").paths
    )
    assert [(c.llm.n, c.layers[0]) for c in kept] == [(2, 1), (3, 1), (3, 2)]
    assert repr(Comparison("a < 1")) == "Comparison('a < 1')"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("__import__('os').system('ls') == 0", "is not allowed; there are paths, numbers"),
        ("open('x') == 1", "open.*is not allowed"),
        ("a.b() == 1", "is not allowed"),
        ("(a + 1).real == 1", "is not allowed"),
        ("''.join(a) == 'x'", "is not allowed"),
        ("'x'.__class__ == a", "is not allowed"),
        ("[b for b in a] == 1", "is not allowed"),
        ("(lambda: a)() == 1", "is not allowed"),
        ("f'{a}' == 'x'", "is not allowed"),
        ("(b := a) == 1", "is not allowed"),
        ("a if a else a", "is not allowed"),
        ("a < 1 or __import__('os')", "is not allowed"),
        ("{'x': a} == 1", "is not allowed"),
        ("a[b] == 1", "is not allowed"),
        ("a[1:2] == 1", "is not allowed"),
        ("len(a, *a) == 1", "is not allowed"),
        ("max(a, key=len) == 1", "is not allowed"),
        ("len() == a", "is not allowed"),
        ("~a == 1", "is not allowed"),
        ("a << 99999999999 == 1", "is not allowed"),
        ("a == b'x'", "is not allowed"),
        ("a == 1j", "is not allowed"),
        ("a == ...", "is not allowed"),
        ("a is None", "is and is not compare objects; write == or !="),
        ("opt == 'sgd' or 'adam'", r"'adam' is no comparison, .* write name in \['a', 'b'\]"),
        ("a + 1", "a \\+ 1 is no comparison"),
        ("1 < 2", "names no path"),
        ("True", "names no path"),
        ("a <", "invalid syntax. Write comparisons such as"),
        ("a = 1", "invalid syntax"),
        ("import os", "invalid syntax"),
        ("a < 1; b", "invalid syntax"),
        ("", "invalid syntax"),
        ("a == '\x00'", "null bytes"),
        ("(" * 300 + "a" + ")" * 300 + " < 1", "nested|parenthes"),
        ("-" * 1900 + "a < 1", "nested deeper than 50|nested too deeply"),
        ("not " * 400 + "a < 1", "nested deeper than 50"),
        ("a < " + "1+" * 990 + "1", "nested deeper than 50"),
        ("a < 1" + " " * 2000, "longer than 2000 characters"),
    ],
)
def test_nothing_else_of_python_is_reachable(text: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        Comparison(text)


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("9**9**9 > a", [1], "the power has thousands of digits"),
        ("a ** a > 1", [10**6], "the power has thousands of digits"),
        ("a * a * a * a > 1", [10**1500], "the product has thousands of digits"),
        ("a * 1000000000 == 'x'", ["y"], r"'y' \(str\) is no number"),
        ("a % 1 == 'x'", ["%1000000000d"], "is no number"),
        ("(a, a) * 1000000000 == a", [1], "is no number"),
        ("a ** 0.5 > 0", [-8], r"-8 \*\* 0.5 is no real number"),
        ("1 / a > 0", [0], "division by zero"),
        ("a < 'x'", [1], "not supported between"),
        ("a", [3], r"a is 3 \(int\), not true or false; compare it"),
        ("a and a > 1", [3], "not true or false"),
        ("len(a) > 1", [3], "has no len"),
        ("10.0 ** a > 1", [400], "out of range|too large"),
    ],
)
def test_work_is_bounded_and_errors_name_the_constraint(text: str, values: list[Any], message: str) -> None:
    comparison = Comparison(text)
    with pytest.raises(ArgumentError, match=message) as caught:
        comparison(*values * len(comparison.paths))
    assert str(caught.value).startswith(f"the constraint {text!r} cannot be computed: ")


def test_a_name_with_underscores_is_a_path_and_leads_nowhere_else() -> None:
    text = "a.__class__.__name__ == 'str'"
    with pytest.raises(PathError, match="no configuration has a.__class__"):
        constrain(Comparison(text), expand({"a": DynamicValue(["x"])}), on=Comparison(text).paths)
