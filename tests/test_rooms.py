"""The house: who imports whom, what is public, and what importing costs."""

from __future__ import annotations

import ast
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

import spearmint_fp
from spearmint_fp import configuration
from spearmint_fp.sweep.nodes.node import Node

PACKAGE = Path(spearmint_fp.__file__).parent
ROOT = Path(__file__).parent.parent
BELOW = {
    "configuration": [],
    "conversion": ["configuration"],
    "sweep": ["conversion", "configuration"],
    "outcomes": ["sweep", "conversion", "configuration"],
    "tasks": ["outcomes", "sweep", "conversion", "configuration"],
    "workers": ["tasks", "outcomes", "sweep", "conversion", "configuration"],
    "journal": ["tasks", "outcomes", "sweep", "conversion", "configuration"],
    "running": ["workers", "journal", "tasks", "outcomes", "sweep", "conversion", "configuration"],
    "experiment": ["running", "workers", "journal", "tasks", "outcomes", "sweep", "conversion", "configuration"],
    "report": ["outcomes", "sweep", "conversion", "configuration"],
}
"""The rooms that a room may import beside itself. The command line stands on all of them."""

ABOVE = {"curried", "cli", "__main__"}
"""Modules on top of all rooms, imported by none."""

MOST_MODULE_LINES = 400
MOST_FUNCTION_LINES = 45

MODULES = sorted(PACKAGE.rglob("*.py"))
HEAVY = [
    "cattrs",
    "msgspec",
    "pydantic",
    "numpy",
    "pandas",
    "dask",
    "ray",
    "yaml",
    "matplotlib",
    "sqlite3",
    "asyncio",
    "concurrent.futures",
    "datetime",
    "decimal",
    "hashlib",
    "logging",
    "multiprocessing",
    "pickle",
    "random",
    "statistics",
    "spearmint_fp.journal.ledger",
    "spearmint_fp.running.loop",
    "spearmint_fp.sweep.counted",
]


@cache
def read_nodes(source: Path) -> tuple[ast.AST, ...]:
    """Every node of a file's syntax tree."""
    return tuple(ast.walk(ast.parse(source.read_text(encoding="utf-8"))))


def name_of(module: Path) -> str:
    return ".".join(module.relative_to(PACKAGE).with_suffix("").parts)


def imported(module: Path) -> Iterator[str]:
    """The modules of the package that a module imports, anywhere in it."""
    package = module.relative_to(PACKAGE).parts[:-1]
    for node in read_nodes(module):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = ".".join((*package[: len(package) - node.level + 1], *(node.module or "").split("."))).strip(".")
            yield from (base, *(f"{base}.{alias.name}" for alias in node.names))  # a module, or a name in one


@pytest.mark.parametrize("module", [m for m in MODULES if m.relative_to(PACKAGE).parts[0] in BELOW], ids=name_of)
def test_imports_run_only_downwards(module: Path) -> None:
    """From room to room, wherever in the module the import stands."""
    room = module.relative_to(PACKAGE).parts[0]
    reach = {other.partition(".")[0] for other in imported(module)} - {room}
    assert sorted(reach - set(BELOW[room])) == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Late imports count. The `__init__` of a package hands names on by its stub, so it has no arrows."""
    graph = {name_of(module): set(imported(module)) for module in MODULES if module.stem != "__init__"}
    TopologicalSorter(graph).prepare()  # raises CycleError, which shows the circle


def reached(module: Path) -> Iterator[str]:
    """The last steps of every name that a module imports from the package, by whatever statement."""
    for node in read_nodes(module):
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").startswith("spearmint_fp")):
            yield from ((node.module or "").rpartition(".")[2], *(alias.name for alias in node.names))
        elif isinstance(node, ast.Import):
            yield from (alias.name.rpartition(".")[2] for alias in node.names if alias.name.startswith("spearmint_fp."))


def test_nothing_imports_what_stands_on_top_of_all_rooms() -> None:
    below = [m for m in MODULES if m.relative_to(PACKAGE).parts[0] in BELOW or m == PACKAGE / "__init__.py"]
    assert [name_of(m) for m in below if ABOVE & set(reached(m))] == []
    assert set(reached(PACKAGE / "__main__.py")) == {"commands", "cli", "extras", "suggest_install"}


def test_every_module_is_in_a_room() -> None:
    assert {module.relative_to(PACKAGE).parts[0] for module in MODULES if module.parent != PACKAGE} == {*BELOW, "cli"}
    assert {module.stem for module in PACKAGE.glob("*.py")} == {"__init__", "curried", "__main__"}


@pytest.mark.parametrize(
    ("library", "module"),
    [
        ("cattrs", ["conversion.hooks"]),
        ("msgspec", ["conversion.models"]),
        ("pydantic", []),
        ("yaml", [f"conversion.yaml_{part}" for part in ("files", "nodes", "scalars", "text", "values")]),
        ("sqlite3", ["journal.database"]),
        ("tenacity", []),
        ("tqdm", ["running.progress"]),
        (
            "click",
            [
                "cli.arguments",
                "cli.commands",
                "cli.group",
                "cli.journal_commands",
                "cli.look_commands",
                "cli.output",
                "cli.run_commands",
                "cli.selection",
            ],
        ),
        ("numpy", ["report.columns"]),
        ("pandas", ["report.frames"]),
        ("polars", ["report.frames"]),
        (
            "matplotlib",
            ["report.canvas", "report.effects", "report.heatmap", "report.lines", "report.parallel", "report.plots"],
        ),
    ],
)
def test_one_module_alone_knows_a_library(library: str, module: list[str]) -> None:
    importing = re.compile(rf"^ *(import|from) {library}\b", re.MULTILINE)
    assert [name_of(m) for m in MODULES if importing.search(m.read_text(encoding="utf-8"))] == module


def test_everything_public_is_there_and_nothing_else() -> None:
    for name in dir(spearmint_fp):
        assert getattr(spearmint_fp, name) is not None
    assert set(dir(configuration)) <= set(dir(spearmint_fp))
    assert {getattr(configuration, name) is getattr(spearmint_fp, name) for name in dir(configuration)} == {True}
    with pytest.raises(AttributeError, match="has no attribute 'sweeep'"):
        spearmint_fp.sweeep  # type: ignore[attr-defined]


def test_the_module_function_is_not_hidden_by_its_room() -> None:
    from spearmint_fp import experiment
    from spearmint_fp.experiment.spearmint import experiment as same

    assert experiment is same


def test_every_public_error_has_a_builtin_beside_the_base() -> None:
    errors = [getattr(configuration, name) for name in dir(configuration) if name.endswith("Error")]
    assert len(errors) > 20
    for error in errors:
        assert issubclass(error, spearmint_fp.SpearmintError)
        if error is not spearmint_fp.SpearmintError:
            assert [
                b for b in error.__mro__ if b.__module__ == "builtins" and b not in (Exception, BaseException, object)
            ]


@pytest.mark.parametrize("statement", ["import spearmint_fp", "from spearmint_fp import *"])
def test_importing_is_light(statement: str) -> None:
    code = f"{statement}; import sys; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_modules_import_alone_and_in_any_order() -> None:
    names = [m.name for m in pkgutil.walk_packages(spearmint_fp.__path__, "spearmint_fp.")]
    code = ";".join(f"import {name}" for name in reversed(names))
    subprocess.run([sys.executable, "-c", code], check=True)


def test_modules_and_functions_are_no_longer_than_can_be_read_at_once() -> None:
    """In the package, and in the scripts of the pages and examples."""
    sources = [*MODULES, *(path for folder in ("docs", "examples") for path in (ROOT / folder).rglob("*.py"))]
    long = [str(m) for m in sources if len(m.read_text(encoding="utf-8").splitlines()) > MOST_MODULE_LINES]
    for module in sources:
        for node in read_nodes(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                if body and (body[-1].end_lineno or 0) - body[0].lineno + 1 > MOST_FUNCTION_LINES:
                    long.append(f"{module}: {node.name}")
    assert long == []


def test_no_docstring_begins_as_half_a_sentence() -> None:
    """A string that stands alone is a docstring, that of a constant too. Tests, pages and examples are held to it."""
    sources = [*MODULES, *(path for folder in ("tests", "docs", "examples") for path in (ROOT / folder).rglob("*.py"))]
    halves = re.compile(r"\s*(Whether|What|Who|Those)\b")
    assert [
        f"{source}:{node.lineno}"
        for source in sources
        for node in read_nodes(source)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and halves.match(str(node.value.value))
    ] == []


def node_kinds() -> Iterator[type[Node]]:
    """Every kind of sweep in the package: it is in a module, and a module is imported here."""
    for module in pkgutil.walk_packages(spearmint_fp.__path__, "spearmint_fp."):
        import_module(module.name)
    waiting = [Node]
    while waiting:
        below = [kind for kind in waiting.pop().__subclasses__() if kind.__module__.startswith("spearmint_fp.")]
        waiting += below
        yield from below


def types_tested(module: Path) -> Iterator[tuple[int, str]]:
    """The classes that values are tested for, with the line: `isinstance(x, A | B)`, `type(x) is A`, `case A():`."""
    for node in read_nodes(module):
        tested: list[ast.expr] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
            tested = node.args[1:]
        elif isinstance(node, ast.Compare) and isinstance(node.left, ast.Call) and len(node.left.args) == 1:
            tested = node.comparators if getattr(node.left.func, "id", "") == "type" else []
        elif isinstance(node, ast.MatchClass):
            tested = [node.cls]
        for name in (part for one in tested for part in ast.walk(one)):
            if isinstance(name, ast.Name | ast.Attribute):
                yield name.lineno, name.id if isinstance(name, ast.Name) else name.attr


def test_a_kind_of_sweep_is_tested_for_in_its_own_module_alone() -> None:
    """Operations ask nodes: a new kind is one class in one file."""
    homes = {kind.__name__: kind.__module__ for kind in node_kinds()}
    assert len(homes) > 5
    found = []
    for module in MODULES:
        if module.stem.startswith("__"):  # the package's own modules have no node among their names
            continue
        own = f"spearmint_fp.{name_of(module)}"
        known = vars(import_module(own))
        for line, name in types_tested(module):
            home = homes.get(name, own)
            if home != own and getattr(known.get(name), "__module__", home) == home:
                found.append(f"{name_of(module)}:{line} {name}")
    assert found == []


def test_every_public_function_documents_itself() -> None:
    wanted = ["Raises:", "See also:"]
    for name in dir(spearmint_fp):
        value = getattr(spearmint_fp, name)
        home = getattr(value, "__module__", "").split(".")
        if (
            home[1:2]
            and home[1] in ("configuration", "conversion", "sweep")
            and callable(value)
            and not (isinstance(value, type) and issubclass(value, Exception))
        ):
            doc = value.__doc__ or ""
            assert ">>> " in doc, name
            assert [section for section in wanted if section not in doc and name != "Sweep"] == [], name


def test_the_types_ship() -> None:
    assert (PACKAGE / "py.typed").exists()
