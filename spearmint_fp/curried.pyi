# What type checkers know of `spearmint_fp.curried`: for each curried function, whole calls and calls that wait.
#
# The types are written here because they cannot be computed: what a helper makes of a generic function has lost its
# type variables, and with them the type of the sweep. `tests/test_curried.py` holds this file to the functions.

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar, overload

import pandas
import polars
import xarray
from matplotlib.figure import Figure

from spearmint_fp import ABSENT as ABSENT
from spearmint_fp import AbsentError as AbsentError
from spearmint_fp import AbsentFileError as AbsentFileError
from spearmint_fp import ArgumentError as ArgumentError
from spearmint_fp import Bind as Bind
from spearmint_fp import CallbackError as CallbackError
from spearmint_fp import ChoiceError as ChoiceError
from spearmint_fp import Config as Config
from spearmint_fp import ConflictError as ConflictError
from spearmint_fp import ConversionError as ConversionError
from spearmint_fp import CountError as CountError
from spearmint_fp import DynamicValue as DynamicValue
from spearmint_fp import EncodingError as EncodingError
from spearmint_fp import ErrorInfo as ErrorInfo
from spearmint_fp import ExperimentError as ExperimentError
from spearmint_fp import ExperimentResult as ExperimentResult
from spearmint_fp import Failure as Failure
from spearmint_fp import FileError as FileError
from spearmint_fp import FormatError as FormatError
from spearmint_fp import FrozenError as FrozenError
from spearmint_fp import IdentityError as IdentityError
from spearmint_fp import Journal as Journal
from spearmint_fp import JournalError as JournalError
from spearmint_fp import JournalPlan as JournalPlan
from spearmint_fp import JournalStatus as JournalStatus
from spearmint_fp import MissingAttributeError as MissingAttributeError
from spearmint_fp import MissingExtraError as MissingExtraError
from spearmint_fp import Outcome as Outcome
from spearmint_fp import PathError as PathError
from spearmint_fp import PositionError as PositionError
from spearmint_fp import Problem as Problem
from spearmint_fp import RunError as RunError
from spearmint_fp import SizeError as SizeError
from spearmint_fp import Spearmint as Spearmint
from spearmint_fp import SpearmintError as SpearmintError
from spearmint_fp import Success as Success
from spearmint_fp import Sweep as Sweep
from spearmint_fp import TaskTimeoutError as TaskTimeoutError
from spearmint_fp import TransferError as TransferError
from spearmint_fp import TreeError as TreeError
from spearmint_fp import Validation as Validation
from spearmint_fp import WorkerError as WorkerError
from spearmint_fp import by_name as by_name
from spearmint_fp import collect as collect
from spearmint_fp import columns as columns
from spearmint_fp import concat as concat
from spearmint_fp import config_id as config_id
from spearmint_fp import dask_cluster as dask_cluster
from spearmint_fp import difference as difference
from spearmint_fp import distinct as distinct
from spearmint_fp import dump_yaml as dump_yaml
from spearmint_fp import empty as empty
from spearmint_fp import expand as expand
from spearmint_fp import experiment as experiment
from spearmint_fp import explain as explain
from spearmint_fp import failures as failures
from spearmint_fp import freeze as freeze
from spearmint_fp import geomspace as geomspace
from spearmint_fp import inject as inject
from spearmint_fp import intersection as intersection
from spearmint_fp import json_schema as json_schema
from spearmint_fp import linspace as linspace
from spearmint_fp import load as load
from spearmint_fp import processes as processes
from spearmint_fp import product as product
from spearmint_fp import ray_cluster as ray_cluster
from spearmint_fp import retrying as retrying
from spearmint_fp import round_robin as round_robin
from spearmint_fp import runtime_context as runtime_context
from spearmint_fp import shadow as shadow
from spearmint_fp import single as single
from spearmint_fp import sticky as sticky
from spearmint_fp import successes as successes
from spearmint_fp import thaw as thaw
from spearmint_fp import threads as threads
from spearmint_fp import throttled as throttled
from spearmint_fp import timed_out as timed_out
from spearmint_fp import union as union
from spearmint_fp import unit as unit
from spearmint_fp import unstructure as unstructure
from spearmint_fp import worker as worker
from spearmint_fp import zipped as zipped
from spearmint_fp.configuration.paths import Path
from spearmint_fp.conversion.problems import Extra
from spearmint_fp.report.numbers import Value
from spearmint_fp.report.plots import Kind
from spearmint_fp.running.arun import AsyncOutcomes
from spearmint_fp.running.run import Outcomes

_C = TypeVar("_C")
_S = TypeVar("_S")
_T = TypeVar("_T")

# --- configurations

@overload
def get_in(path: Path, config: Any) -> Any: ...
@overload
def get_in(path: Path) -> Callable[[Any], Any]: ...
@overload
def set_in(path: Path, value: Any, config: Any) -> Any: ...
@overload
def set_in(path: Path, value: Any) -> Callable[[Any], Any]: ...
@overload
def set_in(path: Path) -> Callable[..., Any]: ...
@overload
def update_in(path: Path, fn: Callable[[Any], Any], config: Any) -> Any: ...
@overload
def update_in(path: Path, fn: Callable[[Any], Any]) -> Callable[[Any], Any]: ...
@overload
def update_in(path: Path) -> Callable[..., Any]: ...
@overload
def remove_in(path: Path, config: Any) -> Any: ...
@overload
def remove_in(path: Path) -> Callable[[Any], Any]: ...
@overload
def override(patch: Any, tree: Any) -> Any: ...
@overload
def override(patch: Any) -> Callable[[Any], Any]: ...
@overload
def structure(cls: type[_T], config: Any, *, extra: Extra = "forbid") -> _T: ...
@overload
def structure(cls: type[_T], *, extra: Extra = "forbid") -> Callable[[Any], _T]: ...
@overload
def structure(*, extra: Extra) -> Callable[..., Any]: ...
@overload
def structure(cls: Any, config: Any, *, extra: Extra = "forbid") -> Any: ...
@overload
def structure(cls: Any, *, extra: Extra = "forbid") -> Callable[[Any], Any]: ...

# --- sweeps

@overload
def constrain(predicate: Callable[..., Any], sweep: Sweep[_T], *, on: Path | Sequence[Path]) -> Sweep[_T]: ...
@overload
def constrain(predicate: Callable[..., Any], *, on: Path | Sequence[Path]) -> Callable[[Sweep[_T]], Sweep[_T]]: ...
@overload
def constrain(*, on: Path | Sequence[Path]) -> Callable[..., Any]: ...
@overload
def covering(strength: int, sweep: Sweep[_T], *, seed: int = 0) -> Sweep[_T]: ...
@overload
def covering(strength: int, *, seed: int = 0) -> Callable[[Sweep[_T]], Sweep[_T]]: ...
@overload
def covering(*, seed: int) -> Callable[..., Any]: ...
@overload
def derive(path: Path, fn: Callable[[_T], Any], sweep: Sweep[_T]) -> Sweep[_T]: ...
@overload
def derive(path: Path, fn: Callable[[_T], Any]) -> Callable[[Sweep[_T]], Sweep[_T]]: ...
@overload
def derive(path: Path) -> Callable[..., Any]: ...
@overload
def where(conditions: Mapping[Any, Any], sweep: Sweep[_T]) -> Sweep[_T]: ...
@overload
def where(conditions: Mapping[Any, Any]) -> Callable[[Sweep[_T]], Sweep[_T]]: ...
@overload
def exclude(partials: Mapping[Any, Any] | Iterable[Mapping[Any, Any]], sweep: Sweep[_T]) -> Sweep[_T]: ...
@overload
def exclude(partials: Mapping[Any, Any] | Iterable[Mapping[Any, Any]]) -> Callable[[Sweep[_T]], Sweep[_T]]: ...
@overload
def include(partials: Mapping[Any, Any] | Iterable[Mapping[Any, Any]], sweep: Sweep[_T]) -> Sweep[_T | Config]: ...
@overload
def include(partials: Mapping[Any, Any] | Iterable[Mapping[Any, Any]]) -> Callable[[Sweep[_T]], Sweep[_T | Config]]: ...
@overload
def groupby(path: Path, sweep: Sweep[_T]) -> dict[Any, Sweep[_T]]: ...
@overload
def groupby(path: Path) -> Callable[[Sweep[_T]], dict[Any, Sweep[_T]]]: ...
@overload
def project(paths: Path | Sequence[Path], sweep: Sweep[Any]) -> Sweep[Config]: ...
@overload
def project(paths: Path | Sequence[Path]) -> Callable[[Sweep[Any]], Sweep[Config]]: ...
@overload
def reorder(paths: Path | Sequence[Path], sweep: Sweep[_T]) -> Sweep[_T]: ...
@overload
def reorder(paths: Path | Sequence[Path]) -> Callable[[Sweep[_T]], Sweep[_T]]: ...
@overload
def neighbours(config: Any, sweep: Sweep[_T]) -> Sweep[_T]: ...
@overload
def neighbours(config: Any) -> Callable[[Sweep[_T]], Sweep[_T]]: ...
@overload
def neighbours(*, sweep: Sweep[_T]) -> Callable[[Any], Sweep[_T]]: ...
@overload
def label(config: Any, sweep: Sweep[Any]) -> str: ...
@overload
def label(config: Any) -> Callable[[Sweep[Any]], str]: ...
@overload
def label(*, sweep: Sweep[Any]) -> Callable[[Any], str]: ...
@overload
def slug(config: Any, sweep: Sweep[Any]) -> str: ...
@overload
def slug(config: Any) -> Callable[[Sweep[Any]], str]: ...
@overload
def slug(*, sweep: Sweep[Any]) -> Callable[[Any], str]: ...
@overload
def mapped(fn: Callable[[_T], _S], sweep: Sweep[_T]) -> Sweep[_S]: ...
@overload
def mapped(fn: Callable[[_T], _S]) -> Callable[[Sweep[_T]], Sweep[_S]]: ...
@overload
def sample(k: int, sweep: Sweep[_T], *, seed: int = 0) -> Sweep[_T]: ...
@overload
def sample(k: int, *, seed: int = 0) -> Callable[[Sweep[_T]], Sweep[_T]]: ...
@overload
def sample(*, seed: int) -> Callable[..., Any]: ...
@overload
def shard(i: int, n: int, sweep: Sweep[_T]) -> Sweep[_T]: ...
@overload
def shard(i: int, n: int) -> Callable[[Sweep[_T]], Sweep[_T]]: ...
@overload
def shard(i: int) -> Callable[..., Any]: ...
@overload
def shuffled(sweep: Sweep[_T], *, seed: int = 0) -> Sweep[_T]: ...
@overload
def shuffled(*, seed: int = 0) -> Callable[[Sweep[_T]], Sweep[_T]]: ...
@overload
def spread(k: int, sweep: Sweep[_T], *, seed: int = 0) -> Sweep[_T]: ...
@overload
def spread(k: int, *, seed: int = 0) -> Callable[[Sweep[_T]], Sweep[_T]]: ...
@overload
def spread(*, seed: int) -> Callable[..., Any]: ...
@overload
def structured(cls: type[_T], sweep: Sweep[Any], *, extra: Extra = "forbid") -> Sweep[_T]: ...
@overload
def structured(cls: type[_T], *, extra: Extra = "forbid") -> Callable[[Sweep[Any]], Sweep[_T]]: ...
@overload
def structured(*, extra: Extra) -> Callable[..., Any]: ...
@overload
def structured(cls: Any, sweep: Sweep[Any], *, extra: Extra = "forbid") -> Sweep[Any]: ...
@overload
def structured(cls: Any, *, extra: Extra = "forbid") -> Callable[[Sweep[Any]], Sweep[Any]]: ...
@overload
def validate(cls: Any, sweep: Sweep[Any], *, extra: Extra = "forbid") -> Validation: ...
@overload
def validate(cls: Any, *, extra: Extra = "forbid") -> Callable[[Sweep[Any]], Validation]: ...
@overload
def validate(*, extra: Extra) -> Callable[..., Any]: ...

# --- running

@overload
def run(
    fn: Callable[[_C], Awaitable[_T]],
    configs: Iterable[_C],
    *,
    executor: Any = None,
    in_flight: int | None = None,
    ordered: bool = True,
    journal: Journal | None = None,
    progress: bool = False,
) -> Outcomes[_C, _T]: ...
@overload
def run(
    fn: Callable[[_C], _T],
    configs: Iterable[_C],
    *,
    executor: Any = None,
    in_flight: int | None = None,
    ordered: bool = True,
    journal: Journal | None = None,
    progress: bool = False,
) -> Outcomes[_C, _T]: ...
@overload
def run(
    fn: Callable[[_C], Awaitable[_T]],
    *,
    executor: Any = None,
    in_flight: int | None = None,
    ordered: bool = True,
    journal: Journal | None = None,
    progress: bool = False,
) -> Callable[[Iterable[_C]], Outcomes[_C, _T]]: ...
@overload
def run(
    fn: Callable[[_C], _T],
    *,
    executor: Any = None,
    in_flight: int | None = None,
    ordered: bool = True,
    journal: Journal | None = None,
    progress: bool = False,
) -> Callable[[Iterable[_C]], Outcomes[_C, _T]]: ...
@overload
def run(
    *,
    executor: Any = None,
    in_flight: int | None = None,
    ordered: bool = True,
    journal: Journal | None = None,
    progress: bool = False,
) -> Callable[..., Any]: ...
@overload
def arun(
    fn: Callable[[_C], Awaitable[_T]],
    configs: Iterable[_C] | AsyncIterable[_C],
    *,
    limit: int = 8,
    in_flight: int | None = None,
    ordered: bool = True,
    journal: Journal | None = None,
    progress: bool = False,
) -> AsyncOutcomes[_C, _T]: ...
@overload
def arun(
    fn: Callable[[_C], _T],
    configs: Iterable[_C] | AsyncIterable[_C],
    *,
    limit: int = 8,
    in_flight: int | None = None,
    ordered: bool = True,
    journal: Journal | None = None,
    progress: bool = False,
) -> AsyncOutcomes[_C, _T]: ...
@overload
def arun(
    fn: Callable[[_C], Awaitable[_T]],
    *,
    limit: int = 8,
    in_flight: int | None = None,
    ordered: bool = True,
    journal: Journal | None = None,
    progress: bool = False,
) -> Callable[[Iterable[_C] | AsyncIterable[_C]], AsyncOutcomes[_C, _T]]: ...
@overload
def arun(
    fn: Callable[[_C], _T],
    *,
    limit: int = 8,
    in_flight: int | None = None,
    ordered: bool = True,
    journal: Journal | None = None,
    progress: bool = False,
) -> Callable[[Iterable[_C] | AsyncIterable[_C]], AsyncOutcomes[_C, _T]]: ...
@overload
def arun(
    *,
    limit: int = 8,
    in_flight: int | None = None,
    ordered: bool = True,
    journal: Journal | None = None,
    progress: bool = False,
) -> Callable[..., Any]: ...
@overload
def best(
    key: Callable[[Success[_C, _T]], Any], outcomes: Iterable[Outcome[_C, _T]], *, lowest: bool = False
) -> Success[_C, _T]: ...
@overload
def best(
    key: Callable[[Success[_C, _T]], Any], *, lowest: bool = False
) -> Callable[[Iterable[Outcome[_C, _T]]], Success[_C, _T]]: ...
@overload
def stop_when(
    enough: Callable[[Any], bool],
    outcomes: AsyncOutcomes[_C, _T],
    *,
    step: Callable[[Any, Outcome[_C, _T]], Any] | None = None,
    initial: Any = 0,
) -> AsyncOutcomes[_C, _T]: ...
@overload
def stop_when(
    enough: Callable[[Any], bool],
    outcomes: Iterable[Outcome[_C, _T]],
    *,
    step: Callable[[Any, Outcome[_C, _T]], Any] | None = None,
    initial: Any = 0,
) -> Outcomes[_C, _T]: ...
@overload
def stop_when(
    enough: Callable[[Any], bool], *, step: Callable[[Any, Any], Any] | None = None, initial: Any = 0
) -> Callable[[Any], Any]: ...
@overload
def stop_when(*, step: Callable[[Any, Any], Any] | None = None, initial: Any = 0) -> Callable[..., Any]: ...

# --- looking at results

@overload
def rows(outcomes: Iterable[Outcome[Any, Any]], *, sweep: Sweep[Any] | None = None) -> tuple[dict[str, Any], ...]: ...
@overload
def rows(*, sweep: Sweep[Any] | None = None) -> Callable[[Iterable[Outcome[Any, Any]]], tuple[dict[str, Any], ...]]: ...
@overload
def frame(
    outcomes: Iterable[Outcome[Any, Any]] | Sweep[Any],
    *,
    library: Literal["pandas"] = "pandas",
    sweep: Sweep[Any] | None = None,
) -> pandas.DataFrame: ...
@overload
def frame(
    outcomes: Iterable[Outcome[Any, Any]] | Sweep[Any],
    *,
    library: Literal["polars"],
    sweep: Sweep[Any] | None = None,
) -> polars.DataFrame: ...
@overload
def frame(
    *, library: Literal["pandas"] = "pandas", sweep: Sweep[Any] | None = None
) -> Callable[[Iterable[Outcome[Any, Any]] | Sweep[Any]], pandas.DataFrame]: ...
@overload
def frame(
    *, library: Literal["polars"], sweep: Sweep[Any] | None = None
) -> Callable[[Iterable[Outcome[Any, Any]] | Sweep[Any]], polars.DataFrame]: ...
@overload
def dataset(outcomes: Iterable[Outcome[Any, Any]], *, sweep: Sweep[Any] | None = None) -> xarray.Dataset: ...
@overload
def dataset(*, sweep: Sweep[Any] | None = None) -> Callable[[Iterable[Outcome[Any, Any]]], xarray.Dataset]: ...
@overload
def summary(
    outcomes: Iterable[Outcome[Any, Any]], *, value: Value | None = None, by: Path | Sequence[Path] = ()
) -> tuple[dict[str, Any], ...]: ...
@overload
def summary(
    *, value: Value | None = None, by: Path | Sequence[Path] = ()
) -> Callable[[Iterable[Outcome[Any, Any]]], tuple[dict[str, Any], ...]]: ...
@overload
def compare(
    path: Path, outcomes: Iterable[Outcome[Any, Any]], *, value: Value | None = None
) -> tuple[dict[str, Any], ...]: ...
@overload
def compare(
    path: Path, *, value: Value | None = None
) -> Callable[[Iterable[Outcome[Any, Any]]], tuple[dict[str, Any], ...]]: ...
@overload
def plot(
    outcomes: Iterable[Outcome[Any, Any]],
    *,
    value: Value | None = None,
    kind: Kind | None = None,
    on: str | Sequence[str] | None = None,
    sweep: Sweep[Any] | None = None,
    title: str | None = None,
) -> Figure: ...
@overload
def plot(
    *,
    value: Value | None = None,
    kind: Kind | None = None,
    on: str | Sequence[str] | None = None,
    sweep: Sweep[Any] | None = None,
    title: str | None = None,
) -> Callable[[Iterable[Outcome[Any, Any]]], Figure]: ...
@overload
def html_page(
    outcomes: Iterable[Outcome[Any, Any]],
    *,
    title: str = "Outcomes",
    sweep: Sweep[Any] | None = None,
    value: str | None = None,
) -> str: ...
@overload
def html_page(
    *, title: str = "Outcomes", sweep: Sweep[Any] | None = None, value: str | None = None
) -> Callable[[Iterable[Outcome[Any, Any]]], str]: ...
