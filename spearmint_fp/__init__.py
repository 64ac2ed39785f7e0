"""A `Sweep` is to configurations what `range` is to integers.

Trees of records, choices and leaves (`Config`, `DynamicValue`) expand into sweeps that are lazy, immutable, exactly
sized, indexable, sliceable, comparable, hashable and tiny to pickle, whether they hold six configurations or 10^30.

>>> from spearmint_fp import DynamicValue, expand, run
>>> sweep = expand({"model": DynamicValue(["small", "large"]), "temperature": DynamicValue([0.1, 0.5, 0.9])})
>>> [outcome.result for outcome in run(lambda config: f"{config.model} at {config.temperature}", sweep[2:4])]
['small at 0.9', 'large at 0.1']

Contents; `help(spearmint_fp.expand)` tells of one of them:

    Describe:     Config, DynamicValue, linspace, geomspace, load, dump_yaml, freeze, thaw
    Change:       get_in, set_in, update_in, remove_in, override, config_id
    Convert:      structure, unstructure, structured, validate, json_schema, Validation, Problem,
                  ABSENT
    Make sweeps:  expand, Sweep, product, concat, zipped, unit, empty, mapped, derive, distinct
    Choose:       constrain, where, exclude, include, difference, intersection, union, groupby, project, reorder,
                  neighbours, shuffled, sample, covering, spread, shard
    Look:         explain, label, slug
    Run:          run, arun, stop_when, threads, processes, worker, dask_cluster, ray_cluster
    Make tasks:   retrying, timed_out, throttled, by_name, inject, Bind
    Outcomes:     Outcome, Success, Failure, ErrorInfo, collect, successes, failures, best
    Keep:         Journal, JournalStatus, JournalPlan
    Results:      rows, columns, frame, dataset, summary, compare, plot, html_page
    Experiments:  Spearmint, experiment, ExperimentResult, runtime_context, shadow, single, round_robin, sticky
    Errors:       SpearmintError, AbsentError, AbsentFileError, ArgumentError, CallbackError, ChoiceError,
                  ConflictError, ConversionError, CountError, EncodingError, ExperimentError, FileError, FormatError,
                  FrozenError, IdentityError, JournalError, MissingAttributeError, MissingExtraError, PathError,
                  PositionError, RunError, SizeError, TaskTimeoutError, TransferError, TreeError, WorkerError

`spearmint_fp.curried` has the same names for pipes. They are declared in `__init__.pyi`; each is loaded when it is
first asked for.
"""

from . import configuration as configuration
from . import experiment
from .configuration.lazy import attach_names
from .configuration.views import register_home

del experiment  # the room, which is imported only once: from here on the name is that of the decorator

register_home(f"{__name__}.report.reprs")

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = attach_names(__name__, __file__)
