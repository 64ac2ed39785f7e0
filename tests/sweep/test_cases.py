"""Cases: where ranges meet, and between which positions of a range nothing changes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp.configuration.keys import exact_key
from spearmint_fp.sweep.cases import MOST_PIECES, AnyCase, Cases, KeyCases, RangeCases, find_common_places
from spearmint_fp.sweep.diagrams import FALSE, TRUE

steps = st.sampled_from([1, 2, 3, 4, 6, 10, -1, -2, -3, -7])
ranges = st.builds(lambda start, size, step: range(start, start + size * step, step), st.integers(-30, 30),
                   st.integers(0, 40), steps)  # fmt: skip


@given(ranges, ranges, st.sampled_from([0, 10**30]))
def test_two_ranges_meet_where_listing_finds_it(values: range, others: range, far: int) -> None:
    one, two = (range(r.start + far, r.stop + far, r.step) for r in (values, others))
    found = find_common_places(one, two)
    assert list(found) == [k for k, value in enumerate(values) if value in others]
    assert not found or found.step > 0


def test_ranges_beyond_every_list_meet_exactly() -> None:
    far = find_common_places(range(0, 10**40, 6), range(10**40, 0, -10))
    assert far == range(0 + 5, (10**40 - 1) // 6 + 1, 5)
    assert find_common_places(range(0, 10**40, 2), range(1, 10**40, 2)) == range(0)


@given(ranges, st.lists(st.integers(-40, 60) | st.sampled_from([1.0, True, "1", None]), max_size=5), ranges)
def test_between_two_cuts_every_number_is_in_one_case(values: range, keys: list[Any], others: range) -> None:
    by_key = {exact_key(key): number for number, key in enumerate(keys, 2)}
    for cases in (KeyCases(by_key), RangeCases(others), AnyCase()):
        cuts = cases.list_cuts(values)
        assert cuts is not None
        for start, stop in pairwise(sorted({0, len(values), *(cut for cut in cuts if 0 < cut < len(values))})):
            assert len({cases.find_case(exact_key(value)) for value in values[start:stop]}) == 1


@given(st.integers(-40, 60), ranges)
def test_only_whole_numbers_are_in_a_range(number: int, values: range) -> None:
    cases: Cases = RangeCases(values)
    assert cases.find_case(exact_key(number)) == (TRUE if number in values else FALSE)
    assert cases.find_case(exact_key(float(number))) == cases.find_case(exact_key(str(number))) == FALSE
    assert KeyCases({exact_key(number): 7}).find_case(exact_key(number)) == 7
    assert KeyCases({exact_key(number): 7}).find_case(exact_key(float(number))) == FALSE
    assert AnyCase().find_case(exact_key("anything")) == TRUE


def test_what_would_be_cut_into_too_many_pieces_is_not_cut() -> None:
    long = range(10**30)
    for many, few in [
        (KeyCases(dict.fromkeys(map(exact_key, range(MOST_PIECES + 1)), TRUE)),) * 2,
        (RangeCases(range(0, 2 * MOST_PIECES + 2, 2)), RangeCases(range(0, 2 * MOST_PIECES, 2))),
    ]:
        assert many.list_cuts(long) is None
        assert few.list_cuts(long[: 10**3]) is not None
    assert RangeCases(range(5, 10**29)).list_cuts(long) == (5, 10**29), "a stretch has two ends, however long it is"
