"""Branch strategies: which configuration is main, which are variants, and by what."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    ArgumentError,
    Config,
    DynamicValue,
    ExperimentError,
    PositionError,
    Spearmint,
    Sweep,
    expand,
    experiment,
    round_robin,
    runtime_context,
    shadow,
    single,
    sticky,
    where,
)
from spearmint_fp.experiment.context import get_context
from spearmint_fp.experiment.strategies import choose_branches
from tests.experiment.samples import of, results

HUGE = expand({f"x{k}": DynamicValue(range(10)) for k in range(30)})


def rising(n: int) -> Sweep[Config]:
    return expand({"n": DynamicValue(range(n))})


# --- the given ones --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 7])
def test_what_each_chooses(size: int) -> None:
    configs = rising(size)
    assert list(choose_branches(shadow, configs, {})) == list(configs)
    assert list(choose_branches(single, configs, {})) == [configs[0]]
    turns, all_turns = round_robin(), round_robin(variants=True)
    for k in range(2 * size):
        assert list(choose_branches(turns, configs, {})) == [configs[k % size]]
        main, *rest = choose_branches(all_turns, configs, {})
        assert main == configs[k % size]
        assert rest == [c for c in configs if c != main]
    fixed = sticky("user", variants=True)
    main, *rest = choose_branches(fixed, configs, {"user": 3})
    assert sorted(c.n for c in (main, *rest)) == list(range(size))
    assert list(choose_branches(sticky("user"), configs, {"user": 3})) == [main]


@pytest.mark.parametrize("strategy", [shadow, single, round_robin(variants=True), sticky("user", variants=True)])
def test_nothing_is_enumerated(strategy: Any) -> None:
    chosen = choose_branches(strategy, HUGE, {"user": "Ada"})
    assert chosen.size in (1, HUGE.size)
    assert chosen[0] in HUGE


@given(user=st.integers() | st.text() | st.tuples(st.integers(), st.text()), salt=st.text(max_size=3))
def test_sticky_is_a_function_of_the_value(user: Any, salt: str) -> None:
    configs = rising(5)
    picked = [sticky("user", salt=salt)(configs, {"user": user, "other": k})[0] for k in range(3)]
    assert picked[0] == picked[1] == picked[2]
    assert sticky(lambda context: context["user"], salt=salt)(configs, {"user": user})[0] == picked[0]


def test_sticky_spreads_evenly_and_salts_part() -> None:
    configs = rising(4)
    count = Counter(sticky("user")(configs, {"user": user})[0].n for user in range(4000))
    assert all(850 < count[n] < 1150 for n in range(4))
    pairs = Counter(
        (sticky("user")(configs, {"user": u})[0].n, sticky("user", salt="b")(configs, {"user": u})[0].n)
        for u in range(4000)
    )
    assert all(170 < pairs[a, b] < 330 for a in range(4) for b in range(4))


@pytest.mark.slow
def test_sticky_is_the_same_in_every_process() -> None:
    code = """
import json
from spearmint_fp import *
configs = expand({"n": DynamicValue(range(1000))})
print(json.dumps([sticky("user")(configs, {"user": user})[0].n for user in (1, "1", 1.5, None, (1, "a"), True)]))
"""
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=True, env={"PYTHONHASHSEED": str(seed)}
        ).stdout
        for seed in (1, 2)
    ]
    assert runs[0] == runs[1]
    assert json.loads(runs[0]) == [409, 9, 109, 447, 533, 423]  # golden: users keep what they have


def test_round_robin_is_shared_by_threads() -> None:
    strategy, configs, seen = round_robin(), rising(4), Counter[int]()
    lock = threading.Lock()

    def turn() -> None:
        for _ in range(100):
            n = strategy(configs, {})[0].n
            with lock:
                seen[n] += 1

    threads = [threading.Thread(target=turn) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {0: 100, 1: 100, 2: 100, 3: 100}


# --- the context -------------------------------------------------------------------------------------------


def test_the_context_nests_and_belongs_to_who_entered_it() -> None:
    assert dict(get_context()) == {}
    elsewhere: list[Mapping[str, Any]] = []
    with runtime_context(user=1, region="eu"):
        with pytest.raises(RuntimeError), runtime_context(region="us") as inner:
            assert dict(inner) == dict(get_context()) == {"user": 1, "region": "us"}
            with pytest.raises(TypeError):
                inner["user"] = 2  # type: ignore[index]
            raise RuntimeError
        assert dict(get_context()) == {"user": 1, "region": "eu"}
        thread = threading.Thread(target=lambda: elsewhere.append(get_context()))
        thread.start()
        thread.join()
    assert [dict(context) for context in elsewhere] == [{}]
    assert dict(get_context()) == {}


def test_a_strategy_sees_the_context_of_the_call() -> None:
    seen: list[dict[str, Any]] = []

    def by_region(configs: Sweep[Config], context: Mapping[str, Any]) -> tuple[Config, list[Config]]:
        seen.append(dict(context))
        return configs[1 if context.get("region") == "us" else 0], []

    @experiment([{"n": DynamicValue([10, 20])}], by_region)
    def f(config: Config) -> int:
        return int(config.n)

    with runtime_context(region="us"):
        assert f() == 20
        with Spearmint.run(f, await_variants=True) as runner:
            assert runner().main_result.result == 20
    assert f() == 10
    assert seen == [{"region": "us"}, {"region": "us"}, {}]


# --- the strategies of a mint ----------------------------------------------------------------------------


def test_an_experiment_overrides_the_strategy_of_its_mint() -> None:
    mint = Spearmint(configs=[{"n": DynamicValue([1, 2, 3])}], branch_strategy=single)

    @mint.experiment()
    def one(config: Config) -> int:
        return int(config.n)

    @mint.experiment(branch_strategy=shadow)
    def every(config: Config) -> int:
        return int(config.n)

    for fn, variants in ((one, []), (every, [2, 3])):
        with Spearmint.run(fn, await_variants=True) as runner:
            assert [v.result for v in runner().variant_results] == variants
    assert mint.branch_strategy is single
    assert Spearmint(configs=[{"n": 1}]).branch_strategy is None


def test_a_strategy_may_give_any_configurations() -> None:
    def own(configs: Sweep[Config], context: Mapping[str, Any]) -> Any:
        return configs[-1], ({"n": k} for k in (7, 8))

    @experiment([{"n": DynamicValue([1, 2])}], own)
    def f(config: Config) -> int:
        return int(config.n)

    with Spearmint.run(f, await_variants=True) as runner:
        result = runner()
    assert [o.result for o in (result.main_result, *result.variant_results)] == [2, 7, 8]


@pytest.mark.parametrize(
    ("given_back", "says"),
    [
        (None, r"strategy .*own gives \(main, variants\); it gave None"),
        (5, "gives"),
        (({"n": 1}, [], 3), "gives"),
        (({"n": 1}, 5), "variants as a sweep or a list of configurations; it gave 5"),
        (({"n": 1}, {"n": 2}), "variants as a sweep or a list"),
    ],
)
def test_a_strategy_that_gives_something_else_is_told_of(given_back: Any, says: str) -> None:
    def own(configs: Any, context: Any) -> Any:
        return given_back

    @experiment([{"n": 1}], own)
    def f(config: Config) -> int:
        return 1

    with pytest.raises(ExperimentError, match=says):
        f()


@pytest.mark.parametrize("strategy", [shadow, single, round_robin(), sticky("user", variants=True)])
def test_a_strategy_that_selects_no_configuration_is_told_of(strategy: Any) -> None:
    with pytest.raises(PositionError, match="sweep"):
        strategy(where({"n": 7}, rising(3)), {"user": 1})

    @experiment(rising(3), lambda configs, context: strategy(where({"n": 7}, configs), context))
    def f(config: Config) -> int:
        return 1

    with runtime_context(user=1), pytest.raises(PositionError):
        f()


def test_strategies_that_take_turns_take_a_sweep() -> None:
    for strategy in (round_robin(), sticky("user")):
        with pytest.raises(ArgumentError, match=r"takes a sweep; got \[\{'n': 1\}\]"):
            strategy([{"n": 1}], {"user": 1})  # type: ignore[arg-type]


def test_wrong_options() -> None:
    wrong: Any
    for wrong, says in [
        (lambda: experiment([{"n": 1}], 5), r"branch_strategy is a function .*round_robin\(\); got 5"),  # type: ignore[arg-type]
        (lambda: experiment([{"n": 1}], round_robin), r"write round_robin\(\)"),  # type: ignore[arg-type]
        (lambda: experiment([{"n": 1}], sticky), r"write sticky\('user_id'\)"),  # type: ignore[arg-type]
        (lambda: Spearmint(configs=[{"n": 1}], branch_strategy=3), "got 3"),
        (lambda: experiment([{"n": 1}], uses=(len,)), "uses lists experiments"),
        (lambda: experiment([{"n": 1}], on_outcome=3), "on_outcome is a function"),  # type: ignore[arg-type]
        (lambda: sticky(3), "name of a value"),  # type: ignore[arg-type]
        (lambda: sticky("a", salt=3), "salt is a text"),  # type: ignore[arg-type]
        (lambda: sticky("a", variants=3), "True or False"),  # type: ignore[arg-type]
        (lambda: round_robin(variants="no"), "True or False"),  # type: ignore[arg-type]
    ]:
        with pytest.raises(ArgumentError, match=says):
            wrong()


def test_a_context_without_the_value_says_how_to_set_it() -> None:
    @experiment([{"n": 1}], sticky("user_id"))
    def f(config: Config) -> int:
        return 1

    with (
        runtime_context(user=3),
        pytest.raises(ExperimentError, match=r"'user_id'.*did you mean 'user'\?.*with runtime_context\(user_id=...\)"),
    ):
        f()
    with runtime_context(user_id=object()), pytest.raises(ExperimentError, match="sticky cannot decide by <object"):
        f()


def test_each_experiment_keeps_its_own_strategy() -> None:
    @experiment(of(n=[1, 2, 3]), single)
    def fixed(config: Config) -> int:
        return int(config.n)

    @experiment(of(arm=["a", "b"]), sticky("user"))
    def arm(config: Config) -> str:
        return str(config.arm)

    @experiment(of(m=[10, 20]), shadow)
    def outer(config: Config) -> tuple[int, int, str]:
        return config.m, fixed(), arm()

    with runtime_context(user="bob"):
        assert results(outer) == [(10, 1, "b"), (20, 1, "b")]
    with runtime_context(user="ada"):
        assert results(outer) == [(10, 1, "a"), (20, 1, "a")]


@pytest.mark.parametrize("main", [{"n": DynamicValue([7, 8])}, DynamicValue([]), expand({"n": DynamicValue([1, 2])})])
def test_a_strategy_gives_one_configuration_as_main(main: Any) -> None:
    @experiment(of(n=[1, 2]), lambda configs, context: (main, []))
    def one(config: Config) -> int:
        return int(config.n)

    with pytest.raises(ExperimentError, match="one configuration as main"):
        one()
