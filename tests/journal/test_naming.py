"""Whose outcomes a journal keeps: a name leads to one function, or it is refused."""

from __future__ import annotations

import asyncio
import functools
import importlib
import json
import operator
import os
import shutil
import subprocess
import sys
import textwrap
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from toolz import curry

from spearmint_fp import (
    ArgumentError,
    Config,
    DynamicValue,
    Journal,
    JournalStatus,
    Spearmint,
    expand,
    experiment,
    inject,
    retrying,
    run,
)
from spearmint_fp.journal import schema
from spearmint_fp.journal.fingerprints import fingerprint_function, is_changed
from tests.waiting import LIMIT_SECONDS

ROOT = Path(__file__).parent.parent.parent
THREE = expand({"n": DynamicValue(range(3))})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


def results(fn: Any, journal: Journal) -> list[Any]:
    return [outcome.result for outcome in run(fn, THREE, journal=journal)]


# --- what can be found, and what not ---------------------------------------------------------------------


def plain(config: Config) -> int:
    return int(config.n)


def doubling(fn: Callable[[Any], int]) -> Callable[[Any], int]:
    def without_wraps(config: Any) -> int:
        return 2 * fn(config)

    return without_wraps


def tripling(fn: Callable[[Any], int]) -> Callable[[Any], int]:
    @functools.wraps(fn)
    def with_wraps(config: Any) -> int:
        return 3 * fn(config)

    return with_wraps


@tripling
def tripled(config: Config) -> int:
    return int(config.n)


@functools.cache
def cached(config: Config) -> int:
    return int(config.n)


@curry  # type: ignore[untyped-decorator]
def curried(config: Config) -> int:
    return int(config.n)


@retrying(2)
def retried(config: Config) -> int:
    return int(config.n)


@experiment([{"n": 1}, {"n": 2}])
def tried(config: Config) -> int:
    return int(config.n)


class Home:
    @staticmethod
    def static(config: Config) -> int:
        return int(config.n)

    @classmethod
    def of_class(cls, config: Config) -> int:
        return int(config.n)

    def __call__(self, config: Config) -> int:
        return int(config.n)


class Heir(Home):
    pass


def replaced(config: Config) -> int:
    return int(config.n)


first_replaced = replaced


def replaced(config: Config) -> int:  # type: ignore[no-redef]  # that is the point
    return -int(config.n)


def closure_of(k: int) -> Callable[[Config], int]:
    def inside(config: Config) -> int:
        return int(config.n) * k

    return inside


def local_class() -> Any:
    class Local:
        @staticmethod
        def method(config: Config) -> int:
            return int(config.n)

    return Local


FOUND = {
    "a function": (plain, "plain"),
    "under a decorator with wraps": (tripled, "tripled"),
    "cached": (cached, "cached"),
    "curried": (curried, "curried"),
    "with retries, all around": (retried, "retried"),
    "with retries, inside": (retried.function, "retried"),  # type: ignore[attr-defined]
    "injected": (inject(plain), "plain"),
    "partial": (functools.partial(plain), "plain"),
    "static": (Home.static, "Home.static"),
    "a method of a class": (Home.of_class, "Home.of_class"),
    "an inherited one": (Heir.of_class, "Home.of_class"),
    "an experiment's function": (tried.__wrapped__, "tried"),  # type: ignore[attr-defined]
    "the second of its name": (replaced, "replaced"),
}
LOST = {
    "a lambda": lambda c: c.n,
    "a closure": closure_of(2),
    "a partial closure": functools.partial(closure_of(2)),
    "a curried closure": curry(closure_of(2)),
    "a closure with retries": retrying(2)(closure_of(2)),
    "an injected closure": inject(closure_of(2)),
    "under a decorator without wraps": doubling(plain),
    "under one with wraps, elsewhere": tripling(plain),
    "below a decorator with wraps": tripled.__wrapped__,  # type: ignore[attr-defined]
    "cached, elsewhere": functools.cache(plain),
    "below a cache": cached.__wrapped__,
    "cached inside": functools.cache(closure_of(2)),
    "replaced": first_replaced,
    "an instance": Home(),
    "a static method of a local class": local_class().method,
    "a local class": local_class(),
    "a method of a builtin": "abc".count,
    "an operator": operator.attrgetter("n"),
}


@pytest.mark.parametrize("kind", FOUND)
def test_what_can_be_found_by_its_name_is_kept_under_it(kind: str, path: Path) -> None:
    fn, name = FOUND[kind]
    with Journal(path) as journal:
        results(fn, journal)
        assert [found for found, _ in journal.experiments] == [f"{__name__}.{name}"]
        assert all(outcome.replayed for outcome in run(fn, THREE, journal=journal))


@pytest.mark.parametrize("kind", LOST)
def test_what_nobody_can_find_is_refused_with_the_ways_out(kind: str, path: Path) -> None:
    fn: Any = LOST[kind]
    with Journal(path) as journal:
        for use in (lambda: run(fn, THREE, journal=journal), lambda: journal.status(THREE, fn)):
            with pytest.raises(ArgumentError, match=r"no name to be found by again: .*Journal\(path, name='score'\)"):
                use()
        assert journal.experiments == ()


def test_an_experiment_is_found_by_its_function_and_by_itself(path: Path) -> None:
    with Journal(path) as journal:
        with Spearmint.run(tried, await_variants=True, journal=journal) as runner:
            assert runner().main_result.result == 1
        configs = expand({"n": DynamicValue([1, 2, 3])})
        assert journal.status(configs, tried) == JournalStatus(2, 0, 1)
        assert [o.result for o in journal.outcomes(tried)] == [1, 2]
        assert sum(o.replayed for o in run(inject(tried.__wrapped__), configs, journal=journal)) == 2  # type: ignore[attr-defined]


def test_two_closures_of_one_name_are_the_user_s_word(path: Path) -> None:
    with Journal(path, name="scaled") as journal:
        assert results(closure_of(2), journal) == results(closure_of(5), journal) == [0, 2, 4]
        assert journal.experiments == (("scaled", ""),)


@pytest.mark.parametrize("is_async", [False, True])
def test_an_experiment_inside_a_function_needs_a_name_too(path: Path, is_async: bool) -> None:
    @experiment([{"n": 1}, {"n": 2}])
    def inner(config: Config) -> int:
        return int(config.n)

    async def awaited(journal: Journal) -> Any:
        async with Spearmint.arun(inner, await_variants=True, journal=journal) as runner:
            return await runner()

    def called(journal: Journal) -> Any:
        if is_async:
            return asyncio.run(awaited(journal))
        with Spearmint.run(inner, await_variants=True, journal=journal) as runner:
            return runner()

    with Journal(path) as journal, pytest.raises(ArgumentError, match="no name to be found by again"):
        called(journal)
    with Journal(path, name="inner") as journal:
        assert called(journal).main_result.result == 1
        assert called(journal).main_result.replayed


# --- scripts ---------------------------------------------------------------------------------------------

SCRIPT = """
import json, sys
from spearmint_fp import DynamicValue, Journal, expand, run

K = {k}

def score(config):
    return config.n * K

def main():
    with Journal(sys.argv[1]) as journal:
        outcomes = list(run(score, expand({{"n": DynamicValue(range(3))}}), journal=journal))
        names = [name for name, _ in journal.experiments]
    print(json.dumps([[o.result for o in outcomes], [o.replayed for o in outcomes], names]))

if __name__ == "__main__":
    main()
"""


def ran(*arguments: str, cwd: Path) -> tuple[list[int], bool, list[str], str]:
    """The results of a program that runs `score`, whether all were replayed, the names in its journal, its warnings."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    got, replayed, names = json.loads(done.stdout)
    assert len(set(replayed)) == 1
    return got, replayed[0], names, done.stderr


def script(folder: Path, k: int, name: str = "job.py") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(SCRIPT.format(k=k))
    return folder / name


def test_a_script_its_module_and_its_import_share_one_name(tmp_path: Path) -> None:
    script(tmp_path / "pkg", 2)
    (tmp_path / "pkg" / "__init__.py").touch()
    by_import = "import sys; sys.path.insert(0, '.'); from pkg.job import main; main()"
    calls = [["pkg/job.py"], ["-m", "pkg.job"], ["-c", by_import]]
    for order in (calls, calls[::-1], [calls[1], calls[0], calls[2]]):
        journal = tmp_path / "runs.db"
        journal.unlink(missing_ok=True)
        seen = [ran(*call, str(journal), cwd=tmp_path) for call in order]
        assert seen == [([0, 2, 4], replayed, ["pkg.job.score"], "") for replayed in (False, True, True)]


def test_a_script_in_a_folder_without_init_and_its_import_share_one_name(tmp_path: Path) -> None:
    script(tmp_path / "sub", 2)
    assert ran("sub/job.py", str(tmp_path / "runs.db"), cwd=tmp_path)[1:3] == (False, ["job.score"])
    assert ran("-m", "sub.job", str(tmp_path / "runs.db"), cwd=tmp_path)[1:3] == (True, ["job.score"])


def test_two_scripts_never_share_a_name(tmp_path: Path) -> None:
    journal = str(tmp_path / "runs.db")
    one, two, other = script(tmp_path / "a", 1), script(tmp_path / "b", 10), script(tmp_path / "a", 7, "other.py")
    for _ in range(2):
        assert ran(str(one), journal, cwd=tmp_path)[0] == [0, 1, 2]
        assert ran(str(two), journal, cwd=tmp_path)[0] == [0, 10, 20]
        assert ran(str(other), journal, cwd=tmp_path)[0] == [0, 7, 14]
    got, replayed, names, told = ran("-m", "job", journal, cwd=two.parent)
    assert (got, replayed, told) == ([0, 10, 20], True, "")
    assert names == ["job.score", f"{two}:score", "other.score"]


def test_the_second_script_of_a_name_is_told_so_once(tmp_path: Path) -> None:
    journal = str(tmp_path / "runs.db")
    one, two = script(tmp_path / "a", 1), script(tmp_path / "b", 10)
    assert ran(str(one), journal, cwd=tmp_path)[3] == ""
    assert (
        "If it is the same function, say so: Journal(path, name='job.score')" in ran(str(two), journal, cwd=tmp_path)[3]
    )
    assert ran(str(two), journal, cwd=tmp_path)[3] == ""


def test_programs_in_archives_are_scripts_too(tmp_path: Path) -> None:
    journal = str(tmp_path / "runs.db")
    apps = [tmp_path / "a" / "app.pyz", tmp_path / "b" / "app.pyz"]
    for k, app in enumerate(apps, 1):
        app.parent.mkdir()
        with zipfile.ZipFile(app, "w") as archive:
            archive.writestr("__main__.py", SCRIPT.format(k=k))
    for replayed in (False, True):
        assert [ran(str(app), journal, cwd=tmp_path)[:2] for app in apps] == [
            ([0, 1, 2], replayed),
            ([0, 2, 4], replayed),
        ]


def test_a_script_that_has_moved_finds_its_outcomes_again(tmp_path: Path) -> None:
    journal = str(tmp_path / "runs.db")
    ran(str(script(tmp_path / "a", 1)), journal, cwd=tmp_path)
    shutil.move(tmp_path / "a", tmp_path / "b")
    assert ran("b/job.py", journal, cwd=tmp_path) == ([0, 1, 2], True, ["job.score"], "")
    assert ran("b/job.py", journal, cwd=tmp_path) == ([0, 1, 2], True, ["job.score"], "")


def test_an_interactive_function_is_refused(tmp_path: Path) -> None:
    code = SCRIPT.format(k=1).replace('"__main__"', "'__main__'")
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "runs.db")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert "interactive session" in done.stderr
    assert "name='score'" in done.stderr


def test_what_an_older_version_kept_of_a_script_is_told_of(tmp_path: Path) -> None:
    journal = tmp_path / "runs.db"
    with Journal(journal, name="__main__.score") as old:
        assert results(plain, old) == [0, 1, 2]
    file = script(tmp_path, 2)
    got, replayed, names, told = ran(str(file), str(journal), cwd=tmp_path)
    assert (got, replayed, names) == ([0, 2, 4], False, ["__main__.score", "job.score"])
    assert "say so: Journal(path, name='__main__.score')" in told
    assert ran(str(file), str(journal), cwd=tmp_path)[1::2] == (True, "")


def test_what_an_older_version_kept_of_a_closure_is_told_of(path: Path) -> None:
    former = f"{__name__}.closure_of.<locals>.inside"
    with Journal(path, name=former) as old:
        results(closure_of(2), old)
    with (
        Journal(path) as journal,
        pytest.raises(ArgumentError, match="kept outcomes of it: name='.*inside' gives them"),
    ):
        run(closure_of(2), THREE, journal=journal)


def test_a_journal_of_the_version_before_is_read_and_gone_on_with(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as old:
        old.setattr(schema, "STEPS", schema.STEPS[:2])
        with Journal(path) as journal:
            results(plain, journal)
    with Journal(path) as journal:
        assert all(outcome.replayed for outcome in run(plain, THREE, journal=journal))


# --- fingerprints ----------------------------------------------------------------------------------------


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """A module with this source, loaded anew."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def loaded(source: str) -> ModuleType:
        (tmp_path / "edited.py").write_text(textwrap.dedent(source))
        sys.modules.pop("edited", None)
        importlib.invalidate_caches()
        return importlib.import_module("edited")

    yield loaded
    sys.modules.pop("edited", None)


SOURCE = '''
def score(config):
    """What it does."""
    return config.n + 1
'''
SAME = [
    SOURCE.replace("What it does", "What it did"),
    SOURCE.replace("    return", "    # a comment\n\n    return"),
    SOURCE.replace("config.n + 1", "(\n        config.n\n        + 1\n    )"),
    "import math\n\n\n" + SOURCE,
    SOURCE + "\ndef other(config):\n    return 0\n",
]
OTHER = [
    SOURCE.replace("+ 1", "+ 2"),
    SOURCE.replace("+ 1", "+ 1.0"),
    SOURCE.replace("+ 1", "- 1"),
    SOURCE.replace("def score(config)", "def score(config, k=0)"),
    "import functools\n\n\n@functools.lru_cache\n" + SOURCE.strip(),
]


@pytest.mark.parametrize("source", SAME)
def test_comments_docstrings_and_layout_are_no_change(module: Any, path: Path, source: str) -> None:
    with Journal(path) as journal:
        results(module(SOURCE).score, journal)
        assert results(module(source).score, journal) == [1, 2, 3]


@pytest.mark.parametrize("source", OTHER)
@pytest.mark.parametrize("name", [None, "mine"])
def test_a_changed_source_is_warned_of_once(module: Any, path: Path, source: str, name: str | None) -> None:
    with Journal(path, name=name) as journal:
        results(module(SOURCE).score, journal)
        results(module(SOURCE).score, journal)
        with pytest.warns(UserWarning, match="has changed since .* give another version") as told:
            assert results(module(source).score, journal) == [1, 2, 3]
        assert len(told) == 1
        results(module(source).score, journal)
    with Journal(path, name=name) as journal:
        results(module(source).score, journal)
    with Journal(path, name=name, version=2) as journal:
        results(module(SOURCE).score, journal)


def test_a_file_that_changed_after_it_was_loaded_says_nothing_of_what_runs(module: Any, tmp_path: Path) -> None:
    score = module(SOURCE).score
    before = fingerprint_function(score)
    (tmp_path / "edited.py").write_text(SOURCE.replace("+ 1", "+ 22222"))
    after = fingerprint_function(score)
    assert before is not None
    assert before.startswith("source:")
    assert after is not None
    assert after.startswith("code ")
    assert not is_changed(before, after)


def test_a_fingerprint_is_the_same_in_every_version_of_python() -> None:
    """Golden: what Python 3.11, 3.12 and 3.13 give for a function with an f-string, defaults and annotations."""
    scope: dict[str, Any] = {}
    source = 'def f(a: int = 1, *, b: str = "x") -> str:\n    return f"{a!r:>{10}}{{}} {b}" if a else [*b][0]\n'
    file = "<golden fingerprint>"
    import linecache

    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec", dont_inherit=True), scope)
    assert fingerprint_function(scope["f"]) == GOLDEN


GOLDEN = "source:3a9da783c8defdf73ee55a837c0bfd03"


def test_builtins_have_no_fingerprint_and_nothing_hostile_ends_it() -> None:
    def looped(config: Any) -> None: ...

    looped.__wrapped__ = looped  # type: ignore[attr-defined]
    with warnings.catch_warnings():
        assert [fingerprint_function(fn) for fn in (len, Home(), looped)] == [None, None, None]
    assert str(fingerprint_function(Home)).startswith("source:")
