"""A Hydra configuration as the base of a sweep: composed by Hydra, swept here, and given back with its types.

Hydra reads the folder and picks from its groups. Its interpolations (`${optimizer.lr}`) stay text while the sweep is
made, and are resolved in each configuration: so they follow the values that are swept, and each configuration is
what Hydra itself would have composed from the same overrides. In place of `--multirun` and its basic sweeper stands
a sweep, which has conditional axes: momentum is an axis of one optimizer only.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from omegaconf import MISSING, DictConfig, OmegaConf

from spearmint_fp import Config, DynamicValue, Sweep, expand, override, run, successes, thaw

FILES = {
    "config.yaml": "defaults: [optimizer: plain, _self_]\nname: ${optimizer.kind} at ${optimizer.lr}\nsteps: 100",
    "optimizer/plain.yaml": "kind: plain\nlr: 0.1",
    "optimizer/heavy.yaml": "kind: heavy\nlr: 0.1\nmomentum: 0.9",
}


@dataclass
class Optimizer:
    """A group; `lr: 1` in a file or on a command line is 1.0 here."""

    kind: str = MISSING
    lr: float = MISSING
    momentum: float = 0.0


@dataclass
class Settings:
    """The settings of the program."""

    name: str = MISSING
    steps: int = MISSING
    optimizer: Optimizer = MISSING


def composed(folder: Path, *overrides: str) -> DictConfig:
    """Hydra's configurations of the folder and the overrides, each as on its command line."""
    with initialize_config_dir(str(folder), version_base="1.3"):
        return compose("config", overrides=[*overrides])


def swept(folder: Path) -> Sweep[Config]:
    """Two choices of a group, with a rate for both and a momentum for one."""
    plain, heavy = (plain_data(composed(folder, f"optimizer={kind}", "steps=40")) for kind in ("plain", "heavy"))
    heavy = override({"optimizer": {"momentum": DynamicValue([0.5, 0.8])}}, heavy)
    rates = {"optimizer": {"lr": DynamicValue([0.05, 0.1, 0.15])}}
    return expand(override(rates, DynamicValue([plain, heavy])))


def plain_data(config: DictConfig) -> Any:
    """Dicts and lists, interpolations still as text."""
    return OmegaConf.to_container(config)


def typed(config: Config) -> Any:
    """A configuration for code that wants OmegaConf's: checked against the classes, interpolations resolved."""
    given = OmegaConf.merge(OmegaConf.structured(Settings), OmegaConf.create(thaw(config)))
    OmegaConf.resolve(given)
    return given


def lowest(config: Config) -> tuple[str, float]:
    """Descend a narrow valley, x²/2 + 5y², from (1, 1); how far down the steps lead."""
    settings = typed(config)
    (x, y), (dx, dy), how = (1.0, 1.0), (0.0, 0.0), settings.optimizer
    for _ in range(settings.steps):
        dx, dy = how.momentum * dx - how.lr * x, how.momentum * dy - how.lr * 10 * y
        x, y = x + dx, y + dy
    return settings.name, x * x / 2 + 5 * y * y


def main() -> None:
    """Write the folder, compose, sweep, run."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FILES.items():
            (path := Path(folder, name)).parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        sweep = swept(Path(folder))
    print(f"{sweep!r}, the first: {OmegaConf.to_object(typed(sweep[0]))}")
    for outcome in successes(run(lowest, sweep)):
        name, value = outcome.result
        print(f"  {value:8.1e}  {name}, momentum {outcome.config.optimizer.get('momentum', 0)}")


if __name__ == "__main__":
    main()
