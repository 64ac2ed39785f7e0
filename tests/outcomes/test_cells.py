"""Values as text and as numbers."""

from __future__ import annotations

import math
from decimal import Decimal
from pathlib import Path

from spearmint_fp import (
    Config,
    DynamicValue,
    Sweep,
    expand,
)
from spearmint_fp.outcomes.cells import as_float, format_text, is_number


def nested() -> Sweep[Config]:
    branches = [{"name": "sgd", "momentum": DynamicValue([0.0, 0.9])}, {"name": "adam"}]
    return expand({"opt": DynamicValue(branches), "seed": DynamicValue([1, 2]), "data": {"file": "x.csv"}})


def test_texts() -> None:
    assert [format_text(value) for value in (None, True, 1.5, "x", (1,), Path("a/b"), int, nested)] == [
        "None", "True", "1.5", "x", "(1,)", "a/b", "int", "nested",
    ]  # fmt: skip
    assert is_number(2**70)
    assert not is_number(True)
    assert as_float(10**400) == 1.7976931348623157e308
    assert is_number(Decimal("1.5"))
    assert as_float(Decimal("1.5")) == 1.5
    assert math.isnan(as_float(Decimal("sNaN")))
