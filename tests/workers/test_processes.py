"""Interpreters that are started find what the caller finds, or are refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.workers.programs import program, saw, seen

PATHS = {
    "chdir": "import helper; os.chdir('elsewhere')",
    "an entry that was there for an import": "sys.path.insert(0, 'lib'); import helper; sys.path.pop(0)",
    "a relative entry": "sys.path.insert(0, 'lib'); import helper; os.chdir('elsewhere')",
    "a folder that is there no more": "import helper; os.mkdir('x'); os.chdir('x'); os.rmdir('../x')",
    "an entry after the start": "sys.path.append(os.path.abspath('lib')); import helper",
    "a namespace": "import spaced.inner as helper; os.chdir('elsewhere')",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("how", ["-c", "-"])
def test_what_was_imported_here_is_imported_there(name: str, how: str, tmp_path: Path) -> None:
    if "no more" in name and sys.version_info[:3] == (3, 13, 0):
        pytest.skip("this Python cannot import socket in a folder that is there no more")
    for folder in ("lib", "elsewhere", "spaced"):
        (tmp_path / folder).mkdir()
    for file in ("lib/helper.py", "spaced/inner.py", *([] if "entry" in name else ["helper.py"])):
        (tmp_path / file).write_text("def task(n):\n    return n + 1\n")
    (tmp_path / "elsewhere" / "random.py").write_text("raise ImportError('this is not the one')\n")
    code = program(
        f"""
        {PATHS[name]}
        executors = [processes(2, start_method=method) for method in ("forkserver", "spawn", "fork")]
        tell(got=[[o.result for o in run(helper.task, [1, 2], executor=executor)] for executor in executors])
        """
    )
    got = (
        saw([sys.executable, "-c", code], tmp_path) if how == "-c" else saw([sys.executable, "-"], tmp_path, input=code)
    )
    assert got == {"got": [[2, 3]] * 3}


@pytest.mark.parametrize(
    "setting", ["sys.frozen = True", "sys.executable = None", "sys.executable = ''", "sys.executable = '/bin/true'",
                "sys.executable = '/no/python'"],
)  # fmt: skip
def test_without_an_interpreter_to_start_it_says_so_at_once(setting: str) -> None:
    got = seen(
        f"""
        {setting}
        said = []
        for method in ("forkserver", "spawn"):
            try:
                run(abs, [1], executor=processes(1, start_method=method))
            except ArgumentError as error:
                said.append(str(error))
        tell(said=said, fork=[o.result for o in run(abs, [-1], executor=processes(1, start_method="fork"))])
        """
    )
    assert got["fork"] == [1]
    assert len(got["said"]) == 2
    for message in got["said"]:
        assert "processes(n) cannot start its workers: " in message
        assert "threads(n)" in message
        assert "freeze_support()" in message


def test_a_program_that_is_started_in_place_of_an_interpreter_does_not_go_on_for_ever(tmp_path: Path) -> None:
    """A script with the name of an interpreter, as a program that Python is a part of may have it."""
    (tmp_path / "main.py").write_text(
        program(
            f"""
            with open({str(tmp_path / "starts")!r}, "a") as file:
                file.write("start ")
            sys.executable = {str(tmp_path / "mypython")!r}
            try:
                list(run(abs, [1], executor=processes(1)))
            except (ArgumentError, RunError) as error:
                tell(said=str(error), kind=type(error).__name__)
            """
        )
    )
    (tmp_path / "mypython").write_text(f"#!/bin/sh\nexec {sys.executable} {tmp_path / 'main.py'}\n")
    (tmp_path / "mypython").chmod(0o755)
    got = saw([sys.executable, "main.py"], tmp_path)
    assert got["kind"] == "RunError"
    assert (tmp_path / "starts").read_text() == "start " * 3  # and two attempts to have a process that forks
