"""Scalars of YAML 1.2, with timestamps, binary numbers and underscores as in 1.1: how they are told apart, and read."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from typing import Any, Final

import yaml
from yaml.nodes import ScalarNode

from ..configuration.messages import short_repr
from ..configuration.scalars import MOST_BITS


class PlaceError(Exception):
    """A mistake in a file, and the mark of its place."""

    def __init__(self, mark: Any, what: str) -> None:
        super().__init__(what)
        self.mark, self.what = mark, what


def _read_int(text: str) -> int:
    digits = text.replace("_", "")
    number = int(digits, 0 if digits.lstrip("+-")[:2] in ("0x", "0o", "0b") else 10)
    if number.bit_length() > MOST_BITS:
        raise ValueError("a number of more than 4300 digits")
    return number


def _read_float(text: str) -> float:
    return float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))


TAG: Final = "tag:yaml.org,2002:"
_INT: Final = "[-+]?[0-9][0-9_]*|0o[0-7][0-7_]*|0x[0-9a-fA-F][0-9a-fA-F_]*|0b[01][01_]*"
_FLOAT: Final = r"[-+]?(?:\.[0-9][0-9_]*|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)"
_TIMESTAMP: Final = next(
    pattern for tag, pattern in yaml.SafeLoader.yaml_implicit_resolvers["0"] if tag == TAG + "timestamp"
)
SCALARS: Final[dict[str, tuple[re.Pattern[str], str, Callable[[str], Any]]]] = {
    "bool": (re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), "tTfF", lambda text: text.lower() == "true"),
    "null": (re.compile(r"(?:~|null|Null|NULL|)\Z"), "~nN", lambda _: None),
    "int": (re.compile(rf"(?:{_INT})\Z"), "-+0123456789", _read_int),
    "float": (re.compile(rf"(?:{_FLOAT}|\.(?:nan|NaN|NAN))\Z"), "-+0123456789.", _read_float),
    "timestamp": (_TIMESTAMP, "0123456789", str),
    "merge": (re.compile(r"<<\Z"), "<", str),
    "str": (re.compile(""), "", str),
    "binary": (re.compile(""), "", str),
}
"""Per kind: the text that is such a scalar, the characters that this may begin with, and what reads it."""


def add_resolvers(loader: Any) -> None:
    """Have the class of a loader resolve plain scalars by this table alone."""
    loader.yaml_implicit_resolvers = {}
    for kind in ("bool", "null", "int", "float", "timestamp", "merge"):
        pattern, first, _ = SCALARS[kind]
        loader.add_implicit_resolver(TAG + kind, pattern, [*first, *([""] if kind == "null" else [])])


_CONSTRUCTOR: Final = yaml.constructor.SafeConstructor()


def read_scalar(node: ScalarNode, kind: str) -> Any:
    """The value of a scalar of a kind of the table."""
    text = node.value
    whole = kind == "float" and SCALARS["int"][0].match(text)
    if not SCALARS[kind][0].match(text) and not whole:
        raise PlaceError(node.start_mark, f"{short_repr(text)} is no !!{kind}")
    if kind == "timestamp":
        return _CONSTRUCTOR.construct_yaml_timestamp(node)
    if kind == "binary":
        try:
            return b64decode("".join(text.split()), validate=True)
        except ValueError:
            raise PlaceError(node.start_mark, "not base64, as !!binary is") from None
    return _read_int(text) * 1.0 if whole else SCALARS[kind][2](text)
