"""This library beside others that list the same configurations: what each costs per configuration.

Each peer gets W1, W2 and W3 the way its documentation says, made ready outside the clock, as a sweep is. One that
knows no nested spaces gets W2 by dotted keys, with the static part as one value. One that is slow, or that keeps every
configuration, gets the same axes shortened. Before it is timed, each must have listed the very same configurations.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from importlib import import_module
from importlib.metadata import version
from statistics import median
from typing import Any, NamedTuple

from spearmint_fp import thaw

from .measure import Row, Way, drained, quartiles, repeated, turns
from .workloads import WORKLOADS, Workload, flat

__all__ = ["PEERS", "Peer", "installed", "peers", "same", "versions"]

Listing = Callable[[], Iterable[Any]]


class Peer(NamedTuple):
    """A way to list a workload's configurations: `make` gets ready, and what it returns is timed."""

    name: str
    make: Callable[[Workload], Listing]
    plain: Callable[[Workload, Any], Mapping[str, Any]]
    most: int = 10**6
    package: str = ""
    module: str = ""
    whole: bool = True
    """True if it gives configurations, and not the tuples or texts that they are made of."""
    note: str = ""


# --- this library and what a person would write ----------------------------------------------------------


def _ours(workload: Workload) -> Listing:
    sweep = workload.sweep()
    return lambda: sweep


def _ours_thawed(workload: Workload) -> Listing:
    sweep = workload.sweep()
    return lambda: map(thaw, sweep)


def _from_ours(workload: Workload, config: Any) -> dict[str, Any]:
    return flat(workload, thaw(config))


def _loops(workload: Workload) -> Listing:
    return workload.loops


def _product(workload: Workload) -> Listing:
    lists = workload.lists()
    return lambda: (dict(zip(lists, values, strict=True)) for values in itertools.product(*lists.values()))


def _deepcopied(workload: Workload) -> Listing:
    template = workload.tree(lambda values: values[0])

    def listing() -> Iterator[dict[str, Any]]:
        for values in itertools.product(*workload.axes.values()):
            config = deepcopy(template)
            for path, value in zip(workload.axes, values, strict=True):
                inner = config
                for step in path[:-1]:
                    inner = inner[step]
                inner[path[-1]] = value
            yield config

    return listing


# --- peers -------------------------------------------------------------------------------------------------


def _parameter_grid(workload: Workload) -> Listing:
    from sklearn.model_selection import ParameterGrid

    grid = ParameterGrid(workload.lists())
    return lambda: grid


def _hypergrid(workload: Workload) -> Listing:
    from hypergrid.grid import HyperGrid

    grid = HyperGrid(**workload.lists("__"))
    return lambda: grid


def _from_names(_: Workload, config: Any) -> dict[str, Any]:
    return {name.replace("__", "."): value for name, value in config._asdict().items()}


def _cirq(workload: Workload) -> Listing:
    import cirq

    sweep = cirq.Product(*(cirq.Points(name, values) for name, values in workload.lists().items()))
    return lambda: sweep


def _psweep(workload: Workload) -> Listing:
    import psweep

    lists = [psweep.plist(name, values) for name, values in workload.lists().items()]
    return lambda: psweep.pgrid(lists)


def _config_space(workload: Workload) -> Listing:
    from ConfigSpace import CategoricalHyperparameter, ConfigurationSpace, Constant
    from ConfigSpace.util import generate_grid

    space = ConfigurationSpace()
    for name, values in workload.lists().items():
        space.add(CategoricalHyperparameter(name, values) if len(values) > 1 else Constant(name, values[0]))
    return lambda: generate_grid(space)


def _ray_tune(workload: Workload) -> Listing:
    from ray.tune.search.variant_generator import generate_variants, grid_search

    spec = {"config": workload.tree(grid_search)}
    return lambda: generate_variants(spec)


def _optuna(workload: Workload) -> Listing:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    axes = {".".join(path): list(values) for path, values in workload.axes.items()}
    static = {".".join(path): value for path, value in workload.static.items()}

    def listing() -> list[dict[str, Any]]:
        configs = []

        def objective(trial: Any) -> float:
            configs.append({**{name: trial.suggest_categorical(name, axes[name]) for name in axes}, **static})
            return 0.0

        optuna.create_study(sampler=optuna.samplers.GridSampler(axes, seed=0)).optimize(objective)
        return configs

    return listing


def _optuna_tuples(workload: Workload) -> Listing:
    import optuna

    lists = {".".join(path): list(values) for path, values in workload.axes.items()}
    return lambda: optuna.samplers.GridSampler(lists, seed=0)._all_grids


def _from_tuples(workload: Workload, values: Any) -> dict[str, Any]:
    """By name, as the sampler sorts them."""
    names = sorted(".".join(path) for path in workload.axes)
    static = {".".join(path): value for path, value in workload.static.items()}
    return {**dict(zip(names, values, strict=True)), **static}


def _hydra_overrides(workload: Workload) -> Listing:
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.core.override_parser.overrides_parser import OverridesParser

    swept = {".".join(path): ",".join(map(str, values)) for path, values in workload.axes.items()}
    overrides = OverridesParser.create().parse_overrides([f"{name}={values}" for name, values in swept.items()])
    return lambda: BasicSweeper.split_arguments(overrides, None)[0]


def _hydra(workload: Workload) -> Listing:
    from hydra import compose, initialize
    from hydra.core.config_store import ConfigStore

    name = "spearmint_fp_bench"
    ConfigStore.instance().store(name=name, node=workload.tree(lambda values: values[0]))
    overrides = _hydra_overrides(workload)

    def listing() -> list[Any]:
        with initialize(version_base=None, config_path=None):
            return [compose(name, overrides=each) for each in overrides()]

    return listing


def _from_texts(workload: Workload, texts: Any) -> dict[str, Any]:
    """By the values' own texts: an override says `a=1`, and hydra reads the 1 when it composes."""
    said = dict(text.split("=", 1) for text in texts)
    names = {".".join(path): values for path, values in workload.axes.items()}
    values = {name: next(v for v in names[name] if str(v) == text) for name, text in said.items()}
    return {**values, **{".".join(path): value for path, value in workload.static.items()}}


def _from_omega(workload: Workload, config: Any) -> dict[str, Any]:
    from omegaconf import OmegaConf

    container = OmegaConf.to_container(config)
    assert isinstance(container, dict)
    return flat(workload, {str(name): value for name, value in container.items()})


def _as_it_is(_: Workload, config: Any) -> Mapping[str, Any]:
    return dict(config)


SKLEARN = ("scikit-learn", "sklearn.model_selection")
RAY = ("ray", "ray.tune.search.variant_generator")
HYDRA = ("hydra-core", "hydra")

PEERS = (
    Peer("hand-written loops", _loops, flat),
    Peer("spearmint_fp", _ours, _from_ours, package="spearmint_fp", module="spearmint_fp"),
    Peer("spearmint_fp, thawed to dicts", _ours_thawed, flat, 10**5),
    Peer("itertools.product, dict(zip())", _product, _as_it_is, note="flat keys"),
    Peer("itertools.product, copy.deepcopy", _deepcopied, flat, 10**4),
    Peer("hypergrid: HyperGrid", _hypergrid, _from_names, 10**5, "hypergrid", "hypergrid.grid", note="named tuples"),
    Peer("scikit-learn: ParameterGrid", _parameter_grid, _as_it_is, 10**5, *SKLEARN, note="flat keys"),
    Peer(
        "Cirq: Product of Points",
        _cirq,
        lambda _, resolver: resolver.param_dict,
        10**4,
        "cirq-core",
        "cirq",
        note="ParamResolvers, flat keys",
    ),
    Peer("psweep: pgrid", _psweep, _as_it_is, 5000, "psweep", "psweep", note="flat keys, a list"),
    Peer(
        "ConfigSpace: generate_grid",
        _config_space,
        _as_it_is,
        1000,
        "ConfigSpace",
        "ConfigSpace",
        note="Configurations, flat keys, a list",
    ),
    Peer("Ray Tune: generate_variants", _ray_tune, lambda w, found: flat(w, found[1]["config"]), 1000, *RAY),
    Peer("Optuna: a study with GridSampler", _optuna, _as_it_is, 50, "optuna", "optuna", note="flat keys, shuffled"),
    Peer("Hydra: BasicSweeper and compose", _hydra, _from_omega, 6, *HYDRA, note="DictConfigs, a list"),
    Peer(
        "Optuna: the tuples of GridSampler",
        _optuna_tuples,
        _from_tuples,
        10**5,
        "optuna",
        "optuna",
        whole=False,
        note="tuples, a list, shuffled",
    ),
    Peer(
        "Hydra: the overrides of BasicSweeper",
        _hydra_overrides,
        _from_texts,
        10**4,
        *HYDRA,
        whole=False,
        note="override texts, a list",
    ),
)


# --- measuring -----------------------------------------------------------------------------------------------


def installed(peer: Peer) -> bool:
    """True if it can be imported: a library may be there without what this part of it needs."""
    if not peer.module:
        return True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import_module(peer.module)
    except ImportError:
        return False
    return True


def same(peer: Peer, workload: Workload) -> bool:
    """True if the peer lists exactly the configurations of the workload, in whatever order."""
    ours = [_from_ours(workload, config) for config in workload.sweep()]
    theirs = [dict(peer.plain(workload, config)) for config in peer.make(workload)()]
    return sorted(map(_key, ours)) == sorted(map(_key, theirs))


def _key(config: Mapping[str, Any]) -> str:
    return repr(sorted(config.items()))


def versions() -> dict[str, str]:
    packages = dict.fromkeys(peer.package for peer in PEERS if peer.package and installed(peer))
    return {package: version(package) for package in packages}


def peers(rounds: int) -> Iterator[Row]:
    there = [peer for peer in PEERS if installed(peer)]
    for workload in WORKLOADS:
        for peer in PEERS:
            if peer not in there:
                yield Row(peer.name, None, "us per config", None, "not installed", workload.name)
        yield from _measured(workload, there, rounds)


def _measured(workload: Workload, there: list[Peer], rounds: int) -> Iterator[Row]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ways = [_way(peer, workload, quick=rounds == 1) for peer in there]
        costs = turns(ways, 8 * rounds + 5 if rounds > 1 else 1, 2.0)  # short rounds, many for those that are quick
    for way in ways:
        spread = quartiles([cost * 1e6 for cost in costs[way.what]])
        cost = median(costs[way.what]) * 1e6
        yield Row(way.what, cost, "us per config", None, way.note, workload.name, spread)
    ours, loops = costs["spearmint_fp"], costs["hand-written loops"]
    yield _ratio("spearmint_fp : hand-written loops", ours, loops, None, workload.name)
    others = [peer.name for peer in there if peer.package and peer.whole and peer.name != "spearmint_fp"]
    if others:
        fastest = min(others, key=lambda name: median(costs[name]))
        yield _ratio("spearmint_fp : the fastest peer", ours, costs[fastest], 0.5, workload.name, fastest)


def _ratio(
    what: str, ours: list[float], theirs: list[float], must: float | None, case: str, note: str = ""
) -> Row:  # of the same rounds
    ratios = [a / b for a, b in zip(ours, theirs, strict=False)]
    return Row(what, median(ratios), "x", must, note, case, quartiles(ratios))


def _way(peer: Peer, workload: Workload, *, quick: bool) -> Way:
    """The peer's listing of as much of the workload as it can do in a moment, once it has proved to be right."""
    tiny = workload.cut(min(peer.most, 60))
    if peer.make is not _loops and not same(peer, tiny):  # the loops cannot be shortened; `expansion` looks at them
        raise AssertionError(f"{peer.name} does not list the {tiny.size} configurations of {workload.name}")
    part = workload.cut(min(peer.most, 2000) if quick else peer.most)
    if peer.make is _loops:
        part = workload
    listing = peer.make(part)
    note = ", ".join([text for text in (peer.note, f"{part.size:,} of them" * (part.size < workload.size)) if text])
    drained(listing())
    times = 1 if quick or peer.most < 10**4 else max(1, 10**4 // part.size)  # W2 alone would be over in no time
    return Way(peer.name, repeated(lambda: drained(listing()), times), part.size * times, None, note)
