"""A whole axis in one call: JAX takes the penalties of a ridge regression as an array, and runs them all at once.

`columns` gives each axis of the sweep as an array as long as the sweep. What changes the shape of the computation (the
basis and how many terms it has) is compiled once for each; the penalties of its rows go in as one array. The
scores come back as one more column, in the order of the sweep, so row `i` is the score of `sweep[i]`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from toolz import groupby

from spearmint_fp import Config, DynamicValue, columns, expand, run

jax.config.update("jax_enable_x64", True)

sweep = expand(
    {
        "basis": DynamicValue(["powers", "waves"]),
        "terms": DynamicValue([4, 8]),
        "penalty": DynamicValue([10 ** (k / 8) for k in range(-48, 17)]),
    }
)

x = np.linspace(-1, 1, 41)
y = np.sin(4 * x) + x**2 + 0.3 * np.cos(97 * x)
"""A curve, and what disturbs it."""


def score(penalty: Any, *, basis: str, terms: int) -> Any:
    """The error of a ridge regression on every other point, after it has learned from the points between them."""
    k = np.arange(terms)
    features = x[:, None] ** k if basis == "powers" else np.cos(np.pi / 2 * k * (x[:, None] + 1))
    seen, hidden = features[::2], features[1::2]
    weights = jnp.linalg.solve(seen.T @ seen + penalty * jnp.eye(terms), seen.T @ y[::2])
    return jnp.sqrt(jnp.mean((hidden @ weights - y[1::2]) ** 2))


def scores() -> Any:
    """The column of scores: one call for each basis and number of terms, over the array of penalties."""
    table = columns(sweep)
    column = np.empty(sweep.size)
    groups = groupby(lambda row: (table["basis"][row], int(table["terms"][row])), range(sweep.size))
    for (basis, terms), rows in groups.items():
        whole_axis = jax.jit(jax.vmap(partial(score, basis=basis, terms=terms)))
        column[rows] = whole_axis(table["penalty"][rows])
    return column


def one(config: Config) -> float:
    """The same for a single configuration."""
    return float(score(config.penalty, basis=config.basis, terms=config.terms))


def main() -> None:
    """Run all, show the best, and hold some against runs of their own."""
    column = scores()
    print(f"{sweep!r}: {len(column)} scores from 4 calls")
    for basis in ("powers", "waves"):
        row = min((i for i in range(sweep.size) if sweep[i].basis == basis), key=lambda i: column[i])
        print(f"  {column[row]:.4f}  {basis}: {sweep[row].terms} terms, penalty {sweep[row].penalty:.2g}")
    apart = [outcome.result for outcome in run(one, sweep[::13])]
    print("one by one they are the same:", np.allclose(apart, column[::13], rtol=1e-9))


if __name__ == "__main__":
    main()
