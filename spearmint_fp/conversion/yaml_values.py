"""The values of YAML nodes: plain data, and the choices that tags make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from math import ceil, isfinite
from typing import Any, Final, NoReturn

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ..configuration.choices import DynamicValue, holds_records
from ..configuration.errors import ArgumentError, SizeError, SpearmintError
from ..configuration.fold import Algebra, Choice, Leaves, Steps, fold, show_path
from ..configuration.messages import format_count, repr_with_type, short_repr, suggest_names
from ..configuration.paths import parse_path
from ..configuration.records import Shape
from ..configuration.spacing import geomspace, linspace
from .operations import MERGE_TAG, Operations, Tied
from .yaml_scalars import SCALARS, TAG, PlaceError, read_scalar

MOST_PARTS: Final = 100
"""How many axes may be zipped, choices merged, and values tied, at one place."""

MOST_FLOATS: Final = 10**6
"""How many floats a `!range` may have: they are listed, so that each is the number that its digits say."""


class TreeBuilder:
    """The values of nodes, each built once, its children before it."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._built: dict[int, Any] = {}
        self._tied: dict[int, tuple[Tied, Any]] = {}  # with their marks
        self._resolved: set[int] = set()

    def build_root(self, node: Node) -> Any:
        """The value of a document: a tree, or a list of trees."""
        plain = isinstance(node, SequenceNode) and node.tag == TAG + "seq"
        trees = [self._build_tree(item) for item in (node.value if plain else (node,))]
        self._refuse_unresolved()
        return trees if plain else trees[0]

    def build_value(self, node: Node) -> Any:
        """The value of a document that need not be a configuration."""
        value = self.build(node)
        self._refuse_unresolved()
        return value

    def _build_tree(self, node: Node) -> Any:
        """A tree of configurations, with what is tied in it resolved."""
        tree = self.build(node)
        if not holds_records(tree):
            raise PlaceError(
                node.start_mark, f"a configuration is a mapping, or a list of them; got {repr_with_type(tree)}"
            )
        ties, hidden = fold(_TIES, tree)
        for tied in hidden:
            self._refuse_tied(tied)
        if not ties:
            return tree
        sweep = self._operations.expand(tree)
        with _place_errors(self._tied[id(ties[0][1])][1]):
            ordered = _sort_ties(ties)
        for path, tied in ordered:
            with _place_errors(self._tied[id(tied)][1]):
                sweep = self._operations.tie(path, tied, sweep)
        self._resolved.update(id(tied) for _, tied in ties)
        return self._operations.describe(sweep, "", tree)

    def _refuse_tied(self, tied: Tied) -> NoReturn:
        mark = self._tied[id(tied)][1]
        what = "!tied stands inside a choice, or by itself. Tie what every configuration has, or use !zip"
        raise PlaceError(mark, what)

    def _refuse_unresolved(self) -> None:
        for key, (tied, _) in self._tied.items():
            if key not in self._resolved:
                self._refuse_tied(tied)

    def build(self, node: Node) -> Any:
        """The value of a node."""
        if id(node) not in self._built:
            with _place_errors(node.start_mark):
                self._built[id(node)] = self._build_anew(node)
        return self._built[id(node)]

    def _build_anew(self, node: Any) -> Any:
        kind = node.tag.removeprefix(TAG)
        if isinstance(node, ScalarNode) and kind in SCALARS:
            return read_scalar(node, kind)
        if isinstance(node, SequenceNode) and kind == "seq":
            return [self.build(item) for item in node.value]
        if isinstance(node, MappingNode) and kind in ("map", "set"):
            items = self._build_mapping(node)
            if kind == "map":
                return items
            if isinstance(items, Choice):
                raise PlaceError(node.start_mark, "!!set takes no choice behind <<")
            return set(items)
        if kind in _TAGS:
            form, text, build = _TAGS[kind]
            if not isinstance(node, form):
                raise PlaceError(node.start_mark, f"{kind} takes {text}")
            return build(self, node)
        tag = node.tag if kind == node.tag else f"!!{kind}"
        if kind in SCALARS or kind in ("seq", "map", "set"):
            raise PlaceError(node.start_mark, f"{tag} is not the tag of a {node.id}")
        raise PlaceError(node.start_mark, f"unknown tag {short_repr(tag)[1:-1]}{suggest_names(tag, _TAGS)}")

    # --- mappings

    def _build_mapping(self, node: Any) -> Any:
        """The mapping, with what is merged into it; its own keys win. A sweep where a choice is merged."""
        before: dict[Any, Any] = {}
        own: dict[Any, Any] = {}
        merged: tuple[dict[Any, Any], list[Choice]] | None = None
        for key_node, value_node in node.value:
            key = "<<" if key_node.tag == TAG + "merge" else self._build_key(key_node)
            if key in own or (key == "<<" and merged is not None):
                raise PlaceError(key_node.start_mark, f"the key {short_repr(key)} stands twice in this mapping")
            if key_node.tag == TAG + "merge":
                before, merged = dict(own), self._read_merge(value_node)
            else:
                own[key] = self.build(value_node)
        plain, choices = merged or ({}, [])
        if not choices:
            return {**plain, **own}
        if len(choices) > MOST_PARTS:
            raise SizeError(f"more than {MOST_PARTS} choices are merged. Join some in one !sweep, or nest them")
        first = {**{key: value for key, value in plain.items() if key not in own}, **before}
        last = {key: value for key, value in own.items() if key not in before}
        parts = [part for part in (first, *choices, last) if isinstance(part, Choice) or part]
        with _place_errors(node.start_mark, "what << merges, and the keys beside it: "):
            return self._operations.describe(self._operations.product(parts), MERGE_TAG, parts)

    def _build_key(self, node: Node) -> Any:
        if not isinstance(node, ScalarNode):
            raise PlaceError(node.start_mark, "a key is a scalar, not a collection")
        return self.build(node)

    def _read_merge(self, node: Any) -> tuple[dict[Any, Any], list[Choice]]:
        """The mapping that `<<` merges, or several of which the first wins, and the choices beside them."""
        parts = node.value if isinstance(node, SequenceNode) and node.tag == TAG + "seq" else [node]
        merged: dict[Any, Any] = {}
        choices: list[Choice] = []
        for part in parts:
            value = self.build(part)
            if isinstance(value, Choice) and holds_records(value):
                choices.append(value)
            elif isinstance(part, MappingNode) and part.tag == TAG + "map":
                merged = {**value, **merged}
            else:
                raise PlaceError(
                    part.start_mark, "<< merges a mapping, a choice among mappings, or a list of these, without tags"
                )
        return merged, choices

    # --- tags

    def _build_sweep(self, node: Any) -> DynamicValue[Any]:
        return DynamicValue([self.build(item) for item in node.value])

    def _build_concat(self, node: Any) -> DynamicValue[Any]:
        """A choice among all that several choices hold: choices that stand in a choice add."""
        parts = [self.build(item) for item in node.value]
        for part, item in zip(parts, node.value, strict=True):
            if not isinstance(part, Choice | Mapping):
                raise PlaceError(
                    item.start_mark,
                    f"!concat takes choices and mappings; got {repr_with_type(part)}. Write !sweep [...]",
                )
        return DynamicValue(parts)

    def _build_range(self, node: Any) -> DynamicValue[Any]:
        bounds = [self.build(item) for item in node.value]
        if len(bounds) not in (1, 2, 3) or not all(map(_is_finite, bounds)) or bounds[2:] in ([0], [0.0]):
            raise PlaceError(
                node.start_mark, "!range takes [stop], [start, stop] or [start, stop, step], numbers, and no step of 0"
            )
        return DynamicValue(range(*bounds) if {*map(type, bounds)} == {int} else _list_floats(*bounds))

    def _build_spacing(self, node: Any) -> DynamicValue[Any]:
        arguments = [self.build(item) for item in node.value]
        if len(arguments) != 3:
            raise PlaceError(node.start_mark, f"{node.tag} takes [start, stop, number of values]")
        return DynamicValue(_SPACINGS[node.tag](*arguments))

    def _build_zip(self, node: Any) -> Choice:
        axes = self._build_mapping(node)
        if isinstance(axes, Choice) or not axes:
            raise PlaceError(node.start_mark, _TAKES["!zip"])
        if len(axes) > MOST_PARTS:
            raise SizeError(f"more than {MOST_PARTS} axes are zipped. Write a !sweep of mappings, or a table")
        for key, value in axes.items():
            if not isinstance(value, list | Choice):
                raise ArgumentError(f"!zip takes lists, one value of each at a time; {key} is {repr_with_type(value)}")
        choices = {key: DynamicValue(value) if isinstance(value, list) else value for key, value in axes.items()}
        sizes = {key: self._operations.expand({key: choice}).size for key, choice in choices.items()}
        [first, *others] = sizes
        for key in others:
            if sizes[key] != sizes[first]:
                raise SizeError(
                    f"!zip takes lists of one length; {first} has {format_count(sizes[first])} and {key} has "
                    f"{format_count(sizes[key])}"
                )
        return self._operations.describe(self._operations.zip(choices), "!zip", axes)

    def _build_space(self, node: Any) -> Choice:
        arguments = self._build_mapping(node)
        steps = self._operations.steps
        if isinstance(arguments, Choice):
            raise PlaceError(node.start_mark, _TAKES["!space"])
        places = {self.build(key_node): (key_node, value_node) for key_node, value_node in node.value}
        for key in arguments:
            if key not in ("sweep", *steps):
                mark = places[key][0].start_mark if key in places else node.start_mark
                raise PlaceError(mark, f"!space has no key {short_repr(key)}{suggest_names(key, ('sweep', *steps))}")
        if "sweep" in places:
            arguments["sweep"] = self._build_tree(places["sweep"][1])
        if not {"sweep", "include"} & {*arguments}:
            raise PlaceError(node.start_mark, "!space has a key sweep, a mapping with choices, or include alone")
        sweep = self._operations.expand(arguments.get("sweep", DynamicValue([])))
        for key in filter(arguments.__contains__, steps):
            with _place_errors(places[key][1].start_mark if key in places else node.start_mark, f"{key}: "):
                sweep = steps[key](arguments[key], sweep)
        return self._operations.describe(sweep, "!space", arguments)

    def _build_tied(self, node: Any) -> Tied:
        tied = Tied(node.value)
        if not tied:
            raise PlaceError(node.start_mark, _TAKES["!tied"])
        self._tied[id(tied)] = tied, node.start_mark
        return tied


_TAGS: Final[Mapping[str, tuple[type[Node], str, Callable[[TreeBuilder, Any], Any]]]] = {
    "!sweep": (SequenceNode, "a list of alternatives: !sweep [a, b]", TreeBuilder._build_sweep),
    "!range": (SequenceNode, "a list of numbers: !range [start, stop, step]", TreeBuilder._build_range),
    "!linspace": (SequenceNode, "a list of numbers: !linspace [start, stop, number]", TreeBuilder._build_spacing),
    "!geomspace": (SequenceNode, "a list of numbers: !geomspace [start, stop, number]", TreeBuilder._build_spacing),
    "!zip": (MappingNode, "a mapping of lists: !zip {a: [1, 2], b: [3, 4]}", TreeBuilder._build_zip),
    "!concat": (SequenceNode, "a list of choices: !concat [!range [3], !sweep [10, 20]]", TreeBuilder._build_concat),
    "!tied": (ScalarNode, "the path of the value that this one is tied to: !tied train.lr", TreeBuilder._build_tied),
    "!space": (MappingNode, "a mapping: !space {sweep: {...}, constraints: [...]}", TreeBuilder._build_space),
}
"""Per tag: the kind of node that it stands before, words for that, and what makes its value."""

_TAKES: Final = {tag: f"{tag} takes {text}" for tag, (_, text, _) in _TAGS.items()}
_SPACINGS: Final = {"!linspace": linspace, "!geomspace": geomspace}


@contextmanager
def _place_errors(mark: Any, what: str = "") -> Iterator[None]:
    """Raise the errors of the library, and those of numbers, as mistakes at a place."""
    try:
        yield
    except RecursionError:
        raise PlaceError(mark, "nested too deeply for the stack that is left here") from None
    except (ValueError, OverflowError, SpearmintError) as error:
        text = "a number of more than 4300 digits" if "4300 digits" in str(error) else f"{what}{error}"
        raise PlaceError(mark, text) from None


def _is_finite(value: Any) -> bool:
    return type(value) is int or (type(value) is float and isfinite(value))


def _list_floats(first: float, stop: float | None = None, step: float = 1) -> list[float]:
    """The floats of a range, each the nearest to what the digits of the bounds say: 0.3, not 0.1 + 0.2."""
    start, end, by = (Fraction(repr(bound)) for bound in ((0, first, 1) if stop is None else (first, stop, step)))
    count = max(0, ceil((end - start) / by))
    if count > MOST_FLOATS:
        raise SizeError(f"!range lists at most {MOST_FLOATS} floats; these are {format_count(count)}. Use !linspace")
    return [float(start + position * by) for position in range(count)]


Ties = tuple[Leaves, list[Tied]]
"""Values that are tied to others, by their paths; and those inside choices, which have no one path."""


def _join_ties(parts: Iterable[Ties]) -> Ties:
    listed = list(parts)
    return [tie for ties, _ in listed for tie in ties], [tied for _, hidden in listed for tied in hidden]


def find_ties(tree: Any) -> Leaves:
    """The values of a tree that are tied to others, each behind what it is tied to."""
    return _sort_ties(fold(_TIES, tree)[0])


def _sort_ties(ties: Leaves) -> Leaves:
    """The ties in an order in which no value is copied before it is there."""
    if len(ties) > MOST_PARTS:
        raise SizeError(f"more than {MOST_PARTS} values are tied. Tie a mapping as a whole, or use !zip")
    ordered: Leaves = []
    while len(ordered) < len(ties):
        waiting = [tie for tie in ties if tie not in ordered]
        paths = [path for path, _ in waiting]
        ready = [
            tie for tie in waiting if not any(_needs_tied(tie[0], path, parse_path(str(tie[1]))) for path in paths)
        ]
        if not ready:
            raise ArgumentError(f"values are tied in a circle: {', '.join(map(show_path, paths))}")
        ordered += ready
    return ordered


def _needs_tied(own: Steps, other: Steps, source: Steps) -> bool:
    """True if a source lies in a value that is tied itself, or around it."""
    return own != other and source[: len(other)] == other[: len(source)]


def _find_record_ties(shape: Shape, _node: Any, parts: tuple[Ties, ...]) -> Ties:
    keyed = zip(shape.keys, parts, strict=True)
    return _join_ties(([((key, *path), tied) for path, tied in ties], hidden) for key, (ties, hidden) in keyed)


def _find_choice_ties(node: Any, parts: tuple[Ties, ...]) -> Ties:
    tag, argument = node.written
    if tag == MERGE_TAG:
        return _join_ties(fold(_TIES, part) for part in argument)
    if tag in ("", "!space"):  # resolved already
        return [], []
    inside = _join_ties(parts) if parts else fold(_TIES, argument)
    return [], [*(tied for _, tied in inside[0]), *inside[1]]


_TIES: Final[Algebra[Ties]] = Algebra(
    leaf=lambda leaf: ([((), leaf)] if type(leaf) is Tied else [], []),
    record=_find_record_ties,
    choice=_find_choice_ties,
)
