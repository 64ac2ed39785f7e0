"""Diagrams against sets of strings."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp.sweep.diagrams import FALSE, TRUE, Diagrams, pack_row, unpack_row

WIDTHS = (2, 3, 1, 2)
STRINGS = list(product(*map(range, WIDTHS)))

String = tuple[int, ...]
sets = st.frozensets(st.sampled_from(STRINGS))


def build(store: Diagrams, kept: frozenset[String], prefix: String = ()) -> int:
    level = len(prefix)
    if level == len(WIDTHS):
        return int(prefix in kept)
    return store.make_node(level, tuple([build(store, kept, (*prefix, value)) for value in range(WIDTHS[level])]))


FULL: list[Sequence[int]] = [range(width) for width in WIDTHS]


def read(store: Diagrams, root: int, domains: Sequence[Sequence[int]] = tuple(FULL)) -> set[String]:
    found = set()
    for string in product(*[range(len(domain)) for domain in domains]):
        node = root
        while node > TRUE:
            node = store.rows[node][string[store.levels[node]]]
        if node:
            found.add(tuple(domain[k] for domain, k in zip(domains, string, strict=True)))
    return found


@given(sets, sets)
def test_equal_sets_are_one_number_and_conjunction_is_intersection(
    one: frozenset[String], two: frozenset[String]
) -> None:
    store = Diagrams()
    a, b = build(store, one), build(store, two)
    assert read(store, a) == one
    assert (a == b) == (one == two)
    assert store.conjoin(a, b) == store.conjoin(b, a) == build(store, one & two)
    assert all(max(store.rows[node]) < node for node in store.list_nodes(a)), "children come first"


@given(sets, st.tuples(*[st.lists(st.sampled_from(range(width)), unique=True).map(sorted) for width in WIDTHS]))
def test_restricting_and_support_are_those_of_the_set(kept: frozenset[String], live: tuple[list[int], ...]) -> None:
    store = Diagrams()
    root = build(store, kept)
    allowed = {s for s in kept if all(value in domain for value, domain in zip(s, live, strict=True))}
    by_level = dict(enumerate(live))
    if all(live):
        assert read(store, store.restrict(root, by_level), live) == allowed
        supported = store.find_supported(root, range(len(WIDTHS)), by_level)
        assert {k: list(v) for k, v in supported.items()} == {
            k: sorted({s[k] for s in allowed}) for k in range(len(WIDTHS))
        }
    looked_at = {
        level
        for level, width in enumerate(WIDTHS)
        for s in STRINGS
        for value in range(width)
        if (s in kept) != ((*s[:level], value, *s[level + 1 :]) in kept)
    }
    assert store.find_support(root) == looked_at


def test_the_terminals() -> None:
    store = Diagrams()
    assert store.make_node(3, ()) == FALSE
    assert store.make_node(3, (TRUE, TRUE)) == TRUE
    node = store.make_node(3, (FALSE, TRUE))
    assert store.conjoin(node, TRUE) == node == store.conjoin(TRUE, node) == store.conjoin(node, node)
    assert store.conjoin(node, FALSE) == FALSE
    assert store.list_nodes(TRUE) == []


def test_a_diagram_may_be_deeper_than_the_stack() -> None:
    store = Diagrams()
    odd = even = TRUE
    for level in range(5_000, 0, -1):
        odd, even = (
            store.make_node(level, (odd, FALSE) if level % 2 else (odd, odd)),
            store.make_node(level, (even, FALSE) if not level % 2 else (even, even)),
        )
    both = store.conjoin(odd, even)
    assert len(store.list_nodes(both)) == 5_000 == len(store.find_support(both))


@given(st.lists(st.integers(0, 1)).map(tuple) | st.lists(st.integers(0, 999)).map(tuple))
def test_a_packed_row_is_unpacked_again(row: tuple[int, ...]) -> None:
    assert unpack_row(pack_row(row)) == row
