"""A space in a YAML file, checked against the program's own classes before anything runs, then run.

Gradient descent on Rosenbrock's valley, with three learning-rate schedules that have settings of their own.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Literal

import attrs

from spearmint_fp import Bind, DynamicValue, Spearmint, constrain, expand, label, load, override, validate


@attrs.frozen
class Constant:
    """The learning rate as it is."""

    kind: Literal["constant"]

    def factor(self, _step: int, _steps: int) -> float:
        return 1.0


@attrs.frozen
class Step:
    """The learning rate times a factor, every so many steps."""

    kind: Literal["step"]
    every: int = attrs.field(validator=attrs.validators.gt(0))
    factor_: float = attrs.field(alias="factor")

    def factor(self, step: int, _steps: int) -> float:
        return self.factor_ ** (step // self.every)


@attrs.frozen
class Cosine:
    """The learning rate along half a cosine, after a warm-up."""

    kind: Literal["cosine"]
    warmup: int = 0

    def factor(self, step: int, steps: int) -> float:
        return min(1.0, (step + 1) / (self.warmup + 1)) * 0.5 * (1 + math.cos(math.pi * step / steps))


@attrs.frozen
class Run:
    """One descent."""

    lr: float = attrs.field(validator=attrs.validators.gt(0))
    schedule: Constant | Step | Cosine
    steps: int
    seed: int = 0


def descend(run: Run) -> float:
    """How far from the valley's floor a run ends."""
    x, y = -1.0 + 0.01 * run.seed, 1.5
    for step in range(run.steps):
        rate = run.lr * run.schedule.factor(step, run.steps) / 100
        x, y = x - rate * (2 * (x - 1) - 40 * x * (y - x * x)), y - rate * 20 * (y - x * x)
    return (1 - x) ** 2 + 10 * (y - x * x) ** 2


@attrs.frozen
class File:
    """The content of the file: the run, and the defaults that it merges."""

    run: Run
    defaults: dict[str, int]


tree = load(Path(__file__).with_name("space.yaml"))
space = expand(tree)
print(space)
print(validate(File, space).raise_for_problems())

mistaken = expand(override({"run": {"lr": DynamicValue([0.1, "fast", -1])}}, tree))
print(validate(File, mistaken))

gentle = constrain(lambda lr: lr < 0.3, space, on="run.lr")
mint = Spearmint(configs=gentle)


@mint.experiment()
def score(run: Annotated[Run, Bind("run")]) -> float:
    """How well a run does: the lower, the better."""
    return descend(run)


if __name__ == "__main__":
    with Spearmint.run(score, await_variants=True) as runner:
        result = runner()
    outcomes = [result.main_result, *result.variant_results]
    print(f"{sum(outcome.ok for outcome in outcomes)} of {len(outcomes)} runs scored; the best:")
    for outcome in sorted(outcomes, key=lambda outcome: outcome.result)[:3]:
        print(f"  {outcome.result:.4f}  {label(outcome.config, space)}")
