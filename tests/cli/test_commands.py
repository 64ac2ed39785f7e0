"""The command line: bad input, help, the console script, and the sessions of the pages."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from spearmint_fp import Journal, run
from spearmint_fp.__main__ import main
from spearmint_fp.cli.commands import cli
from spearmint_fp.cli.group import HelpfulCommand
from tests.cli.calls import PAGE, ROOT, SCRIPTS, called, done, refused
from tests.snippets import blocks
from tests.waiting import LIMIT_SECONDS

# --- bad input ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("list absent.yaml", "Error: absent.yaml: no such file or folder (in {folder})"),
        ("list train.py", "Error: 'train.py' is no module:name. Write train:name"),
        ("list ran.txt", "Error: ran.txt: a configuration file ends in .yaml, .yml, .json, .toml, .jsonl or .csv"),
        ("explain bad.yaml", "Error: bad.yaml:2:2: expected ',' or ']', but got ':' (while parsing a flow sequence)"),
        ("list", "Error: Missing argument 'FILE...'."),
        (
            "list space.yaml --slice 3",
            "Error: Invalid value for '--slice': '3' is no slice a:b or a:b:k of whole numbers.",
        ),
        ("list space.yaml --slice 1:2:0", "Error: Invalid value for '--slice': '1:2:0' has a step of 0."),
        ("list space.yaml --set lr", "Error: Invalid value for '--set': 'lr' is no path=value."),
        ("list space.yaml --set =1", "Error: Invalid value for '--set': '=1' is no path=value."),
        (
            "list space.yaml --where lr=",
            "Error: Invalid value for '--where': 'lr=' has no value. Write lr=null or lr=''.",
        ),
        (
            "list space.yaml --exclude lr=1,lr=2",
            "Error: Invalid value for '--exclude': 'lr=1,lr=2' has 'lr' twice. Write 'lr=!sweep [a, b]'.",
        ),
        ("list space.yaml --where lx=1", "Error: no configuration has lx; there is: 'lr', 'batch'"),
        (
            "list space.yaml --set lr.x.y=1",
            "Error: cannot set lr.x.y: at lr stands 0.1 (float). Set that path itself to a mapping first",
        ),
        ("list space.yaml --sample -1", "Error: --sample -1: of 6 configurations take 0 to 6"),
        (
            "list space.yaml --covering 0",
            "Error: --covering 0: take the number of axes whose values occur together, 1 or more",
        ),
        (
            "list space.yaml --where lr=1 --where lr=2",
            "Error: --where names lr twice, and both must hold. Write 'lr=!sweep [a, b]'.",
        ),
        ("list space.yaml --sample 1 --covering 2", "Error: Give one of --sample and --covering."),
        ("list space.yaml --sample 1.5", "Error: Invalid value for '--sample': '1.5' is no whole number."),
        (
            "list space.yaml --spread 7",
            "Error: --spread 7: of 6 configurations take 0 to 6",
        ),
        ("list space.yaml --seed 1", "Error: --seed is for --sample, --spread or --covering: give one of them too."),
        (
            "matrix space.yaml --max 5",
            (
                "Error: 6 configurations are more jobs than the 5 of --max. Take fewer with --covering 2, --sample 5 "
                "or --where"
            ),
        ),
        (
            "matrix space.yaml --where lr=7",
            (
                "Error: there are no configurations: --where lr=7 leaves none of 6: "
                "nothing at lr fits; there is: 0.1, 0.01"
            ),
        ),
        ("list train:spaec", "Error: module 'train' has no 'spaec'; did you mean 'space'?"),
        ("list train:scale.x", "Error: 'scale' has no 'x'; there is: 'factor', 'scaled'"),
        (
            "list train:constant",
            (
                "Error: train:constant is 5 (int). FILE as module:name is a tree of mappings, a sweep, or a function "
                "without parameters that returns one"
            ),
        ),
        (
            "list train:score",
            "Error: train:score() raised TypeError: score() missing 1 required positional argument: 'config'",
        ),
        (
            "list train:waits",
            "Error: train:waits is a coroutine function. FILE as module:name takes a plain function",
        ),
        (
            "run train:score space.yaml --initializer train:score",
            "Error: --initializer is for worker processes: give --jobs too.",
        ),
        (
            "run train:score space.yaml --max-failures 0",
            "Error: Invalid value for '--max-failures': 0 is not in the range x>=1.",
        ),
        (
            "run train:score space.yaml -o space.yaml",
            "Error: 'space.yaml' is given twice, and would be written over. Give another --output",
        ),
        ("run train:score none.yaml", "Error: there are no configurations: the choice at 'a.b' is empty"),
        ("plan space.yaml --function train:score", "Error: Missing option '--journal'."),
        ("plan space.yaml --journal good.db", "Error: Give one of --function and --experiment."),
        (
            "plan space.yaml --journal absent.db --experiment x",
            "Error: there is no journal 'absent.db': no such file",
        ),
        (
            "plan space.yaml --journal good.db --experiment y",
            "Error: 'good.db' has no experiment 'y'; there is: x",
        ),
        ("merge new.db absent.db", "Error: there is no journal 'absent.db': no such file"),
        ("merge new.db", "Error: Missing argument 'DB...'."),
        (
            "list space.yaml --slice a:b",
            "Error: Invalid value for '--slice': 'a:b' is no slice a:b or a:b:k of whole numbers.",
        ),
        ("list --labelz space.yaml", "Error: No such option '--labelz'. Did you mean '--labels'?"),
        ("lst space.yaml", "Error: No such command 'lst'. Did you mean 'list'?"),
        ("show space.yaml 6", "Error: no configuration 6 in a sweep of 6"),
        ("show space.yaml -7", "Error: no configuration -7 in a sweep of 6"),
        ("show space.yaml", "Error: Invalid value for 'INDEX': 'space.yaml' is no whole number."),
        ("show 3", "Error: Missing argument 'FILE...'."),
        ("show space.yaml 1.5", "Error: Invalid value for 'INDEX': '1.5' is no whole number."),
        (
            "show space.yaml " + 5000 * "9",
            "Error: Invalid value for 'INDEX': '" + 37 * "9" + "..." + 38 * "9" + "' is no whole number.",
        ),
        ("check space.yaml --type train:Setings", "Error: module 'train' has no 'Setings'; did you mean 'Settings'?"),
        ("check space.yaml", "Error: Missing option '--type'."),
        ("run trian:score space.yaml", "Error: there is no module 'trian'; did you mean 'train'?"),
        ("run train:scroe space.yaml", "Error: module 'train' has no 'scroe'; did you mean 'score'?"),
        ("run train:scale.scald space.yaml", "Error: 'scale' has no 'scald'; did you mean 'scaled'?"),
        ("run train space.yaml", "Error: 'train' is no module:name. Write train:name"),
        ("run train.py space.yaml", "Error: 'train.py' is no module:name. Write train:name"),
        ("run train.py:score space.yaml", "Error: there is no module 'train.py'. Write train:score"),
        ("run ./train.py:score space.yaml", "Error: './train.py:score' is no module:name. Write train:score"),
        ("run train.score space.yaml", "Error: 'train.score' is no module:name. Write train:score"),
        ("run train: space.yaml", "Error: 'train:' is no module:name"),
        (
            "run broken:f space.yaml",
            (
                "Error: module 'broken' cannot be imported: ModuleNotFoundError: No module named 'nowhere' "
                "({folder}/broken.py:1)"
            ),
        ),
        (
            "run wrong:f space.yaml",
            "Error: module 'wrong' cannot be imported: SyntaxError: invalid syntax (wrong.py, line 1)",
        ),
        ("run leaves:f space.yaml", "Error: module 'leaves' cannot be imported: SystemExit: 3 ({folder}/leaves.py:1)"),
        ("run train:constant space.yaml", "Error: train:constant is no function; it is 5 (int)"),
        (
            "run train:two space.yaml",
            (
                "Error: train:two cannot be called with a configuration alone: missing a required argument: "
                "'b'. Use by_name(fn), where its parameters are keys of the configuration; inject(fn), where their "
                "annotations say what they take (Config, Bind); or lambda c: fn(...)"
            ),
        ),
        (
            "run train:none space.yaml",
            (
                "Error: train:none cannot be called with a configuration alone: too many positional arguments. "
                "Use by_name(fn), where its parameters are keys of the configuration; inject(fn), where their "
                "annotations say what they take (Config, Bind); or lambda c: fn(...)"
            ),
        ),
        ("run train:score space.yaml --jobs 0", "Error: Invalid value for '--jobs': 0 is not in the range x>=1."),
        ("run train:score space.yaml --jobs 2 --threads 2", "Error: Give one of --jobs and --threads."),
        (
            "run train:score space.yaml --shard 2/2",
            "Error: Invalid value for '--shard': '2/2' is no shard i/n. Shards count from 0: 0/2 to 1/2.",
        ),
        (
            "run train:score space.yaml --shard -1/2",
            "Error: Invalid value for '--shard': '-1/2' is no shard i/n. Shards count from 0: 0/4.",
        ),
        (
            "run train:score space.yaml --shard 1",
            "Error: Invalid value for '--shard': '1' is no shard i/n. Shards count from 0: 0/4.",
        ),
        ("run train:score space.yaml --experiment x", "Error: --experiment is for a journal: give --journal too."),
        (
            "run train:score space.yaml --function-version 2",
            "Error: --function-version is for a journal: give --journal too.",
        ),
        (
            "run train:score space.yaml --timeout 0",
            "Error: timed_out takes a number of seconds above 0; got 0.0 (float)",
        ),
        (
            "run train:score space.yaml --threads 2 --timeout 1",
            (
                "Error: --timeout ends a function by ending its process, or by cancelling its coroutine; --threads "
                "can do neither. Use --jobs N, or give it a coroutine function"
            ),
        ),
        (
            "run train:score space.yaml --journal space.yaml",
            "Error: 'space.yaml' is not a journal but a file of another kind; it is left untouched. Give another path",
        ),
        (
            "run train:score space.yaml --journal no/runs.db",
            (
                "Error: the journal 'no/runs.db' cannot be opened: unable to open database file: there is no "
                "such folder, or it may not be written. Give a path in a folder that may"
            ),
        ),
        (
            "results space.yaml",
            "Error: 'space.yaml' is not a journal but a file of another kind; it is left untouched. Give another path",
        ),
        ("results .", "Error: the journal '.' cannot be opened: it is a folder. Give the path of a file"),
        ("results good.db --csv --json", "Error: Give one of --csv and --json."),
        ("results good.db --experiment y", "Error: 'good.db' has no experiment 'y'; there is: x"),
        (
            "results good.db --experiment x --function-version 3",
            "Error: 'good.db' has no experiment 'x' in version '3'; there is: x",
        ),
        (
            "results good.db -o good.db",
            "Error: 'good.db' is given twice, and would be written over. Give another --output",
        ),
        (
            "results good.db --where lr=1",
            "Error: --set, --where and their like select from a sweep: give --sweep too.",
        ),
        ("results good.db --top 3", "Error: --top and --lowest are for an order: give --sort too."),
        (
            "results good.db --sort resul",
            "Error: there is no column 'resul'; did you mean 'result'?",
        ),
        ("results good.db -o no/runs.csv", "Error: no/runs.csv: No such file or directory"),
    ],
)
def test_bad_input_is_one_clear_message(folder: Path, line: str, message: str) -> None:
    (folder / "bad.yaml").write_text("a: [1\nb: 2\n")
    (folder / "broken.py").write_text("import nowhere\n")
    (folder / "wrong.py").write_text("def f(:\n")
    (folder / "leaves.py").write_text("import sys; sys.exit(3)\n")
    (folder / "ran.txt").touch()
    (folder / "none.yaml").write_text("a: {b: !sweep []}\nc: !range [10000000000000000000000]\n")
    with Journal(folder / "good.db", name="x") as good:
        list(run(len, [[1]], journal=good))
    assert refused(*line.split()) == message.format(folder=folder)
    assert not (folder / "new.db").exists()


# --- help, start, and the page of the documentation --------------------------------------------------


def test_without_click_it_says_how_to_get_it() -> None:
    code = "import sys; sys.modules['click'] = None; from spearmint_fp.__main__ import main; sys.exit(main())"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert process.returncode == 2
    assert process.stdout == ""
    assert process.stderr.startswith("Error: the command line needs a package: pip install 'spearmint_fp[cli]', or by")


def test_the_console_script(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["spearmint-fp", "--version"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert capsys.readouterr().out == "spearmint-fp, version 0.1.0\n"


def test_help_starts_without_what_is_heavy() -> None:
    heavy = [
        "cattrs",
        "numpy",
        "pandas",
        "yaml",
        "sqlite3",
        "asyncio",
        "tqdm",
        "spearmint_fp.sweep",
        "spearmint_fp.running",
    ]
    code = f"""
import sys
sys.argv = ["spearmint-fp", "--help"]
from spearmint_fp.__main__ import main
try:
    main()
except SystemExit:
    print([name for name in {heavy} if name in sys.modules])
"""
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout.splitlines()[-1] == "[]"


COMMANDS: dict[str, click.Command] = {"": cli, **cli.commands}


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_examples_that_are_true(folder: Path, name: str) -> None:
    one = COMMANDS[name]
    assert isinstance(one, HelpfulCommand)
    examples = one.examples
    shown = called(*name.split(), "--help").stdout
    assert examples
    assert [example for example in examples if f"\n  {example}\n" not in shown] == []
    called("run", "train:score", "space.yaml", "--journal", "runs.db")
    for example in examples:
        first, *others = [shlex.split(stage) for stage in example.split(" | ")]
        result = called(*first[1:]) if first[0] == "spearmint-fp" else called(*others[0][1:], stdin=first[1])
        some_fail = "run train:score" in example and not re.search("--shard|--where", example)
        assert result.exit_code == some_fail, result.output
        assert "Error" not in result.stderr.replace("ValueError", "")


def test_help_is_as_wide_in_a_pipe_as_the_words_allow() -> None:
    text = done("run", "--help", env={**os.environ, "COLUMNS": "300"}).stdout
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 100


def test_every_option_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    options = {
        name
        for one in cli.commands.values()
        for option in one.params
        if isinstance(option, click.Option)
        for name in option.opts
        if name.startswith("--")
    }
    assert sorted(name for name in options if name not in page) == []


def _masked(text: str, folder: Path) -> list[str]:
    """Output without what differs from run to run: times, and how wide they make a column."""
    text = re.sub(r"^[\d.e-]+ s, one", "T s, one", text, flags=re.MULTILINE)
    text = re.sub(r'("seconds": ?|\b(?:True|False)[ ,]+| in )[\d.e-]+', r"\1T", text.replace(str(folder), "…"))
    return [re.sub("-+", "-", re.sub(" +", " ", one)) for one in text.splitlines()]


SHIMS = {
    "spearmint-fp": f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m spearmint_fp "$@"\n',
    # Kills when two outcomes have been written, which no number of seconds is on every machine; the third waits for it.
    "timeout": f"#!{sys.executable}\n"
    "import os, subprocess, sys, time\n"
    "process = subprocess.Popen(sys.argv[4:], env={**os.environ, 'STAYS_AFTER': '2'})\n"
    "while os.fstat(1).st_size < 200:\n"
    "    time.sleep(0.01)\n"
    "process.kill()\n"
    "process.wait()\n",
}


SLEEP = """
from itertools import count
from os import environ
from time import sleep as asleep

calls = count(1)

def sleep(seconds):
    asleep(3600 if next(calls) > int(environ.get("STAYS_AFTER", 1000)) else 0)
"""
"""In the place of `from time import sleep`: waits for whoever kills, or not at all."""


def _files_of(page: Path) -> dict[str, str]:
    """The files that a page's sessions are about: as they stand there, or as its prose says that they are made."""
    if page in (PAGE, SCRIPTS):
        page = PAGE
        functions = blocks(page)[0]
        assert "from time import sleep\n" in functions
        return {
            "space.yaml": blocks(page, "yaml")[0],
            "train.py": functions.replace("from time import sleep", "from naps import sleep"),
            "naps.py": SLEEP,
        }
    [block] = [block for block in blocks(page) if "def loss(" in block]
    [shown] = [output for line, output in _sessions(page) if line == "cat space.yaml"]
    return {"space.yaml": shown, "study.py": block}


def _sessions(page: Path) -> list[tuple[str, str]]:
    """The commands of a page's consoles, each with what follows it."""
    return [
        (line, output)
        for block in blocks(page, "console")
        for line, _, output in (part.partition("\n") for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:])
    ]


@pytest.mark.slow
@pytest.mark.parametrize("page", [PAGE, SCRIPTS, ROOT / "README.md"], ids=lambda page: page.name)
def test_the_sessions_of_a_page_are_true(folder: Path, page: Path) -> None:
    for name, text in _files_of(page).items():
        (folder / name).write_text(text)
    for name, text in SHIMS.items():
        (folder / "bin").mkdir(exist_ok=True)
        (folder / "bin" / name).write_text(text)
        (folder / "bin" / name).chmod(0o755)
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    sessions = _sessions(page)
    assert sessions
    for line, promised in sessions:
        assert _masked(_run_line(line, environment), folder) == _masked(promised, folder), line


def _run_line(line: str, environment: dict[str, str]) -> str:
    """The output of a line of the shell: in this process where it is one command, without pipes and files."""
    if line.startswith("spearmint-fp ") and not re.search("[|>;&$]", line):
        return called(*shlex.split(line)[1:]).output
    process = subprocess.run(
        ["bash", "-c", line],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=LIMIT_SECONDS,
    )
    return process.stdout
