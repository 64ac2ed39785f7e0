"""Tables: the answers of a predicate, kept and pickled."""

from __future__ import annotations

import pickle
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import DynamicValue, constrain, expand
from spearmint_fp.sweep.diagrams import Diagrams
from spearmint_fp.sweep.digits import read_digits
from spearmint_fp.sweep.predicates import Asker, Space
from spearmint_fp.sweep.tables import Constraint, dump_table, load_table
from tests.examples import examples

from ..oracle import predicate
from .test_predicates import NAMES, scopes

some = examples(120)


@some
@given(scopes, st.sampled_from([1, 2, 3]))
def test_a_table_stands_alone(on: tuple[str, ...], keep: int) -> None:
    node = expand({name: DynamicValue(range(3)) for name in NAMES})._node
    constraint = Constraint(predicate(7, keep), tuple((name,) for name in on))
    digits = read_digits(node, [constraint.question])
    domains: dict[int, Sequence[int]] = {number: range(3) for number in digits.find_scope(0)}
    diagrams, other = Diagrams(), Diagrams()
    root = Asker(constraint, 0, Space(digits, diagrams, domains, dict(domains))).build_diagram(1)
    table = dump_table(diagrams, root, digits, domains)
    again = load_table(table, other, digits, domains)
    assert dump_table(other, again, digits, domains) == table
    cut = {number: [0, 2] for number in domains}
    assert load_table(table, other, digits, cut) == load_table(
        dump_table(other, again, digits, domains), other, digits, cut
    )


def test_answers_without_a_pattern_take_a_few_bits_in_a_pickle() -> None:
    sweep = expand({"a": DynamicValue(range(200)), "b": DynamicValue(range(200)), "n": DynamicValue(range(10**9))})
    kept = constrain(lambda a, b: pow(a * 211 + b + 1, 3, 1009) % 3 > 0, sweep, on=("a", "b"))
    dumped = pickle.dumps(kept)
    assert len(dumped) < 200 * 200 // 2
    assert pickle.loads(dumped) == kept
