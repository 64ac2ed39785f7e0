"""Definitions of a script, in its workers: each test is a program, started in every way there is."""

from __future__ import annotations

import sys
import textwrap
import zipapp
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ..running.executors import OURS
from .programs import program, saw


def as_script(code: str, folder: Path) -> dict[str, Any]:
    (folder / "script.py").write_text(program(code))
    return saw([sys.executable, "script.py"], folder)


def as_text(code: str, folder: Path) -> dict[str, Any]:
    return saw([sys.executable, "-c", program(code)], folder)


def as_input(code: str, folder: Path) -> dict[str, Any]:
    return saw([sys.executable, "-"], folder, input=program(code))


def as_package(code: str, folder: Path) -> dict[str, Any]:
    (folder / "packed").mkdir()
    (folder / "packed" / "__init__.py").touch()
    (folder / "packed" / "__main__.py").write_text(program(code))
    return saw([sys.executable, "-m", "packed"], folder)


def as_zip(code: str, folder: Path) -> dict[str, Any]:
    (folder / "source").mkdir()
    (folder / "source" / "__main__.py").write_text(program(code))
    zipapp.create_archive(folder / "source", folder / "app.pyz")
    return saw([sys.executable, "app.pyz"], folder)


def as_child(code: str, folder: Path) -> dict[str, Any]:
    """In a process that multiprocessing has started, where `__main__` is `__mp_main__` and may start no other."""
    text = textwrap.dedent(code)
    start = text.index("# run\n")
    (folder / "script.py").write_text(
        program(text[:start])
        + "def child():\n"
        + textwrap.indent(text[start:], "    ")
        + "\nif __name__ == '__main__':\n"
        + "    process = get_context('spawn').Process(target=child, daemon=True)\n"
        + "    process.start()\n    process.join()\n"
    )
    return saw([sys.executable, "script.py"], folder)


WAYS: dict[str, Callable[[str, Path], dict[str, Any]]] = {
    "script": as_script,
    "python -c": as_text,
    "python -": as_input,
    "python -m": as_package,
    "zipapp": as_zip,
    "multiprocessing": as_child,
}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_what_a_script_defines_is_the_same_in_its_workers(way: str, tmp_path: Path) -> None:
    code = """
        @attrs.frozen
        class Inner:
            x: int
        @attrs.frozen
        class Outer:
            inner: Inner
            others: list[Inner] = ()
            parent: Outer | None = None
        @dataclasses.dataclass(frozen=True)
        class Data:
            inner: Inner | None
            more: Data | None = None
        FACTOR = 10
        @functools.lru_cache(maxsize=7)
        def cached(n):
            return n * FACTOR
        @functools.cache
        def again(n):
            return cached(n)
        @experiment(configs=[{"k": 5}])
        def scored(config: Config, x: int) -> int:
            return config.k + x
        @experiment(configs=[{"k": 5}])
        def defaulted(x: int, config: Config = None) -> int:
            return x + (100 if config is None else config.k)
        def task(c):
            outer = structure(Outer, {"inner": {"x": c.n}, "others": [{"x": 1}], "parent": {"inner": {"x": 2}}})
            data = structure(Data, {"inner": {"x": c.n}, "more": {"inner": None}})
            assert isinstance(outer.inner, Inner) and isinstance(data.more, Data)
            return [outer.inner.x, len(outer.others), outer.parent.inner.x, data.inner.x, again(c.n), scored(c.n),
                    defaulted(c.n), cached.cache_parameters()["maxsize"]]
        # run
        sweep = expand({"n": DynamicValue([1, 2])})
        executors = [processes(2, start_method=method) for method in ("forkserver", "spawn", "fork")]
        tell(got=[[o.result if o.ok else o.error.message for o in run(task, sweep, executor=e)] for e in executors])
        """
    got = WAYS[way](code, tmp_path)["got"]
    assert got == [[[1, 1, 2, 1, 10, 6, 6, 7], [2, 1, 2, 2, 20, 7, 7, 7]]] * 3


@pytest.mark.slow
def test_whatever_kind_of_thing_a_script_defines(tmp_path: Path) -> None:
    """In a worker each behaves as in the script; what comes back is the script's own; the script's classes stay."""
    code = """
        import abc, enum, typing, toolz, pydantic
        class Color(enum.Enum):
            RED = 1
        @attrs.frozen
        class Inner:
            x: int
        class Typed(typing.TypedDict):
            inner: Inner
        class Named(typing.NamedTuple):
            inner: Inner
        class Model(pydantic.BaseModel):
            nested: Nested | None = None
        class Nested(pydantic.BaseModel):
            y: int
        Model.model_rebuild()
        T = typing.TypeVar("T")
        @attrs.frozen
        class Box(typing.Generic[T]):
            item: T
        UserId = typing.NewType("UserId", int)
        @attrs.frozen
        class Holds:
            box: Box[Inner]
            color: Color
            user: UserId
        @dataclasses.dataclass(slots=True)
        class Slotted:
            inner: Inner
        class Computed:
            @functools.cached_property
            def y(self): return 7
            @functools.singledispatchmethod
            def one(self, x): return "any"
            @one.register(int)
            def _(self, x): return "int"
            @classmethod
            @functools.lru_cache
            def c(cls): return cls is Computed
            @functools.lru_cache
            def own(self): return isinstance(self, Computed)
        @functools.singledispatch
        def dispatched(x): return "any"
        @dispatched.register(int)
        def _(x): return "int"
        @functools.lru_cache
        def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
        class _Missing:
            def __reduce__(self): return "MISSING"
        MISSING = _Missing()
        UNSET = object()
        @toolz.curry
        def added(a, b): return a + b
        tasks = {
            "enum": lambda c: structure(Holds, HOLDS).color is Color.RED and c.color is Color.RED,
            "generic": lambda c: isinstance(structure(Holds, HOLDS).box.item, Inner),
            "typed dict": lambda c: isinstance(structure(Typed, {"inner": {"x": 1}})["inner"], Inner),
            "named tuple": lambda c: isinstance(structure(Named, {"inner": {"x": 1}}).inner, Inner),
            "pydantic": lambda c: isinstance(structure(Model, {"nested": {"y": 2}}).nested, Nested),
            "slots": lambda c: isinstance(structure(Slotted, {"inner": {"x": 1}}).inner, Inner),
            "cached property": lambda c: Computed().y == 7,
            "dispatch": lambda c: dispatched(1) + dispatched("a") + Computed().one(1) == "intanyint",
            "cached": lambda c: fib(30) == 832040 and functools.partial(fib, 10)() == 55,
            "cached methods": lambda c: Computed.c() and Computed().own(),
            "singleton": lambda c: c.missing is MISSING,
            "sentinel": lambda c: c.unset is UNSET,
            "curried": lambda c: added(1)(2) == 3,
            "hints": lambda c: typing.get_type_hints(Holds)["box"] == Box[Inner],
            "instance": lambda c: isinstance(c.inner, Inner),
        }
        HOLDS = {"box": {"item": {"x": 1}}, "color": 1, "user": 3}
        sweep = expand({"missing": DynamicValue([MISSING]), "unset": UNSET, "color": Color.RED, "inner": Inner(1)})
        def task(pair):
            return tasks[pair[0]](pair[1])
        classes = [Inner, Typed, Named, Box, Holds, Slotted]
        def look():
            return [{**vars(cls), **cls.__annotations__} for cls in classes]
        before = look()
        wrong = {}
        for method in sys.argv[1:]:
            for source in (sweep, list(sweep)):  # one pickle with the function, and one of its own
                for name in tasks:
                    [one] = run(lambda c: tasks[name](c), source, executor=processes(1, start_method=method)) \\
                        if name in ("sentinel", "singleton") else [None]
                    if one is not None and not (one.ok and one.result is True):
                        wrong[name] = str(one)
            for outcome in run(task, [(name, sweep[0]) for name in tasks], executor=processes(1, start_method=method)):
                if not (outcome.ok and outcome.result is True):
                    wrong[outcome.config[0], method] = str(outcome)
            made = [lambda: MISSING, lambda: Inner(3), lambda: Color.RED, lambda: Inner]
            executor = processes(1, start_method=method)
            back = [o.result for o in run(lambda make: make(), made, executor=executor)]
            if not (back[0] is MISSING and type(back[1]) is Inner and back[2] is Color.RED and back[3] is Inner):
                wrong["back", method] = str(back)
        tell(wrong=str(wrong) if wrong else "", changed=before != look())
        """
    (tmp_path / "script.py").write_text(program(code))
    got = saw([sys.executable, "script.py", *OURS], tmp_path)
    assert got == {"wrong": "", "changed": False}


@pytest.mark.parametrize("method", OURS)
def test_tasks_in_a_pool_see_what_its_initializer_has_made(method: str, tmp_path: Path) -> None:
    code = f"""
        STATE = None
        FIXED = 5
        @attrs.frozen
        class Model:
            scale: int
        @attrs.frozen
        class Wanted:
            model: Model | None
        class Holder:
            value = 0
            def task(self, c):
                return self.value + STATE.scale
            @classmethod
            def twice(cls, c):
                return cls.value * 2
        def initialize(scale):
            global STATE
            STATE = Model(scale)
            Holder.value = scale
        def task(c):
            assert isinstance(STATE, Model) and isinstance(c["model"], Model)
            return STATE.scale * c["n"] + FIXED
        @functools.cache
        def cached(c):
            return STATE.scale
        @experiment(configs=[{{"k": 2}}])
        def scored(config: Config) -> int:
            return config.k * STATE.scale
        def made():
            return lambda c: STATE.scale + FIXED
        def gives(c):
            return Wanted(STATE)
        if __name__ == "__main__":
            LATE = 7
            pool = ProcessPoolExecutor(2, get_context({method!r}), initialize, (3,), max_tasks_per_child=
                                       None if {method!r} == "fork" else 4)
            configs = [{{"n": 1, "model": Model(1)}}]
            lambdas = [lambda c: STATE.scale + FIXED + LATE, lambda c: cached(1), lambda c: scored()]
            with pool:
                def ran(fn):
                    [got] = [o.result if o.ok else o.error.message for o in run(fn, configs, executor=pool)]
                    return [got.model.scale, type(got) is Wanted] if fn is gives else got
                tasks = [task, made(), Holder().task, Holder.twice, functools.partial(task), gives, *lambdas]
                tell(got=[ran(fn) for fn in tasks])
        """
    (tmp_path / "script.py").write_text(program(code))
    got = saw([sys.executable, "script.py"], tmp_path)["got"]
    assert got == [8, 8, 6, 6, 8, [3, True], 15, 3, 6]
