"""Views in notebooks: HTML that is whole, escaped and short, and never raises."""

from __future__ import annotations

import pickle
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    Config,
    DynamicValue,
    Failure,
    Success,
    Sweep,
    collect,
    config_id,
    constrain,
    expand,
    freeze,
    get_in,
    mapped,
    rows,
    run,
    shuffled,
    summary,
    thaw,
)
from spearmint_fp.outcomes.outcomes import ErrorInfo

EVIL = "<img src=x onerror=alert(1)>"
ALONE = {"br", "img", "script"}


class Read(HTMLParser):
    """The tags and the text of some HTML; an error where a tag does not close."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def shown(value: Any) -> Read:
    read = Read(value._repr_html_())
    assert not ALONE & set(read.tags)
    return read


@given(st.recursive(st.none() | st.integers() | st.text(), lambda t: st.lists(t) | st.dictionaries(st.text(), t)))
def test_any_configuration_is_shown(tree: Any) -> None:
    config = Config({EVIL: EVIL, "tree": tree})
    words = shown(config).words
    assert any(EVIL in word for word in words)


def test_a_configuration_is_a_table_of_its_paths() -> None:
    config = Config({"llm": {"model": "gpt-4", "layers": [64, 32]}, "seed": 0})
    assert shown(config).words == ["path", "value", "llm.model", "'gpt-4'", "llm.layers", "(64, 32)", "seed", "0"]
    many = shown(Config({f"k{n}": n for n in range(200)}))
    assert many.words[-1] == "… and 150 more paths"
    assert len(many.words) == 103


def test_a_sweep_shows_its_size_its_axes_and_its_first_configurations() -> None:
    sweep = expand({"model": DynamicValue(["a", "b"]), "n": DynamicValue(range(100)), "static": 1})
    assert shown(sweep).words == [
        "Sweep(2 × 100 = 200)",
        "axis", "values",
        "model", "2", "'a', 'b'",
        "n", "100", "range(0, 100)",
        "model=a, n=0", "model=a, n=1", "model=a, n=2",
        "… and 197 more configurations",
    ]  # fmt: skip
    assert shown(expand({"x": DynamicValue(list("abcdefgh"))})).words[5] == "'a', 'b', 'c', 'd', 'e', 'f', …"


@pytest.mark.parametrize("of", [expand({}), expand({"n": DynamicValue([])}), expand({"n": DynamicValue([1])})])
def test_small_sweeps(of: Sweep[Any]) -> None:
    assert repr(of) in shown(of).words[0]


def test_an_astronomical_sweep_is_shown_at_once() -> None:
    space = expand({f"x{k}": DynamicValue(range(10)) for k in range(30)})
    rising = constrain(lambda a, b: a < b, space, on=("x0", "x1"))
    for sweep in (space, rising, shuffled(space), space[::-7]):
        assert len(sweep._repr_html_()) < 10_000  # and not at the end of time


def test_a_function_that_refuses_a_configuration_says_so_in_its_place() -> None:
    sweep = mapped(lambda c: 1 // c.n, expand({"n": DynamicValue([1, 0, 2])}))
    words = shown(sweep).words
    assert "ZeroDivisionError: 'integer division or modulo by zero'" in words
    assert words[-3:] == ["1", "ZeroDivisionError: 'integer division or modulo by zero'", "0"]


class Hostile:
    def __repr__(self) -> str:
        raise ValueError


def test_hostile_values_are_shown_somehow() -> None:
    assert "Hostile" in shown(Config({"x": Hostile()})).words[-1]
    assert "Hostile" in "".join(shown(expand({"x": DynamicValue([Hostile(), 1])})).words)
    assert "Hostile" in "".join(shown(collect([Success(Hostile(), Hostile())])).words)


def test_outcomes_are_shown() -> None:
    good, bad = run(lambda c: {"score": 1 / c.n}, expand({"n": DynamicValue([2, 0])}))
    words = shown(good).words
    assert words[:4] == ["Success 0", ": {'score': 0.5}", "path", "value"]
    read = shown(bad)
    assert (read.words[0], read.words[2]) == ("Failure 1", "traceback")
    assert read.words[1].startswith(": ZeroDivisionError: ")
    assert "details" in read.tags
    assert any("Traceback (most recent call last)" in word for word in read.words)
    assert shown(Failure(EVIL, ErrorInfo(EVIL, EVIL, EVIL))).words.count(EVIL) == 1


def test_what_collect_gives_is_shown_as_a_table() -> None:
    outcomes: Any = collect(
        run(lambda c: 1 / c.n, expand({"n": DynamicValue(range(30)), "evil": DynamicValue([EVIL])}))
    )
    words = shown(outcomes).words
    assert words[:6] == ["30 outcomes, 1 failed", "index", "n", "result", "ok", "seconds"]
    assert words[-1] == "… and 10 more outcomes"
    late: Any = collect(run(abs, expand({"a": DynamicValue([1, 2]), "b": DynamicValue(range(40))})))
    assert shown(late).words[1:4] == ["index", "a", "b"], "also a path that varies later than the table goes"
    assert shown(outcomes).tags.count("tr") == 21
    assert shown(collect([])).words == ["0 outcomes, 0 failed"]
    assert shown(collect(run(abs, [1]))).words[0] == "1 outcome, 0 failed"


def test_what_collect_gives_is_a_tuple() -> None:
    outcomes: Any = collect(run(abs, [1, 2, 3]))
    plain, html = tuple(outcomes), outcomes._repr_html_()
    assert type(plain) is tuple
    assert isinstance(outcomes, tuple)
    assert outcomes == plain
    assert plain == outcomes
    assert hash(outcomes) == hash(plain)
    assert {outcomes: 1}[plain] == 1
    assert outcomes[1:] == plain[1:]
    assert outcomes + plain == plain * 2
    assert repr(outcomes) == repr(plain)
    copied = pickle.loads(pickle.dumps(outcomes))
    assert copied == plain
    assert copied._repr_html_() == html
    head, *_ = outcomes
    assert head is plain[0]
    assert freeze(outcomes) is outcomes
    assert freeze([outcomes]) == (plain,)
    assert thaw(Config({"x": outcomes})) == {"x": list(plain)}
    assert get_in("x.1.result", {"x": outcomes}) == 2
    assert config_id({"x": outcomes}) == config_id({"x": plain})
    match outcomes:
        case (one, *_):
            assert one is head


def test_a_conditional_sweep_shows_its_branches() -> None:
    opt = DynamicValue([{"name": "sgd", "momentum": DynamicValue([0.0, 0.9])}, {"name": EVIL}])
    conditional = expand({"opt": opt, "n": DynamicValue(range(3))})
    [tree] = [word for word in shown(conditional).words if "branch 0" in word]
    assert "opt: one of 2 branches" in tree
    assert f"branch 1 (opt.name='{EVIL}'): 1" in tree
    plain = shown(expand({"a": DynamicValue([1, 2]), "n": DynamicValue(range(3))}))
    assert "pre" not in plain.tags, "the axes tell it all"


def test_numbers_are_shown_to_their_last_digit() -> None:
    outcomes = collect(run(lambda c: {"loss": c.lr / 3}, expand({"lr": DynamicValue([0.1234567891, 1 / 3])})))
    words = shown(outcomes).words
    assert {"0.1234567891", repr(1 / 3), repr(0.1234567891 / 3)} <= {*words}


def test_rows_are_a_table_of_the_first() -> None:
    found = rows(run(lambda c: c.get("a", EVIL), [Config({"a": k} if k else {"b": None}) for k in range(30)]))
    assert found == tuple(found)
    table = shown(found)
    assert table.words[-1] == "… and 10 more rows"
    assert {"a", "b", "None", EVIL} <= {*table.words}
    assert len(table.words) < 200
    assert shown(rows([])).words == []
    assert "mean" in shown(summary(run(lambda c: c.n, expand({"n": DynamicValue([1, 2])})))).words
    assert repr(rows([])) == "()"
