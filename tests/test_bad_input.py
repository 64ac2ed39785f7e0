"""Bad input: the tables of docs/reference/bad-input.md, junk for every public argument, noise in every kind of file."""

from __future__ import annotations

import ast
import faulthandler
import inspect
import itertools
import json
import math
import os
import pickle
import re
import signal
import subprocess
import sys
import types
import weakref
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from unittest.mock import MagicMock

import attrs
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spearmint_fp
from spearmint_fp import (
    AbsentError,
    AbsentFileError,
    ArgumentError,
    Bind,
    ChoiceError,
    Config,
    ConflictError,
    ConversionError,
    CountError,
    DynamicValue,
    EncodingError,
    FileError,
    FormatError,
    IdentityError,
    Journal,
    JournalError,
    MissingAttributeError,
    PathError,
    PositionError,
    SizeError,
    Spearmint,
    SpearmintError,
    Sweep,
    TreeError,
    Validation,
    best,
    by_name,
    compare,
    concat,
    config_id,
    constrain,
    covering,
    dataset,
    derive,
    difference,
    distinct,
    dump_yaml,
    empty,
    exclude,
    expand,
    experiment,
    explain,
    freeze,
    geomspace,
    get_in,
    groupby,
    include,
    inject,
    intersection,
    label,
    linspace,
    load,
    mapped,
    neighbours,
    override,
    plot,
    processes,
    product,
    project,
    remove_in,
    reorder,
    run,
    sample,
    set_in,
    shard,
    shuffled,
    slug,
    spread,
    structure,
    structured,
    summary,
    thaw,
    throttled,
    union,
    unit,
    unstructure,
    update_in,
    validate,
    where,
    zipped,
)
from spearmint_fp.configuration import fold as fold_module

from .examples import examples, some_of
from .waiting import LIMIT_SECONDS

resource = pytest.importorskip("resource", reason="limits of a process are tested with")
ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "reference" / "bad-input.md"
Folder = Path


class OwnError(Exception):
    """Raised by hostile objects themselves."""


class TooSlow(BaseException):
    """Raised where a call takes longer than it may; no handler of errors catches it."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """An error where the block takes more of the processor, however busy it is with others.

    Where no signal reaches the block, inside one call of C, the process ends.
    """

    def stop(*_: object) -> None:
        raise TooSlow(f"more than {seconds} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    faulthandler.dump_traceback_later(LIMIT_SECONDS, exit=True, file=2)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


# --- the table ---------------------------------------------------------------------------------------


@attrs.frozen
class Case:
    """A row of the page: what is given, how it is tried, and what comes of it; `…` in a message stands for any text."""

    group: str
    give: str
    call: Callable[[Folder], Any]
    error: type[SpearmintError] | None
    says: str

    gets: str = "works"

    @property
    def name(self) -> str:
        return f"{self.group}: {self.give}"

    @property
    def row(self) -> str:
        return f"| {self.give} | {self.gets if self.error is None else named_error(self.error)} | `{self.says}` |"


def named_error(error: type[Exception]) -> str:
    """An error with the builtins that it is, too."""
    builtins = [base for base in error.__mro__ if base.__module__ == "builtins"]
    nearest = [
        base for base in builtins if not any(other is not base and issubclass(other, base) for other in builtins)
    ]
    return f"`{error.__name__}` ({', '.join(f'`{base.__name__}`' for base in nearest)})"


def file(name: str, content: str | bytes) -> Callable[[Folder], Any]:
    """Write that file and load it."""

    def call(folder: Folder) -> Any:
        place = folder / name
        place.write_bytes(content.encode() if isinstance(content, str) else content)
        return load(place)

    return call


def on(call: Callable[[], Any]) -> Callable[[Folder], Any]:
    return lambda _: call()


def a_folder(folder: Folder) -> Any:
    (folder / "a.yaml").mkdir()
    return load(folder / "a.yaml")


def a_sparse_file(folder: Folder) -> Any:
    with (folder / "a.json").open("wb") as sparse:
        sparse.truncate(10 * 2**30)
    return load(folder / "a.json")


def a_pickle(folder: Folder) -> Any:
    return file("a.pkl", pickle.dumps({"a": 1}))(folder)


def nested(levels: int, wrap: Callable[[Any], Any], bottom: Any = 1) -> Any:
    for _ in range(levels):
        bottom = wrap(bottom)
    return bottom


def a_cycle() -> Any:
    layers: list[Any] = [64]
    layers.append({"again": layers})
    return {"model": {"layers": layers}}


class Sensor(Mapping[Any, Any]):
    """A mapping that is wrong about itself."""

    def __init__(self, keys: Any, length: int) -> None:
        self.given, self.length = keys, length

    def __iter__(self) -> Iterator[Any]:
        return iter(self.given)

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, key: Any) -> Any:
        return 1


class Endless:
    """A collection that says that it has three elements, and never ends."""

    def __iter__(self) -> Iterator[int]:
        return itertools.count()

    def __len__(self) -> int:
        return 3


class Shelf:
    """An iterable of its keys that is no mapping."""

    def __getitem__(self, key: str) -> int:
        return len(key)

    def __iter__(self) -> Iterator[str]:
        return iter("ab")

    def keys(self) -> list[str]:
        return ["a", "b"]


def read_already() -> Iterator[int]:
    values = (n for n in [1])
    assert list(values) == [1]
    return values


def train(lr: float, depth: int) -> float:
    return lr * depth


def half_way() -> Iterator[int]:
    yield 1
    raise OwnError("the disk is gone")


def a_failing_generator() -> str:
    try:
        DynamicValue(half_way())
    except OwnError as error:
        return f"OwnError: {error}"
    return "nothing"


@attrs.frozen
class Llm:
    model: str
    temperature: float = 0.5


def to_frame(config: Config) -> pd.DataFrame:
    return pd.DataFrame({"a": [1]})


def journaled(act: Callable[[Any], Any]) -> Callable[[Folder], Any]:
    """Something that is done with an empty journal."""

    def call(folder: Folder) -> Any:
        with Journal(folder / "runs.db", name="f") as journal:
            return act(journal)

    return call


BOMB = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{here}: &{here} [{','.join([f'*{before}'] * 10)}]\n" for before, here in zip("abcdefgh", "bcdefghi", strict=True)
)
SMALL = expand({"model": DynamicValue(["a", "b"]), "n": DynamicValue(range(3))})
VAST = expand({"n": DynamicValue(range(10**400))})
DEEP_CHOICE = nested(199, lambda inner: DynamicValue([inner]))
wrong: Any = spearmint_fp
"""The library without its types, to be used against them."""
small: Any = SMALL

CASES = [
    Case(
        "Files",
        "`a: !!python/object/apply:os.system [ls]`",
        file("a.yaml", "a: !!python/object/apply:os.system [ls]"),
        FormatError,
        "a.yaml:1:4: unknown tag !!python/object/apply:os.system; there is: '!sweep', '!range', '!linspace', "
        "'!geomspace', '!zip', '!concat', '!tied', '!space'",
    ),
    Case(
        "Files",
        "anchors that expand to 10^9 values",
        file("a.yaml", BOMB),
        FormatError,
        "a.yaml:6:4: aliases replaced, the file has more than 1000000 values here",
    ),
    Case(
        "Files",
        "an anchor that contains itself",
        file("a.yaml", "a: &x [*x]"),
        FormatError,
        "a.yaml:1:8: the anchor 'x' contains itself",
    ),
    Case(
        "Files",
        "YAML nested 50,000 deep",
        file("a.yaml", "[" * 50_000),
        FormatError,
        "a.yaml:1:202: nested deeper than 200",
    ),
    Case(
        "Files",
        "JSON nested 50,000 deep",
        file("a.json", "[" * 50_000),
        FormatError,
        "a.json:1:201: nested deeper than 200",
    ),
    Case(
        "Files",
        "TOML nested 50,000 deep",
        file("a.toml", "a = " + "[" * 50_000),
        FormatError,
        "a.toml: nested deeper than 200",
    ),
    Case(
        "Files",
        "a number of 5,000 digits",
        file("a.json", '{"a": ' + "1" * 5000 + "}"),
        FormatError,
        "a.json:1:7: a number of more than 4300 digits",
    ),
    Case(
        "Files",
        "the same key twice",
        file("a.yaml", "a: 1\nb: 2\na: 3\n"),
        FormatError,
        "a.yaml:3:1: the key 'a' stands twice in this mapping",
    ),
    Case(
        "Files",
        "not UTF-8",
        file("a.yaml", b"a: 1\nb: \xff"),
        FormatError,
        "a.yaml:2:4: not UTF-8 (byte 0xff). Save the file as UTF-8",
    ),
    Case(
        "Files",
        "UTF-16",
        file("a.json", '{"a": 1}'.encode("utf-16")),
        FormatError,
        "a.json:1:1: not UTF-8 (byte 0xff). Save the file as UTF-8",
    ),
    Case("Files", "a file that is cut", file("a.json", '{"a": '), FormatError, "a.json:1:7: expecting value"),
    Case("Files", "an empty YAML file", file("a.yaml", ""), FormatError, "a.yaml:1:1: holds no configuration"),
    Case(
        "Files",
        "`5`, which is no configuration",
        file("a.yaml", "5"),
        FormatError,
        "a.yaml:1:1: a configuration is a mapping, or a list of them; got 5 (int)",
    ),
    Case(
        "Files",
        "a folder named `a.yaml`",
        a_folder,
        FileError,
        "a.yaml: no .yaml, .yml, .json, .toml, .jsonl or .csv file in this folder",
    ),
    Case(
        "Files",
        "a file of 10 GiB",
        a_sparse_file,
        FileError,
        "a.json: a file of 10,737,418,240 bytes, more than 67,108,864. Make it a folder of files",
    ),
    Case(
        "Files",
        "a pickle",
        a_pickle,
        FormatError,
        "a.pkl: a configuration file ends in .yaml, .yml, .json, .toml, .jsonl or .csv",
    ),
    Case(
        "Files",
        "a name that is not there",
        lambda folder: load(folder / "nope.yaml"),
        AbsentFileError,
        "nope.yaml: no such file or folder…",
    ),
    Case("Files", "a name that no file can have", on(lambda: load("a\0.yaml")), FileError, "'a\\x00.yaml': no path: …"),
    Case(
        "Trees",
        "a list that contains itself",
        on(lambda: freeze(a_cycle())),
        TreeError,
        "the tree contains itself: model.layers.1.again is the list that stands at model.layers. Cut "
        "the cycle, or keep the object out of the tree",
    ),
    Case(
        "Trees",
        "dicts nested 5,000 deep",
        on(lambda: freeze(nested(5_000, lambda inner: {"k": inner}))),
        TreeError,
        "the tree is nested deeper than 200 at k.k.k.k.k.k…: dict. Flatten it, or hide the inner part "
        "in an object of your own",
    ),
    Case(
        "Trees",
        "a mapping with a key that cannot be hashed",
        on(lambda: freeze({"s": Sensor([[1]], 1)})),
        TreeError,
        "s: … (Sensor) has a key that is not hashable. Make it a dict first",
    ),
    Case(
        "Trees",
        "a mapping that never ends",
        on(lambda: freeze({"s": Sensor(itertools.count(), 1)})),
        TreeError,
        "s: … (Sensor) has a length of 1 and gives at least 2 keys, 2 different. Make it a dict first",
    ),
    Case(
        "Trees",
        "a choice inside a set",
        on(lambda: freeze({"a": {DynamicValue([1])}})),
        ChoiceError,
        "a: a choice inside a set is not seen: {DynamicValue((1,))}. Put the choice among the sets themselves",
    ),
    Case(
        "Trees",
        "a choice inside an object that is no record",
        on(lambda: expand({"args": types.SimpleNamespace(lr=DynamicValue([1, 2]))})),
        ChoiceError,
        "args: a choice inside a SimpleNamespace is not seen: namespace(lr=DynamicValue((1, 2))) holds "
        "DynamicValue((1, 2)). Put the choice into a dict, a list, or a field of an attrs class or a dataclass that "
        "its __init__ takes, or make it a choice of each SimpleNamespace: DynamicValue([...])",
    ),
    Case(
        "Trees",
        "a choice in a key",
        on(lambda: freeze({"a": {DynamicValue([1, 2]): 1}})),
        ChoiceError,
        "a: a choice in a key is not seen: DynamicValue((1, 2)). Choose among whole mappings instead",
    ),
    Case(
        "Trees",
        "a generator in a tree",
        on(lambda: freeze({"a": (n for n in [1])})),
        ChoiceError,
        "a: … (generator) gives its values once, to the first configuration that asks. Keep them in a list, or make a "
        "choice among them: DynamicValue(...)",
    ),
    Case(
        "Trees",
        "`expand('space.yaml')`",
        on(lambda: expand("space.yaml")),
        ArgumentError,
        "expand takes a tree; got 'space.yaml' (str). For what a file or a folder holds write expand(load(path))",
    ),
    Case(
        "Trees",
        "a patch for an object that is no record",
        on(lambda: override({"a": {"x": 1}}, {"a": types.SimpleNamespace(x=0, y=2)})),
        PathError,
        "cannot merge into a: there stands namespace(x=0, y=2) (SimpleNamespace), whose fields are no part of the "
        "tree, so that those which the patch does not name would be lost. Make it a dict, or replace it whole with "
        "set_in",
    ),
    Case(
        "Trees",
        "`Config([('a', 1)])`",
        on(lambda: wrong.Config([("a", 1)])),
        ArgumentError,
        "Config takes a mapping; got [('a', 1)] (list). For other trees there is freeze(tree)",
    ),
    Case(
        "Trees",
        "a key that is not there",
        on(lambda: Config({"model": 1})["modle"]),
        PathError,
        "no key 'modle' in this configuration; did you mean 'model'?",
    ),
    Case(
        "Trees",
        "an attribute that is not there",
        on(lambda: Config({"model": 1}).modle),
        MissingAttributeError,
        "no key 'modle' in this configuration; did you mean 'model'?",
    ),
    Case(
        "Trees",
        "a key that cannot be hashed",
        on(lambda: Config({"a": 1})[[1]]),
        ArgumentError,
        "a key of a configuration is hashable; got [1] (list). At a path there is get_in(path, config)",
    ),
    Case(
        "Trees",
        "`hash` of a config with an unhashable leaf",
        on(lambda: hash(Config({"a": {"b": bytearray(b"x")}}))),
        ArgumentError,
        "this configuration is not hashable: a.b is bytearray(b'x') (bytearray)",
    ),
    Case(
        "Trees",
        "`repr` of a number of 5,000 digits",
        on(lambda: Config({"n": 10**5000})),
        None,
        "Config({'n': about 10^5000})",
    ),
    Case(
        "Trees",
        "keys like `''`, `'a.b'`, `'items'`, `None`",
        on(lambda: Config({"": 1, "a.b": 2, "items": 3, None: 4})),
        None,
        "Config({'': 1, 'a.b': 2, 'items': 3, None: 4})",
    ),
    Case(
        "Trees",
        "`config_id` of a lambda",
        on(lambda: config_id({"a": {"f": lambda: 1}})),
        IdentityError,
        "no identity for a.f: … (function) is local, so no other process can find it. Name …",
    ),
    Case(
        "Trees",
        "a `config_id` of your own that is a list",
        on(lambda: config_id({"config_id": [1]})),
        IdentityError,
        "a config_id of your own is text or a whole number, no endless one; got [1] (list)",
    ),
    Case(
        "Choices",
        "`DynamicValue('gpt-4')`",
        on(lambda: DynamicValue("gpt-4")),
        ChoiceError,
        "DynamicValue takes an iterable of alternatives; got 'gpt-4' (str). For this one alternative "
        "write DynamicValue(['gpt-4'])",
    ),
    Case(
        "Choices",
        "`DynamicValue(5)`",
        on(lambda: wrong.DynamicValue(5)),
        ChoiceError,
        "DynamicValue takes an iterable of alternatives; got 5 (int). For this one alternative write DynamicValue([5])",
    ),
    Case(
        "Choices",
        "`linspace(0, inf, 3)`",
        on(lambda: linspace(0, float("inf"), 3)),
        ArgumentError,
        "stop is a finite number; got inf (float)",
    ),
    Case(
        "Choices",
        "`linspace(0, 1, 10**400)`",
        on(lambda: linspace(0, 1, 10**400)),
        SizeError,
        "num is 0 to 2^53, how many values there are; got about 10^400",
    ),
    Case(
        "Choices",
        "`geomspace(0, 1, 3)`",
        on(lambda: geomspace(0, 1, 3)),
        ArgumentError,
        "geomspace(0, 1, 3): both ends are positive, or both negative; no multiple leads from one to 0",
    ),
    Case(
        "Choices",
        "a generator that never ends",
        on(lambda: DynamicValue(itertools.count())),
        SizeError,
        "DynamicValue read 10000000 values from count(10000001) (count) and it goes on. Cut it with "
        "itertools.islice(values, n), or pass a range",
    ),
    Case(
        "Choices",
        "a collection that is longer than it says",
        on(lambda: DynamicValue(Endless())),
        SizeError,
        "DynamicValue read 3 values from … (Endless) and it goes on. Cut it with "
        "itertools.islice(values, n), or pass a range",
    ),
    Case(
        "Choices",
        "a generator that raises half way",
        on(a_failing_generator),
        None,
        "OwnError: the disk is gone",
        "your own error",
    ),
    Case(
        "Choices",
        "a generator that has been read",
        on(lambda: DynamicValue(read_already())),
        ChoiceError,
        "DynamicValue read nothing from … (generator): an iterator gives its values once, and this one has none left. "
        "Keep them in a list; for a choice without alternatives write DynamicValue([])",
    ),
    Case(
        "Choices",
        "an object that gives its keys alone",
        on(lambda: DynamicValue(Shelf())),
        ChoiceError,
        "DynamicValue takes an iterable of alternatives; … (Shelf) has keys or columns, and may give their names "
        "alone. For what it does give write DynamicValue(list(...))",
    ),
    Case(
        "Choices",
        "a data frame with two columns of one name",
        on(lambda: DynamicValue(pd.DataFrame([[1, 2]], columns=["a", "a"]))),
        ChoiceError,
        "the table has 2 columns named 'a', so its rows are no records. Rename them: … (DataFrame)",
    ),
    Case(
        "Choices",
        "a sweep in a `DynamicValue`",
        on(lambda: DynamicValue(SMALL)),
        ChoiceError,
        "Sweep(2 × 3 = 6) is a choice already: put it into the tree without DynamicValue",
    ),
    Case(
        "Choices",
        "`hash` with an unhashable alternative",
        on(lambda: hash(DynamicValue([bytearray(b"x")]))),
        ArgumentError,
        "this choice is not hashable: an alternative is bytearray(b'x') (bytearray)",
    ),
    Case(
        "Choices",
        "the size of a sweep with an empty choice",
        on(lambda: expand({"a": DynamicValue([]), "b": DynamicValue([1, 2])}).size),
        None,
        "0",
    ),
    Case(
        "Choices",
        "the choice among 10^400 numbers",
        on(lambda: len(DynamicValue(range(10**400)))),
        CountError,
        "more alternatives than len() can say: range(0, "
        "10000000000000000000000000000...00000000000000000000000000000000000000); ask expand(...).size",
    ),
    Case(
        "Sweeps",
        "`len` of 10^400 configurations",
        on(lambda: len(VAST)),
        CountError,
        "this sweep holds about 10^400 configurations, more than len() can say; ask .size",
    ),
    Case(
        "Sweeps",
        "whether the last of 10^400 is the last number",
        on(lambda: VAST[-1] == {"n": 10**400 - 1}),
        None,
        "True",
    ),
    Case("Sweeps", "a position outside", on(lambda: SMALL[6]), PositionError, "no configuration 6 in a sweep of 6"),
    Case(
        "Sweeps",
        "the position -10^400",
        on(lambda: SMALL[-(10**400)]),
        PositionError,
        "no configuration about -10^400 in a sweep of 6",
    ),
    Case(
        "Sweeps",
        "`sweep['model']`",
        on(lambda: small["model"]),
        ArgumentError,
        "a sweep is indexed by a whole number or a slice; got 'model' (str). For an axis ask .axes",
    ),
    Case(
        "Sweeps",
        "a slice with step 0",
        on(lambda: SMALL[::0]),
        ArgumentError,
        "cannot slice a sweep by slice(None, None, 0): slice step cannot be zero",
    ),
    Case(
        "Sweeps",
        "a configuration that is not in it",
        on(lambda: SMALL.index({"model": "c", "n": 1})),
        AbsentError,
        "Config({'model': 'c', 'n': 1}) is not in Sweep(2 × 3 = 6): model is 'c' (str), not one of 'a', 'b'",
    ),
    Case(
        "Sweeps",
        "whether `Decimal('1e999999999')` is in a range",
        on(lambda: {"model": "a", "n": Decimal("1e999999999")} in SMALL),
        None,
        "False",
    ),
    Case(
        "Sweeps",
        "the position of a NaN",
        on(lambda: expand({"a": DynamicValue([1.0, math.nan])}).index({"a": float("nan")})),
        None,
        "1",
    ),
    Case(
        "Sweeps",
        "the same path twice in a product",
        on(lambda: product(SMALL, expand({"n": 5}))),
        ConflictError,
        "product: n is set by sweep 0 and by sweep 1. Drop it from one of them, or change one with "
        "override(patch, tree) before expanding",
    ),
    Case(
        "Sweeps",
        "zipped sweeps of unequal size",
        on(lambda: zipped(SMALL, VAST)),
        SizeError,
        "zipped sweeps have equal sizes; sweep 0 has 6 configurations and sweep 1 has about 10^400. "
        "Slice the longer one, or multiply them with product",
    ),
    Case(
        "Sweeps",
        "a difference from 10^7 configurations that a function makes",
        on(lambda: expand({"n": DynamicValue(range(10**7))}) - mapped(dict, expand({"n": DynamicValue(range(10**7))}))),
        SizeError,
        "comparing a sweep of 10000000 configurations with another one means looking at 10000000 points at the root, "
        "more than 1000000: they are mapped, derived, zipped, shuffled, ranges of other steps, or of a class that may "
        "change its values. Compare the sweeps that these were made from",
    ),
    Case(
        "Sweeps",
        "a difference of 10^7 configurations that a function makes",
        on(lambda: mapped(dict, expand({"n": DynamicValue(range(10**7))})) - expand({"n": DynamicValue(range(10**7))})),
        SizeError,
        "comparing this sweep with another one takes 10000000 points to enumerate here, more than 1000000: the sweep "
        "is shuffled, zipped or mapped, or strided over long axes. Compare the sweep that it was made from, or stream "
        "with filter(predicate, sweep)",
    ),
    Case(
        "Sweeps",
        "a sample that is too large",
        on(lambda: sample(7, SMALL)),
        SizeError,
        "sample(k=7) without replacement takes 0 to 6 configurations, the size of Sweep(2 × 3 = 6). "
        "For all of them in random order use shuffled(sweep)",
    ),
    Case(
        "Sweeps",
        "a covering array of no axes",
        on(lambda: covering(0, SMALL)),
        ArgumentError,
        "covering(strength, sweep) combines the values of 1 axis or more; got strength=0",
    ),
    Case(
        "Sweeps",
        "a covering array of 5,120,000 pairs",
        on(lambda: covering(2, expand({name: DynamicValue(range(400)) for name in "abcdefgh"}))),
        SizeError,
        "more than 3000000 combinations of 2 values occur in this sweep: 3200 values on 8 axes. Take fewer values of "
        "the long axes, or combine fewer: covering(1, ...)",
    ),
    Case(
        "Sweeps",
        "a covering array of 5^30 triples",
        on(lambda: covering(3, expand({f"x{k}": DynamicValue(range(5)) for k in range(30)}))),
        SizeError,
        "more than 300000 combinations of 3 values occur in this sweep: 150 values on 30 axes. Take fewer values of "
        "the long axes, or combine fewer: covering(2, ...)",
    ),
    Case(
        "Sweeps",
        "a covering array of an axis of 10^20",
        on(lambda: covering(2, expand({"lr": DynamicValue(range(10**20)), "seed": DynamicValue([1, 2])}))),
        SizeError,
        "covering looks at every value of lr, and there are 100000000000000000000, more than 1000000. Take fewer "
        "values of a long axis; slice, sample, zip, map and derive what covering gives, rather than the sweep that it "
        "takes",
    ),
    Case(
        "Sweeps",
        "a covering array of an axis of 30,000",
        on(lambda: covering(2, expand({"lr": DynamicValue(range(30_000)), "seed": DynamicValue([1, 2])}))),
        SizeError,
        "covering combines the values of all axes, and they are more than 20000: 20000 of them at lr. Take fewer "
        "values of the long axes",
    ),
    Case(
        "Sweeps",
        "a spread that is too large",
        on(lambda: spread(7, SMALL)),
        SizeError,
        "spread(k=7) without replacement takes 0 to 6 configurations, the size of Sweep(2 × 3 = 6)",
    ),
    Case(
        "Sweeps",
        "a spread of 10^7",
        on(lambda: spread(10**7, VAST)),
        SizeError,
        "spread(k=10000000) keeps the positions that it draws, at most 1000000. For more take sample(k, sweep), which "
        "computes them",
    ),
    Case(
        "Sweeps",
        "a spread over a large part of a shuffle",
        on(lambda: spread(3, shuffled(VAST)[1:])[0]),
        SizeError,
        "spreading over a part of a shuffled sweep means listing its about 10^400 configurations, more than 1000000. "
        "Spread over the sweep before it is shuffled and cut",
    ),
    Case(
        "Sweeps",
        "a shard that is not there",
        on(lambda: shard(3, 3, SMALL)),
        SizeError,
        "shard(i, n, sweep) takes 0 <= i < n; got i=3, n=3. Shards count from 0",
    ),
    Case(
        "Sweeps",
        "a constraint over 10^400 values",
        on(lambda: constrain(bool, VAST, on="n").size),
        SizeError,
        "constraining on n takes about 10^400 points to enumerate, more than 1000000. Name fewer or "
        "shorter axes, cut them first with constraints over fewer axes, or stream with filter(predicate, sweep)",
    ),
    Case(
        "Sweeps",
        "a predicate about 10^400 values",
        on(lambda: where({"n": bool}, VAST).size),
        SizeError,
        "constraining on n takes about 10^400 points to enumerate, more than 1000000. Name fewer or "
        "shorter axes, cut them first with constraints over fewer axes, or stream with filter(predicate, sweep)",
    ),
    Case(
        "Sweeps",
        "a group for each of 10^400 values",
        on(lambda: groupby("n", VAST)),
        SizeError,
        "groupby by n takes a sweep for each of about 10^400 values, more than 10000. List them with project, and take "
        "those of one with where",
    ),
    Case(
        "Sweeps",
        "groups by what has no hash",
        on(lambda: groupby("a", expand({"a": DynamicValue([bytearray(b"x")])}))),
        ArgumentError,
        "the keys of a dict are hashable, and groupby makes one; at a stands bytearray(b'x') (bytearray). Group by a "
        "path inside of it, or derive a value to group by",
    ),
    Case(
        "Sweeps",
        "a value at a path, and another below it",
        on(lambda: include([{"tag": 1}, {"tag.sub": 2}], SMALL)),
        ConflictError,
        "include adds a value at tag and another at tag.sub, which lies in it. Name the same paths in all partial "
        "configurations",
    ),
    Case(
        "Sweeps",
        "neighbours of what is not there",
        on(lambda: neighbours({"model": "a"}, SMALL)),
        AbsentError,
        "Config({'model': 'a'}) is not in …",
    ),
    Case(
        "Sweeps",
        "a search in 10^400 mapped configs",
        on(lambda: mapped(str, VAST).index("x")),
        SizeError,
        "finding a configuration here means computing about 10^400 points, more than 1000000: its "
        "function has no inverse. Search the sweep that it …",
    ),
    Case(
        "Paths",
        "a step that is not there",
        on(lambda: get_in("llm.modle", {"llm": {"model": "a"}})),
        PathError,
        "no 'modle' at llm; did you mean 'model'?",
    ),
    Case(
        "Paths",
        "a path through a leaf",
        on(lambda: set_in("llm.model", 1, {"llm": 5})),
        PathError,
        "cannot set llm.model: at llm stands 5 (int). Set that path itself to a mapping first",
    ),
    Case(
        "Paths",
        "an index outside",
        on(lambda: get_in("layers.2", {"layers": [64, 64]})),
        PathError,
        "no '2' at layers; there is: '0', '1'",
    ),
    Case(
        "Paths",
        "an index of 5,000 digits",
        on(lambda: get_in("layers." + "9" * 5000, {"layers": [64]})),
        PathError,
        "no '9999999999999999999999999999999999999...99999999999999999999999999999999999999' at layers; there is: '0'",
    ),
    Case(
        "Paths",
        "a path into a choice",
        on(lambda: get_in("a.b", {"a": DynamicValue([{"b": 1}])})),
        PathError,
        "no 'b' at a: there stands a choice. Expand the tree first, or ask .axes of its sweep",
    ),
    Case(
        "Paths",
        "a path of 5,000 steps",
        on(lambda: set_in(("a",) * 5000, 1, {})),
        TreeError,
        "a path of 5000 steps leads deeper than a tree may be, 200",
    ),
    Case(
        "Paths",
        "`get_in(1.5, config)`",
        on(lambda: wrong.get_in(1.5, {"a": 1})),
        ArgumentError,
        "a path is 'llm.model' or a tuple of keys and indices; got 1.5 (float)",
    ),
    Case(
        "Paths",
        "steps that cannot be hashed",
        on(lambda: wrong.get_in(([1],), {"a": 1})),
        ArgumentError,
        "the steps of a path are hashable keys and indices; got ([1],) (tuple)",
    ),
    Case(
        "Paths",
        "`constrain(..., on=)` a name that is not there",
        on(lambda: constrain(bool, SMALL, on="modle")),
        PathError,
        "no configuration has modle; did you mean 'model'?",
    ),
    Case(
        "Paths",
        "`where` with a name that is not there",
        on(lambda: where({"llm": {"modle": "a"}}, expand({"llm": {"model": DynamicValue(["a", "b"])}}))),
        PathError,
        "no configuration has llm.modle; did you mean 'llm.model'?",
    ),
    Case(
        "Paths",
        "`remove_in` of what is not there",
        on(lambda: remove_in("llm.modle", {"llm": {"model": "a"}})),
        PathError,
        "no 'modle' at llm; did you mean 'model'?",
    ),
    Case(
        "Paths",
        "`remove_in` of a field of a class",
        on(lambda: remove_in("llm.model", {"llm": Llm("a", 1.0)})),
        PathError,
        "cannot remove llm.model: it is a field of a class, and an instance has all of them. Set it to another "
        "value, or make the instance a dict with unstructure",
    ),
    Case(
        "Arguments",
        "`where('gpt-4', sweep)`",
        on(lambda: wrong.where("gpt-4", SMALL)),
        ArgumentError,
        "where takes a partial configuration and a sweep; got 'gpt-4' (str). Write where({'path': value}, sweep)",
    ),
    Case(
        "Arguments",
        "`exclude('gpt-4', sweep)`",
        on(lambda: wrong.exclude("gpt-4", SMALL)),
        ArgumentError,
        "exclude takes a partial configuration, or several, and a sweep; got 'gpt-4' (str). Write exclude({'path': "
        "value}, sweep)",
    ),
    Case(
        "Arguments",
        "a dict where a sweep is wanted",
        on(lambda: wrong.explain({"a": 1})),
        ArgumentError,
        "explain takes a sweep; got {'a': 1} (dict). For a tree write expand(tree) first",
    ),
    Case(
        "Arguments",
        "a function that is none",
        on(lambda: wrong.mapped(5, SMALL)),
        ArgumentError,
        "mapped takes a function and a sweep; got 5 (int) as the function",
    ),
    Case(
        "Arguments",
        "a list of sweeps",
        on(lambda: wrong.concat([SMALL, SMALL])),
        ArgumentError,
        "concat takes a sweep; got [Sweep(2 × 3 = 6), Sweep(2 × 3 = 6)] (list). Write concat(*sweeps)",
    ),
    Case(
        "Arguments",
        "a seed that is text",
        on(lambda: wrong.shuffled(SMALL, seed="a")),
        ArgumentError,
        "seed is a whole number; got 'a' (str)",
    ),
    Case(
        "Arguments",
        "`extra='drop'`",
        on(lambda: wrong.structure(Llm, {"model": "a"}, extra="drop")),
        ArgumentError,
        "extra is 'forbid' or 'ignore', for keys that a class does not have; got 'drop' (str)",
    ),
    Case(
        "Arguments",
        "an instance where a type is wanted",
        on(lambda: structure([1], {"model": "a"})),
        ArgumentError,
        "structure makes instances of classes, and types of them; got [1] (list) as the type: …",
    ),
    Case(
        "Arguments",
        "values of the wrong type",
        on(lambda: structure(Llm, {"model": 5, "temprature": 1})),
        ConversionError,
        "not a valid Llm: model: expected str, got 5 (int) temprature: no such field; did you mean 'temperature'?",
    ),
    Case(
        "Arguments",
        "a list of 10^400 numbers",
        on(lambda: structure(list[int], range(10**400))),
        ConversionError,
        "not a valid list[int]: expected list[int] of at most 10000000 values, got range(0, …",
    ),
    Case(
        "Arguments",
        "the fraction `1e999999999`",
        on(lambda: structure(Fraction, "1e999999999")),
        ConversionError,
        "not a valid Fraction: expected Fraction with an exponent of at most 3 digits, got '1e999999999' (str)",
    ),
    Case(
        "Arguments",
        "`Spearmint(configs={...})`",
        on(lambda: Spearmint(configs={"a": 1})),
        ArgumentError,
        "configs is a sequence of dicts, typed instances, sweeps or paths; got {'a': 1} (dict). Use configs=[...]",
    ),
    Case(
        "Arguments",
        "an item of `configs` that is none",
        on(lambda: Spearmint(configs=[{"a": 1}, 5])),
        ArgumentError,
        "configs[1] is 5 (int); a configuration is a dict, a Config, a sweep, the path of a file or a "
        "folder, or an instance of an attrs class, a …",
    ),
    Case(
        "Arguments",
        "`@experiment` without parentheses",
        on(lambda: experiment(half_way)),
        ArgumentError,
        "write @mint.experiment() or @experiment(configs=[...]), with the parentheses",
    ),
    Case(
        "Arguments",
        "`run(fn, [tree])`, not expanded",
        on(lambda: run(print, [{"a": DynamicValue([1, 2])}])),
        ArgumentError,
        "a configuration was not expanded: there is a choice in it at a, DynamicValue((1, 2)). Run over expand(tree), "
        "or over concat(*map(expand, trees))",
    ),
    Case(
        "Arguments", "`inject(5)`", on(lambda: wrong.inject(5)), ArgumentError, "inject takes a function; got 5 (int)"
    ),
    Case(
        "Arguments",
        "`processes(2, initializer=open)`",
        on(lambda: processes(2, initializer=open)),
        ArgumentError,
        "the initializer <built-in function open> (builtin_function_or_method) cannot be called with initargs=(): "
        "missing a required argument: 'file'",
    ),
    Case(
        "Arguments",
        '`processes(2, initializer=print, initargs="gpu")`',
        on(lambda: processes(2, initializer=print, initargs="gpu")),
        ArgumentError,
        "initargs are the arguments of the initializer, in a tuple: initargs=('gpu',); got 'gpu' (str)",
    ),
    Case(
        "Arguments",
        "`run(train, configs)`, of `train(lr, depth)`",
        on(lambda: wrong.run(train, [{"lr": 0.1}])),
        ArgumentError,
        "train cannot be called with a configuration alone: missing a required argument: 'depth'. Use by_name(fn), "
        "where its parameters are keys of the configuration; inject(fn), where their annotations say what they take "
        "(Config, Bind); or lambda c: fn(...)",
    ),
    Case(
        "Arguments",
        '`by_name(train)({"lr": 0.1, "depht": 3})`',
        on(lambda: by_name(train)({"lr": 0.1, "depht": 3})),
        PathError,
        "train(): parameter 'depth' takes depth: no 'depth' at the root; did you mean 'depht'?",
    ),
    Case(
        "Arguments",
        "`by_name(abs)`",
        on(lambda: by_name(abs)),
        ArgumentError,
        "by_name gives arguments by name, and abs(x, /) takes x by position. Use lambda c: fn(c['x'], ...)",
    ),
    Case(
        "Arguments",
        "`processes(2, max_tasks=0)`",
        on(lambda: processes(2, max_tasks=0)),
        ArgumentError,
        "processes(max_tasks=) takes after how many configurations a worker is replaced, a whole number above 0; got 0 "
        "(int). Leave it out to keep the workers",
    ),
    Case(
        "Arguments",
        "`throttled(0.5)`",
        on(lambda: wrong.throttled(0.5)),
        ArgumentError,
        "throttled takes how many starts there may be, a whole number from 1 to 10000000; got 0.5 (float). One in two "
        "seconds is throttled(1, per=2)",
    ),
    Case(
        "Arguments",
        "`stop_when(5, outcomes)`",
        on(lambda: wrong.stop_when(5, [])),
        ArgumentError,
        "stop_when takes a function and outcomes; got 5 (int) as enough. Write stop_when(lambda failed: failed >= 5, "
        "run(...))",
    ),
    Case(
        "Arguments",
        "a configuration without the key of `throttled`",
        on(lambda: throttled(1, key="llm.model")(print)({"llm": {"modell": "a"}})),
        PathError,
        "no 'model' at llm; did you mean 'modell'?",
    ),
    Case(
        "Journals",
        "`retry_failures='OSError'`",
        lambda folder: wrong.Journal(folder / "runs.db", retry_failures="OSError"),
        ArgumentError,
        "retry_failures is True or False, or says which errors are worth another try: a class of exceptions or a tuple "
        "of them; got 'OSError' (str)",
    ),
    Case(
        "Journals",
        "`sync=0`",
        lambda folder: wrong.Journal(folder / "runs.db", sync=0),
        ArgumentError,
        "sync is True or False; got 0 (int)",
    ),
    Case(
        "Journals",
        "a list of journals to merge",
        journaled(lambda journal: journal.merge(["a.db"])),
        ArgumentError,
        "merge takes the paths of journals; got ['a.db'] (list)",
    ),
    Case(
        "Journals",
        "a journal to merge that is not there",
        journaled(lambda journal: journal.merge("nope.db")),
        JournalError,
        "there is no journal 'nope.db': no such file",
    ),
    Case(
        "Journals",
        "one configuration to forget, not several",
        journaled(lambda journal: journal.forget({"n": 1}, "score")),
        ArgumentError,
        "journal.forget takes an iterable of configurations; got {'n': 1} (dict). Use expand(tree)",
    ),
    Case(
        "Journals",
        "a function that says that it returns a frame",
        journaled(lambda journal: run(to_frame, SMALL, journal=journal)),
        EncodingError,
        "the function returns DataFrame, and a journal cannot keep DataFrame: it holds plain data, NumPy's arrays, and "
        "classes with fields. Return value.to_dict(orient='list'), or write it to a file and return its path. Where …",
    ),
    Case(
        "Journals",
        "a plan of 10^400 configurations",
        journaled(lambda journal: journal.plan(VAST, "f").todo == VAST.size),
        None,
        "True",
    ),
    Case(
        "Journals",
        "a plan of 10^9 numbers that are no sweep",
        journaled(lambda journal: journal.plan(range(10**9), "f")),
        SizeError,
        "there are 1000000000 configurations to look at one by one, since they are no sweep. Ask for a slice",
    ),
    Case(
        "Journals",
        "`cost=5`",
        journaled(lambda journal: journal.plan(SMALL, "f", cost=5)),
        ArgumentError,
        "cost is a function of a result, or a path in it, to a number; got 5 (int)",
    ),
    Case(
        "Journals",
        "what has no identity, to be forgotten",
        journaled(lambda journal: journal.forget([{"f": lambda: 1}], "f")),
        IdentityError,
        "no identity for f: …",
    ),
    Case(
        "Results",
        "a path that no configuration has",
        on(lambda: compare("a.m", run(abs, [{"a": {"n": 1}}, {"a": {"n": 2}}]))),
        PathError,
        "no configuration has a.m; did you mean 'a.n'?",
    ),
    Case(
        "Results",
        "several numbers, and no `value=`",
        on(lambda: summary(run(lambda c: {"loss": 1, "steps": 2}, [{"a": 1}]), by="a")),
        ArgumentError,
        "the results have several fields that hold numbers: 'result.loss', 'result.steps'. Choose one with value=",
    ),
    Case(
        "Results",
        "a success without the number",
        on(lambda: summary(run(lambda c: c["a"], [{"a": 1.5}, {"a": None}]))),
        ArgumentError,
        "outcome 1 succeeded and has no result. Give value= a function of a success, or leave such outcomes out, so "
        "that what is counted is what you mean",
    ),
    Case(
        "Results",
        "a number beyond all floats",
        on(lambda: summary(run(lambda c: 10**400, [{"a": 1}]))),
        ArgumentError,
        "the result of outcome 0 is beyond all floats. Give value= a function that scales it",
    ),
    Case(
        "Results",
        "repeats without a seed, for `dataset`",
        on(lambda: dataset(run(lambda c: 1, [{"a": 1}, {"a": 2}, {"a": 1}]))),
        ArgumentError,
        "outcomes 0 and 2 stand in one place: their configurations are equal at all axes. Put what differs (a seed) "
        "into the configurations, or take the mean of both with summary",
    ),
    Case(
        "Results",
        "`dataset` of the diagonal of a large grid",
        on(lambda: dataset(run(lambda c: 1, [{f"a{k}": n for k in range(9)} for n in range(9)]))),
        SizeError,
        "9 outcomes would take 387420489 cells in 9 dimensions (a0 9 × a1 9 × …), more than 10000000 in 32. Use frame, "
        "or the outcomes of one branch",
    ),
    Case(
        "Results",
        "`best` of results that are dicts",
        on(lambda: best(lambda s: s.result, run(lambda c: {"loss": 1}, [{"a": 1}]), lowest=True)),
        ArgumentError,
        "best compares keys, and {'loss': 1} (dict) has no order. It has 'loss': write "
        "best(lambda s: s.result['loss'], …)",
    ),
    Case(
        "Results",
        "`lowest='yes'`",
        on(lambda: wrong.best(abs, [], lowest="yes")),
        ArgumentError,
        "lowest is True or False; got 'yes' (str)",
    ),
    Case(
        "Results",
        "a matrix of differences of two paths",
        on(
            lambda: plot(
                run(lambda c: 1, expand({"a": DynamicValue([1, 2]), "b": DynamicValue([1, 2])})), kind="differences"
            )
        ),
        ArgumentError,
        "differences shows one path, and 2 are given: a, b. Choose with on=",
    ),
]


def matches(says: str, text: str) -> bool:
    """True if a text is a message, in which `…` stands for any text."""
    return re.fullmatch(".*".join(map(re.escape, says.split("…"))), text, re.DOTALL) is not None


def test_the_page_has_these_rows() -> None:
    found: dict[str, list[str]] = {}
    group = ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        group = line.removeprefix("## ") if line.startswith("## ") else group
        if line.startswith("| ") and not line.startswith("| what you give") and group != "Mistakes":
            found.setdefault(group, []).append(line)
    wanted: dict[str, list[str]] = {}
    for case in CASES:
        wanted.setdefault(case.group, []).append(case.row)
    assert found == wanted


def test_what_stands_for_any_text_does_not_match_everything() -> None:
    assert matches("a … c", "a b c")
    assert not matches("a … c", "a b d")
    assert not matches("a", "a b")


# --- without bound: in a process that may be stopped -----------------------------------------------------


def a_device(folder: Folder) -> Any:
    (folder / "zeros.yaml").symlink_to("/dev/zero")
    return load(folder / "zeros.yaml")


UNBOUNDED: dict[str, Callable[[Folder], Any]] = {
    "an endless generator": on(lambda: DynamicValue(itertools.count())),
    "an endless collection": on(lambda: DynamicValue(Endless())),
    "a choice of a huge choice": on(lambda: DynamicValue(DynamicValue(range(10**400)))),
    "an endless mapping": on(lambda: Config(Sensor(itertools.count(), 1))),
    "an endless mapping, compared": on(lambda: Config({0: 1}) == Sensor(itertools.count(), 1)),
    "endless configurations": on(lambda: distinct(itertools.count())),
    "endless items": on(lambda: Spearmint(configs=itertools.count())),
    "endless paths": on(lambda: constrain(bool, SMALL, on=map(str, itertools.count()))),  # type: ignore[arg-type]
    "a huge range of paths": on(lambda: constrain(bool, SMALL, on=range(10**400))),
    "a huge range as a list": on(lambda: structure(list[int], range(10**400))),
    "a huge range as a set": on(lambda: structure(set[int] | None, range(10**400))),
    "a vast fraction": on(lambda: structure(Fraction, "1e999999999")),
    "a vast number in a range": on(lambda: Decimal("1e999999999") in expand(DynamicValue(range(10**12)))),
    "a vast number of a long axis": on(lambda: structured(Wide, WIDE).index(Wide(Decimal("1e999999999")))),
    "a bomb": file("bomb.yaml", BOMB),
    "deep YAML": file("deep.yaml", "[" * 50_000),
    "deep block YAML": file("deep2.yaml", "- " * 50_000 + "a"),
    "deep JSON": file("deep.json", "[" * 50_000),
    "deep TOML": file("deep.toml", "a = " + "[" * 50_000),
    "a sparse file": a_sparse_file,
    "a device": a_device,
    "deep choices, set": on(lambda: set_in("a", 1, DEEP_CHOICE)),
}
"""Input that would run for ever, or fill the memory, if the library let it."""


@attrs.frozen
class Wide:
    x: Decimal


WIDE: Sweep[Config] = expand({"x": DynamicValue(range(10**12))})


def tell_all(folder: Folder) -> None:
    """Print what comes of every row of the table and of all that is without bound, in little memory."""
    resource.setrlimit(resource.RLIMIT_AS, (2 * 2**30, 2 * 2**30))
    calls = {**{case.name: case.call for case in CASES}, **UNBOUNDED}
    for number, (name, call) in enumerate(calls.items()):
        place = folder / str(number)
        place.mkdir()
        error = ""
        try:
            text = str(call(place))
        except Exception as raised:
            error, text = type(raised).__name__, str(raised).replace(f"{place}{os.sep}", "")
        print(json.dumps([name, error, " ".join(text.split())[:1000]]), flush=True)


def printed(code: str) -> str:
    """The output of a process, up to where it ends or is ended."""
    command = [sys.executable, "-c", f"import tests.test_bad_input as t; {code}"]
    try:
        out = subprocess.PIPE
        return subprocess.run(command, stdout=out, text=True, cwd=ROOT, timeout=LIMIT_SECONDS, check=False).stdout
    except subprocess.TimeoutExpired as late:
        return bytes(late.stdout or b"").decode()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, str]]:
    """The error's name and its text for each, by name."""
    out = printed(f"t.tell_all(t.Path({str(tmp_path_factory.mktemp('apart'))!r}))")
    return {name: (error, text) for name, error, text in map(json.loads, out.splitlines())}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_row_of_the_table_is_true(case: Case, told: dict[str, tuple[str, str]]) -> None:
    assert case.name in told, "the process did not come to this: it was ended, or broke, at the row before"
    error, text = told[case.name]
    assert error == (case.error.__name__ if case.error else "")
    assert matches(case.says, text), text


@pytest.mark.parametrize("name", UNBOUNDED)
def test_what_has_no_end_is_ended(name: str, told: dict[str, tuple[str, str]]) -> None:
    assert name in told, "the process did not come to this: it was ended, or broke, at the one before"
    expected = {
        "a choice of a huge choice": r": DynamicValue\(range\(0, 1000",
        "an endless mapping, compared": ": False",
        "a vast number in a range": ": False",
        "deep choices, set": "PathError: cannot set a|TreeError: cannot set a: the tree is nested",
    }
    wanted = expected.get(name, r"(Choice|Conversion|Argument|File|Format|Size|Tree)Error: ")
    assert re.match(wanted, ": ".join(told[name]))


# --- nothing runs that a file says -----------------------------------------------------------------------


DANGEROUS = ["pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"]
EVIL = {
    "apply.yaml": "a: !!python/object/apply:os.system [touch evil]",
    "new.yaml": "a: !!python/object/new:os.system [touch evil]",
    "name.yaml": "a: !!python/name:os.system",
    "module.yaml": "a: !!python/module:os",
    "tuple.yaml": "a: !!python/tuple [1]",
    "verbatim.yaml": "a: !<tag:yaml.org,2002:python/object/apply:os.system> [touch evil]",
    "handle.yaml": "%TAG !p! tag:yaml.org,2002:python/\n---\na: !p!object/apply:os.system [touch evil]",
    "import.yaml": "a: !include /etc/passwd",
    "object.json": '{"__reduce__": ["os.system", "touch evil"], "py/object": "os.system"}',
    "pickle.pkl": pickle.dumps(os.getcwd).decode("latin-1"),
    "pickle.yaml": pickle.dumps(os.getcwd, 0).decode("latin-1"),
    "pickle.json": pickle.dumps(os.getcwd, 0).decode("latin-1"),
}


def tell_evil(folder: Folder) -> None:
    """Print what of the interpreter's dangerous doors is used while evil files are read."""
    doors = ("pickle.find_class", "os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "socket.connect")
    opened: list[str] = []
    (folder / "plain.yaml").write_text("a: 1")
    load(folder / "plain.yaml")  # what is imported for it may do as it likes
    sys.addaudithook(lambda event, _: opened.append(event) if event in doors else None)
    for name, content in EVIL.items():
        try:
            print(json.dumps([name, repr(file(name, content)(folder))]))
        except FormatError as error:
            print(json.dumps([name, f"FormatError: {error}"]))
    print(json.dumps(["opened by load", repr(opened)]))
    pickle.loads(pickle.dumps(os.getcwd))
    print(json.dumps(["opened by pickle", repr(opened)]))


def test_nothing_runs_that_a_file_says(tmp_path: Folder) -> None:
    told = dict(map(json.loads, printed(f"t.tell_evil(t.Path({str(tmp_path)!r}))").splitlines()))
    assert told.pop("opened by load") == "[]"
    assert told.pop("opened by pickle") == "['pickle.find_class']", "the hook sees what it is for"
    assert told.pop("object.json").startswith("Config({'__reduce__'"), "plain data is plain data"
    assert told.keys() == EVIL.keys() - {"object.json"}
    assert [name for name, what in told.items() if not what.startswith("FormatError: ")] == []


READ_AS_CODE = {
    "annotations.py": {"compile", "eval"},  # the text of the program's own source
    "records.py": {"eval"},  # numbers alone
}


@pytest.mark.parametrize("room", ["configuration", "sweep", "experiment"])
def test_no_room_that_reads_knows_a_pickle(room: str) -> None:
    for module in (ROOT / "spearmint_fp" / room).glob("*.py"):
        tree = ast.parse(module.read_text(encoding="utf-8"))
        names = [a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names]
        names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        called = [
            node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        ]
        assert not {name.split(".")[0] for name in names} & {*DANGEROUS}, module
        assert {*called} & {"eval", "exec", "compile", "__import__"} == READ_AS_CODE.get(module.name, set()), module


# --- junk ------------------------------------------------------------------------------------------------


def boom(*_: object, **__: object) -> Any:
    raise OwnError("own")


def hostile(*names: str, base: type = object, **more: Any) -> Any:
    """An instance whose methods of these names raise."""
    return type(f"Hostile{len(names)}", (base,), {**dict.fromkeys(names, boom), **more})()


class Meta(type):
    __hash__ = boom


class Unhashable(metaclass=Meta):
    def __init__(self, *_: object) -> None: ...


class Secret:
    def __getattribute__(self, name: str) -> Any:
        raise OwnError(name)


class Masked:
    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        raise OwnError("no class")


class Stepped:
    def __init__(self, value: Any) -> None:
        self.value = value

    def __index__(self) -> Any:
        return self.value


class Levels(Mapping[Any, Any]):
    """A mapping in a mapping, without end."""

    def __iter__(self) -> Iterator[Any]:
        return iter("k")

    def __len__(self) -> int:
        return 1

    def __getitem__(self, key: Any) -> Any:
        return Levels()


@attrs.define
class Loop:
    x: Any = None
    y: Any = 2


@dataclass
class Data:
    x: Any = 1
    y: Any = 2


class Pair(NamedTuple):
    x: Any = 1
    y: Any = 2


class Colour(Enum):
    RED = 1


class Weak:
    pass


def looped() -> Any:
    loop = Loop()
    loop.x = [loop]
    return loop


def fake(**attributes: Any) -> Any:
    """An instance of a class that pretends to be of a kind that it is not."""
    return type("Fake", (), attributes)()


EVERYTHING = ("eq", "hash", "repr", "str", "bool", "len", "iter", "index", "fspath", "call", "getitem", "contains")
ALL = hostile(*(f"__{name}__" for name in EVERYTHING))
EQ = hostile("__eq__", __hash__=lambda _: 1)
ODD = ("__eq__", "__repr__", "__iter__", "__len__")
BASES: list[Any] = [str, int, float, list, dict, tuple, set, frozenset]
PLAIN: list[Any] = [
    *(None, True, 3, -1, 10**400, -(10**400), 1.5, math.nan, math.inf, 1j, "a", "", "a.b", "..", "\0", "\ud800", b"a"),
    *([1], [], (1, 2), (), {"a": 1}, {}, {1, 2}, frozenset({1}), range(3), range(10**400), slice(None), ...),
    *(NotImplemented, int | str, date(2024, 2, 29), Decimal("1.5"), Fraction(1, 2), Path("/nope"), Colour.RED),
]
Made = Callable[[], Any]
POOL: dict[str, Made] = {
    **{f"plain {value!r}"[:40]: partial(copy, value) for value in PLAIN},
    "a number of 5,000 digits": lambda: 10**5000,
    "text of 5,000 digits": lambda: "9" * 5000,
    "long text": lambda: "x" * 10**6,
    "a vast number": lambda: Decimal("1e999999999"),
    "a signalling NaN": lambda: Decimal("sNaN"),
    "a mixed set": lambda: {1, "a", None, (1, 2), frozenset({1})},
    "a bytearray": lambda: bytearray(b"x"),
    "a class": lambda: Data,
    "an unhashable class": lambda: Unhashable,
    "an instance of it": Unhashable,
    "a lambda": lambda: lambda *_: 1,
    "a function that raises": lambda: boom,
    "a module": lambda: math,
    "a generator": lambda: (i for i in range(3)),
    "a generator that raises": half_way,
    "a generator of unhashables": lambda: ([i] for i in range(3)),
    "an error": lambda: ValueError("x"),
    "a deque": lambda: deque([1]),
    "an OrderedDict": lambda: OrderedDict(a=1),
    "a defaultdict": lambda: defaultdict(list, a=1),
    "a namespace": lambda: types.SimpleNamespace(a=1),
    "a Config": lambda: Config({"a": 1}),
    "a choice": lambda: DynamicValue([1, 2]),
    "an empty choice": lambda: DynamicValue([]),
    "a choice of records": lambda: DynamicValue([{"a": 1}, {"b": DynamicValue([1, 2])}]),
    "a huge choice": lambda: DynamicValue(range(10**400)),
    "a sweep": lambda: SMALL,
    "a vast sweep": lambda: VAST,
    "the empty sweep": lambda: empty,
    "the unit": lambda: unit,
    "an attrs instance": lambda: Llm("a"),
    "a dataclass": Data,
    "a NamedTuple": Pair,
    "an array": lambda: np.arange(3),
    "an array without dimensions": lambda: np.array(5),
    "a matrix": lambda: np.zeros((2, 2)),
    "an array of objects": lambda: np.array([1, "a", None], object),
    "a numpy scalar": lambda: np.float64(1),
    "no time": lambda: np.datetime64("NaT", "s"),
    "a mock": MagicMock,
    "an alias": lambda: Annotated[Data, Bind("a")],
    "a mapping that lies": lambda: Sensor(["a"], 5),
    "a mapping of twins": lambda: Sensor(["a", "a"], 2),
    "a mapping of unhashables": lambda: Sensor([[1]], 1),
    "a mapping that raises": lambda: Sensor(half_way(), 2),
    "a mapping without end": Levels,
    "a cycle": a_cycle,
    "a loop of attrs": looped,
    "deep dicts": lambda: nested(1000, lambda inner: {"k": inner}),
    "deep lists": lambda: nested(5000, lambda inner: [inner]),
    "deep attrs": lambda: nested(1000, Loop),
    "deep frozensets": lambda: nested(1000, lambda inner: frozenset({inner})),
    "deep choices": lambda: DEEP_CHOICE,
    "a dead reference": lambda: weakref.proxy(Weak()),
    "odd keys": lambda: {"": 1, "a.b": 2, "__class__": 3, "items": 4, None: 5, (1,): 6, 1.5: 7, math.nan: 8},
    "a hostile value in a dict": lambda: {"a": ALL},
    "a hostile key": lambda: {EQ: 1},
    "hostile alternatives": lambda: {"a": DynamicValue([ALL, EQ, 1])},
    "no attributes": Secret,
    "no class": Masked,
    "an index": lambda: Stepped(2),
    "a bad index": lambda: Stepped("a"),
    "a fake attrs class": lambda: fake(__attrs_attrs__=5),
    "a fake dataclass": lambda: fake(__dataclass_fields__=5),
    "a fake model": lambda: fake(__pydantic_validator__=1, model_validate=boom),
    "a fake struct": lambda: fake(__struct_fields__=1, __struct_config__=2),
    "a fake array": lambda: fake(tolist=lambda self: self, __iter__=lambda _: iter([1])),
    "a false length": lambda: fake(__len__=lambda _: -1, __iter__=lambda _: iter([1])),
    "hostile in all": lambda: ALL,
    **{f"hostile {name}": partial(hostile, f"__{name}__") for name in EVERYTHING},
    **{f"a {base.__name__} of its own": partial(type("Own", (base,), {})) for base in BASES},
    **{f"a hostile {base.__name__}": partial(hostile, *ODD, base=base, __hash__=lambda _: 1) for base in BASES},
}  # fmt: skip


def looked_at(value: Any) -> None:
    """Ask a result what its user would ask."""
    if isinstance(value, Sweep):
        _ = value.size, value.axes, repr(value), explain(value)
        if value:
            _ = value[0], value[-1], next(iter(value)), label(value[0], value)
    elif isinstance(value, Config | DynamicValue | Validation):
        repr(value)


PUBLIC = [getattr(spearmint_fp, name) for name in dir(spearmint_fp) if name.endswith("Error")]
OWN = (OwnError, ReferenceError)
"""Errors that junk raises by itself: a dead reference says so, whatever it is asked."""


def comes_out(call: Callable[[Any], Any], junk: Any, seconds: float = 20) -> None:
    """A value, an error of the library with a message of a readable length, or what the junk itself raised."""
    try:
        with within(seconds):
            looked_at(call(junk))
    except SpearmintError as error:
        told = str(error)
        public = type(error) in PUBLIC
    except OWN:
        return
    else:
        return
    assert public
    assert 10 < len(told) < 3000, told[:300]


# What is tried, by function and parameter. A test holds that every parameter of the two lower rooms is here.
Slots = dict[tuple[str, str], Callable[[Any], Any]]


def always(*_: object) -> bool:
    return True


def with_hints(**hints: Any) -> Any:
    def function(x: Any) -> Any:
        return x

    function.__annotations__ = hints
    return function


SLOTS: Slots = {
    ("Bind", "path"): lambda junk: inject(with_hints(x=Annotated[int, Bind(junk)]))({"a": 1}),
    ("Config", "mapping"): Config,
    ("DynamicValue", "values"): DynamicValue,
    ("Spearmint", "configs"): lambda junk: Spearmint(configs=junk).configs,
    ("Spearmint", "branch_strategy"): lambda junk: wrong.Spearmint(configs=[{"a": 1}], branch_strategy=junk),
    ("Sweep", "node"): Sweep,
    ("Sweep", "source"): lambda junk: Sweep(SMALL._node, junk),
    ("concat", "sweeps"): lambda junk: concat(SMALL, junk),
    ("difference", "sweep"): lambda junk: difference(junk, SMALL),
    ("difference", "others"): lambda junk: difference(SMALL, junk),
    ("intersection", "sweep"): lambda junk: intersection(junk, SMALL),
    ("intersection", "others"): lambda junk: intersection(SMALL, junk),
    ("union", "sweeps"): lambda junk: union(SMALL, junk),
    ("config_id", "tree"): config_id,
    ("constrain", "predicate"): lambda junk: constrain(junk, SMALL, on="model"),
    ("constrain", "sweep"): lambda junk: constrain(always, junk, on="a"),
    ("constrain", "on"): lambda junk: constrain(always, SMALL, on=junk),
    ("covering", "strength"): lambda junk: covering(junk, SMALL),
    ("covering", "sweep"): lambda junk: covering(2, junk),
    ("covering", "seed"): lambda junk: covering(2, SMALL, seed=junk),
    ("derive", "path"): lambda junk: derive(junk, repr, SMALL),
    ("derive", "fn"): lambda junk: derive("z", junk, SMALL),
    ("derive", "sweep"): lambda junk: derive("z", repr, junk),
    ("distinct", "configs"): distinct,
    ("exclude", "partials"): lambda junk: exclude([{"model": junk}, junk], SMALL),
    ("exclude", "sweep"): lambda junk: exclude({}, junk),
    ("expand", "tree"): expand,
    ("experiment", "configs"): experiment,
    ("experiment", "branch_strategy"): lambda junk: wrong.experiment([{"a": 1}], branch_strategy=junk),
    ("experiment", "uses"): lambda junk: wrong.experiment([{"a": 1}], uses=junk),
    ("explain", "sweep"): explain,
    ("freeze", "tree"): freeze,
    ("geomspace", "start"): lambda junk: geomspace(junk, 2, 3),
    ("geomspace", "stop"): lambda junk: geomspace(1, junk, 3),
    ("geomspace", "num"): lambda junk: geomspace(1, 2, junk),
    ("linspace", "start"): lambda junk: linspace(junk, 2, 3),
    ("linspace", "stop"): lambda junk: linspace(1, junk, 3),
    ("linspace", "num"): lambda junk: linspace(1, 2, junk),
    ("get_in", "path"): lambda junk: get_in(junk, {"a": [1]}),
    ("get_in", "config"): lambda junk: get_in("a", junk),
    ("groupby", "path"): lambda junk: groupby(junk, SMALL),
    ("groupby", "sweep"): lambda junk: groupby("a", junk),
    ("include", "partials"): lambda junk: include([{"model": junk}, junk], SMALL),
    ("include", "sweep"): lambda junk: include({}, junk),
    ("inject", "fn"): inject,
    ("slug", "config"): lambda junk: slug(junk, SMALL),
    ("slug", "sweep"): lambda junk: slug({"a": 1}, junk),
    ("dump_yaml", "tree"): dump_yaml,
    ("label", "config"): lambda junk: label(junk, SMALL),
    ("label", "sweep"): lambda junk: label({"a": 1}, junk),
    ("load", "path"): load,
    ("mapped", "fn"): lambda junk: mapped(junk, SMALL),
    ("mapped", "sweep"): lambda junk: mapped(repr, junk),
    ("neighbours", "config"): lambda junk: neighbours(junk, SMALL),
    ("neighbours", "sweep"): lambda junk: neighbours({"a": 1}, junk),
    ("override", "patch"): lambda junk: override(junk, {"a": {"b": 1}}),
    ("override", "tree"): lambda junk: override({"a": {"b": 1}}, junk),
    ("product", "sweeps"): lambda junk: product(SMALL, junk),
    ("project", "paths"): lambda junk: project(junk, SMALL),
    ("project", "sweep"): lambda junk: project("a", junk),
    ("remove_in", "path"): lambda junk: remove_in(junk, {"a": [1]}),
    ("remove_in", "config"): lambda junk: remove_in("a", junk),
    ("reorder", "paths"): lambda junk: reorder(junk, SMALL),
    ("reorder", "sweep"): lambda junk: reorder("a", junk),
    ("sample", "k"): lambda junk: sample(junk, SMALL),
    ("sample", "sweep"): lambda junk: sample(1, junk),
    ("sample", "seed"): lambda junk: sample(2, SMALL, seed=junk),
    ("spread", "k"): lambda junk: spread(junk, SMALL),
    ("spread", "sweep"): lambda junk: spread(1, junk),
    ("spread", "seed"): lambda junk: spread(2, SMALL, seed=junk),
    ("set_in", "path"): lambda junk: set_in(junk, 1, {"a": [1]}),
    ("set_in", "value"): lambda junk: set_in("a.b", junk, {"a": {"c": 1}}),
    ("set_in", "config"): lambda junk: set_in("a", 1, junk),
    ("shard", "i"): lambda junk: shard(junk, 3, SMALL),
    ("shard", "n"): lambda junk: shard(0, junk, VAST),
    ("shard", "sweep"): lambda junk: shard(0, 1, junk),
    ("shuffled", "sweep"): shuffled,
    ("shuffled", "seed"): lambda junk: shuffled(VAST, seed=junk),
    ("structure", "cls"): lambda junk: structure(junk, {"a": 1}),
    ("structure", "config"): lambda junk: structure(Llm, junk),
    ("structure", "extra"): lambda junk: structure(Llm, {"model": "a"}, extra=junk),
    ("structured", "cls"): lambda junk: structured(junk, SMALL),
    ("structured", "sweep"): lambda junk: structured(Llm, junk),
    ("structured", "extra"): lambda junk: structured(Llm, SMALL, extra=junk),
    ("thaw", "config"): thaw,
    ("unstructure", "obj"): unstructure,
    ("update_in", "path"): lambda junk: update_in(junk, repr, {"a": [1]}),
    ("update_in", "fn"): lambda junk: update_in("a", junk, {"a": 1}),
    ("update_in", "config"): lambda junk: update_in("a", repr, junk),
    ("validate", "cls"): lambda junk: validate(junk, SMALL),
    ("validate", "sweep"): lambda junk: validate(Llm, junk),
    ("validate", "extra"): lambda junk: validate(Llm, SMALL, extra=junk),
    ("where", "conditions"): lambda junk: (where(junk, SMALL), where({"model": junk}, SMALL)),
    ("where", "sweep"): lambda junk: where({}, junk),
    ("zipped", "sweeps"): lambda junk: zipped(SMALL, junk),
}
METHODS: Slots = {
    ("Config[]", "key"): lambda junk: Config({"a": 1})[junk],
    ("Config.get", "key"): lambda junk: Config({"a": 1}).get(junk),
    ("in Config", "key"): lambda junk: junk in Config({"a": 1}),
    ("Config ==", "other"): lambda junk: Config({"a": 1}).__eq__(junk),
    ("Config |", "patch"): lambda junk: Config({"a": 1}).__or__(junk),
    ("| Config", "tree"): lambda junk: Config({"a": 1}).__ror__(junk),
    ("in DynamicValue", "value"): lambda junk: junk in DynamicValue([1, "a"]),
    ("in a range", "value"): lambda junk: junk in DynamicValue(range(10**400)),
    ("Sweep[]", "index"): lambda junk: SMALL[junk],
    ("vast Sweep[]", "index"): lambda junk: VAST[junk],
    ("Sweep[::]", "start"): lambda junk: SMALL[junk:],
    ("Sweep[::]", "stop"): lambda junk: VAST[:junk],
    ("Sweep[::]", "step"): lambda junk: VAST[::junk],
    ("Sweep.index", "value"): lambda junk: SMALL.index(junk),
    ("vast Sweep.index", "value"): lambda junk: VAST.index({"n": junk}),
    ("Sweep.index", "start"): lambda junk: SMALL.index(SMALL[5], junk),
    ("Sweep.index", "stop"): lambda junk: SMALL.index(SMALL[0], 0, junk),
    ("Sweep.count", "value"): lambda junk: SMALL.count(junk),
    ("in Sweep", "value"): lambda junk: junk in SMALL,
    ("Sweep ==", "other"): lambda junk: SMALL.__eq__(junk),
    ("Sweep +", "other"): lambda junk: SMALL.__add__(junk),
    ("Sweep *", "other"): lambda junk: SMALL.__mul__(junk),
    ("Spearmint.experiment", "configs"): lambda junk: Spearmint(configs=[{"a": 1}]).experiment(junk),
    ("Spearmint.run", "fn"): lambda junk: Spearmint.run(junk).__enter__(),
    ("@experiment", "fn"): lambda junk: experiment([{"a": 1}])(junk),
}
LEAVES: Slots = {
    ("a leaf", "hash"): lambda junk: hash(Config({"a": junk})),
    ("a leaf", "repr"): lambda junk: repr(Config({"a": junk, "b": [junk]})),
    ("a leaf", "id"): lambda junk: config_id({"a": junk}),
    ("a leaf", "path"): lambda junk: get_in("a.b", {"a": junk}),
    ("a leaf", "deep path"): lambda junk: set_in("a.b", 1, {"a": junk}),
    ("a leaf", "override"): lambda junk: override({"a": junk}, {"a": DynamicValue([{"b": 1}, 2])}),
    ("a leaf", "overridden"): lambda junk: override({"a": {"b": 1}}, {"a": junk}),
    ("a leaf", "product"): lambda junk: product(SMALL, expand({"a": junk})),
    ("a leaf", "raw product"): lambda junk: product(SMALL, expand(junk)),
    ("a leaf", "concat"): lambda junk: concat(SMALL, expand(junk)),
    ("a leaf", "difference"): lambda junk: expand({"a": DynamicValue([junk, 1])}) - expand({"a": junk}),
    ("a leaf", "intersection"): lambda junk: SMALL & expand(junk),
    ("a leaf", "structure"): lambda junk: structure(dict[str, int | list[int] | None], {"a": junk}),
    ("a leaf", "text"): lambda junk: structure(Llm, {"model": junk}),
    ("a leaf", "read"): lambda junk: structure(Fraction | Path | datetime | None, junk),
    ("a leaf", "literal"): lambda junk: structure(Literal["a", 1] | Colour, junk),
    ("a leaf", "set"): lambda junk: structure(set[int], [junk]),
    ("a leaf", "tuple"): lambda junk: structure(tuple[int, str], junk),
    ("a leaf", "mapped to"): lambda junk: mapped(lambda _: junk, SMALL),
    ("a leaf", "found mapped"): lambda junk: mapped(lambda _: junk, SMALL).index(junk),
    ("a leaf", "derived"): lambda junk: derive("z", lambda _: junk, SMALL),
    ("an alternative", "hash"): lambda junk: hash(DynamicValue([junk, 1])),
    ("an alternative", "repr"): lambda junk: repr(DynamicValue([junk])),
    ("an alternative", "expand"): lambda junk: expand({"a": DynamicValue([1, junk]), "b": DynamicValue([1, 2])}),
    ("an alternative", "of a field"): lambda junk: expand(Data(junk, DynamicValue([1, 2]))),
    ("an alternative", "hash of its sweep"): lambda junk: hash(expand(DynamicValue([1, junk]))),
    ("an alternative", "in"): lambda junk: 5 in DynamicValue([1, junk]),
    ("an alternative", "zip"): lambda junk: zipped(SMALL[:2], expand({"z": DynamicValue([[1], [junk]])})),
    ("an alternative", "constrain"): lambda junk: constrain(always, expand({"a": DynamicValue([junk, 1])}), on="a"),
    ("an alternative", "distinct"): lambda junk: distinct(expand({"a": DynamicValue([junk, 1, junk])})),
    ("an alternative", "distinct list"): lambda junk: distinct([junk, junk, 1]),
    ("an alternative", "structured"): lambda junk: structured(Data, expand({"x": DynamicValue([1, junk])})),
    ("an alternative", "validate"): lambda junk: str(validate(dict[str, int], expand({"x": DynamicValue([1, junk])}))),
    ("an alternative", "typed index"): lambda junk: structured(Data, WIDE).index(Data(junk)),
}


DONE: Any = run(lambda c: c.a * 1.5, expand({"a": DynamicValue([1, 2]), "b": DynamicValue([1, 2])}))
DONE = tuple(DONE)

RESULTS: dict[tuple[str, str], Callable[[Any], Any]] = {
    **{(name, "outcomes"): partial(lambda name, junk: getattr(wrong, name)(junk), name)
       for name in ("summary", "dataset", "rows", "html_page", "plot", "collect")},
    **{(name, "sweep"): partial(lambda name, junk: getattr(wrong, name)(DONE, sweep=junk), name)
       for name in ("dataset", "rows", "html_page", "plot")},
    **{(name, "value"): partial(lambda name, junk: getattr(wrong, name)(DONE, value=junk), name)
       for name in ("summary", "html_page", "plot")},
    ("summary", "by"): lambda junk: wrong.summary(DONE, by=junk),
    ("compare", "path"): lambda junk: wrong.compare(junk, DONE),
    ("compare", "outcomes"): lambda junk: wrong.compare("a", junk),
    ("compare", "value"): lambda junk: wrong.compare("a", DONE, value=junk),
    ("plot", "kind"): lambda junk: wrong.plot(DONE, kind=junk),
    ("plot", "on"): lambda junk: wrong.plot(DONE, on=junk),
    ("html_page", "title"): lambda junk: wrong.html_page(DONE, title=junk),
    ("best", "key"): lambda junk: wrong.best(junk, DONE),
    ("best", "lowest"): lambda junk: wrong.best(lambda success: 1, DONE, lowest=junk),
    ("a value", "summary"): lambda junk: wrong.summary(DONE, value=lambda success: junk),
    ("a result", "dataset"): lambda junk: dataset(run(lambda c: junk, [{"a": 1}, {"a": 2}])),
    ("an alternative", "dataset"): lambda junk: dataset(run(lambda c: 1.5, ({"a": k} for k in (1, junk)))),
    ("an alternative", "summary"): lambda junk: summary(run(lambda c: 1.5, ({"a": k} for k in (1, junk))), by="a"),
    ("an alternative", "html_page"): lambda junk: spearmint_fp.html_page(
        run(lambda c: 1.5, ({"a": k, "b": m} for k in (1, junk) for m in (1, 2)))
    ),
}  # fmt: skip


def named(slot: tuple[str, str]) -> str:
    return ".".join(slot)


def test_every_public_parameter_is_tried() -> None:
    names = [
        n
        for n in dir(spearmint_fp)
        if ".sweep." in str(getattr(getattr(spearmint_fp, n), "__module__", "")) or n in dir(spearmint_fp.configuration)
    ]
    made = [name for name in names if callable(getattr(spearmint_fp, name))]
    errors = {name for name in made if name.endswith("Error")}
    kept = {*made} - errors - {"Problem", "Validation"}
    wanted = {(name, parameter) for name in kept for parameter in inspect.signature(getattr(wrong, name)).parameters}
    assert wanted == {slot for slot in SLOTS if slot[0] in kept}
    assert {name for name, _ in SLOTS} - kept == {"Spearmint", "experiment", "inject"}


@pytest.mark.parametrize("slot", [*SLOTS, *METHODS, *LEAVES, *RESULTS], ids=named)
def test_a_parameter_takes_or_refuses_junk(slot: tuple[str, str]) -> None:
    call = {**SLOTS, **METHODS, **LEAVES, **RESULTS}[slot]
    for name, made in some_of(POOL.items()):
        many = "configs" in slot[1] or slot[1] in ("outcomes", "by", "on")
        if many and name == "an array without dimensions" and slot[0] != "distinct":
            continue  # numpy's own TypeError
        try:
            comes_out(call, made())
        except BaseException as error:
            error.add_note(f"given {name}")
            raise


def test_what_junk_must_not_do_is_seen() -> None:
    def library_bug(junk: Any) -> Any:
        return {}[junk]

    for junk, error in [("a", KeyError), ([1], TypeError)]:
        with pytest.raises(error):
            comes_out(library_bug, junk)
    with pytest.raises(TooSlow):
        comes_out(lambda _: next(i for i in itertools.count() if i < 0), None, seconds=0.1)


@pytest.mark.parametrize("wrap", [lambda part: [part, part], lambda part: {"a": part, "b": part}])
def test_a_part_that_doubles_again_and_again_is_cut(
    wrap: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fold_module, "MAX_NODES", 1000)
    doubled = nested(60, wrap)
    for call in (freeze, thaw, expand, config_id, unstructure, lambda tree: Config({"x": tree})):
        with within(20), pytest.raises(TreeError, match=r"more than 1000 records and choices, the last at .*doubles"):
            call(doubled)
    assert freeze(nested(8, wrap)) == nested(8, lambda part: freeze(wrap(part)))


def test_results_that_hold_junk_are_told() -> None:
    values = [hostile("__repr__"), 10**5000, "x" * 5000, math.nan]
    vast = expand({"n": DynamicValue(range(10**5000)), "x": DynamicValue([[value] for value in values])})
    found = validate(dict[str, int], vast)
    assert [problem.path for problem in found.problems] == [("x",)] * 4
    assert len(str(found)) < 3000
    assert "about 10^5000" in repr(found)
    with pytest.raises(ConversionError) as caught:
        structure(dict[str, int], {"x": values, 10**5000: 1})
    assert len(str(caught.value)) < 3000
    assert len(repr(caught.value.problems)) < 20_000


def test_an_int_of_its_own_is_found_in_a_range_at_once() -> None:
    class Number(IntEnum):
        FIVE = 5

    with within(20):
        assert Number.FIVE in DynamicValue(range(10**12))
        assert Number.FIVE not in DynamicValue(range(6, 10**12))
        assert Number.FIVE in expand(DynamicValue(range(10**12)))


def test_hostile_leaves_are_carried_whole() -> None:
    made = [hostile(name) for name in ("__eq__", "__repr__", "__bool__", "__len__", "__iter__", "__call__")]
    sweep = expand({"leaf": DynamicValue(made), "same": made, "n": DynamicValue([1, 2])})
    assert sweep.size == 12
    assert all(config.leaf is leaf for config, leaf in zip(sweep[::2], made, strict=True))
    assert [sweep.index(config) for config in sweep] == list(range(12))
    assert list(map(id, thaw(sweep[0])["same"])) == list(map(id, made))


KEYS = ["", "a.b", ".", "é", "\0", "\ud800", "x" * 1000, "__class__", "__init__", "items", "_cell", "keys",
        "1", 1, True, -1, 1.5, 10**400, None, (1, "a"), (), b"k", frozenset({1}), Colour.RED]  # fmt: skip


@pytest.mark.parametrize("key", KEYS, ids=lambda key: repr(key)[:20])
def test_a_key_of_any_kind_works_everywhere(key: Any) -> None:
    tree = {key: DynamicValue([1, 2]), "other": {key: DynamicValue([3, 4])}}
    sweep = expand(tree)
    config = sweep[3]
    assert config[key] == get_in((key,), config) == 2
    assert get_in(("other", key), config) == 4
    assert [sweep.index(c) for c in sweep] == [0, 1, 2, 3]
    assert [*sweep.axes.values()] == [(1, 2), (3, 4)]
    assert constrain(lambda one, two: one < 2 and two > 3, sweep, on=((key,), ("other", key)))[0] == sweep[1]
    assert set_in((key,), 9, config)[key] == update_in((key,), lambda n: n + 7, config)[key] == 9
    assert override({"other": {key: 5}}, config) == {key: 2, "other": {key: 5}}
    assert derive(("new", key), lambda c: c[key], sweep)[3]["new"][key] == 2
    assert product(expand({key: DynamicValue([1, 2])}), expand({"other": {key: DynamicValue([3, 4])}})) == sweep
    assert thaw(config) == {key: 2, "other": {key: 4}} == structure(dict[Any, Any], config)
    assert validate(dict[Any, Any], sweep).ok
    assert pickle.loads(pickle.dumps(sweep)) == sweep
    assert len(config_id(config)) == 32
    assert "2" in label(config, sweep)
    assert len(repr(config)) + len(explain(sweep)) > 20


# --- sizes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("digits", [400, 5000])
def test_a_sweep_of_any_size_answers_at_once(digits: int) -> None:
    size = 10**digits
    sweep = expand({"n": DynamicValue(range(size)), "m": {"k": DynamicValue([1, 2])}})
    with within(20):
        assert sweep.size == 2 * size
        assert sweep[-1] == {"n": size - 1, "m": {"k": 2}}
        assert sweep.index(sweep[-2]) == 2 * size - 2
        assert [c.n for c in itertools.islice(sweep, 3)] == [0, 0, 1]
        assert [c.n for c in itertools.islice(reversed(sweep), 3)] == [size - 1, size - 1, size - 2]
        assert sweep[:: size // 2].size == 4
        assert sweep[size:][-1] == sweep[-1]
        assert shard(1, size, sweep).size == 2
        assert shuffled(sweep).index(shuffled(sweep)[size]) == size
        assert sample(size, sweep).size == size
        assert sorted(config.m.k for config in spread(4, sweep)) == [1, 1, 2, 2]
        assert (sweep + sweep).size == 4 * size
        assert zipped(sweep, expand({"z": DynamicValue(range(2 * size))}))[-1].z == 2 * size - 1
        assert product(sweep, expand({"z": DynamicValue(range(size))})).size == 2 * size * size
        assert constrain(lambda k: k > 1, sweep, on="m.k").size == size
        assert derive("z", lambda c: c.n, sweep)[-1].z == size - 1
        assert distinct(sweep).size == 2 * size
        assert not validate(dict[str, int], sweep).ok
        assert structured(dict[str, Any], sweep)[-1] == {"n": size - 1, "m": {"k": 2}}
        assert pickle.loads(pickle.dumps(sweep)) == sweep
        assert hash(sweep) == hash(expand({"n": DynamicValue(range(size)), "m": {"k": DynamicValue([1, 2])}}))
        assert f"10^{digits}" in repr(sweep)
        assert f"10^{digits}" in explain(zipped(sweep, expand({"z": DynamicValue(range(2 * size))})))
        assert len(label(sweep[-1], sweep)) < 2 * digits
    for position in (2 * size, -2 * size - 1, 10 ** (2 * digits)):
        with pytest.raises(PositionError, match=r"no configuration about -?10\^\d+ in a sweep of about 10\^"):
            sweep[position]
    with pytest.raises(CountError, match=r"ask \.size"):
        len(sweep)


# --- noise -----------------------------------------------------------------------------------------------


TEXTS = {
    ".yaml": [
        'a: &x {b: [1, "é", 1.5, 2024-01-01, ~]}\nc: !sweep [*x, 2]\nd: !range [1, 10, 2]\n<<: {z: 1}\n? k\n: v\n',
        '%YAML 1.2\n---\na: !!float 1\nv: !!set {a}\nw: !!binary aGk=\nu: "\\u00e9\\x41"\n...\n---\n- a: -.inf\n',
    ],
    ".json": ['{"a": {"b": [1, "é", 1.5e3, -0, true, null, "\\u00e9\\ud83d\\n"]}, "c": [[], {}], "d": 1E400}'],
    ".toml": [
        't = "x"\n[a]\nb = [1, 1.5, 0x1F, inf]\n[a.c]\nd = 2024-01-01T00:00:00Z\n[[x]]\ny = {z = 1, w.v = """m"""}\n'
    ],
}
ATOMS = ["\0", "\ufeff", "[", "]", "{", "}", ": ", "- ", "\n", "\r", "\t", "&x ", "*x", "!!", "!", "!sweep ", "!range ",
         "!!python/object/apply:os.system ", "<<: ", "? ", "|", ">", "'", '"', "\\", "\\U", "%", "---\n", "#", "=", ".",
         "9" * 5000, "[" * 300, "{" * 300, "- " * 300, "a." * 3000, "1e999", "0x", "\u2028", "\x85", "!!set ", "!!int ",
         "!!timestamp ", "!!binary ", "24:60:60", "9999-12-31T23:59:59+99:99", "!<tag:yaml.org,2002:null>"]  # fmt: skip
edit = st.tuples(st.integers(0, 300), st.integers(0, 8), st.sampled_from(ATOMS) | st.binary(max_size=4) | st.just(""))


def with_noise(text: str, edits: list[tuple[int, int, str | bytes]]) -> bytes:
    content = bytearray(text.encode())
    for start, length, atom in edits:
        content[start : start + length] = atom if isinstance(atom, bytes) else atom.encode()
    return bytes(content)


def read_or_refused(place: Path, content: bytes) -> None:
    """Trees that expand and have an id, or an error that begins with the file's name."""
    place.write_bytes(content)
    with within(20):
        try:
            tree = load(place)
            assert len(config_id(tree)) > 0
            assert expand(tree).size >= 0
        except FormatError as error:
            assert str(error).startswith(str(place))  # noqa: PT017  # noise may be a whole file
        except IdentityError as error:
            assert "config_id of your own" in str(error)  # noqa: PT017


@pytest.fixture(scope="module")
def noise_folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return tmp_path_factory.mktemp("noise")


@examples(400)
@given(st.data())
def test_files_with_noise_are_read_or_refused(noise_folder: Folder, data: st.DataObject) -> None:
    suffix = data.draw(st.sampled_from([*TEXTS]))
    text = data.draw(st.sampled_from(TEXTS[suffix]))
    read_or_refused(noise_folder / f"a{suffix}", with_noise(text, data.draw(st.lists(edit, min_size=1, max_size=5))))


@examples(150)
@given(
    st.sampled_from([*TEXTS]), st.binary(max_size=60) | st.lists(st.sampled_from(ATOMS)).map("".join).map(str.encode)
)
def test_bytes_are_read_or_refused(noise_folder: Folder, suffix: str, content: bytes) -> None:
    read_or_refused(noise_folder / f"b{suffix}", content)


def built(recipe: Any) -> Any:
    """The tree that a recipe names: what junk does when it is printed or compared must not meet the generator."""
    if isinstance(recipe, str):
        return POOL[recipe]()
    if isinstance(recipe, dict):
        return {key: built(value) for key, value in recipe.items()}
    return recipe[0](list(map(built, recipe[1])))


makers = st.sampled_from([list, tuple, DynamicValue, lambda parts: Loop(*parts[:2]), lambda parts: Pair(*parts[:2])])
keys = st.sampled_from(["a", "n", "model", "", "a.b", None, 1, "items"])
recipes = st.recursive(
    st.sampled_from([*POOL]),
    lambda inner: st.dictionaries(keys, inner, max_size=3) | st.tuples(makers, st.lists(inner, max_size=3)),
    max_leaves=6,
)


@examples(400)
@given(st.sampled_from([*SLOTS, *METHODS, *LEAVES]), recipes)
def test_trees_of_junk_are_taken_or_refused(slot: tuple[str, str], recipe: Any) -> None:
    call = {**SLOTS, **METHODS, **LEAVES}[slot]
    comes_out(lambda tree: call(built(tree)), recipe)
